"""Facts coming in: posts, their authors, their versions and payloads.

A page is written in one transaction by whoever calls; everything here is an upsert by identity, so
the same page twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from triage.core.model import Author, Post, Role
from triage.core.ports import Incoming
from triage.core.records import Saved
from triage.core.text import handle_key, storable
from triage.store.engine import Engine

_KNOWN = """
SELECT id, version_id, role, is_history, account_id, deleted_at FROM message
WHERE brand_id = :brand_id AND channel = :channel AND native_id = :native_id
"""
_INSERT = """
INSERT INTO message (brand_id, account_id, channel, native_id, version_id, role, customer_id, text,
    lang, posted_at, fetched_at, thread_id, in_reply_to, in_reply_to_author, quotes, url,
    visibility, is_history)
VALUES (:brand_id, :account_id, :channel, :native_id, :version_id, :role, :customer_id, :text,
    :lang, :posted_at, :fetched_at, :thread_id, :in_reply_to, :in_reply_to_author, :quotes, :url,
    :visibility, :is_history)
ON CONFLICT (brand_id, channel, native_id) DO NOTHING
"""
_NEWER_VERSION = """
UPDATE message SET version_id = :version_id, text = :text
WHERE id = :id AND (length(version_id) < length(:version_id)
    OR (length(version_id) = length(:version_id) AND version_id < :version_id))
"""
_VERSION = """
INSERT INTO message_version (message_id, version_id, text, seen_at)
VALUES (:message_id, :version_id, :text, :seen_at)
ON CONFLICT (message_id, version_id) DO NOTHING
"""
_PAYLOAD = """
INSERT INTO payload (message_id, raw, stored_at)
SELECT id, :raw, :stored_at FROM message
WHERE brand_id = :brand_id AND channel = :channel AND native_id = :native_id
ON CONFLICT (message_id) DO NOTHING
"""
_UNJUDGED = """
INSERT INTO unjudged (brand_id, channel, thread_id) VALUES (:brand_id, :channel, :thread_id)
ON CONFLICT (brand_id, channel, thread_id) DO NOTHING
"""
_THREAD_OF = """
SELECT m.thread_id FROM message m
WHERE m.brand_id = :brand_id AND m.channel = :channel AND m.native_id = :native_id
"""
_CUSTOMER = """
INSERT INTO customer
    (brand_id, channel, native_id, handle, handle_key, name, followers, first_at, seen_at)
VALUES
    (:brand_id, :channel, :native_id, :handle, :handle_key, :name, :followers, :at, :at)
ON CONFLICT (brand_id, channel, native_id) DO NOTHING
"""
_FORMER_HANDLE = """
INSERT INTO former_handle (customer_id, handle, seen_at)
SELECT c.id, c.handle, c.seen_at FROM customer c
WHERE c.id = :id AND c.seen_at <= :at AND c.handle_key <> :handle_key AND c.handle <> ''
ON CONFLICT (customer_id, handle) DO NOTHING
"""
_RENAME = """
UPDATE customer SET handle = :handle, handle_key = :handle_key, name = :name,
    followers = coalesce(:followers, followers), seen_at = :at
