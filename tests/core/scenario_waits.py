"""Waits and the stretches of their clocks, as lines that a support manager can read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from core.scenario_events import AGENTS, Mistake
from core.scenario_times import TIME, Wall, read_span, show_span
from triage.core.explaining import Explanation, Step
from triage.core.holds import HoldState, Stop, stops_of
from triage.core.hours import Calendar
from triage.core.kinds import Kind, WaitState
from triage.core.queue import Sla, Waiting

_STATES = {
    Sla.OVERDUE: "overdue",
    Sla.DUE_SOON: "due soon",
    Sla.DUE: "in time",
    Sla.PAUSED: "paused",
    Sla.NONE: "no promise",
}


class WaitLine(NamedTuple):
    """A wait as a line of the table tells it. Times are UTC ms, spans ms.

    Attributes:
        due: When; `never` where nothing is promised, `unknown` while a pause lasts.
        due_by: When the post was written that demands the due time.
        by: The agent who ended it, `outside`, or empty.
        met: None where that is not measured.
        promised: How much open time the policy gives.
        counted: How much of it passed, from the post that demands it to the end, or to the look.
        settings: Which promises judged it.
        standing: How an open wait stands at the look.
        rests: How it rests at the look, and until when.
        warned_at: From when on it is due soon; None is not compared.
        known_at: When its first post was fetched; None is not compared.
    """

    customer: str
    kind: Kind
    opened_at: int
    due: int | str
    due_by: int
    state: WaitState
    ended_at: int | None
    by: str
    met: bool | None
    policy: str
    promised: int | None
    counted: int | None
    mentions: int
    settings: str
    standing: str
    rests: tuple[HoldState, int | None] | None
    warned_at: int | None = None
    known_at: int | None = None

    def like(self, other: WaitLine) -> WaitLine:
        """Itself, without what another one leaves out."""
        return self._replace(
            warned_at=None if other.warned_at is None else self.warned_at,
            known_at=None if other.known_at is None else self.known_at,
        )

    def show(self, wall: Wall) -> str:
        """In the words of the table, nothing left out."""
        due = self.due if isinstance(self.due, str) else wall.show(self.due)
        words = [
            f"{self.customer}'s {self.kind.value}",
            f"opened {wall.show(self.opened_at)}",
            f"due {due}" + self._by_post(wall),
            self.state.value + ("" if self.ended_at is None else f" {wall.show(self.ended_at)}"),
            self.by,
            {True: "met", False: "missed", None: ""}[self.met],
            f"policy {self.policy} {show_span(self.promised)}" if self.promised is not None else "",
            "" if self.counted is None else f"counted {show_span(self.counted)}",
            f"{self.mentions} mention(s)",
            self.standing,
            "" if self.rests is None else _show_rest(self.rests, wall),
            f"settings {self.settings}",
            "" if self.warned_at is None else f"warned {wall.show(self.warned_at)}",
            "" if self.known_at is None else f"known {wall.show(self.known_at)}",
        ]
        return ", ".join(filter(None, words))

    def _by_post(self, wall: Wall) -> str:
        by_another = self.due_by != self.opened_at
        return f" by the post of {wall.show(self.due_by)}" if by_another else ""


def _show_rest(rests: tuple[HoldState, int | None], wall: Wall) -> str:
    return f"rests {rests[0]} until " + ("a reply" if rests[1] is None else wall.show(rests[1]))


class StepLine(NamedTuple):
    """A stretch of a clock as a line of the table tells it."""

    start_at: int
    end_at: int
    said: str

    def show(self, wall: Wall) -> str:
        """In the words of the table."""
        return f"{wall.show(self.start_at)} to {wall.show(self.end_at)}: {self.said}"


# What a program found, in the words of the table.


def told(customer: str, found: Explanation, settings: str, looked_at: int | None) -> WaitLine:
    """Tell a wait as the table does.

    Args:
        customer: Who waits.
        found: The wait, explained.
        settings: The name of what judged it.
        looked_at: When it is looked at, UTC ms, or None.
    """
    wait = found.wait
    stops = stops_of(found.periods, found.policy.pauses)
    until = looked_at if wait.ended_at is None else wait.ended_at
    counted = None
    if wait.promised is not None and until is not None:
        counted = _run_time(found.calendar, found.mention.posted_at, until, stops)
    agent = wait.agent or ("outside" if wait.outside else "")
    return WaitLine(
        customer=customer,
        kind=wait.kind,
        opened_at=wait.opened_at,
        due=wait.due_at or ("unknown" if wait.needs_answer else "never"),
        due_by=found.mention.posted_at,
        state=wait.state,
        ended_at=wait.ended_at,
        by=agent,
        met=wait.is_met,
        policy=wait.policy,
        promised=wait.promised,
        counted=counted,
        mentions=wait.mentions,
        settings=settings,
        standing=_standing(found, looked_at),
        rests=_rests(found, looked_at),
        warned_at=wait.warn_at,
        known_at=wait.fetched_at,
    )


def waiting(found: Explanation) -> Waiting:
    """The wait as the queue has it."""
    w = found.wait
    hold = w.hold.value if w.hold else None
    return Waiting(
        0, 0, w.kind, 0, w.opened_at, w.due_at, w.warn_at, w.needs_answer, hold, w.hold_until
    )


def _run_time(calendar: Calendar, start_at: int, end_at: int, stops: Sequence[Stop]) -> int:
    """How much open time passed in an interval in which the clock did not stand, ms."""
    stood = sum(
        calendar.between(max(start_at, a), end_at if b is None else min(end_at, b))
        for a, b in stops
        if a < end_at and (b is None or b > start_at)
    )
    return calendar.between(start_at, end_at) - stood


def _standing(found: Explanation, looked_at: int | None) -> str:
    if looked_at is None or found.wait.state is not WaitState.OPEN:
        return ""
    return _STATES[waiting(found).sla(looked_at)]


def _rests(found: Explanation, looked_at: int | None) -> tuple[HoldState, int | None] | None:
    hold, until = found.wait.hold, found.wait.hold_until
    if hold is None or (looked_at is not None and not waiting(found).rests(looked_at)):
        return None
    return hold, until


def told_steps(found: Explanation) -> list[StepLine]:
    """Tell the stretches of a clock as the table does."""
    return [StepLine(s.start_at, s.end_at, _said(s)) for s in found.steps]


def _said(step: Step) -> str:
    if step.counts:
        return f"counts {show_span(step.span)}" + (f", {step.why}" if step.why else "")
    return f"stands, {step.why}" if step.rests else step.why


# What the table says.

_UNSAID: Mapping[str, Any] = {
    "ended_at": None,
    "by": "",
    "met": None,
    "policy": "",
    "promised": None,
    "counted": None,
    "mentions": 1,
    "standing": "",
    "rests": None,
}
"""What a line means where it says nothing."""
_WAIT = re.compile(r"(?P<customer>\w+)'s (?P<kind>complaint|question|other|praise)")


class WaitReader:
    """Reads lines of `waits`.

    Args:
        wall: The clock by which they tell the time.
        first: The date on which the scenario begins.
        looked: Whether the waits are looked at.
        settings: The promises at the beginning.
    """

    def __init__(self, wall: Wall, first: date, *, looked: bool, settings: str) -> None:
        self.wall = wall
        self.first = self.since = first
        self.looked = looked
        self.settings = settings
        self.values: dict[str, Any] = {}

    def read(self, text: str) -> WaitLine:
        """Read a line. Raises `ValueError`."""
        head, *parts = text.split(", ")
        found = _WAIT.fullmatch(head)
        if found is None:
            raise ValueError(f'"{head}" is not like "ana\'s complaint"')
        self.since = self.first
        self.values = {
            **_UNSAID,
            "settings": self.settings,
            "customer": found["customer"],
            "kind": Kind(found["kind"]),
        }
        for part in parts:
            self._take(part)
        for needed in ("opened_at", "due", "state"):
            if needed not in self.values:
                raise ValueError(f"it does not say {needed.removesuffix('_at')}")
        self.values.setdefault("due_by", self.values["opened_at"])
        wait = WaitLine(**self.values)
        if (wait.state is WaitState.OPEN and self.looked) != bool(wait.standing):
            raise ValueError('how it stands ("overdue" and so on) is for open waits at a look')
        return wait

    def _take(self, part: str) -> None:
        for pattern, take in _WAIT_PARTS:
            found = pattern.fullmatch(part)
            if found is not None:
                take(self, found)
                return
        raise ValueError(f'"{part}" is not understood')

    def _at(self, text: str) -> int:
        return self.wall.read(text, self.since)

    def _opened(self, found: re.Match[str]) -> None:
        self.values["opened_at"] = self._at(found[1])
        self.since = self.wall.date_of(self.values["opened_at"])

    def _due(self, found: re.Match[str]) -> None:
        words = found[1]
        self.values["due"] = words if words in ("never", "unknown") else self._at(words)
        if found[2]:
            self.values["due_by"] = self._at(found[2])

    def _state(self, found: re.Match[str]) -> None:
        self.values["state"] = WaitState(found["state"])
        if found["at"]:
            self.values["ended_at"] = self._at(found["at"])
        self.values["by"] = found["agent"] or found["outside"] or ""

    def _met(self, found: re.Match[str]) -> None:
        self.values["met"] = found[0] == "met"

    def _policy(self, found: re.Match[str]) -> None:
        self.values |= {"policy": found[1], "promised": read_span(found[2])}

    def _counted(self, found: re.Match[str]) -> None:
        self.values["counted"] = read_span(found[1])

    def _mentions(self, found: re.Match[str]) -> None:
        self.values["mentions"] = int(found[1])

    def _settings(self, found: re.Match[str]) -> None:
        self.values["settings"] = found[1]

    def _standing(self, found: re.Match[str]) -> None:
        self.values["standing"] = found[0]

    def _rests(self, found: re.Match[str]) -> None:
        until = None if found[2] == "a reply" else self._at(found[2])
        self.values["rests"] = (HoldState(found[1]), until)

    def _warned(self, found: re.Match[str]) -> None:
        self.values["warned_at"] = self._at(found[1])

    def _known(self, found: re.Match[str]) -> None:
        self.values["known_at"] = self._at(found[1])


_ENDED = "answered|dismissed|settled|withdrawn"
_BY = rf"(?: by (?P<agent>{'|'.join(AGENTS)})| (?P<outside>outside))?"
_WAIT_PARTS: Sequence[tuple[re.Pattern[str], Callable[[WaitReader, re.Match[str]], None]]] = [
    (re.compile(pattern), take)
    for pattern, take in (
        (rf"opened ({TIME})", WaitReader._opened),
        (rf"due (never|unknown|{TIME})(?: by the post of ({TIME}))?", WaitReader._due),
        (rf"(?P<state>open|{_ENDED})(?: (?P<at>{TIME}))?{_BY}", WaitReader._state),
        ("met|missed", WaitReader._met),
        (r"policy (.+) (\S+)", WaitReader._policy),
        (r"counted (\S+)", WaitReader._counted),
        (r"(\d+) mentions", WaitReader._mentions),
        (r"settings (.+)", WaitReader._settings),
        ("|".join(_STATES.values()), WaitReader._standing),
        (rf"rests ({'|'.join(HoldState)}) until (a reply|{TIME})", WaitReader._rests),
        (rf"warned ({TIME})", WaitReader._warned),
        (rf"known ({TIME})", WaitReader._known),
    )
]
_STEP = re.compile(rf"({TIME}) to ({TIME}): (.+)")


def read_steps(lines: Sequence[str], wall: Wall, since: date) -> list[StepLine]:
    """Read the lines of `steps`, which begin on a date. Raises `Mistake`."""
    steps = []
    for number, text in enumerate(lines, 1):
        found = _STEP.fullmatch(text)
        if found is None:
            raise Mistake(number, f'"{text}" is not like "Mon 09:00 to 10:00: counts 1h"')
        try:
            start_at = wall.read(found[1], since)
            end_at = wall.read(found[2], wall.date_of(start_at))
        except ValueError as error:
            raise Mistake(number, f"{error}") from None
        steps.append(StepLine(start_at, end_at, found[3]))
        since = wall.date_of(end_at)
    return steps
