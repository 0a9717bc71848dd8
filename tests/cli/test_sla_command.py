"""`triage sla`: who was promised what, why it is due then, and the past under other promises."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from builders import Desk
from engines import content
from promises import PROMISES, put_in_force
from screens import Ran, Runner, assert_golden
from triage.core.model import HOUR, MINUTE, Kind
from triage.core.policy import DEFAULT_POLICIES, Policy, Settings, When

HOSTILE = "@acme \x1b[2J\x1b]52;c;b3duZWQ=\x07broken \u202egnp.exe\u202c [red]x[/red] \x00\x9b31m"
WIDTHS = [60, 80, 120]


@pytest.fixture
def madrid(busy: Desk) -> Desk:
    """The busy desk under office hours of Madrid, where it is Monday, 10:00.

    Waiting: 3 ana (complaint, due at 10:00), 6 finn (complaint, 10:50), 4 bo (question, 13:00).
    """
    put_in_force(busy)
    return busy


def items(ran: Ran) -> list[dict[str, Any]]:
    """The items of a JSON document."""
    found: list[dict[str, Any]] = json.loads(ran.out)["items"]
    return found


def golden(name: str, ran: Ran, width: int) -> None:
    """The screen is that of the file, and no line of it is too wide."""
    assert ran.code == 0
    assert all(cell_len(line) <= width for line in ran.out.splitlines())
    assert_golden(f"{name}-{width}", ran.out)


# --- list -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("madrid")
@pytest.mark.parametrize("width", WIDTHS)
def test_list_screen(run: Runner, width: int) -> None:
    """In order; whom each is for is never cut; calendars and stops stand below."""
    golden("sla-list", run("sla", "list", tty=True, width=width), width)


@pytest.mark.usefixtures("madrid")
def test_list_keys(run: Runner) -> None:
    """Spans in seconds; no span where no answer is due."""
    found = items(run("sla", "list", "--json"))
    assert found[0] == {
        "place": 1,
        "policy": "vip",
        "for": "customer vip = yes",
        "respond_within_s": 900,
        "next_response_within_s": 1800,
        "warn_before": "50%",
        "calendar": "always",
        "pauses": "waiting-on-customer",
        "alert_when_closed": True,
    }
    assert found[1] == {
        "place": 2,
        "policy": "complaint",
        "for": "every complaint",
        "respond_within_s": 3600,
        "next_response_within_s": 3600,
        "warn_before": "15m",
        "calendar": "office",
        "pauses": "on-hold waiting-on-customer",
        "alert_when_closed": False,
    }
    assert found[4]["respond_within_s"] is found[4]["next_response_within_s"] is None
    assert found[4]["warn_before"] == ""
    assert [row.split("\t")[1] for row in run("sla", "list").out.splitlines()] == ["vip", *Kind]
    table = list(csv.DictReader(io.StringIO(run("sla", "list", "--csv").out)))
    assert [row["policy"] for row in table] == ["vip", *Kind]


@pytest.mark.usefixtures("home")
def test_list_of_files_before_anything_is_in_force(run: Runner) -> None:
    """It is said that they are only the files'."""
    ran = run("sla", "list", tty=True)
    assert ran.code == 0
    assert "These are the files; nothing is in force yet: triage config apply" in ran.err
    assert [i["policy"] for i in items(run("sla", "list", "--json"))] == list(Kind)


# --- explain: screens -----------------------------------------------------------------------------


@pytest.fixture
def rested(madrid: Desk, run: Runner) -> Desk:
    """Finn's complaint was on hold for half an hour, and waits on him until Friday."""
    madrid.now += 5 * MINUTE + 12_345
    run("hold", "6", "-m", "asked the carrier")
    madrid.now += 30 * MINUTE
    run("wake", "6")
    madrid.now += MINUTE
    run("hold", "6", "fri", "--customer")
    return madrid


@pytest.mark.usefixtures("rested")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_explain_screens(run: Runner, number: int, width: int) -> None:
    """Met, missed, overdue, to come, without a promise, at rest: each can be checked by hand."""
    golden(
        f"sla-explain-{number}", run("sla", "explain", str(number), tty=True, width=width), width
    )


