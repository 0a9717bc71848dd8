"""`triage note`, and notes, promises, links and lists of `triage customer`."""

from __future__ import annotations

import csv
import io
import json

import pytest

from builders import Desk
from guides import DOCS
from screens import Ran, Runner, assert_golden
from triage.core.model import DAY, HOUR

HOSTILE = "\x1b[2J\x1b]52;c;b3duZWQ=\x07 \u202egnp.exe\u202c"
ACTED_ON = set("\x07\x1b\u202e\u202c")

pytestmark = pytest.mark.usefixtures("busy")


def item(ran: Ran) -> dict[str, object]:
    """The one item of a JSON answer."""
    assert ran.code == 0, ran.err
    [found] = json.loads(ran.out)["items"]
    assert isinstance(found, dict)
    return found


def customer_id(run: Runner, name: str) -> object:
    """Somebody's id."""
    return item(run("customer", name, "--json"))["named"]


def test_a_note_on_a_terminal(run: Runner) -> None:
    """It is told with its number, and where to see it; words need no quotes."""
    ana = customer_id(run, "@ana")
    ran = run("customer", "note", "@ana", "a", "regular", tty=True)
    assert ran == (0, "", f"Note 1 is on @ana.      see: triage customer {ana}\n")
    ran = run("note", "3", "asked the carrier", tty=True)
    assert ran.err.startswith("Note 2 is on #3.")
    assert run("customer", "unnote", "1", tty=True).err == "Note 1 is taken back.\n"


def test_a_note_in_a_pipe_and_as_json(run: Runner) -> None:
    """Its row, with who and when; the text may come from standard input, over several lines."""
    ana = customer_id(run, "@ana")
    ran = run("customer", "note", "@ana", "-", keys="one\ntwo\n")
    assert ran.out == f"1\t2026-03-02T09:00:00Z\tana\tcustomer\t{ana}\t3\tone two\n"
    assert item(run("note", "3", "x", "--json")) == {
        "id": 2,
        "written_at": "2026-03-02T09:00:00Z",
        "agent": "ana",
        "about": "conversation",
        "customer_id": ana,
        "conversation": 3,
        "text": "x",
    }
    assert item(run("customer", "unnote", "2", "--json"))["taken_back"] is True


def test_a_promise_from_beginning_to_end(busy: Desk, run: Runner) -> None:
    """Made, listed soonest first, late, kept late; then it is off the list."""
    for name, text, by in (("@ana", "a refund", "fri"), ("4", "a call", "2h")):
        assert run("customer", "promise", name, text, "--by", by).code == 0
    busy.now += DAY
    assert_golden("promises-80", run("customer", "promises", tty=True).out)
    [row] = run("customer", "kept", "2").out.splitlines()
    assert row.split("\t")[1:3] == ["kept late", "2026-03-02T11:00:00Z"]
    listed = json.loads(run("customer", "promises", "--json").out)["items"]
    assert [(p["id"], p["state"], p["customer"]) for p in listed] == [(1, "open", "ana")]
    assert len(json.loads(run("customer", "promises", "--all", "--json").out)["items"]) == 2
    told = run("customer", "broken", "2", tty=True)
    assert told == (0, "", "Promise 2 is broken (was kept late): a call\n")
    told = run("customer", "unpromise", "1", tty=True)
    assert told.err == "Promise 1 is taken back: a refund\n"
    told = run("customer", "promises", tty=True)
    assert (told.out, told.err) == ("", "Nothing is promised that is not done.\n")


def test_a_link_and_back(run: Runner) -> None:
    """Both ways say what to type to take it back."""
    ana, bo = customer_id(run, "@ana"), customer_id(run, "@bo")
    told = run("customer", "merge", "@ana", "@bo", tty=True, width=120)
    assert told.err.startswith("@bo and @ana are one person: ")
    assert f"back: triage customer unlink {bo}" in told.err
    assert [c["id"] for c in item(run("customer", "4", "--json"))["customers"]] == [ana, bo]  # type: ignore[attr-defined]
    told = run("customer", "unlink", str(bo), tty=True, width=120)
    assert f"back: triage customer link {ana} {bo}" in told.err
    rows = run("customer", "link", "@bo", "@ana").out.splitlines()
    assert [row.split("\t")[2] for row in rows] == ["bo", "ana"]


