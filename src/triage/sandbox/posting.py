"""Accepting and taking back posts, with the refusals that X is known for."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from triage.sandbox import media, problems
from triage.sandbox import text as wording

if TYPE_CHECKING:
    from triage.sandbox.state import Post, State, User
    from triage.sandbox.wire import Call, Options

MAX_LENGTH = 4_000
"""Longer texts are refused; whether X would weigh them is the client's business."""
REMEMBERED = 50
"""So many posts of an account are compared for the same text."""
_KEYS = frozenset(
    {
        "card_uri",
        "community_id",
        "direct_message_deep_link",
        "edit_options",
        "for_super_followers_only",
        "geo",
        "made_with_ai",
        "media",
        "nullcast",
        "paid_partnership",
        "poll",
        "quote_tweet_id",
        "reply",
        "reply_settings",
        "share_with_followers",
        "text",
    }
)


def create(call: Call, options: Options) -> tuple[int, dict[str, Any]]:
    """Post, reply, quote or edit as the account that is signed in.

    Raises:
        problems.Problem: The body is not as the contract wants it (400), the reply is not
            allowed, or the same text was posted before (403).
    """
    state, author = call.state, call.actor
    assert author is not None  # noqa: S101 - the caller made sure
    wanted = _read(call)
    text: str = wanted["text"]
    reply_to, quote_of, edited = wanted["reply_to"], wanted["quote_of"], wanted["edited"]
    if reply_to is not None:
        _may_reply(state, author, reply_to, options)
    for reference in (quote_of, edited):
        if reference is not None and state.visible(reference) is None:
            raise problems.plain(403, problems.REPLY_TO_NOTHING)
    if edited is not None and state.posts[edited].author_id != author.id:
        raise problems.plain(403, "You are not authorized to edit this Tweet.")
    media.usable(state, author, wanted["media"])
    if edited is not None:
        post = state.edit(edited, text)
    else:
        before = islice((p for p in state.current() if p.author_id == author.id), REMEMBERED)
        said = {state.plain(earlier) for earlier in before}
        post = state.add_post(author, text, reply_to=reply_to, quote_of=quote_of)
        post.media = wanted["media"]
        if not options.alter_text:
            post.names = []
        if state.plain(post) in said:
            del state.posts[post.id]
            raise problems.plain(403, problems.DUPLICATE)
    rendered = wording.render(state.plain(post), names=len(post.names), alter=options.alter_text)
    data = {"id": post.id, "text": rendered.text, "edit_history_tweet_ids": post.history}
    return 201, {"data": data}


def remove(call: Call) -> tuple[int, dict[str, Any]]:
    """Delete a post of the account that is signed in.

    Raises:
        problems.Problem: It is somebody else's (403) or no id (400).
    """
    assert call.actor is not None  # noqa: S101 - the caller made sure
    post_id = call.path["id"]
    if not post_id.isascii() or not post_id.isdigit():
        message = f"The `id` query parameter value [{post_id}] is not valid"
        raise problems.invalid(call.spelling.problems, message, "id", post_id)
    post = call.state.visible(post_id)
    if post is None:
        entry = problems.not_found(call.spelling.problems, "tweet", "id", post_id)
        return 200, {"errors": [entry]}
    if post.author_id != call.actor.id:
        raise problems.plain(403, "You are not authorized to delete this Tweet.")
    call.state.delete(post_id)
    return 200, {"data": {"deleted": True}}


def _read(call: Call) -> dict[str, Any]:
    host = call.spelling.problems
    try:
        body = json.loads(call.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise problems.invalid(host, "The request body is not a JSON object", "", "")
    for name in body:
        if name not in _KEYS:
            raise problems.invalid(host, f"$.{name}: is not defined in the schema", name, "")
    text = body.get("text", "")
    if not isinstance(text, str) or not text.strip():
        raise problems.invalid(host, "$.text: is required and must not be empty", "text", "")
    if len(text) > MAX_LENGTH:
        raise problems.invalid(host, "Your Tweet text is too long.", "text", "")
    return {
        # X keeps no space around a text.
        "text": text.strip(),
        "reply_to": _reference(body, "reply", "in_reply_to_tweet_id", host),
        "quote_of": _reference({"": body}, "", "quote_tweet_id", host, needed=False),
        "media": media.asked_for(body, host),
        "edited": _reference(body, "edit_options", "previous_post_id", host),
    }


def _reference(
    body: dict[str, Any], part: str, name: str, host: str, *, needed: bool = True
) -> str | None:
    if part not in body:
        return None
    holder = body[part]
    value = holder.get(name) if isinstance(holder, dict) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    if value is None and isinstance(holder, dict) and not needed:
        return None
    message = f"$.{part}.{name}: must be a string that matches ^[0-9]{{1,19}}$"
    raise problems.invalid(host, message, name, str(value))


def _may_reply(state: State, author: User, post_id: str, options: Options) -> None:
    parent = state.visible(post_id)
    if parent is None or state.is_hidden(parent, author):
        raise problems.plain(403, problems.REPLY_TO_NOTHING)
    if parent.author_id == author.id:
        return
    limited = parent.reply_settings != "everyone"
    if limited and author.username.lower() not in state.mentioned(parent, automatic=False):
        raise problems.plain(403, problems.RESTRICTED)
    if not _engages(state, parent, author, options):
        raise problems.not_summoned()


def _engages(state: State, post: Post, account: User, options: Options) -> bool:
    named = state.mentioned(post, automatic=options.automatic_names_count)
    if account.username.lower() in named:
        return True
    quoted = state.posts.get(post.quote_of) if post.quote_of else None
    return quoted is not None and quoted.author_id == account.id
