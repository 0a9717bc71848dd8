from __future__ import annotations

import csv
import io
import json

import pytest

import builders
from builders import Desk
from engines import content
from screens import Runner, assert_golden
from triage.core.model import HOUR, MINUTE, Evidence, Kind, Verdict
from triage.core.ports import Tagger
from triage.core.waits import Judge

HOSTILE = "@acme \x1b[2J\x1b]52;c;b3duZWQ=\x07broken \u202egnp.exe\u202c [red]x[/red] \x00\x9b31m"


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_screen(busy: Desk, run: Runner, width: int) -> None:
    """The queue fits its width: ID, SLA and TEXT always stand, the rest where there is room."""
    ran = run("queue", tty=True, width=width)
    assert ran.code == 0
    assert all(len(line) <= width for line in ran.out.splitlines())
    assert_golden(f"queue-{width}", ran.out)


def test_wide_characters_keep_the_columns(desk: Desk, run: Runner) -> None:
    """CJK, emoji families and flags are cut by the cells they take, not by their code points."""
    from rich.cells import cell_len

    desk.write("yuki", "@acme 壊れています。二回目です。返事をください。" * 3, ago=HOUR)
    desk.write("eve", "@acme do you open on sundays? 👨‍👩‍👧‍👦🇪🇸🏴󠁧󠁢󠁥󠁮󠁧󠁿 " * 3, ago=HOUR)
    desk.fetch()
    for width in (40, 60, 80, 120):
        for line in run("queue", tty=True, width=width).out.splitlines():
            assert cell_len(line) <= width


def test_most_overdue_first(busy: Desk, run: Runner) -> None:
    """Lines come by due time: who waits longest over the promise stands first."""
    items = json.loads(run("queue", "--json").out)["items"]
    assert [i["customer"] for i in items] == ["ana", "finn", "bo"]
    assert [i["state"] for i in items] == ["overdue", "due", "due"]
    due = [i["due_at"] for i in items]
    assert due == sorted(due)


def test_json_keys(busy: Desk, run: Runner) -> None:
    """An item has the documented keys, times in UTC with a Z, spans in seconds."""
    document = json.loads(run("--json", "queue").out)
    assert document["schema"] == 1
    first = document["items"][0]
    assert list(first) == [
        "id",
        "channel",
        "account",
        "customer",
        "kind",
        "state",
        "waiting_since_at",
        "due_at",
        "overdue_s",
        "text",
        "url",
        "mentions",
        "assignee",
        "priority",
        "confidence",
        "hold",
        "hold_until_at",
        "assigned",
    ]
    assert (first["priority"], first["confidence"]) == (None, 1.0)
    assert first["overdue_s"] == 2 * HOUR // 1000
    assert first["waiting_since_at"] == "2026-03-02T06:00:00Z"


def test_pipe(busy: Desk, run: Runner) -> None:
    """In a pipe: a line each, tab-separated, no header, no colour, the whole text."""
    ran = run("queue")
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert len(rows) == 3
    assert {len(row) for row in rows} == {17}
    assert rows[0][9] == "@acme my order never came and it is broken"
    assert "\x1b" not in ran.out
    assert ran.err == ""


def test_csv_is_safe(busy: Desk, run: Runner) -> None:
    """A text that a spreadsheet would run as a formula is quoted."""
    table = list(csv.DictReader(io.StringIO(run("queue", "--csv").out)))
    assert [row["id"] for row in table] == ["3", "6", "4"]
    assert all(row["text"].startswith("'@acme") for row in table)