@pytest.mark.parametrize("words", [("note", "3"), ("customer", "note", "@ana")])
def test_notes_that_are_none(run: Runner, words: tuple[str, ...]) -> None:
    """Nothing, too much, what is no text: said, and nothing is written."""
    for text, code, said in (
        ((), 2, "TEXT"),
        (("",), 2, "The note is empty"),
        (("-",), 2, "The note is empty"),
        (("x" * 2_001,), 2, "1 too many"),
        (("\udcff",), 2, "not UTF-8"),
    ):
        ran = run(*words, *text)
        assert (ran.code, ran.out) == (code, "")
        assert said in ran.err
    assert item(run("show", "3", "--json"))["notes"] == []


_MISTAKES: list[tuple[tuple[str, ...], int, str]] = [
    (("note", "999", "x"), 1, "There is no conversation '999'."),
    (("customer", "note", "@zed", "x"), 1, "There is no customer '@zed'."),
    (("customer", "note", "", "x"), 2, "Nobody was named."),
    (("customer", "promise", "@ana", "a call"), 2, "A promise needs a time."),
    (("customer", "promise", "@ana", "a call", "--by", "soon"), 2, "'soon' is not understood"),
    (("customer", "promise", "@ana", "a call", "--by", "2020-01-01"), 2, "not in the future"),
    (("customer", "promise", "@ana", "", "--by", "fri"), 2, "The promise is empty."),
    (("customer", "promise", "@ana", "x" * 501, "--by", "fri"), 2, "1 too many"),
    (("customer", "kept", "9"), 1, "There is no promise 9."),
    (("customer", "kept", "x"), 2, "x"),
    (("customer", "kept", "9" * 30), 2, "9"),
    (("customer", "broken", "0"), 2, "0"),
    (("customer", "unnote", "9" * 30), 2, "9"),
    (("customer", "unnote", "1"), 1, "There is no note 1."),
    (("customer", "link", "@ana", "@ana"), 1, "are one person already"),
    (("customer", "link", "@ana"), 2, "OTHER"),
    (("customer", "unlink", "@ana"), 1, "@ana is linked to nobody."),
    (("customer", "list", "--silent-for", "3d"), 2, "--silent-for is for --silent."),
    (("customer", "list", "--silent", "--silent-for", "long"), 2, "--silent-for long"),
    (("customer", "list", "-L", "0"), 2, "0"),
    (("customer", "lst"), 1, "There is no customer 'lst'."),
]


def test_mistakes(run: Runner) -> None:
    """Each is a message, its exit code, and no act."""
    for words, code, said in _MISTAKES:
        ran = run(*words)
        assert (ran.code, ran.out) == (code, ""), words
        assert said in ran.err
        assert "Traceback" not in ran.err
    assert run("log").out == ""


def test_hostile_words_reach_no_screen(run: Runner) -> None:
    """Of a note, a promise and a value: on a terminal, in a pipe, as CSV."""
    outs = [
        run("customer", "note", "@ana", HOSTILE, tty=True).err,
        run("customer", "promise", "@ana", HOSTILE, "--by", "fri", tty=True).err,
        run("customer", "kept", "1", tty=True).err,
        run("customer", "promises", "--all", tty=True).out,
        run("customer", "promises", "--all").out,
        run("customer", "promises", "--all", "--csv").out,
        run("customer", "note", "@ana", HOSTILE).out,
        run("customer", "list", tty=True).out,
    ]
    for out in outs:
        assert out
        assert not set(out) & ACTED_ON


