"""Events: added, reviewed, moved, called off. What goes out is decided in `event_gate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from triage.app.event_drawing import (
    Desk,
    Drafted,
    Drawn,
    check,
    draw,
    lines_of,
    plan,
    post_for,
    reply_for,
    said_elsewhere,
    unfit,
)
from triage.app.event_gate import SPIKE, log
from triage.app.guards import outbox_guards
from triage.app.timing import back_to_draft
from triage.core.countdown import Wall, event_at
from triage.core.events import (
    SCHEDULE,
    WAITING,
    Event,
    Planned,
    review_key,
    why_never,
)
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.records import Reply
from triage.errors import NotFound, Refused


def add(desk: Desk, event: Event) -> Drafted:
    """Save an event with a draft for each post; the same uuid twice is one event. See `plan`."""
    with desk.store.tx():
        made = plan(desk, event)
        saved = desk.store.events.add(desk.brand_id, event)
        _save(desk, saved, made.drawn)
        log(desk.store, desk.brand_id, "event-add", desk.agent, desk.now, _title(saved))
    return Drafted(saved, made.drawn, made.passed, standing_posts(desk.store, saved))


def _save(desk: Desk, event: Event, drawn: Sequence[Drawn]) -> None:
    for one in drawn:
        reply = desk.store.outbox.draft(desk.brand_id, reply_for(desk, event, one.text, one.slot))
        desk.store.events.add_post(post_for(event, one.slot, reply.id))


def _title(event: Event) -> str:
    return f"event {event.id}: {event.name}"


def find(store: Store, brand_id: int, event_id: int) -> Event:
    """An event by id. Raises `NotFound`."""
    event = store.events.get(brand_id, event_id)
    if event is None:
        raise NotFound(f"There is no event {event_id}.", hint="See `triage event list --all`.")
    return event


def standing_posts(store: Store, event: Event) -> list[Planned]:
    """The posts of an event as it stands: of its turn, and what went out in earlier ones."""
    gone = (ReplyState.CANCELLED,)
    return [
        p
        for p in store.events.posts(event.id)
        if p.post.turn == event.turn or p.reply.state not in gone
    ]


def find_post(store: Store, event: Event, step: str) -> Planned:
    """A post of an event as it stands, by its step or its reply's id. Raises `NotFound`."""
    posts = standing_posts(store, event)
    found = [p for p in posts if p.post.step == step and p.post.turn == event.turn]
    found = found or [p for p in posts if str(p.reply.id) == step]
    if not found:
        known = ", ".join(p.post.step for p in posts if p.post.turn == event.turn)
        raise NotFound(
            f"Event {event.id} has no post {step[:20]!r}.",
            hint=f"Name one of {known}." if known else f"See `triage event show {event.id}`.",
        )
    return found[0]


def approve(desk: Desk, event: Event, planned: Planned) -> Planned:
    """Let a post go out at its time: exactly the text that was shown.

    Raises:
        Refused: It is over, on its way or given up, cannot go out as it is, was changed since it
            was shown, or the database was restored and our timeline is to be read first.
    """
    store = desk.store
    with store.tx():
        reply = _still(desk, event, planned)
        event = find(store, desk.brand_id, event.id)
        why = why_never(event, Planned(planned.post, reply), desk.now)
        why = why or unfit(reply.text, desk.length(reply.text), desk.most)
        why = why or said_elsewhere(desk, event, reply.text, but=reply.id)
        if why:
            raise Refused(
                f"{planned.post.step} of event {event.id} cannot go out: {why}.",
                hint=f"Edit or skip it: triage event review {event.id}",
            )
        back_to_draft(store, reply.id, desk.now)
        store.outbox.adopt(reply.id, desk.agent)
        store.outbox.move(
            reply.id,
            ReplyState.DRAFT,
            ReplyState.SCHEDULED,
            desk.now,
            detail="",
            send_at=planned.post.due_at,
            schedule=SCHEDULE,
        )
        store.events.review(reply.id, review_key(reply.text), desk.agent, desk.now)
        _log_post(desk, "event-review", event, planned)
    return _again(store, event, planned)


def _still(desk: Desk, event: Event, planned: Planned) -> Reply:
    """The reply, if it is as it was shown. Call it inside a transaction."""
    held = next((g for g in outbox_guards(desk.store) if g.code == "held"), None)
    if held is not None:
        raise Refused(held.message, reason="Nothing was changed.", hint=held.hint)
    reply = desk.store.outbox.get(planned.reply.id)
    if reply is None or reply.text != planned.reply.text:
        raise Refused(
            f"{planned.post.step} of event {event.id} was changed since it was shown.",
            hint=f"Look at it again: triage event review {event.id}",
        )
    if reply.state not in WAITING:
        raise Refused(
            f"{planned.post.step} of event {event.id} is {reply.state.value}.",
            reason=reply.detail,
            hint=f"See `triage event show {event.id}`.",
        )
    return reply