WHERE id = :id AND seen_at <= :at AND (handle <> :handle OR name <> :name OR seen_at < :at)
"""
_PROMOTE = """
UPDATE customer SET native_id = :native_id
WHERE brand_id = :brand_id AND channel = :channel AND native_id = :by_handle
"""
_MAX_CACHED = 50_000


class MessageStore:
    """Writes posts; see the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._customers: dict[tuple[int, str, str], tuple[int, int]] = {}

    def save_posts(
        self, brand_id: int, channel: str, incoming: Sequence[Incoming], fetched_at: int
    ) -> Saved:
        """Write posts with their authors, and mark their threads to be judged.

        Call it inside a transaction. Posts that are known are updated only where the channel has a
        newer version, a wider role (a context post turns out to be a mention) or an older account.

        Args:
            brand_id: Whose they are.
            channel: Where they were written.
            incoming: The posts, with what was decided about them; duplicates are allowed.
            fetched_at: When they came, UTC ms.
        """
        writer = _PageWriter(self, self._engine, brand_id, channel, fetched_at)
        for one in {i.post.current_id: i for i in incoming}.values():
            writer.take(one)
        return writer.flush()

    def mark_deleted(self, brand_id: int, channel: str, native_ids: Iterable[str], at: int) -> int:
        """Note that posts are gone from the channel; give the number of newly gone ones."""
        count = 0
        for native_id in native_ids:
            key = {"brand_id": brand_id, "channel": channel, "native_id": native_id}
            changed = self._engine.execute(
                "UPDATE message SET deleted_at = :at WHERE brand_id = :brand_id "
                "AND channel = :channel AND native_id = :native_id AND deleted_at IS NULL",
                {**key, "at": at},
            )
            if changed:
                count += 1
                self.mark_unjudged_around(brand_id, channel, native_id)
        return count

    def mark_unjudged_around(self, brand_id: int, channel: str, native_id: str) -> None:
        """Have the thread of a message judged again, and the one that it quotes."""
        self._engine.execute(
            "INSERT INTO unjudged (brand_id, channel, thread_id) "
            "SELECT m.brand_id, m.channel, m.thread_id FROM message m WHERE m.brand_id = :brand_id "
            "AND m.channel = :channel AND (m.native_id = :native_id OR m.native_id IN "
            "(SELECT q.quotes FROM message q WHERE q.brand_id = :brand_id "
            "AND q.channel = :channel AND q.native_id = :native_id)) "
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
        key = (brand_id, channel, author.native_id)
        cached = self._customers.get(key)
        if cached and cached[1] >= at:
            return cached[0]
        values = self._author_values(brand_id, channel, author, at)
        if cached:
            customer_id = cached[0]
            self._update_author(customer_id, values)
        else:
            customer_id = self._find_or_add(values)
        if len(self._customers) > _MAX_CACHED:
            self._customers.clear()
        self._customers[key] = (customer_id, at)
        return customer_id

    @staticmethod
    def _author_values(brand_id: int, channel: str, author: Author, at: int) -> dict[str, Any]:
        handle = storable(author.handle).removeprefix("@")
        return {
            "brand_id": brand_id,
            "channel": channel,
            "native_id": storable(author.native_id),
            "handle": handle,
            "handle_key": handle_key(handle),
            "by_handle": f"@{handle_key(handle)}",
            "name": storable(author.name),
            "followers": author.followers,
            "at": at,
        }

    def _find_or_add(self, values: dict[str, Any]) -> int:
        find = (
            "SELECT id, seen_at FROM customer WHERE brand_id = :brand_id AND channel = :channel "
            "AND native_id = :native_id"
        )
        found = self._engine.query(find, values)
        if not found and values["handle_key"] and values["native_id"] != values["by_handle"]:
            # An import knew the handle alone; now the channel tells whose it is.
            self._engine.execute(_PROMOTE, values)
        if not found:
            self._engine.execute(_CUSTOMER, values)
            found = self._engine.query(find, values)
        customer_id = int(found[0][0])
        self._update_author(customer_id, values)
        return customer_id

    def _update_author(self, customer_id: int, values: dict[str, Any]) -> None:
        keyed = {**values, "id": customer_id}
        if values["handle"]:
            self._engine.execute(_FORMER_HANDLE, keyed)
            self._engine.execute(_RENAME, keyed)
        self._engine.execute(
            "UPDATE customer SET first_at = :at WHERE id = :id AND first_at > :at", keyed
        )


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
        self.rows: dict[str, dict[str, Any]] = {}
        self.payloads: list[dict[str, Any]] = []
        self.edited: list[Post] = []
        self.threads: set[str] = set()
        self.moved: list[tuple[str, str]] = []
        self.saved = Saved()

    def take(self, one: Incoming) -> None:
        post = one.post
        if post.native_id in self.rows:
            self._take_version(post)
            return
        known = self.engine.query(_KNOWN, {**self.key, "native_id": post.native_id})
        if known:
            self._take_known(one, known[0])
        else:
            self._take_new(one)

    def _take_new(self, one: Incoming) -> None:
        post = one.post
        thread_id = self._thread_of(post)
        ours = one.role is Role.OWN
        author = post.author
        self.rows[post.native_id] = {
            **self.key,
            "account_id": one.account_id,
            "native_id": post.native_id,
            "version_id": post.current_id,
            "role": one.role.value,
            "customer_id": None
            if ours
            else self.store.customer_id(self.brand_id, self.channel, author, post.posted_at),
            "text": storable(post.text),
            "lang": post.lang,
            "posted_at": post.posted_at,
            "fetched_at": self.fetched_at,
            "thread_id": thread_id,
            "in_reply_to": post.in_reply_to,
            "in_reply_to_author": post.in_reply_to_author,
            "quotes": post.quotes,
            "url": post.url,
            "visibility": post.visibility,
            "is_history": int(one.is_history),
        }
        if thread_id != post.native_id:
            self.moved.append((post.native_id, thread_id))
        self.threads.add(thread_id)
        self._count(one.role)
        if post.raw is not None:
            self._keep_payload(post)
        if post.current_id != post.native_id:
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

    def _count(self, role: Role) -> None:
        if role in (Role.MENTION, Role.INCIDENTAL):
            self.saved += Saved(new_mentions=1)
        elif role is Role.OWN:
            self.saved += Saved(new_own=1)
        else:
            self.saved += Saved(new_other=1)

    def _take_version(self, post: Post) -> None:
        """A second version of a post that this very batch brings."""
        self.edited.append(post)

    def _take_known(self, one: Incoming, row: tuple[Any, ...]) -> None:
        message_id, version_id, role, is_history, account_id, deleted_at = row
        post = one.post
        changes: dict[str, Any] = {}
        if role == Role.CONTEXT and one.role is not Role.CONTEXT:
            changes["role"] = one.role.value
        if is_history and not one.is_history and one.role is not Role.CONTEXT:
            changes["is_history"] = 0
        if one.account_id is not None and (account_id is None or one.account_id < account_id):
            changes["account_id"] = one.account_id
        if deleted_at is not None:
            changes["deleted_at"] = None
        if changes:
            sets = ", ".join(f"{column} = :{column}" for column in changes)
            self.engine.execute(
                f"UPDATE message SET {sets} WHERE id = :id", {**changes, "id": message_id}
            )
        newer = post.current_id != version_id
        if newer:
            self.edited.append(post)
        if changes or newer:
            self.saved += Saved(changed=1)
            self.store.mark_unjudged_around(self.brand_id, self.channel, post.native_id)
        else:
            self.saved += Saved(known=1)
        if post.author.native_id and one.role is not Role.OWN:
            self.store.customer_id(self.brand_id, self.channel, post.author, post.posted_at)

    def _thread_of(self, post: Post) -> str:
        """The channel's conversation, or the topmost ancestor that anybody told of."""
        if post.thread_id:
            return post.thread_id
        if not post.in_reply_to or post.in_reply_to == post.native_id:
            return post.native_id
        parent = self.rows.get(post.in_reply_to)
        if parent:
            return str(parent["thread_id"])
        found = self.engine.query(_THREAD_OF, {**self.key, "native_id": post.in_reply_to})
        return str(found[0][0]) if found else post.in_reply_to

    def flush(self) -> Saved:
        self._insert()
        self._follow_moves()
        for post in self.edited:
            self._write_version(post)
        self.engine.many(_UNJUDGED, [{**self.key, "thread_id": t} for t in sorted(self.threads)])
        for row in self.rows.values():
            if row["role"] == Role.OWN and row["quotes"]:
                self.store.mark_unjudged_around(self.brand_id, self.channel, row["native_id"])
        return self.saved

    def _insert(self) -> None:
        self.engine.many(_INSERT, list(self.rows.values()))
        if self.payloads:
            self.engine.many(_PAYLOAD, self.payloads)

    def _follow_moves(self) -> None:
        """Replies that came before what they answer stood under it; they follow it upward."""
        for native_id, thread_id in self.moved:
            keys = {**self.key, "native_id": native_id, "thread_id": self._final(thread_id)}
            if self.engine.execute(
                "UPDATE message SET thread_id = :thread_id WHERE brand_id = :brand_id "
                "AND channel = :channel AND thread_id = :native_id",
                keys,
            ):
                self.threads |= {native_id, str(keys["thread_id"])}

    def _final(self, thread_id: str) -> str:
        found = self.engine.query(_THREAD_OF, {**self.key, "native_id": thread_id})
        return str(found[0][0]) if found else thread_id

    def _write_version(self, post: Post) -> None:
        rows = self.engine.query(
            "SELECT id, version_id, text, fetched_at FROM message WHERE brand_id = :brand_id "
            "AND channel = :channel AND native_id = :native_id",
            {**self.key, "native_id": post.native_id},
        )
        for message_id, version_id, text, fetched_at in rows:
            values = {"message_id": message_id, "seen_at": self.fetched_at}
            self.engine.many(
                _VERSION,
                [
                    {
                        **values,
                        "version_id": version_id,
                        "text": text,
                        "seen_at": fetched_at,
                    },
                    {**values, "version_id": post.current_id, "text": storable(post.text)},
                ],
            )
            changed = self.engine.execute(
                _NEWER_VERSION,
                {"id": message_id, "version_id": post.current_id, "text": storable(post.text)},
            )
            if changed:
                # Tagged anew: the verdict was about other words.
                self.engine.execute(
                    "DELETE FROM verdict WHERE message_id = :id", {"id": message_id}
                )
            self.store.mark_unjudged_around(self.brand_id, self.channel, post.native_id)
