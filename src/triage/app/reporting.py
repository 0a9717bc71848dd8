"""Figures of a period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from triage.app.collecting import nothing_collected
from triage.app.report_lines import accounts_of, names_of, stops_of, zone_of
from triage.core.hours import ALWAYS_OPEN, Calendar
from triage.core.kinds import GRAVITY, Kind
from triage.core.report.advice import Asked, advice_of
from triage.core.report.customers import may_have_turned, turns_of
from triage.core.report.facts import Facts
from triage.core.report.fetching import fetching_of
from triage.core.report.figures import Figures, Frame, More
from triage.core.report.line import Dimension
from triage.core.report.model import Report, WaitFacts
from triage.core.report.opentime import OpenTime
from triage.core.report.period import Period, before
from triage.core.report.query import ReportQuery
from triage.core.report.rows import Rows, WaitRow
from triage.core.report.split import BY_OPENING, COUNTED, SPLITS_SENT

if TYPE_CHECKING:
    from triage.core.policy import Settings
    from triage.core.ports import Store

_PAGE = 2_000
"""Waits that are in memory at once when all are given."""


def load_report(store: Store, query: ReportQuery) -> Report:
    """Sum up a period: who wrote, who was answered and when, and who still waits.

    Args:
        store: Where the facts are.
        query: Which period, of whom, and how it is split.
    """
    frame = _frame(store, query)
    with nothing_collected():
        earlier = None
        if query.compare:
            from_at, to_at = before(Period(query.from_at, query.to_at), frame.tz)
            earlier = _load(store, replace(query, from_at=from_at, to_at=to_at), frame, None)
        return _load(store, query, frame, earlier)


def _load(store: Store, query: ReportQuery, frame: Frame, earlier: Report | None) -> Report:
    rows = _rows(store, query)
    time = OpenTime(store.settings.judge, query.from_at, query.to_at)
    stops = stops_of(store, query.brand_id, [*rows.carried, *rows.waits], time)
    found = Figures(query, frame, rows, time, stops)
    report = found.report(_more(store, query, found, earlier))
    only = frame.accounts if query.account_ids else ()
    asked = Asked(report, rows.waits, found.all_missed, rows.carried, found.local, only)
    return replace(report, advice=advice_of(asked))


def _rows(store: Store, query: ReportQuery) -> Rows:
    waits, carried = store.report.waits(query), store.report.carried(query)
    mentions, sent = store.report.mentions(query), store.report.sent_count(query)
    if query.brief and query.by is not Dimension.CUSTOMER:
        return Rows(waits, carried, mentions, sent, {})
    whose = {m.conversation_id: m.customer_id for m in mentions if m.conversation_id is not None}
    # Nearly all waits opened with one of these mentions.
    others = {wait.conversation_id for wait in waits} - whose.keys()
    return Rows(waits, carried, mentions, sent, {**whose, **store.report.customers_of(others)})


def _more(store: Store, query: ReportQuery, found: Figures, earlier: Report | None) -> More:
    mentions = found.rows.mentions
    may_have = () if query.brief else may_have_turned(mentions)
    turned = turns_of(store.report.said(query, may_have))
    wanted = found.wanted_customers | {t.customer_id for t in turned}
    opened = found.rows.waits if query.by in BY_OPENING else found.missed
    runs, gaps = store.report.runs(query), store.accounts.gaps(query.brand_id)
    return More(
        customers={row.id: row for row in store.report.customers(wanted)},
        openings={row.wait_id: row for row in store.report.openings([w.id for w in opened])},
        sent=store.report.sent(query) if query.by in SPLITS_SENT else (),
        counted=store.report.mentions_by(query) if query.by in COUNTED else None,
        turned=turned,
        fetching=fetching_of(query, mentions, runs, gaps, found.frame.names),
        before=earlier,
    )


def load_waits(store: Store, query: ReportQuery) -> Iterator[WaitFacts]:
    """Every wait of a period, oldest first; a page of them is in memory at a time.

    Args:
        store: Where the facts are.
        query: Which period, and of whom.
    """
    names = _frame(store, query).names
    after = (query.from_at, 0)
    while waits := store.report.page(query, after, _PAGE):
        yield from _facts(store, query, names, waits)
        after = (waits[-1].opened_at, waits[-1].id)


def _facts(
    store: Store, query: ReportQuery, names: Mapping[int, str], waits: Sequence[WaitRow]
) -> Iterator[WaitFacts]:
    time = OpenTime(store.settings.judge, waits[0].opened_at, waits[-1].opened_at)
    facts = Facts(query.now, names, time.spans(waits, stops_of(store, query.brand_id, waits, time)))
    whose = store.report.customers_of({wait.conversation_id for wait in waits})
    customers = {row.id: row for row in store.report.customers(set(whose.values()))}
    openings = {row.wait_id: row for row in store.report.openings([wait.id for wait in waits])}
    for wait in waits:
        yield facts.row(wait, customers[whose[wait.conversation_id]], openings[wait.id])


def _frame(store: Store, query: ReportQuery) -> Frame:
    accounts = store.accounts.accounts(query.brand_id)
    judge = store.settings.current()
    settings = None if judge is None else judge.settings
    return Frame(
        brand=store.accounts.brands()[query.brand_id],
        accounts=[account.handle for account in accounts_of(query, accounts)],
        names=names_of(accounts),
        zone=zone_of(query, accounts, settings),
        calendar=_calendar(settings),
    )


def _calendar(settings: Settings | None) -> Calendar:
    """The opening hours of a brand: those in which the gravest kind with a promise is answered."""
    if settings is None:
        return ALWAYS_OPEN
    by_gravity = sorted(Kind, key=GRAVITY.__getitem__, reverse=True)
    policies = (settings.policies[kind] for kind in by_gravity)
    promised = next((p for p in policies if p.respond_within is not None), None)
    return ALWAYS_OPEN if promised is None else settings.calendar_of(promised)