@pytest.mark.usefixtures("rested")
def test_explain_adds_up(run: Runner) -> None:
    """Lengths that are shown are those between the times that are shown, to the second."""
    out = run("sla", "explain", "6", tty=True, width=120).out
    assert "Mon  2 Mar 09:50 - 10:05:12          +15m12s    counts" in out
    assert "Mon  2 Mar 10:05:12 - 10:35:12        30m       on hold" in out
    assert "Mon  2 Mar 10:35:12 - 10:36:12       +1m        counts" in out
    assert "= 1h counted, 22h53m48s at rest left out" in out


@pytest.mark.usefixtures("madrid")
@pytest.mark.parametrize("width", WIDTHS)
def test_explain_screen_while_the_clock_stands(madrid: Desk, run: Runner, width: int) -> None:
    """There is no due time, and nobody knows when there will be one."""
    run("hold", "6", "--stay")
    madrid.now += 10 * MINUTE
    ran = run("sla", "explain", "6", tty=True, width=width)
    assert "until somebody wakes it" in " ".join(ran.out.split())
    golden("sla-explain-stands", ran, width)


@pytest.mark.usefixtures("madrid")
def test_explain_tells_how_a_rest_ended(madrid: Desk, run: Runner) -> None:
    """By time, by an agent, by the customer, by the answer; and what is to end one that lasts."""
    post = next(p for p in madrid.channel.posts.values() if p.author.handle == "finn")

    def line() -> str:
        out = " ".join(run("sla", "explain", "6", tty=True).out.split())
        return out.partition(" by ana from ")[2].partition(" Mon 2 Mar 09:50")[0]

    run("snooze", "6", "10m")
    assert line() == (
        "Mon 2 Mar 2026 10:00 until Mon 2 Mar 2026 10:10 (unless they write before); the clock "
        "runs on: the policy does not pause then."
    )
    madrid.now += 10 * MINUTE
    assert "10:10 (as said); the clock ran on" in line()
    run("hold", "6", "10m", "--stay")
    assert "10:20 (also if they write); the clock stands." in line()
    madrid.now += MINUTE
    run("wake", "6")
    assert "10:11 (by an agent); the clock stood." in line()
    run("hold", "6")
    assert "10:11 until they write again; the clock stands." in line()
    madrid.now += MINUTE
    madrid.write("finn", "@acme broken still", in_reply_to=post.native_id)
    madrid.fetch()
    assert "10:12 (when the customer wrote); the clock stood." in line()
    run("hold", "6")
    madrid.now += MINUTE
    madrid.write("acme", "@finn mended", in_reply_to=post.native_id)
    madrid.fetch()
    assert "10:13 (with the answer); the clock stood." in line()


@pytest.mark.parametrize(
    ("pauses", "said"),
    [
        ((), "not rest: its clock runs on while snoozed or on hold"),
        (("snoozed",), "rest: its clock stands while snoozed (triage snooze 6 2h)"),
        (
            ("waiting-on-customer",),
            "rest: its clock stands while waiting on the customer (triage hold 6 --customer)",
        ),
        (
            ("on-hold", "snoozed"),
            "rest: its clock stands while snoozed or on hold (triage hold 6)",
        ),
    ],
)
def test_explain_names_the_command_that_stops_the_clock(
    busy: Desk, run: Runner, pauses: tuple[str, ...], said: str
) -> None:
    """Not every rest does."""
    from triage.core.holds import HoldState

    states = frozenset(map(HoldState, pauses))
    put_in_force(
        busy, Settings({k: replace(p, pauses=states) for k, p in DEFAULT_POLICIES.items()})
    )
    assert said in " ".join(run("sla", "explain", "6", tty=True).out.split())


@pytest.mark.usefixtures("madrid")
def test_explain_names_the_post_where_there_are_several(madrid: Desk, run: Runner) -> None:
    """A correction of another one would not change this due time."""
    post = next(p for p in madrid.channel.posts.values() if p.author.handle == "bo")
    more = madrid.write("bo", "@acme never mind, it is broken", in_reply_to=post.native_id)
    madrid.fetch()
    out = " ".join(run("sla", "explain", "4", tty=True).out.split())
    assert f"(triage tag 4 KIND --post {more.native_id})" in out
    assert "as question Mon 2 Mar 2026 13:00" in out, "as the question before it"
    assert "as praise Mon 2 Mar 2026 13:00" in out
    run("tag", "4", "praise", "--post", more.native_id)
    assert "Due Mon 2 Mar 2026 13:00" in run("sla", "explain", "4", tty=True).out


