"""`triage rules test` and `learn`: figures on a screen and for scripts, and weights in a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from builders import Desk, tagger_for
from screens import Runner, assert_golden
from triage.app import acting
from triage.bootstrap import App
from triage.core.model import DAY, Kind

RULES = """\
[rules.late]
phrases = ["late"]
weights = { complaint = 0.2 }

[rules.when]
phrases = ["when"]
weights = { question = 0.9 }

[rules.thanks]
phrases = ["thanks"]
weights = { praise = 2.0 }
"""

LABELLED = [
    ("my parcel is late", "complaint", "web"),
    ("when will it stop to be late?", "complaint", "web"),
    ("late, late, late; thanks for nothing", "complaint", "app"),
    ("when do you open?", "question", "app"),
    ("when does it come?", "question", "web"),
    ("thanks a lot", "praise", "app"),
    ("what a day", "other", ""),
    ("it is late again", "complaint", "web"),
    ("never late", "complaint", "web"),
    ("when?", "question", "web"),
    ("thanks", "praise", "web"),
    ("half past two", "other", "web"),
]
"""Two complaints are missed: one for a question, one, the surer, for praise."""


@pytest.fixture
def ruled(home: Path) -> Path:
    """A home whose configuration has three rules of its own and no others."""
    folder = home / ".config" / "triage"
    (folder / "own.toml").write_text(RULES)
    with (folder / "config.toml").open("a") as config:
        config.write('\n[rules]\ndefaults = false\nfiles = ["own.toml"]\n')
    return home


def _jsonl(path: Path, posts: Sequence[tuple[str, ...]] = LABELLED, more: str = "") -> str:
    lines = [
        json.dumps({"text": text, "kind": kind, **({"source": rest[0]} if rest else {})})
        for text, kind, *rest in posts
    ]
    path.write_text("\n".join([*lines, more]))
    return str(path)


@pytest.fixture
def labelled(ruled: Path) -> str:
    """The labelled posts, as JSON lines."""
    return _jsonl(ruled / "labelled.jsonl")


@pytest.fixture
def lesson(ruled: Path) -> str:
    """A file from which there is something to learn: `when` is no question where it is late."""
    posts = [
        *((f"when will parcel {n} not be late", "complaint") for n in range(30)),
        *((f"when comes parcel {n}", "question") for n in range(30)),
    ]
    return _jsonl(ruled / "lesson.jsonl", posts)


def _document(out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_screen(labelled: str, run: Runner, width: int) -> None:
    """One headline, a line for each kind, the matrix, and the worst mistakes with reasons."""
    ran = run("rules", "test", labelled, "--by", "source", tty=True, width=width)
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= width
    assert_golden(f"rules-test-{width}", ran.out)


def test_mistakes_are_as_many_as_asked_for(labelled: str, run: Runner) -> None:
    """And none with 0."""
    one = run("rules", "test", labelled, "--mistakes", "1", tty=True).out
    assert "The worst 1 of 2 mistakes:" in one
    assert one.count("taken for") == 1
    assert "mistakes" not in run("rules", "test", labelled, "--mistakes", "0", tty=True).out


def test_json(labelled: str, run: Runner) -> None:
    """Everything: each post, every figure, the matrix, the mistakes with reasons, the groups."""
    ran = run("rules", "test", labelled, "--by", "source", "--json")
    found = _document(ran.out)
    assert (found["posts"], found["bad"], found["accuracy"]) == (12, 0, 0.8333)
    assert found["confusion"]["complaint"] == {
        "complaint": 3,
        "question": 1,
        "other": 0,
        "praise": 1,
    }
    complaint = found["kinds"][0]
    assert complaint == {
        "kind": "complaint",
        "posts": 5,
        "precision": 1.0,
        "recall": 0.6,
        "f1": 0.75,
    }
    low, high = found["macro_f1_interval"]["low"], found["macro_f1_interval"]["high"]
    assert 0 < low < found["macro_f1"] < high <= 1
    assert [item["line"] for item in found["items"]] == list(range(1, 13))
    assert set(found["items"][0]) == {"line", "label", "verdict", "confidence", "text"}
    worst = found["mistakes"][0]
    assert (worst["line"], worst["label"], worst["verdict"]) == (3, "complaint", "praise")
    assert "thanks" in {reason["rule"] for reason in worst["because"]}
    assert [(g["value"], g["posts"]) for g in found["groups"]] == [("", 1), ("app", 3), ("web", 8)]


def test_a_pipe_gets_a_row_for_each_post(labelled: str, run: Runner) -> None:
    """Line, label, verdict, confidence and text; with --csv under their names."""
    ran = run("rules", "test", labelled)
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert [row[:3] for row in rows[:2]] == [
        ["1", "complaint", "complaint"],
        ["2", "complaint", "question"],
    ]
    assert 0 <= float(rows[0][3]) <= 1
    assert rows[0][4] == "my parcel is late"
    table = list(csv.reader(io.StringIO(run("rules", "test", labelled, "--csv").out)))
    assert table[0] == ["line", "label", "verdict", "confidence", "text"]
    assert table[1:] == rows


def test_the_rules_are_those_of_the_files(labelled: str, ruled: Path, run: Runner) -> None:
    """An edited rule counts at once, and nothing has to be put in force for it."""
    own = ruled / ".config/triage/own.toml"
    own.write_text(RULES.replace("complaint = 0.2", "complaint = 9.0"))
    found = _document(run("rules", "test", labelled, "--json").out)
    assert found["accuracy"] == 1
    assert not (ruled / ".local").exists()


def test_without_a_configuration_the_shipped_rules_are_tested(home: Path, run: Runner) -> None:
    """Nothing but a file is needed."""
    (home / ".config/triage/config.toml").unlink()
    file = _jsonl(home / "posts.jsonl", [("my parcel never arrived", "complaint")])
    ran = run("rules", "test", file)
    assert (ran.code, ran.out.split("\t")[:3]) == (0, ["1", "complaint", "complaint"])


def test_bad_lines_are_told_and_the_rest_is_scored(ruled: Path, run: Runner) -> None:
    """By number and reason, twenty of them; the code says that not all was scored."""
    file = _jsonl(ruled / "posts.jsonl", LABELLED, more="oops\n" * 25)
    ran = run("rules", "test", file, "--min-f1", "1")
    assert ran.code == 1
    assert ran.out.count("\n") == 12
    told = ran.err.splitlines()
    assert told[0] == "line 13: not JSON: Expecting value"
    assert told[20] == "and 5 more bad lines"
    assert _document(run("rules", "test", file, "--json").out)["bad"] == 25


@pytest.mark.parametrize(("least", "code"), [("0.6", 0), ("0.9", 3)])
def test_min_f1(labelled: str, run: Runner, least: str, code: int) -> None:
    """Below the figure that is asked for the code is 3, and a word says why."""
    ran = run("rules", "test", labelled, "--min-f1", least)
    assert ran.code == code
    assert ("is below 0.9" in ran.err) == bool(code)


@pytest.mark.parametrize("least", ["nan", "inf", "1.1", "-0.1"])
def test_min_f1_is_a_share(labelled: str, run: Runner, least: str) -> None:
    """What no figure can be compared with is refused, before anything is read."""
    ran = run("rules", "test", labelled, f"--min-f1={least}")
    assert (ran.code, ran.out) == (2, "")
    assert f"--min-f1 {least}: out of range. Write a number from 0 to 1." in ran.err


def test_figures_fit_a_narrow_screen(labelled: str, run: Runner) -> None:
    """Heads are shortened rather than lines broken: each figure stands under its own."""
    screen = run("rules", "test", labelled, "--mistakes", "0", tty=True, width=40).out
    lines = screen.splitlines()
    (kinds,) = (line for line in lines if "PREC." in line)
    (complaint,) = (line for line in lines if line.startswith("complaint ") and "1.000" in line)
    assert len(kinds) == len(complaint) <= 40
    assert kinds.index("RECALL") + len("RECALL") == complaint.index("0.600") + len("0.600")
    assert any(line.split() == ["compl.", "quest.", "other", "praise"] for line in lines)


def test_one_post_tells_little(ruled: Path, run: Runner) -> None:
    """A figure without an interval says so, on a narrow screen too."""
    file = _jsonl(ruled / "posts.jsonl", [("thanks", "praise")])
    lines = run("rules", "test", file, tty=True, width=40).out.splitlines()
    assert lines[:2] == ["1 post", "macro-F1 1.000 (too few posts to tell)"]


def test_a_field_that_no_post_has(labelled: str, run: Runner) -> None:
    """It is a slip of the fingers, not a group without a name."""
    ran = run("rules", "test", labelled, "--by", "sauce")
    assert (ran.code, ran.out) == (2, "")
    assert "--by sauce: no post has it" in ran.err


def test_files_without_a_post(ruled: Path, run: Runner) -> None:
    """Missing, empty, of another kind, or bad throughout: one clear sentence."""
    for content, words in (
        (None, "cannot be read"),
        ("", "It is empty"),
        ("a,b\n1,2\n", "no file of labelled posts"),
        ('{"text": "a"}\n', "All its 1 lines are bad"),
    ):
        file = ruled / "posts"
        if content is not None:
            file.write_text(content)
        ran = run("rules", "test", str(file))
        assert (ran.code, ran.out) == (1, "")
        assert words in ran.err


def test_stdin(ruled: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash reads what is piped in."""
    del ruled

    class Stdin:
        buffer = io.BytesIO(b"text,kind\nthanks,praise\n")

    monkeypatch.setattr("triage.cli.files.sys", type("S", (), {"stdin": Stdin}))
    assert run("rules", "test", "-").out.split("\t")[1:3] == ["praise", "praise"]


