"""What is older than it is kept goes, once a day; figures and whoever waits keep all they need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import Desk, tagger_for
from engines import on_a_server, rows_of
from forgettable import in_files, raw
from triage.app import acting, noting
from triage.app.replying import send
from triage.app.reporting import load_report
from triage.app.retention import due, is_due, let_go
from triage.app.syncing import sync_account
from triage.core.alerts import Alert
from triage.core.digest import AlertLevel
from triage.core.media import Picture
from triage.core.model import DAY, HOUR, MINUTE, CloseReason
from triage.core.policy import Policy, Settings, When
from triage.core.report.query import ReportQuery
from triage.core.retention import DEFAULTS, Data, Gone, Limits

VIP = Policy(10 * MINUTE, name="vip", when=When(attributes=(("vip", "yes"),)))
ALL: Limits = dict.fromkeys(Data, 100 * DAY)
OLD = 101 * DAY


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Ana was answered, noted and closed long ago; bo complained then and waits still."""
    made = Desk(tmp_path, settings=Settings(special=(VIP,)))
    ana = made.write("ana", "@acme my grimplesnook is broken", ago=2 * HOUR)
    made.write("bo", "@acme my flabberquux is broken", ago=HOUR)
    for post in list(made.channel.posts.values()):
        made.channel.add(raw(post))
    made.fetch()
    made.channel.edit(ana.native_id, "@acme my thribbletok is broken")
    made.fetch_all_again()
    talk = made.conversation(ana.native_id)
    noting.note(made.store, talk, "order", "mumblecrust", "kim", made.now, tagger_for)
    noting.note(made.store, talk, "vip", "yes", "kim", made.now, tagger_for)
    draft = made.draft(talk.id, "@ana womblenaught")
    with made.store.tx():
        picture = Picture("a.png", b"\x89PNG glorpfizzle", "image/png", "snorkelwump")
        made.store.media.attach(draft.id, [picture])
    send(made.sender, made.draft(talk.id, "@ana wobbletwig").id)
    made.now += MINUTE
    made.write("ana", "@acme broken again", in_reply_to=ana.native_id)
    made.fetch()
    acting.close(
        *(made.store, talk, CloseReason.PRIVATE, "kim", made.now, tagger_for), note="quarbled"
    )
    with made.store.tx():
        for row in rows_of(made.store, "wait"):
            alert = Alert(row["conversation_id"], row["opening_id"], AlertLevel.BREACH)
            made.store.alerts.add(made.brand_id, [alert], made.now)
    yield made
    made.close()


def apply(desk: Desk, limits: Limits) -> dict[Data, int]:
    """What goes now."""
    gone = let_go(desk.store, desk.store.retention, desk.brand_id, limits, "kim", desk.now)
    return {one.data: one.rows for one in gone}


def only(data: Data) -> Limits:
    """A limit of a hundred days on one kind of data."""
    return {**dict.fromkeys(Data), data: 100 * DAY}


def figures(desk: Desk) -> object:
    """All that a report says of those days."""
    query = ReportQuery(desk.brand_id, desk.now - OLD - 2 * DAY, desk.now + 1, desk.now)
    return load_report(desk.store, query).total


def words(desk: Desk, table: str, column: str) -> str:
    """What stands in a column."""
    return "|".join(str(row[column]) for row in rows_of(desk.store, table))


def test_nothing_is_due_before_its_time(desk: Desk) -> None:
    """To the day: what is as old as the limit stays."""
    desk.now += 99 * DAY
    assert apply(desk, ALL) == {}
    assert [d.rows for d in due(desk.store.retention, desk.brand_id, ALL, desk.now)] == [0] * 7


@pytest.mark.parametrize(
    ("data", "table", "column", "goes", "stays"),
    [
        (Data.PAYLOADS, "payload", "raw", ("grimplesnook", "flabberquux"), ()),
        (Data.TEXTS, "message", "text", ("thribbletok", "wobbletwig"), ("flabberquux",)),
        (Data.TEXTS, "reply", "text", ("wobbletwig",), ("womblenaught",)),
        (Data.VERSIONS, "message_version", "text", ("grimplesnook",), ("thribbletok",)),
        (Data.NOTES, "attribute", "value", ("mumblecrust",), ("yes",)),
        (Data.NOTES, "activity", "after", ("mumblecrust",), ("yes", "private")),
        (Data.ACTIVITY, "activity", "detail", ("quarbled",), ("order", "vip")),
    ],
)
def test_what_is_older_goes(
    desk: Desk, data: Data, table: str, column: str, goes: tuple[str, ...], stays: tuple[str, ...]
) -> None:
    """Of whoever waits nothing goes, nor what a policy asks for, nor a draft; figures stay."""
    desk.now += OLD
    before = figures(desk)
    told = due(desk.store.retention, desk.brand_id, only(data), desk.now)
    waits = sorted(map(str, rows_of(desk.store, "wait")))
    assert all(word in words(desk, table, column) for word in goes)
    gone = apply(desk, only(data))
    assert gone == {one.data: one.rows for one in told if one.rows}
    assert list(gone) == [data]
    left = words(desk, table, column)
    assert [word for word in goes if word in left] == []
    assert [word for word in stays if word not in left] == []
    with desk.store.tx():
        for number in (1, 2):
            desk.store.judging.mark_conversation(number)
    desk.fetch_nothing()
    assert sorted(map(str, rows_of(desk.store, "wait"))) == waits
    assert figures(desk) == before
    assert apply(desk, only(data)) == {}