def test_explain_tells_of_two_zones(busy: Desk, run: Runner) -> None:
    """Where the calendar is of another place than the people who read the times."""
    put_in_force(busy, replace(PROMISES, account_zones={"acme": "America/New_York"}))
    out = " ".join(run("sla", "explain", "6", tty=True).out.split())
    assert "Times are of America/New_York, those of the calendar of Europe/Madrid." in out
    assert "Due Mon 2 Mar 2026 04:50" in out


def test_explain_tells_of_settings_of_then(madrid: Desk, run: Runner) -> None:
    """What ended is not judged by those in force, and how to have it so."""
    out = " ".join(run("sla", "explain", "1", tty=True).out.split())
    assert "Judged by the settings of then; others are in force now." in out
    assert "triage sla recompute --closed --since 2026-03-02" in out
    assert run("sla", "recompute", "--closed", "--since", "2026-03-02", "-y").code == 0
    out = run("sla", "explain", "1", tty=True).out
    assert "settings of then" not in out
    del madrid


@pytest.mark.parametrize("tty", [True, False])
def test_explain_hostile_text(desk: Desk, run: Runner, tty: bool) -> None:
    """A post reaches no screen, pipe or document as it is."""
    desk.write("mallory", HOSTILE, ago=HOUR)
    desk.fetch()
    out = run("sla", "explain", "1", tty=tty).out
    assert not set(out) & set("\x00\x07\x1b\x9b\u202e\u202c")
    assert ("broken" in out) is tty
    assert "\\u001b" not in run("sla", "explain", "1", "--json").out


# --- explain: data --------------------------------------------------------------------------------


@pytest.mark.usefixtures("rested")
def test_explain_keys(run: Runner) -> None:
    """Everything that the screen tells, in UTC and seconds."""
    (item,) = items(run("sla", "explain", "6", "--json"))
    holds, steps = item.pop("holds"), item.pop("steps")
    assert item == {
        "id": 6,
        "wait": 1,
        "waits": 1,
        "state": "open",
        "kind": "complaint",
        "policy": "complaint",
        "for": "every complaint",
        "not": [{"policy": "vip", "reason": item["not"][0]["reason"]}],
        "is_next": False,
        "within_s": 3600,
        "calendar": "office: Mon-Fri 09:00-14:00 15:00-18:00, Sat 10:00-14:00 Europe/Madrid",
        "pauses": ["on-hold", "waiting-on-customer"],
        "starts_at": "2026-03-02T08:50:00Z",
        "warn_at": "2026-03-06T08:28:47.655Z",
        "due_at": "2026-03-06T08:43:47.655Z",
        "ended_at": None,
        "met": None,
        "counted_s": 3600,
        "paused_s": 82_427,
        "settings": 2,
        "settings_in_force": True,
        "as_kind": {
            "question": "2026-03-06T11:43:47.655Z",
            "other": "2026-03-10T11:43:47.655Z",
            "praise": None,
        },
    }
    assert holds[0] == {
        "state": "on-hold",
        "start_at": "2026-03-02T09:05:12.345Z",
        "end_at": "2026-03-02T09:35:12.345Z",
        "ended_by": "agent",
        "agent": "ana",
        "pauses": True,
    }
    assert (holds[1]["state"], holds[1]["end_at"], holds[1]["ended_by"]) == (
        "waiting-on-customer",
        "2026-03-06T08:00:00Z",
        "time",
    )
    assert steps[1] == {
        "start_at": "2026-03-02T09:05:12.345Z",
        "end_at": "2026-03-02T09:35:12.345Z",
        "counts": False,
        "span_s": 1800,
        "why": "on-hold",
    }
    assert [s["end_at"] for s in steps[:-1]] == [s["start_at"] for s in steps[1:]]
    assert steps[-1]["end_at"] == item["due_at"]


