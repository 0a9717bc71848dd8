"""What a store must hold, told from the sandbox's state alone.

The rules of the clock are written down here a second time, short and slow, for histories without
closings: so that a mistake in the program and the same one here would have to be made twice.
"""

from __future__ import annotations

import html
import re
import sqlite3
import stat
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pytest

from chaos.desk import Desk
from triage.core.model import Kind
from triage.core.outbox import LINK, normalise
from triage.matching.defaults import default_tagger
from triage.sandbox import text as wording
from triage.sandbox.state import Post, State, ms_of
from triage.store.engine import Lite
from triage.store.store import SqlStore

_MINUTE = 60_000
_WITHIN = {
    "complaint": 60 * _MINUTE,
    "question": 4 * 60 * _MINUTE,
    "other": 24 * 60 * _MINUTE,
    "praise": None,
}
_GRAVITY = ("praise", "other", "question", "complaint")
_LEADING = re.compile(r"^(?:\s*@\w+)+")


class Wait(NamedTuple):
    """A wait in words that do not depend on our ids."""

    thread: str
    customer: str
    opening: str
    last: str
    mentions: int
    opened_at: int
    kind: str
    due_at: int | None
    state: str
    ended_at: int | None
    ended_by: str | None
    is_met: bool | None


class Expected(NamedTuple):
    """What must be in the store.

    Attributes:
        texts: Of everything that X lists for us, by first id.
        ours: The ids of our own posts among them.
        waits: In no order.
    """

    texts: dict[str, str]
    ours: set[str]
    waits: list[Wait]


def expected(state: State, handles: Sequence[str], clocks_from: int) -> Expected:
    """Tell from X's own data what a desk must know after it has read everything.

    Args:
        state: Of the sandbox.
        handles: The brand's accounts.
        clocks_from: Mentions before it have no clock, UTC epoch ms.
    """
    users = [u for u in map(state.user_named, handles) if u is not None]
    our_ids = {u.id for u in users}
    listed: dict[str, Post] = {}
    for user in users:
        for post in (*state.mentions(user), *state.timeline(user)):
            if post.author_id not in our_ids or ms_of(post.history[0]) >= clocks_from:
                listed[post.history[0]] = post
    return Expected(
        texts={native: _text(state, post) for native, post in listed.items()},
        ours={native for native, post in listed.items() if post.author_id in our_ids},
        waits=_waits(state, listed, our_ids, {h.lower() for h in handles}, clocks_from),
    )


def _text(state: State, post: Post) -> str:
    rendered = wording.render(
        state.plain(post), names=len(post.names), repost=post.repost_of is not None
    )
    # A text column holds no NUL; everything else is kept as it was written.
    return html.unescape(rendered.note or rendered.text).replace("\0", "\ufffd")


def _waits(
    state: State, listed: dict[str, Post], our_ids: set[str], handles: set[str], clocks_from: int
) -> list[Wait]:
    events: dict[tuple[str, str], list[tuple[int, int, Post]]] = defaultdict(list)
    for native, post in listed.items():
        moment = (ms_of(native), int(native), post)
        if post.author_id in our_ids:
            for whom in _answered(state, post, our_ids):
                events[whom].append(moment)
        elif moment[0] >= clocks_from and _counts(state, post, our_ids, handles):
            events[post.conversation_id, post.author_id].append(moment)
    found: list[Wait] = []
    for (thread, customer), moments in events.items():
        pending: list[Post] = []
        for at, _, post in sorted(moments, key=lambda m: m[:2]):
            if post.author_id not in our_ids:
                pending.append(post)
            elif pending:
                found.append(_wait(state, thread, customer, pending, (at, post.history[0])))
                pending = []
        if pending:
            found.append(_wait(state, thread, customer, pending, None))
    return found


def _counts(state: State, post: Post, our_ids: set[str], handles: set[str]) -> bool:
    """Strangers who talk to one another under our post do not wait for us."""
    if post.repost_of is not None:
        return False
    if post.reply_to is None or post.reply_to_user in (*our_ids, post.author_id):
        return True
    words = _LEADING.sub("", _text(state, post))
    return any(name.lower() in handles for name in re.findall(r"@(\w+)", words))


def _answered(state: State, ours: Post, our_ids: set[str]) -> Iterable[tuple[str, str]]:
    """The thread and author of the nearest post above ours that is not ours, and of a quoted."""
    current: Post | None = ours
    while current is not None and current.author_id in our_ids:
        current = state.posts[current.reply_to] if current.reply_to else None
    if current is not None:
        yield current.conversation_id, current.author_id
    if ours.quote_of is not None:
        quoted = state.posts[ours.quote_of]
        yield quoted.conversation_id, quoted.author_id


def _kind(state: State, post: Post) -> str:
    kind: Kind = default_tagger().judge(_text(state, post), post.lang).kind
    return kind.value


def _wait(
    state: State, thread: str, customer: str, posts: Sequence[Post], end: tuple[int, str] | None
) -> Wait:
    kinds = [_kind(state, p) for p in posts]
    dues = [
        (ms_of(post.history[0]) + within, post)
        for post, kind in zip(posts, kinds, strict=True)
        if (within := _WITHIN[kind]) is not None
    ]
    opening = dues[0][1] if dues else posts[0]
    due_at = min(d for d, _ in dues) if dues else None
    return Wait(
        thread=thread,
        customer=customer,
        opening=opening.history[0],
        last=posts[-1].history[0],
        mentions=len(posts),
        opened_at=ms_of(opening.history[0]),
        kind=max(kinds, key=_GRAVITY.index),
        due_at=due_at,
        state="answered" if end else "open",
        ended_at=end[0] if end else None,
        ended_by=end[1] if end else None,
        is_met=end[0] < due_at if end and due_at is not None else None,
    )


