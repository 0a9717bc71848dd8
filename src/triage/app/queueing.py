"""The queue: who waits, most overdue first."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from triage.core.kinds import HOUR
from triage.core.queue import Held, QueueFilter, QueueItem, Sla, Sort, in_order

if TYPE_CHECKING:
    from triage.core.ports import Store


class Queue(NamedTuple):
    """What the queue's screen shows.

    Attributes:
        items: The lines, in order, as many as the limit allows.
        total: How many wait in all under the filter.
        overdue: How many of them are overdue.
        due_soon: How many are due within the next hour.
        resting: How many are not among them, since an agent lets them rest.
        resting_overdue: How many of these are overdue all the same.
    """

    items: Sequence[QueueItem]
    total: int
    overdue: int
    due_soon: int
    resting: int = 0
    resting_overdue: int = 0


def load_queue(
    store: "Store",
    wanted: QueueFilter,
    now: int,
    *,
    only_overdue: bool = False,
    sort: Sort = Sort.DUE,
    limit: int | None = None,
    held: Held = "without",
    whose: str | None = None,
    unassigned: bool = False,
    with_assigned: bool = False,
) -> Queue:
    """Load the queue: all open waits thinly, then the lines that are shown in full.

    Args:
        store: Where they are.
        wanted: Which of them.
        now: UTC ms.
        only_overdue: Only what is overdue.
        sort: The order.
        limit: At most so many lines.
        held: Whether waits that an agent lets rest are among them.
        whose: Only what is this agent's, and what they are at; an empty name: only what nobody is
            at.
        unassigned: Only what is nobody's.
        with_assigned: The lines say whose they are; they do so as well where that was asked for.
    """
    waiting = store.queue.waiting(wanted)
    assigned: Mapping[int, str] = {}
    if whose or unassigned or with_assigned:
        assigned = store.queue.assigned(wanted.brand_id)
    if whose is not None:
        at = store.queue.assignees(wanted.brand_id, now)
        waiting = [
            w
            for w in waiting
            if at.get(w.conversation_id, "") == whose
            or (whose and assigned.get(w.conversation_id) == whose)
        ]
    if unassigned:
        waiting = [w for w in waiting if w.conversation_id not in assigned]
    resting = [w for w in waiting if w.hold is not None and w.rests(now)]
    if resting and held == "without":
        hidden = {w.wait_id for w in resting}
        waiting = [w for w in waiting if w.wait_id not in hidden]
    elif held == "only":
        waiting, resting = resting, []
    else:
        resting = []
    if only_overdue:
        waiting = [w for w in waiting if w.sla(now) is Sla.OVERDUE]
    ordered = in_order(waiting, sort)
    shown = ordered if limit is None else ordered[:limit]
    items = store.queue.items(wanted.brand_id, shown, now)
    if assigned:
        items = [i._replace(assigned=assigned.get(i.id, "")) for i in items]
    return Queue(
        items=items,
        total=len(ordered),
        overdue=sum(w.due_at is not None and w.due_at <= now for w in waiting),
        due_soon=sum(w.due_at is not None and now < w.due_at <= now + HOUR for w in waiting),
        resting=len(resting),
        resting_overdue=sum(w.sla(now) is Sla.OVERDUE for w in resting),
    )
