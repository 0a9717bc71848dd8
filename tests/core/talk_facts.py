"""One customer's conversation as facts of its thread, for tests of what follows from it.

Times are minutes after nine o'clock on a Monday; a message's id and native id are one number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from triage.core.holds import Act, HoldState
from triage.core.model import MINUTE, CloseReason, Kind, Role
from triage.core.thread import ConversationFacts, ThreadFacts, ThreadMessage, decide_thread
from triage.core.wait import Attribute, Closing, Former, Judge, Wait, moment

NINE = 1_772_442_000_000
"""Monday 2 March 2026, 09:00 UTC."""
CUSTOMER, TALK, ACCOUNT = 30, 1, 7
"""Our ids."""
_EVERYTHING = (1 << 62, (0, ""))


def at(minutes: float) -> int:
    """That many minutes after nine, UTC ms."""
    return NINE + round(minutes * MINUTE)


def mention(
    number: int,
    minutes: float,
    kind: Kind = Kind.COMPLAINT,
    *,
    priority: str | None = None,
    corrected: Kind | None = None,
    deleted: float | None = None,
    former: tuple[Former, ...] | None = None,
) -> ThreadMessage:
    """The customer's post."""
    said = None if corrected is None else corrected.value
    gone = None if deleted is None else at(deleted)
    return _message(number, minutes, Role.MENTION)._replace(
        customer_id=CUSTOMER,
        author_id=str(CUSTOMER),
        deleted_at=gone,
        kind=kind.value,
        corrected=said,
        priority=priority,
        former=former,
    )


def answer(number: int, minutes: float, to: int) -> ThreadMessage:
    """Our post in reply to a mention, given in another app."""
    return _message(number, minutes, Role.OWN)._replace(in_reply_to=str(to))


def _message(number: int, minutes: float, role: Role) -> ThreadMessage:
    native, when = str(number), at(minutes)
    return ThreadMessage(
        id=number,
        native_id=native,
        version_id=native,
        role=role.value,
        is_history=0,
        customer_id=None,
        author_id=None,
        account_id=ACCOUNT,
        posted_at=when,
        fetched_at=when,
        deleted_at=None,
        in_reply_to=None,
        in_reply_to_author=None,
        quotes=None,
        conversation_id=TALK,
        kind=None,
        corrected=None,
        agent=None,
        seen_at=None,
        seen_id=None,
    )


def rest(
    number: int,
    minutes: float,
    state: HoldState | None = HoldState.ON_HOLD,
    until: float | None = None,
    *,
    stays: bool = False,
) -> Act:
    """Kim lets it rest, and has seen everything."""
    ends_at = None if until is None else at(until)
    return Act(number, at(minutes), state, ends_at, stays, _EVERYTHING, "kim")


def noted(minutes: float, key: str, value: str | None) -> Attribute:
    """Something is noted of the customer."""
    return Attribute(at(minutes), key, value)


@dataclass(frozen=True)
class Talk:
    """The conversation, and what it holds.

    Attributes:
        closed: For each wait that had ended: when, in minutes, and under which settings.
        waits: As they are stored.
    """

    messages: Sequence[ThreadMessage]
    acts: Sequence[Act] = ()
    attributes: Sequence[Attribute] = ()
    closings: Sequence[Closing] = ()
    closed: Sequence[tuple[float, Judge]] = ()
    waits: tuple[Wait, ...] = ()

    @property
    def facts(self) -> ThreadFacts:
        """As the store loads it."""
        closed = [(at(minutes), judge) for minutes, judge in self.closed]
        conversation = ConversationFacts(
            TALK, ACCOUNT, self.closings, closed, self.waits, self.acts, self.attributes
        )
        return ThreadFacts(self.messages, {CUSTOMER: conversation}, handles={ACCOUNT: "acme"})

    def judged(self, judge: Judge) -> tuple[Wait, ...]:
        """Its waits as they follow, with these settings in force."""
        (verdict,) = decide_thread(self.facts, judge)
        return verdict.waits

    def stored(self, judge: Judge) -> Talk:
        """The same, with its waits as these settings make them, and those that ended closed."""
        waits = self.judged(judge)
        closed = [((w.ended_at - NINE) / MINUTE, judge) for w in waits if w.ended_at is not None]
        return replace(self, closed=closed, waits=waits)


def closing(number: int, minutes: float, reason: CloseReason = CloseReason.SPAM) -> Closing:
    """Kim closes it, and has seen everything so far."""
    return Closing(number, at(minutes), reason, moment(at(minutes), str(10**9)), "kim")
