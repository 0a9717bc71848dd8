"""Forgetting a customer, step by step: what was begun is finished, whenever it was stopped.

First, in one transaction: tombstones, and the mark that it is to be done. Then batches of their
posts, what others said of them, and last who they were; so a run that was killed knows as long as
it must whom to look for. Every step may be taken again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from triage.core.privacy import (
    FORGOTTEN,
    SAFE_ACTS,
    Forgetting,
    Person,
)
from triage.store.engine import Lite, Params, Row, query_in
from triage.store.holding import HoldingStore
from triage.store.masking import mask_others
from triage.store.personal import REGISTRY, losing_rows, losing_words, touched
from triage.store.tombstones import lay

T = TypeVar("T")

_BATCH = 200
_TALKS = "SELECT t.id FROM conversation t WHERE t.customer_id = :customer"
_SAFE = ", ".join(f"'{what}'" for what in sorted(SAFE_ACTS))
_POSTS = f"""
SELECT m.id, m.native_id, m.version_id, m.thread_id, m.role, m.in_reply_to, m.in_reply_to_author,
    m.quotes
FROM message m
WHERE (m.customer_id = :customer OR m.conversation_id IN ({_TALKS}))
ORDER BY m.id
"""
_VERSIONS = """
SELECT x.message_id, x.version_id FROM message_version x WHERE x.message_id IN ({values})
"""
_FORGETTING = "SELECT id, uuid, customer_id, begun_at, done_at FROM forgotten"
_POST = f"""
UPDATE message SET native_id = :token, version_id = :token, text = '', url = NULL,
    in_reply_to = :in_reply_to, in_reply_to_author = :author, quotes = :quotes,
    purged_at = coalesce(purged_at, :at)
WHERE id = :id AND native_id NOT LIKE '{FORGOTTEN}%'
"""
_ACTS = (
    (
        f"UPDATE activity SET before = NULL, after = NULL WHERE {REGISTRY['activity'].whose} "
        f"AND what NOT IN ({_SAFE}, 'forget')"
    ),
    (
        f"UPDATE activity SET detail = '' WHERE {REGISTRY['activity'].whose} "
        "AND NOT (what IN ('close', 'forget') AND detail = 'forgotten') AND detail <> ''"
    ),
)
_REPLIES = f"""
UPDATE reply SET text = '', text_key = '', detail = '', state = CASE WHEN state IN
    ('draft', 'scheduled', 'held', 'queued', 'failed') THEN 'cancelled' ELSE state END
WHERE {REGISTRY["reply"].whose}
"""
"""One that somebody began meanwhile is given up with its text: it must not leave without."""
_REFERRING = """
SELECT m.id, m.in_reply_to, m.in_reply_to_author, m.quotes FROM message m
WHERE m.brand_id = :b AND m.channel = :channel AND (m.in_reply_to IS NOT NULL
    OR m.in_reply_to_author IS NOT NULL OR m.quotes IS NOT NULL)
"""
"""All are read: no index leads to whatever answers a post."""
_ALONE = """
SELECT 1 FROM message m WHERE m.brand_id = :brand_id AND m.channel = :channel
    AND m.thread_id = :thread_id AND m.customer_id IS NOT NULL AND m.customer_id <> :customer
UNION SELECT 1 FROM conversation t WHERE t.brand_id = :brand_id AND t.channel = :channel
    AND t.thread_id = :thread_id AND t.customer_id <> :customer
UNION SELECT 1 FROM message m WHERE m.brand_id = :brand_id AND m.channel = :channel
    AND m.thread_id = :thread_id AND m.role = 'own' AND m.conversation_id IS NULL LIMIT 1
