"""Figures of a period from the store, on pasts that can be counted by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders import START, Desk, tagger_for
from triage.app import acting, replying
from triage.app.reporting import load_report, load_waits
from triage.core.calendar import WeeklyCalendar
from triage.core.holds import HoldState
from triage.core.model import DAY, HOUR, MINUTE, CloseReason, Kind
from triage.core.policy import DEFAULT_POLICIES, Settings
from triage.core.progress import Gap, Run
from triage.core.report.advice import Asked, advice_of
from triage.core.report.line import Dimension, Line, Waits
from triage.core.report.local import LocalTime
from triage.core.report.model import Advice, Report
from triage.core.report.period import Period
from triage.core.report.query import ReportQuery

DEE, CARLOS, ANA, BO, EVE, FINN = range(1, 7)


def report(desk: Desk, since: int = START - 7 * DAY, **asked: object) -> Report:
    """The report up to now; what is written at this millisecond is in it."""
    query = ReportQuery(desk.brand_id, since, desk.now + 1, desk.now)
    return load_report(desk.store, replace(query, **asked))  # type: ignore[arg-type]


def test_figures(busy: Desk) -> None:
    """Every wait that began is in exactly one state; praise demands no answer."""
    total = report(busy).total
    assert (total.mentions, total.sent) == (6, 2)
    waits = total.waits
    assert waits.opened == 5
    assert waits.answered + waits.dismissed + waits.settled + waits.withdrawn + waits.open == 5
    assert (waits.answered, waits.outside, waits.open, waits.overdue) == (2, 2, 3, 1)
    assert (waits.met, waits.missed) == (1, 1)
    assert waits.within_sla == pytest.approx(1 / 3)


def test_who_waits_counts_in_the_median(busy: Desk) -> None:
    """Answers took half an hour and five; with three who wait half are answered after five."""
    found = report(busy).total
    assert found.first.seen.median_s == 1800
    assert (found.waits.lasting_s, found.waits.lasting_from_s) == (18_000, None)
    assert report(busy).kinds[0].waits.lasting_s == 1800
    busy.write("gus", "@acme broken", ago=2 * HOUR)
    busy.fetch_all_again()
    complaints = report(busy).kinds[0].waits
    assert (complaints.lasting_s, complaints.lasting_from_s) == (None, 10_800)


def test_closing_is_never_met(busy: Desk) -> None:
    """Dismissed and settled waits are counted as such and as nothing else."""
    for number, reason in ((ANA, CloseReason.SPAM), (BO, CloseReason.PRIVATE)):
        acting.close(busy.store, busy.conversation(number), reason, "ana", busy.now, tagger_for)
    found = report(busy)
    waits = found.total.waits
    assert (waits.dismissed, waits.settled, waits.open) == (1, 1, 1)
    assert (waits.met, waits.missed, waits.overdue) == (1, 1, 0)
    assert [(a.agent, a.answers, a.closed) for a in found.agents] == [("", 2, 0), ("ana", 0, 2)]


def test_our_reply_is_not_outside(busy: Desk) -> None:
    """What went through us counts as answered, and for who sent it; its time is the team's too."""
    replying.send(busy.sender, busy.draft(FINN, "On it.").id)
    busy.now += MINUTE
    found = report(busy)
    complaint = found.kinds[0]
    assert (complaint.waits.answered, complaint.waits.outside, complaint.waits.met) == (2, 1, 2)
    assert (complaint.first.seen.median_s, complaint.first.seen.p90_s) == (600, 1800)
    # Carlos was answered before we knew of him: the team needed no time for it.
    assert (complaint.first.team.n, complaint.first.team.median_s) == (1, 0)
    assert [a.agent for a in found.agents] == ["", "ana"]


def test_the_deleted_are_withdrawn_and_show_no_text(busy: Desk) -> None:
    """Who takes back what they wrote waits no more, and nobody reads it in a list either."""
    for number in (FINN, DEE):
        mention = busy.store.reading.thread(number)[0]
        with busy.store.tx():
            found = busy.store.messages
            found.mark_deleted(busy.brand_id, "memory", [mention.native_id], busy.now)
    busy.fetch_nothing()
    waits = report(busy).total.waits
    assert (waits.withdrawn, waits.open, waits.answered) == (1, 2, 2)
    assert [(m.conversation_id, m.text) for m in report(busy).missed] == [
        (ANA, "@acme my order never came and it is broken"),
        (DEE, ""),
    ]
    busy.store.purge(busy.brand_id, busy.now)
    assert [m.text for m in report(busy).missed][1] == ""


