"""Telling people of an action: who can be told, a message for each, read by somebody, and sent.

Who is told, and the row of the outbox that tells them, are one transaction: nobody is told twice of
an action, whoever asks and whatever breaks. What is sent goes the way of every reply.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from triage.app import filling
from triage.app.actions import MOST_IDS, Actor, get_action
from triage.app.drafting import OFFERED
from triage.app.filling import Author
from triage.app.outbox import drop
from triage.app.persons import who_is_who
from triage.app.replying import get_reply, new_draft
from triage.core.accounts import Account
from triage.core.action_ports import ActionStore
from triage.core.actions import Action, Told, mark_of
from triage.core.model import Role, id_key
from triage.core.records import Activity, ConversationView, MessageView, Reply
from triage.core.telling import Reach, Us, reaches
from triage.core.template_values import Facts
from triage.errors import NotFound, Refused


def people(
    store: ActionStore,
    brand_id: int,
    action: Action,
    accounts: Mapping[int, Us],
    now: int,
    within: int,
    account_ids: Sequence[int] = (),
) -> list[Reach]:
    """Exactly those who raised an action's theme from its beginning until it was done.

    Args:
        store: The store.
        brand_id: Whose action it is.
        action: Which.
        accounts: Accounts of ours that may answer, by id.
        now: UTC ms.
        within: How old a post may be that is still answered, ms.
        account_ids: Only what was written to these accounts; to all if it is empty.
    """
    mentions = store.actions.mentions(
        brand_id, action.theme, action.since_at, action.until(now), account_ids
    )
    return reaches(mentions, accounts, now, within, who_is_who(store, brand_id))


def facts_of(
    store: ActionStore, action: Action, reach: Reach, author: Author, given: Mapping[str, str]
) -> Facts:
    """What a text to a person who is told is filled with: as a reply to them, and the action."""
    talk, _ = _where(store, reach)
    facts = filling.facts_of(store, talk, author, given)
    return replace(facts, action=action.title, theme=action.theme)


def require_done(action: Action, now: int) -> None:
    """Refuse to tell of what is not done. Raises `Refused`."""
    if action.dropped_at is not None:
        raise Refused(
            f"Action {action.id} was given up; nobody is told of it.",
            hint="See `triage action list`.",
        )
    if action.done_at is None or action.done_at > now:
        raise Refused(
            f"Action {action.id} is not done yet, so nobody is told of it.",
            reason="Who is told that something has changed looks whether it has.",
            hint=f"When it is: triage action done {action.id}",
        )


def draft(
    store: ActionStore,
    actor: Actor,
    action: Action,
    account: Account,
    reach: Reach,
    text: str,
) -> Reply | None:
    """Save a message to a person, to be reviewed; None if they are told of the action already.

    Raises:
        Refused: The action is not done, or was given up.
    """
    talk, target = _where(store, reach)
    made = _seeing_all(store, new_draft(store, account, talk, target, text, actor.agent, actor.now))
    with store.tx():
        require_done(get_action(store, actor.brand_id, action.id), actor.now)
        known = _known(store, actor.brand_id, action, reach.person_id)
        if known is not None and not known.may_begin_anew:
            return None
        saved = store.outbox.draft(actor.brand_id, made)
        if known is None:
            told = Told(0, action.id, reach.person_id, target.id, saved.id)
            is_written = store.actions.tell(actor.brand_id, told)
        else:
            is_written = store.actions.tell_anew(known.id, target.id, known.reply_id, saved.id)
        if not is_written:
            raise Refused(f"@{reach.mention.handle} was taken by another process meanwhile.")
        _log(store, actor, saved, action.id, after="drafted")
    return saved


def _known(store: ActionStore, brand_id: int, action: Action, person_id: int) -> Told | None:
    """Whether they are told already, also as somebody who has turned out to be the same person."""
    told = told_by_person(store, brand_id, action)
    return told.get(who_is_who(store, brand_id)(person_id))


def told_by_person(store: ActionStore, brand_id: int, action: Action) -> dict[int, Told]:
    """Whom an action is told, by who they are now; of two who turned out to be one the first."""
    found: dict[int, Told] = {}
    who_is = who_is_who(store, brand_id)
    for told in store.actions.told(action.id):
        # Whoever was answered, and whom they stood for then: links may have ended since.
        for customer_id in (told.customer_id, told.person_id):
            found.setdefault(who_is(customer_id), told)
    return found


def _where(store: ActionStore, reach: Reach) -> tuple[ConversationView, MessageView]:
    talk = store.reading.conversation(reach.mention.conversation_id or 0)
    found = store.reading.messages([reach.mention.message_id])
    if talk is None or not found:
        raise NotFound(f"The post of @{reach.mention.handle} is not in this store any more.")
    return talk, found[0]


def _seeing_all(store: ActionStore, reply: Reply) -> Reply:
    """As whoever drafts has it before them: what we said there before is no news at its sending."""
    number = reply.conversation_id or 0
    newest = max(
        (
            m
            for m in store.reading.thread(number)
            if m.conversation_id == number and m.role in (Role.OWN, Role.MENTION, Role.INCIDENTAL)
        ),
        key=lambda m: (m.posted_at, id_key(m.native_id)),
    )
    return replace(reply, seen_at=newest.posted_at, seen_id=newest.native_id)


def to_review(store: ActionStore, action: Action) -> list[Told]:
    """Messages that nobody has let pass as they are, in the order in which they were drafted."""
    return [t for t in store.actions.told(action.id) if _is_offered(t) and not t.is_approved]


def approved(store: ActionStore, action: Action) -> list[Told]:
    """Messages that may go out, in the order in which they were drafted."""
    return [t for t in store.actions.told(action.id) if _is_offered(t) and t.is_approved]


def withdraw(store: ActionStore, actor: Actor, told: Told) -> None:
    """Let a message not pass any more, as somebody who reads it once more thinks better of it."""
    with store.tx():
        store.actions.approve(told.reply_id, None, actor.agent, actor.now)
        _log(store, actor, get_reply(store, told.reply_id), told.action_id, after="to review")


def _is_offered(told: Told) -> bool:
    return told.state in OFFERED


def told_of(store: ActionStore, action: Action, reply_id: int) -> Told:
    """A message of an action by its reply. Raises `NotFound`."""
    found = store.actions.told_by(reply_id) if 0 < reply_id < MOST_IDS else None
    if found is None or found.action_id != action.id:
        raise NotFound(
            f"Reply {reply_id} tells nobody of action {action.id}.",
            hint=f"See `triage action tell {action.id}`.",
        )
    return found


def approve(store: ActionStore, actor: Actor, told: Told) -> None:
    """Let a message pass that somebody has read: this text, to the letter, and no other.

    Args:
        told: As they read it.

    Raises:
        Refused: It has changed since, or is not to be sent any more.
    """
    with store.tx():
        reply = get_reply(store, told.reply_id)
        if reply.state not in OFFERED:
            raise Refused(f"Reply {reply.id} is {reply.state.value}; it needs no review.")
        if reply.text != told.text:
            raise Refused(
                f"Reply {reply.id} was changed while it was read.",
                hint=f"Read it again: triage action review {told.action_id}",
            )
        store.actions.approve(reply.id, mark_of(reply.text), actor.agent, actor.now)
        _log(store, actor, reply, told.action_id, after="approved")


def skip(store: ActionStore, actor: Actor, told: Told) -> None:
    """Decide that a person is not told; their message is given up.

    Raises:
        Refused: It has left, or may have.
    """
    with store.tx():
        dropped = drop(store, actor.brand_id, told.reply_id, actor.agent, actor.now)
        store.actions.approve(told.reply_id, None, actor.agent, actor.now)
        _log(store, actor, dropped, told.action_id, after="skipped")


def back_to_review(store: ActionStore, actor: Actor, told: Told, why: str) -> None:
    """Have a message read once more, since something speaks against it that was not known."""
    with store.tx():
        store.outbox.note(told.reply_id, why, actor.now)
        store.actions.approve(told.reply_id, None, told.reviewed_by, actor.now)
        _log(store, actor, get_reply(store, told.reply_id), told.action_id, after="to review")


def _log(store: ActionStore, actor: Actor, reply: Reply, action_id: int, *, after: str) -> None:
    store.activity.add(
        actor.brand_id,
        Activity(
            uuid=uuid.uuid4().hex,
            at=actor.now,
            agent=actor.agent,
            what="tell",
            conversation_id=reply.conversation_id,
            after=after,
            detail=f"action {action_id}, reply {reply.id}",
        ),
    )


def same_texts(replies: Sequence[str]) -> int:
    """How many of some texts another one says too."""
    marks = [mark_of(text) for text in replies]
    return sum(marks.count(mark) > 1 for mark in marks)
