"""What is older than it is to be kept: finding it by indexes, and letting it go in small parts.

A wait that is open keeps all that belongs to it, and so do its customer's notes. Kinds, times and
waits stay: they are figures. An act stays an act, and loses what somebody wrote beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from triage.core.retention import Data, Due
from triage.store.absence import erase_marked, note_words_remain
from triage.store.engine import Engine, Params
from triage.store.forgetting import PrivacyStore
from triage.store.settings import SettingsStore
from triage.store.standing import is_not_voided, stands

_BATCH = 500
_OPEN = "SELECT 1 FROM wait w WHERE w.conversation_id = {talk} AND w.state = 'open'"
_WAITS_OF = (
    "SELECT 1 FROM conversation t JOIN wait w ON w.conversation_id = t.id "
    "WHERE t.customer_id = x.customer_id AND w.state = 'open'"
)
_OURS = (
    "'config', 'forget', 'retention', 'recompute', 'undo', 'note', 'remark', 'promise', "
    "'action', 'tell', 'link', 'unlink'"
)
"""Acts whose detail is a word of ours, or the name of a note."""


class _Kind(NamedTuple):
    """How rows of a kind are found and let go.

    Attributes:
        id: Of a row, as an expression.
        at: Its time, by which the rows are read; an index has that order where there are many.
        source: From where, and what could go once it is older than `:before`.
        takes: What is run with each id.
    """

    id: str
    at: str
    source: str
    takes: Sequence[str]

    @property
    def rows(self) -> str:
        """All that could go, in no order."""
        return f"SELECT {self.id} AS id, {self.at} AS at FROM {self.source}"

    @property
    def page(self) -> str:
        """The next of it behind a place, oldest first."""
        at, number = self.at, self.id
        return (
            f"{self.rows} AND {at} >= :last_at AND ({at}, {number}) > (:last_at, :last_id) "
            f"ORDER BY {at}, {number} LIMIT :many"
        )


_UNPURGED = f"""
m.purged_at IS NULL AND NOT EXISTS ({_OPEN.format(talk="m.conversation_id")})
    AND NOT EXISTS (SELECT 1 FROM unjudged u WHERE u.brand_id = m.brand_id
        AND u.channel = m.channel AND u.thread_id = m.thread_id)