def test_hostile_posts(ruled: Path, run: Runner) -> None:
    """Nothing of a post commands the terminal, wherever it is shown."""
    post = "late\x1b[2J\x9b2J \u202e [link=https://example.com]x[/y]\n\nline 9 \ud83d"
    file = _jsonl(ruled / "posts.jsonl", [(post, "praise", "\x1b]0;own\x07")])
    for words in ((), ("--json",), ("--csv",)):
        out = run("rules", "test", file, "--by", "source", *words).out
        assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(out)
    screen = run("rules", "test", file, "--by", "source", tty=True).out
    assert not {"\x9b", "\u202e", "\x07"} & set(screen)
    assert "\x1b[2J" not in screen
    assert "[link=https://example.com]x[/y] line 9" in screen


@pytest.mark.parametrize("width", [40, 60, 80])
def test_learn_screen(lesson: str, run: Runner, width: int) -> None:
    """What it learned from, the effect now and then, and the weights that matter."""
    ran = run("rules", "learn", lesson, tty=True, width=width)
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= width
    assert_golden(f"rules-learn-{width}", ran.out)
    assert "Nothing was changed" in ran.err
    assert "Not worth writing" not in ran.out


def test_learn_json(lesson: str, run: Runner) -> None:
    """The changes are the items; the effect stands beside them."""
    found = _document(run("rules", "learn", lesson, "--json", "-L", "1").out)
    assert (found["posts"], found["corrections"]) == (60, 0)
    assert found["complaint_recall"]["now"] == 0
    assert found["complaint_recall"]["learned"] == 1
    assert found["complaint_recall"]["is_noise"] is False
    assert len(found["items"]) == 1 < found["changes"]
    assert set(found["items"][0]) == {"rule", "kind", "from", "to", "agree", "posts"}