@pytest.mark.usefixtures("rested")
def test_explain_in_a_pipe(run: Runner) -> None:
    """A line for each stretch of time."""
    rows = [line.split("\t") for line in run("sla", "explain", "6").out.splitlines()]
    steps = items(run("sla", "explain", "6", "--json"))[0]["steps"]
    assert [row[0] for row in rows] == [step["start_at"] for step in steps]
    assert [row[2] for row in rows] == ["true" if s["counts"] else "false" for s in steps]
    assert run("sla", "explain", "5").out == ""


@pytest.mark.usefixtures("madrid")
@pytest.mark.parametrize(
    ("number", "state", "met", "policy"),
    [
        (1, "answered", False, "question"),
        (2, "answered", True, "complaint"),
        (3, "open", None, "complaint"),
        (5, "open", None, "praise"),
    ],
)
def test_explain_of_every_sort(
    run: Runner, number: int, state: str, met: bool | None, policy: str
) -> None:
    """What ended says whether it was met; what was not promised has no span."""
    (item,) = items(run("sla", "explain", str(number), "--json"))
    assert (item["state"], item["met"], item["policy"]) == (state, met, policy)
    assert (item["within_s"] is None) == (policy == "praise")


@pytest.mark.usefixtures("madrid")
def test_explain_of_a_wait_by_its_number(madrid: Desk, run: Runner) -> None:
    """The open one, unless another is asked for."""
    post = next(p for p in madrid.channel.posts.values() if p.author.handle == "carlos")
    madrid.write("carlos", "@acme broken again", in_reply_to=post.native_id)
    madrid.fetch()
    newest = items(run("sla", "explain", "2", "--json"))[0]
    first = items(run("sla", "explain", "2", "--wait", "1", "--json"))[0]
    assert (newest["wait"], newest["waits"], newest["state"]) == (2, 2, "open")
    assert (first["wait"], first["waits"], first["state"]) == (1, 2, "answered")
    assert (newest["is_next"], first["is_next"]) == (True, False)
    assert "wait 2 of 2" in run("sla", "explain", "2", tty=True).out
    ran = run("sla", "explain", "2", "--wait", "3")
    assert (ran.code, ran.out) == (1, "")
    assert "#2 has no wait 3. See `triage show 2`." in ran.err
    assert run("sla", "explain", "2", "--wait", "0").code == 2


@pytest.mark.usefixtures("madrid")
def test_explain_of_what_has_no_clock(madrid: Desk, run: Runner) -> None:
    """What was written before the first fetch, and what is not there."""
    ran = run("sla", "explain", "999")
    assert (ran.code, ran.out) == (1, "")
    assert "There is no conversation '999'." in ran.err
    with madrid.store.tx():
        madrid.store.engine.execute("UPDATE message SET is_history = 1 WHERE conversation_id = 6")
    ran = run("sla", "explain", "6")
    assert (ran.code, ran.out) == (1, "")
    assert "#6 has no wait. Nothing in it has a clock." in ran.err


def test_explain_changes_nothing(madrid: Desk, run: Runner) -> None:
    """Nor does any of the other ways to look."""
    before = content(madrid.store)
    run("sla", "explain", "6", tty=True)
    run("sla", "list", tty=True)
    run("sla", "what-if", "complaint=1m")
    run("sla", "recompute", "--closed", "--since", "7d", "--dry-run")
    run("calendar", tty=True)
    assert content(madrid.store) == before


# --- what-if --------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_what_if_screen(busy: Desk, run: Runner, width: int) -> None:
    """Figures before and after where they differ, and who would have been missed and kept."""
    words = ("complaint=20m", "question=6h", "praise=1h", "--since", "30d")
    golden("sla-what-if", run("sla", "what-if", *words, tty=True, width=width), width)
    del busy


