"""What a manager should know and do: at most a handful of sentences, most pressing first.

Each is about something that one can act on, and names the command to begin with. They follow from
the figures alone: the same report gives the same advice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from triage.core.kinds import DAY, HOUR
from triage.core.queue import short_span
from triage.core.report.local import LocalTime
from triage.core.report.model import Advice, Report
from triage.core.report.patterns import concentration, rising, stretch_of_misses
from triage.core.report.period import Period, spelled
from triage.core.report.rows import WaitRow
from triage.core.report.tally import ids_of, is_overdue

MOST = 6
"""So many pieces of advice are given."""
_FEW = 3
"""Less than this shows nothing."""
_WORSE, _OFTEN, _FAILED = 1, 3, 1
"""Tenths: of the share within SLA, of what happens, and of the fetches."""
_TENTHS = 10
_SLOW_S = 1800
_MS = 1000
_PLURALS = {
    "complaint": "complaints",
    "question": "questions",
    "praise": "praise",
    "other": "other mentions",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What advice follows from.

    Attributes:
        report: The figures.
        waits: Those that opened in the period.
        missed: Those of them that were answered too late or are overdue.
        carried: Waits that had opened before it and ended in it, later or not yet.
        local: Days and hours of the period.
        only: Handles of the accounts that it is about; empty for all.
    """

    report: Report
    waits: Sequence[WaitRow]
    missed: Sequence[WaitRow]
    carried: Sequence[WaitRow]
    local: LocalTime
    only: Sequence[str] = ()

    @property
    def waiting(self) -> list[WaitRow]:
        """Who waits now: of the period and of the time before it."""
        return [wait for wait in (*self.carried, *self.waits) if wait.ended_at is None]

    @property
    def overdue(self) -> list[WaitRow]:
        """Those of them who are past their due time."""
        return [wait for wait in self.waiting if is_overdue(wait, self.report.as_of_at)]

    def again(self, options: str) -> str:
        """A report of the same period with other options."""
        report = self.report
        if report.to_at == report.as_of_at:
            for unit, letter in ((DAY, "d"), (HOUR, "h")):
                whole, rest = divmod(report.to_at - report.from_at, unit)
                if not rest:
                    return f"report --since {whole}{letter} {options}"
        period = Period(report.from_at, report.to_at)
        return f"report {spelled(period, ZoneInfo(report.zone))} {options}"

    def from_before(self, waits: Sequence[WaitRow]) -> str:
        """How many of some waits are older than the period, in words; empty if none is."""
        older = sum(wait.opened_at < self.report.from_at for wait in waits)
        if older == len(waits):
            return ", from before the period"
        return f", {older} of them from before the period" if older else ""


def advice_of(asked: Asked) -> list[Advice]:
    """What is to be said of a report."""
    said = [advice for part in _PARTS if (advice := part(asked)) is not None]
    found = (said or [Advice(_all_is_well(asked.report))])[:MOST]
    only = "".join(f" --account {handle}" for handle in asked.only)
    return [replace(one, command=one.command and f"{one.command}{only}") for one in found]


def _overdue(asked: Asked) -> Advice | None:
    now, late = asked.report.as_of_at, asked.overdue
    if not late:
        return None
    longest = short_span(max(now - (wait.due_at or now) for wait in late))
    before = asked.from_before(late)
    if len(late) == 1:
        what = f"1 person is overdue{before}; they wait {longest} longer than promised."
    else:
        what = (
            f"{len(late)} people are overdue{before}; the longest waits {longest} longer than "
            "promised."
        )
    do = "Answer them first: the most overdue are on top."
    return Advice(what, do, "queue --overdue", ids_of(late))


def _waiting(asked: Asked) -> Advice | None:
    waiting = asked.waiting
    if not waiting or asked.overdue:
        return None
    who = "1 person still waits" if len(waiting) == 1 else f"{len(waiting)} people still wait"
    what = f"{who}{asked.from_before(waiting)}; nobody is overdue."
    return Advice(what, "Answer before it is.", "queue", ids_of(waiting))


def _kept_less(asked: Asked) -> Advice | None:
    if asked.report.previous is None:
        return None
    now, was = asked.report.total.waits, asked.report.previous.total.waits
    both = now.judged * was.judged
    # In whole numbers, so that ten points are ten points.
    fallen = was.met * now.judged - now.met * was.judged
    if not both or _TENTHS * fallen < _WORSE * both:
        return None
    return Advice(
        f"{_share(now.met, now.judged)} were answered in time, after "
        f"{_share(was.met, was.judged)} in the period before.",
        "See where it got worse.",
        asked.again("--compare previous --by kind"),
    )


