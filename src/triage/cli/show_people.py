"""What is remembered of a customer, where somebody is about to answer them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from triage.core.marks import Marks, because
from triage.core.people import Note, Promise, PromiseState
from triage.core.queue import short_span
from triage.core.text import one_line

if TYPE_CHECKING:
    from triage.app.showing import Shown
    from triage.bootstrap import App
    from triage.core.records import ConversationView

_NOTES = 3
"""So many notes are shown, the newest; `triage customer` has all."""


def remembered(shown: Shown, now: int, name: str) -> Iterator[str]:
    """Lines for `show`: marks, promises that stand, and the newest notes."""
    again = because(shown.marks)
    if again:
        yield f"repeat: {again}"
    for promise in shown.promises:
        yield promised(promise, now)
    for note in shown.notes[-_NOTES:]:
        yield _noted(note, shown.conversation.id, now)
    if again or shown.promises or shown.notes:
        hidden = len(shown.notes) - _NOTES
        more = f" ({hidden} more notes)" if hidden > 0 else ""
        yield f"who they are: {name} customer {shown.conversation.id}{more}"


def promised(promise: Promise, now: int) -> str:
    """Such as `promise 3, late 2h10m: the refund by Friday (ana)`."""
    from triage.cli.promises import by_words

    stands = f"by {by_words(promise.due_at, now)}"
    if promise.state(now) is PromiseState.LATE:
        stands = f"late {short_span(now - promise.due_at)}"
    return f"promise {promise.id}, {stands}: {one_line(promise.text)} ({promise.agent})"


def _noted(note: Note, here: int, now: int) -> str:
    from triage.app.remembering import OF_CONVERSATION
    from triage.cli import times

    where = ""
    if note.about == OF_CONVERSATION and note.conversation_id != here:
        where = f" on #{note.conversation_id}"
    when = times.day_time(note.at, now)
    return f"note {note.id}{where} ({note.agent}, {when}): {one_line(note.text)}"


def before_answering(app: App, conversation: ConversationView) -> Iterator[str]:
    """Lines for whoever reviews a reply: who this is from, and what they were promised."""
    from triage.app.noting import whom_of
    from triage.app.showing import marks_of, open_promises, zone_of
    from triage.cli import times

    times.set_zone(zone_of(app.store, conversation))
    now = app.now()
    marks = marks_of(app.store, conversation.id, now)
    if marks.words():
        yield f"@{one_line(conversation.customer)}: {', '.join(mark_words(marks))}"
    for promise in open_promises(app.store, whom_of(app.store, conversation)):
        yield promised(promise, now)


def mark_words(marks: Marks) -> Sequence[str]:
    """The marks with their reason, where they have one."""
    again = because(marks)
    return ["VIP"] * marks.is_vip + ([again] if again else [])
