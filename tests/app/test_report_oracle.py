"""Every figure of a report against an oracle that works it out from the tables another way."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

import pytest

from app.test_import_ibm import _import, lines
from builders import START
from report_history import OFFICE, History
from report_oracle import FIGURES, Always, AnyHours, Hours, Oracle, Row, told
from triage.app.report_lines import load_lines
from triage.app.reporting import load_report, load_waits
from triage.core.model import DAY, HOUR
from triage.core.report.line import Dimension
from triage.core.report.query import ReportQuery
from triage.store.store import SqlStore

__all__ = ["lines"]  # a fixture for the real ones

MINUTE = 60_000
WHERE = {
    "Europe/Madrid": 1_774_692_000_000,  # Saturday 28 March 2026, before the clock goes forward
    "Australia/Lord_Howe": 1_775_192_400_000,  # before it goes back by half an hour
    "America/Santiago": 1_775_192_400_000,  # before it goes back over midnight
}


class Made(NamedTuple):
    """A history and what tells its figures."""

    history: History
    oracle: Oracle


@pytest.fixture(scope="module", params=sorted(WHERE))
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    """A desk with a past in a time zone, around a change of its clock."""
    zone = request.param
    history = History(tmp_path_factory.mktemp("desk"), zone, WHERE[zone], seed=len(zone))
    first = (history.begin - 3 * DAY) // MINUTE * MINUTE
    minutes = (history.desk.now - first) // MINUTE + 5 * 24 * 60

    def hours(*, later: bool) -> Hours:
        week = [*OFFICE[:5], (), ()] if later else OFFICE
        return Hours(zone, week, ["2026-03-30"], first, minutes)

    by_settings = {1: hours(later=False), 2: hours(later=True)}

    def judged(wait: Row) -> tuple[AnyHours, frozenset[str]]:
        pauses = frozenset({"on-hold", "waiting-on-customer"})
        in_office = wait["policy"] in {"complaint", "question"}
        return by_settings[wait["settings_id"]] if in_office else Always(), pauses

    yield Made(history, Oracle(history.desk.store, judged, by_settings[2], zone))
    history.desk.close()


def queries(made: Made, count: int) -> Iterator[ReportQuery]:
    """Periods of all lengths, by all dimensions, for all accounts and for one."""
    chance = random.Random(count)  # noqa: S311 - a test repeats what it asked
    begin, end = made.history.span
    for number in range(count):
        span = chance.choice((1, HOUR, 2 * DAY + 1, end - begin, end - begin))
        from_at = begin if span > DAY * 3 else chance.randrange(begin, end)
        yield ReportQuery(
            brand_id=made.history.desk.brand_id,
            from_at=from_at,
            to_at=from_at + span,
            now=chance.choice((made.history.desk.now, from_at + span)),
            account_ids=chance.choice(((), (), (), (2,), (1, 2))),
            by=list(Dimension)[number % len(Dimension)],
            with_ids=number % 2 == 0,
            brief=number % 5 == 4,
            zone=made.history.zone,
        )


def test_every_figure_is_what_the_oracle_says(made: Made) -> None:
    """Periods by chance, each dimension, some with accounts, some brief: they agree exactly."""
    for query in queries(made, 2 * len(Dimension)):
        assert told(load_report(made.history.desk.store, query)) == made.oracle.report(query)


def test_lines_alone_are_those_of_the_whole_report(made: Made) -> None:
    """However it is split, rows for a pipe say what the report says."""
    store = made.history.desk.store
    for query in queries(made, 2 * len(Dimension)):
        report = load_report(store, query)
        assert load_lines(store, query) == (query.by, report.lines, report.total)


def whole(made: Made, **asked: object) -> ReportQuery:
    """All of a history."""
    begin, end = made.history.span
    now, brand_id = made.history.desk.now, made.history.desk.brand_id
    query = ReportQuery(brand_id, begin, end, now, zone=made.history.zone)
    return replace(query, **asked)  # type: ignore[arg-type]


def test_the_period_before_is_told_as_it_is_told_by_itself(made: Made) -> None:
    """It is as long and ends where this one begins; themes are compared with it."""
    begin, end = made.history.span
    middle = (begin + end) // 2
    query = whole(made, from_at=middle, compare=True)
    found = told(load_report(made.history.desk.store, query))
    earlier = replace(query, from_at=2 * middle - end, to_at=middle)
    assert found == made.oracle.report(query, earlier)


def test_adjacent_periods_add_up(made: Made) -> None:
    """Wherever a period is cut, the counts of both parts are those of the whole."""
    chance = random.Random(3)  # noqa: S311 - a test repeats where it cut
    store, all_of_it = made.history.desk.store, counted(made, whole(made))
    assert all_of_it["opened"] > 10
    begin, end = made.history.span
    opened = [row["opened_at"] for row in made.oracle.waits]
    for cut in (chance.randrange(begin, end), chance.choice(opened), chance.choice(opened) + 1):
        parts = [counted(made, whole(made, to_at=cut)), counted(made, whole(made, from_at=cut))]
        assert parts[0] + parts[1] == all_of_it
        ids = [
            load_waits(store, whole(made, to_at=cut)),
            load_waits(store, whole(made, from_at=cut)),
        ]
        assert [w for part in ids for w in part] == list(load_waits(store, whole(made)))


def counted(made: Made, query: ReportQuery) -> Counter[str]:
    """Everything in a report that adds up."""
    report = load_report(made.history.desk.store, query)
    counts = Counter({f"{k} {line.key}": line.mentions for k, line in enumerate(report.kinds)})
    total = report.total
    counts += Counter(mentions=total.mentions, sent=total.sent, runs=report.fetching.runs)
    counts += Counter({f: v for f, v in asdict(total.waits).items() if isinstance(v, int)})
    counts += Counter({f"about {t.name}": t.complaints for t in report.themes})
    counts += Counter({f"by {a.agent}": a.answers + a.closed for a in report.agents})
    counts += Counter(answered_on_days=sum(day.answered for day in report.days))
    counts += Counter(lags=report.fetching.lag.n, spans=total.first.seen.n + total.next.team.n)
    return counts


def test_the_rows_are_what_the_lines_count(made: Made) -> None:
    """Each row is in the figures of its line, with the spans that the oracle measured."""
    query = whole(made, with_ids=True)
    rows = list(load_waits(made.history.desk.store, query))
    total = load_report(made.history.desk.store, query).total
    for figure in FIGURES:
        ids = {row.conversation_id for row in rows if figure in row.figures}
        assert tuple(sorted(ids)) == total.ids.get(figure, ())
    known = {wait["id"]: wait for wait in made.oracle.waits}
    assert len(rows) == total.waits.opened == len(known)
    for row in rows:
        wait = known[row.wait_id]
        spans = (row.seen_s, row.seen_open_s, row.team_s, row.team_open_s)
        names = ("seen", "seen_open", "team", "team_open")
        assert spans == tuple(None if wait[n] is None else wait[n] / 1000 for n in names)
        assert (row.theme, row.language, row.is_first) == (
            wait["theme"],
            wait["lang"],
            wait["first"],
        )


def test_the_histories_hold_what_they_are_for(made: Made) -> None:
    """Clocks that stood, later waits, corrections, deletions: else the tests above say little."""
    waits, messages = made.oracle.waits, made.oracle.messages.values()
    assert any(not wait["first"] for wait in waits)
    assert any(message["deleted_at"] is not None for message in messages)
    assert any(message["version_id"] != message["native_id"] for message in messages)
    assert {wait["settings_id"] for wait in waits} == {1, 2}
    assert {activity["what"] for activity in made.oracle.activity} >= {"hold", "tag", "close"}
    assert {wait["outside"] for wait in waits} == {0, 1}


# Real conversations.


def test_real_conversations(tmp_path: Path, lines: tuple[Path, list[str]]) -> None:
    """The 525 dialogs, whole and by month: each figure is what the oracle says."""
    store = SqlStore.open(tmp_path / "t.db", create=True)
    _import(store, *lines)
    oracle = Oracle(store, lambda _: (Always(), frozenset()), Always(), "UTC", step=HOUR)
    brand_id = next(iter(oracle.brands))
    first = min(wait["opened_at"] for wait in oracle.waits)
    last = max(wait["opened_at"] for wait in oracle.waits) + 1
    for from_at, to_at, by in (
        (first, last, Dimension.KIND),
        (last - 40 * DAY, last, Dimension.ACCOUNT),
    ):
        query = ReportQuery(brand_id, from_at, to_at, START, by=by, with_ids=True, zone="UTC")
        assert told(load_report(store, query)) == oracle.report(query)
    store.close()
