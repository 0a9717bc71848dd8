"""What a monitoring system asks: is anybody overdue, and is it still looked for new mentions?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from triage.core.kinds import HOUR, SECOND
from triage.core.nagios import Figure, Range, State, worst
from triage.core.queue import QueueFilter, rough_span, short_span

if TYPE_CHECKING:
    from triage.core.accounts import Freshness
    from triage.core.ports import Store


class Limits(NamedTuple):
    """When to raise an alarm.

    Attributes:
        warning: On how many are overdue.
        critical: The same.
        max_age: How old the last good fetch may be, ms; None for what the settings say.
    """

    warning: Range
    critical: Range
    max_age: int | None = None


class Check(NamedTuple):
    """How things stand.

    Attributes:
        state: The worst of how the overdue and the fetches stand.
        text: In words, without the state.
        waiting: How many wait for an answer.
        overdue: How many of them are overdue.
        due_soon: How many are due within the next hour.
        oldest_overdue: For how long the one that is longest overdue is, ms; 0 if nobody is.
        fetched_at: When mentions were last read to the end, UTC ms; None if never.
        fetch_age: How long ago that was, ms.
        max_age: How old it may be, ms; None where nothing is ever fetched.
    """

    state: State
    text: str
    waiting: int
    overdue: int
    due_soon: int
    oldest_overdue: int
    fetched_at: int | None
    fetch_age: int | None
    max_age: int | None


def check(
    store: Store, brand_id: int, account_ids: Sequence[int], limits: Limits, now: int
) -> Check:
    """Look at the queue and at the age of what is in it.

    An old fetch is critical: however empty the queue, nobody knows who waits. Where fetches were
    tried and none came to its end, the first try counts. Where none was ever tried, the age cannot
    be told: unknown if somebody asks for it by `max_age`, and no matter otherwise, since a desk
    may live on imports alone. What is known to be bad goes before what is not known.

    Args:
        store: The store.
        brand_id: Whose.
        account_ids: Only these accounts; all if empty.
        limits: When to raise an alarm.
        now: UTC ms.
    """
    waiting = store.queue.waiting(QueueFilter(brand_id, account_ids))
    due = [w.due_at for w in waiting if w.due_at is not None]
    overdue = sum(at <= now for at in due)
    due_soon = sum(now < at <= now + HOUR for at in due)
    oldest = max(0, now - min(due, default=now))
    fresh = store.accounts.freshness(brand_id, account_ids)
    max_age = limits.max_age
    if max_age is None and fresh.first_try is not None:
        max_age = fresh.stale_after
    by = f" by up to {short_span(oldest)}" if overdue else ""
    fetched, words = _fetches(fresh, max_age, now)
    fetched_at = fresh.last_success
    return Check(
        worst([_overdue(overdue, limits), fetched]),
        f"{len(waiting)} waiting, {overdue} overdue{by}, {due_soon} due within 1 h, {words}",
        len(waiting),
        overdue,
        due_soon,
        oldest,
        fetched_at,
        None if fetched_at is None else fresh.age(now),
        max_age,
    )


def _overdue(overdue: int, limits: Limits) -> State:
    if limits.critical.is_raised_by(overdue):
        return State.CRITICAL
    return State.WARNING if limits.warning.is_raised_by(overdue) else State.OK


def _fetches(fresh: Freshness, max_age: int | None, now: int) -> tuple[State, str]:
    age = fresh.age(now)
    if age is None:
        return State.OK if max_age is None else State.UNKNOWN, "never fetched"
    words = f"fetched {rough_span(age)} ago"
    if fresh.last_success is None:
        words = f"no fetch succeeded since the first {rough_span(age)} ago"
    if max_age is None or age <= max_age:
        return State.OK, words
    return State.CRITICAL, f"{words}, more than {short_span(max_age)}"


def figures(found: Check, limits: Limits) -> list[Figure]:
    """What is drawn; spans in whole seconds. The age of a fetch has no warning, only critical."""
    age = None if found.fetch_age is None else found.fetch_age // SECOND
    most = "" if found.max_age is None else str(found.max_age // SECOND)
    return [
        Figure("overdue", found.overdue, "", limits.warning.text, limits.critical.text),
        Figure("waiting", found.waiting),
        Figure("due_soon", found.due_soon),
        Figure("oldest_overdue", found.oldest_overdue // SECOND, "s"),
        Figure("fetch_age", age, "s", "", most),
    ]
