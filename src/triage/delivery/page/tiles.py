"""The figures that a manager reads first, each against the period before, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from triage.core.report.line import Line, Waits
from triage.core.report.model import Report
from triage.core.report.saying import NONE, counted, share, span
from triage.delivery.page import words


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure.

    Attributes:
        value: As it is shown.
        note: What belongs to it.
        change: How it stands against the period before; empty where nothing is compared.
        tone: `better`, `worse` or empty; the change says so in words as well.
        alarm: It asks to be acted on.
    """

    name: str
    value: str
    note: str
    change: str = ""
    tone: str = ""
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class _Change:
    words: str = ""
    tone: str = ""


def tiles(report: Report) -> list[Tile]:
    """The figures in the order in which they matter."""
    now = report.total
    before = _compared(report.previous)
    return [
        _within(now, before),
        _waiting(now.waits),
        _late(now, before),
        _first(now, before),
        _lasting(now, before),
        _mentions(now, before),
        _waits(now, before),
        _without(now.waits),
    ]


def _compared(previous: Report | None) -> Line | None:
    """The period before, if anything happened in it: against nothing, all would be worse."""
    if previous is None or not (previous.total.mentions or previous.total.waits.opened):
        return None
    return previous.total


def _change(
    now: float | None,
    before: float | None,
    say: Callable[[float | None], str],
    *,
    more_is: str = "",
) -> _Change:
    """Against the period before, as far as both have the figure.

    Args:
        now: The figure.
        before: The same, then.
        say: How it is shown; what is shown alike is unchanged.
        more_is: `better` or `worse`; empty for what is neither.
    """
    if now is None or before is None:
        return _Change()
    if say(now) == say(before):
        return _Change(f"unchanged from {say(before)}")
    less_is = {"better": "worse", "worse": "better"}.get(more_is, "")
    tone, way = (more_is, "up") if now > before else (less_is, "down")
    return _Change(f"{tone}: {way} from {say(before)}".removeprefix(": "), tone)


def _counted(value: float | None) -> str:
    return NONE if value is None else words.count(int(value))


def _within(now: Line, before: Line | None) -> Tile:
    waits = now.waits
    earlier = before.waits.within_sla if before else None
    change = _change(waits.within_sla, earlier, share, more_is="better")
    note = words.met(waits) if waits.judged else "nothing was due"
    return Tile("In time", share(waits.within_sla), note, change.words, change.tone)


def _waiting(waits: Waits) -> Tile:
    overdue = f"{words.count(waits.overdue)} overdue" if waits.overdue else "nobody overdue"
    return Tile("Still waiting", words.count(waits.open), overdue, alarm=waits.overdue > 0)


def _late(now: Line, before: Line | None) -> Tile:
    earlier = before.waits.missed if before else None
    change = _change(now.waits.missed, earlier, _counted, more_is="worse")
    note = f"of {counted(now.waits.answered, 'answer')}"
    return Tile("Answered late", words.count(now.waits.missed), note, change.words, change.tone)


def _first(now: Line, before: Line | None) -> Tile:
    seen = now.first.seen
    earlier = before.first.seen.median_s if before else None
    change = _change(seen.median_s, earlier, span, more_is="worse")
    note = f"9 of 10 within {span(seen.p90_s)}" if seen.n else "no first answer"
    return Tile("First answer, median", span(seen.median_s), note, change.words, change.tone)


def _lasting(now: Line, before: Line | None) -> Tile:
    waits = now.waits
    earlier = before.waits.lasting_s if before else None
    change = _change(waits.lasting_s, earlier, span, more_is="worse")
    value = span(waits.lasting_s)
    if waits.lasting_s is None and waits.lasting_from_s is not None:
        value = f"over {span(waits.lasting_from_s)}"
    note = "those still waiting are counted"
    return Tile("Wait, median", value, note, change.words, change.tone)


def _mentions(now: Line, before: Line | None) -> Tile:
    change = _change(now.mentions, before.mentions if before else None, _counted)
    note = f"{counted(now.sent, 'post')} of ours"
    return Tile("Mentions", words.count(now.mentions), note, change.words)


def _waits(now: Line, before: Line | None) -> Tile:
    change = _change(now.waits.opened, before.waits.opened if before else None, _counted)
    outside = f", {words.count(now.waits.outside)} in other apps" if now.waits.outside else ""
    note = f"{words.count(now.waits.answered)} answered{outside}"
    return Tile("Needed an answer", words.count(now.waits.opened), note, change.words)


def _without(waits: Waits) -> Tile:
    note = f"{words.count(waits.dismissed)} dismissed, {words.count(waits.withdrawn)} taken back"
    return Tile("Answered privately", words.count(waits.settled), note)
