"""May a body be believed? Pure checks of pages and profiles before anything goes on from them.

The end of a page that is taken for the end of the walk moves a checkpoint over posts that nobody
has read. So a page must say what follows it in the way that X says it, or it is asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.channels.x import answers, payload
from triage.channels.x.answers import Json, Unreadable
from triage.core.channel import Lookup
from triage.core.model import Author, Post
from triage.core.text import one_line
from triage.errors import ChannelError

_HINT = "Nothing is lost: the next fetch asks again. See https://docs.x.com/status if it stays"


class Unnamed(Unreadable):
    """A page with entries that have no id, so that they cannot even be asked for by themselves.

    Attributes:
        body: The page, if at least something of it can be read.
    """

    def __init__(self, reason: str, body: Json | None) -> None:
        super().__init__("X gave a page that cannot be read", reason=reason, hint=_HINT)
        self.body = body


def check_page(body: Json) -> None:
    """Check that a page tells what it holds and what follows it.

    Raises:
        Unreadable: It does not, so that it may be asked for again.
        Unnamed: Some of its entries have no id.
        ChannelError: It is no page: X says why.
    """
    data, meta = body.get("data"), body.get("meta")
    if data is None and meta is None:
        # No posts and no word that there are none: not an empty page.
        reason = answers.said(body) or "nor does it say that there are none"
        raise ChannelError("X gave no posts", reason=reason, hint=_HINT)
    if data is not None and not isinstance(data, list):
        raise _unreadable(f"its posts are a {type(data).__name__}")
    if meta is not None and not isinstance(meta, Mapping):
        raise _unreadable(f"what follows it is a {type(meta).__name__}")
    includes = body.get("includes")
    if includes is not None and not isinstance(includes, Mapping):
        raise _unreadable(f"what came along with it is a {type(includes).__name__}")
    token = meta.get("next_token") if meta else None
    if not (token is None or isinstance(token, str)):
        raise _unreadable(f"the token of the next page is a {type(token).__name__}")
    announced = meta.get("result_count") if meta else None
    if not data and isinstance(announced, int) and announced > 0:
        raise _unreadable(f"it has none of {announced} posts")
    named = [entry for entry in data or () if entry is None or payload.id_of(entry) is not None]
    if data and len(named) < len(data):
        reason = f"{len(data) - len(named)} of {len(data)} posts have no id"
        raise Unnamed(reason, body if any(named) else None)


def check_lookup(asked: Sequence[str], body: Json) -> None:
    """Check that each post that was asked for by id was given, or that X says why it is not.

    Raises:
        Unreadable: There is no word of some of them.
    """
    told: set[str | None] = set()
    for name in ("data", "errors"):
        entries = body.get(name)
        for entry in entries if isinstance(entries, list) else ():
            told |= payload.ids_of(entry)
    silent = [native_id for native_id in asked if native_id not in told]
    if silent:
        raise _unreadable(f"there is no word of post {silent[0]}, which was asked for")


def next_token(body: Json) -> str | None:
    """How a page that was checked goes on; None at the end."""
    meta = body.get("meta")
    return (meta.get("next_token") or None) if isinstance(meta, Mapping) else None


def to_ask_again(body: Json) -> list[str]:
    """The ids of a page's own entries that are not as X makes them: each may come whole alone."""
    data = body.get("data")
    odd = (payload.id_of(e) for e in data if payload.is_odd(e)) if isinstance(data, list) else ()
    return list(dict.fromkeys(i for i in odd if i is not None))


def only(asked: Sequence[str], batch: payload.Batch) -> Lookup:
    """What an answer says of the posts that were asked for."""
    wanted = set(asked)
    return Lookup(
        posts=[p for p in batch.posts if wanted & {p.native_id, p.version_id}],
        gone=[i for i in batch.gone if i in wanted],
        hidden={i: why for i, why in batch.hidden.items() if i in wanted},
        context=batch.context,
    )


def without_future(batch: payload.Batch, latest: int) -> payload.Batch:
    """Take out posts with an id from after a moment, UTC epoch ms.

    No post is from the future. Read on from such an id, everything below it would pass for read.
    """
    late = [p for p in (*batch.posts, *batch.context) if _moment(p) > latest]
    if not late:
        return batch
    gone = {id(post) for post in late}
    return batch._replace(
        posts=[p for p in batch.posts if id(p) not in gone],
        context=[p for p in batch.context if id(p) not in gone],
        problems=[
            *batch.problems,
            *(payload.Problem(p.current_id, "its id is from the future") for p in late),
        ],
    )


def _moment(post: Post) -> int:
    return max(post.posted_at, payload.snowflake_ms(post.current_id) or 0)


def profile(body: Json, who: str, *, handle: str | None = None) -> Author:
    """Read a profile.

    Args:
        body: X's answer.
        who: Whose it should be, in words.
        handle: It must be this one's, where that is known.

    Raises:
        ChannelError: There is none that can be used, or it is somebody else's.
    """
    data = body.get("data")
    if not isinstance(data, Mapping):
        reason = answers.said(body) or "its answer holds none"
        raise ChannelError(f"X gave no profile of {who}", reason=reason, hint=_HINT)
    try:
        author = payload.author_of(data)
    except payload.PayloadError as error:
        reason = str(error)
        raise ChannelError(
            f"X gave no usable profile of {who}", reason=reason, hint=_HINT
        ) from error
    if handle is not None and author.handle and author.handle.lower() != handle.lower():
        reason = f"It is @{one_line(author.handle)}'s"
        raise ChannelError(f"X gave no profile of {who}", reason=reason, hint=_HINT)
    return author


def _unreadable(reason: str) -> Unreadable:
    return Unreadable("X gave a page that cannot be read", reason=reason, hint=_HINT)
