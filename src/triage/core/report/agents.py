"""What each agent did, by name: who answers more, or quicker, has other customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from triage.core.kinds import WaitState
from triage.core.report.model import Agent
from triage.core.report.rows import WaitRow
from triage.core.report.spread import Spans, response_of, times_of
from triage.core.report.tally import ids_of

_ANSWERED = WaitState.ANSWERED.value
_BY_AGENTS = frozenset({_ANSWERED, WaitState.DISMISSED.value, WaitState.SETTLED.value})


def agents_of(ended: Iterable[WaitRow], spans: Mapping[int, Spans]) -> list[Agent]:
    """A line for each who ended a wait, in the order of their names; answers from outside first.

    Args:
        ended: The waits that ended in the period, whenever they had opened.
        spans: How long answers took.
    """
    theirs: defaultdict[str, list[WaitRow]] = defaultdict(list)
    for wait in ended:
        if wait.state in _BY_AGENTS:
            theirs[wait.agent].append(wait)
    return [_agent(name, theirs[name], spans) for name in sorted(theirs)]


def _agent(name: str, waits: Sequence[WaitRow], spans: Mapping[int, Spans]) -> Agent:
    answers = [wait for wait in waits if wait.state == _ANSWERED]
    first = [spans[wait.id] for wait in answers if wait.earlier_end is None]
    following = [spans[wait.id] for wait in answers if wait.earlier_end is not None]
    return Agent(
        agent=name,
        answers=len(answers),
        closed=len(waits) - len(answers),
        after_hours=sum(not in_hours for *_, in_hours in (*first, *following)),
        first=response_of(times_of(first)),
        next=response_of(times_of(following)),
        ids=ids_of(waits),
    )
