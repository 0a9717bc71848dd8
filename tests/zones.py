"""Time zones that tests of the clock go through, and when their clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from triage.core.model import DAY

ZONES = (
    "UTC",
    "Africa/Cairo",  # at midnight, and not in every year
    "Africa/Casablanca",  # back for Ramadan
    "America/Asuncion",
    "America/Caracas",  # by half an hour, twice
    "America/Havana",  # midnight comes twice
    "America/New_York",
    "America/Nuuk",  # on the evening before: 22:00, later 23:00
    "America/Santiago",  # at midnight
    "America/Sao_Paulo",  # at midnight, until 2019
    "America/Scoresbysund",  # at midnight, later at 23:00
    "America/St_Johns",  # half an hour beside the others; at 00:01 until 2011
    "Antarctica/Casey",  # by three hours
    "Antarctica/Troll",  # by two hours
    "Asia/Beirut",  # at midnight
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Australia/Lord_Howe",  # by half an hour
    "Australia/Sydney",
    "Europe/Dublin",  # summer is the standard time
    "Europe/Madrid",
    "Europe/Volgograd",
    "Pacific/Apia",  # 2011-12-30 never was
    "Pacific/Chatham",
    "Pacific/Fakaofo",  # 2011-12-30 never was
    "Pacific/Kiritimati",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)


def ms(text: str) -> int:
    """UTC ms of an ISO time with an offset."""
    return (datetime.fromisoformat(text) - EPOCH) // MS


def utc(at: int) -> datetime:
    """The moment as an aware datetime."""
    return EPOCH + at * MS


def wall(at: int, zone: str) -> datetime:
    """What the clock on the wall shows, with the zone."""
    return utc(at).astimezone(ZoneInfo(zone))


def bare_wall(at: int, zone: str) -> datetime:
    """The same without the zone."""
    return wall(at, zone).replace(tzinfo=None)


FIRST, LAST = ms("1995-01-01T00:00Z"), ms("2035-12-31T00:00Z")
"""The years that are gone through."""


@lru_cache
def changes(zone: str) -> tuple[int, ...]:
    """The moments at which a zone's clock changes: the three weeks in which it does are halved.

    It never changes twice in so short a time, but to and fro for Ramadan, in four weeks or more.
    """
    offsets = [(at, _offset(at, zone)) for at in range(FIRST, LAST, 21 * DAY)]
    found = []
    for (before, old), (after, new) in pairwise(offsets):
        if old == new:
            continue
        low, high = before, after
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(middle, zone) == old else (low, middle)
        found.append(high)
    return tuple(found)


def _offset(at: int, zone: str) -> timedelta | None:
    return wall(at, zone).utcoffset()