"""


class _Post(NamedTuple):
    """A post of theirs, or of ours to them, as it stood before."""

    id: int
    native_id: str
    version_id: str
    thread_id: str
    role: str
    in_reply_to: str | None
    in_reply_to_author: str | None
    quotes: str | None

    @property
    def token(self) -> str:
        return f"{FORGOTTEN}{self.id}"


class PrivacyStore(HoldingStore):
    """See the module, and `core.privacy.PrivacyPort`."""

    def may_erase(self) -> bool:
        """Whether who is signed in may change what people did; on a server its owner may."""
        if isinstance(self._engine, Lite):
            return True
        rows = self._engine.query(
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class "
            "WHERE oid = to_regclass('activity')"
        )
        return bool(rows and rows[0][0])

    def begin(self, person: Person, uuid: str, at: int) -> None:
        """Leave tombstones, and mark that they are to be forgotten; inside a transaction."""
        values = {"uuid": uuid, "b": person.brand_id, "customer": person.id, "at": at}
        self._engine.execute(
            "INSERT INTO forgotten (uuid, brand_id, customer_id, begun_at) "
            "VALUES (:uuid, :b, :customer, :at)",
            values,
        )
        posts = self._posts(person.id)
        names = self._names(posts)
        lay(self._engine, person, names, self.forgetting(uuid).id)
        things = {f"p:{name}" for name in names} | {f"u:{person.native_id}"}
        seen = [thing for (thing,) in self._engine.query("SELECT thing FROM usage_seen")]
        self._engine.many(
            "DELETE FROM usage_seen WHERE thing = :thing",
            [{"thing": thing} for thing in set(seen) if thing.strip("+") in things],
        )

    def unfinished(self, brand_id: int) -> list[Forgetting]:
        """Forgettings that did not come to their end, oldest first."""
        rows = self._engine.query(
            f"{_FORGETTING} WHERE brand_id = :b AND done_at IS NULL ORDER BY id", {"b": brand_id}
        )
        return [Forgetting(*row) for row in rows]

    def forgetting(self, uuid: str) -> Forgetting:
        """A forgetting by its uuid."""
        rows = self._engine.query(f"{_FORGETTING} WHERE uuid = :uuid", {"uuid": uuid})
        return Forgetting(*rows[0])

    def erase(self, one: Forgetting, at: int) -> None:
        """Take out every row and word; where it was stopped, call it again."""
        person = self.person(one.customer_id)
        if person.is_forgotten:
            return
        engine = self._engine
        with engine.erasing():
            posts = [_Post(*row) for row in self._posts(person.id)]
            tokens = self._tokens(posts)
            self._loosen(person, tokens)
            for batch in _batches(posts):
                with engine.tx():
                    self._erase_posts(person, batch, tokens, at)
            with engine.tx():
                self._leave_threads(person)
            mask_others(engine, person)
            with engine.tx():
                for statement in (*_ACTS, _REPLIES):
                    engine.execute(statement, {"customer": person.id})
                for name, columns in losing_words().items():
                    emptied = ", ".join(f"{column} = ''" for column in columns)
                    engine.execute(
                        f"UPDATE {name} SET {emptied} WHERE {REGISTRY[name].whose}",
                        {"customer": person.id},
                    )
                for name, table in losing_rows().items():
                    engine.execute(
                        f"DELETE FROM {name} WHERE {table.whose}", {"customer": person.id}
                    )
                engine.execute(
                    "UPDATE customer SET native_id = :token, handle = :token, "
                    "handle_key = :token, name = '', followers = NULL WHERE id = :customer",
                    {"token": person.token, "customer": person.id},
                )

    def wipe(self) -> bool:
        """Leave nothing in free pages either; False if it has to be done again later."""
        return self._engine.wipe(touched())

    def finish(self, one: Forgetting, at: int) -> None:
        """Note that nothing is left; inside a transaction."""
        self._engine.execute(
            "UPDATE forgotten SET done_at = :at WHERE id = :id AND done_at IS NULL",
            {"id": one.id, "at": at},
        )

    def _posts(self, customer_id: int) -> list[Row]:
        return self._engine.query(_POSTS, {"customer": customer_id})

    def _names(self, posts: Sequence[Row]) -> list[str]:
        """Every id that these posts have, also of former versions."""
        names = [name for post in posts for name in post[1:3]]
        ids = [post[0] for post in posts]
        names += [name for _, name in query_in(self._engine, _VERSIONS, {}, ids)]
        return list(dict.fromkeys(names))

    def _tokens(self, posts: Sequence[_Post]) -> dict[str, str]:
        """By each id that a post has, what takes its place."""
        by_id = {post.id: post.token for post in posts}
        tokens = {name: p.token for p in posts for name in (p.native_id, p.version_id)}
        for number, name in query_in(self._engine, _VERSIONS, {}, list(by_id)):
            tokens[name] = by_id[number]
        return tokens

    def _loosen(self, person: Person, tokens: Mapping[str, str]) -> None:
        """Whatever answers or quotes them says so by a number of ours from now on.

        All of it before the first post loses its id: whoever goes on from here has them still.
        """
        rows = [
            (number, tokens.get(to, to), author, tokens.get(quotes, quotes))
            for number, to, author, quotes in self._engine.stream(
                _REFERRING, {"b": person.brand_id, "channel": person.channel}
            )
            if to in tokens or author == person.native_id or quotes in tokens
        ]
        for batch in _batches(rows):
            values = [
                {
                    "id": number,
                    "to": to,
                    "author": person.token if author == person.native_id else author,
                    "quotes": quotes,
                }
                for number, to, author, quotes in batch
            ]
            with self._engine.tx():
                self._engine.many(
                    "UPDATE message SET in_reply_to = :to, in_reply_to_author = :author, "
                    "quotes = :quotes WHERE id = :id",
                    values,
                )
                self._engine.many("DELETE FROM payload WHERE message_id = :id", values)

    def _erase_posts(
        self, person: Person, posts: Sequence[_Post], tokens: Mapping[str, str], at: int
    ) -> None:
        """Erase some posts, and bring whatever names them by id along; in a transaction."""
        engine = self._engine
        named = {name for post in posts for name in (post.in_reply_to, post.quotes) if name}
        ours = self._ours(person, sorted(named - tokens.keys()))
        rows = [_erased(person, post, tokens, ours, at) for post in posts]
        names = [
            {
                "name": name,
                "token": tokens[name],
                "brand_id": person.brand_id,
                "channel": person.channel,
                "thread_id": post.thread_id,
                "customer": person.id,
            }
            for post in posts
            for name in self._names([tuple(post)])
        ]
        for statement in _NAMED:
            engine.many(statement, names)
        engine.many(_POST, rows)
        for statement in _OF_POST:
            engine.many(statement, rows)

    def _ours(self, person: Person, names: Sequence[str]) -> set[str]:
        """Those of some posts that are ours to everybody, such as for an event."""
        sql = (
            "SELECT m.native_id FROM message m WHERE m.brand_id = :b AND m.channel = :channel "
            "AND m.role = 'own' AND m.native_id IN ({values})"
        )
        scope = {"b": person.brand_id, "channel": person.channel}
        return {name for (name,) in query_in(self._engine, sql, scope, names)}

    def _leave_threads(self, person: Person) -> None:
        """Rename the threads in which nobody else stands; in a transaction."""
        key: Params = {"brand_id": person.brand_id, "channel": person.channel}
        rows = self._engine.query(
            f"SELECT DISTINCT thread_id FROM ({_POSTS}) p WHERE thread_id NOT LIKE "
            f"'{FORGOTTEN}%' UNION SELECT t.thread_id FROM conversation t "
            f"WHERE t.customer_id = :customer AND t.thread_id NOT LIKE '{FORGOTTEN}%' ORDER BY 1",
            {"customer": person.id},
        )
        for (thread_id,) in rows:
            values = {**key, "thread_id": thread_id, "customer": person.id}
            if not self._engine.query(_ALONE, values):
                self._rename_thread(values)

    def _rename_thread(self, values: Params) -> None:
        number = self._engine.query(
            "SELECT min(x.id) FROM (SELECT m.id FROM message m WHERE m.brand_id = :brand_id "
            "AND m.channel = :channel AND m.thread_id = :thread_id UNION ALL "
            "SELECT -t.id FROM conversation t WHERE t.brand_id = :brand_id "
            "AND t.channel = :channel AND t.thread_id = :thread_id) x",
            values,
        )[0][0]
        # By a conversation where there is one: the two count by themselves.
        token = f"{FORGOTTEN}{'talk' if number < 0 else 'thread'}-{abs(int(number))}"
        for table in ("message", "conversation", "unjudged"):
            self._engine.execute(
                f"UPDATE {table} SET thread_id = :token WHERE brand_id = :brand_id "
                "AND channel = :channel AND thread_id = :thread_id",
                {**values, "token": token},
            )


_IN_TALKS = f"conversation_id IN ({_TALKS})"
_NAMED = (
    (
        "UPDATE message SET in_reply_to = :token WHERE brand_id = :brand_id AND channel = :channel "
        "AND thread_id = :thread_id AND in_reply_to = :name"
    ),
    (
        "DELETE FROM payload WHERE message_id IN (SELECT m.id FROM message m "
        "WHERE m.brand_id = :brand_id AND m.channel = :channel AND m.quotes = :name)"
    ),
    (
        "UPDATE message SET quotes = :token WHERE brand_id = :brand_id AND channel = :channel "
        "AND quotes = :name"
    ),
    f"UPDATE activity SET seen_id = :token WHERE {_IN_TALKS} AND seen_id = :name",
    f"UPDATE reply SET seen_id = :token WHERE {_IN_TALKS} AND seen_id = :name",
    f"UPDATE reply SET in_reply_to = :token WHERE {_IN_TALKS} AND in_reply_to = :name",
    "UPDATE reply SET native_id = :token WHERE brand_id = :brand_id AND native_id = :name",
    (
        "UPDATE parent SET native_id = :token WHERE brand_id = :brand_id AND channel = :channel "
        "AND native_id = :name"
    ),
)
"""What else names a post by its id; a quote has an index, the rest is near it."""
_OF_POST = (
    "UPDATE verdict SET because = '[]' WHERE message_id = :id",
    "DELETE FROM payload WHERE message_id = :id",
    "DELETE FROM version_verdict WHERE message_id = :id",
    "DELETE FROM message_version WHERE message_id = :id",
)


def _erased(
    person: Person, post: _Post, tokens: Mapping[str, str], ours: Collection[str], at: int
) -> dict[str, object]:
    """What a post keeps of whom it refers to: of theirs what is a number by now, or a post of ours.

    Ours may answer somebody else besides, whose wait it ends: that reference stays.
    """
    is_ours = post.role == "own"

    def kept(name: str | None) -> str | None:
        if name is None or name.startswith(FORGOTTEN):
            return name
        return tokens.get(name, name if is_ours or name in ours else None)

    author = post.in_reply_to_author
    if author == person.native_id:
        author = person.token
    elif not is_ours and not (author or "").startswith(FORGOTTEN):
        author = None
    return {
        "id": post.id,
        "token": post.token,
        "in_reply_to": kept(post.in_reply_to),
        "author": author,
        "quotes": kept(post.quotes),
        "at": at,
    }


def _batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(rows), _BATCH):
        yield rows[first : first + _BATCH]
