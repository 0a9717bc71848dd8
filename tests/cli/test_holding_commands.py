"""`triage snooze`, `hold` and `wake`, and what `queue` and `show` say of what rests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rich.cells import cell_len

from builders import Desk
from promises import put_in_force
from screens import Runner, assert_golden
from triage.core.model import HOUR, MINUTE


@pytest.fixture
def madrid(busy: Desk) -> Desk:
    """The busy desk under office hours of Madrid, where it is Monday, 10:00.

    Waiting: 3 ana (complaint, due at 10:00), 6 finn (complaint, 10:50), 4 bo (question, 13:00).
    """
    put_in_force(busy)
    return busy


def queue(run: Runner, *flags: str) -> list[dict[str, Any]]:
    """The items of the queue."""
    items: list[dict[str, Any]] = json.loads(run("queue", "--json", *flags).out)["items"]
    return items


def ids(run: Runner, *flags: str) -> list[int]:
    """Which conversations the queue lists."""
    return [item["id"] for item in queue(run, *flags)]


# --- snooze ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "at", "said"),
    [
        ("2h", "2026-03-02T11:00:00Z", "until Mon 12:00; due Mon 10:50."),
        ("90m", "2026-03-02T10:30:00Z", "until Mon 11:30; due Mon 10:50."),
        ("17:30", "2026-03-02T16:30:00Z", "until Mon 17:30; due Mon 10:50."),
        ("wed", "2026-03-04T08:00:00Z", "until Wed 09:00; due Mon 10:50."),
        ("tomorrow 9:00", "2026-03-03T08:00:00Z", "until Tue 09:00; due Mon 10:50."),
        ("2026-12-01", "2026-12-01T08:00:00Z", "until 1 Dec 09:00; due Mon 10:50."),
        ("2026-03-02T12:00Z", "2026-03-02T12:00:00Z", "until Mon 13:00; due Mon 10:50."),
    ],
)
@pytest.mark.usefixtures("madrid")
def test_until_when(run: Runner, until: str, at: str, said: str) -> None:
    """As people say it, in the zone of the account; a day begins when the office opens."""
    ran = run("snooze", "6", until, "--json")
    assert json.loads(ran.out)["items"] == [
        {
            "id": 6,
            "hold": "snoozed",
            "hold_until_at": at,
            "stays": False,
            "due_at": "2026-03-02T09:50:00Z",
        }
    ]
    ran = run("snooze", "6", until, tty=True)
    assert (ran.code, ran.out) == (0, "")
    words = " ".join(ran.err.split())
    assert words == f"#6 snoozed {said} back: triage wake 6"


@pytest.mark.usefixtures("madrid")
def test_it_is_out_of_the_queue_until_then(madrid: Desk, run: Runner) -> None:
    """And in it again without anybody doing anything."""
    assert ids(run) == [3, 6, 4]
    assert run("snooze", "6", "2h") == (0, "", "")
    assert ids(run) == [3, 4]
    assert ids(run, "--held") == [6]
    assert ids(run, "--all") == [3, 6, 4, 5]
    madrid.now += 2 * HOUR
    assert ids(run) == [3, 6, 4]
    assert ids(run, "--held") == []


@pytest.mark.usefixtures("madrid")
def test_until_they_write_again(run: Runner, madrid: Desk) -> None:
    """Nobody knows when that is."""
    ran = run("snooze", "6", "--until-reply", tty=True)
    assert "#6 snoozed until they write again; due Mon 10:50." in ran.err
    (item,) = queue(run, "--held")
    assert (item["hold"], item["hold_until_at"]) == ("snoozed", None)
    post = next(p for p in madrid.channel.posts.values() if p.author.handle == "finn")
    madrid.now += MINUTE
    madrid.write("finn", "@acme broken still", in_reply_to=post.native_id)
    madrid.fetch()
    assert 6 in ids(run)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("6",), "Say until when, or --until-reply. Such as: triage snooze 41 2h"),
        (("6", "2h", "--until-reply"), "Say one of the two."),
        (("6", "--until-reply", "--stay"), "--stay needs a time: nothing else would end it."),
        (("6", "soon"), "'soon' is not understood as a time. Write a span (2h, 90m"),
        (("6", "0m"), "'0m' is not in the future."),
        (("6", "2020-01-01"), "'2020-01-01' is not in the future."),
        (("6", "10y"), "'10y' is not understood as a time."),
        (("6", "2999-01-01"), "'2999-01-01' is more than five years ahead."),
        (("6", "9" * 80 + "h"), "is not understood as a time."),
    ],
)
@pytest.mark.usefixtures("madrid")
def test_what_cannot_be_snoozed_so(run: Runner, words: tuple[str, ...], said: str) -> None:
    """Exit 2, how to say it, and nothing is changed."""
    ran = run("snooze", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ids(run, "--held") == []


@pytest.mark.parametrize("command", [("snooze", "2h"), ("hold",), ("wake",)])
@pytest.mark.usefixtures("madrid")
def test_where_nobody_waits(run: Runner, command: tuple[str, ...]) -> None:
    """Exit 1: it was answered, or there is no such conversation."""
    name, *rest = command
    ran = run(name, "2", *rest)
    assert (ran.code, ran.out) == (1, "")
    assert "Nobody waits in #2. Its last wait has ended already. See `triage show 2`." in ran.err
    ran = run(name, "999", *rest)
    assert ran.code == 1
    assert "There is no conversation '999'." in ran.err


# --- hold and wake --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "item", "said"),
    [
        (
            ("hold", "6"),
            ("on-hold", None, False, None),
            "#6 on hold until they write again; its clock stands.",
        ),
        (
            ("hold", "6", "--stay"),
            ("on-hold", None, True, None),
            "#6 on hold until somebody wakes it; its clock stands.",
        ),
        (
            ("hold", "6", "2h", "--customer"),
            (
                "waiting-on-customer",
                "2026-03-02T11:00:00Z",
                False,
                "2026-03-02T11:50:00Z",
            ),
            "#6 waiting on the customer until Mon 12:00; due Mon 12:50.",
        ),
        (
            ("hold", "3"),
            ("on-hold", None, False, "2026-03-02T09:00:00Z"),
            "#3 on hold until they write again; overdue 0s.",
        ),
    ],
)
@pytest.mark.usefixtures("madrid")
def test_on_hold(run: Runner, words: tuple[str, ...], item: tuple[object, ...], said: str) -> None:
    """Its clock stands: it is due so much later, or nobody knows when; what is overdue stays so."""
    found = json.loads(run(*words, "--json").out)["items"][0]
    assert tuple(found.values())[1:] == item
    assert said in " ".join(run(*words, tty=True).err.split())


@pytest.mark.usefixtures("madrid")
def test_waking(madrid: Desk, run: Runner) -> None:
    """It goes on with the time that was left."""
    run("hold", "6")
    assert queue(run, "--held")[0]["state"] == "paused"
    madrid.now += 30 * MINUTE
    assert json.loads(run("wake", "6", "--json").out)["items"] == [
        {"id": 6, "state": "open", "due_at": "2026-03-02T10:20:00Z"}
    ]
    assert ids(run, "--held") == []
    ran = run("wake", "6")
    assert (ran.code, ran.out) == (1, "")
    assert "#6 does not rest." in ran.err
    run("hold", "6")
    assert run("wake", "6", tty=True).err == "#6 is in the queue again; due Mon 11:20.\n"


@pytest.mark.usefixtures("madrid")
def test_a_word_for_the_log(run: Runner) -> None:
    """Who, what, and why."""
    run("hold", "6", "-m", "asked the carrier")
    run("wake", "6")
    acts = json.loads(run("log", "6", "--json").out)["items"]
    assert [(a["agent"], a["what"], a["before"], a["after"], a["detail"]) for a in acts] == [
        ("ana", "hold", "open", "on-hold", "asked the carrier"),
        ("ana", "wake", "on-hold", "open", ""),
    ]


@pytest.mark.usefixtures("madrid")
def test_ids_from_stdin(run: Runner) -> None:
    """What the queue prints in a pipe can be piped in; one bad line does not keep the others."""
    ran = run("snooze", "-", "2h", "--json", keys=f"999\n2\n\n{run('queue').out}")
    assert ran.code == 1
    assert [item["id"] for item in json.loads(ran.out)["items"]] == [3, 6, 4]
    assert "999: There is no conversation '999'." in ran.err
    assert "2: Nobody waits in #2." in ran.err
    assert "Not all of them could be done." in ran.err
    assert ids(run) == []
    woken = run("wake", "-", keys=run("queue", "--held").out)
    assert (woken.code, woken.out) == (0, "")
    assert ids(run) == [3, 6, 4]
    assert run("hold", "-", keys="") == (0, "", "")


@pytest.mark.usefixtures("madrid")
def test_a_post_is_an_id_too(madrid: Desk, run: Runner) -> None:
    """Its id or its address."""
    post = next(p for p in madrid.channel.posts.values() if p.author.handle == "finn")
    assert run("snooze", post.native_id, "2h").code == 0
    assert run("wake", f"https://x.com/finn/status/{post.native_id}").code == 0


@pytest.mark.usefixtures("madrid")
def test_another_account_is_left_alone(madrid: Desk, run: Runner) -> None:
    """--account guards against acting on the wrong one."""
    with madrid.store.tx():
        madrid.store.accounts.add(madrid.brand_id, "memory", "acmehelp", "2", madrid.now)
    ran = run("snooze", "6", "2h", "--account", "acmehelp")
    assert ran.code == 1
    assert "#6 is a conversation of @acme." in ran.err


# --- screens --------------------------------------------------------------------------------------


@pytest.fixture
def resting(madrid: Desk, run: Runner) -> Desk:
    """One is snoozed and overdue, one on hold, one waits on the customer until Friday."""
    run("snooze", "3", "2h")
    run("hold", "6", "-m", "asked the carrier")
    run("hold", "4", "fri", "--customer")
    run("customer", "set", "3", "vip=no", "order=8841")
    madrid.write("gus", "@acme broken, and nobody holds me", ago=5 * MINUTE)
    madrid.fetch()
    return madrid


@pytest.mark.usefixtures("resting")
@pytest.mark.parametrize("width", [60, 80, 120])
def test_queue_screens(run: Runner, width: int) -> None:
    """How each rests stands behind its due time; the text is not squeezed out."""
    for name, flags in (("queue-held", ["--held"]), ("queue-all-held", ["--all"])):
        ran = run("queue", *flags, tty=True, width=width)
        assert all(cell_len(line) <= width for line in ran.out.splitlines())
        assert "(snoozed 2h) my" in ran.out
        assert_golden(f"{name}-{width}", ran.out)


@pytest.mark.usefixtures("resting")
def test_the_queue_says_how_many_rest(run: Runner) -> None:
    """And how many of them are overdue all the same, and how to see them."""
    ran = run("queue", tty=True)
    assert "3 at rest, 1 overdue: triage queue --held" in ran.err
    assert "1 waiting" in ran.out
    assert run("queue").err == ""
    run("wake", "3")
    assert "2 at rest: triage queue --held" in run("queue", tty=True).err


@pytest.mark.usefixtures("resting")
def test_queue_keys(run: Runner) -> None:
    """The state of hold and its end stand in every form."""
    items = queue(run, "--held")
    assert [(i["id"], i["state"], i["hold"], i["hold_until_at"]) for i in items] == [
        (3, "overdue", "snoozed", "2026-03-02T11:00:00Z"),
        (4, "due", "waiting-on-customer", "2026-03-06T08:00:00Z"),
        (6, "paused", "on-hold", None),
    ]
    assert [row.split("\t")[-2] for row in run("queue", "--held").out.splitlines()] == [
        "snoozed",
        "waiting-on-customer",
        "on-hold",
    ]


@pytest.mark.usefixtures("resting")
@pytest.mark.parametrize("width", [60, 80, 120])
def test_show_screens(run: Runner, width: int) -> None:
    """Whether the clock stands, how to go on, and what is noted of the customer."""
    for number in (3, 6, 4):
        ran = run("show", str(number), tty=True, width=width)
        assert all(cell_len(line) <= width for line in ran.out.splitlines())
        assert_golden(f"show-held-{number}-{width}", ran.out)


@pytest.mark.usefixtures("resting")
def test_show_keys(run: Runner) -> None:
    """The wait says how it rests, and the conversation what is noted."""
    item = json.loads(run("show", "3", "--json").out)["items"][0]
    assert item["attributes"] == {"order": "8841", "vip": "no"}
    wait = item["wait"]
    assert (wait["hold"], wait["hold_until_at"]) == ("snoozed", "2026-03-02T11:00:00Z")
    assert (wait["policy"], wait["respond_within_s"]) == ("complaint", 3600)
    assert wait["calendar"].startswith("office: Mon-Fri 09:00-14:00")
    on_hold = json.loads(run("show", "6", "--json").out)["items"][0]["wait"]
    assert (on_hold["hold"], on_hold["due_at"], on_hold["needs_answer"]) == ("on-hold", None, True)
