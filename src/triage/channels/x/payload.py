"""From the JSON of X's API v2 to posts: pure, and as forgiving as it can be without guessing.

It reads live pages and archives alike, in both spellings that X uses while it renames tweets to
posts. One entry that cannot be read never costs the others: it is reported as a `Problem`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from triage.core.model import Author, Post

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
"""When X began to put the time into ids, UTC epoch ms."""
_FIRST_SNOWFLAKE = 29_700_859_247
_MAX_ID = 2**63 - 1
_TIME_SHIFT = 22

# X escapes these three and nothing else; a typed `&copy;` arrives as `&amp;copy;`.
_ENTITY = re.compile("&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_ID = re.compile(r"[0-9]{1,19}")

_REFERENCES = ("referenced_tweets", "referenced_posts")
_NOTES = ("note_tweet", "note_post")
_HISTORIES = ("edit_history_tweet_ids", "edit_history_post_ids")
_INCLUDED = ("tweets", "posts")
_GONE = re.compile(r"/(?:resource-not-found|disallowed-resource)\Z")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """An entry of a page that could not be read.

    Attributes:
        native_id: The id of the post, if that much could be read.
        reason: Why, in words.
    """

    native_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Profiles:
    """The users that came along with a page.

    Attributes:
        authors: By id.
        ids: By handle, in small letters.
        locked: Ids of those whose posts only their followers see.
    """

    authors: Mapping[str, Author] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()


class Batch(NamedTuple):
    """What one page holds.

    Attributes:
        posts: The page's own posts, in its order.
        context: Posts that came along because the others refer to them.
        gone: Ids that X reports as deleted or withheld.
        problems: Entries that could not be read.
    """

    posts: list[Post]
    context: list[Post]
    gone: list[str]
    problems: list[Problem]


class PayloadError(ValueError):
    """One entry cannot be a post: its id, its author or its time is missing."""


def posts_of(page: object) -> Batch:
    """Read one page of the API: `data` (a list or one post), `includes` and `errors`.

    Never raises: what cannot be read is in `Batch.problems`.
    """
    if not isinstance(page, Mapping):
        return Batch([], [], [], [Problem(None, f"a {type(page).__name__}, not an object")])
    includes = _mapping(page.get("includes"))
    profiles = profiles_of(includes.get("users"))
    problems: list[Problem] = []
    data = page.get("data")
    posts = list(_read(data if isinstance(data, list) else [data], profiles, problems))
    own = {post.current_id for post in posts}
    included = [entry for key in _INCLUDED for entry in _list(includes.get(key))]
    context = [post for post in _read(included, profiles, problems) if post.current_id not in own]
    return Batch(posts, context, gone_ids(page), problems)


def post_of(entry: Json, profiles: Profiles | None = None) -> Post:
    """Read one post.

    Its identity is the first id of its edit history, its time that of its first version. A post
    without `author_id` belongs to no customer and is refused; an author whose profile did not come
    along is known by id alone.

    Args:
        entry: The post's JSON.
        profiles: The users that came along.

    Raises:
        PayloadError: Its id, its author or its time is missing.
    """
    profiles = profiles or Profiles()
    version = _id(entry.get("id"))
    if version is None:
        raise PayloadError("it has no id")
    native = next((i for i in map(_id, _list(_first(entry, _HISTORIES))) if i), version)
    author_id = _id(entry.get("author_id"))
    if author_id is None:
        raise PayloadError("it has no author")
    author = profiles.authors.get(author_id, Author(author_id))
    note = _mapping(_first(entry, _NOTES))
    references = _references(entry)
    return Post(
        native_id=native,
        version_id=version,
        author=author,
        text=text_of(note.get("text") or entry.get("text")),
        posted_at=_posted_at(native, entry.get("created_at")),
        thread_id=_id(entry.get("conversation_id")),
        in_reply_to=references.get("replied_to"),
        in_reply_to_author=_id(entry.get("in_reply_to_user_id")),
        quotes=references.get("quoted"),
        is_retweet="retweeted" in references,
        mentions=_mentions((entry, note), profiles),
        lang=_string(entry.get("lang")) or None,
        url=post_url(author.handle, version),
        visibility="protected" if author_id in profiles.locked else "public",
        raw=_storable(json.dumps(entry, ensure_ascii=False, separators=(",", ":"))),
    )


def author_of(user: Json) -> Author:
    """Read one user. Raises `PayloadError` without an id."""
    native = _id(user.get("id"))
    if native is None:
        raise PayloadError("the user has no id")
    followers = _mapping(user.get("public_metrics")).get("followers_count")
    return Author(
        native_id=native,
        handle=_string(user.get("username")),
        name=text_of(user.get("name")),
        followers=followers if isinstance(followers, int) else None,
    )


def profiles_of(users: object) -> Profiles:
    """Read the users of a page; one that cannot be read is left out, its posts are not."""
    authors: dict[str, Author] = {}
    locked = set()
    for entry in map(_mapping, _list(users)):
        native = _id(entry.get("id"))
        if native is None:
            continue
        authors[native] = author_of(entry)
        if entry.get("protected") is True:
            locked.add(native)
    ids = {author.handle.lower(): native for native, author in authors.items() if author.handle}
    return Profiles(authors, ids, frozenset(locked))


def text_of(value: object) -> str:
    """Undo X's escaping of `&`, `<` and `>`, exactly once."""
    return _ENTITY.sub(lambda match: _CHARACTERS[match[1]], _string(value))


