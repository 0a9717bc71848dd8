"""The moment that a person means by `2h`, `tomorrow 9:00`, `mon` or `2026-12-01`."""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from triage.core.hours import Calendar
from triage.core.model import DAY, HOUR, MINUTE, SECOND
from triage.errors import UsageError

FURTHEST = 1827 * DAY
"""Five years, of which two may be leap years: whoever means more has mistyped."""
UNDERSTOOD = (
    "Write a span (2h, 90m, 1d12h, 1w), a time (17:30, tomorrow 9:00, mon 14:00), "
    "a day (tomorrow, mon, 2026-12-01) or both (2026-12-01 09:00)."
)

_LONGEST = 64
"""No understood text has more characters."""
_SHOWN = 20
"""So many characters of a text that is refused are repeated."""
_MORNING = time(9)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_ONE_DAY = timedelta(days=1)
_REACH = timedelta(days=7)
"""A date so far in the past, or behind the furthest, is out of reach at any time in any zone."""
_SPAN_UNITS = (7 * DAY, DAY, HOUR, MINUTE, SECOND)
_SPAN = re.compile(" ?".join(rf"(?:(\d+) ?{unit})?" for unit in "wdhms"), re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAY = rf"(?P<day>|[a-z][a-z ]*[a-z]|{_DATE.pattern})"
_CLOCK = r"(?P<clock>\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?)"
_OFFSET = r"(?: ?(?P<offset>z|[+-]\d\d:?\d\d))"
_WHEN = re.compile(rf"{_DAY}(?:(?:^| |(?<=\d)t){_CLOCK}{_OFFSET}?)?", re.ASCII)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_DAY = 3
"""`mon` is Monday, and so are `mond` and `monda`."""


def parse_until(text: str, now: int, zone: str, calendar: Calendar | None = None) -> int:
    """Read until when, in UTC ms.

    Understood, whatever the case and the blanks:

    - a span of clock time: `2h`, `90m`, `1d12h`, `1w`; units go from great to small, each once
    - a time: `17:30` is today's if that is still ahead, else tomorrow's
    - a day: `today`, `tomorrow`, a date such as `2026-12-01`, or a weekday (`mon`, `monday`,
      `next mon`), which is the next one after today and never today
    - a day and a time: `tomorrow 9:00`, `mon 14:00`, `2026-12-01 09:00`, `2026-12-01T09:00`
    - a date and a time with `Z` or an offset: `2026-12-01T09:00+01:00`

    A day without a time is meant from when the calendar opens on it. It is 9:00 where no calendar
    is given, where it stays closed all that day, and where it is open through the midnight before:
    nobody who says "tomorrow" means midnight.

    Without an offset, days and times are those of a clock on the wall in `zone`. What that clock
    skips when it is put forward means the first moment after the gap; what it shows twice when it
    is put back means the first of the two.

    Args:
        text: As it was typed.
        now: UTC ms; the answer is after it.
        zone: IANA name.
        calendar: When the brand is open.

    Raises:
        UsageError: It is not understood, not in the future or more than five years ahead, or this
            machine does not know the zone.
    """
    plain = " ".join(text.lower().split())
    said = repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
    at = None
    if 0 < len(plain) <= _LONGEST:
        at = _after_span(plain, now)
        if at is None:
            at = _moment(plain, now, zone, calendar)
    if at is None:
        raise UsageError(f"{said} is not understood as a time.", hint=UNDERSTOOD)
    if at <= now:
        raise UsageError(f"{said} is not in the future.", hint=UNDERSTOOD)
    if at - now > FURTHEST:
        raise UsageError(f"{said} is more than five years ahead.", hint=UNDERSTOOD)
    return at


MOMENTS = 'Write "now", a date (2026-12-01), a time of today (17:30), or both (2026-12-01 09:00).'


def parse_moment(text: str, now: int, zone: str) -> int:
    """Read a moment that may be past, in UTC ms.

    Understood are `now`, `today`, `tomorrow`, `yesterday`, a date, a time of today, a day with a
    time, and a date and time with `Z` or an offset. A day without a time is its midnight. Wall
    times are taken as by `parse_until`.

    Raises:
        UsageError: It is not understood, or this machine does not know the zone.
    """
    plain = " ".join(text.lower().split())
    found = _WHEN.fullmatch(plain) if 0 < len(plain) <= _LONGEST else None
    if plain == "now":
        return now
    if found is not None:
        where = _zone(zone)
        today = _local(now, where).date()
        day = _day(found["day"], today)
        if found["day"] == "yesterday":
            day = today - _ONE_DAY
        elif _DATE.fullmatch(found["day"]):
            day = _date_in_reach(found["day"])
        clock = _clock(found["clock"] or "0:00", found["offset"])
        if day is not None and clock is not None:
            return _instant(day, clock, where)
    said = repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
    raise UsageError(f"{said} is not understood as a time.", hint=MOMENTS)


def at_wall(wall: datetime, zone: str) -> int:
    """The moment at which a clock on the wall in a zone shows a time, UTC ms.

    What that clock skips and what it shows twice are taken as by `parse_until`.

    Args:
        wall: Without a zone.
        zone: IANA name.

    Raises:
        UsageError: This machine does not know the zone.
    """
    return _instant(wall.date(), wall.time(), _zone(zone))


def wall_at(at: int, zone: str) -> datetime:
    """What a clock on the wall in a zone shows at a moment (UTC ms); with its zone.

    Raises:
        UsageError: This machine does not know the zone.
    """
    return _local(at, _zone(zone))


def _date_in_reach(text: str) -> date | None:
    """A date of a year that UTC has on both sides."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if MINYEAR < day.year < MAXYEAR else None


def _after_span(plain: str, now: int) -> int | None:
    found = _SPAN.fullmatch(plain)
    if not found:
        return None
    counts = found.groups(default="0")
    return now + sum(int(n) * unit for n, unit in zip(counts, _SPAN_UNITS, strict=True))


def _moment(plain: str, now: int, zone: str, calendar: Calendar | None) -> int | None:
    """The moment of a day, a time or both; None where it is neither."""
    found = _WHEN.fullmatch(plain)
    if not found:
        return None
    where = _zone(zone)
    today = _local(now, where).date()
    day = _day(found["day"], today)
    clock = _clock(found["clock"], found["offset"])
    wrong_clock = clock is None and found["clock"]
    wrong_offset = found["offset"] and not _DATE.fullmatch(found["day"])
    if day is None or wrong_clock or wrong_offset:
        return None
    if clock is None:
        return _opening(day, where, calendar)
    at = _instant(day, clock, where)
    while at <= now and not found["day"]:
        day += _ONE_DAY
        at = _instant(day, clock, where)
    return at


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise UsageError(
            f"This machine does not know the time zone {name!r}.", hint="Write a span such as 2h."
        ) from None


def _day(words: str, today: date) -> date | None:
    """The day that is meant; one far out of reach becomes another that is as well."""
    if words in {"", "today"}:
        return today
    if words == "tomorrow":
        return today + _ONE_DAY
    if _DATE.fullmatch(words):
        try:
            day = date.fromisoformat(words)
        except ValueError:
            return None
        # The years 1 and 9999 have days whose UTC cannot be told.
        return min(max(day, today - _REACH), today + FURTHEST * _MS + _REACH)
    name = words.removeprefix("next ")
    for number, weekday in enumerate(_WEEKDAYS):
        if len(name) >= _SHORTEST_DAY and weekday.startswith(name):
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    return None


def _clock(text: str | None, offset: str | None) -> time | None:
    """A time of day, with its offset if there is one."""
    if text is None:
        return None
    hour, _, rest = text.partition(":")
    try:
        return time.fromisoformat(f"{hour:0>2}:{rest}{(offset or '').upper()}")
    except ValueError:
        return None


def _opening(day: date, zone: ZoneInfo, calendar: Calendar | None) -> int:
    """When the calendar opens on a day, or the morning."""
    midnight, next_midnight = (_instant(d, time(), zone) for d in (day, day + _ONE_DAY))
    if calendar is not None:
        opens = calendar.next_open(midnight)
        goes_on = opens == midnight and calendar.is_open(midnight - 1)
        if opens < next_midnight and not goes_on:
            return opens
    return _instant(day, _MORNING, zone)


def _local(at: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + at * _MS).astimezone(zone)


def _instant(day: date, clock: time, zone: ZoneInfo) -> int:
    """UTC ms of a time of day; in `zone` unless the time brings its own offset."""
    wall = datetime.combine(day, clock)
    if clock.tzinfo is not None:
        return (wall - _EPOCH) // _MS
    # Within a gap, fold 0 counts with the offset before it, which is later, and fold 1 with the
    # one behind it. Where a time comes twice fold 0 is the first; else both are the same.
    low, high = ((wall.replace(tzinfo=zone, fold=fold) - _EPOCH) // _MS for fold in (1, 0))
    if low >= high:
        return high
    moments = range(low, high)
    return low + bisect_left(moments, wall, key=lambda at: _local(at, zone).replace(tzinfo=None))
