"""What stands against sending a reply, told before a person is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.app.acting import open_wait
from triage.core.channel import Channel
from triage.core.model import HOUR, Role, id_key
from triage.core.outbox import text_key
from triage.core.ports import Store
from triage.core.records import MessageView, Reply

PAUSED = "outbox_paused"
"""Mark of the store: who paused all sending, and since when."""

HELD = "outbox_held"
"""Mark of the store: since when (UTC ms) the outbox waits for our timeline to be read."""

_EXCERPT = 60


@dataclass(frozen=True, slots=True)
class Guard:
    """Something to know before a reply goes out.

    Attributes:
        code: Short and stable, such as `too-long`.
        message: What is wrong, one sentence.
        stops: It cannot be sent like this; otherwise a person may decide to.
        hint: How to mend it.
    """

    code: str
    message: str
    stops: bool
    hint: str = ""


def guards(
    store: Store,
    channel: Channel,
    reply: Reply,
    target: MessageView,
    now: int,
    same_text_within: int = HOUR,
) -> list[Guard]:
    """Tell what stands against sending a reply now; what stops it comes first."""
    found = [
        *_text_guards(channel, reply),
        *_target_guards(store, reply, target),
        *_repeat_guards(store, reply, now, same_text_within),
        *outbox_guards(store),
    ]
    return sorted(found, key=lambda g: not g.stops)


def _text_guards(channel: Channel, reply: Reply) -> list[Guard]:
    if not reply.text.strip():
        return [Guard("empty", "The reply is empty.", stops=True)]
    length = channel.length(reply.text, is_reply=reply.in_reply_to is not None)
    most = channel.capabilities.max_length
    if length > most:
        over = length - most
        return [Guard("too-long", f"{length}/{most}, {over} too many.", True, "Shorten it.")]
    return []


def _target_guards(store: Store, reply: Reply, target: MessageView) -> list[Guard]:
    found = []
    number = reply.conversation_id or 0
    if target.deleted_at is not None:
        found.append(
            Guard("gone", "The post was deleted by its author.", True, f"triage close {number}")
        )
    if target.role is Role.INCIDENTAL:
        where = f"Answer in a browser: {target.url}" if target.url else "Answer in a browser."
        found.append(
            Guard(
                "not-summoned",
                "X may refuse an API reply here: the post names us only in its leading run.",
                stops=False,
                hint=where,
            )
        )
    answered = answer_since(store, reply)
    if answered is not None:
        words = _excerpt(answered.text)
        found.append(
            Guard("answered", f"@{answered.author} has replied meanwhile: {words}", stops=False)
        )
    elif open_wait(store, number) is None:
        found.append(Guard("nobody-waits", f"Nobody waits in #{number} any more.", stops=False))
    return found


def _excerpt(text: str) -> str:
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


def answer_since(store: Store, reply: Reply) -> MessageView | None:
    """A message of ours in the conversation that is newer than what the agent had seen."""
    if reply.conversation_id is None or reply.seen_at is None:
        return None
    seen = (reply.seen_at, id_key(reply.seen_id or ""))
    ours = [
        m
        for m in store.reading.thread(reply.conversation_id)
        if m.role is Role.OWN
        and m.conversation_id == reply.conversation_id
        and m.deleted_at is None
        and (m.posted_at, id_key(m.native_id)) > seen
    ]
    return ours[-1] if ours else None


def _repeat_guards(store: Store, reply: Reply, now: int, within: int) -> list[Guard]:
    key = text_key(reply.text)
    flying = store.outbox.in_flight(reply.account_id, reply.in_reply_to, key)
    if flying is not None and flying.id != reply.id:
        return [
            Guard(
                "in-flight",
                f"Reply {flying.id} with the same text is {flying.state.value}.",
                stops=True,
                hint=f"triage outbox settle {flying.id}",
            )
        ]
    if reply.conversation_id is None:
        return []
    same = store.outbox.same_text_since(reply.account_id, reply.conversation_id, key, now - within)
    if same is None:
        return []
    return [Guard("repeated", "The same text was sent there a short while ago.", stops=False)]


def outbox_guards(store: Store) -> list[Guard]:
    """What stands against sending anything at all."""
    found = []
    paused = store.settings.get(PAUSED)
    if paused is not None:
        found.append(
            Guard("paused", f"All sending is paused ({paused}).", True, "triage outbox resume")
        )
    if store.settings.get(HELD) is not None:
        found.append(
            Guard(
                "held",
                "The database was restored or copied; our own timeline must be read first.",
                stops=True,
                hint="triage fetch",
            )
        )
    return found


def blocking(found: Sequence[Guard]) -> Guard | None:
    """The first guard that stops the reply."""
    return next((g for g in found if g.stops), None)
