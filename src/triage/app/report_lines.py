"""The lines of a period alone, and what all of its figures begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from triage.app.collecting import nothing_collected
from triage.core.kinds import WaitState
from triage.core.report.line import Dimension
from triage.core.report.lines import Lined, Lines
from triage.core.report.local import LocalTime
from triage.core.report.opentime import OpenTime
from triage.core.report.query import ReportQuery
from triage.core.report.rows import Rows, WaitRow
from triage.core.report.split import BY_OPENING, COUNTABLE, SPLITS_SENT, Part, Split
from triage.core.text import handle_key

if TYPE_CHECKING:
    from triage.core.accounts import Account
    from triage.core.holds import Stop
    from triage.core.policy import Settings
    from triage.core.ports import Store

_THREADS = 100
"""Threads that are read at once."""
_ANSWERED = WaitState.ANSWERED.value
_BY_TIME = frozenset({Dimension.DAY, Dimension.HOUR})


def load_lines(store: Store, query: ReportQuery) -> Lines:
    """The lines and the total of a period, and nothing that only a whole report shows.

    Args:
        store: Where the facts are.
        query: Which period, of whom, and how it is split.
    """
    # Rows are gone before cycles are searched for again.
    with nothing_collected():
        return _lines(store, query)


def _lines(store: Store, query: ReportQuery) -> Lines:
    accounts, judge = store.accounts.accounts(query.brand_id), store.settings.current()
    zone = zone_of(query, accounts, None if judge is None else judge.settings)
    waits, report = store.report.waits(query), store.report
    time = OpenTime(store.settings.judge, query.from_at, query.to_at)
    spans = time.spans(waits, stops_of(store, query.brand_id, waits, time))
    sent = report.sent(query) if query.by in SPLITS_SENT else ()
    rows, counted, mentions = _counted(store, query, waits)
    names = names_of(accounts)
    if query.by is Dimension.CUSTOMER:
        wrote = {number for number in counted or () if isinstance(number, int)}
        named = report.customers({*rows.customers.values(), *wrote})
        names = {row.id: row.handle for row in named}
    opened = report.openings([w.id for w in waits]) if query.by in BY_OPENING else ()
    local = LocalTime(zone, query.from_at, query.to_at)
    split = Split(query.by, local, names, {row.wait_id: row for row in opened})
    lined = Lined(query, split, split.parts(rows, sent, counted), spans)
    return Lines(query.by, lined.lines(), lined.total(mentions, rows.sent))


def _counted(
    store: Store, query: ReportQuery, waits: Sequence[WaitRow]
) -> tuple[Rows, Mapping[Part, int] | None, int]:
    """The rows, mentions by the dimension where the store counts them, and how many there are."""
    sent, report = store.report.sent_count(query), store.report
    if query.by in _BY_TIME:
        found = report.mentions(query)
        return Rows(waits, (), found, sent, {}), None, len(found)
    counted = report.mentions_by(query if query.by in COUNTABLE else replace(query, by=_ANY))
    whose = {}
    if query.by is Dimension.CUSTOMER:
        whose = report.customers_of({wait.conversation_id for wait in waits})
    rows = Rows(waits, (), (), sent, whose)
    return rows, counted if query.by in COUNTABLE else None, sum(counted.values())


_ANY = Dimension.KIND
"""What mentions are counted by where only their number matters."""


def zone_of(query: ReportQuery, accounts: Sequence[Account], settings: Settings | None) -> str:
    """Whose days and hours they are; see `ReportQuery.zone`."""
    if query.zone or settings is None:
        return query.zone or "UTC"
    ours = accounts_of(query, accounts)
    return settings.zone_of(handle_key(ours[0].handle)) if len(ours) == 1 else settings.time_zone


def accounts_of(query: ReportQuery, accounts: Sequence[Account]) -> list[Account]:
    """Those that a report is about."""
    return [a for a in accounts if not query.account_ids or a.id in query.account_ids]


def names_of(accounts: Sequence[Account]) -> dict[int, str]:
    """How lines call accounts: by their handles, and where two share one by their channels too."""
    handles = [account.handle for account in accounts]
    return {
        a.id: a.handle if handles.count(a.handle) == 1 else f"{a.handle} ({a.channel})"
        for a in accounts
    }


def stops_of(
    store: Store, brand_id: int, waits: Sequence[WaitRow], time: OpenTime
) -> Mapping[int, Sequence[Stop]]:
    """When the clocks of answered waits stood; looked up only where a policy lets them stand."""
    answered = [wait for wait in waits if wait.state == _ANSWERED]
    # Few policies judge many waits: mostly none of them pauses.
    alike = {(wait.settings_id, wait.policy, wait.kind): wait for wait in answered}
    if not any(time.terms(wait).pauses for wait in alike.values()):
        return {}
    pausing = [(wait, pauses) for wait in answered if (pauses := time.terms(wait).pauses)]
    held = store.report.held({wait.conversation_id for wait, _ in pausing}) if pausing else ()
    if not held:
        return {}
    # What judges waits is imported by those few reports that need it.
    from triage.app.judging import default_accounts
    from triage.core.report.rests import stops_of_waits

    defaults = default_accounts(store, brand_id)
    return stops_of_waits(
        pausing,
        (
            thread
            for first in range(0, len(held), _THREADS)
            for thread in store.judging.read_threads(
                brand_id, held[first : first + _THREADS], defaults
            )
        ),
    )
