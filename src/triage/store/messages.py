"""Facts coming in: posts, their authors, their versions and payloads.

A page is written in one transaction by whoever calls; everything here is an upsert by identity, so
the same page twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from triage.core.channel import Absence
from triage.core.model import Author, Post, Role
from triage.core.ports import Incoming
from triage.core.records import Saved
from triage.core.text import storable
from triage.store.absence import mark_absent
from triage.store.customers import CustomerStore
from triage.store.engine import Engine, Row, query_in
from triage.store.tombstones import sift
from triage.store.versions import VersionStore

_KNOWN = """
SELECT native_id, thread_id, id, version_id, role, is_history, account_id, absent, purged_at,
    in_reply_to, in_reply_to_author, quotes, lang, url FROM message
WHERE brand_id = :brand_id AND channel = :channel AND native_id IN ({values})
"""
_COLUMNS = (
    "brand_id",
    "account_id",
    "channel",
    "native_id",
    "version_id",
    "role",
    "customer_id",
    "text",
    "lang",
    "posted_at",
    "fetched_at",
    "thread_id",
    "in_reply_to",
    "in_reply_to_author",
    "quotes",
    "url",
    "visibility",
    "is_history",
)
_NEW = "ON CONFLICT (brand_id, channel, native_id) DO NOTHING"
_PAYLOAD = """
INSERT INTO payload (message_id, raw, stored_at)
SELECT id, :raw, :stored_at FROM message
WHERE brand_id = :brand_id AND channel = :channel AND native_id = :native_id
ON CONFLICT (message_id) DO NOTHING
"""
_RETAG = """
INSERT INTO unjudged (brand_id, channel, thread_id, retag_from)
SELECT brand_id, channel, thread_id, posted_at FROM message WHERE id = :id
ON CONFLICT (brand_id, channel, thread_id) DO UPDATE SET retag_from = excluded.retag_from
    WHERE unjudged.retag_from IS NULL OR unjudged.retag_from > excluded.retag_from
