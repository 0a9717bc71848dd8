"""Let go what is older than the configuration keeps it: once a day, and each time in the log."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from triage.core.kinds import DAY
from triage.core.ports import Store
from triage.core.records import Activity
from triage.core.retention import Data, Due, Gone, Limits, RetentionPort

AT_ONCE = 20_000
"""Rows of a kind that a fetch lets go at most, so that it keeps to its deadline."""


def is_due(store: Store, brand_id: int, limits: Limits, now: int) -> bool:
    """Whether the limits were not applied yet today (UTC), or were others then."""
    return store.settings.get(_key(brand_id)) != _mark(limits, now)


def let_go(
    store: Store,
    keeps: RetentionPort,
    brand_id: int,
    limits: Limits,
    agent: str,
    now: int,
    most: int | None = None,
) -> list[Gone]:
    """Let go what is older than its limit; give what went. All that is marked was judged before.

    Stopped half-way, the next run does the rest. Data that who is signed in may not change is left
    to who may.

    Args:
        store: The store.
        keeps: What finds the old, and lets it go.
        brand_id: Whose data.
        limits: How long each kind is kept, ms; None is for good.
        agent: Who does it, for the log.
        now: UTC ms.
        most: Of each kind about so many rows at once; the next run does the rest.
    """
    gone = []
    for data, kept_for in limits.items():
        if kept_for is None or not keeps.may_take(data):
            continue
        count = keeps.take(brand_id, data, kept_for, now, most)
        if count:
            gone.append(Gone(data, count))
            _log(store, brand_id, data, count, kept_for, agent, now)
    with store.tx():
        if most is None or all(one.rows < most for one in gone):
            store.settings.put(_key(brand_id), _mark(limits, now))
        if any(one.data is Data.TEXTS for one in gone):
            store.media.sweep()
    if gone:
        store.index_search()
        keeps.erase()
    return gone


def due(keeps: RetentionPort, brand_id: int, limits: Limits, now: int) -> Sequence[Due]:
    """What would go now, for every kind of data."""
    return [keeps.due(brand_id, data, limits.get(data), now) for data in Data]


def _log(
    store: Store, brand_id: int, data: Data, count: int, kept_for: int, agent: str, now: int
) -> None:
    act = Activity(
        uuid=uuid.uuid4().hex,
        at=now,
        agent=agent,
        what="retention",
        after=data.value,
        detail=f"{count} older than {kept_for // DAY}d",
    )
    with store.tx():
        store.activity.add(brand_id, act)


def _key(brand_id: int) -> str:
    return f"retention:{brand_id}"


def _mark(limits: Limits, now: int) -> str:
    told = " ".join(f"{data.value}={limits.get(data)}" for data in Data)
    return f"{now // DAY} {told}"
