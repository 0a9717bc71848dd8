"""What reports are made of: the rows of a period, and no others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from triage.core.report.line import Dimension
from triage.core.report.query import ReportQuery
from triage.core.report.rows import (
    NEVER,
    CustomerRow,
    MentionRow,
    OpeningRow,
    Said,
    SentRow,
    WaitRow,
)
from triage.store.engine import Engine, Row, any_of, query_in
from triage.store.lasting import lasting
from triage.store.standing import stands
from triage.store.themes import ACCOUNT, JOIN, KIND, THEME

_WAIT = f"""
SELECT id, conversation_id, account_id, kind, state, opened_at, fetched_at, due_at, ended_at,
    agent, outside, is_met, policy, settings_id,
    (SELECT min(coalesce(p.ended_at, {NEVER})) FROM wait p
        WHERE p.conversation_id = wait.conversation_id AND p.opened_at <= wait.opened_at
        AND (p.opened_at < wait.opened_at OR p.id < wait.id) AND p.needs_answer = 1)
FROM wait WHERE brand_id = :brand_id AND needs_answer = 1 AND
"""
_MENTION = f"""
SELECT m.posted_at, m.customer_id, m.conversation_id, {KIND}, coalesce({THEME}, ''),
    CASE WHEN m.is_history = 0 AND m.account_id IS NOT NULL THEN m.fetched_at - m.posted_at END
"""
_OF_PERIOD = """
m.brand_id = :brand_id AND m.posted_at >= :from_at AND m.posted_at < :to_at
"""
_MENTIONS = "m.role IN ('mention', 'incidental')"
_IN_ORDER = "ORDER BY m.posted_at, m.id"
"""That of the index, so that nothing is to be sorted."""
_JOIN_CONVERSATION = "LEFT JOIN conversation t ON t.id = m.conversation_id"
_VERDICT = "LEFT JOIN verdict v ON v.message_id = m.id"
_ABOUT = f"{_VERDICT} {JOIN}"
"""What a message is, and what it is about."""
_SAID = f"""
SELECT m.conversation_id, m.customer_id, {KIND}, m.posted_at
FROM message m {_VERDICT} {_JOIN_CONVERSATION}
WHERE m.conversation_id IN ({{{{values}}}}) AND {_OF_PERIOD} AND {_MENTIONS} {{ours}}
ORDER BY m.conversation_id, m.posted_at, length(m.native_id), m.native_id
"""
_PARTED = f"""
SELECT d.part, count(*) FROM (
    SELECT {{part}} AS part FROM message m {{joins}} WHERE {_OF_PERIOD} AND {_MENTIONS} {{ours}}
) d GROUP BY d.part
"""
_PARTS = {
    Dimension.ACCOUNT: ACCOUNT,
    Dimension.CUSTOMER: "m.customer_id",
    Dimension.KIND: KIND,
    Dimension.LANGUAGE: "coalesce(m.lang, '')",
    Dimension.THEME: f"coalesce({THEME}, '')",
}
_JOINS = {Dimension.KIND: _VERDICT, Dimension.THEME: _ABOUT}
_SENDER = """
coalesce((SELECT max(r.agent) FROM reply r WHERE r.brand_id = m.brand_id
    AND r.native_id = m.native_id), '')
"""
_OPENING = f"""
SELECT w.id, CASE WHEN m.absent IS NULL THEN m.text ELSE '' END, m.url, coalesce({THEME}, ''),
    coalesce(m.lang, '')