def _kind_missed(asked: Asked) -> Advice | None:
    found = concentration(asked.missed, asked.waits, lambda wait: wait.kind)
    if found is None:
        return None
    kind, late = found
    return Advice(
        f"{_of(len(late), asked.missed)} that were not answered in time were "
        f"{_PLURALS.get(kind, kind)}.",
        "See whom they waited for, and whether the promise can be kept.",
        asked.again("--ids --of missed"),
        ids_of(late),
    )


def _hours_missed(asked: Asked) -> Advice | None:
    found = stretch_of_misses(asked.missed, asked.waits, asked.local)
    if found is None:
        return None
    words, late = found
    return Advice(
        f"{_of(len(late), asked.missed)} that were not answered in time came {words}.",
        "Have somebody at the desk then, or promise less for that time.",
        asked.again("--by hour"),
        ids_of(late),
    )


def _theme(asked: Asked) -> Advice | None:
    found = rising(asked.report.themes)
    if found is None:
        return None
    complaints = _count(found.complaints, "complaint is", "complaints are")
    since = "" if found.before is None else f", after {found.before} in the period before"
    return Advice(
        f"{complaints} about {found.name}{since}.",
        "Find out what is behind it, and tell customers before they ask.",
        asked.again("--by theme"),
        found.ids,
    )


def _closed_hours(asked: Asked) -> Advice | None:
    outside = [hour for hour in asked.report.hours if hour.is_open == 0]
    came = sum(hour.mentions for hour in outside)
    everything = sum(hour.mentions for hour in asked.report.hours)
    if came < _FEW or _TENTHS * came < _OFTEN * everything:
        return None
    busiest = max(outside, key=lambda hour: (hour.mentions, -hour.weekday, -hour.hour))
    return Advice(
        f"{_share(came, everything)} of the mentions came outside the opening hours, most of them "
        f"{_WEEKDAYS[busiest.weekday]} from {busiest.hour:02}:00 to {busiest.hour + 1:02}:00.",
        "See whether somebody should be there then.",
        asked.again("--by hour"),
    )


def _outside(asked: Asked) -> Advice | None:
    waits = asked.report.total.waits
    if waits.outside < _FEW or _TENTHS * waits.outside < _OFTEN * waits.answered:
        return None
    return Advice(
        f"{waits.outside} of {waits.answered} answers were given in other apps, where nobody sees "
        "who is at it.",
        "Answer from the queue, so that nobody is answered twice.",
        "queue",
        ids_of(wait for wait in asked.waits if wait.outside == 1),
    )


def _gaps(asked: Asked) -> Advice | None:
    gaps = asked.report.fetching.gaps
    if not gaps:
        return None
    about = sum(gap.about or 0 for gap in gaps)
    many = f", about {_count(about, 'post', 'posts')}" if about else ""
    where = _count(len(gaps), "stretch of time may", "stretches of time may")
    return Advice(
        f"{where} be missing from what was fetched{many}.",
        "See since when, and import what is missing.",
        "doctor",
    )


def _fetching(asked: Asked) -> Advice | None:
    fetching = asked.report.fetching
    if fetching.failed >= _FEW and _TENTHS * fetching.failed >= _FAILED * fetching.runs:
        what = f"{fetching.failed} of {fetching.runs} fetches failed."
        return Advice(what, "See why.", "doctor")
    lag = fetching.lag
    if lag.n < _FEW or lag.median_s is None or lag.median_s < _SLOW_S:
        return None
    span = short_span(int(lag.median_s * _MS))
    return Advice(
        f"Half of the mentions reached us {span} or later after they were written.",
        "Fetch more often.",
        "schedule print --cron",
    )


def _all_is_well(report: Report) -> str:
    waits = report.total.waits
    # Who began to wait since then is not of this report.
    nobody = "Nobody waits" if report.as_of_at <= report.to_at else "Nobody from then still waits"
    if waits.missed:
        answers = _count(waits.missed, "answer", "answers")
        return f"{nobody}; {answers} came too late."
    if waits.opened:
        return f"{nobody}, and no answer came too late."
    if report.total.mentions:
        return "Nobody who wrote needed an answer."
    return "Nobody wrote in this period."


_PARTS: Sequence[Callable[[Asked], Advice | None]] = (
    _overdue,
    _waiting,
    _kept_less,
    _kind_missed,
    _hours_missed,
    _theme,
    _gaps,
    _fetching,
    _closed_hours,
    _outside,
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _count(many: int, one: str, more: str) -> str:
    return f"{many} {one if many == 1 else more}"


def _of(many: int, all_of_them: Sequence[object]) -> str:
    return f"All {many}" if many == len(all_of_them) else f"{many} of {len(all_of_them)}"


def _share(part: int, whole: int) -> str:
    return f"{part * 100 // whole}%"