@pytest.mark.usefixtures("busy")
def test_what_if_keys(run: Runner) -> None:
    """By kind and for all; then each wait by name."""
    document = json.loads(run("sla", "what-if", "complaint=20m", "question=6h", "--json").out)
    by_kind = {item["kind"]: item for item in document["items"]}
    assert list(by_kind) == [*Kind, "all"]
    assert by_kind["complaint"] == {
        "kind": "complaint",
        "before": {"waits": 3, "met": 1, "missed": 0, "overdue": 1, "within_sla": 0.5},
        "after": {"waits": 3, "met": 0, "missed": 1, "overdue": 1, "within_sla": 0.0},
    }
    assert by_kind["praise"]["before"]["within_sla"] is None
    assert document["newly_missed"] == [
        {
            "id": 2,
            "kind": "complaint",
            "waiting_since_at": "2026-03-02T04:00:00Z",
            "ended_at": "2026-03-02T04:30:00Z",
            "due_before_at": "2026-03-02T05:00:00Z",
            "due_after_at": "2026-03-02T04:20:00Z",
            "met_before": True,
            "met_after": False,
        }
    ]
    assert [one["id"] for one in document["newly_kept"]] == [1]


@pytest.mark.usefixtures("busy")
def test_what_if_in_a_pipe(run: Runner) -> None:
    """A line for each wait that would be other."""
    words = ("sla", "what-if", "complaint=20m", "question=6h")
    rows = [line.split("\t") for line in run(*words).out.splitlines()]
    assert [(row[0], row[6], row[7]) for row in rows] == [
        ("2", "true", "false"),
        ("1", "false", "true"),
    ]
    table = list(csv.DictReader(io.StringIO(run(*words, "--csv").out)))
    assert [row["id"] for row in table] == ["2", "1"]
    assert run("sla", "what-if", "complaint=60m") == (0, "", "")


