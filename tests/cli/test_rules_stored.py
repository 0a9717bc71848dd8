"""`triage rules diff` and `retag`: edited rules over what is stored."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import builders
from builders import Desk
from engines import content
from screens import Runner, assert_golden
from triage.app.acting import tag
from triage.bootstrap import App
from triage.cli import rules_stored
from triage.core.model import DAY, Evidence, Kind, Verdict
from triage.core.ports import Tagger
from triage.core.rule import Rule
from triage.core.waits import Judge


class Edited:
    """The rules of the desk, but "thanks" complains and "open" is no question any more."""

    rules: Mapping[str, Rule] = {}

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """As the desk does, with two words that mean something else."""
        for word, kind in (("thanks", Kind.COMPLAINT), ("open", Kind.OTHER)):
            at = text.find(word)
            if at >= 0:
                scores = {k: float(k is kind) for k in Kind}
                weak = Evidence("weak", text[:1], 0, 1, {kind: 0.1})
                found = Evidence(f"says-{word}", word, at, at + len(word), {kind: 1.0})
                return Verdict(kind, scores, (weak, found), 0.9)
        return builders.WordTagger().judge(text, lang)


class Urgent(Edited):
    """The rules of the desk, but "login" cannot wait."""

    rules: Mapping[str, Rule] = {"locked-out": Rule("locked-out", priority="safety")}

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """As the desk does, with one word that adds a priority and no weight."""
        plain = builders.WordTagger().judge(text, lang)
        at = text.find("login")
        if at < 0:
            return plain
        because = (*plain.because, Evidence("locked-out", "login", at, at + 5, {}))
        return plain._replace(because=because, priority="safety")


@pytest.fixture
def edited(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The busy desk, whose files say other rules than those in force."""
    return _with_files_of(busy, Edited(), monkeypatch)