def test_a_correction_moves_the_mention(busy: Desk) -> None:
    """What an agent corrected is counted under what it really was, everywhere."""
    acting.tag(busy.store, busy.conversation(ANA), Kind.QUESTION, "ana", busy.now, tagger_for)
    found = report(busy)
    lines = {line.key: line for line in found.kinds}
    assert (lines["complaint"].mentions, lines["question"].mentions) == (2, 3)
    assert (lines["complaint"].waits.opened, lines["question"].waits.opened) == (2, 3)
    assert sum(day.mentions["question"] for day in found.days) == 3


def test_the_period_is_half_open(desk: Desk) -> None:
    """What was written at the begin is in, what was written at the end is not."""
    desk.write("ana", "@acme broken", ago=HOUR)
    desk.fetch()
    begin = START - HOUR

    def waits(since: int, until: int) -> int:
        query = ReportQuery(desk.brand_id, since, until, desk.now)
        return load_report(desk.store, query).total.waits.opened

    assert waits(begin, begin + 1) == 1
    assert waits(begin - MINUTE, begin) == 0
    assert waits(begin + 1, START) == 0


def test_accounts(busy: Desk) -> None:
    """Only the accounts that are asked for; whom an import asked is known of its conversation."""
    known = busy.account.id
    with busy.store.tx():
        busy.store.engine.execute("UPDATE message SET account_id = NULL WHERE role = 'mention'")

    def counted(*ids: int) -> tuple[int, int]:
        total = report(busy, account_ids=ids).total
        return total.mentions, total.waits.opened

    assert counted(known) == counted() == counted(known, known + 1) == (6, 5)
    assert counted(known + 1) == (0, 0)


def test_the_backlog_is_as_it_was(busy: Desk) -> None:
    """Dee was answered at midnight to the millisecond: she waited at the day's end."""
    begin = START - 33 * HOUR
    days = report(busy, since=begin, zone="America/New_York").days
    assert [(d.date, d.opened, d.answered, d.waiting, d.overdue) for d in days] == [
        ("2026-02-28", 0, 0, 0, 0),
        ("2026-03-01", 2, 1, 1, 1),
        ("2026-03-02", 3, 1, 3, 1),
    ]


def test_writing_again_after_the_answer_reopens(busy: Desk) -> None:
    """Carlos waits again, and in the end he is happy: a next wait, and a turn."""
    last = next(m for m in busy.store.reading.thread(CARLOS) if m.author == "acme")
    busy.now += HOUR
    again = busy.write("carlos", "@acme broken again", in_reply_to=last.native_id)
    busy.now += HOUR
    busy.write("acme", "@carlos now?", in_reply_to=again.native_id)
    busy.now += HOUR
    thanks = busy.write("carlos", "@acme thanks", in_reply_to=again.native_id)
    busy.fetch()
    found = report(busy)
    assert found.reopened == (CARLOS,)
    assert (found.total.first.seen.n, found.total.next.seen.n) == (2, 1)
    assert [(t.conversation_id, t.before, t.after, t.at) for t in found.turned] == [
        (CARLOS, "complaint", "praise", thanks.posted_at)
    ]
    ids = report(busy, with_ids=True).total.ids
    assert (ids["answered"], ids["overdue"]) == ((DEE, CARLOS), (ANA, BO, FINN))


OFFICE = WeeklyCalendar("office", "UTC", (((9 * 60, 17 * 60),),) * 5 + ((), ()))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Desk]:
    """A desk that is open from nine to five; its clocks stand on hold."""
    pauses = frozenset({HoldState.ON_HOLD})
    policies = {
        kind: replace(policy, calendar="office", pauses=pauses)
        for kind, policy in DEFAULT_POLICIES.items()
    }
    made = Desk(tmp_path, settings=Settings(policies=policies, calendars={"office": OFFICE}))
    yield made
    made.close()


