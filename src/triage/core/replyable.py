"""Where a channel will not take a reply that a program sends, known before it says no.

X takes a reply through its API only if the author of that very post named or quoted the account
that answers. A name in the run that a client puts before a reply by itself may not count. Who may
answer a post at all is a setting of its author. A person in a browser is bound by the last alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from triage.core.text import handle_key

_LEADING_RUN = re.compile(r"^(?:\s*@\w+)+")
_NAMES = re.compile(r"@(\w+)")

_LIMITED = {
    "mentionedusers": "only those whom its author named may answer it",
    "following": "only those whom its author follows may answer it",
    "subscribers": "only its author's subscribers may answer it",
    "verified": "only verified accounts may answer it",
    "other": "its author limited who may answer it",
}
_ABOUT_THE_THREAD = re.compile(
    r"been mentioned or otherwise engaged|restricted who can reply|not permitted to reply"
    r"|reply to this conversation is not allowed",
    re.IGNORECASE,
)


class Summons(Enum):
    """How a post calls the account that is to answer it."""

    TYPED = "typed"
    """Its author named or quoted the account."""
    AUTOMATIC = "automatic"
    """The account is named only in the run that a client puts before a reply by itself."""
    NONE = "none"
    """The account is neither named nor quoted."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a reply may not be taken.

    Attributes:
        code: Short and stable.
        message: In one sentence.
        is_certain: The channel will refuse; otherwise it may.
        is_usual: It stands against every follow-up in a thread of ours: told, and no more.
    """

    code: str
    message: str
    is_certain: bool = False
    is_usual: bool = False


def summons(text: str, handle: str, *, is_reply: bool, quotes_us: bool = False) -> Summons:
    """Tell how a post calls an account.

    Args:
        text: The post's.
        handle: The account's, without `@`.
        is_reply: It answers another post: the names that it begins with may be automatic.
        quotes_us: It quotes a post of ours.
    """
    run = _LEADING_RUN.match(text) if is_reply else None
    typed = text[run.end() :] if run else text
    if quotes_us or _names(typed, handle):
        return Summons.TYPED
    return Summons.AUTOMATIC if run and _names(run.group(), handle) else Summons.NONE


def _names(text: str, handle: str) -> bool:
    return handle_key(handle) in {handle_key(name) for name in _NAMES.findall(text)}


def obstacles(
    called: Summons,
    handle: str,
    *,
    names_us: bool | None,
    to_others: bool,
    reply_settings: str = "",
) -> list[Obstacle]:
    """Tell why a channel whose replies need a summons may refuse one.

    Args:
        called: How the post calls the account.
        handle: The account's, without `@`.
        names_us: Whether the channel itself lists the account among those named; None if it was
            not asked just now, and then nothing is certain.
        to_others: The post answers somebody who is not us.
        reply_settings: Who may answer the post, in the channel's word; empty if it is not known.
    """
    found = []
    limited = _LIMITED.get(reply_settings.lower())
    if limited is not None and called is not Summons.TYPED and not names_us:
        found.append(
            Obstacle(
                "limited",
                f"The post takes no reply from @{handle}: {limited}."
                if reply_settings.lower() == "mentionedusers"
                else f"The post may take no reply from @{handle}: {limited}.",
                is_certain=reply_settings.lower() == "mentionedusers" and names_us is False,
            )
        )
    if called is Summons.NONE and not names_us:
        certain = names_us is False
        will = "refuses" if certain else "may refuse"
        found.append(
            Obstacle(
                "not-summoned",
                f"X {will} an API reply here: the post neither names @{handle} nor quotes it.",
                is_certain=certain,
            )
        )
    elif called is Summons.AUTOMATIC:
        found.append(
            Obstacle(
                "not-summoned",
                "X may refuse an API reply here: the post names us only in its leading run.",
                is_usual=not to_others,
            )
        )
    return found


def is_about_the_thread(words: str) -> bool:
    """Whether a channel's refusal is about who may answer by a program: a browser may do."""
    return _ABOUT_THE_THREAD.search(words) is not None
