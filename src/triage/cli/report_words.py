"""What the screens and the Markdown of a report say in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from triage.cli import times
from triage.core.report.line import Dimension, Waits
from triage.core.report.model import Report, Turn
from triage.core.report.saying import span

ALL = "all"
_ONE_DAY = timedelta(days=1)
_NOBODY = {
    Dimension.AGENT: "other apps",
    Dimension.CUSTOMER: "unknown",
    Dimension.THEME: "no theme",
    Dimension.ACCOUNT: "unknown",
    Dimension.LANGUAGE: "unknown",
    Dimension.POLICY: "no policy",
}


def lasting(waits: Waits) -> str:
    """The median with those who still wait; `over 3h` while more than half of them do."""
    if waits.lasting_s is None and waits.lasting_from_s is not None:
        return f"over {span(waits.lasting_from_s)}"
    return span(waits.lasting_s)


def key_words(key: str, by: Dimension) -> str:
    """What a line is about, for people."""
    if key == ALL:
        return key
    if not key:
        return _NOBODY.get(by, "unknown")
    if by is Dimension.HOUR:
        return f"{int(key):02}:00"
    if by is Dimension.DAY:
        return day_words(key)
    return f"@{key}" if by in {Dimension.CUSTOMER, Dimension.ACCOUNT} else key


def day_words(text: str) -> str:
    """`Mon 2 Mar`."""
    day = date.fromisoformat(text)
    return f"{day:%a} {day.day} {day:%b}"


def period_words(report: Report) -> str:
    """`2 to 8 Mar 2026`; with times where it is not of whole days, and `so far` if it goes on."""
    begin, end = times.local(report.from_at), times.local(report.to_at)
    if is_midnight(report.from_at) and is_midnight(report.to_at):
        words = _days(begin.date(), end.date() - _ONE_DAY)
    else:
        words = f"{_date(begin.date())} {begin:%H:%M} to {_date(end.date())} {end:%H:%M}"
    return f"{words}, so far" if report.as_of_at < report.to_at else words


def is_midnight(at: int) -> bool:
    """Whether a day begins then, also where the clock leaps over midnight."""
    from triage.core.report.period import day_of, midnight

    zone = times.local(at).tzinfo
    return zone is not None and midnight(day_of(at, zone), zone) == at


def _days(first: date, last: date) -> str:
    if first == last:
        return f"{first:%a} {_date(first)}"
    if first.day == (last + _ONE_DAY).day == 1 and first.month == last.month:
        return f"{first:%B %Y}"
    begin = _date(first)
    if first.year == last.year:
        begin = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
    return f"{begin} to {_date(last)}"


def _date(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def ended_words(waits: Waits) -> str:
    """How waits ended without an answer of ours here; empty if none did."""
    parts = [
        (waits.outside, "answered outside"),
        (waits.settled, "settled"),
        (waits.dismissed, "dismissed"),
        (waits.withdrawn, "taken back"),
    ]
    return ", ".join(f"{count:,} {words}" for count, words in parts if count)


def not_in_time(waits: Waits) -> int:
    """How many were answered too late or are overdue."""
    return waits.missed + waits.overdue


def returns_words(report: Report) -> str:
    """Who waited again, and whose words turned; empty if nobody's did."""
    parts = []
    if report.reopened:
        parts.append(f"{len(report.reopened):,} waited again")
    for before, after in (("complaint", "praise"), ("praise", "complaint")):
        count = len(turns(report.turned, before))
        if count:
            parts.append(f"{count:,} turned to {after}")
    return ", ".join(parts)


def turns(turned: Sequence[Turn], before: str) -> list[Turn]:
    """Those that turned from this kind."""
    return [turn for turn in turned if turn.before == before]
