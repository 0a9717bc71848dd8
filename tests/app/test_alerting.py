"""Telling the brand's own people: to whom, when again, what is noted, and what may go wrong."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from builders import START, Desk, tagger_for
from depth import deep
from engines import sqlite_only
from listeners import OPTIONS, Listener, tell
from triage.app.acting import close, hold, reopen
from triage.app.alerting import PROGRAM, preview, send_alerts
from triage.app.judging import judge_pending
from triage.core.alerts import AlertOptions
from triage.core.calendar import WeeklyCalendar
from triage.core.digest import MOST_LINES, AlertLevel, AlertLine, Digest, body, subject, to_data
from triage.core.holds import HoldState
from triage.core.kinds import HOUR, MINUTE, CloseReason, Kind, Role
from triage.core.model import Author, Post
from triage.core.policy import Policy, Settings
from triage.core.ports import Incoming

WARNING, BREACH, REPEAT = AlertLevel.WARNING, AlertLevel.BREACH, AlertLevel.REPEAT
OFFICE = Settings(
    policies={kind: Policy(HOUR, 15 * MINUTE, name=kind.value, calendar="office") for kind in Kind},
    calendars={"office": WeeklyCalendar("office", "UTC", (((9 * 60, 18 * 60),),) * 7)},
)
HOSTILE = (
    "@acme broken @channel <!here> <@U1> https://evil.com [a](javascript:x) *b* _c_ `d`\r\n"
    "Bcc: all@evil.com\r\n\r\n#99 praise, due 9d\n  triage reply 99\x00\x1b[2J\u202eevil\u2069"
)


def dump(desk: Desk) -> list[object]:
    """Every row of the tables that alerts are kept in, and where waits stand."""
    return [
        desk.store.engine.query(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - named here
        for table in ("alert", "delivery", "activity", "wait", "unjudged", "meta")
    ]


def numbers(lines: list[AlertLine] | tuple[AlertLine, ...]) -> list[int]:
    """Which conversations are told of."""
    return [line.conversation_id for line in lines]


def settle(desk: Desk, number: int) -> None:
    """Somebody answered in private."""
    close(desk.store, desk.conversation(number), CloseReason.PRIVATE, "bo", desk.now, tagger_for)


@pytest.fixture
def late(desk: Desk) -> Desk:
    """Ana (#1) is overdue, bo (#2) is due in five minutes, eve (#3) in half an hour."""
    for name, ago in (("ana", 90), ("bo", 55), ("eve", 30)):
        desk.write(name, f"@acme it is broken, says {name}", ago=ago * MINUTE)
        desk.fetch()
    return desk


# To whom.


def test_every_target_gets_one_message(late: Desk) -> None:
    """Of all that is due, in the order in which the targets stand."""
    desk, mail = Listener("desk"), Listener("mail")
    sent = tell(late, desk, mail)
    assert [(one.target, len(one.lines), one.problem) for one in sent] == [
        ("desk", 2, None),
        ("mail", 2, None),
    ]
    for listener in (desk, mail):
        (digest,) = listener.digests
        assert subject(digest) == "acme: 1 overdue, 1 due soon"
        assert (digest.made_at, digest.is_test, digest.ours) == (START, False, ("acme",))
        assert sorted(numbers(digest.lines)) == [1, 2]
    assert desk.digests[0].uuid != mail.digests[0].uuid


def test_quiet_when_nothing_changed(late: Desk) -> None:
    """The next run has nothing to say, and writes nothing."""
    listener = Listener()
    tell(late, listener)
    before = dump(late)
    late.now += MINUTE
    assert tell(late, listener) == []
    assert len(listener.tried) == 1
    assert dump(late) == before


def test_without_a_target_nothing_is_decided(late: Desk) -> None:
    """So that the first one hears of everybody who waits, from the gravest that it is by then."""
    before = dump(late)
    assert tell(late) == []
    assert dump(late) == before
    late.now += 10 * MINUTE
    listener = Listener()
    tell(late, listener)
    assert sorted(listener.heard()) == [(1, BREACH, 0), (2, BREACH, 0)]


def test_a_target_that_is_new_hears_of_everybody_who_waits_too_long(late: Desk) -> None:
    """Whatever the others were told before; of those who were answered, nothing."""
    old, new = Listener("old"), Listener("new")
    tell(late, old)
    late.now += 10 * MINUTE
    tell(late, old)
    settle(late, 2)
    late.now += 10 * MINUTE
    old.heard()
    tell(late, old, new)
    assert sorted(new.heard()) == [(1, BREACH, 0), (3, WARNING, 0)]
    assert old.heard() == [(3, WARNING, 0)]
    assert tell(late, old, new) == []


def test_a_target_of_another_name_has_what_the_old_one_could_not_take(late: Desk) -> None:
    """A target that never worked was taken out of the file, and another put in."""
    tell(late, Listener("slakc", is_down=True))
    listener = Listener("slack")
    tell(late, listener)
    assert sorted(listener.heard()) == [(1, BREACH, 0), (2, WARNING, 0)]


@pytest.mark.parametrize("other", ["desk-2", "des", "d", "DESK"])
def test_names_that_are_alike(late: Desk, other: str) -> None:
    """What one has taken, another still lacks; what one could not take is not the other's."""
    tell(late, Listener("desk"))
    listener = Listener(other)
    tell(late, listener)
    assert len(listener.heard()) == 2
    late.now += 10 * MINUTE
    desk = Listener("desk")
    tell(late, Listener(other, is_down=True), desk)
    assert desk.heard() == [(2, BREACH, 0)]


def test_every_brand_has_its_own(late: Desk) -> None:
    """A store may hold several; each is told of its own waits, under its own name."""
    with late.store.tx():
        other = late.store.accounts.brand("bingo")
        late.store.accounts.add(other, "memory", "bingo", "2", START)
        post = Post("77", Author("9", "joe"), "@bingo broken", START - 2 * HOUR, thread_id="77")
        account = late.store.accounts.accounts(other)[0].id
        late.store.messages.save_posts(other, "memory", [Incoming(post, Role.MENTION, account)], 1)
    judge_pending(late.store, other, tagger_for)
    listener = Listener()
    send_alerts(late.store, other, "bingo", [listener], OPTIONS, late.now)
    (digest,) = listener.digests
    assert (subject(digest), digest.ours) == ("bingo: 1 overdue", ("bingo",))
    assert digest.lines[0].customer == "joe"
    listener.heard()
    tell(late, listener)
    assert sorted(listener.heard()) == [(1, BREACH, 0), (2, WARNING, 0)]
    assert len(late.store.activity.log(other, None, None)) == 1


# When again.


def test_a_target_that_was_down_is_told_what_is_still_true(late: Desk) -> None:
    """By the next run that it works in: the gravest of each, and nobody who was answered."""
    listener = Listener(is_down=True)
    (failed,) = tell(late, listener)
    assert failed.problem is not None
    assert len(failed.lines) == 2
    late.now += 10 * MINUTE
    tell(late, listener)
    # Nothing covers anything until it has arrived.
    assert late.store.engine.query("SELECT DISTINCT state FROM delivery") == [("pending",)]
    settle(late, 1)
    listener.is_down = False
    (sent,) = tell(late, listener)
    assert sent.problem is None
    assert listener.heard() == [(2, BREACH, 0)]
    assert late.store.engine.query(
        "SELECT x.conversation_id, x.level, d.state, d.attempts FROM alert x "
        "JOIN delivery d ON d.alert_id = x.id ORDER BY x.id"
    ) == [(1, "breach", "moot", 2), (2, "warning", "covered", 1), (2, "breach", "sent", 2)]
    assert tell(late, listener) == []


def test_nobody_is_told_of_those_who_were_all_answered(late: Desk) -> None:
    """A target that works again and is owed nothing hears nothing."""
    listener = Listener(is_down=True)
    tell(late, listener)
    settle(late, 1)
    settle(late, 2)
    listener.is_down = False
    assert tell(late, listener) == []


def test_what_was_ended_and_goes_on_is_told_once_it_can_be(late: Desk) -> None:
    """A target was down, and meanwhile somebody closed the wait by mistake: it is not forgotten."""
    listener = Listener(is_down=True)
    tell(late, listener)
    settle(late, 1)
    tell(late, listener)
    reopen(late.store, late.conversation(1), "bo", late.now, tagger_for)
    listener.is_down = False
    tell(late, listener)
    assert sorted(listener.heard()) == [(1, BREACH, 0), (2, WARNING, 0)]
    assert tell(late, listener) == []


def test_one_target_does_not_hold_up_another(late: Desk) -> None:
    """The first is down, the second has its message all the same, and only the first again."""
    down, up = Listener("down", is_down=True), Listener("up")
    tell(late, down, up)
    assert len(up.heard()) == 2
    down.is_down = False
    tell(late, down, up)
    assert len(down.heard()) == 2
    assert up.heard() == []


def test_what_failed_before_closing_time_is_not_told_at_night(tmp_path: Path) -> None:
    """The target works again at three in the morning; people sleep, and hear of it at nine."""
    desk = Desk(tmp_path, settings=OFFICE)
    desk.write("ana", "@acme broken")
    desk.fetch()
    listener = Listener(is_down=True)
    desk.now = START + 8 * HOUR
    tell(desk, listener)
    listener.is_down = False
    desk.now = START + 18 * HOUR
    assert tell(desk, listener) == []
    assert preview(desk.store, desk.brand_id, ["desk"], OPTIONS, desk.now) == []
    desk.now = START + 24 * HOUR
    tell(desk, listener)
    assert listener.heard() == [(1, BREACH, 0)]
    desk.close()


def test_the_same_message_again_has_the_same_id(late: Desk) -> None:
    """So that a target which took it, and could not say so, can tell."""
    listener = Listener(is_down=True)
    for _ in range(3):
        tell(late, listener)
        late.now += MINUTE
    assert len({digest.uuid for digest in listener.tried}) == 1
    late.now += 5 * MINUTE
    tell(late, listener)
    settle(late, 1)
    tell(late, listener)
    assert len({digest.uuid for digest in listener.tried}) == 3


def test_another_store_has_other_ids(late: Desk, tmp_path: Path) -> None:
    """Whoever begins anew counts alerts from 1 again; a target must not take them for known."""
    one, other = Listener(), Listener()
    tell(late, one)
    anew = Desk(tmp_path / "anew")
    anew.now = late.now + MINUTE
    for name in ("ana", "bo"):
        anew.write(name, "@acme broken", ago=90 * MINUTE)
    anew.fetch()
    tell(anew, other)
    ids = [[line.alert_id for line in listener.digests[0].lines] for listener in (one, other)]
    assert ids[0] == ids[1]
    assert one.digests[0].uuid != other.digests[0].uuid
    anew.close()


def test_a_clock_that_is_set_back(late: Desk) -> None:
    """Nobody is told twice, neither then nor when the time comes again."""
    listener = Listener()
    late.now = START + 3 * HOUR
    tell(late, listener)
    assert len(listener.heard()) == 3
    for now in (START, START + HOUR, START + 3 * HOUR):
        late.now = now
        assert tell(late, listener) == []
    late.now = START + 7 * HOUR
    tell(late, listener)
    assert sorted(listener.heard()) == [(n, REPEAT, 1) for n in (1, 2, 3)]


def test_an_hour_that_comes_twice_for_a_target_that_is_down(late: Desk) -> None:
    """It is owed what was decided in a time that has not come yet, as far as that is true now."""
    listener = Listener(is_down=True)
    late.now = START + 3 * HOUR
    tell(late, listener)
    listener.is_down = False
    late.now = START
    tell(late, listener)
    (digest,) = listener.digests
    assert subject(digest) == "acme: 1 overdue, 1 due soon"


# What is told.


def test_a_clock_that_stands_is_not_called_overdue(tmp_path: Path) -> None:
    """It was warned of, and rests since; the message says so."""
    policy = Policy(HOUR, 15 * MINUTE, name="complaint", pauses=frozenset(HoldState))
    desk = Desk(tmp_path, settings=Settings({**Settings().policies, Kind.COMPLAINT: policy}))
    desk.write("ana", "@acme broken", ago=50 * MINUTE)
    desk.fetch()
    hold(desk.store, desk.conversation(1), HoldState.ON_HOLD, "bo", desk.now, tagger_for)
    desk.now += 9 * HOUR
    listener = Listener()
    tell(desk, listener)
    (digest,) = listener.digests
    assert (digest.lines[0].level, digest.lines[0].due_at) == (WARNING, None)
    assert subject(digest) == "acme: 1 paused"
    desk.now += 9 * HOUR
    assert tell(desk, listener) == []
    desk.close()


def test_hostile_words_stay_words(desk: Desk) -> None:
    """Text, handle and name of a customer, and the brand's name, can do nothing to a message."""
    desk._authors["evil"] = Author("66", "evil<!here>\n@all", f"N {HOSTILE}")
    desk.write("evil", f"{HOSTILE} {'x' * 99_999}", ago=2 * HOUR)
    desk.fetch()
    listener = Listener()
    send_alerts(desk.store, 1, "ac\r\nBcc: me\n@here", [listener], OPTIONS, desk.now)
    (digest,) = listener.digests
    assert subject(digest).splitlines() == [subject(digest)]
    text = body(digest)
    assert len(text.splitlines()) == 5
    assert len(text) < 600
    data = to_data(digest)
    data["items"][0].pop("url")
    for shown in (subject(digest), text, json.dumps(data, ensure_ascii=False)):
        assert not set("@<>`\x00\x1b\u202e\u2069") & set(shown), shown
        assert "://" not in shown
        assert "javascript:" not in shown


@pytest.mark.deep
@sqlite_only("counts the memory of this process, which slows down every call of a driver")
def test_thousands_at_once(desk: Desk) -> None:
    """The day on which everything broke: one message of a length that a chat takes, and no more.

    Each of them wrote more than a message holds.
    """
    many = deep(5_000, 1_000)
    posts = [
        Post(
            str(10**6 + i),
            Author(str(10**6 + i), f"c{i}", f"C {i}"),
            f"@acme broken {'w ' * 400}",
            START - 9 * HOUR - i,
            thread_id=str(10**6 + i),
        )
        for i in range(many)
    ]
    with desk.store.tx():
        desk.store.messages.save_posts(
            1, "memory", [Incoming(p, Role.MENTION, 1) for p in posts], 1
        )
    judge_pending(desk.store, desk.brand_id, tagger_for)
    del posts
    listener = Listener()
    tracemalloc.start()
    tell(desk, listener)
    text = body(listener.digests[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000
    assert subject(listener.digests[0]) == f"acme: {many} overdue"
    assert text.endswith(f"\n\nand {many - MOST_LINES} more: triage queue\n")
    assert len(text) < 10_000
    data = to_data(listener.digests[0])
    assert len(data["items"]) == many
    assert len(json.dumps(data)) < many * 8_000
    assert desk.store.engine.query("SELECT state, count(*) FROM delivery GROUP BY 1") == [
        ("sent", many)
    ]
    assert tell(desk, listener) == []


# What is noted.


def test_what_arrived_is_in_the_log(late: Desk) -> None:
    """An act of the program for each alert and target; none for what did not arrive."""
    tell(late, Listener("desk"), Listener("mail", is_down=True))
    acts = late.store.activity.log(late.brand_id, None, None)
    mentions = {n: late.store.reading.thread(n)[0].id for n in (1, 2)}
    assert [
        (a.agent, a.what, a.conversation_id, a.message_id, a.after, a.detail, a.at) for a in acts
    ] == [
        (PROGRAM, "alert", 1, mentions[1], "breach", "desk", START),
        (PROGRAM, "alert", 2, mentions[2], "warning", "desk", START),
    ]
    late.now += MINUTE
    tell(late, Listener("mail"))
    newest = late.store.activity.log(late.brand_id, None, None)[2:]
    assert [(a.conversation_id, a.detail) for a in newest] == [(1, "mail"), (2, "mail")]


def test_an_alert_is_no_act_upon_the_wait(late: Desk) -> None:
    """What waits, since when and until when, is as it was; judged again too."""
    before = [late.store.reading.waits(n) for n in (1, 2, 3)]
    tell(late, Listener())
    for number in (1, 2, 3):
        late.store.judging.mark_conversation(number)
    judge_pending(late.store, late.brand_id, tagger_for)
    assert [late.store.reading.waits(n) for n in (1, 2, 3)] == before


class Broken(Listener):
    """A target whose process dies, before or after it has taken a digest."""

    def __init__(self, error: BaseException, *, takes: bool) -> None:
        super().__init__()
        self.error = error
        self.takes = takes

    def deliver(self, digest: Digest) -> None:
        """Die."""
        if self.takes:
            super().deliver(digest)
        raise self.error


@pytest.mark.parametrize("takes", [True, False])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()], ids=repr)
def test_a_run_that_dies_is_made_up_for(late: Desk, error: BaseException, *, takes: bool) -> None:
    """Nobody knows whether it arrived: it is sent again, under the same id, and once."""
    dying = Broken(error, takes=takes)
    with pytest.raises(type(error)):
        tell(late, dying)
    assert late.store.engine.query("SELECT DISTINCT state FROM delivery") == [("sending",)]
    listener = Listener()
    tell(late, listener)
    assert sorted(listener.heard()) == [(1, BREACH, 0), (2, WARNING, 0)]
    assert not takes or dying.digests[0].uuid == listener.tried[0].uuid
    assert tell(late, listener) == []
    assert len(late.store.activity.log(late.brand_id, None, None)) == 2


# Looking ahead.


def test_a_preview_is_what_would_be_told(late: Desk) -> None:
    """To whichever target, and nothing is written by it."""
    before = dump(late)
    shown = preview(late.store, late.brand_id, ["desk"], OPTIONS, late.now)
    assert [(line.conversation_id, line.level) for line in shown] == [(1, BREACH), (2, WARNING)]
    assert dump(late) == before
    assert preview(late.store, late.brand_id, [], OPTIONS, late.now) == shown
    listener = Listener()
    tell(late, listener)
    (digest,) = listener.digests
    assert [line._replace(alert_id=0) for line in digest.lines] == shown
    assert preview(late.store, late.brand_id, ["desk"], OPTIONS, late.now) == []
    # Another target lacks it still.
    owed = preview(late.store, late.brand_id, ["desk", "mail"], OPTIONS, late.now)
    assert [line._replace(alert_id=0) for line in owed] == shown
    late.now += 10 * MINUTE
    mixed = preview(late.store, late.brand_id, ["desk", "mail"], OPTIONS, late.now)
    assert sorted((line.conversation_id, line.level) for line in mixed) == [
        (1, BREACH),
        (2, BREACH),
    ]


def test_options_are_those_of_the_person(late: Desk) -> None:
    """Of breaches alone, and never again."""
    listener = Listener()
    tell(late, listener, options=AlertOptions([BREACH], None))
    assert listener.heard() == [(1, BREACH, 0)]
    late.now += 30 * HOUR
    tell(late, listener, options=AlertOptions([BREACH], None))
    assert sorted(listener.heard()) == [(2, BREACH, 0), (3, BREACH, 0)]
