"""What a month costs: sums, the pace, and how far it is to the cap. Months and days are UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from triage.core.kinds import HOUR
from triage.core.usage import Tally

CAPPED = "cost_capped"
"""The store's mark of the month in which the cap stopped reads."""

WARNED = "cost_warned"
"""The store's mark of the month in which somebody was warned."""

_WARN_PERCENT = 80
_RESERVE_PERCENT = 2
_SHORTEST_PACE = 6 * HOUR
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class By(StrEnum):
    """How costs are split."""

    ENDPOINT = "endpoint"
    ACCOUNT = "account"
    DAY = "day"


class UsageRow(NamedTuple):
    """One account, one UTC day, one line of the books."""

    account: str
    day: str
    line: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Month:
    """What a month came to so far.

    Attributes:
        month: Such as `2026-11`.
        lines: By what was asked for: days in order, else the dearest first.
        total: All of them.
        projected: What it will come to at this pace, millionths of a dollar; None where it is too
            early to tell, or over.
        cap: Millionths of a dollar; None without one.
    """

    month: str
    lines: Mapping[str, Tally]
    total: Tally
    projected: int | None
    cap: int | None

    @property
    def share(self) -> int | None:
        """How much of the cap is used, in whole percent, cut; None without a cap."""
        return None if self.cap is None else percent(self.total.micros, self.cap)


def percent(spent: int, cap: int) -> int:
    """How much of a cap is used, in whole percent, cut: 99.9 is not all of it."""
    return 100 if cap <= 0 else spent * 100 // cap


def is_capped(spent: int, cap: int | None, *, for_reply: bool = False) -> bool:
    """Whether reads stop; those that a reply needs have a fiftieth of the cap more."""
    if cap is None:
        return False
    return spent >= (cap + cap * _RESERVE_PERCENT // 100 if for_reply else cap)


def is_near(spent: int, cap: int | None) -> bool:
    """Whether so much of a cap is used that somebody should be told."""
    return cap is not None and percent(spent, cap) >= _WARN_PERCENT


def day_of(at: int) -> str:
    """The UTC day of a time, such as `2026-11-28`."""
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()


def month_of(at: int) -> str:
    """The UTC month of a time, such as `2026-11`."""
    return day_of(at)[: len("2026-11")]


def is_month(text: str) -> bool:
    """Whether a text names a month."""
    return _MONTH.fullmatch(text) is not None


def begin_of(day: str) -> int:
    """When a UTC day begins, UTC ms."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def end_of(month: str) -> int:
    """When a month ends and the next begins, UTC ms."""
    year, number = map(int, month.split("-"))
    following = f"{year + number // 12:04}-{number % 12 + 1:02}-01"
    return begin_of(following)


def sum_up(rows: Sequence[UsageRow], month: str, by: By, now: int, cap: int | None = None) -> Month:
    """Put the rows of a month together."""
    lines: dict[str, Tally] = {}
    total = Tally()
    for row in rows:
        key = {By.ENDPOINT: row.line, By.ACCOUNT: f"@{row.account}", By.DAY: row.day}[by]
        lines[key] = lines.get(key, Tally()).plus(row.tally)
        total = total.plus(row.tally)
    first = min((row.day for row in rows), default=None)
    projected = None if first is None else project(total.micros, begin_of(first), month, now)
    ordered = sorted(lines.items())
    if by is not By.DAY:
        ordered.sort(key=lambda line: -line[1].micros)
    return Month(month, dict(ordered), total, projected, cap)


def project(spent: int, since: int, month: str, now: int) -> int | None:
    """What a month will come to if the rest of it is like what was since a time.

    None for a month that is not now, and before six hours have passed.
    """
    passed = now - since
    if month_of(now) != month or passed < _SHORTEST_PACE:
        return None
    return spent + spent * (end_of(month) - now) // passed
