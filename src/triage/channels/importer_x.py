"""Records of X within a file: pages of its API v2, and single posts as twarc2 flattens them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from triage.channels.x.payload import Batch, Problem, posts_of

_PAGE = ("data", "includes", "errors", "meta")
_REFERENCES = ("referenced_tweets", "referenced_posts")


def is_x(record: Mapping[str, Any]) -> bool:
    """Tell whether a JSON object is a page of X's API v2 or a single post of it."""
    if "id" not in record:
        return any(key in record for key in _PAGE)
    return (
        "author_id" in record
        or isinstance(record.get("author"), dict)
        or ("created_at" in record and "posted_at" not in record and "user" not in record)
    )


def is_v1(record: Mapping[str, Any]) -> bool:
    """Tell whether a JSON object is a post of X's API v1.1, which is not read."""
    return "id_str" in record or ("user" in record and "created_at" in record)


def posts_of_x(record: Mapping[str, Any]) -> Batch:
    """Read the posts of a page or of a single post. Never raises."""
    try:
        return posts_of(_page_of(record) if "id" in record else record)
    except RecursionError:
        return Batch([], [], [], [Problem(None, "it is nested too deeply")], {})


def _page_of(post: Mapping[str, Any]) -> dict[str, Any]:
    """Put a flattened post and what was moved into it back into the form of a page."""
    users: list[object] = []
    context: list[object] = []
    data = _unfold(post, users)
    for key in _REFERENCES:
        references = post.get(key)
        for reference in references if isinstance(references, list) else ():
            # Without a text it is the bare reference: the post did not come along.
            if isinstance(reference, dict) and "text" in reference:
                context.append(_unfold(reference, users))  # noqa: PERF401 (as plain as it gets)
    return {"data": data, "includes": {"users": users, "tweets": context}}


def _unfold(post: Mapping[str, Any], users: list[object]) -> Mapping[str, Any]:
    users.extend(_users(post))
    author = post.get("author")
    if "author_id" not in post and isinstance(author, dict):
        return {**post, "author_id": author.get("id")}
    return post


def _users(post: Mapping[str, Any]) -> Iterator[object]:
    for key in ("author", "in_reply_to_user"):
        user = post.get(key)
        if isinstance(user, dict) and "id" in user:
            yield user