FROM wait w JOIN message m ON m.id = w.opening_id {_ABOUT}
"""
"""What its author took back is in the file until it is cleaned, and shown no more."""
_RUNS = """
SELECT CASE WHEN r.outcome = 'ok' THEN 1 ELSE 0 END AS well, count(*)
FROM run r JOIN account a ON a.id = r.account_id
WHERE a.brand_id = :brand_id AND r.started_at >= :from_at AND r.started_at < :to_at {ours}
GROUP BY CASE WHEN r.outcome = 'ok' THEN 1 ELSE 0 END
"""
# What `_make` does, without a call of Python for each of tens of thousands.
_WAIT_ROW: Callable[[Row], WaitRow] = partial(tuple.__new__, WaitRow)
_MENTION_ROW: Callable[[Row], MentionRow] = partial(tuple.__new__, MentionRow)


class ReportStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def waits(self, query: ReportQuery) -> list[WaitRow]:
        """Waits that opened in the period, oldest first."""
        return self._waits(query, "opened_at >= :from_at AND opened_at < :to_at", _span(query))

    def page(self, query: ReportQuery, after: tuple[int, int], many: int) -> list[WaitRow]:
        """The next waits that opened in the period, behind a time and an id of ours."""
        at, number = after
        values = {"from_at": max(query.from_at, at), "to_at": query.to_at, "at": at, "id": number}
        which = "opened_at >= :from_at AND opened_at < :to_at AND (opened_at > :at OR id > :id)"
        return self._waits(query, which, values, many)

    def carried(self, query: ReportQuery) -> list[WaitRow]:
        """Waits that had opened before the period and had not ended when it began.

        Of a period that is still to come, those that had not ended by now.
        """
        parts = lasting(min(query.from_at, query.now))
        return [wait for which, values in parts for wait in self._waits(query, which, values)]

    def _waits(
        self,
        query: ReportQuery,
        which: str,
        values: Mapping[str, object],
        many: int | None = None,
    ) -> list[WaitRow]:
        params = {"brand_id": query.brand_id, **values}
        sql = f"{_WAIT} {which}{_of('account_id', query, params)} ORDER BY opened_at, id"
        if many is not None:
            sql, params["many"] = f"{sql} LIMIT :many", many
        return list(map(_WAIT_ROW, self._engine.query(sql, params)))

    def mentions(self, query: ReportQuery) -> list[MentionRow]:
        """Mentions that were written in the period, oldest first."""
        params = _params(query)
        joins = f"{_ABOUT} {_JOIN_CONVERSATION if query.account_ids else ''}"
        which = f"{_OF_PERIOD} AND {_MENTIONS}{_of(ACCOUNT, query, params)}"
        sql = f"{_MENTION} FROM message m {joins} WHERE {which} {_IN_ORDER}"
        return list(map(_MENTION_ROW, self._engine.query(sql, params)))

    def mentions_by(self, query: ReportQuery) -> dict[int | str | None, int]:
        """How many mentions the period has by the query's dimension, one of `split.COUNTABLE`."""
        params = _params(query)
        part, ours = _PARTS[query.by], _of(ACCOUNT, query, params)
        joins = _JOINS.get(query.by, "")
        if query.account_ids or query.by is Dimension.ACCOUNT:
            joins = f"{joins} {_JOIN_CONVERSATION}"
        sql = _PARTED.format(part=part, joins=joins, ours=ours)
        return {part: int(count) for part, count in self._engine.query(sql, params)}

    def said(self, query: ReportQuery, conversation_ids: Collection[int]) -> list[Said]:
        """What some conversations hold of the period's mentions, each in the order of messages."""
        params = _params(query)
        sql = _SAID.format(ours=_of(ACCOUNT, query, params))
        return list(map(Said._make, query_in(self._engine, sql, params, conversation_ids)))

    def sent_count(self, query: ReportQuery) -> int:
        """How many posts of ours went out in the period."""
        params = _params(query)
        ours = _of("m.account_id", query, params)
        sql = f"SELECT count(*) FROM message m WHERE {_OF_PERIOD} AND m.role = 'own'{ours}"
        return int(self._engine.query(sql, params)[0][0])

    def sent(self, query: ReportQuery) -> list[SentRow]:
        """Posts of ours that went out in the period, oldest first."""
        params = _params(query)
        ours = _of("m.account_id", query, params)
        rows = self._engine.query(
            f"SELECT m.posted_at, m.account_id, coalesce(m.lang, ''), {_SENDER} "
            f"FROM message m WHERE {_OF_PERIOD} AND m.role = 'own'{ours} {_IN_ORDER}",
            params,
        )
        return list(map(SentRow._make, rows))

    def customers(self, ids: Collection[int]) -> list[CustomerRow]:
        """Customers by our id of them."""
        sql = "SELECT c.id, c.handle, c.channel FROM customer c WHERE c.id IN ({values})"
        return list(map(CustomerRow._make, query_in(self._engine, sql, {}, ids)))

    def customers_of(self, conversation_ids: Collection[int]) -> dict[int, int]:
        """Whose conversations they are, by our ids of both."""
        sql = "SELECT t.id, t.customer_id FROM conversation t WHERE t.id IN ({values})"
        return dict(query_in(self._engine, sql, {}, conversation_ids))

    def openings(self, wait_ids: Collection[int]) -> list[OpeningRow]:
        """The mentions that opened some waits."""
        sql = f"{_OPENING} WHERE w.id IN ({{values}})"
        return list(map(OpeningRow._make, query_in(self._engine, sql, {}, wait_ids)))

    def held(self, conversation_ids: Collection[int]) -> list[int]:
        """Which of these conversations agents ever let rest."""
        sql = (
            "SELECT DISTINCT a.conversation_id FROM activity a "
            "WHERE a.conversation_id IN ({values}) AND a.what = 'hold' AND " + stands("a")
        )
        return sorted(number for (number,) in query_in(self._engine, sql, {}, conversation_ids))

    def runs(self, query: ReportQuery) -> Mapping[bool, int]:
        """How many fetches began in the period, by whether they went well."""
        params = _params(query)
        sql = _RUNS.format(ours=_of("r.account_id", query, params))
        return {well == 1: int(count) for well, count in self._engine.query(sql, params)}


def _params(query: ReportQuery) -> dict[str, object]:
    return {"brand_id": query.brand_id, **_span(query)}


def _span(query: ReportQuery) -> dict[str, object]:
    return {"from_at": query.from_at, "to_at": query.to_at}


def _of(column: str, query: ReportQuery, params: dict[str, object]) -> str:
    """A condition on the account, if not all are asked for."""
    ids = query.account_ids
    return f" AND {any_of(column, 'a', ids, params)}" if ids else ""
