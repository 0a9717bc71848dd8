"""`triage rules` as people type it: list, show, check, why and export."""

from __future__ import annotations

import io
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from builders import Desk, tagger_for
from screens import Ran, Runner, assert_golden
from triage.app import acting
from triage.core.kinds import Kind
from triage.core.model import MINUTE

MINE = """\
[rules.never-came]
lang = "en"
phrases = ["never came", "still not here"]
weights = { complaint = 2.0, praise = -0.5 }
theme = "delivery"
priority = "churn-threat"

[rules.lovely]
phrases = ["lovely"]
regex = ["so+ nice"]
weights = { praise = 1.5 }

[rules.asked]
sign = "question-mark"
weights = { question = 1.25 }

[rules.loud]
sign = "exclamation"
off = false
weights = { complaint = 0.5 }
"""
"""All that tags in these tests, so that no shipped rule moves them."""


@pytest.fixture
def mine(home: Path) -> Path:
    """A home with rules of its own and none that ship; one is switched off."""
    (folder(home) / "mine.toml").write_text(MINE.replace("off = false\n", ""))
    config(home, 'defaults = false\nfiles = ["mine.toml"]\noff = ["loud"]')
    return home


@pytest.fixture
def bare(home: Path) -> Path:
    """A home without a configuration."""
    (folder(home) / "config.toml").unlink()
    return home


def folder(home: Path) -> Path:
    """Where the configuration stands."""
    return home / ".config" / "triage"


def config(home: Path, rules: str) -> None:
    """Write a configuration with these settings of rules."""
    path = folder(home) / "config.toml"
    account = 'brand = "acme"\nagent = "ana"\n[[account]]\nchannel = "x"\nhandle = "acme"\n'
    path.write_text(f"{account}[rules]\n{rules}\n")


def items(ran: Ran) -> list[dict[str, Any]]:
    """The items of a JSON document."""
    found: list[dict[str, Any]] = json.loads(ran.out)["items"]
    return found


@pytest.mark.parametrize("words", ["list", "show late", "check", "why hello", "export"])
def test_without_a_configuration_the_shipped_rules_are_read(
    bare: Path, run: Runner, words: str
) -> None:
    """On a fresh machine everything works, and nothing is written."""
    assert run("rules", *words.split(), "--json").code == 0
    assert run("rules", *words.split()).err == ""
    assert not (bare / ".local").exists()


@pytest.mark.parametrize("words", ["list", "show late", "check", "why hello", "export"])
def test_a_configuration_that_is_named_must_be_there(bare: Path, run: Runner, words: str) -> None:
    """A typo in --config is not taken for a fresh machine."""
    ran = run("rules", *words.split(), "--config", str(bare / "no.toml"))
    assert (ran.code, ran.out) == (78, "")
    assert "There is no configuration yet" in ran.err


@pytest.mark.parametrize("words", ["list", "show late", "why hello", "export"])
def test_broken_rules_are_told(home: Path, run: Runner, words: str) -> None:
    """What cannot be put in force is not shown as if it were."""
    config(home, "[rules.own.late]\nthem = 1\n[rules.own.b]\nx = 1")
    ran = run("rules", *words.split())
    assert (ran.code, ran.out) == (78, "")
    assert 'config.toml, line 8: Rule "late", them: unknown key. Did you mean "theme"?' in ran.err
    assert 'config.toml, line 10: Rule "b"' in ran.err
    assert "(exit 78)" in ran.err


def test_list_screens(mine: Path, run: Runner) -> None:
    """What each leads to, what it is about, and where it comes from; cut to the width."""
    for width in (40, 60, 80, 120):
        assert_golden(f"rules-list-{width}", run("rules", "list", tty=True, width=width).out)