def test_alerts_of_waits_that_ended_go(desk: Desk) -> None:
    """Those of an open wait stay: nobody is told again."""
    many = len(rows_of(desk.store, "alert"))
    desk.now += OLD
    gone = apply(desk, only(Data.ALERTS))
    assert gone[Data.ALERTS] == many - 1
    (left,) = rows_of(desk.store, "alert")
    assert left["conversation_id"] == desk.conversation(2).id


def test_costs_of_old_days_go(desk: Desk) -> None:
    """By day; the months that a report may ask for stay."""
    for day in ("2025-11-01", "2026-03-01"):
        desk.store.engine.execute(
            "INSERT INTO usage VALUES (1, :day, 'posts', 1, 1, 0, 5, 0, 1)", {"day": day}
        )
    assert apply(desk, only(Data.USAGE)) == {Data.USAGE: 1}
    assert words(desk, "usage", "day") == "2026-03-01"


def test_words_that_went_stand_nowhere_and_do_not_come_back(desk: Desk) -> None:
    """Not in the search or the file; not by a sync, an overlapping fetch, or other rules."""
    desk.now += OLD
    apply(desk, only(Data.TEXTS))
    gone = ["thribbletok", "grimplesnook", "wobbletwig"]
    assert desk.store.reading.search(desk.brand_id, "thribbletok", 5) == []
    if not on_a_server():
        assert in_files(desk.folder, gone) == []
    sync_account(desk.store, desk.channel, desk.account, 500, desk.clock)
    desk.fetch_all_again()
    with desk.store.tx():
        desk.store.judging.mark_open(desk.brand_id, retag=True)
    desk.fetch_nothing()
    held = words(desk, "message", "text") + words(desk, "message_version", "text")
    assert [word for word in gone if word in held] == []
    shown = desk.store.reading.thread(desk.conversation(1).id)
    assert {(m.text, m.absent) for m in shown} == {("", "removed")}


def test_who_waited_then_is_looked_at_again_when_answered(desk: Desk) -> None:
    """The mark stays before what an open wait kept; and what is imported late is found too."""
    desk.now += OLD
    apply(desk, only(Data.TEXTS))
    acting.close(desk.store, desk.conversation(2), CloseReason.SPAM, "kim", desk.now, tagger_for)
    desk.write("carlos", "@acme snorkelwump broken", ago=OLD)
    desk.fetch_all_again()
    carlos = desk.conversation(3)
    if acting.open_wait(desk.store, 3) is not None:
        acting.close(desk.store, carlos, CloseReason.SPAM, "kim", desk.now, tagger_for)
    desk.now += DAY
    assert apply(desk, only(Data.TEXTS)) == {Data.TEXTS: 2}
    assert words(desk, "message", "text").strip("|") == ""


def test_once_a_day_and_when_the_limits_change(desk: Desk) -> None:
    """A fetch asks for nothing more than a mark otherwise."""
    store, brand = desk.store, desk.brand_id
    assert is_due(store, brand, DEFAULTS, desk.now)
    apply(desk, DEFAULTS)
    assert not is_due(store, brand, DEFAULTS, desk.now + HOUR)
    assert is_due(store, brand, ALL, desk.now)
    assert is_due(store, brand, DEFAULTS, desk.now + DAY)


def test_a_fetch_takes_its_share_and_goes_on_the_next_time(desk: Desk) -> None:
    """So that it keeps to its deadline, however much there is; until then it is due."""
    desk.now += OLD
    keeps = desk.store.retention
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("triage.store.retention._BATCH", 1)
        let_go(desk.store, keeps, desk.brand_id, DEFAULTS, "kim", desk.now, 1)
        assert len(rows_of(desk.store, "payload")) == 1
        assert is_due(desk.store, desk.brand_id, DEFAULTS, desk.now)
        let_go(desk.store, keeps, desk.brand_id, DEFAULTS, "kim", desk.now, 5)
    assert rows_of(desk.store, "payload") == []
    assert not is_due(desk.store, desk.brand_id, DEFAULTS, desk.now)


def test_each_stands_in_the_log(desk: Desk) -> None:
    """Who, of what, how many, and how old it had to be."""
    desk.now += OLD
    gone = apply(desk, {**dict.fromkeys(Data), Data.PAYLOADS: 90 * DAY})
    act = desk.store.activity.log(desk.brand_id, None, 1)[0]
    assert (act.agent, act.what, act.after) == ("kim", "retention", "payloads")
    assert act.detail == f"{gone[Data.PAYLOADS]} older than 90d"
    assert Gone(Data.PAYLOADS, 3).rows == 3


def test_by_default_only_payloads_go(desk: Desk) -> None:
    """After three months; all else is kept until somebody says otherwise."""
    desk.now += OLD
    assert set(apply(desk, DEFAULTS)) == {Data.PAYLOADS}
