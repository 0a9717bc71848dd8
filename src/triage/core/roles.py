"""What a post is to the brand: written to us, by us, or merely passing by."""

from __future__ import annotations

import re
from collections.abc import Collection

from triage.core.model import Post, Role
from triage.core.text import handle_key

_LEADING_RUN = re.compile(r"^(?:\s*@\w+)+")
_NAMES = re.compile(r"@(\w+)")


def decide_role(
    post: Post, our_ids: Collection[str], our_handles: Collection[str], *, is_context: bool = False
) -> Role:
    """Tell a post's role.

    Args:
        post: The post.
        our_ids: Native ids of the brand's accounts on this channel.
        our_handles: Their handles as keys (`handle_key`).
        is_context: It came along with another post; it is a mention only if it names us.
    """
    if post.author.native_id in our_ids or handle_key(post.author.handle) in our_handles:
        return Role.OWN
    if post.is_retweet:
        return Role.RETWEET
    if is_context and not _names_us(post.text, our_handles):
        return Role.CONTEXT
    return Role.INCIDENTAL if _is_incidental(post, our_ids, our_handles) else Role.MENTION


def _names_us(text: str, our_handles: Collection[str]) -> bool:
    return any(handle_key(name) in our_handles for name in _NAMES.findall(text))


def _is_incidental(post: Post, our_ids: Collection[str], our_handles: Collection[str]) -> bool:
    """In reply to somebody else, naming us only in the run that a client puts in by itself.

    A customer who goes on under their own post is still talking to us.
    """
    to = post.in_reply_to_author
    if not post.in_reply_to or to is None or to in our_ids or to == post.author.native_id:
        return False
    if to.startswith("@") and to[1:] in our_handles:
        return False
    run = _LEADING_RUN.match(post.text)
    if run is None or not _names_us(run.group(), our_handles):
        return False
    return not _names_us(post.text[run.end() :], our_handles)
