"""What the commands of the outbox say of a post of an event, which answers nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage.core.outlook import Outlook
from triage.errors import Refused, UsageError

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.core.events import Event, Planned
    from triage.core.records import Reply


def event_of(app: App, reply: Reply) -> tuple[Event, Planned] | None:
    """The event that a reply is a post of; None for what answers somebody."""
    if reply.conversation_id is not None:
        return None
    post = app.store.events.post_of(reply.id)
    event = app.store.events.get(app.brand_id, post.event_id) if post is not None else None
    if post is None or event is None:
        return None
    from triage.core.events import Planned

    return event, Planned(post, reply)


def whom_words(app: App, reply: Reply) -> str:
    """Such as `event 1`, where others name a conversation; empty for what is no event's."""
    found = event_of(app, reply)
    return f"event {found[0].id}" if found else ""


def title_words(app: App, reply: Reply) -> str:
    """Such as `the public, for Winter sale (event 1, 3d)`; empty for what is no event's."""
    found = event_of(app, reply)
    if found is None:
        return ""
    event, planned = found
    return f"the public, for {event.name} (event {event.id}, {planned.post.step})"


def way_on(app: App, reply: Reply) -> str:
    """The command that goes on with it; empty for what is no event's."""
    from triage.cli.sending import program

    found = event_of(app, reply)
    return f"{program(app)} event review {found[0].id}" if found else ""


def outlook_of_post(app: App, reply: Reply, stopped: str) -> Outlook | None:
    """What happens next to it; None for what is no event's, or is settled like any reply."""
    from triage.cli.event_screen import outlook_words
    from triage.core.outbox import ReplyState

    own = (ReplyState.DRAFT, ReplyState.SCHEDULED, ReplyState.HELD, ReplyState.FAILED)
    found = event_of(app, reply) if reply.state in own else None
    if found is None or (stopped and reply.state is ReplyState.HELD):
        return None
    try:
        words = outlook_words(app, *found)
    except UsageError:
        # Its zone is not known on this machine: the list is shown all the same.
        return None
    is_waiting = reply.state is ReplyState.SCHEDULED
    if is_waiting and stopped:
        words = f"{words}; but {stopped}"
    return Outlook(words, reply.send_at if is_waiting else None)


def turn_away(app: App, reply: Reply) -> None:
    """Refuse to send it as a reply: it is read and approved, and goes out at its time.

    Raises:
        Refused: It is a post of an event.
    """
    found = event_of(app, reply)
    if found is not None:
        event, planned = found
        raise Refused(
            f"Reply {reply.id} is the post for {planned.post.step} of event {event.id}.",
            reason="It goes out by itself at its time, once it was reviewed.",
            hint=f"Review it: {way_on(app, reply)}",
        )
