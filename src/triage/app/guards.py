"""What stands against sending a reply, told before a person is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.app.acting import newest_mention, open_wait
from triage.app.preflight import Look
from triage.core.accounts import Account
from triage.core.channel import Channel
from triage.core.model import DAY, HOUR, Role, id_key
from triage.core.outbox import LINK, ReplyState, normalise, text_key
from triage.core.ports import Store
from triage.core.queue import rough_span
from triage.core.records import MessageView, Reply
from triage.core.replyable import obstacles, summons

PAUSED = "outbox_paused"
"""Mark of the store: who paused all sending, and since when."""

HELD = "outbox_held"
"""Mark of the store: since when (UTC ms) the outbox waits for our timeline to be read."""

NOT_ACCEPTED = "the credentials were not accepted: "
"""Begins the detail of a reply that other credentials could have sent."""

RESTORED = "the database was restored or copied; it may have been sent since"
"""Detail of a reply that a restored store holds until our own timeline was read."""

NOT_SHOWN = "it is locked, suspended or withheld, or we are blocked"
"""What can keep a post that stands from us, in words."""

_EXCERPT = 60
_TOO_LONG = "Shorten it, or make a thread of it with --split."
_REMEMBERED = DAY
"""For how long a channel is taken to remember what we said, ms."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Something to know before a reply goes out.

    Attributes:
        code: Short and stable, such as `too-long`.
        message: What is wrong, one sentence.
        stops: It cannot be sent like this; otherwise a person may decide to.
        hint: How to mend it.
        asks: Where nobody can be asked it is not sent; otherwise it is only told.
        url: Where a person can answer in a browser instead; empty if nowhere.
    """

    code: str
    message: str
    stops: bool
    hint: str = ""
    asks: bool = True
    url: str = ""


def guards(
    store: Store,
    channel: Channel,
    reply: Reply,
    target: MessageView,
    now: int,
    same_text_within: int = HOUR,
    look: Look | None = None,
) -> list[Guard]:
    """Tell what stands against sending a reply now; what stops it comes first.

    Args:
        store: The store.
        channel: The way to the account that sends.
        reply: As it is to go out.
        target: The post that it answers.
        now: UTC ms.
        same_text_within: For how long the same text is not sent again unasked, ms.
        look: What the channel said of the thread just now; None if it was not asked.
    """
    found = [
        *_text_guards(channel, reply),
        *thread_guards(store, channel, reply, target, look),
        *_target_guards(store, reply, target),
        *_repeat_guards(store, reply, now, same_text_within),
        *outbox_guards(store),
    ]
    return sorted(found, key=lambda g: (not g.stops, not g.asks))


def _text_guards(channel: Channel, reply: Reply) -> list[Guard]:
    if not reply.text.strip():
        return [Guard("empty", "The reply is empty.", stops=True)]
    length = channel.length(reply.text, is_reply=reply.in_reply_to is not None)
    most = channel.capabilities.max_length
    if length > most:
        over = length - most
        return [Guard("too-long", f"{length}/{most}, {over} too many.", True, _TOO_LONG)]
    return []


def _target_guards(store: Store, reply: Reply, target: MessageView) -> list[Guard]:
    found = []
    number = reply.conversation_id or 0
    if target.deleted_at is not None:
        found.append(
            Guard("gone", "The post was deleted by its author.", True, f"triage close {number}")
        )
    if reply.follows_id is not None:
        # It goes on with an answer that was begun: what was asked of its first part holds.
        return found
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
    if reply.conversation_id is None or reply.seen_at is None or reply.follows_id is not None:
        # Behind the first part of a thread, the parts before it are the answer.
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


def mention_since(store: Store, reply: Reply) -> MessageView | None:
    """The newest mention of the customer that the agent had not seen."""
    if reply.conversation_id is None or reply.seen_at is None or reply.follows_id is not None:
        return None
    conversation = store.reading.conversation(reply.conversation_id)
    newest = newest_mention(store, conversation) if conversation is not None else None
    if newest is None or newest.deleted_at is not None:
        return None
    seen = (reply.seen_at, id_key(reply.seen_id or ""))
    return newest if (newest.posted_at, id_key(newest.native_id)) > seen else None


def thread_guards(
    store: Store, channel: Channel, reply: Reply, target: MessageView, look: Look | None
) -> list[Guard]:
    """What a look at the thread showed, and where the channel takes no reply from a program."""
    found = []
    if target.conversation_id != reply.conversation_id and reply.follows_id is None:
        found.append(Guard("not-theirs", "The post is not one of this customer's.", stops=True))
    again = mention_since(store, reply)
    if again is not None:
        words = f"@{again.author} has written again: {_excerpt(again.text)}"
        # What was not seen waits on by itself, so an answer to the rest may go.
        found.append(Guard("wrote-again", words, stops=False, asks=False))
    found += _summons_guards(store, channel, reply, target, look)
    if look is not None and look.is_hidden:
        words = f"The post of @{target.author} is not shown to us: {NOT_SHOWN}."
        found.append(Guard("hidden", words, True, f"triage close {reply.conversation_id}"))
    if look is not None and look.problem:
        found.append(_not_looked(channel, look))
    return found


def _not_looked(channel: Channel, look: Look) -> Guard:
    """A reply may go out all the same; whoever sends it knows how old its grounds are."""
    known = "nothing of it is known"
    if look.known_at is not None:
        known = f"as known {rough_span(look.at - look.known_at)} ago"
    name = channel.name.title()
    words = f"{name} could not be asked about the thread ({look.problem}); {known}."
    return Guard("not-looked", words, stops=False, asks=False)


def _summons_guards(
    store: Store, channel: Channel, reply: Reply, target: MessageView, look: Look | None
) -> list[Guard]:
    us = _sender_of(store, reply)
    if us is None or not channel.capabilities.needs_summons or target.role is Role.OWN:
        return []
    post = look.post if look is not None else None
    quoted = store.reading.message_id(us.brand_id, post.quotes) if post and post.quotes else None
    called = summons(
        target.text,
        us.handle,
        is_reply=target.in_reply_to is not None,
        quotes_us=quoted is not None and store.reading.messages([quoted])[0].role is Role.OWN,
    )
    found = obstacles(
        called,
        us.handle,
        names_us=us.native_id in post.mentions if post and us.native_id else None,
        to_others=target.role is Role.INCIDENTAL,
        reply_settings=post.reply_settings if post else "",
    )
    where = channel.answer_url(target.native_id, reply.text) or target.url or ""
    hint = f"Answer in a browser: {where}" if where else "Answer in a browser."
    return [Guard(o.code, o.message, o.is_certain, hint, not o.is_usual, where) for o in found]


def _sender_of(store: Store, reply: Reply) -> Account | None:
    conversation = store.reading.conversation(reply.conversation_id or 0)
    if conversation is None:
        return None
    ours = store.accounts.accounts(conversation.brand_id)
    return next((a for a in ours if a.id == reply.account_id), None)


def _way_to(flying: Reply) -> str:
    """What brings a reply to its end that holds the text."""
    verb = "drafts send" if flying.state is ReplyState.QUEUED else "outbox settle"
    return f"triage {verb} {flying.id}"


def _repeat_guards(store: Store, reply: Reply, now: int, within: int) -> list[Guard]:
    key = text_key(reply.text)
    flying = store.outbox.in_flight(reply.account_id, reply.in_reply_to, key)
    if flying is not None and flying.id != reply.id:
        return [
            Guard(
                "in-flight",
                f"Reply {flying.id} with the same text is {flying.state.value}.",
                stops=True,
                hint=_way_to(flying),
            )
        ]
    twin = _said_already(store, reply, now)
    if twin is not None:
        return [twin]
    if reply.conversation_id is None:
        return []
    same = store.outbox.same_text_since(reply.account_id, reply.conversation_id, key, now - within)
    if same is None:
        return []
    return [Guard("repeated", "The same text was sent there a short while ago.", stops=False)]


def _said_already(store: Store, reply: Reply, now: int) -> Guard | None:
    """The same words stand under the same post, whoever put them there: X refuses them twice.

    Links are told apart by nobody here, since X shortens them; then a person decides.
    """
    words = normalise(reply.text)
    own = store.reading.own_posts(reply.account_id, now - _REMEMBERED)
    if not any(p.in_reply_to == reply.in_reply_to and normalise(p.text) == words for p in own):
        return None
    certain = LINK not in words
    return Guard("duplicate", "We have said the same under that post already.", certain, "Edit it.")


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