def test_learn_says_when_it_is_noise(ruled: Path, run: Runner) -> None:
    """Labels that follow nothing teach nothing, and that is said plainly."""
    posts = [(f"when is it late {n}", ("complaint", "question")[n % 2]) for n in range(60)]
    ran = run("rules", "learn", _jsonl(ruled / "noise.jsonl", posts), tty=True)
    assert ran.code == 0
    figures, _, changes = ran.out.partition("Not worth writing: within the noise.\n")
    assert "within the noise (" in figures
    assert "RULE" in changes
    assert "--write" not in ran.err


def test_learn_changes_nothing_by_itself(lesson: str, ruled: Path, run: Runner) -> None:
    """Without --write every file stays as it is and none is made."""
    before = {path: path.read_bytes() for path in ruled.rglob("*") if path.is_file()}
    run("rules", "learn", lesson)
    assert before == {path: path.read_bytes() for path in ruled.rglob("*") if path.is_file()}


def test_what_is_written_is_what_was_proposed(lesson: str, ruled: Path, run: Runner) -> None:
    """Named in the configuration, the file gives the very weights, and the promised effect."""
    learned = ruled / ".config/triage/learned.toml"
    ran = run("rules", "learn", lesson, "--write", str(learned), tty=True)
    assert ran.code == 0
    for words in ("[rules] files", "rules diff --since 30d", "config apply"):
        assert words in ran.err
    proposed = _document(run("rules", "learn", lesson, "--json").out)["items"]
    config = ruled / ".config/triage/config.toml"
    config.write_text(config.read_text().replace('"own.toml"', '"own.toml", "learned.toml"'))
    rules = {rule.id: rule for rule in App().rules_of_files()}
    assert {change["rule"] for change in proposed} == {"late", "when"}
    for change in proposed:
        assert rules[change["rule"]].weights.get(Kind(change["kind"]), 0) == change["to"]
    assert rules["late"].phrases == ("late",)
    assert rules["thanks"].weights == {Kind.PRAISE: 2.0}
    assert _document(run("rules", "test", lesson, "--json").out)["macro_f1"] == 1
    again = run("rules", "learn", lesson, "--write", str(learned), "--force")
    assert again.code == 1
    assert "one of your rules files" in again.err


def test_a_file_is_not_overwritten(lesson: str, ruled: Path, run: Runner) -> None:
    """Unless --force says so, and then whole."""
    learned = ruled / "learned.toml"
    learned.write_text("# mine\n")
    ran = run("rules", "learn", lesson, "--write", str(learned))
    assert (ran.code, ran.out) == (1, "")
    assert "--force" in ran.err
    assert learned.read_text() == "# mine\n"
    assert run("rules", "learn", lesson, "--write", str(learned), "--force").code == 0
    assert "[rules.late]" in learned.read_text()