@pytest.fixture
def urgent(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The busy desk, whose files say in addition what cannot wait."""
    return _with_files_of(busy, Urgent(), monkeypatch)


def _with_files_of(desk: Desk, tagger: Edited, monkeypatch: pytest.MonkeyPatch) -> Desk:
    in_force = desk.store.settings.current()

    def tagger_for(_app: App, judge: Judge) -> Tagger:
        is_old = in_force is not None and judge.settings_id == in_force.settings_id
        return builders.WordTagger() if is_old else tagger

    monkeypatch.setattr(App, "tagger_for", tagger_for)
    monkeypatch.setattr(App, "tagger_of_files", lambda _app: tagger)
    return desk


def kinds(desk: Desk) -> dict[str, str]:
    """What the rules took everybody's mention for."""
    return dict(
        desk.store.engine.query(
            "SELECT c.handle, v.kind FROM verdict v JOIN message m ON m.id = v.message_id "
            "JOIN customer c ON c.id = m.customer_id"
        )
    )


@pytest.mark.parametrize("width", [60, 80, 120])
def test_screen_of_the_differences(edited: Desk, run: Runner, width: int) -> None:
    """How many change and which way; then each with its words and the reason, newest first."""
    ran = run("rules", "diff", tty=True, width=width)
    assert ran.code == 0
    assert all(len(line) <= width for line in ran.out.splitlines())
    assert "put it in force: triage rules retag --since 30d" in ran.err
    assert_golden(f"rules-diff-{width}", ran.out)


def test_json_of_the_differences(edited: Desk, run: Runner) -> None:
    """The counts stand beside the items."""
    document = json.loads(run("rules", "diff", "--json").out)
    assert (document["mentions"], document["corrected"]) == (6, 0)
    assert document["changed"] == [
        {"before": "praise", "after": "complaint", "count": 1},
        {"before": "question", "after": "other", "count": 1},
    ]
    assert (document["begin_to_wait"], document["overdue_at_once"]) == (1, 1)
    assert (document["go_first"], document["go_first_no_longer"]) == (0, 0)
    first = document["items"][0]
    assert list(first) == [
        "id",
        "native_id",
        "posted_at",
        "customer",
        "before",
        "after",
        "priority_before",
        "priority_after",
        "confidence",
        "rule",
        "matched",
        "text",
    ]
    assert (first["id"], first["before"], first["after"]) == (5, "praise", "complaint")
    assert (first["rule"], first["matched"], first["confidence"]) == ("says-thanks", "thanks", 0.9)
    assert first["posted_at"] == "2026-03-02T07:00:00Z"


def test_pipe_and_csv(edited: Desk, run: Runner) -> None:
    """A line each in a pipe, without a header; a table in CSV."""
    ran = run("rules", "diff")
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert [(row[0], row[4], row[5]) for row in rows] == [
        ("5", "praise", "complaint"),
        ("4", "question", "other"),
    ]
    assert ran.err == ""
    table = list(csv.DictReader(io.StringIO(run("rules", "diff", "--csv").out)))
    assert [row["customer"] for row in table] == ["eve", "bo"]


@pytest.mark.parametrize(
    ("flags", "customers"),
    [
        (["--all"], ["eve", "bo"]),
        (["--since", "150m"], ["eve"]),
        (["--since", "1h"], []),
        (["--limit", "1"], ["eve"]),
        (["--kind", "praise"], ["eve"]),
        (["--kind", "complaint"], ["eve"]),
        (["--kind", "other"], ["bo"]),
    ],
)
def test_differences_are_filtered(
    edited: Desk, run: Runner, flags: list[str], customers: list[str]
) -> None:
    """By time, by number, and by the kind that they come from or go to."""
    items = json.loads(run("rules", "diff", "--json", *flags).out)["items"]
    assert [i["customer"] for i in items] == customers


def test_what_is_older_than_a_month_is_left_out(edited: Desk, run: Runner) -> None:
    """Unless it is asked for."""
    edited.now += 31 * DAY
    assert run("rules", "diff").out == ""
    assert len(run("rules", "diff", "--all").out.splitlines()) == 2


def test_the_limit_cuts_lines_and_no_counts(edited: Desk, run: Runner) -> None:
    """What is cut is counted all the same, and the hint says how to see it."""
    ran = run("rules", "diff", "-L", "1", "--all", tty=True)
    assert "2 of 6 mentions would change" in ran.out
    assert "1 more: triage rules diff --all -L 2" in ran.err


def test_exit_code_of_differences(edited: Desk, run: Runner) -> None:
    """With --exit-code a change is 3, none is 0; without it both are 0."""
    assert run("rules", "diff").code == 0
    assert run("rules", "diff", "--exit-code").code == 3
    assert run("rules", "diff", "--exit-code", "--since", "1h").code == 0


def test_nothing_would_change(edited: Desk, run: Runner) -> None:
    """It is said how many were looked at."""
    ran = run("rules", "diff", "--since", "15m", tty=True)
    assert ran.out == "None of 1 mention would change.\n"
    assert json.loads(run("rules", "diff", "--since", "15m", "--json").out)["items"] == []


def test_what_an_agent_said_is_counted_by_itself(edited: Desk, run: Runner) -> None:
    """It stays whatever the rules say."""
    assert run("tag", "5", "question").code == 0
    out = run("rules", "diff", tty=True).out
    assert "1 of 6 mentions would change: question → other 1" in out
    assert "1 stay, since an agent said what they are." in out


def test_hostile_words_in_a_difference(edited: Desk, run: Runner) -> None:
    """Escape sequences and markup of a post reach neither screen nor pipe."""
    edited.write("mallory", "@acme thanks \x1b[2J\x9b31m[red]x\u202e")
    edited.fetch()
    for tty in (True, False):
        out = run("rules", "diff", tty=tty, width=120).out
        assert not set(out) & set("\x1b\x9b\u202e")
        assert "mallory" in out


def test_looking_changes_nothing(edited: Desk, run: Runner) -> None:
    """Neither the differences nor a dry run writes anything."""
    before = content(edited.store)
    run("rules", "diff", tty=True)
    ran = run("rules", "retag", "--dry-run", tty=True)
    assert "2 of 6 mentions would change: " in ran.out
    assert content(edited.store) == before


def test_retag_puts_the_rules_in_force(edited: Desk, run: Runner) -> None:
    """Verdicts are those of the files, one line says what became of them, and nothing is left."""
    ran = run("rules", "retag", tty=True)
    assert ran.code == 0
    assert "6 mentions tagged, 2 changed kind, 4 waits computed again." in ran.err
    assert (kinds(edited)["eve"], kinds(edited)["bo"]) == ("complaint", "other")
    assert run("rules", "diff").out == ""
    items = json.loads(run("queue", "--json").out)["items"]
    assert [(i["customer"], i["kind"]) for i in items] == [
        ("ana", "complaint"),
        ("eve", "complaint"),
        ("finn", "complaint"),
        ("bo", "other"),
    ]


def test_retag_in_a_script(edited: Desk, run: Runner) -> None:
    """It is silent, asks nothing, and tells what it did in JSON."""
    ran = run("rules", "retag", "--json", "--all")
    assert ran.err == ""
    document = json.loads(ran.out)
    assert document["items"] == [
        {"dry_run": False, "tagged": 6, "changed": 2, "waits": 4, "corrected": 0}
    ]
    assert run("rules", "retag") == (0, "", "")


@pytest.mark.parametrize(("flag", "tty"), [("-q", False), ("--json", True), ("--no-input", True)])
def test_many_changes_in_a_script_need_a_word(
    edited: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch, flag: str, tty: bool
) -> None:
    """Where nobody can be asked, more than a handful is refused, and the message names the flag."""
    monkeypatch.setattr(rules_stored, "_HANDFUL", 1)
    before = content(edited.store)
    ran = run("rules", "retag", "--since", "7d", flag, tty=tty)
    assert (ran.code, ran.out) == (2, "")
    assert "nobody can be asked about 2 mentions" in ran.err
    assert "triage rules retag --since 7d --yes" in ran.err
    assert content(edited.store) == before
    assert run("rules", "retag", "-n", flag, tty=tty).code == 0
    assert run("rules", "retag", "--yes", flag, tty=tty).code == 0
    assert kinds(edited)["eve"] == "complaint"


def test_dry_run_in_a_script(edited: Desk, run: Runner) -> None:
    """The same words, and what agents said beside it."""
    item = json.loads(run("rules", "retag", "-n", "--json").out)["items"][0]
    assert item == {
        "dry_run": True,
        "tagged": 6,
        "changed": 2,
        "waits": None,
        "corrected": 0,
        "priority_only": 0,
        "go_first": 0,
        "go_first_no_longer": 0,
        "begin_to_wait": 1,
        "overdue_at_once": 1,
    }
    assert run("rules", "retag", "-n").out == "6\t2\t0\n"
    assert kinds(edited)["eve"] == "praise"


@pytest.mark.parametrize(("key", "kind"), [("y\n", "complaint"), ("\n", "praise"), ("", "praise")])
def test_more_than_a_handful_is_asked_about(
    edited: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch, key: str, kind: str
) -> None:
    """On a terminal; an empty line or the end of input is no."""
    monkeypatch.setattr(rules_stored, "_HANDFUL", 1)
    ran = run("rules", "retag", tty=True, keys=key)
    assert "2 of 6 mentions would change: " in ran.out
    assert "1 would begin to wait for an answer, 1 of them overdue at once." in ran.out
    assert kinds(edited)["eve"] == kind
    assert ("Nothing was changed." in ran.err) == (kind == "praise")


def test_yes_asks_nothing(edited: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """With -y nobody is asked, however many change."""
    monkeypatch.setattr(rules_stored, "_HANDFUL", 1)
    ran = run("rules", "retag", "-y", tty=True)
    assert (ran.out, kinds(edited)["eve"]) == ("", "complaint")


@pytest.mark.parametrize("name", ["diff", "retag"])
def test_since_and_all_exclude_each_other(edited: Desk, run: Runner, name: str) -> None:
    """A command line that makes no sense changes nothing."""
    ran = run("rules", name, "--since", "3d", "--all")
    assert ran.code == 2
    assert "exclude each other" in ran.err


def test_rules_that_cannot_be_used_change_nothing(edited: Desk, run: Runner, home: Path) -> None:
    """They are refused before the store is touched."""
    config = home / ".config" / "triage" / "config.toml"
    config.write_text(config.read_text() + '\n[rules]\noff = ["no-such-rule"]\n')
    ran = run("rules", "retag", "-y")
    assert ran.code == 78
    assert "no-such-rule" in ran.err
    assert kinds(edited)["eve"] == "praise"


def test_what_begins_to_wait_may_be_in_time(edited: Desk, run: Runner) -> None:
    """What is answered begins nothing; what was just written is not overdue yet."""
    edited.write("gus", "@acme thanks")
    hal = edited.write("hal", "@acme thanks", ago=2)
    edited.write("acme", "@hal any time", ago=1, in_reply_to=hal.native_id)
    edited.fetch()
    out = run("rules", "diff", tty=True, width=120).out
    assert "praise → complaint 3" in out
    assert "2 would begin to wait for an answer, 1 of them overdue at once." in out


def test_a_priority_alone_is_a_change(urgent: Desk, run: Runner) -> None:
    """It is listed with the rule that gives it, and it is said how the queue changes."""
    ran = run("rules", "diff", "--exit-code", tty=True, width=120)
    assert ran.code == 3
    assert "1 of 6 mentions would change: priority alone 1" in ran.out
    assert "1 would go first in the queue, 0 no longer." in ran.out
    line = next(line for line in ran.out.splitlines() if "@finn" in line)
    assert "complaint, safety" in line
    assert 'locked-out "login"' in line
    document = json.loads(run("rules", "diff", "--json").out)
    (item,) = document["items"]
    assert (item["before"], item["after"]) == ("complaint", "complaint")
    assert (item["priority_before"], item["priority_after"]) == (None, "safety")
    assert (document["changed"], document["priority_only"], document["go_first"]) == ([], 1, 1)
    assert run("rules", "retag", "-n").out == "6\t0\t1\n"


def test_a_priority_that_goes(urgent: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """No words speak for that, so the line says so."""
    assert run("rules", "retag").code == 0
    monkeypatch.setattr(App, "tagger_of_files", lambda _app: Edited())
    out = run("rules", "diff", "-k", "complaint", tty=True, width=120).out
    assert "0 would go first in the queue, 1 no longer." in out
    line = next(line for line in out.splitlines() if "@finn" in line)
    assert "complaint, not safety" in line
    assert "no rule says so any more" in line


def test_retag_tells_what_stays(edited: Desk, run: Runner) -> None:
    """What an agent said did not change its kind: it is counted as the dry run counts it."""
    assert run("tag", "5", "question").code == 0
    dry = json.loads(run("rules", "retag", "-n", "--json").out)["items"][0]
    ran = run("rules", "retag", tty=True)
    assert "6 mentions tagged, 1 changed kind, " in ran.err
    assert "1 stay, since an agent said what they are." in ran.err
    assert (dry["changed"], dry["corrected"]) == (1, 1)


def test_the_rules_of_one_account_cannot_be_put_in_force(edited: Desk, run: Runner) -> None:
    """They are everybody's: --account is refused, whatever it names."""
    for more in ((), ("-n",), ("-y",)):
        ran = run("rules", "retag", "--account", "acme", *more)
        assert ran.code == 2
        assert "Leave --account out" in ran.err
    assert kinds(edited)["eve"] == "praise"


@pytest.fixture
def two_accounts(edited: Desk) -> Desk:
    """The brand has a second account, to which bo wrote; bo and finn are corrected."""
    bo, finn = edited.conversation(4), edited.conversation(6)
    with edited.store.tx():
        other = edited.store.accounts.add(edited.brand_id, "memory", "acmehelp", "2", edited.now)
        edited.store.engine.execute(
            "UPDATE message SET account_id = :a WHERE conversation_id = :c",
            {"a": other.id, "c": bo.id},
        )
    for talk in (bo, finn):
        tag(edited.store, talk, Kind.PRAISE, "ana", edited.now, builders.tagger_for)
    return edited


@pytest.mark.usefixtures("two_accounts")
def test_differences_of_an_account(run: Runner) -> None:
    """--account leaves out what others were asked, and the hint to see more keeps it."""
    of_acme = json.loads(run("rules", "diff", "--json", "--account", "acme").out)
    of_help = json.loads(run("rules", "diff", "--json", "--account", "acmehelp").out)
    assert (of_acme["mentions"], of_acme["corrected"]) == (5, 0)
    assert (of_help["mentions"], of_help["corrected"]) == (1, 1)
    assert [i["customer"] for i in of_acme["items"]] == ["eve"]
    assert run("rules", "diff", "--account", "nobody").code == 2


@pytest.mark.usefixtures("edited")
def test_the_hint_to_see_more_keeps_the_account(run: Runner) -> None:
    """What it shows is what was counted."""
    ran = run("rules", "diff", "-L", "1", "--account", "acme", tty=True)
    assert "1 more: triage rules diff --since 30d --account acme -L 2" in ran.err


@pytest.mark.usefixtures("two_accounts")
def test_corrections_of_an_account(run: Runner) -> None:
    """They are exported, and learned from, without those to other accounts."""
    for account, conversation in (("acme", 6), ("acmehelp", 4)):
        (line,) = run("rules", "export", "--corrections", "--account", account).out.splitlines()
        assert json.loads(line)["conversation"] == conversation
        assert "1 is here" in run("rules", "learn", "--account", account).err
    assert len(run("rules", "export", "--corrections").out.splitlines()) == 2
    for words in (("export", "--corrections"), ("learn",)):
        ran = run("rules", *words, "--account", "nobody")
        assert ran.code == 2
        assert "@nobody" in ran.err


def test_differences_without_a_configuration(edited: Desk, run: Runner, home: Path) -> None:
    """The policies in force say who begins to wait."""
    (home / ".config" / "triage" / "config.toml").unlink()
    document = json.loads(run("rules", "diff", "--json").out)
    assert (document["begin_to_wait"], document["overdue_at_once"]) == (1, 1)