def test_list_in_a_pipe(mine: Path, run: Runner) -> None:
    """Every column, whatever the width; no header."""
    rows = [line.split("\t") for line in run("rules", "list").out.splitlines()]
    assert rows[3] == [
        *("never-came", "en", "complaint", "2.0", "delivery", "churn-threat", "2", "own"),
        "mine.toml:1",
    ]
    assert rows[1][-2:] == ["off", "config.toml:9"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--lang en", ["never-came"]),
        ("--lang any", ["asked", "loud", "lovely"]),
        ("--kind complaint", ["loud", "never-came"]),
        ("--kind complaint --lang en", ["never-came"]),
        ("--theme delivery", ["never-came"]),
        ("--theme billing", []),
        ("--own", ["asked", "loud", "lovely", "never-came"]),
    ],
)
def test_list_filters(mine: Path, run: Runner, words: str, found: list[str]) -> None:
    """By language, kind, theme and origin; nothing found is a success."""
    ran = run("rules", "list", *words.split(), "--json")
    assert ran.code == 0
    assert [item["id"] for item in items(ran)] == found


def test_own_leaves_out_what_ships_unchanged(home: Path, run: Runner) -> None:
    """Changed, added and switched off."""
    config(home, 'off = ["shouting"]\n[rules.own.late]\ntheme = "x"\n[rules.own.a]\nregex = ["a+"]')
    ran = run("rules", "list", "--own", "--json")
    assert [(item["id"], item["origin"], item["place"]) for item in items(ran)] == [
        ("a", "own", "config.toml:10"),
        ("late", "changed", "config.toml:8"),
        ("shouting", "off", "config.toml:7"),
    ]
    nothing = run("rules", "list", "--theme", "no-such", tty=True)
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "There is no such rule.\n")


def test_show_can_be_pasted(mine: Path, run: Runner) -> None:
    """The whole rule under its heading; what is said about it is a comment."""
    out = run("rules", "show", "never-came").out
    assert out.splitlines()[0] == "# It is your own: mine.toml:1."
    assert tomllib.loads(out)["rules"] == {"never-came": tomllib.loads(MINE)["rules"]["never-came"]}
    assert "# It is switched off: config.toml:9." in run("rules", "show", "loud").out


def test_show_tells_what_was_changed(home: Path, run: Runner) -> None:
    """Against the rule that ships; what is pasted gives the changed rule again."""
    text = '[rules.own.late]\nadd_phrases = ["lost in the post"]\ntheme = "time"'
    config(home, text)
    ran = run("rules", "show", "late")
    assert ran.out.splitlines()[:3] == [
        "# It ships with triage; config.toml:7 changes it:",
        '# phrases added: "lost in the post"',
        '# theme was "delivery"',
    ]
    (item,) = items(run("rules", "show", "late", "--json"))
    assert item["default"]["theme"] == "delivery"
    assert item["rule"]["theme"] == "time"
    assert item["changes"] == ['phrases added: "lost in the post"', 'theme was "delivery"']
    (folder(home) / "pasted.toml").write_text(ran.out)
    config(home, 'files = ["pasted.toml"]')
    assert items(run("rules", "show", "late", "--json"))[0]["rule"] == item["rule"]


def test_show_of_an_unknown_rule(mine: Path, run: Runner) -> None:
    """The nearest is named."""
    ran = run("rules", "show", "never-cam")
    assert (ran.code, ran.out) == (1, "")
    assert 'There is no rule "never-cam". Did you mean "never-came"?' in ran.err


def test_check_in_order(mine: Path, run: Runner) -> None:
    """A word on a terminal, nothing in a script, a document for a program."""
    assert run("rules", "check") == (0, "", "")
    said = run("rules", "check", tty=True)
    assert (said.code, said.out) == (0, "")
    assert said.err == "3 rules load (3 your own, 1 switched off).\n"
    assert json.loads(run("rules", "check", "--json").out) == {
        "schema": 1,
        "ok": True,
        "loaded": 3,
        "items": [],
    }