def test_business_time_leaves_out_nights_and_rests(office: Desk) -> None:
    """From 08:00 to 18:00, on hold from 10:00 to 13:00: five of eight open hours."""
    office.now = START - HOUR
    post = office.write("ana", "@acme it is broken")
    office.now = START + HOUR
    office.fetch()
    talk = office.conversation(1)
    until = START + 4 * HOUR
    acting.hold(office.store, talk, HoldState.ON_HOLD, "kim", office.now, tagger_for, until=until)
    office.now = START + 9 * HOUR
    office.write("acme", "@ana fixed", in_reply_to=post.native_id)
    office.fetch()
    first = report(office).total.first
    assert (first.seen.median_s, first.seen_open.median_s) == (10 * 3600, 5 * 3600)
    assert (first.team.median_s, first.team_open.median_s) == (8 * 3600, 4 * 3600)
    (row,) = load_waits(office.store, ReportQuery(1, 0, office.now, office.now))
    assert (row.seen_s, row.seen_open_s, row.figures[:3]) == (
        10 * 3600,
        5 * 3600,
        ("waits", "answered", "outside"),
    )
    assert [a.after_hours for a in report(office).agents] == [1]


def test_what_one_screen_leaves_out(busy: Desk) -> None:
    """The lists are empty, and all else is the same."""
    whole, brief = report(busy), report(busy, brief=True)
    lists: dict[str, object] = {
        "missed": [],
        "reopened": (),
        "turned": [],
        "agents": [],
        "customers": [],
    }
    assert brief == replace(whole, **lists)  # type: ignore[arg-type]
    assert whole.missed
    assert whole.agents
    assert whole.customers


@pytest.mark.parametrize("by", list(Dimension))
def test_the_lines_of_each_dimension_make_the_whole(busy: Desk, by: Dimension) -> None:
    """Whatever it is split by, every wait is in one line."""
    found = report(busy, by=by)
    assert sum(line.waits.opened for line in found.lines) == found.total.waits.opened == 5
    has_mentions = by not in {Dimension.AGENT, Dimension.POLICY}
    assert sum(line.mentions for line in found.lines) == (6 if has_mentions else 0)


def test_a_store_without_anything(desk: Desk) -> None:
    """Nobody wrote: no line is missing, no share is made up."""
    found = report(desk, compare=True)
    assert [line.key for line in found.kinds] == list(Kind)
    assert found.total.waits.within_sla is None
    assert (len(found.hours), len(found.days)) == (168, 8)
    assert found.advice == [Advice("Nobody wrote in this period.")]
    assert found.previous is not None
    assert found.previous.to_at == found.from_at


# Advice.


def sentences(found: Report) -> list[str]:
    """What is said."""
    return [advice.what for advice in found.advice]


def test_the_overdue_come_first(busy: Desk) -> None:
    """One person, then several; the words fit the number, and the ids lead to them."""
    first = report(busy).advice[0]
    assert first.what == "1 person is overdue; they wait 2h longer than promised."
    assert (first.command, first.ids) == ("queue --overdue", (ANA,))
    busy.now += 2 * HOUR
    assert sentences(report(busy))[0] == (
        "3 people are overdue; the longest waits 4h longer than promised."
    )


def test_who_waits_from_before_the_period_is_not_forgotten(busy: Desk) -> None:
    """A report of the last minute, in which nobody wrote, still says who is overdue.

    A report of a time that is over says nothing of those who wrote after it.
    """
    found = report(busy, since=busy.now - MINUTE)
    assert (found.total.waits.opened, found.days[-1].overdue) == (0, 1)
    assert found.advice[0].what == (
        "1 person is overdue, from before the period; they wait 2h longer than promised."
    )
    assert found.advice[0].ids == (ANA,)
    busy.now += 2 * HOUR
    half = report(busy, since=busy.now - 5 * HOUR + MINUTE)
    assert half.advice[0].what == (
        "3 people are overdue, 1 of them from before the period; the longest waits 4h longer than "
        "promised."
    )
    long_ago = START - 300 * DAY
    past = report(busy, since=long_ago, to_at=long_ago + DAY)
    assert past.advice == [Advice("Nobody wrote in this period.")]


