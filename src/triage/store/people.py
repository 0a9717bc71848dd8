"""What is remembered of people: attributes, notes, promises, and who is the same person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.core.kinds import Kind
from triage.core.linking import Linked
from triage.core.people import (
    Customer,
    Listed,
    Note,
    Outcome,
    PeopleFilter,
    Promise,
    Said,
    Talk,
)
from triage.core.text import handle_key, storable
from triage.store.engine import Engine, Row, any_of, query_in
from triage.store.links import links
from triage.store.standing import stands
from triage.store.themes import JOIN, THEME

_MEMBERS = """
SELECT o.customer_id, o.main_id FROM person p JOIN person o ON o.main_id = p.main_id
WHERE p.customer_id = :c ORDER BY o.customer_id <> o.main_id, o.customer_id
"""
_ATTRIBUTES = f"""
SELECT x.key, x.value FROM attribute x JOIN activity a ON a.id = x.activity_id
WHERE {{of}} AND {stands("a")} ORDER BY x.activity_id
"""
_CUSTOMER = """
SELECT c.id, c.channel, c.native_id, c.handle, c.name, c.followers, c.first_at, c.seen_at
FROM customer c
"""
_NOTES = f"""
SELECT n.activity_id, a.at, a.agent, n.customer_id, n.about, coalesce(t.merged_into, t.id), n.text
FROM note n JOIN activity a ON a.id = n.activity_id
LEFT JOIN conversation t ON t.id = a.conversation_id
WHERE {{of}} AND n.voids_id IS NULL AND {stands("a")}
ORDER BY n.activity_id
"""
_PROMISES = f"""
SELECT p.id, p.customer_id, p.text, p.due_at, a.at, a.agent, coalesce(t.merged_into, t.id),
    o.outcome, e.at, e.agent
FROM promise p JOIN activity a ON a.id = p.activity_id AND {stands("a")}
LEFT JOIN conversation t ON t.id = a.conversation_id
LEFT JOIN promise_outcome o ON o.activity_id = (SELECT max(s.id) FROM promise_outcome y
    JOIN activity s ON s.id = y.activity_id WHERE y.promise_id = p.id AND {stands("s")})
LEFT JOIN activity e ON e.id = o.activity_id
"""
_SAID = f"""
SELECT m.id, m.conversation_id, m.posted_at, coalesce(g.after, v.kind), {THEME}, m.text
FROM conversation t JOIN message m ON m.conversation_id = t.id AND m.customer_id = t.customer_id
LEFT JOIN verdict v ON v.message_id = m.id
LEFT JOIN activity g ON g.id = (SELECT max(x.id) FROM activity x
    WHERE x.message_id = m.id AND x.what = 'tag' AND {stands("x")})
{JOIN}
WHERE {{of}} AND m.role = 'mention' ORDER BY m.posted_at, m.id
"""
_TALKS = """
SELECT t.id, t.customer_id, t.channel, coalesce(a.handle, '?'), min(m.posted_at), max(m.posted_at),
    count(*)