def gone_ids(page: Json) -> list[str]:
    """Give the ids of posts that the page's `errors` report as deleted or withheld.

    A post that is only hidden from us (its author locked the account, say) is not gone.
    """
    gone = []
    for error in _list(page.get("errors")):
        entry = _mapping(error)
        native = _id(entry.get("resource_id")) or _id(entry.get("value"))
        is_post = entry.get("resource_type", "tweet") in {"tweet", "post"}
        if native and is_post and _GONE.search(_string(entry.get("type"))):
            gone.append(native)
    return list(dict.fromkeys(gone))


def reports_missing(page: Json) -> bool:
    """Tell whether the `errors` say that something asked for does not exist."""
    errors = map(_mapping, _list(page.get("errors")))
    return any(_string(error.get("type")).endswith("/resource-not-found") for error in errors)


def snowflake_ms(native_id: str) -> int | None:
    """Read the time out of an id, UTC epoch ms; None if it is from before ids carried time."""
    if _ID.fullmatch(native_id) is None or not _FIRST_SNOWFLAKE <= int(native_id) <= _MAX_ID:
        return None
    return (int(native_id) >> _TIME_SHIFT) + SNOWFLAKE_EPOCH_MS


def id_at(at_ms: int) -> str:
    """Give the smallest id that a post of that time (UTC epoch ms) can have."""
    return str(max(0, at_ms - SNOWFLAKE_EPOCH_MS) << _TIME_SHIFT)


def post_url(handle: str, native_id: str) -> str:
    """Where a browser finds a post; without a usable handle X finds it by id."""
    name = handle if _HANDLE.fullmatch(handle) else "i"
    return f"https://x.com/{name}/status/{native_id}"


def parse_time(value: object) -> int | None:
    """Read `created_at`, with or without milliseconds, to UTC epoch ms; None if it is no time."""
    try:
        at = datetime.fromisoformat(_string(value))
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return round(at.timestamp() * 1000)


def _read(entries: Iterable[object], profiles: Profiles, problems: list[Problem]) -> Iterator[Post]:
    for entry in entries:
        if entry is None:
            continue
        if not isinstance(entry, Mapping):
            problems.append(Problem(None, f"a {type(entry).__name__}, not a post"))
            continue
        try:
            yield post_of(entry, profiles)
        except PayloadError as error:
            problems.append(Problem(_id(entry.get("id")), str(error)))


def _posted_at(native_id: str, created_at: object) -> int:
    # The id has milliseconds, created_at only seconds, and after an edit it is the edit's.
    at = snowflake_ms(native_id)
    if at is None:
        at = parse_time(created_at)
    if at is None:
        raise PayloadError("its time is neither in its id nor in created_at")
    return at


def _references(entry: Json) -> dict[str, str]:
    found: dict[str, str] = {}
    for reference in _list(_first(entry, _REFERENCES)):
        kind = _string(_mapping(reference).get("type"))
        native = _id(_mapping(reference).get("id"))
        if kind and native:
            found.setdefault(kind, native)
    return found


def _mentions(holders: Iterable[Json], profiles: Profiles) -> tuple[str, ...]:
    ids: list[str] = []
    for holder in holders:
        for mention in map(_mapping, _list(_mapping(holder.get("entities")).get("mentions"))):
            handle = _string(mention.get("username")).lower()
            native = _id(mention.get("id")) or profiles.ids.get(handle)
            if native:
                ids.append(native)
    return tuple(dict.fromkeys(ids))


def _first(entry: Json, keys: Iterable[str]) -> object:
    return next((entry[key] for key in keys if entry.get(key) is not None), None)


def _id(value: object) -> str | None:
    """Read an id as text. A whole number is one too: other tools write archives as well."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _string(value: object) -> str:
    return _storable(value) if isinstance(value, str) else ""


def _storable(text: str) -> str:
    """Replace lone surrogates, which no file can hold; X never sends them."""
    return _SURROGATE.sub("\ufffd", text)


def _mapping(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