"""
"""The words that a verdict rests on had been taken out: they are looked at anew."""
_UNJUDGED = ("brand_id", "channel", "thread_id")
_NEW_UNJUDGED = "ON CONFLICT (brand_id, channel, thread_id) DO NOTHING"
_STANDS_UNDER = """
SELECT DISTINCT thread_id FROM message
WHERE brand_id = :brand_id AND channel = :channel AND thread_id IN ({values})
"""
_THREADS_OF_VERSIONS = """
SELECT x.version_id, m.thread_id FROM message_version x JOIN message m ON m.id = x.message_id
WHERE m.brand_id = :brand_id AND m.channel = :channel AND x.version_id IN ({values})
"""
_THREAD_OF = """
SELECT m.thread_id FROM message m
WHERE m.brand_id = :brand_id AND m.channel = :channel AND m.native_id = :native_id
"""
_WIDER: Mapping[str, Collection[Role]] = {
    Role.CONTEXT: frozenset(Role) - {Role.CONTEXT},
    Role.INCIDENTAL: {Role.MENTION},  # an account of ours was not known as such before
}
"""What a known role gives way to."""
_LEARNT = ("in_reply_to", "in_reply_to_author", "quotes", "lang", "url")
"""Facts that one source may leave out and another one tell; in the order of `_KNOWN`."""


class MessageStore:
    """Writes posts; see the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.customers = CustomerStore(engine)

    def save_posts(
        self, brand_id: int, channel: str, incoming: Sequence[Incoming], fetched_at: int
    ) -> Saved:
        """Write posts with their authors, and mark their threads to be judged.

        Call it inside a transaction. Posts that are known are updated only where the channel has a
        newer version, a wider role (a context post turns out to be a mention) or an older account.
        Posts of customers who were forgotten are left out; see `tombstones`.

        Args:
            brand_id: Whose they are.
            channel: Where they were written.
            incoming: The posts, with what was decided about them; duplicates are allowed.
            fetched_at: When they came, UTC ms.
        """
        given = _distinct(incoming)
        batch = sift(self._engine, brand_id, channel, given)
        writer = _PageWriter(self, self._engine, brand_id, channel, fetched_at)
        writer.look_up(batch)
        for one in batch:
            writer.take(one)
        return writer.flush() + Saved(left_out=len(given) - len(batch))

    def mark_deleted(self, brand_id: int, channel: str, native_ids: Iterable[str], at: int) -> int:
        """Note that posts are gone from the channel; give the number of newly gone ones."""
        gone = dict.fromkeys(native_ids, Absence.DELETED)
        return len(self.mark_absent(brand_id, channel, gone, at))

    def mark_absent(
        self, brand_id: int, channel: str, absences: Mapping[str, Absence], at: int
    ) -> list[str]:
        """Note that posts are not given any more; see `absence.mark_absent`."""
        newly = mark_absent(self._engine, brand_id, channel, absences, at)
        for native_id in newly:
            self.mark_unjudged_around(brand_id, channel, native_id)
        return newly

    def mark_unjudged_around(self, brand_id: int, channel: str, native_id: str) -> None:
        """Have the thread of a message judged again, and the one that it quotes."""
        self._engine.execute(
            "INSERT INTO unjudged (brand_id, channel, thread_id) "
            "SELECT m.brand_id, m.channel, m.thread_id FROM message m WHERE m.brand_id = :brand_id "
            "AND m.channel = :channel AND (m.native_id = :native_id OR m.native_id IN "
            "(SELECT q.quotes FROM message q WHERE q.brand_id = :brand_id "
            "AND q.channel = :channel AND q.native_id = :native_id) OR m.id IN "
            "(SELECT x.message_id FROM message q JOIN message_version x ON x.version_id = q.quotes "
            "WHERE q.brand_id = :brand_id AND q.channel = :channel "
            "AND q.native_id = :native_id)) "
            "ON CONFLICT (brand_id, channel, thread_id) DO NOTHING",
            {"brand_id": brand_id, "channel": channel, "native_id": native_id},
        )

    def customer_id(self, brand_id: int, channel: str, author: Author, at: int) -> int:
        """Give our id of an author, made or brought up to date by what a post told.

        Args:
            brand_id: Whose customer.
            channel: Where they write.
            author: As the post told.
            at: `posted_at` of that post: the newest post tells the handle and the name.
        """
        return self.customers.ids(brand_id, channel, [(author, at)])[author.native_id]


def _distinct(incoming: Sequence[Incoming]) -> list[Incoming]:
    """Of a post that comes twice, as itself and as context of another, keep it as itself."""
    by_id = {i.post.version_id or i.post.native_id: i for i in incoming}
    if len(by_id) == len(incoming):
        return list(incoming)
    best: dict[str, Incoming] = {}
    for one in incoming:
        known = best.get(one.post.current_id)
        if known is None or _rank(one) < _rank(known):
            best[one.post.current_id] = one
    return list(best.values())


def _rank(one: Incoming) -> tuple[bool, bool, float]:
    account = float("inf") if one.account_id is None else one.account_id
    return (one.role is Role.CONTEXT, one.is_history, account)


def _is_wider(one: Incoming, row: Row, *, tells_whom: bool) -> bool:
    """Whether a post takes the role that it came with now, instead of the stored one.

    Whom it answers decides whether it is incidental: the source that tells it is right.
    """
    role = row[4]
    less = row[10] is not None and one.post.in_reply_to_author is None
    wider = one.role in _WIDER.get(role, ()) and not (less and role == Role.INCIDENTAL)
    return wider or (tells_whom and one.role is Role.INCIDENTAL and role == Role.MENTION)


