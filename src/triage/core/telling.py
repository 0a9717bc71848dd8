"""Whom an action can be told: those who raised its theme and whom a reply may still reach.

Unsolicited mentions are banned on X, and its API takes a reply only to a post that named or quoted
us. So a message goes under a post of theirs that did, while that is young, and to nobody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from triage.core.kinds import DAY, SECOND
from triage.core.replyable import Summons, obstacles, summons

WITHIN = 30 * DAY
"""How old a post may be that is still answered, ms."""
PER_RUN, PER_HOUR, PAUSE = 20, 40, 10 * SECOND
"""How many go out in a run and in an hour, and how long a run waits between two, ms."""
_TURNED_AWAY = {"spam": "closed as spam", "not-us": "closed as not about us"}
"""Closes of a conversation after which its customer is not told anything."""

_CALLED = {
    Summons.NONE: "Their post neither names @{handle} nor quotes it.",
    Summons.AUTOMATIC: "Their post names @{handle} only among those whom it answers.",
}
"""Why a channel that wants to be called takes no reply."""

PersonOf = Callable[[int], int]


class Mention(NamedTuple):
    """A mention about an action's theme, with what tells whether it can be answered.

    Attributes:
        message_id: Our id of it.
        native_id: The channel's.
        conversation_id: Where it stands; None where it stands nowhere.
        account_id: Whom it asked, or whose conversation it is in; None if nothing tells.
        customer_id: Whose.
        handle: Theirs.
        name: Theirs, as they write it.
        text: What they wrote.
        kind: Its kind.
        posted_at: UTC ms.
        is_gone: Its author deleted it, or the channel gives it no more.
        is_reply: It answers another post.
        is_incidental: It names us only in the leading run, under a post that is not ours.
        quotes_us: It quotes a post of ours.
        closed_as: How its conversation was closed last, while that stands; empty if it was not.
        waits: Its customer waits for an answer there.
    """

    message_id: int
    native_id: str
    conversation_id: int | None
    account_id: int | None
    customer_id: int
    handle: str
    name: str
    text: str
    kind: str
    posted_at: int
    is_gone: bool
    is_reply: bool
    is_incidental: bool
    quotes_us: bool
    closed_as: str
    waits: bool


@dataclass(frozen=True, slots=True)
class Us:
    """An account of ours that may answer.

    Attributes:
        handle: Without `@`.
        needs_summons: Its channel takes replies only to posts that named or quoted it.
    """

    handle: str
    needs_summons: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """A person who raised a theme, and whether they can be told.

    Attributes:
        person_id: Who.
        mention: What they would be answered, or else the newest that they wrote about it.
        mentions: How many they wrote about it.
        code: Short and stable; empty if they can be told.
        reason: Why they cannot, or what to know before they are, as a sentence.
    """

    person_id: int
    mention: Mention
    mentions: int
    code: str = ""
    reason: str = ""

    @property
    def is_reachable(self) -> bool:
        """Whether they can be told."""
        return not self.code


def reaches(
    mentions: Iterable[Mention],
    accounts: Mapping[int, Us],
    now: int,
    within: int,
    person_of: PersonOf,
) -> list[Reach]:
    """Everybody who raised a theme, once, in the order in which they raised it first.

    Args:
        mentions: About the theme, oldest first.
        accounts: Ours, by id.
        now: UTC ms.
        within: How old a post may be that is still answered, ms.
        person_of: Who is who.
    """
    people: defaultdict[int, list[Mention]] = defaultdict(list)
    for mention in mentions:
        people[person_of(mention.customer_id)].append(mention)
    return [_reach(person, theirs, accounts, now, within) for person, theirs in people.items()]


def _reach(
    person_id: int,
    theirs: Sequence[Mention],
    accounts: Mapping[int, Us],
    now: int,
    within: int,
) -> Reach:
    """By the newest of their mentions that can be answered; else why the newest cannot."""
    first: Reach | None = None
    for mention in reversed(theirs):
        code, reason = obstacle(mention, accounts, now, within)
        found = Reach(person_id, mention, len(theirs), code, reason)
        if found.is_reachable:
            return found
        first = first or found
    assert first is not None  # noqa: S101 - nobody is listed without a mention
    return first


def obstacle(
    mention: Mention, accounts: Mapping[int, Us], now: int, within: int
) -> tuple[str, str]:
    """What keeps a mention from being answered: a code, empty if nothing does, and a sentence."""
    if mention.is_gone:
        return "gone", "The post is gone: its author or the channel took it away."
    turned_away = _TURNED_AWAY.get(mention.closed_as)
    if turned_away is not None:
        return mention.closed_as, f"The conversation was {turned_away}."
    us = accounts.get(mention.account_id or 0)
    if us is None or mention.conversation_id is None:
        return "no-account", "None of your accounts is on the channel where they wrote."
    age = now - mention.posted_at
    if age > within:
        return "too-old", f"Their post is {_span(age)} old; the limit is {_span(within)}."
    return _summoned(mention, us)


def _summoned(mention: Mention, us: Us) -> tuple[str, str]:
    waits = "Waits: this would be their answer." if mention.waits else ""
    if not us.needs_summons:
        return "", waits
    called = summons(
        mention.text, us.handle, is_reply=mention.is_reply, quotes_us=mention.quotes_us
    )
    for found in obstacles(called, us.handle, names_us=None, to_others=mention.is_incidental):
        if not found.is_usual:
            return found.code, _CALLED[called].format(handle=us.handle)
        return "", found.message
    return "", waits


def _span(ms: int) -> str:
    days = ms // DAY
    return f"{days} days" if days != 1 else "1 day"