def test_the_configuration_is_not_overwritten(lesson: str, ruled: Path, run: Runner) -> None:
    """Not even by force: it says more than weights."""
    config = ruled / ".config/triage/config.toml"
    before = config.read_bytes()
    ran = run("rules", "learn", lesson, "--write", str(config), "--force")
    assert (ran.code, ran.out) == (1, "")
    assert "is your configuration" in ran.err
    assert config.read_bytes() == before


@pytest.mark.parametrize("hold", ["nan", "inf", "-1", "0", "1e+07"])
def test_hold_has_a_range(lesson: str, run: Runner, hold: str) -> None:
    """Nothing can be learned beyond it, and the range is told."""
    ran = run("rules", "learn", lesson, f"--hold={hold}")
    assert (ran.code, ran.out) == (2, "")
    assert f"--hold {hold}: out of range. Write a number from 0.1 to 1000000." in ran.err


def test_only_a_rule(lesson: str, run: Runner) -> None:
    """The others stay; a name that no rule has is told."""
    ran = run("rules", "learn", lesson, "--only-rule", "late", "--json")
    assert {item["rule"] for item in _document(ran.out)["items"]} == {"late"}
    assert run("rules", "learn", lesson, "--only-rule", "lat").code == 2


def test_nothing_worth_changing(lesson: str, ruled: Path, run: Runner) -> None:
    """Held by a million posts no weight moves, and no empty file is written."""
    learned = ruled / "learned.toml"
    words = ("--hold", "1000000", "--write", str(learned))
    ran = run("rules", "learn", lesson, *words, tty=True)
    assert ran.code == 0
    assert "No weight is worth changing" in ran.err
    assert not learned.exists()


def _corrected(desk: Desk) -> None:
    """Thirty complaints that were taken for questions; half of them are corrected now."""
    for number in range(30):
        if number == 15:
            desk.now += 100 * DAY
        desk.write(f"c{number}", f"@acme when is number {number} not late?", ago=DAY)
        desk.write(f"q{number}", f"@acme when comes number {number}?", ago=DAY)
        desk.fetch()
        for handle, kind in ((f"c{number}", Kind.COMPLAINT), (f"q{number}", Kind.QUESTION)):
            post = next(p for p in desk.channel.posts.values() if p.author.handle == handle)
            talk = desk.conversation(post.native_id)
            acting.tag(desk.store, talk, kind, "ana", desk.now, tagger_for)


def test_learning_from_corrections(ruled: Path, desk: Desk, run: Runner) -> None:
    """What agents corrected teaches; --since takes the recent, a file comes on top."""
    _corrected(desk)
    found = _document(run("rules", "learn", "--json").out)
    assert (found["posts"], found["corrections"]) == (60, 60)
    recent = _document(run("rules", "learn", "--since", "90d", "--json").out)
    assert recent["corrections"] == 30
    assert _document(run("rules", "learn", "--since", "all", "--json").out)["corrections"] == 60
    more = _jsonl(ruled / "more.jsonl", LABELLED)
    both = _document(run("rules", "learn", more, "--json").out)
    assert (both["posts"], both["corrections"]) == (72, 60)
    screen = run("rules", "learn", tty=True)
    assert "60 corrections by agents" in screen.out
    assert "on all mentions both figures are higher" in " ".join(screen.err.split())
    none = run("rules", "learn", more, "--no-corrections")
    assert none.code == 1
    assert "12 are here, 30 are needed" in none.err


def test_too_few_corrections(ruled: Path, desk: Desk, run: Runner) -> None:
    """How many are here and how many are needed, and how to get more."""
    ran = run("rules", "learn")
    assert ran.code == 1
    assert "0 are here, 30 are needed" in ran.err
    assert "triage tag" in ran.err


def test_a_file_needs_no_database(lesson: str, run: Runner) -> None:
    """Corrections are wanted where there are any; who asks for them by name must have some."""
    assert run("rules", "learn", lesson).code == 0
    for words in (("--corrections",), ("--since", "90d")):
        ran = run("rules", "learn", lesson, *words)
        assert ran.code == 1
        assert "no database" in ran.err


@pytest.mark.parametrize("words", [("--no-corrections",), ("--since", "90d", "--no-corrections")])
def test_options_that_contradict(ruled: Path, run: Runner, words: tuple[str, ...]) -> None:
    """Neither corrections nor a file, or a span of nothing."""
    assert run("rules", "learn", *words).code == 2


def test_bad_lines_of_a_lesson(lesson: str, run: Runner) -> None:
    """They are told, the rest teaches, and the code says that not all did."""
    with Path(lesson).open("a") as file:
        file.write("oops\n")
    ran = run("rules", "learn", lesson)
    assert ran.code == 1
    assert ran.out.startswith("late\tcomplaint\t0.2\t")
    assert "line 61: not JSON" in ran.err