FROM conversation t JOIN message m ON m.conversation_id = t.id
LEFT JOIN account a ON a.id = t.account_id
WHERE {of} GROUP BY t.id, t.customer_id, t.channel, a.handle ORDER BY 5, t.id
"""
_NEWEST = """
SELECT m.conversation_id FROM conversation t JOIN message m ON m.conversation_id = t.id
WHERE t.customer_id = :c ORDER BY m.posted_at DESC, m.id DESC LIMIT 1
"""


class PeopleStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def members(self, customer_id: int) -> tuple[int, ...]:
        """Whoever is the same person as a customer, and themselves; the main one first."""
        rows = self._engine.query(_MEMBERS, {"c": customer_id})
        return tuple(number for number, _ in rows) or (customer_id,)

    def attributes(self, customer_ids: Sequence[int]) -> dict[str, str]:
        """What is noted of these customers together, by key; the newest word counts."""
        newest: dict[str, str | None] = dict(self._of(_ATTRIBUTES, "x.customer_id", customer_ids))
        return {key: value for key, value in sorted(newest.items()) if value is not None}

    def noted_of(self, activity_id: int) -> int | None:
        """The customer of whom an act noted something; None if it noted nothing."""
        rows = self._engine.query(
            "SELECT customer_id FROM attribute WHERE activity_id = :id", {"id": activity_id}
        )
        return int(rows[0][0]) if rows else None

    def customers(self, customer_ids: Sequence[int]) -> list[Customer]:
        """These customers, in this order."""
        rows = query_in(self._engine, f"{_CUSTOMER} WHERE c.id IN ({{values}})", {}, customer_ids)
        found = {row[0]: Customer._make(row) for row in rows}
        return [found[number] for number in customer_ids if number in found]

    def by_id(self, brand_id: int, customer_id: int) -> Customer | None:
        """A customer of a brand, or None."""
        found = self._engine.query(
            f"{_CUSTOMER} WHERE c.id = :id AND c.brand_id = :b", {"id": customer_id, "b": brand_id}
        )
        return Customer._make(found[0]) if found else None

    def by_handle(self, brand_id: int, key: str) -> list[Customer]:
        """Who has a handle, folded."""
        params = {"b": brand_id, "key": key}
        rows = self._engine.query(
            f"{_CUSTOMER} WHERE c.brand_id = :b AND c.handle_key = :key ORDER BY c.id", params
        )
        return [Customer._make(row) for row in rows]

    def former_handles(self, brand_id: int, customer_ids: Sequence[int]) -> list[tuple[int, str]]:
        """What these customers were called before, with our ids of them; the newest first."""
        params: dict[str, object] = {"b": brand_id}
        of = any_of("f.customer_id", "c", customer_ids, params)
        rows = self._engine.query(
            "SELECT f.customer_id, f.handle FROM former_handle f "
            f"JOIN customer c ON c.id = f.customer_id WHERE c.brand_id = :b AND {of} "
            "ORDER BY f.seen_at DESC, f.handle",
            params,
        )
        return [(number, handle) for number, handle in rows]

    def once_called(self, brand_id: int, key: str) -> list[Customer]:
        """Who had a handle, folded, before the one that they have."""
        rows = self._engine.query(
            "SELECT f.customer_id, f.handle FROM former_handle f "
            "JOIN customer c ON c.id = f.customer_id WHERE c.brand_id = :b",
            {"b": brand_id},
        )
        # Few change their handle, and no database folds as we do.
        found = {number for number, handle in rows if handle_key(handle) == key}
        return self.customers(sorted(found))

    def newest_conversation(self, customer_id: int) -> int | None:
        """The conversation in which a customer's newest message stands, or None."""
        rows = self._engine.query(_NEWEST, {"c": customer_id})
        return int(rows[0][0]) if rows else None

    def talks(self, customer_ids: Sequence[int]) -> list[Talk]:
        """The conversations of these customers, oldest first."""
        return [Talk._make(row) for row in self._of(_TALKS, "t.customer_id", customer_ids)]

    def said(self, customer_ids: Sequence[int]) -> list[Said]:
        """What these customers wrote to us, oldest first."""
        return [_said(row) for row in self._of(_SAID, "t.customer_id", customer_ids)]

    def add_note(
        self, activity_id: int, customer_id: int, about: str, text: str, voids_id: int | None = None
    ) -> None:
        """Write what an act says of a customer, or that it takes a note back."""
        self._engine.execute(
            "INSERT INTO note (activity_id, customer_id, about, text, voids_id) "
            "VALUES (:id, :customer, :about, :text, :voids) ON CONFLICT (activity_id) DO NOTHING",
            {
                "id": activity_id,
                "customer": customer_id,
                "about": about,
                "text": storable(text),
                "voids": voids_id,
            },
        )

    def notes(self, customer_ids: Sequence[int]) -> list[Note]:
        """What is written down of these customers and was not taken back, oldest first."""
        return [Note._make(row) for row in self._of(_NOTES, "n.customer_id", customer_ids)]

    def note(self, brand_id: int, number: int) -> Note | None:
        """A note by its number, if it was not taken back."""
        rows = self._engine.query(
            _NOTES.format(of="n.activity_id = :id AND a.brand_id = :b"),
            {"id": number, "b": brand_id},
        )
        return Note._make(rows[0]) if rows else None

    def add_promise(
        self, activity_id: int, brand_id: int, customer_id: int, text: str, due_at: int
    ) -> int:
        """Write what an act promises a customer; give the promise's number."""
        self._engine.execute(
            "INSERT INTO promise (activity_id, brand_id, customer_id, text, due_at) VALUES "
            "(:id, :b, :customer, :text, :due) ON CONFLICT (activity_id) DO NOTHING",
            {
                "id": activity_id,
                "b": brand_id,
                "customer": customer_id,
                "text": storable(text),
                "due": due_at,
            },
        )
        rows = self._engine.query(
            "SELECT id FROM promise WHERE activity_id = :id", {"id": activity_id}
        )
        return int(rows[0][0])

    def add_outcome(self, activity_id: int, promise_id: int, outcome: Outcome) -> None:
        """Write what became of a promise."""
        self._engine.execute(
            "INSERT INTO promise_outcome (activity_id, promise_id, outcome) "
            "VALUES (:id, :promise, :outcome) ON CONFLICT (activity_id) DO NOTHING",
            {"id": activity_id, "promise": promise_id, "outcome": outcome.value},
        )

    def promises(self, customer_ids: Sequence[int]) -> list[Promise]:
        """What these customers were promised, in the order of due times."""
        sql = f"{_PROMISES} WHERE {{of}} ORDER BY p.due_at, p.id"
        return [_promise(row) for row in self._of(sql, "p.customer_id", customer_ids)]

    def all_promises(self, brand_id: int) -> list[Promise]:
        """What a brand promised, in the order of due times."""
        rows = self._engine.query(
            f"{_PROMISES} WHERE p.brand_id = :b ORDER BY p.due_at, p.id", {"b": brand_id}
        )
        return [_promise(row) for row in rows]

    def promise(self, brand_id: int, number: int) -> Promise | None:
        """A promise by its number."""
        rows = self._engine.query(
            f"{_PROMISES} WHERE p.id = :id AND p.brand_id = :b", {"id": number, "b": brand_id}
        )
        return _promise(rows[0]) if rows else None

    def links(self, brand_id: int) -> list[Linked]:
        """All links of a brand, in the order of acts."""
        return links(self._engine, brand_id)

    def add_link(self, activity_id: int, customer_id: int, main_id: int | None) -> None:
        """Write that an act joins a customer to another; None parts them."""
        self._engine.execute(
            "INSERT INTO customer_link (activity_id, customer_id, main_id) "
            "VALUES (:id, :customer, :main) ON CONFLICT (activity_id) DO NOTHING",
            {"id": activity_id, "customer": customer_id, "main": main_id},
        )

    def set_persons(self, customer_ids: Sequence[int], mains: Mapping[int, int]) -> None:
        """Write who is one person now, for these customers; who is not in `mains` is alone."""
        self._engine.many(
            "DELETE FROM person WHERE customer_id = :id", [{"id": i} for i in customer_ids]
        )
        rows = [(i, mains[i]) for i in customer_ids if i in mains]
        self._engine.insert("person", ("customer_id", "main_id"), rows)

    def people(self, wanted: PeopleFilter) -> list[Listed]:
        """People as they are listed, from whoever wrote last."""
        from triage.store.people_list import people

        return people(self._engine, wanted)

    def _of(self, sql: str, column: str, customer_ids: Sequence[int]) -> list[Row]:
        params: dict[str, object] = {}
        of = any_of(column, "c", customer_ids, params)
        return self._engine.query(sql.format(of=of), params)


def _said(row: Row) -> Said:
    number, conversation_id, at, kind, theme, text = row
    return Said(number, conversation_id, at, Kind(kind) if kind else None, theme, text)


def _promise(row: Row) -> Promise:
    *rest, outcome, ended_at, ended_by = row
    return Promise._make((*rest, Outcome(outcome) if outcome else None, ended_at, ended_by))
