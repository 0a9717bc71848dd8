"""Where it clusters: which kind, which hours and which theme stand out of the rest.

A pattern is at least `FEW` cases, at least half of all, and clearly more than the share that is to
be expected: what everybody writes about all day is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from triage.core.report.local import HOURS, LocalTime
from triage.core.report.model import Theme
from triage.core.report.rows import WaitRow

FEW = 3
_MORE = 1.25
"""So many times its share of all waits is clearly more."""
_STRETCH = 4
"""Hours."""
_RISE = 1.5


def concentration(
    missed: Sequence[WaitRow], waits: Sequence[WaitRow], of: Callable[[WaitRow], str]
) -> tuple[str, list[WaitRow]] | None:
    """The value that most of the missed waits share, with those; None if none stands out.

    Args:
        missed: Waits that were not answered in time.
        waits: All of the period, the missed ones among them.
        of: The value of a wait.
    """
    parts: defaultdict[str, list[WaitRow]] = defaultdict(list)
    for wait in missed:
        parts[of(wait)].append(wait)
    if not parts:
        return None
    value = min(parts, key=lambda name: (-len(parts[name]), name))
    late, usual = parts[value], [of(wait) for wait in waits].count(value)
    return (value, late) if _stands_out(len(late), len(missed), usual, len(waits)) else None


def stretch_of_misses(
    missed: Sequence[WaitRow], waits: Sequence[WaitRow], local: LocalTime
) -> tuple[str, list[WaitRow]] | None:
    """The hours of the day in which most of the missed waits opened, in words, with those."""
    late, usual = _by_hour(missed, local), _by_hour(waits, local)

    def within(first: int, counts: Sequence[int]) -> int:
        return sum(counts[hour] for hour in _stretch(first))

    first = min(range(HOURS), key=lambda hour: (-within(hour, late), hour))
    if not _stands_out(within(first, late), len(missed), within(first, usual), len(waits)):
        return None
    hours = set(_stretch(first))
    found = [wait for wait in missed if local.hour(wait.opened_at) in hours]
    return f"between {first:02}:00 and {(first + _STRETCH) % HOURS:02}:00", found


def _by_hour(waits: Iterable[WaitRow], local: LocalTime) -> list[int]:
    """How many opened in each hour of the day."""
    of_week = local.by_hour([wait.opened_at for wait in waits])
    return [sum(of_week[hour::HOURS]) for hour in range(HOURS)]


def _stretch(first: int) -> list[int]:
    return [(first + more) % HOURS for more in range(_STRETCH)]


def _stands_out(part: int, missed: int, usual: int, waits: int) -> bool:
    """Whether a part of the missed waits is a pattern, given the same part of all waits."""
    return part >= FEW and 2 * part >= missed and part * waits >= _MORE * usual * missed


def rising(themes: Sequence[Theme]) -> Theme | None:
    """The theme that has risen most since the period before; without one, that of most complaints.

    None if it is not that many, or has not risen clearly.
    """
    compared = [theme for theme in themes if theme.before is not None]
    if compared:
        most = max(compared, key=lambda t: (t.complaints - (t.before or 0), t.complaints))
        risen = most.complaints >= max(FEW, _RISE * (most.before or 0))
        return most if risen and most.complaints > (most.before or 0) else None
    first = next(iter(themes), None)
    if first is None or first.complaints < FEW or first.share < 1 / 4:
        return None
    return first
