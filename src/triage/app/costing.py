"""What was spent, how far it is to the cap, and what somebody is to be told of it."""

from __future__ import annotations

from collections.abc import Sequence

from triage.core.costs import (
    CAPPED,
    WARNED,
    By,
    Month,
    end_of,
    is_capped,
    is_near,
    month_of,
    percent,
    sum_up,
)
from triage.core.kinds import DAY
from triage.core.money import dollars
from triage.core.ports import Store


def load_month(
    store: Store,
    brand_id: int,
    month: str,
    by: By,
    now: int,
    *,
    cap: int | None = None,
    account_ids: Sequence[int] = (),
) -> Month:
    """Sum up a UTC month.

    Args:
        store: The store.
        brand_id: Whose.
        month: Such as `2026-11`.
        by: How it is split.
        now: UTC ms.
        cap: In millionths of a dollar. It is that of all accounts together: where only some are
            looked at there is none.
        account_ids: Only these; all if empty.
    """
    rows = store.usage.rows(brand_id, month, account_ids)
    return sum_up(rows, month, by, now, None if account_ids else cap)


def mark_month(store: Store, brand_id: int, cap: int | None, now: int) -> str | None:
    """Note in the store how the month stands, for the screens that look at nothing else.

    Returns:
        A warning that nobody has had in this month: so much of the cap is used. None otherwise.
    """
    month = month_of(now)
    spent = store.usage.spent(brand_id, month)
    capped = month if is_capped(spent, cap) else None
    warned = store.settings.get(WARNED) == month
    is_due = is_near(spent, cap) and not warned
    if not is_due and store.settings.get(CAPPED) == capped:
        return None
    with store.tx():
        store.settings.put(CAPPED, capped)
        if is_due:
            store.settings.put(WARNED, month)
    return _warning(spent, cap or 0, month, now) if is_due else None


def _warning(spent: int, cap: int, month: str, now: int) -> str:
    days = (end_of(month) - now) // DAY
    left = f"{days} days are left" if days > 1 else "its last days run"
    return (
        f"{percent(spent, cap)}% of the monthly cap is used: {dollars(spent)} of {dollars(cap)}, "
        f"and {left} of {month}. At 100% reading stops. See: triage cost"
    )
