"""The queue: who waits, most overdue first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from triage.core.kinds import HOUR
from triage.core.queue import QueueFilter, QueueItem, Sla, Sort, in_order

if TYPE_CHECKING:
    from triage.core.ports import Store


class Queue(NamedTuple):
    """What the queue's screen shows.

    Attributes:
        items: The lines, in order, as many as the limit allows.
        total: How many wait in all under the filter.
        overdue: How many of them are overdue.
        due_soon: How many are due within the next hour.
    """

    items: Sequence[QueueItem]
    total: int
    overdue: int
    due_soon: int


def load_queue(
    store: "Store",
    wanted: QueueFilter,
    now: int,
    *,
    only_overdue: bool = False,
    sort: Sort = Sort.DUE,
    limit: int | None = None,
) -> Queue:
    """Load the queue: all open waits thinly, then the lines that are shown in full."""
    waiting = store.queue.waiting(wanted)
    if only_overdue:
        waiting = [w for w in waiting if w.sla(now) is Sla.OVERDUE]
    ordered = in_order(waiting, sort)
    shown = ordered if limit is None else ordered[:limit]
    return Queue(
        items=store.queue.items(wanted.brand_id, shown, now),
        total=len(ordered),
        overdue=sum(w.due_at is not None and w.due_at <= now for w in waiting),
        due_soon=sum(w.due_at is not None and now < w.due_at <= now + HOUR for w in waiting),
    )
