"""`triage event run`, and what `event report` tells of posts that went out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from triage.app.event_gate import give_up_over, is_due_post
from triage.app.guards import HELD, PAUSED
from triage.app.outbox import flush
from triage.cli import narrate, output
from triage.cli.event_screen import PostHeard, heard
from triage.cli.output import Format
from triage.cli.sending import program, reply_columns
from triage.core.outbox import ReplyState

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.cli.context import Globals
    from triage.core.events import Event, Planned, Reception
    from triage.core.queue import QueueItem
    from triage.core.records import Reply


def run_due(flags: Globals) -> None:
    """Post what is due, of every account."""
    app = flags.app
    now = app.now()
    due = {p.reply.account_id for _, p in _waiting(app) if is_due_post(p.reply, now)}
    done = [] if _is_stopped(app, due=bool(due)) else _sent(app, due, now)
    if flags.form() is not Format.TERMINAL:
        output.rows(done, reply_columns(app), flags.form())
    for reply in done:
        _tell(app, reply)


def _waiting(app: App) -> Sequence[tuple[Event, Planned]]:
    return app.store.events.waiting(app.brand_id)


def _is_stopped(app: App, *, due: bool) -> bool:
    """Whether nothing at all is sent now; said where something is due."""
    marks, name = app.store.settings, program(app)
    paused, held = marks.get(PAUSED), marks.get(HELD)
    if held is not None and due:
        narrate.warn(
            "Posts of events are due, and wait: the database was restored or copied, and our own "
            f"timeline is to be read first: {name} fetch"
        )
    elif paused is not None and due:
        narrate.warn(f"Posts of events are due, and all sending is paused: {name} outbox resume")
    return paused is not None or held is not None


def _sent(app: App, due: set[int], now: int) -> list[Reply]:
    done = give_up_over(app.store, app.brand_id, now)
    if not due:
        return done
    for account in app.accounts():
        if account.id in due:
            sender = app.sender(account)
            if sender.channel.capabilities.can_post:
                done += flush(sender, app.now(), lambda r: is_due_post(r, app.now()))
    return done


def _tell(app: App, reply: Reply) -> None:
    post = app.store.events.post_of(reply.id)
    which = f"Event {post.event_id}, {post.step}" if post is not None else f"Reply {reply.id}"
    if reply.state is ReplyState.SENT:
        narrate.say(f"{which}: posted.")
    else:
        narrate.warn(f"{which}: {reply.state.value}, {reply.detail}.")


def posts_heard(app: App, event: Event, reception: Sequence[Reception]) -> list[PostHeard]:
    """The public posts of an event, in the order of their time, and how each was received."""
    public = (ReplyState.SENT, ReplyState.DELETED)
    found = []
    for planned in app.store.events.posts(event.id):
        if planned.reply.state in public:
            theirs = [r for r in reception if r.reply_id == planned.reply.id]
            found.append(PostHeard(planned, heard(theirs), _url(app, planned.reply)))
    return found


def still_waiting(app: App, reception: Sequence[Reception]) -> list[QueueItem]:
    """Lines of the queue of those who answered or quoted, the most urgent first."""
    from triage.app.queueing import load_queue
    from triage.core.queue import QueueFilter

    theirs = {r.conversation_id for r in reception}
    waiting = load_queue(app.store, QueueFilter(app.brand_id), app.now()).items if theirs else ()
    return [item for item in waiting if item.id in theirs]


def _url(app: App, reply: Reply) -> str | None:
    number = app.store.reading.message_id(app.brand_id, reply.native_id or "")
    messages = app.store.reading.messages([number]) if number is not None else []
    return messages[0].url if messages else None
