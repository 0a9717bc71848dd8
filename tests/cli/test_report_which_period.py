"""Which period is meant by what was typed, and what is refused."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from triage.cli.report_period import Typed, chosen
from triage.core.model import DAY, HOUR
from triage.errors import UsageError
from zones import ms

ZONE = ZoneInfo("Europe/Madrid")
NOW = ms("2026-03-31T12:00+02:00")
"""A Tuesday, two days after the clocks went forward."""


@pytest.mark.parametrize(
    ("typed", "begin", "end"),
    [
        (Typed(), "2026-03-24T12:00+02:00", "2026-03-31T12:00+02:00"),
        (Typed(since="36500d"), "1970-01-01T00:00+00:00", "2026-03-31T12:00+02:00"),
        (Typed(since="24h"), "2026-03-30T12:00+02:00", "2026-03-31T12:00+02:00"),
        (Typed(week=True), "2026-03-23T00:00+01:00", "2026-03-30T00:00+02:00"),
        (Typed(week=True, name="last"), "2026-03-23T00:00+01:00", "2026-03-30T00:00+02:00"),
        (Typed(week=True, name="this"), "2026-03-30T00:00+02:00", "2026-04-06T00:00+02:00"),
        (Typed(week=True, name="2026-W10"), "2026-03-02T00:00+01:00", "2026-03-09T00:00+01:00"),
        (Typed(week=True, name="2026-W1"), "2025-12-29T00:00+01:00", "2026-01-05T00:00+01:00"),
        (Typed(month=True), "2026-02-01T00:00+01:00", "2026-03-01T00:00+01:00"),
        (Typed(month=True, name="this"), "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00"),
        (Typed(month=True, name="2025-12"), "2025-12-01T00:00+01:00", "2026-01-01T00:00+01:00"),
        (Typed(name="2026-03"), "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00"),
        (Typed(name="2026-W13"), "2026-03-23T00:00+01:00", "2026-03-30T00:00+02:00"),
        (Typed(name="2026-03-29"), "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00"),
        (Typed(start="2026-03-29"), "2026-03-29T00:00+01:00", "2026-03-31T12:00+02:00"),
        (
            Typed(start="2026-03-29", end="2026-03-29"),
            "2026-03-29T00:00+01:00",
            "2026-03-30T00:00+02:00",
        ),
        (
            Typed(start="2026-03-29T08:30", end="2026-03-29T07:00Z"),
            "2026-03-29T08:30+02:00",
            "2026-03-29T09:00+02:00",
        ),
    ],
)
def test_periods(typed: Typed, begin: str, end: str) -> None:
    """Days, weeks and months are those of the zone; the last ones are over, this one goes on."""
    assert chosen(typed, NOW, ZONE) == (ms(begin), ms(end))


def test_a_day_may_have_23_hours() -> None:
    """The one on which the clocks went forward."""
    day = chosen(Typed(name="2026-03-29"), NOW, ZONE)
    assert day.to_at - day.from_at == 23 * HOUR
    week = chosen(Typed(week=True), NOW, ZONE)
    assert week.to_at - week.from_at == 7 * DAY - HOUR


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (Typed(since="7"), "--since 7: not a span"),
        (Typed(since="7d", start="2026-03-01"), "--since does not go with --from and --to"),
        (Typed(since="7d", week=True), "--since does not go with --week"),
        (Typed(week=True, month=True), "--week does not go with --month"),
        (Typed(end="2026-03-01", month=True), "--from and --to does not go with --month"),
        (Typed(name="2026-03", since="1d"), "--since does not go with PERIOD"),
        (Typed(end="2026-03-01"), "--to needs --from"),
        (Typed(start="yesterday"), "--from yesterday: neither a day nor a time"),
        (Typed(start="2026-13-01"), "--from 2026-13-01: neither a day nor a time"),
        (Typed(start="2026-03-02", end="2026-03-01"), "ends before it begins"),
        (Typed(start="2026-03-02T09:00", end="2026-03-02T09:00"), "ends before it begins"),
        (Typed(start="2026-04-01"), "ends before it begins"),
        (Typed(name="2026-04"), "has not begun yet"),
        (Typed(name="2026-13"), "2026-13: neither a day nor a week nor a month"),
        (Typed(name="march"), "march: neither a day nor a week nor a month"),
        (Typed(name="last"), "last: neither a day nor a week nor a month"),
        (Typed(week=True, name="2026-03"), "2026-03 is not a week"),
        (Typed(week=True, name="2026-03-02"), "2026-03-02 is not a week"),
        (Typed(month=True, name="2026-W10"), "2026-W10 is not a month"),
        (Typed(name="0001-01-01"), "out of reach"),
        (Typed(start="0001-01-01T00:00"), "out of reach"),
        (Typed(start="1969-12-31"), "out of reach"),
        (Typed(start="2026-01-01", end="9999-12-31"), "out of reach"),
        (Typed(start="2026-01-01", end="2027-04-02"), "out of reach"),
    ],
)
def test_refused(typed: Typed, words: str) -> None:
    """What is no period, or two, is said in words that name the flag, with a way out."""
    with pytest.raises(UsageError) as refused:
        chosen(typed, NOW, ZONE)
    assert words in refused.value.message
    assert refused.value.hint


def test_last_and_this_say_how_they_are_meant() -> None:
    """Alone they may be a week or a month."""
    with pytest.raises(UsageError) as refused:
        chosen(Typed(name="this"), NOW, ZONE)
    assert refused.value.hint == "Say --week this or --month this."