@pytest.mark.parametrize(
    ("flags", "customers"),
    [
        (["--overdue"], ["ana"]),
        (["--kind", "question"], ["bo"]),
        (["--kind", "question", "--kind", "complaint"], ["ana", "finn", "bo"]),
        (["--due-within", "55m"], ["ana", "finn"]),
        (["--customer", "@BO"], ["bo"]),
        (["--search", "login"], ["finn"]),
        (["--account", "acme"], ["ana", "finn", "bo"]),
        (["--limit", "1"], ["ana"]),
        (["--all"], ["ana", "finn", "bo", "eve"]),
        (["--sort", "newest"], ["finn", "bo", "ana"]),
        (["--sort", "kind"], ["ana", "finn", "bo"]),
        (["--customer", "nobody"], []),
    ],
)
def test_filters(busy: Desk, run: Runner, flags: list[str], customers: list[str]) -> None:
    """Each filter keeps what it names, and all of them work before or after the command."""
    after = json.loads(run("queue", "--json", *flags).out)["items"]
    before = json.loads(run("--json", "queue", *flags).out)["items"]
    assert [i["customer"] for i in after] == customers
    assert after == before


def test_exit_code_condition(busy: Desk, run: Runner) -> None:
    """With --exit-code something overdue is 3, nothing overdue is 0."""
    assert run("queue", "--exit-code").code == 3
    assert run("queue", "--exit-code", "--kind", "question").code == 0


def test_empty(desk: Desk, run: Runner) -> None:
    """Nobody waiting is no failure: a sentence on the terminal's stderr, nothing in a pipe."""
    ran = run("queue", tty=True)
    assert (ran.code, "Nobody is waiting." in ran.err) == (0, True)
    ran = run("queue")
    assert ran == (0, "", "")
    assert json.loads(run("queue", "--json").out) == {"schema": 1, "items": []}


def test_hostile_text(desk: Desk, run: Runner) -> None:
    """Escape sequences, bidi overrides, markup and NULs reach no screen and no pipe."""
    desk.write("mallory", HOSTILE, ago=HOUR)
    desk.fetch()
    for words, tty in ((("queue",), True), (("queue",), False), (("show", "1"), True)):
        out = run(*words, tty=tty).out
        assert not set(out) & set("\x00\x07\x1b\x9b\u202e\u202c")
        assert "broken" in out
    assert "[red]x[/red]" in run("show", "1", tty=True).out


def test_a_megabyte_of_text(desk: Desk, run: Runner) -> None:
    """A post of a megabyte is one line of the queue like any other."""
    desk.write("mallory", "@acme broken " + "x" * 1_000_000, ago=HOUR)
    desk.fetch()
    ran = run("queue", tty=True)
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80


def test_drafts_tell_who_is_at_it(busy: Desk, run: Runner) -> None:
    """A conversation with a draft names its agent, so that two do not answer at once."""
    busy.draft(4, "yes, from ten", agent="carla")
    items = json.loads(run("queue", "--json").out)["items"]
    assert [i["assignee"] for i in items] == ["", "", "carla"]
    assert "✎ carla" in run("queue", tty=True, width=120).out


def test_reading_changes_nothing(busy: Desk, run: Runner) -> None:
    """Looking marks nothing: the store's rows are the same before and after."""
    before = content(busy.store)
    run("queue", tty=True)
    run("show", "3", tty=True)
    assert content(busy.store) == before


def test_overdue_at_its_due_time(desk: Desk, run: Runner) -> None:
    """A second before its due time a wait is due soon; at it, it is overdue."""
    desk.write("ana", "@acme broken")
    desk.fetch()
    desk.now += 60 * MINUTE - 1000
    assert json.loads(run("queue", "--json").out)["items"][0]["state"] == "due soon"
    desk.now += 1000
    assert json.loads(run("queue", "--json").out)["items"][0]["state"] == "overdue"


