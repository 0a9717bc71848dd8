"""Who wrote: one row per author and channel, brought up to date by what their posts tell.

The newest post tells handle and name; the oldest, since when they are known. Handles change and
are reused, so former ones are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from triage.core.model import Author
from triage.core.text import handle_key, storable
from triage.store.engine import Engine, query_in

_COLUMNS = (
    "brand_id",
    "channel",
    "native_id",
    "handle",
    "handle_key",
    "name",
    "followers",
    "first_at",
    "seen_at",
)
_FIND = """
SELECT native_id, id, handle, name, first_at, seen_at FROM customer
WHERE brand_id = :brand_id AND channel = :channel AND native_id IN ({values})
"""
_NEW = "ON CONFLICT (brand_id, channel, native_id) DO NOTHING"
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
_SEEN = "UPDATE customer SET seen_at = :at WHERE id = :id AND seen_at < :at"
_FIRST = "UPDATE customer SET first_at = :at WHERE id = :id AND first_at > :at"
_PROMOTE = """
UPDATE customer SET native_id = :native_id
WHERE brand_id = :brand_id AND channel = :channel AND native_id = :by_handle
"""


class _Known(NamedTuple):
    id: int
    handle: str
    name: str
    first_at: int
    seen_at: int


class _Told:
    """What one batch tells of an author, and the versions before it that told otherwise.

    Attributes:
        author: As told last.
        seen_at: `posted_at` of the newest post that told the same.
        before: What was told before that, each with its time.
    """

    __slots__ = ("author", "before", "first_at", "seen_at")

    def __init__(self, author: Author, at: int) -> None:
        self.author = author
        self.first_at = self.seen_at = at
        self.before: list[tuple[Author, int]] = []

    def add(self, author: Author, at: int) -> None:
        self.first_at = min(self.first_at, at)
        if author is self.author or author == self.author:
            self.seen_at = max(self.seen_at, at)
        else:
            self.before.append((self.author, self.seen_at))
            self.author, self.seen_at = author, at


class CustomerStore:
    """See the module. Everything is to be called inside a transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ids(
        self, brand_id: int, channel: str, told: Iterable[tuple[Author, int]]
    ) -> dict[str, int]:
        """Give our ids of authors by their native ids, made or brought up to date.

        Args:
            brand_id: Whose customers.
            channel: Where they write.
            told: Authors as posts told of them, each with `posted_at` of its post.
        """
        by_author: dict[str, _Told] = {}
        for author, at in told:
            known = by_author.get(author.native_id)
            if known is None:
                by_author[author.native_id] = _Told(author, at)
            else:
                known.add(author, at)
        return _Batch(self._engine, brand_id, channel, by_author).resolve()


class _Batch:
    """The authors of one batch."""

    def __init__(self, engine: Engine, brand_id: int, channel: str, told: dict[str, _Told]) -> None:
        self.engine = engine
        self.key = {"brand_id": brand_id, "channel": channel}
        self.told = told

    def resolve(self) -> dict[str, int]:
        natives = {native: storable(native) for native in self.told}
        found = self._find(natives.values())
        missing = [n for n, stored in natives.items() if stored not in found]
        if missing:
            self._promote(missing)
            self._add(missing)
            found |= self._find([natives[n] for n in missing])
        self._update(natives, found)
        return {native: found[stored].id for native, stored in natives.items()}

    def _find(self, natives: Iterable[str]) -> dict[str, _Known]:
        rows = query_in(self.engine, _FIND, self.key, set(natives))
        return {row[0]: _Known(*row[1:]) for row in rows}

    def _promote(self, missing: Sequence[str]) -> None:
        """An import knew the handle alone; now the channel tells whose it is."""
        # An import's own are by handle already, and are most of what is ever missing.
        others = [n for n in missing if not n.startswith("@")]
        values = [self._values(self.told[n].author, 0) for n in others]
        unnamed = [v for v in values if v["handle_key"]]
        known = self._find([v["by_handle"] for v in unnamed]) if unnamed else {}
        for each in unnamed:
            if each["by_handle"] in known:
                self.engine.execute(_PROMOTE, each)

    def _add(self, missing: Sequence[str]) -> None:
        rows = []
        for native in missing:
            told = self.told[native]
            v = self._values(*(told.before[0] if told.before else (told.author, told.seen_at)))
            rows.append(
                (
                    v["brand_id"],
                    v["channel"],
                    v["native_id"],
                    v["handle"],
                    v["handle_key"],
                    v["name"],
                    v["followers"],
                    told.first_at,
                    v["at"],
                )
            )
        self.engine.insert("customer", _COLUMNS, rows, _NEW)

    def _update(self, natives: dict[str, str], found: dict[str, _Known]) -> None:
        first, seen = [], []
        for native, stored in natives.items():
            told, known = self.told[native], found[stored]
            if known.first_at > told.first_at:
                first.append({"id": known.id, "at": told.first_at})
            if told.before or not _is_same(known, told.author):
                for author, at in [*told.before, (told.author, told.seen_at)]:
                    self._tell(known.id, author, at)
            elif known.seen_at < told.seen_at and known.handle:
                seen.append({"id": known.id, "at": told.seen_at})
        if first:
            self.engine.many(_FIRST, first)
        if seen:
            self.engine.many(_SEEN, seen)

    def _tell(self, customer_id: int, author: Author, at: int) -> None:
        values = {**self._values(author, at), "id": customer_id}
        if values["handle"]:
            self.engine.execute(_FORMER_HANDLE, values)
            self.engine.execute(_RENAME, values)

    def _values(self, author: Author, at: int) -> dict[str, Any]:
        handle = storable(author.handle).removeprefix("@")
        key = handle_key(handle)
        return {
            **self.key,
            "native_id": storable(author.native_id),
            "handle": handle,
            "handle_key": key,
            "by_handle": f"@{key}",
            "name": storable(author.name),
            "followers": author.followers,
            "at": at,
        }


def _is_same(known: _Known, author: Author) -> bool:
    """Nothing but the time is new; followers are counted anew with each post of a channel."""
    return known.handle == author.handle and known.name == author.name and author.followers is None
