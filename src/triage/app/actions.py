"""Actions: what the brand does about a theme. Added, changed, done, or given up."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import NamedTuple

from triage.app.outbox import drop as drop_reply
from triage.app.parts import CANCELLABLE
from triage.core.action_ports import ActionStore
from triage.core.actions import LONGEST_TITLE, Action, moment_text
from triage.core.records import Activity
from triage.errors import NotFound, Refused, UsageError

_LONGEST_OWNER = 100
MOST_IDS = 1 << 62
"""No row has a greater id."""


class Actor(NamedTuple):
    """Who acts, for which brand, and when.

    Attributes:
        now: UTC ms.
    """

    brand_id: int
    agent: str
    now: int


def check_title(title: str) -> str:
    """A title as it is kept. Raises `UsageError` for what cannot be one."""
    plain = " ".join(title.split())
    if not plain or len(plain) > LONGEST_TITLE or not plain.isprintable():
        raise UsageError(
            f"A title has 1 to {LONGEST_TITLE} printable characters.",
            hint='Write what you did, such as "Refunds now within 3 days".',
        )
    return plain


def check_owner(owner: str) -> str:
    """An owner as it is kept. Raises `UsageError` for what cannot be one."""
    plain = owner.strip().removeprefix("@")
    if not plain or len(plain) > _LONGEST_OWNER or not plain.isprintable():
        raise UsageError("--owner: not a name.", hint="Name an agent, such as ana.")
    return plain


def add_action(store: ActionStore, actor: Actor, action: Action) -> Action:
    """Save an action that somebody begins; its id is given."""
    with store.tx():
        saved = store.actions.add(actor.brand_id, action)
        _log(store, actor, saved, "add", after=saved.title, detail=f"theme {saved.theme}")
    return saved


def get_action(store: ActionStore, brand_id: int, action_id: int) -> Action:
    """An action by id. Raises `NotFound`."""
    found = store.actions.get(brand_id, action_id) if 0 < action_id < MOST_IDS else None
    if found is None:
        raise NotFound(f"There is no action {action_id}.", hint="See `triage action list`.")
    return found


def change_action(store: ActionStore, actor: Actor, before: Action, after: Action) -> Action:
    """Change an action as somebody typed it; each field that changes is an act.

    Raises:
        Refused: It was given up, somebody was told of what is to change, or somebody else has
            changed it meanwhile.
        UsageError: It would be done before the time from which on it counts who raised it.
    """
    if after == before:
        return before
    if before.dropped_at is not None:
        raise _given_up(before)
    _check_times(after)
    _refuse_if_told(store, before, after)
    with store.tx():
        if not store.actions.change(before, after):
            raise Refused(
                f"Action {before.id} was changed by somebody else meanwhile.",
                hint=f"Look at it: triage action show {before.id}",
            )
        for name in ("title", "theme", "since_at", "owner", "due_at", "done_at"):
            was, now = getattr(before, name), getattr(after, name)
            if was != now:
                word = name.removesuffix("_at")
                _log(store, actor, after, word, before=_text(was), after=_text(now))
        _give_up_others(store, actor, after)
    return get_action(store, actor.brand_id, before.id)


def _give_up_others(store: ActionStore, actor: Actor, action: Action) -> None:
    """Give up messages to people whom an action concerns no more; inside the transaction."""
    until = actor.now + 1 if action.done_at is None else action.done_at
    raised = store.actions.mentions(actor.brand_id, action.theme, action.since_at, until, ())
    concerned = {mention.message_id for mention in raised}
    for told in store.actions.told(action.id):
        if told.message_id not in concerned and told.state in CANCELLABLE:
            drop_reply(store, actor.brand_id, told.reply_id, actor.agent, actor.now)


def _check_times(action: Action) -> None:
    if action.done_at is not None and action.done_at <= action.since_at:
        raise UsageError(
            "It would be done before the time from which on people count who raised it.",
            hint="Name a later --on, or an earlier --since.",
        )


def _refuse_if_told(store: ActionStore, before: Action, after: Action) -> None:
    """What people were told is not another thing afterwards."""
    if (before.theme, before.done_at is None) == (after.theme, after.done_at is None):
        return
    told = [t for t in store.actions.told(before.id) if t.attempts]
    if told:
        raise Refused(
            f"People were told of action {before.id} already.",
            reason="Its theme stays, and so does that it is done.",
            hint='Add another action: triage action add "..." --theme ...',
        )


def _text(value: object) -> str | None:
    if isinstance(value, int):
        return moment_text(value)
    return None if value is None or value == "" else str(value)


def finish_action(store: ActionStore, actor: Actor, action: Action, done_at: int) -> Action:
    """Note since when an action is done, UTC ms.

    Raises:
        Refused: See `change_action`.
        UsageError: That is still to come, or before people count who raised it.
    """
    if done_at > actor.now:
        raise UsageError("It cannot be done in the future.", hint="Leave --on out for now.")
    return change_action(store, actor, action, replace(action, done_at=done_at))


def drop_action(store: ActionStore, actor: Actor, action: Action) -> int:
    """Give an action up, with every message of it that has not left; give how many.

    Raises:
        Refused: It was given up before, or a message is being sent.
    """
    if action.dropped_at is not None:
        raise _given_up(action)
    with store.tx():
        if not store.actions.change(action, replace(action, dropped_at=actor.now)):
            raise Refused(
                f"Action {action.id} was changed by somebody else meanwhile.",
                hint=f"Look at it: triage action show {action.id}",
            )
        going = [t for t in store.actions.told(action.id) if t.state in CANCELLABLE]
        for told in going:
            drop_reply(store, actor.brand_id, told.reply_id, actor.agent, actor.now)
        _log(store, actor, action, "drop", before=action.title)
    return len(going)


def _given_up(action: Action) -> Refused:
    return Refused(
        f"Action {action.id} was given up.",
        hint=f"Add it anew: triage action add ... --theme {action.theme}",
    )


def _log(
    store: ActionStore,
    actor: Actor,
    action: Action,
    word: str,
    *,
    before: str | None = None,
    after: str | None = None,
    detail: str = "",
) -> None:
    store.activity.add(
        actor.brand_id,
        Activity(
            uuid=uuid.uuid4().hex,
            at=actor.now,
            agent=actor.agent,
            what="action",
            before=before,
            after=after,
            detail=f"action {action.id}, {word}" + (f", {detail}" if detail else ""),
        ),
    )
