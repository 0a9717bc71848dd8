"""Business time of waits: by the hours of the policy that judged each, less what stood still."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import le, sub
from typing import TYPE_CHECKING, NamedTuple

from triage.core.holds import HoldState, Stop
from triage.core.hours import Calendar
from triage.core.kinds import DAY, Kind, WaitState
from triage.core.report.rows import NEVER, WaitRow
from triage.core.report.spread import Spans

if TYPE_CHECKING:
    # Every report would pay for all that judges waits.
    from triage.core.wait import Judge

_ANSWERED = WaitState.ANSWERED.value
_BEFORE = 2 * DAY
_AFTER = 7 * DAY
"""Most waits of a period open and end within so long of it."""


class Terms(NamedTuple):
    """What a policy says of the time of a wait.

    Attributes:
        hours: Counts its business time.
        pauses: In which states of rest its clock stands.
    """

    hours: Hours
    pauses: frozenset[HoldState]


class OpenTime:
    """Counts the time in which the brand was open for a wait.

    Args:
        judge: Gives a settings snapshot by its id.
        from_at: Begin of the period that most of it is about, UTC ms.
        to_at: Its end.
    """

    def __init__(self, judge: Callable[[int], Judge], from_at: int, to_at: int) -> None:
        self._judge = judge
        self._around = (from_at - _BEFORE, to_at + _AFTER)
        self._terms: dict[tuple[int, str, str], Terms] = {}
        self._hours: dict[tuple[int, str], Hours] = {}

    def terms(self, wait: WaitRow) -> Terms:
        """What the policy that judged a wait says."""
        under = (wait.settings_id, wait.policy, wait.kind)
        found = self._terms.get(under)
        if found is None:
            settings = self._judge(wait.settings_id).settings
            policy = settings.named(wait.policy, Kind(wait.kind))
            key = (wait.settings_id, policy.calendar)
            if key not in self._hours:
                self._hours[key] = Hours(settings.calendar_of(policy), *self._around)
            found = self._terms[under] = Terms(self._hours[key], policy.pauses)
        return found

    def spans(
        self, waits: Iterable[WaitRow], stops: Mapping[int, Sequence[Stop]]
    ) -> dict[int, Spans]:
        """How long answers took, by our id of the wait; what has no answer is left out.

        Args:
            waits: Any.
            stops: When their clocks stood, by our id of the wait.
        """
        alike: defaultdict[tuple[int, str, str], list[WaitRow]] = defaultdict(list)
        for wait in waits:
            if wait.state == _ANSWERED:
                alike[wait.settings_id, wait.policy, wait.kind].append(wait)
        found: dict[int, Spans] = {}
        for some in alike.values():
            hours = self.terms(some[0]).hours
            found.update(zip([wait.id for wait in some], hours.spans(some), strict=True))
            for wait in some if stops else ():
                if wait.id in stops:
                    found[wait.id] = hours.less(found[wait.id], wait, stops[wait.id])
        return found


def _without_team(spans: tuple[int, int, int, int, bool]) -> Spans:
    """Where the answer came before we had the mention, no time of the team's passed."""
    seen, seen_open, team, _, in_hours = spans
    return spans if team >= 0 else (seen, seen_open, None, None, in_hours)


class Hours:
    """The hours of a calendar, its stretches around a period worked out once.

    Args:
        calendar: The calendar.
        from_at: From when on, UTC ms.
        to_at: Until when.
    """

    def __init__(self, calendar: Calendar, from_at: int, to_at: int) -> None:
        self._calendar = calendar
        self._from_at, self._to_at = from_at, to_at
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []
        total = 0
        for piece in calendar.segments(from_at, to_at):
            if piece.is_open:
                self._starts.append(piece.start_at)
                self._ends.append(piece.end_at)
                self._before.append(total)
                total += piece.span
        # What lies behind the last one is before one that never comes.
        self._starts.append(NEVER)
        self._ends.append(NEVER)
        self._before.append(total)

    def spans(self, waits: Sequence[WaitRow]) -> Iterable[Spans]:
        """How long the answers to some waits took, in their order."""
        opened = [wait.opened_at for wait in waits]
        fetched = [wait.fetched_at for wait in waits]
        ended = [wait.ended_at or 0 for wait in waits]
        upto, in_hours = self._passed(ended)
        team = list(map(sub, ended, fetched))
        found = zip(
            map(sub, ended, opened),
            map(sub, upto, self._passed(opened)[0]),
            team,
            map(sub, upto, self._passed(fetched)[0]),
            in_hours,
            strict=True,
        )
        return found if min(team, default=0) >= 0 else map(_without_team, found)

    def _passed(self, times: Sequence[int]) -> tuple[list[int], list[bool]]:
        """Open ms from one moment up to each of some times, and whether it was open then."""
        starts, before = self._starts, self._before
        places = list(map(partial(bisect_right, self._ends), times))
        begun = [starts[place] for place in places]
        passed = [
            before[place] + (at - start if start < at else 0)
            for place, start, at in zip(places, begun, times, strict=True)
        ]
        is_open = list(map(le, begun, times))
        if times and not (self._from_at <= min(times) and max(times) < self._to_at):
            for i, at in enumerate(times):
                if not self._from_at <= at < self._to_at:
                    passed[i] = self._calendar.between(self._from_at, at)
                    is_open[i] = self._calendar.is_open(at)
        return passed, is_open

    def less(self, spans: Spans, wait: WaitRow, stops: Iterable[Stop]) -> Spans:
        """Take out of business time what was open while the clock stood."""
        seen, seen_open, team, team_open, in_hours = spans
        end = wait.opened_at + seen
        for stands_at, goes_on_at in stops:
            until = end if goes_on_at is None else min(end, goes_on_at)
            seen_open -= self._between(max(wait.opened_at, stands_at), until)
            if team_open is not None:
                team_open -= self._between(max(wait.fetched_at, stands_at), until)
        return seen, seen_open, team, team_open, in_hours

    def _between(self, start_at: int, end_at: int) -> int:
        return self._calendar.between(start_at, end_at) if start_at < end_at else 0
