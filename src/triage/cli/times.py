"""Times for people: short, in the zone that the settings name."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from triage.core.kinds import DAY

_zone: tzinfo | None = None


def set_zone(name: str) -> None:
    """Show times in an IANA zone; a name that this machine does not know shows UTC."""
    global _zone  # noqa: PLW0603 - one process, one command
    _zone = _find(name)


@lru_cache(maxsize=8)
def _find(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def local(ms: int) -> datetime:
    """A time in the zone of the settings; the machine's own before they are known."""
    when = datetime.fromtimestamp(ms / 1000, UTC)
    return when.astimezone(_zone)


def clock_time(ms: int) -> str:
    """`14:20`."""
    return f"{local(ms):%H:%M}"


def day_time(ms: int, now: int) -> str:
    """`Fri 10:31` within six days, `3 Oct 10:31` within the year, else with the year."""
    when = local(ms)
    if abs(now - ms) < 6 * DAY:
        return f"{when:%a %H:%M}"
    if abs(now - ms) < 300 * DAY:
        return f"{when.day} {when:%b %H:%M}"
    return f"{when.day} {when:%b %Y}"


def day_or_clock(ms: int, beside: int) -> str:
    """`10:31`, with the day where that is not the day of the other time."""
    when = local(ms)
    same_day = when.date() == local(beside).date()
    return f"{when:%H:%M}" if same_day else f"{when:%a %H:%M}"


def zone_name(ms: int) -> str:
    """The zone's own short name at that time, such as `CET`."""
    return local(ms).tzname() or "UTC"


def moment(ms: int, now: int) -> str:
    """`14:20` if it is today, else with its day, such as `Mon 09:00` or `30 Nov 09:00`."""
    same_day = local(ms).date() == local(now).date()
    return clock_time(ms) if same_day else day_time(ms, now)