def test_a_promise_is_no_formula(run: Runner) -> None:
    """In a spreadsheet it is text."""
    assert run("customer", "promise", "@ana", "=1+1", "--by", "fri").code == 0
    [row] = csv.DictReader(io.StringIO(run("customer", "promises", "--csv").out))
    assert (row["text"], row["state"]) == ("'=1+1", "open")


@pytest.fixture
def people(busy: Desk, run: Runner) -> Desk:
    """Ana complains again and is a VIP, bo has two names, carlos fell silent, eve praised."""
    busy.write("ana", "@acme broken, another thing", ago=HOUR)
    busy.write("eve", "@acme thanks again", ago=HOUR // 2)
    busy.fetch_all_again()
    assert run("customer", "set", "@ana", "vip=gold", "order=8841").code == 0
    assert run("customer", "link", "@bo", "@dee").code == 0
    return busy


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("width", [60, 80])
def test_the_list_on_a_terminal(run: Runner, width: int) -> None:
    """Whoever wrote last first, with what is known of them in words."""
    ran = run("customer", "list", tty=True, width=width)
    assert_golden(f"customer-list-{width}", ran.out)
    assert "who they are: triage customer c" in ran.err


@pytest.mark.usefixtures("people")
def test_filters_of_the_list(run: Runner) -> None:
    """Each leaves whom it names; together they leave whoever is in all."""

    def listed(*flags: str) -> list[str]:
        found = json.loads(run("customer", "list", *flags, "--json").out)["items"]
        return [one["customer"] for one in found]

    assert listed() == ["finn", "eve", "ana", "bo", "carlos"]
    assert listed("--waiting") == ["finn", "ana", "bo"]
    assert listed("--repeat") == ["ana"]
    assert listed("--repeat", "--waiting") == ["ana"]
    assert listed("--repeat", "--advocates") == []
    assert listed("--advocates") == ["eve"]
    assert listed("--silent") == []
    assert listed("--silent", "--silent-for", "1h") == ["carlos"]
    assert listed("-L", "2") == ["finn", "eve"]


@pytest.mark.usefixtures("people")
def test_the_list_in_a_pipe(run: Runner) -> None:
    """A row for each, from the id on; CSV and JSON have the same columns."""
    rows = [line.split("\t") for line in run("customer", "list").out.splitlines()]
    head, *table = csv.reader(io.StringIO(run("customer", "list", "--csv").out))
    items = json.loads(run("customer", "list", "--json").out)["items"]
    assert len(rows) == len(table) == len(items) == 5
    assert [list(one) for one in items] == [head] * 5
    assert [row[0] for row in rows] == [one["id"] for one in items]
    ana = next(one for one in items if one["customer"] == "ana")
    assert (ana["vip"], ana["repeat"], ana["waiting"], ana["complaints"]) == (True, True, 2, 2)
    assert ana["why"] == "VIP (gold); waits 3h; complained in 2 conversations; order = 8841"
    assert run("customer", "list").err == ""


def test_more_than_a_screen(run: Runner) -> None:
    """It says how to see more, with the filters that were asked for; an empty list is a word."""
    ran = run("customer", "list", "--waiting", "-L", "2", tty=True, width=120)
    assert len(ran.out.splitlines()) == 3
    assert "more: triage customer list --waiting -L 20" in ran.err
    ran = run("customer", "list", "--advocates", tty=True)
    assert (ran.code, ran.out, ran.err) == (0, "", "There is nobody like that.\n")
    assert run("customer", "list", "--advocates").out == ""


def test_an_account_that_is_not_there(run: Runner) -> None:
    """It is said, as everywhere."""
    assert run("customer", "list", "--account", "zed").code != 0


def test_every_column_is_in_the_guide(run: Runner) -> None:
    """What --csv has, docs/customers.md names."""
    text = (DOCS / "customers.md").read_text(encoding="utf-8")
    for column in run("customer", "list", "--csv").out.splitlines()[0].split(","):
        assert f"`{column}`" in text