def test_check_names_each_broken_rule_and_counts_the_others(mine: Path, run: Runner) -> None:
    """File, line, rule, key and reason: of a pattern, a typo, the list, and the configuration."""
    config(
        mine,
        'defaults = false\nfiles = ["mine.toml"]\noff = ["loudd"]\n'
        '[rules.own.a]\nphrases = ["a"]\nregex = ["a(?=b)"]\n'
        "[rules.own.lovely]\nadd_phrase = []\n[sla]\nhuors = 1",
    )
    ran = run("rules", "check", "--json")
    assert ran.code == 78
    found = json.loads(ran.out)
    assert (found["ok"], found["loaded"]) == (False, 3)
    assert [(i["file"], i["line"], i["rule"], i["key"]) for i in found["items"]] == [
        ("", None, None, None),
        ("config.toml", 12, "a", "regex"),
        ("config.toml", 14, "lovely", "add_phrase"),
        ("config.toml", 9, "loudd", "off"),
    ]
    assert "[sla]" in found["items"][0]["text"]
    assert "RE2 has no look-around" in found["items"][1]["text"]
    assert ran.err == (
        "4 problems. 3 other rules load (3 your own). Nothing is put in force before all is "
        "mended.\n"
    )
    rows = run("rules", "check").out.splitlines()
    assert rows[2].startswith("config.toml\t14\tlovely\tadd_phrase\t")
    for width in (40, 80):
        screen = run("rules", "check", tty=True, width=width)
        assert_golden(f"rules-check-{width}", screen.out)


def test_config_check_says_the_same(mine: Path, run: Runner) -> None:
    """One check behind both names."""
    config(mine, '[rules.own.a]\nregex = ["a("]')
    (item,) = items(run("rules", "check", "--json"))
    ran = run("config", "check")
    assert ran.code == 78
    assert item["text"] in ran.err
    assert 'config.toml, line 8: Rule "a", regex' in ran.err


POST = "So lovely, my kettle never came! Is that soooo nice?"


def test_why_gives_every_reason(mine: Path, run: Runner) -> None:
    """Kind, confidence, runner-up and shares; each reason with its place and its note."""
    (item,) = items(run("rules", "why", POST, "--lang", "en", "--json"))
    assert (item["text"], item["lang"], item["kind"]) == (POST, "en", "complaint")
    assert (item["theme"], item["priority"]) == ("delivery", "churn-threat")
    assert sum(item["scores"].values()) == pytest.approx(1)
    assert item["runner_up"] in ("question", "praise")
    assert 0 < item["confidence"] <= 1
    reasons = item["because"]
    assert reasons[0]["rule"] == "never-came"
    assert {POST[r["start"] : r["end"]] for r in reasons} >= {"never came", "lovely", "?"}
    strengths = [max(map(abs, r["weights"].values())) for r in reasons if r["weights"]]
    assert strengths == sorted(strengths, reverse=True)
    (foreign,) = items(run("rules", "why", POST, "--lang", "de", "--json"))
    assert "never-came" not in {reason["rule"] for reason in foreign["because"]}


def test_why_in_a_pipe(mine: Path, run: Runner) -> None:
    """The verdict on one line, then a line for each reason."""
    first, *rest = (line.split("\t") for line in run("rules", "why", POST).out.splitlines())
    assert first[0] == "complaint"
    assert first[3].startswith("complaint 0.")
    assert first[4:] == ["delivery", "churn-threat"]
    assert rest[0][:4] == ["never-came", "never came", "21", "31"]
    assert rest[0][4].startswith("complaint +")
    assert {len(cells) for cells in rest} == {6}


def test_why_on_a_terminal(mine: Path, run: Runner) -> None:
    """A person sees the text, and under it the words that counted; hostile text stays text."""
    screen = run("rules", "why", "my kettle never\x1b[2J came, never came", tty=True).out
    lines = screen.splitlines()
    assert lines[0].startswith("complaint, confidence ")
    assert lines[2] == "theme delivery; priority churn-threat"
    assert lines[4] == "my kettle never[2J came, never came"
    assert lines[6].startswith('never-came  "never came"  complaint +')
    assert "\x1b" not in screen
    assert "No rule matches." in run("rules", "why", "kettle", tty=True).out


@pytest.mark.parametrize("width", [40, 60, 80])
def test_why_cuts_no_figure_off(mine: Path, run: Runner, width: int) -> None:
    """However narrow the screen, each reason tells its rule and its weight."""
    text = f"it never came but the box is s{'o' * 40} nice"
    screen = run("rules", "why", text, tty=True, width=width).out
    assert max(map(len, screen.splitlines())) <= width
    words = " ".join(screen.split())
    assert "complaint +2.00, praise -0.50" in words
    assert re.search(r"praise \+1\.\d\d \(intensified\)", words)


