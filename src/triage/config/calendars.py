"""`[calendar.NAME]`: when somebody is there to answer. Imports pydantic."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, StrictStr, field_validator

from triage.config.hours import read_dates, read_ranges, read_week
from triage.config.public_holidays import holidays_of
from triage.config.table import Table, read_zone
from triage.core.calendar import Day, Range, WeeklyCalendar

_NAME_MAX = 100
_HOURS = tuple[StrictStr, ...]


def _by_weekday(value: object) -> object:
    """Hours of a week; a single range may be written without brackets."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        days = {day: [hours] if isinstance(hours, str) else hours for day, hours in value.items()}
        ranges = [hours for hours in days.values() if isinstance(hours, list)]
        if len(ranges) == len(days) and all(isinstance(r, str) for some in ranges for r in some):
            return days
    raise ValueError('must be hours by weekday, such as { mon-fri = ["09:00-18:00"] }, or "24/7"')


_Week = Annotated[dict[StrictStr, _HOURS] | StrictStr, BeforeValidator(_by_weekday)]


class SpecialTable(Table):
    """`[[calendar.NAME.special]]`: dates with hours of their own."""

    date: StrictStr
    hours: _HOURS = ()
    name: StrictStr = ""

    @field_validator("date")
    @classmethod
    def _dates(cls, value: str) -> str:
        read_dates(value)
        return value

    @field_validator("hours")
    @classmethod
    def _ranges(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        read_ranges(value)
        return value

    @field_validator("name")
    @classmethod
    def _short(cls, value: str) -> str:
        if len(value) > _NAME_MAX or not value.isprintable():
            raise ValueError(f"must be at most {_NAME_MAX} printable characters")
        return value.strip()


class CalendarTable(Table):
    """`[calendar.NAME]`: hours by weekday, in a zone, less holidays and days off."""

    time_zone: Annotated[StrictStr, BeforeValidator(read_zone)] | None = None
    hours: _Week
    holidays: _HOURS = ()
    closed: _HOURS = ()
    special: tuple[SpecialTable, ...] = ()

    @field_validator("hours")
    @classmethod
    def _week(cls, value: dict[str, tuple[str, ...]] | str) -> dict[str, tuple[str, ...]] | str:
        read_week(value)
        return value

    @field_validator("closed")
    @classmethod
    def _dates(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for dates in value:
            read_dates(dates)
        return value

    def calendar(self, name: str, time_zone: str) -> WeeklyCalendar:
        """The calendar; a special day wins over a day off, and that over a public holiday.

        Args:
            name: What it is called.
            time_zone: That of the configuration, for one that says none.

        Raises:
            ValueError: A country or region is not known; the message says what is.
        """
        days: dict[str, Day] = {}
        for code in self.holidays:
            days |= {date: Day(called) for date, called in holidays_of(code).items()}
        for dates in self.closed:
            days |= {date: Day("closed that day") for date in read_dates(dates)}
        for special in self.special:
            hours: tuple[Range, ...] = read_ranges(special.hours)
            days |= {date: Day(special.name, hours) for date in read_dates(special.date)}
        return WeeklyCalendar(name, self.time_zone or time_zone, read_week(self.hours), days)