_STORED_WAITS = """
SELECT t.thread_id, c.native_id, o.native_id, l.native_id, w.mentions, w.opened_at, w.kind,
    w.due_at, w.state, w.ended_at, e.native_id, w.is_met
FROM wait w JOIN conversation t ON t.id = w.conversation_id
JOIN customer c ON c.id = t.customer_id
JOIN message o ON o.id = w.opening_id JOIN message l ON l.id = w.last_id
LEFT JOIN message e ON e.id = w.ended_by_message
"""


def stored_waits(desk: Desk) -> list[Wait]:
    """The waits of the store, in the oracle's words."""
    with desk.store() as store:
        rows: list[Any] = store.engine.query(_STORED_WAITS)
    return [Wait._make((*row[:11], None if row[11] is None else row[11] == 1)) for row in rows]


def assert_sound(desk: Desk) -> None:
    """Nothing is broken, nothing is left to do, and every text can be found."""
    with desk.store() as store:
        assert store.problems() == []
        query = store.engine.query
        assert query("SELECT count(*) FROM unjudged")[0][0] == 0
        assert query("SELECT count(*) FROM checkpoint WHERE walk_target_id IS NOT NULL")[0][0] == 0
        assert store.unindexed() == 0
        untagged = query(
            "SELECT count(*) FROM message m LEFT JOIN verdict v ON v.message_id = m.id "
            "WHERE m.role = 'mention' AND m.is_history = 0 AND v.message_id IS NULL"
        )
        assert untagged[0][0] == 0
        _assert_findable(store)


def _assert_findable(store: SqlStore) -> None:
    if not isinstance(store.engine, Lite):
        return
    highest = store.engine.query("SELECT coalesce(max(id), 0) FROM message")[0][0]
    assert store.engine.query("SELECT through_id FROM search_mark")[0][0] == highest
    try:
        # With the 1 it compares the index with the texts, not only with itself.
        store.engine.execute(
            "INSERT INTO message_fts (message_fts, rank) VALUES ('integrity-check', 1)"
        )
    except sqlite3.DatabaseError as error:
        pytest.fail(f"the search index does not match the messages: {error}")


def assert_never_ahead(desk: Desk) -> None:
    """Right after a crash: sound, no checkpoint ahead of the posts, no wait ended by nothing.

    Raises:
        AssertionError: A checkpoint says that something was read which is not there, a wait was
            ended by a post that X does not have, or the file is damaged.
    """
    with desk.store() as store:
        assert store.problems() == []
    stored = {row["native_id"] for row in desk.rows("SELECT native_id FROM message")}
    marks = desk.rows(
        "SELECT a.handle, a.clocks_from_at, c.stream, c.reached_id FROM checkpoint c "
        "JOIN account a ON a.id = c.account_id WHERE c.reached_id IS NOT NULL"
    )
    with desk.server.read() as state:
        for mark in marks:
            user = state.user_named(mark["handle"])
            assert user is not None
            listed = state.mentions(user) if mark["stream"] == "mentions" else state.timeline(user)
            since = mark["clocks_from_at"] if mark["stream"] == "own" else 0
            read = {
                p.history[0]
                for p in listed
                if int(p.id) <= int(mark["reached_id"]) and ms_of(p.history[0]) >= since
            }
            assert read - stored == set(), f"{mark['stream']} says that these were read"
        enders = {w.ended_by for w in stored_waits(desk) if w.state == "answered"}
        assert enders <= set(state.posts), "a wait was ended by a post that is not public"


def assert_private(desk: Desk) -> None:
    """Everything that the program has made is for its owner alone: 0600, folders 0700."""
    ours = ("triage.db", "crash-", "generation-")
    for path in desk.root.rglob("*"):
        if path.name.startswith(ours) and path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    state = desk.root / "state"
    assert not state.exists() or stat.S_IMODE(state.stat().st_mode) == 0o700


def assert_complete(desk: Desk) -> None:
    """The store holds all that X lists for us, once each and as written, and every wait is right.

    Raises:
        AssertionError: Something is missing, twice, or different.
    """
    assert_sound(desk)
    clocks_from = desk.rows("SELECT max(clocks_from_at) AS at FROM account")[0]["at"]
    with desk.server.read() as state:
        wanted = expected(state, desk.handles, clocks_from)
    rows = desk.rows("SELECT native_id, role, text FROM message")
    by_id: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_id[row["native_id"]].append(row)
    assert [i for i in wanted.texts if len(by_id[i]) != 1] == [], "missing, or there twice"
    stored = {i: by_id[i][0]["text"] for i in wanted.texts}
    for row in desk.replies():
        if row["native_id"] in stored and stored[row["native_id"]] == row["text"]:
            # What went out through us is kept as it was typed, without X's names and short links.
            told = normalise(wanted.texts.pop(row["native_id"]))
            # X puts a link behind the text of a post with a picture.
            assert normalise(row["text"]) in (told, told.removesuffix(LINK).rstrip())
    assert {i: (stored[i], t) for i, t in wanted.texts.items() if stored[i] != t} == {}
    assert {r["native_id"] for r in rows if r["role"] == "own"} >= wanted.ours
    assert not {r["native_id"] for r in rows if r["role"] == "mention"} & wanted.ours
    found = stored_waits(desk)
    assert set(found) - set(wanted.waits) == set(), "waits that nobody has"
    assert set(wanted.waits) - set(found) == set(), "waits that are missing"
    assert len(found) == len(wanted.waits)
