"""What keeps a forgotten customer from coming back: keyed digests of their ids, handles and posts.

A digest tells nobody who was forgotten, but a post that comes in is recognised by it. The key is
random and of this store alone.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence

from triage.core.model import Author, Role
from triage.core.ports import Incoming
from triage.core.privacy import Person
from triage.core.text import handle_key, storable
from triage.store.engine import Engine, query_in

KEY = "forget_key"
"""The mark in `meta` that holds the key; it is there once anybody was forgotten."""

ID, HANDLE, POST = "id", "handle", "post"
"""What a digest is of. A handle counts only where no id is told: handles are reused."""

Stone = tuple[str, str]
"""What it is of, and the digest."""

_ALL = """
SELECT t.what, t.digest, f.begun_at FROM tombstone t JOIN forgotten f ON f.id = t.forgotten_id
WHERE t.brand_id = :brand_id AND t.channel = :channel
"""
_FIND = f"{_ALL} AND t.what IN ('id', 'handle', 'post') AND t.digest IN ({{values}})"
"""With what they are of, an index leads to each."""
_MANY = 2_000
"""With more digests to look for than that, all tombstones are read instead."""
_LAY = """
INSERT INTO tombstone (brand_id, channel, what, digest, forgotten_id)
VALUES (:brand_id, :channel, :what, :digest, :forgotten_id)
ON CONFLICT (brand_id, channel, what, digest) DO UPDATE SET forgotten_id = excluded.forgotten_id
"""


def sift(
    engine: Engine, brand_id: int, channel: str, incoming: Sequence[Incoming]
) -> Sequence[Incoming]:
    """Give the posts that are not of a forgotten customer; call it inside a transaction.

    Left out is a post that was forgotten itself, what its author wrote up to the moment when they
    were forgotten, and what we answered them up to then. What they write later is new.
    """
    key = _key(engine)
    if key is None or not incoming:
        return incoming
    told = [(one, dict(_stones(key, channel, one))) for one in incoming]
    wanted = {digest for _, stones in told for _, digest in stones.values()}
    scope = {"brand_id": brand_id, "channel": channel}
    rows = (
        engine.query(_ALL, scope) if len(wanted) > _MANY else query_in(engine, _FIND, scope, wanted)
    )
    found = {(what, digest): at for what, digest, at in rows}
    if not found:
        return incoming
    return [one for one, stones in told if not _is_forgotten(one, stones, found)]


def lay(engine: Engine, person: Person, posts: Iterable[str], forgotten_id: int) -> None:
    """Leave tombstones of a customer and of posts; call it inside a transaction.

    Args:
        engine: The database.
        person: Who is forgotten.
        posts: Ids of all versions of their posts, and of ours to them.
        forgotten_id: Of the row that says since when.
    """
    key = _key(engine) or _make_key(engine)
    stones = [(ID, _digest(key, ID, person.channel, person.native_id))]
    stones += [
        (HANDLE, _digest(key, HANDLE, person.channel, handle_key(handle)))
        for handle in (person.handle, *person.former)
        if handle
    ]
    stones += [(POST, _digest(key, POST, person.channel, post)) for post in posts]
    engine.many(
        _LAY,
        [
            {
                "brand_id": person.brand_id,
                "channel": person.channel,
                "what": what,
                "digest": digest,
                "forgotten_id": forgotten_id,
            }
            for what, digest in dict.fromkeys(stones)
        ],
    )


def _key(engine: Engine) -> bytes | None:
    rows = engine.query("SELECT value FROM meta WHERE key = :key", {"key": KEY})
    return bytes.fromhex(rows[0][0]) if rows else None


def _make_key(engine: Engine) -> bytes:
    key = secrets.token_bytes(32)
    engine.execute(
        "INSERT INTO meta (key, value) VALUES (:key, :value)", {"key": KEY, "value": key.hex()}
    )
    return key


def _digest(key: bytes, what: str, channel: str, value: str) -> str:
    told = "\0".join((what, channel, storable(value))).encode()
    return hmac.digest(key, told, "sha256").hex()


def _stones(key: bytes, channel: str, one: Incoming) -> Iterator[tuple[str, Stone]]:
    """The digests that a post could be recognised by, each under a name of its own."""
    post = one.post
    for number, native_id in enumerate({post.native_id, post.current_id, *post.history}):
        yield f"post{number}", (POST, _digest(key, POST, channel, native_id))
    if shared := re.match(r"RT @(\w+)", post.text) if post.is_retweet else None:
        # Somebody repeats what they had said.
        yield "repeated", (HANDLE, _digest(key, HANDLE, channel, handle_key(shared[1])))
    if one.role is not Role.OWN:
        for name, what, value in _author_stones(post.author):
            yield f"author-{name}", (what, _digest(key, what, channel, value))
        return
    if post.in_reply_to:
        yield "answered-post", (POST, _digest(key, POST, channel, post.in_reply_to))
    if post.in_reply_to_author:
        yield "answered-id", (ID, _digest(key, ID, channel, post.in_reply_to_author))


def _author_stones(author: Author) -> Iterator[tuple[str, str, str]]:
    """By which digests an author is looked for: a name for it, what it is of, and of what."""
    handle = handle_key(author.handle)
    yield "id", ID, author.native_id
    if handle:
        # Somebody of whom an import had told the handle alone.
        yield "by-handle", ID, f"@{handle}"
        if not author.native_id or author.native_id.startswith("@"):
            yield "handle", HANDLE, handle


def _is_forgotten(one: Incoming, stones: dict[str, Stone], found: dict[Stone, int]) -> bool:
    """Whether a post is one of those that were forgotten, or goes with them."""
    for name, stone in stones.items():
        begun_at = found.get(stone)
        if begun_at is not None and (name.startswith("post") or one.post.posted_at <= begun_at):
            return True
    return False