def test_a_fall_of_ten_points_is_one(busy: Desk) -> None:
    """From 60 to 50 percent, which a computer's fractions take for a little less than ten points.

    A share is cut and not rounded, and 29 of 100 are not 28 percent.
    """
    found = report(busy)
    said = {}
    for now, was in (((5, 5), (6, 4)), ((29, 71), (41, 59)), ((51, 49), (60, 40))):
        reports = [
            replace(found, total=Line("all", waits=Waits(met=met, missed=missed)))
            for met, missed in (now, was)
        ]
        asked = Asked(replace(reports[0], previous=reports[1]), (), (), (), LocalTime("UTC", 0, 1))
        said[now[0]] = [a.what for a in advice_of(asked) if "in the period before" in a.what]
    assert said == {
        5: ["50% were answered in time, after 60% in the period before."],
        29: ["29% were answered in time, after 41% in the period before."],
        51: [],
    }


def test_a_command_asks_for_the_same_period_and_accounts(busy: Desk) -> None:
    """Hours as hours, times as times, whole days as days; with the accounts, if only some are."""
    busy.now += 4 * HOUR
    now, brand_id = busy.now, busy.brand_id
    zone = "Europe/Madrid"
    day = START - START % DAY - HOUR  # midnight in Madrid
    asked = {}
    for from_at, to_at in ((now - 36 * HOUR, now), (day - DAY, day + DAY), (day - 1, now - 1_000)):
        query = ReportQuery(brand_id, from_at, to_at, now, (busy.account.id,), zone=zone)
        found = load_report(busy.store, query)
        period = Period(from_at, to_at)
        local = LocalTime(zone, *period)
        asked[to_at] = Asked(found, (), (), (), local).again("--by hour")
        assert found.advice[0].command == "queue --overdue --account acme"
    assert list(asked.values()) == [
        "report --since 36h --by hour",
        "report --from 2026-03-01 --to 2026-03-02 --by hour",
        "report --from 2026-03-01T23:59:59.999+01:00 --to 2026-03-02T13:59:59+01:00 --by hour",
    ]


def test_what_most_of_the_late_have_in_common(desk: Desk) -> None:
    """Four complaints around seven in the evening, among many answers: both are said."""
    for number in range(12):
        ago = 20 * HOUR + number * HOUR
        mention = desk.write(f"who{number}", "@acme open?", ago=ago)
        desk.write("acme", "yes", ago=ago - MINUTE, in_reply_to=mention.native_id)
    for number in range(4):
        mention = desk.write(f"late{number}", "@acme broken", ago=14 * HOUR + number * MINUTE)
        desk.write("acme", "sorry", ago=10 * HOUR, in_reply_to=mention.native_id)
    desk.fetch()
    found = report(desk, since=START - 2 * DAY)
    assert "All 4 that were not answered in time were complaints." in sentences(found)
    assert "All 4 that were not answered in time came between 16:00 and 20:00." in sentences(found)
    commands = [advice.command for advice in found.advice]
    whole = "--from 2026-02-28T09:00:00+00:00 --to 2026-03-02T09:00:00.001+00:00"
    assert f"report {whole} --ids --of missed" in commands
    assert len(found.advice) <= 6


def test_gaps_failures_and_other_apps(busy: Desk) -> None:
    """What was not fetched, and answers that nobody here sees."""
    with busy.store.tx():
        for number in range(3):
            run = Run(busy.account.id, START - number, START, "RateLimited", 0, 0, "")
            busy.store.accounts.add_run(run)
        gap = Gap(busy.account.id, "mentions", "1", "9", START - HOUR, about=40)
        busy.store.accounts.add_gap(gap)
        busy.store.engine.execute("UPDATE wait SET outside = 1 WHERE state = 'answered'")
    said = sentences(report(busy))
    assert "1 stretch of time may be missing from what was fetched, about 40 posts." in said
    assert "3 of 4 fetches failed." in said


def test_a_theme_that_rises(desk: Desk) -> None:
    """Three complaints after one: that is said if the periods are compared."""
    for ago in (30 * HOUR, 6 * HOUR, 5 * HOUR, 4 * HOUR):
        desk.write(f"at{ago}", "@acme broken", ago=ago)
    desk.fetch()
    with desk.store.tx():
        desk.store.engine.execute("UPDATE verdict SET theme = 'billing'")
    found = report(desk, since=START - DAY, compare=True)
    assert [(t.name, t.complaints, t.before, t.share) for t in found.themes] == [
        ("billing", 3, 1, 1.0)
    ]
    assert "3 complaints are about billing, after 1 in the period before." in sentences(found)
    alone = sentences(report(desk, since=START - DAY))
    assert "3 complaints are about billing." in alone
