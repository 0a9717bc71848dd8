"""When the clocks of waits stood, from the threads of their conversations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from triage.core.holds import HoldState, Stop, stops_of, until_end
from triage.core.report.rows import WaitRow
from triage.core.thread import ThreadFacts, parts_of
from triage.core.waits import periods_of


def stops_of_waits(
    waits: Iterable[tuple[WaitRow, frozenset[HoldState]]], threads: Iterable[ThreadFacts]
) -> Mapping[int, Sequence[Stop]]:
    """When the clock of each wait stood, by our id of the wait; those that never did are left out.

    Args:
        waits: Each with the states in which its policy lets the clock stand.
        threads: Those of their conversations.
    """
    theirs: dict[int, list[tuple[WaitRow, frozenset[HoldState]]]] = {}
    for wait, pauses in waits:
        theirs.setdefault(wait.conversation_id, []).append((wait, pauses))
    found: dict[int, Sequence[Stop]] = {}
    for thread in threads:
        for conversation, part in parts_of(thread):
            periods = periods_of(part.mentions, part.answers, conversation.closings, part.about)
            for wait, pauses in theirs.get(conversation.conversation_id, ()) if periods else ():
                stops = stops_of(until_end(periods, wait.ended_at), pauses)
                if stops:
                    found[wait.id] = stops
    return found
