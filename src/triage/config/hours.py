"""Opening hours as people write them: `mon-fri` and `09:00-14:00`. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from triage.core.calendar import DAY_MINUTES, Range, describe_hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAY = "24/7"
HOURS_ARE = 'hours such as "09:00-14:00", or "22:00-06:00" over midnight'
_DAYS_ARE = 'a weekday such as "mon", several such as "mon-fri" or "sat, sun"'
_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|to)\s*(\d{1,2}):(\d{2})")
_MOST_DATES = 366


def read_range(text: str) -> Range:
    """Read one range of hours; an end that is not behind the begin is on the next day.

    Raises:
        ValueError: It is none. The message says what is accepted.
    """
    found = _RANGE.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is not {HOURS_ARE}")
    start_hour, start_minute, end_hour, end_minute = map(int, found.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if start >= DAY_MINUTES or end > DAY_MINUTES or max(start_minute, end_minute) > 59:  # noqa: PLR2004
        raise ValueError(f"{text!r}: there is no such time of day")
    if start == end:
        raise ValueError(f'{text!r} begins when it ends; the whole day is "00:00-24:00"')
    return start, end if end > start else end + DAY_MINUTES


def read_ranges(texts: Sequence[str]) -> tuple[Range, ...]:
    """Read the hours of a day, in order.

    Raises:
        ValueError: One is none, or two of them overlap.
    """
    ranges = sorted(map(read_range, texts))
    for before, after in pairwise(ranges):
        if after[0] < before[1]:
            raise ValueError(f"{describe_hours([before])} and {describe_hours([after])} overlap")
    return tuple(ranges)


def read_days(text: str) -> list[int]:
    """Read weekdays, Monday is 0: `mon`, `mon-fri`, `sat, sun`; `fri-mon` goes over the weekend.

    Raises:
        ValueError: They are none. The message says what is accepted.
    """
    found: list[int] = []
    for part in text.lower().split(","):
        first, dash, last = part.strip().partition("-")
        start = _day(first, text)
        end = _day(last, text) if dash else start
        found += [(start + i) % 7 for i in range((end - start) % 7 + 1)]
    return found


def _day(word: str, text: str) -> int:
    short = word.strip()[:3]
    whole = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    if short not in DAYS or not whole[DAYS.index(short)].startswith(word.strip()):
        raise ValueError(f"{text!r} is not {_DAYS_ARE}")
    return DAYS.index(short)


def read_week(hours: Mapping[str, Sequence[str]] | str) -> tuple[tuple[Range, ...], ...]:
    """Read the hours of a week, Monday first.

    Args:
        hours: Ranges by weekdays, or `24/7`.

    Raises:
        ValueError: Something in it is wrong, a weekday is named twice, or it is never open.
    """
    if isinstance(hours, str):
        if hours.strip() != ALL_DAY:
            raise ValueError(f'{hours!r} is neither "{ALL_DAY}" nor a table of weekdays')
        return (((0, DAY_MINUTES),),) * 7
    week: list[tuple[Range, ...] | None] = [None] * 7
    for days, texts in hours.items():
        ranges = read_ranges(texts)
        for number in read_days(days):
            if week[number] is not None:
                raise ValueError(f"names {DAYS[number]} twice")
            week[number] = ranges
    found = tuple(ranges or () for ranges in week)
    if not any(found):
        raise ValueError("is never open: give at least one weekday hours")
    return found


def read_dates(text: str) -> list[str]:
    """Read a date, or all from one to another (`2026-12-24..2027-01-02`), as ISO dates.

    Raises:
        ValueError: It is none, or more than a year. The message says what is accepted.
    """
    first, dots, last = text.partition("..")
    start = _date(first, text)
    end = _date(last, text) if dots else start
    if end < start:
        raise ValueError(f"{text!r} ends before it begins")
    many = (end - start).days + 1
    if many > _MOST_DATES:
        raise ValueError(f"{text!r} is longer than a year")
    return [(start + timedelta(days=i)).isoformat() for i in range(many)]


def _date(text: str, whole: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        accepted = 'a date such as "2026-12-24", or several as "2026-12-24..2027-01-02"'
        raise ValueError(f"{whole!r} is not {accepted}") from None