class _PageWriter:
    """Collects one batch, so that what is new goes in with one statement each."""

    def __init__(
        self,
        store: MessageStore,
        engine: Engine,
        brand_id: int,
        channel: str,
        fetched_at: int,
    ) -> None:
        self.store = store
        self.engine = engine
        self.key = {"brand_id": brand_id, "channel": channel}
        self.brand_id = brand_id
        self.channel = channel
        self.fetched_at = fetched_at
        self.known: dict[str, Row] = {}
        self.customers: dict[str, int] = {}
        self.rows: list[Row] = []
        self.placed: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        self.payloads: list[dict[str, Any]] = []
        self.edited: list[Post] = []
        self.quoting: list[str] = []
        self.returned: list[dict[str, Any]] = []
        self.threads: set[str] = set()
        self.moved: list[tuple[str, str]] = []
        self.mentions = self.own = self.other = self.changed = self.same = 0

    def look_up(self, batch: Sequence[Incoming]) -> None:
        """Learn what the store knows of a batch: its posts, their parents and authors."""
        wanted = {i.post.native_id for i in batch}
        parents = {i.post.in_reply_to for i in batch if i.post.in_reply_to and not i.post.thread_id}
        wanted |= parents
        self.known = {row[0]: row for row in query_in(self.engine, _KNOWN, self.key, wanted)}
        self.versions = dict(
            query_in(self.engine, _THREADS_OF_VERSIONS, self.key, parents - self.known.keys())
        )
        self.customers = self.store.customers.ids(
            self.brand_id,
            self.channel,
            (
                (i.post.author, i.post.posted_at)
                for i in batch
                if i.role is not Role.OWN
                and (i.post.author.native_id or i.post.native_id not in self.known)
            ),
        )

    def take(self, one: Incoming) -> None:
        """Decide what is to be written for a post."""
        native_id = one.post.native_id
        if native_id in self.placed:
            # A second version of a post that this very batch brings.
            self.edited.append(one.post)
            self._place_versions(one.post, self.placed[native_id])
        elif native_id in self.known:
            self._take_known(one, self.known[native_id])
        else:
            self._take_new(one)

    def _take_new(self, one: Incoming) -> None:
        post, role = one.post, one.role
        native_id, version_id = post.native_id, post.current_id
        thread_id = post.thread_id or self._thread_of(post)
        customer_id = None if role is Role.OWN else self.customers[post.author.native_id]
        self.rows.append(
            (
                self.brand_id,
                one.account_id,
                self.channel,
                native_id,
                version_id,
                role.value,
                customer_id,
                storable(post.text),
                post.lang,
                post.posted_at,
                self.fetched_at,
                thread_id,
                post.in_reply_to,
                post.in_reply_to_author,
                post.quotes,
                post.url,
                post.visibility,
                int(one.is_history),
            )
        )
        self.placed[native_id] = thread_id
        self.threads.add(thread_id)
        if thread_id != native_id:
            self.moved.append((native_id, thread_id))
        if version_id != native_id or post.history:
            self._place_versions(post, thread_id)
        if role is Role.MENTION or role is Role.INCIDENTAL:
            self.mentions += 1
        elif role is Role.OWN:
            self.own += 1
            if post.quotes:
                self.quoting.append(native_id)
        else:
            self.other += 1
        if post.raw is not None:
            self._keep_payload(post)
        if version_id != native_id:
            self.edited.append(post)

    def _keep_payload(self, post: Post) -> None:
        self.payloads.append(
            {
                **self.key,
                "native_id": post.native_id,
                "raw": storable(post.raw or ""),
                "stored_at": self.fetched_at,
            }
        )

    def _take_known(self, one: Incoming, row: Row) -> None:
        _, thread_id, message_id, version_id = row[:4]
        post = one.post
        changes = self._changes(one, row)
        if post.thread_id is not None and post.thread_id != thread_id:
            # Until the channel told its conversation, the topmost known ancestor stood for it.
            self.moved.append((thread_id, post.thread_id))
            self.threads |= {thread_id, post.thread_id}
        if changes:
            sets = ", ".join(f"{column} = :{column}" for column in changes)
            self.engine.execute(
                f"UPDATE message SET {sets} WHERE id = :id", {**changes, "id": message_id}
            )
        if "lang" in changes:
            # Which rules apply depends on it.
            self._untag(message_id)
        newer = post.current_id != version_id
        if newer:
            self.edited.append(post)
            self._place_versions(post, post.thread_id or thread_id)
        if changes or newer:
            self.changed += 1
            self.store.mark_unjudged_around(self.brand_id, self.channel, post.native_id)
        else:
            self.same += 1

    def _changes(self, one: Incoming, row: Row) -> dict[str, Any]:
        """What a post that is known tells anew."""
        message_id, version_id, is_history, account_id, absent, purged_at = row[2:4] + row[5:9]
        post = one.post
        changes = {
            name: getattr(post, name)
            for name, known in zip(_LEARNT, row[9:], strict=True)
            if known is None and getattr(post, name) is not None
        }
        if _is_wider(one, row, tells_whom="in_reply_to_author" in changes):
            changes["role"] = one.role.value
        if is_history and not one.is_history and one.role is not Role.CONTEXT:
            changes["is_history"] = 0
        if one.account_id is not None and (account_id is None or one.account_id < account_id):
            changes["account_id"] = one.account_id
        if absent is not None:
            changes |= {"absent": None, "deleted_at": None}
        # What was taken out for its age, or for good, does not come back by being read again.
        if purged_at is not None and absent is not None and post.current_id == version_id:
            changes |= self._fill_in(post, message_id)
        return changes

    def _fill_in(self, post: Post, message_id: int) -> dict[str, Any]:
        """The words of a post that had been taken out, and that is given again."""
        if post.current_id != post.native_id:
            self.edited.append(post)
        if post.raw is not None:
            self._keep_payload(post)
        self.returned.append({"id": message_id})
        return {"text": storable(post.text), "purged_at": None}

    def _place_versions(self, post: Post, thread_id: str) -> None:
        """What answers a version answers the post, also if it came before it."""
        for version_id in {*post.history, post.current_id} - {post.native_id, thread_id}:
            self.versions[version_id] = thread_id
            self.moved.append((version_id, thread_id))

    def _thread_of(self, post: Post) -> str:
        """The topmost ancestor that anybody told of."""
        parent_id = post.in_reply_to
        if not parent_id or parent_id == post.native_id:
            return post.native_id
        placed = self.placed.get(parent_id, self.versions.get(parent_id))
        if placed is not None:
            return placed
        found = self.known.get(parent_id)
        return parent_id if found is None else str(found[1])

    def flush(self) -> Saved:
        """Write it."""
        self.engine.insert("message", _COLUMNS, self.rows, _NEW)
        if self.payloads:
            self.engine.many(_PAYLOAD, self.payloads)
        self._follow_moves()
        for post in self.edited:
            self._write_version(post)
        marks = [(self.brand_id, self.channel, thread_id) for thread_id in sorted(self.threads)]
        self.engine.insert("unjudged", _UNJUDGED, marks, _NEW_UNJUDGED)
        self.engine.many(_RETAG, self.returned)
        for native_id in self.quoting:
            self.store.mark_unjudged_around(self.brand_id, self.channel, native_id)
        return Saved(self.mentions, self.own, self.other, self.changed, self.same)

    def _follow_moves(self) -> None:
        """Replies that came before what they answer stood under it; they follow it upward."""
        parents = [native_id for native_id, _ in self.moved]
        used = {row[0] for row in query_in(self.engine, _STANDS_UNDER, self.key, parents)}
        for native_id, thread_id in self.moved:
            if native_id not in used:
                continue
            keys = {**self.key, "native_id": native_id, "thread_id": self._final(thread_id)}
            self.engine.execute(
                "UPDATE message SET thread_id = :thread_id WHERE brand_id = :brand_id "
                "AND channel = :channel AND thread_id = :native_id",
                keys,
            )
            self.threads |= {native_id, str(keys["thread_id"])}

    def _final(self, thread_id: str) -> str:
        found = self.engine.query(_THREAD_OF, {**self.key, "native_id": thread_id})
        return str(found[0][0]) if found else thread_id

    def _untag(self, message_id: int) -> None:
        for table in ("verdict", "former_verdict"):
            self.engine.execute(f"DELETE FROM {table} WHERE message_id = :id", {"id": message_id})

    def _write_version(self, post: Post) -> None:
        rows = self.engine.query(
            "SELECT id, version_id, text, fetched_at, posted_at FROM message "
            "WHERE brand_id = :brand_id AND channel = :channel AND native_id = :native_id",
            {**self.key, "native_id": post.native_id},
        )
        for row in rows:
            if VersionStore(self.engine).write(row, post, self.fetched_at):
                # Tagged anew: the verdict was about other words.
                self._untag(row[0])
            self.store.mark_unjudged_around(self.brand_id, self.channel, post.native_id)
