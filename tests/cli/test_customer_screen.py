"""`triage customer WHO` and what it shows, on a terminal, in a pipe and as JSON."""

from __future__ import annotations

import json

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.model import DAY, HOUR, MINUTE, Author

HOSTILE = (
    "prefers \x1b[2J\x1b]52;c;b3duZWQ=\x07Spanish \u202egnp.exe\u202c [red]x[/red]\nsecond line"
)
ACTED_ON = set("\x07\x1b\u202e\u202c")


@pytest.fixture
def known(busy: Desk, run: Runner) -> Desk:
    """Ana complained last week and today, turned once, has two names; much is remembered."""
    with busy.store.tx():
        # Old mentions have clocks here.
        busy.store.engine.execute("UPDATE account SET clocks_from_at = 0")
    old = busy.write("ana", "@acme the lid is broken", ago=40 * DAY)
    busy.write(
        "acme", "@ana a new one is on its way", ago=40 * DAY - HOUR, in_reply_to=old.native_id
    )
    busy.write("ana", "@acme thanks!", ago=39 * DAY, in_reply_to=old.native_id)
    busy._authors["ana2"] = Author("990", "ana_at_home", "Ana \x1b[2Jat home 👨‍👩‍👧‍👦", 1_204)
    busy.write("ana2", "@acme it never arrived \u202ehere\u202c either [/x]", ago=2 * HOUR)
    busy.fetch_all_again()
    for words in (
        ("set", "@ana", "vip=yes", "order=8841"),
        ("link", "@ana", "@ana_at_home"),
        ("note", "@ana", HOSTILE),
        ("promise", "@ana", "refund of the lid", "--by", "fri"),
        ("promise", "@ana_at_home", "a call", "--by", "1h"),
        ("promise", "3", "an answer", "--by", "2h"),
        ("kept", "3"),
    ):
        assert run("customer", *words).code == 0
    assert run("note", "3", "asked the carrier").code == 0
    busy.now += 90 * MINUTE
    return busy


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("width", [60, 80])
def test_screen(run: Runner, width: int) -> None:
    """All that is known, of both names; nothing that a terminal would obey."""
    ran = run("customer", "@ana", tty=True, width=width)
    assert ran.code == 0
    assert not set(ran.out) & ACTED_ON
    assert_golden(f"customer-{width}", ran.out)


@pytest.mark.usefixtures("known")
def test_the_shortcut_is_show(run: Runner) -> None:
    """By whatever name, and with flags before or behind it."""
    screen = run("customer", "show", "@ana", tty=True).out
    for words in (
        ("customer", "@ana"),
        ("customer", "3"),
        ("customer", "ANA_at_home", "--no-input"),
    ):
        assert run(*words, tty=True).out.splitlines()[:9] == screen.splitlines()[:9]
    assert run("--json", "customer", "@ana").out == run("customer", "show", "@ana", "--json").out
    told = run("customer", "lst", tty=True)
    assert told.code == 1
    assert "There is no customer 'lst'." in told.err
    assert "triage customer list" in told.err
    assert run("customer", "--help").code == run("customer", "-h").code == 0


@pytest.mark.usefixtures("known")
def test_json(run: Runner) -> None:
    """One item with all of it, with ids that can be typed and times in UTC."""
    [item] = json.loads(run("customer", "@ana_at_home", "--json").out)["items"]
    assert item["named"] != item["id"] == item["customers"][0]["id"]
    assert [c["customer"] for c in item["customers"]] == ["ana", "ana_at_home"]
    assert (item["vip"], item["repeat"], item["complaints"]) == (True, True, 3)
    assert item["attributes"] == {"order": "8841", "vip": "yes"}
    assert [n["text"] for n in item["notes"]][1] == "asked the carrier"
    assert [n["about"] for n in item["notes"]] == ["customer", "conversation"]
    assert [(p["text"], p["state"], p["due_at"]) for p in item["promises"]] == [
        ("a call", "late", "2026-03-02T10:00:00Z"),
        ("an answer", "kept", "2026-03-02T11:00:00Z"),
        ("refund of the lid", "open", "2026-03-07T00:00:00Z"),
    ]
    talk = item["conversations"][0]
    assert (talk["text"], talk["outcome"]) == (
        "@acme the lid is broken",
        "answered after 1h, missed",
    )
    assert [(w["state"], w["waited_s"]) for w in talk["waits"]] == [
        ("answered", 3600),
        ("open", None),
    ]
    assert item["months"]["2026-01"] == {"complaint": 1, "question": 0, "praise": 1, "other": 0}
    assert item["turned_to_praise"] is None


