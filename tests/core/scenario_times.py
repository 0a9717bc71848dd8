"""Times as the table of scenarios writes them: by the clock on a wall, in the scenario's zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from triage.config.spans import format_span, parse_span

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TIME = (
    rf"(?:(?:{'|'.join(WEEKDAYS)}) )?(?:\d{{4}}-\d\d-\d\d )?"
    r"\d\d:\d\d(?::\d\d)?(?: (?:#[12]|Z|[+-]\d\d:\d\d))?"
)
"""A time, as part of another expression; it has no groups of its own."""

_TIME = re.compile(
    rf"(?:(?P<day>{'|'.join(WEEKDAYS)}) )?(?:(?P<date>\d{{4}}-\d\d-\d\d) )?"
    r"(?P<clock>\d\d:\d\d(?::\d\d)?)(?: (?P<which>#[12]|Z|[+-]\d\d:\d\d))?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def _utc_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // _MS


class Wall:
    """The clock on a wall in a zone.

    Args:
        zone: IANA name.
    """

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)

    def date_of(self, at: int) -> date:
        """The local date of a time, UTC ms."""
        return self._local(at).date()

    def read(self, text: str, since: date) -> int:
        """Read a time, UTC ms.

        Args:
            text: Such as `Fri 2026-10-23 16:30`, `Mon 09:00`, `16:30`, `Sun 02:30 #2`. Without a
                date it is the first such weekday from `since` on; without a weekday, `since`.
            since: Where to count from.

        Raises:
            ValueError: It is no time, or the wall does not show it, or shows it twice and neither
                `#1` nor `#2` says which, or its weekday is another one.
        """
        found = _TIME.fullmatch(text)
        if found is None:
            raise ValueError(f'"{text}" is no time such as "Fri 2026-10-23 16:30" or "Mon 09:00"')
        wall = datetime.combine(self._date(found, text, since), time.fromisoformat(found["clock"]))
        which = found["which"] or ""
        if which and not which.startswith("#"):
            offset = datetime.fromisoformat(f"2000-01-01T00:00{which}").tzinfo
            return _utc_ms(wall.replace(tzinfo=offset))
        times = self._times(wall)
        if not times:
            raise ValueError(f'"{text}": the clock skips that time')
        if len(times) == 1 and which:
            raise ValueError(f'"{text}": the clock shows that time once; leave out {which}')
        if len(times) > 1 and not which:
            raise ValueError(f'"{text}": the clock shows that time twice; add #1 or #2')
        return times[int(which[1:] or 1) - 1 if which else 0]

    def show(self, at: int) -> str:
        """Write a time in full, such as `Fri 2026-10-23 16:30`."""
        local = self._local(at)
        clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
        times = self._times(local.replace(tzinfo=None))
        which = f" #{times.index(at) + 1}" if len(times) > 1 else ""
        return f"{WEEKDAYS[local.weekday()]} {local:%Y-%m-%d} {clock}{which}"

    def matches(self, at: int, text: str) -> bool:
        """Whether a time is the one that a text means, which may leave out day and date."""
        weekday, day, clock = self.show(at).split(" ", 2)
        words = text.split(" ")
        named = [w for w in words if w in WEEKDAYS or "-" in w]
        rest = " ".join(w for w in words if w not in named)
        return clock == rest and all(w in (weekday, day) for w in named)

    def _local(self, at: int) -> datetime:
        return (_EPOCH + timedelta(milliseconds=at)).astimezone(self.zone)

    def _times(self, wall: datetime) -> list[int]:
        """Every time at which the wall shows this, oldest first."""
        both = {_utc_ms(wall.replace(tzinfo=self.zone, fold=fold)) for fold in (0, 1)}
        return sorted(at for at in both if self._local(at).replace(tzinfo=None) == wall)

    def _date(self, found: re.Match[str], text: str, since: date) -> date:
        if found["date"] is None:
            ahead = WEEKDAYS.index(found["day"]) - since.weekday() if found["day"] else 0
            return since + timedelta(days=ahead % 7)
        day = date.fromisoformat(found["date"])
        if found["day"] not in (None, WEEKDAYS[day.weekday()]):
            raise ValueError(f'"{text}": that is a {WEEKDAYS[day.weekday()]}')
        return day


def read_span(text: str) -> int:
    """Read a span such as `1h30m`, ms. Raises `ValueError`."""
    return parse_span(text)


def show_span(span: int) -> str:
    """Write a span, such as `1h30m`; milliseconds stand behind it."""
    seconds, rest = divmod(span, 1000)
    return f"{format_span(seconds * 1000)}{f' and {rest} ms' if rest else ''}"
