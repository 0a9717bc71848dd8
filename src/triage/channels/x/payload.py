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
from typing import Any, NamedTuple, TypeGuard
from urllib.parse import urlencode

from triage.core.channel import Absence
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
_ABSENT: Mapping[str, Absence] = {
    "resource-not-found": Absence.DELETED,
    "disallowed-resource": Absence.WITHHELD,
    "not-authorized-for-resource": Absence.PROTECTED,
}
"""By the end of the type of an error; other types say nothing of whether a post is there."""
_SUSPENDED = re.compile(r"\bsuspended\b", re.IGNORECASE)

_NUMBER_OR_TEXT = (str, int)
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "id": _NUMBER_OR_TEXT,
    "author_id": _NUMBER_OR_TEXT,
    "conversation_id": _NUMBER_OR_TEXT,
    "in_reply_to_user_id": _NUMBER_OR_TEXT,
    "text": str,
    "created_at": str,
    "lang": str,
    "entities": dict,
    **dict.fromkeys(_NOTES, dict),
    **dict.fromkeys((*_REFERENCES, *_HISTORIES), list),
}
"""What each field that is read is where it is not null; ids may be numbers in archives."""

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
        gone: Ids that X reports as deleted.
        problems: Entries that could not be read.
        hidden: Ids of posts that are there and that X does not show, with the reason.
    """

    posts: list[Post]
    context: list[Post]
    gone: list[str]
    problems: list[Problem]
    hidden: dict[str, Absence]


class PayloadError(ValueError):
    """One entry cannot be a post: its id, its author or its time is missing."""


def posts_of(page: object) -> Batch:
    """Read one page of the API: `data` (a list or one post), `includes` and `errors`.

    Never raises: what cannot be read is in `Batch.problems`.
    """
    if not isinstance(page, Mapping):
        return Batch([], [], [], [Problem(None, f"a {type(page).__name__}, not an object")], {})
    includes = _mapping(page.get("includes"))
    profiles = profiles_of(includes.get("users"))
    problems: list[Problem] = []
    data = page.get("data")
    posts = list(_read(data if isinstance(data, list) else [data], profiles, problems))
    own = {post.current_id for post in posts}
    included = [entry for key in _INCLUDED for entry in _list(includes.get(key))]
    context = [post for post in _read(included, profiles, problems) if post.current_id not in own]
    absent = absences(page)
    hidden: dict[str, Absence] = {i: w for i, w in absent.items() if w is not Absence.DELETED}
    return Batch(posts, context, [i for i in absent if i not in hidden], problems, hidden)


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
    history = tuple(i for i in map(_id, _list(_first(entry, _HISTORIES))) if i)
    native = history[0] if history else version
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
        reply_settings=_string(entry.get("reply_settings")),
        raw=_raw(entry),
        history=history if len(history) > 1 else (),
        edited_at=None if version == native else snowflake_ms(version),
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
        followers=followers if _is_count(followers) else None,
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


def id_of(entry: object) -> str | None:
    """Give the id of an entry of a page; None if it has none."""
    return _id(_mapping(entry).get("id"))


def ids_of(entry: object) -> set[str | None]:
    """Give the ids that an entry of an answer is about, be it a post or an error."""
    holder = _mapping(entry)
    return {_id(holder.get(name)) for name in ("id", "resource_id", "value")}


def is_odd(entry: object) -> bool:
    """Tell whether a post lacks its author, or has a field of another type than X gives it."""
    holder = _mapping(entry)
    wrong = any(
        holder.get(name) is not None and not isinstance(holder[name], kinds)
        for name, kinds in _TYPES.items()
    )
    return wrong or _id(holder.get("author_id")) is None


def text_of(value: object) -> str:
    """Undo X's escaping of `&`, `<` and `>`, exactly once."""
    return _ENTITY.sub(lambda match: _CHARACTERS[match[1]], _string(value))


def absences(page: Json) -> dict[str, Absence]:
    """Tell which posts the page's `errors` name as absent, and why.

    Only an error that names a post, with one of the types that X keeps for this, is an answer;
    whatever else stands there says nothing of a post. X calls posts of suspended authors not found
    or not authorized, and tells it in the words alone.
    """
    found: dict[str, Absence] = {}
    for error in _list(page.get("errors")):
        entry = _mapping(error)
        native = _id(entry.get("resource_id")) or _id(entry.get("value"))
        is_post = entry.get("resource_type", "tweet") in {"tweet", "post"}
        _, slash, kind = _string(entry.get("type")).rpartition("/")
        why = _ABSENT.get(kind) if slash else None
        if native and is_post and why is not None:
            if _SUSPENDED.search(_string(entry.get("detail"))):
                why = Absence.SUSPENDED
            found.setdefault(native, why)
    return found


def gone_ids(page: Json) -> list[str]:
    """Give the ids of posts that the page's `errors` report as deleted."""
    return [native for native, why in absences(page).items() if why is Absence.DELETED]


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


def answer_url(native_id: str, text: str) -> str:
    """Where a person answers a post on X's own page, the text filled in."""
    return f"https://x.com/intent/post?{urlencode({'in_reply_to': native_id, 'text': text})}"


def parse_time(value: object) -> int | None:
    """Read `created_at`, with or without milliseconds, to UTC epoch ms; None if it is no time."""
    try:
        at = datetime.fromisoformat(_string(value))
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return round(at.timestamp() * 1000)


def time_text(at_ms: int) -> str:
    """Write a moment (UTC epoch ms) as X reads it: whole seconds, rounded down."""
    return datetime.fromtimestamp(at_ms // 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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


def _raw(entry: Json) -> str:
    """The entry as JSON again, as far as JSON can hold it."""
    try:
        return _storable(
            json.dumps(entry, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        )
    except (ValueError, RecursionError):
        return "{}"  # numbers that are none, or nested beyond reason; the rest is in the columns


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_ID


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