def test_why_underlines_what_matched(mine: Path, run: Runner) -> None:
    """Where the terminal can; cleaning moves nothing."""
    words = ("rules", "why", "a\u202eb lovely kettle", "--color", "always")
    assert "ab \x1b[4mlovely\x1b[0m kettle" in run(*words, tty=True).out


def test_why_underlines_no_whole_post(mine: Path, run: Runner) -> None:
    """That a post is short is no matter of its words; that it is one word of a rule is."""
    rule = '[rules.own.short]\nsign = "short"\nweights = { other = 1 }'
    config(mine, f'files = ["mine.toml"]\ndefaults = false\n{rule}')
    words = ("rules", "why", "--color", "always")
    short = run(*words, "kettle", tty=True).out
    assert "short" in short
    assert "\x1b[4m" not in short
    assert "\x1b[4mlovely" in run(*words, "lovely", tty=True).out


def test_why_joins_words_and_reads_stdin(
    mine: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody needs quotes; a post on stdin may have lines and need not be UTF-8."""
    assert items(run("rules", "why", "never", "came", "--json"))[0]["kind"] == "complaint"
    stdin = io.TextIOWrapper(io.BytesIO(b"never\ncame \xff\n"))
    with monkeypatch.context() as patch:
        patch.setattr("triage.cli.files.sys", type("S", (), {"stdin": stdin}))
        (item,) = items(run("rules", "why", "-", "--json"))
    assert item["text"] == "never\ncame \ufffd"
    assert item["kind"] == "complaint"
    assert sys.stdin is not stdin


def test_export_is_all_that_tags(mine: Path, run: Runner) -> None:
    """One file that gives the same rules again; what is off is left out."""
    out = run("rules", "export").out
    assert sorted(tomllib.loads(out)["rules"]) == ["asked", "lovely", "never-came"]
    before = items(run("rules", "export", "--json"))
    (folder(mine) / "all.toml").write_text(out)
    config(mine, 'defaults = false\nfiles = ["all.toml"]')
    assert items(run("rules", "export", "--json")) == before


def test_export_of_what_ships(mine: Path, run: Runner) -> None:
    """Whatever the files say, even if they are broken."""
    config(mine, "defaults = 3")
    ran = run("rules", "export", "--defaults")
    assert ran.code == 0
    assert "late" in tomllib.loads(ran.out)["rules"]
    assert run("rules", "export", "--defaults", "--corrections").code == 2


def test_export_of_corrections(busy: Desk, run: Runner) -> None:
    """Labelled lines that `rules test` reads: the newest word on each mention."""
    finn = busy.conversation(6)
    for kind, agent in ((Kind.PRAISE, "ana"), (Kind.QUESTION, "bo")):
        acting.tag(busy.store, finn, kind, agent, busy.now, tagger_for)
        busy.now += MINUTE
    (line,) = run("rules", "export", "--corrections").out.splitlines()
    assert json.loads(line) == {
        "text": "@acme login is broken again",
        "kind": "question",
        "lang": None,
        "was": "complaint",
        "at": "2026-03-02T09:01:00Z",
        "agent": "bo",
        "conversation": 6,
    }
    assert items(run("rules", "export", "--corrections", "--json")) == [json.loads(line)]


@pytest.mark.usefixtures("busy")
def test_export_of_no_corrections(run: Runner) -> None:
    """Nothing is a success."""
    assert run("rules", "export", "--corrections") == (0, "", "")


def test_classify_judges_by_the_rules_of_the_files(mine: Path, run: Runner) -> None:
    """Also before they are applied; without a configuration by those that ship."""
    (mine / "texts").write_text("my kettle is lovely\n")
    (line,) = run("classify", str(mine / "texts"), "--json").out.splitlines()
    found = json.loads(line)
    assert [reason["rule"] for reason in found["because"]] == ["lovely"]
    assert (found["kind"], found["theme"], found["priority"]) == ("praise", None, None)
    assert found["runner_up"] in ("complaint", "question", "other")
    assert 0 < found["confidence"] <= 1
    config(mine, "[rules.own.a]\nx = 1")
    assert run("classify", str(mine / "texts")).code == 78
