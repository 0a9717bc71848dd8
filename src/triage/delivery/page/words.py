"""How the page says figures, times and names: as the terminal does, in the report's zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from triage.core.report.line import Waits
from triage.core.report.model import Report
from triage.core.report.period import Period, spelled
from triage.core.text import clean, one_line

NOTHING = "none"
"""The name of a line about what has no name: no theme, no language."""
_JOINS = " \N{ZERO WIDTH JOINER}"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def count(number: int) -> str:
    """A count with its thousands apart, such as `1,372`."""
    return f"{number:,}"


def met(waits: Waits) -> str:
    """How many of those that are judged were answered in time, such as `9 of 12`."""
    return f"{count(waits.met)} of {count(waits.judged)}"


def cut(text: str, most: int) -> str:
    """A text of others on one line, no longer than some characters."""
    text = one_line(text)
    # What would join the next character to an emoji has none to join.
    return text if len(text) <= most else f"{text[: most - 1].rstrip(_JOINS)}…"


def ids(numbers: Sequence[int], most: int = 12) -> str:
    """Conversations as they are typed, such as `#41 #44 and 3 more`."""
    named = " ".join(f"#{number}" for number in numbers[:most])
    more = len(numbers) - most
    return f"{named} and {more:,} more" if more > 0 else named


def finalized(value: Any) -> Any:  # noqa: ANN401 - whatever a template shows
    """What a template shows of a value: text is cleaned, whoever wrote it."""
    return clean(value) if type(value) is str else value


def day_of(text: str) -> date:
    """A day as the report spells it, such as `2026-03-02`."""
    return date.fromisoformat(text)


def short_day(text: str, *, year: bool = False) -> str:
    """A day such as `2 Mar`, or `2 Mar 2026`."""
    day = day_of(text)
    return f"{day.day} {day:%b %Y}" if year else f"{day.day} {day:%b}"


def long_day(text: str, *, year: bool = False) -> str:
    """A day with its weekday, such as `Mon 2 Mar`, or `Mon 2 Mar 2026`."""
    return f"{day_of(text):%a} {short_day(text, year=year)}"


class Times:
    """Times in the zone of a report."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._zone = _find(report.zone)
        self._year = self._local(report.as_of_at).year

    def _local(self, ms: int) -> datetime:
        return datetime.fromtimestamp(ms / 1000, UTC).astimezone(self._zone)

    def iso(self, ms: int) -> str:
        """A time for machines, such as `2026-03-01T09:30:00+01:00`."""
        return self._local(ms).isoformat(timespec="seconds")

    def moment(self, ms: int) -> str:
        """A time for people, such as `2 Mar 10:07`; with its year if that is another."""
        when = self._local(ms)
        year = "" if when.year == self._year else f" {when.year}"
        return f"{when.day} {when:%b}{year} {when:%H:%M}"

    def full(self, ms: int) -> str:
        """A time with its year, such as `2 Mar 2026 10:07`."""
        when = self._local(ms)
        return f"{when.day} {when:%b %Y %H:%M}"

    def period(self) -> str:
        """The report's period; see `period_of`."""
        return self.period_of(self._report)

    def period_of(self, report: Report) -> str:
        """A period: whole days as days, else with the times."""
        days = self._whole_days(report)
        if days is None:
            return f"{self.full(report.from_at)} to {self.full(report.to_at)}"
        return _days(*days)

    def options(self) -> str:
        """What asks for the same period again, such as `--from 2026-03-01 --to 2026-03-31`."""
        return spelled(Period(self._report.from_at, self._report.to_at), self._zone)

    def _whole_days(self, report: Report) -> tuple[date, date] | None:
        """The first and the last day of a period that holds nothing but whole ones."""
        first, end = self._local(report.from_at), self._local(report.to_at)
        if end <= first or any(when.time() != time() for when in (first, end)):
            return None
        return first.date(), end.date() - timedelta(days=1)


def _days(first: date, last: date) -> str:
    """Whole days, such as `2 to 8 March 2026` or `March 2026`, as short as it is still clear."""
    end = f"{last.day} {last:%B %Y}"
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        whole = first.day == 1 and (last + timedelta(days=1)).day == 1
        return f"{last:%B %Y}" if whole else f"{first.day} to {end}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {end}"
    return f"{first.day} {first:%B %Y} to {end}"


def _find(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # As on the terminal: a zone that this machine does not know is shown as UTC.
        return UTC