@pytest.mark.parametrize(
    ("since", "count"),
    [("30d", 5), ("4h", 3), ("2026-03-02", 5), ("2026-03-02 05:00", 3), ("08:45", 1), ("now", 0)],
)
@pytest.mark.usefixtures("busy")
def test_what_if_since(run: Runner, since: str, count: int) -> None:
    """A span back from now, a date, or a time of today."""
    ran = run("sla", "what-if", "complaint=20m", "--since", since, "--json")
    assert items(ran)[-1]["before"]["waits"] == count


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("complaint=30",), "complaint 30: not a span of time. Write it like 30m"),
        (("complain=30m",), "complain: no kind and no policy. Known: complaint, question"),
        (("complaint",), "complaint: not understood. Write it like complaint=30m."),
        (("complaint=30m", "--since", "soon"), "'soon' is not understood as a time."),
        ((), "Missing argument"),
    ],
)
@pytest.mark.usefixtures("busy")
def test_what_if_mistakes(run: Runner, words: tuple[str, ...], said: str) -> None:
    """Exit 2, and how to write it."""
    ran = run("sla", "what-if", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_what_if_by_the_name_of_a_policy(madrid: Desk, run: Runner) -> None:
    """Those are known too."""
    run("customer", "set", "3", "vip=yes")
    document = json.loads(run("sla", "what-if", "vip=none", "--json").out)
    assert 3 in [one["id"] for one in document["newly_kept"]]
    assert "Known: complaint, question, other, praise, vip." in run("sla", "what-if", "x=1m").err
    del madrid


@pytest.mark.usefixtures("busy")
def test_what_if_of_an_account(run: Runner) -> None:
    """--account leaves out others; an unknown one is told."""
    ran = run("sla", "what-if", "complaint=20m", "--account", "acme", "--json")
    assert items(ran)[-1]["before"]["waits"] == 5
    assert run("sla", "what-if", "complaint=20m", "--account", "nobody").code == 2


# --- recompute ------------------------------------------------------------------------------------

ALL = ("sla", "recompute", "--closed", "--since", "7d")


@pytest.fixture
def stricter(busy: Desk) -> Desk:
    """Twenty minutes for complaints are in force; what had ended was judged by an hour."""
    policy = Policy(20 * MINUTE, name="complaint")
    put_in_force(busy, Settings({**DEFAULT_POLICIES, Kind.COMPLAINT: policy}))
    return busy


def met(run: Runner, number: int) -> bool | None:
    """Whether the last wait of a conversation was met."""
    found: bool | None = items(run("show", str(number), "--json"))[0]["wait"]["met"]
    return found


@pytest.mark.usefixtures("stricter")
@pytest.mark.parametrize("width", WIDTHS)
def test_recompute_screen(run: Runner, width: int) -> None:
    """What would change, before anything is."""
    golden("sla-recompute", run(*ALL, "--dry-run", tty=True, width=width), width)


@pytest.mark.usefixtures("stricter")
def test_recompute_dry_run(run: Runner) -> None:
    """It says what would be, and nothing is."""
    ran = run(*ALL, "--dry-run", tty=True)
    assert ran.err == "1 wait would be judged otherwise.\n"
    assert met(run, 2) is True
    assert items(run(*ALL, "--dry-run", "--json"))[0]["met_after"] is False
    assert met(run, 2) is True


@pytest.mark.parametrize(
    ("keys", "changed"),
    [("y\n", True), ("yes\n", True), ("n\n", False), ("\n", False), ("", False)],
)
@pytest.mark.usefixtures("stricter")
def test_recompute_asks_first(run: Runner, keys: str, changed: bool) -> None:
    """The default is not to do it."""
    ran = run(*ALL, tty=True, keys=keys)
    assert ran.code == 0
    assert "Judge 1 ended wait again? [n]:" in ran.out
    said = "1 wait judged otherwise now." if changed else "Nothing was changed."
    assert said in ran.err
    assert met(run, 2) is not changed


@pytest.mark.usefixtures("stricter")
def test_recompute_in_a_script_needs_a_yes(run: Runner) -> None:
    """Otherwise exit 1, and nothing is changed."""
    for words in ((), ("--json",), ("--csv",)):
        ran = run(*ALL, *words)
        assert (ran.code, ran.out) == (1, "")
        assert "1 ended wait would be judged otherwise; nothing was changed." in ran.err
        assert "-y" in ran.err
    assert run(*ALL, "--no-input", tty=True, keys="y\n").code == 1
    assert met(run, 2) is True
    ran = run(*ALL, "-y", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert [(i["id"], i["met_before"], i["met_after"]) for i in items(ran)] == [(2, True, False)]
    assert met(run, 2) is False


@pytest.mark.usefixtures("stricter")
def test_recompute_twice(run: Runner) -> None:
    """The second time there is nothing to do, and nobody is asked."""
    assert run(*ALL, "-y").code == 0
    assert run(*ALL) == (0, "", "")
    said = "No ended wait is judged otherwise by the settings in force.\n"
    assert run(*ALL, tty=True).err == said


@pytest.mark.usefixtures("stricter")
def test_recompute_only_since(run: Runner) -> None:
    """What had ended before stays as it was judged."""
    since = ("sla", "recompute", "--closed", "--since", "2026-03-02 04:31", "-y")
    assert run(*since) == (0, "", "")
    assert met(run, 2) is True


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "Missing option '--since'"),
        (("--closed",), 2, "Missing option '--since'"),
        (("--since", "7d"), 2, "Say --closed: open waits are always judged by the settings in"),
        (("--closed", "--since", "soon"), 2, "'soon' is not understood as a time."),
    ],
)
@pytest.mark.usefixtures("stricter")
def test_recompute_mistakes(run: Runner, words: tuple[str, ...], code: int, said: str) -> None:
    """It is the past that is changed, so it is said whose."""
    ran = run("sla", "recompute", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert met(run, 2) is True


@pytest.mark.usefixtures("stricter")
def test_recompute_is_logged(run: Runner) -> None:
    """Who changed the reports of the past."""
    run(*ALL, "-y")
    act = items(run("log", "--json"))[-1]
    assert (act["agent"], act["what"], act["conversation"]) == ("ana", "recompute", None)


def test_vip_policies_name_the_customer(madrid: Desk, run: Runner) -> None:
    """A condition that is not met is told by what it asks for."""
    only = Policy(MINUTE, name="gold", when=When((Kind.PRAISE,), attributes=(("tier", "gold"),)))
    put_in_force(madrid, replace(PROMISES, special=(only, *PROMISES.special)))
    reasons = items(run("sla", "explain", "6", "--json"))[0]["not"]
    assert [r["policy"] for r in reasons] == ["gold", "vip"]
    assert reasons[0]["reason"] == "not praise"
    assert "vip" in reasons[1]["reason"]