"""
_TAKE_TEXT = (
    "UPDATE message SET text = '', purged_at = :now WHERE id = :id",
    "UPDATE message_version SET text = '' WHERE message_id = :id",
    "DELETE FROM payload WHERE message_id = :id",
    "UPDATE verdict SET because = '[]' WHERE message_id = :id",
)
_TAKE_VERSION = (
    "UPDATE message_version SET text = '' WHERE message_id = :id AND seen_at < :before "
    "AND version_id NOT IN (SELECT m.version_id FROM message m WHERE m.id = :id)"
)
_TAKE_VALUES = "UPDATE activity SET before = NULL, after = NULL WHERE id = :id OR voids_id = :id"
_TAKE_OUTCOMES = (
    "DELETE FROM promise_outcome WHERE promise_id IN "
    "(SELECT p.id FROM promise p WHERE p.activity_id = :id)"
)
_KINDS: dict[Data, Sequence[_Kind]] = {
    Data.PAYLOADS: (
        _Kind(
            "p.message_id",
            "p.stored_at",
            "payload p JOIN message m ON m.id = p.message_id "
            "WHERE p.stored_at < :before AND m.brand_id = :b",
            ("DELETE FROM payload WHERE message_id = :id",),
        ),
    ),
    Data.TEXTS: (
        # Behind the mark, by time; and what came since the mark was set and is older than it.
        # So the whole archive is not read every day.
        _Kind(
            "m.id",
            "m.posted_at",
            "message m WHERE m.brand_id = :b AND m.posted_at < :before "
            f"AND m.posted_at >= :mark_at AND {_UNPURGED}",
            _TAKE_TEXT,
        ),
        _Kind(
            "m.id",
            "m.posted_at + 0",
            "message m WHERE m.id > :mark_id AND m.brand_id + 0 = :b "
            f"AND m.posted_at + 0 < :mark_at AND m.posted_at + 0 < :before AND {_UNPURGED}",
            _TAKE_TEXT,
        ),
        _Kind(
            "r.id",
            "r.changed_at",
            "reply r WHERE r.brand_id = :b AND r.changed_at < :before AND r.text <> '' "
            "AND r.state IN ('sent', 'cancelled', 'deleted') "
            f"AND NOT EXISTS ({_OPEN.format(talk='r.conversation_id')})",
            (
                "UPDATE reply SET text = '' WHERE id = :id",
                "DELETE FROM reply_media WHERE reply_id = :id",
            ),
        ),
    ),
    Data.VERSIONS: (
        _Kind(
            "x.message_id",
            "x.seen_at",
            "message_version x JOIN message m ON m.id = x.message_id WHERE m.brand_id = :b "
            "AND x.seen_at < :before AND x.version_id <> m.version_id AND x.text <> '' "
            f"AND NOT EXISTS ({_OPEN.format(talk='m.conversation_id')})",
            (_TAKE_VERSION,),
        ),
    ),
    Data.NOTES: (
        _Kind(
            "a.id",
            "a.at",
            "activity a JOIN attribute x ON x.activity_id = a.id "
            "WHERE a.brand_id = :b AND a.at < :before AND {unasked} "
            f"AND NOT EXISTS ({_WAITS_OF})",
            (
                "DELETE FROM attribute WHERE activity_id = :id",
                _TAKE_VALUES,
            ),
        ),
        _Kind(
            "a.id",
            "a.at",
            "activity a JOIN note x ON x.activity_id = a.id "
            f"WHERE a.brand_id = :b AND a.at < :before AND NOT EXISTS ({_WAITS_OF})",
            ("DELETE FROM note WHERE activity_id = :id",),
        ),
        # What nobody has said to be done is still to be kept.
        _Kind(
            "a.id",
            "a.at",
            "activity a JOIN promise x ON x.activity_id = a.id "
            "WHERE a.brand_id = :b AND a.at < :before AND x.due_at < :before AND (EXISTS "
            "(SELECT 1 FROM promise_outcome o WHERE o.promise_id = x.id "
            f"AND {is_not_voided('o.activity_id')}) OR NOT {stands('a')}) "
            f"AND NOT EXISTS ({_WAITS_OF})",
            (
                _TAKE_OUTCOMES,
                "DELETE FROM promise WHERE activity_id = :id",
            ),
        ),
    ),
    Data.ACTIVITY: (
        _Kind(
            "a.id",
            "a.at",
            "activity a WHERE a.brand_id = :b AND a.at < :before AND a.detail <> '' "
            f"AND a.what NOT IN ({_OURS}) AND a.what NOT LIKE 'event-%' "
            f"AND NOT EXISTS ({_OPEN.format(talk='a.conversation_id')})",
            ("UPDATE activity SET detail = '' WHERE id = :id",),
        ),
    ),
    Data.ALERTS: (
        _Kind(
            "x.id",
            "x.decided_at",
            "alert x WHERE x.brand_id = :b AND x.decided_at < :before "
            f"AND NOT EXISTS ({_OPEN.format(talk='x.conversation_id')})",
            (
                "DELETE FROM delivery WHERE alert_id = :id",
                "DELETE FROM alert WHERE id = :id",
            ),
        ),
    ),
}
_USAGE = """
FROM usage WHERE day < :day AND account_id IN (SELECT a.id FROM account a WHERE a.brand_id = :b)
"""
_NO_MARK = (0, -1)
_EVER = 1 << 62


class RetentionStore:
    """See the module, and `core.retention.RetentionPort`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._settings = SettingsStore(engine)

    def may_take(self, data: Data) -> bool:
        """Whether who is signed in may let go of it; acts are the owner's on a server."""
        of_acts = data in (Data.NOTES, Data.ACTIVITY)
        return not of_acts or PrivacyStore(self._engine).may_erase()

    def due(self, brand_id: int, data: Data, kept_for: int | None, now: int) -> Due:
        """What of a kind is older than a limit; nothing is written."""
        oldest = self._oldest(brand_id, data)
        if kept_for is None:
            return Due(data, None, 0, oldest)
        values = self._values(brand_id, data, now - kept_for)
        if data is Data.USAGE:
            count = self._engine.query(f"SELECT count(*) {_USAGE}", values)[0][0]
        else:
            count = sum(
                self._engine.query(self._filled(f"SELECT count(*) FROM ({kind.rows}) d"), values)[
                    0
                ][0]
                for kind in _KINDS[data]
            )
        return Due(data, kept_for, int(count), oldest)

    def take(
        self, brand_id: int, data: Data, kept_for: int, now: int, most: int | None = None
    ) -> int:
        """Let go what is older than a limit, in short transactions; give how many rows.

        With `most` it stops once there were so many, or a few more.
        """
        values = {**self._values(brand_id, data, now - kept_for), "now": now}
        if data is Data.USAGE:
            with self._engine.tx():
                return self._engine.execute(f"DELETE {_USAGE}", values)
        newest = self._engine.query("SELECT coalesce(max(id), 0) FROM message")[0][0]
        with self._engine.erasing():
            total = sum(self._take_kind(kind, values, most) for kind in _KINDS[data])
        if data is Data.TEXTS and (most is None or total < most):
            self._move_mark(brand_id, values["before"], newest)
        return total

    def erase(self) -> None:
        """Take what was let go out of where it still stands; what cannot be now, the next run."""
        with self._engine.erasing():
            erase_marked(self._engine)

    def _take_kind(self, kind: _Kind, values: Params, most: int | None) -> int:
        total = 0
        sql = self._filled(kind.page)
        place = {"last_at": -_EVER, "last_id": -1, "many": _BATCH}
        while True:
            with self._engine.tx():
                found = self._engine.query(sql, {**values, **place})
                each = [{**values, "id": number} for number in dict.fromkeys(i for i, _ in found)]
                for statement in kind.takes if each else ():
                    self._engine.many(statement, each)
                if each:
                    note_words_remain(self._engine)
            total += len(each)
            if len(found) < _BATCH or (most is not None and total >= most):
                return total
            place["last_id"], place["last_at"] = found[-1]

    def _filled(self, sql: str) -> str:
        if "{unasked}" not in sql:
            return sql
        asked = ", ".join(f"'{key}'" for key in sorted(self._asked_for()))
        return sql.replace("{unasked}", f"x.key NOT IN ({asked})" if asked else "1 = 1")

    def _asked_for(self) -> set[str]:
        """Notes that a policy or a rule of any snapshot asks for: what has ended rests on them."""
        found = set()
        for (number,) in self._engine.query("SELECT id FROM settings ORDER BY id"):
            settings = self._settings.judge(number).settings
            for rule in settings.rules.values():
                found |= set(rule.get("customer", ()))
            for policy in settings.special:
                found |= {key for key, _ in policy.when.attributes} if policy.when else set()
        return found

    def _values(self, brand_id: int, data: Data, before: int) -> dict[str, int | str]:
        values: dict[str, int | str] = {"b": brand_id, "before": before}
        if data is Data.TEXTS:
            values["mark_at"], values["mark_id"] = self._mark(brand_id)
        if data is Data.USAGE:
            values["day"] = self._day(before)
        return values

    def _day(self, at: int) -> str:
        from datetime import UTC, datetime

        return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}"

    def _mark(self, brand_id: int) -> tuple[int, int]:
        """Up to when the words of posts were let go, and which message was the newest then."""
        told = self._settings.get(f"retention_texts:{brand_id}")
        if told is None:
            return _NO_MARK
        at, number = told.split(" ")
        return int(at), int(number)

    def _move_mark(self, brand_id: int, before: int | str, newest: int) -> None:
        """What an open wait kept is looked at again: the mark stays before it."""
        at, number = self._mark(brand_id)
        left = self._engine.query(
            "SELECT min(m.posted_at) FROM message m WHERE m.brand_id = :b AND m.purged_at IS NULL "
            "AND m.posted_at < :before AND (m.posted_at >= :at OR m.id > :id)",
            {"b": brand_id, "before": before, "at": at, "id": number},
        )[0][0]
        mark = before if left is None else left
        with self._engine.tx():
            self._settings.put(f"retention_texts:{brand_id}", f"{mark} {newest}")

    def _oldest(self, brand_id: int, data: Data) -> int | None:
        """The time of the oldest that could go at any limit."""
        if data is Data.USAGE:
            rows = self._engine.query(
                "SELECT min(u.last_at) FROM usage u JOIN account a ON a.id = u.account_id "
                "WHERE a.brand_id = :b",
                {"b": brand_id},
            )
            return None if rows[0][0] is None else int(rows[0][0])
        values = self._values(brand_id, data, _EVER)
        times = []
        for kind in _KINDS[data]:
            place = {"last_at": -_EVER, "last_id": -1, "many": 1}
            times += [
                at for _, at in self._engine.query(self._filled(kind.page), {**values, **place})
            ]
        return min(times, default=None)