class Doubter:
    """Knows smoke from flattery, and is not sure of the latter."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """`smoke` is a safety matter, `leave` a threat to leave, `bravo` praise or complaint."""
        del lang
        shares = dict.fromkeys(Kind, 0.0)
        for word, kind, priority, confidence in (
            ("smoke", Kind.QUESTION, "safety", 1.0),
            ("leave", Kind.COMPLAINT, "churn-threat", 1.0),
            ("bravo", Kind.PRAISE, None, 0.03),
            ("", Kind.COMPLAINT, None, 1.0),
        ):
            at = text.find(word)
            if at >= 0:
                shares |= {Kind.COMPLAINT: 0.38, kind: 0.41} if confidence < 1 else {kind: 1.0}
                reason = Evidence(f"says-{word}", word, at, at + len(word), {kind: 1.0})
                return Verdict(kind, shares, (reason,), confidence, None, priority)
        raise AssertionError


@pytest.fixture
def doubting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk where ana is overdue, bo smells smoke, carlos leaves, and dee may be ironic."""

    def tagger_for(judge: Judge) -> Tagger:
        del judge
        return Doubter()

    monkeypatch.setattr(builders, "tagger_for", tagger_for)
    desk.write("ana", "@acme late again", ago=3 * HOUR)
    desk.write("bo", "@acme is it fine that there is smoke?", ago=MINUTE)
    desk.write("carlos", "@acme I leave", ago=2 * MINUTE)
    desk.write("dee", "@acme bravo, three weeks for a letter", ago=HOUR)
    desk.fetch()
    return desk


def test_safety_goes_before_what_is_overdue(doubting: Desk, run: Runner) -> None:
    """By its name in JSON; who threatens to leave is named, and waits their turn."""
    items = json.loads(run("queue", "--json").out)["items"]
    assert [(i["customer"], i["priority"]) for i in items] == [
        ("bo", "safety"),
        ("ana", None),
        ("carlos", "churn-threat"),
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_screen_of_what_cannot_wait(doubting: Desk, run: Runner, width: int) -> None:
    """It is said in words why a line is first, at any width."""
    ran = run("queue", "--all", tty=True, width=width)
    assert all(len(line) <= width for line in ran.out.splitlines())
    assert "(safety) is it fine" in ran.out
    assert ("question !" in ran.out) == (width > 40)
    assert_golden(f"queue-first-{width}", ran.out)


def test_what_the_rules_are_unsure_of(doubting: Desk, run: Runner) -> None:
    """Also what demands no answer: a complaint that was missed may hide there."""
    (item,) = json.loads(run("queue", "--unsure", "--json").out)["items"]
    assert (item["customer"], item["kind"], item["confidence"]) == ("dee", "praise", 0.03)
    assert (item["state"], item["due_at"]) == ("none", None)


@pytest.mark.parametrize("width", [60, 80])
def test_screen_of_what_is_in_doubt(doubting: Desk, run: Runner, width: int) -> None:
    """The kind has a question mark, and the hint says how to settle it."""
    ran = run("queue", "--unsure", tty=True, width=width)
    assert "praise?" in ran.out
    assert "what it is: triage tag " in ran.err
    assert_golden(f"queue-unsure-{width}", ran.out)


def test_an_agent_ends_the_doubt(doubting: Desk, run: Runner) -> None:
    """Once it was tagged, whatever it was said to be, it is off the list."""
    number = json.loads(run("queue", "--unsure", "--json").out)["items"][0]["id"]
    assert run("tag", str(number), "complaint").code == 0
    assert json.loads(run("queue", "--unsure", "--json").out)["items"] == []
    assert "The rules are sure of all that waits." in run("queue", "--unsure", tty=True).err
    assert json.loads(run("queue", "--customer", "dee", "--json").out)["items"][0]["id"] == number


def test_a_doubtful_word_in_a_sure_wait_is_found(doubting: Desk, run: Runner) -> None:
    """One mention in doubt is enough, however sure the others are."""
    doubting.write("ana", "@acme bravo", ago=MINUTE, in_reply_to=_first_post(doubting))
    doubting.fetch()
    items = json.loads(run("queue", "--unsure", "--json").out)["items"]
    assert [(i["customer"], i["kind"]) for i in items] == [("ana", "complaint"), ("dee", "praise")]


def _first_post(desk: Desk) -> str:
    return min(desk.channel.posts)