def test_who_turned_to_praise(desk: Desk, run: Runner) -> None:
    """It is said with both times; whoever complains again has not."""
    desk.write("ana", "@acme it is broken", ago=2 * DAY)
    desk.write("ana", "@acme thanks, it works", ago=DAY)
    desk.fetch()
    [item] = json.loads(run("customer", "@ana", "--json").out)["items"]
    assert item["turned_to_praise"] == {
        "complained_at": "2026-02-28T09:00:00Z",
        "praised_at": "2026-03-01T09:00:00Z",
    }
    out = run("customer", "@ana", tty=True).out
    assert "turned to praise" in out.splitlines()[0]
    assert "turned from complaint (28 Feb) to praise (1 Mar)" in out
    desk.write("ana", "@acme broken again")
    desk.fetch()
    out = run("customer", "@ana", tty=True).out
    assert "turned" not in out
    assert "praised nothing since they complained" in out


@pytest.mark.usefixtures("known")
def test_in_a_pipe(run: Runner) -> None:
    """A line for each conversation: id, customer, where, when, kind, outcome, how it began."""
    lines = [line.split("\t") for line in run("customer", "@ana").out.splitlines()]
    assert [(line[0], line[6], line[7]) for line in lines] == [
        ("7", "praise", "answered after 1h, missed"),
        ("3", "complaint", "overdue 3h30m"),
        ("8", "complaint", "overdue 2h30m"),
    ]
    assert not set(run("customer", "@ana").out) & ACTED_ON


@pytest.mark.usefixtures("known")
def test_the_queue_marks_them_on_a_terminal_alone(run: Runner) -> None:
    """In front of the text, which is cut; a pipe has what it had."""
    rows = run("queue", tty=True, width=120).out.splitlines()
    ana, bo = (next(row for row in rows if name in row) for name in ("@ana ", "@bo "))
    assert "(VIP, repeat) my order never came" in ana
    assert "(" not in bo
    assert "VIP" not in run("queue").out + run("queue", "--json").out + run("queue", "--csv").out


def test_the_queue_tells_of_promises(busy: Desk, run: Runner) -> None:
    """Those that are late, and due within a day; a script, and who has kept all, hears nothing."""
    assert "promise" not in run("queue", tty=True).err
    for by in ("1h", "30h", "20d"):
        assert run("customer", "promise", "@ana", "a call", "--by", by).code == 0
    told = "(triage customer promises)"
    assert f"promises due within a day: 1 {told}" in run("queue", tty=True).err
    busy.now += HOUR
    assert f"1 promise late {told}" in run("queue", tty=True).err
    busy.now += 10 * HOUR
    assert f"1 promise late, 1 due within a day {told}" in run("queue", tty=True).err
    assert "promise" not in run("queue").err
    for number in ("1", "2"):
        assert run("customer", "kept", number).code == 0
    assert "promise" not in run("queue", tty=True).err


@pytest.mark.usefixtures("known")
def test_show_has_what_is_remembered(run: Runner) -> None:
    """Marks, promises that stand and the newest notes, and where the rest is."""
    out = run("show", "3", tty=True, width=120).out
    assert ", VIP, " in out.splitlines()[0]
    assert "repeat: complained in 3 conversations within 90 days" in out
    assert "promise 2, late 30m: a call (ana)" in out
    assert "promise 1, by Fri 6 Mar: refund of the lid (ana)" in out
    assert "an answer" not in out
    assert "asked the carrier" in out
    assert "who they are: triage customer 3" in out
    assert not set(out) & ACTED_ON
    [item] = json.loads(run("show", "3", "--json").out)["items"]
    assert (item["vip"], item["repeat"], len(item["notes"])) == (True, True, 2)
    assert [p["text"] for p in item["promises"]] == ["a call", "refund of the lid"]


@pytest.mark.usefixtures("known")
def test_the_review_of_a_reply_has_it(run: Runner) -> None:
    """Before it goes out: who this is, and what they were promised; a pipe has the text alone."""
    out = run("reply", "3", "We are on it.", "--dry-run", tty=True).out
    assert "@ana: VIP, complained in 3 conversations within 90 days" in out
    assert "promise 2, late 30m: a call (ana)" in out
    assert run("reply", "3", "We are on it.", "--dry-run").out == "We are on it.\n"


@pytest.mark.usefixtures("busy")
def test_who_is_a_stranger_looks_as_before(run: Runner) -> None:
    """No line about nothing."""
    for out in (run("show", "4", tty=True).out, run("reply", "4", "hi", "--dry-run", tty=True).out):
        assert not any(word in out for word in ("VIP", "repeat", "promise", "note", "who they are"))


@pytest.mark.usefixtures("known")
def test_the_log_says_that_and_not_what(run: Runner) -> None:
    """Who noted, promised and linked; the words stand with the customer alone."""
    out = run("log", tty=True, width=120).out
    for words in ("remark, customer c", "remark, conversation #3", "promise, customer c"):
        assert words in out
    assert "promise, open to kept, promise 3" in out
    assert "link, c" in out
    assert not any(word in out for word in ("Spanish", "refund", "carrier"))