def edit(desk: Desk, event: Event, planned: Planned, text: str) -> Planned:
    """Give a post another text; it is to be reviewed again.

    Raises:
        Refused: It is empty or too long, the post is on its way or given up, or was changed since
            it was shown.
    """
    text = lines_of(text.strip())
    why = unfit(text, desk.length(text), desk.most)
    if why:
        raise Refused(f"The text cannot go out: {why}.", reason="Nothing was changed.")
    store = desk.store
    with store.tx():
        reply = _still(desk, event, planned)
        back_to_draft(store, reply.id, desk.now)
        store.outbox.edit(reply.id, text, desk.now)
        store.events.review(reply.id, None, "", None)
        _log_post(desk, "event-edit", event, planned)
    return _again(store, event, planned)


def skip(desk: Desk, event: Event, planned: Planned) -> Planned:
    """Give a post up. Raises `Refused` if it is on its way or was."""
    store = desk.store
    with store.tx():
        reply = _still(desk, event, planned)
        words = f"skipped by {desk.agent}"
        store.outbox.move(reply.id, reply.state, ReplyState.CANCELLED, desk.now, detail=words)
        _log_post(desk, "event-skip", event, planned)
    return _again(store, event, planned)


def _log_post(desk: Desk, what: str, event: Event, planned: Planned) -> None:
    detail = f"event {event.id}, {planned.post.step}, reply {planned.reply.id}"
    log(desk.store, desk.brand_id, what, desk.agent, desk.now, detail)


def _again(store: Store, event: Event, planned: Planned) -> Planned:
    found = {p.reply.id: p for p in store.events.posts(event.id)}
    return found[planned.reply.id]


def cancel(desk: Desk, event: Event) -> list[Planned]:
    """Call an event off, with all its posts that have not left; give these.

    Raises:
        Refused: It is cancelled already.
    """
    store = desk.store
    with store.tx():
        if not store.events.cancel(event.id, desk.now):
            raise Refused(f"Event {event.id} is cancelled already.")
        given_up = _give_up(desk, event, f"{event.name} was cancelled")
        log(store, desk.brand_id, "event-cancel", desk.agent, desk.now, _title(event))
    return [_again(store, event, p) for p in given_up]


def _give_up(desk: Desk, event: Event, why: str) -> list[Planned]:
    waiting = [p for p in desk.store.events.posts(event.id) if p.is_waiting]
    for planned in waiting:
        reply = planned.reply
        desk.store.outbox.move(reply.id, reply.state, ReplyState.CANCELLED, desk.now, detail=why)
    return waiting


def move(desk: Desk, event: Event, wall: Wall, zone: str) -> Drafted:
    """Give an event another time: its posts are written anew, and all are to be reviewed again.

    What was public by then stays public and is told among the event's posts.

    Raises:
        UsageError: The time cannot be used.
        Refused: It was cancelled or moved meanwhile, or nothing of it would be still to come.
    """
    store = desk.store
    moved = replace(event, wall=wall, zone=zone, at=event_at(wall, zone), turn=event.turn + 1)
    check(moved, desk.now)
    with store.tx():
        made = draw(desk, moved)
        if not made.drawn:
            raise Refused(f"Nothing of {event.name!r} is still to come then.", hint="Mend --at.")
        if not store.events.move(event, wall, zone, moved.at):
            raise Refused(
                f"Event {event.id} was cancelled or moved meanwhile.",
                hint=f"See `triage event show {event.id}`.",
            )
        _give_up(desk, event, f"{event.name} was moved")
        _save(desk, moved, made.drawn)
        detail = f"{_title(event)} from {event.wall} to {wall} {zone}"
        log(store, desk.brand_id, "event-move", desk.agent, desk.now, detail)
    return Drafted(moved, made.drawn, made.passed, standing_posts(store, moved))


def release(desk: Desk, event: Event, step: str | None) -> list[Planned]:
    """Let posts go that were held since complaints spike; give them.

    Args:
        desk: Who does it.
        event: Of which event.
        step: Which post; all that are held for that if it is None.

    Raises:
        NotFound: There is no such post.
        Refused: Nothing is held for that.
    """
    store = desk.store
    posts = standing_posts(store, event) if step is None else [find_post(store, event, step)]
    held = [
        p for p in posts if p.reply.state is ReplyState.HELD and p.reply.detail.startswith(SPIKE)
    ]
    if not held:
        raise Refused(
            f"No post of event {event.id} is held for complaints.",
            hint=f"See `triage event show {event.id}`.",
        )
    with store.tx():
        for planned in held:
            number = planned.reply.id
            store.outbox.move(number, ReplyState.HELD, ReplyState.SCHEDULED, desk.now, detail="")
            store.events.release(number, desk.now)
            _log_post(desk, "event-release", event, planned)
    return [_again(store, event, p) for p in held]
