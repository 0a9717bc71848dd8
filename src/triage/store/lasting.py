"""Waits that lasted long, by how long: so those that lasted at some time are found in few rows.

Who waited at a time opened before it and ended after it. Most waits are short: those are among what
opened in the days before. The others are kept in an index by classes of how long they lasted, each
four times as long as the one before, so that of each class only what opened so long before can
have lasted still. However old the time and however large the store, few rows are read in vain.
"""

from __future__ import annotations

from collections.abc import Iterator

from triage.core.kinds import DAY

SHORT = 2 * DAY
"""What lasted less than that is in no class."""
_CLASSES = (8 * DAY, 32 * DAY, 128 * DAY, 512 * DAY)
"""Below what the classes from 1 on end; the last has no end."""

_LASTED = "ended_at - opened_at"
_CLASS = "CASE {} ELSE {} END".format(
    " ".join(f"WHEN {_LASTED} < {most} THEN {i}" for i, most in enumerate(_CLASSES, 1)),
    len(_CLASSES) + 1,
)
_LASTS = "opened_at < :begin AND ended_at >= :begin"
_IS_LONG = f"{_LASTED} >= {SHORT}"

INDEX = f"CREATE INDEX wait_long ON wait (brand_id, ({_CLASS}), opened_at) WHERE {_IS_LONG}"


def lasting(begin: int) -> Iterator[tuple[str, dict[str, object]]]:
    """Conditions that together hold for the waits that lasted at a time, each for one of them.

    They are on the columns of `wait` alone, and written literally where an index must be seen to
    fit; the brand is a condition of its own.

    Args:
        begin: The time, UTC ms: it had opened before, and had not ended.
    """
    # The sign keeps the planner from the index by time, which would read all that ever opened.
    yield "state = 'open' AND +opened_at < :begin", {"begin": begin}
    yield (
        f"opened_at >= :since AND {_LASTS} AND NOT ({_IS_LONG})",
        {"since": begin - SHORT, "begin": begin},
    )
    for number, most in enumerate((*_CLASSES, None), 1):
        condition = (
            f"{_CLASS} = :class AND {_IS_LONG} AND opened_at < :begin AND ended_at >= :begin"
        )
        values: dict[str, object] = {"class": number, "begin": begin}
        if most is not None:
            condition += " AND opened_at >= :since"
            values["since"] = begin - most
        yield condition, values
