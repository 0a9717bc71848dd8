"""What mentions are about: as agents said, else as the rules do."""

from __future__ import annotations

from collections.abc import Sequence

from triage.core.themes import Raised
from triage.store.engine import Engine, any_of
from triage.store.standing import is_not_voided, stands

JOIN = f"""
LEFT JOIN said_theme h ON h.message_id = m.id AND {is_not_voided("h.activity_id")}
    AND NOT EXISTS (SELECT 1 FROM said_theme y WHERE y.message_id = h.message_id
        AND y.activity_id > h.activity_id AND {is_not_voided("y.activity_id")})
"""
"""Beside a message `m` and its verdict `v`."""
THEME = "CASE WHEN h.activity_id IS NULL THEN v.theme ELSE h.theme END"
"""What a message is about; NULL if that is nothing."""
KIND = f"""
coalesce((SELECT g.after FROM activity g WHERE g.message_id = m.id AND g.what = 'tag'
    AND {stands("g")} ORDER BY g.id DESC LIMIT 1), v.kind, 'other')
"""
"""What a message is: as an agent said, else as the rules do."""
OF_PERIOD = """
m.brand_id = :brand_id AND m.posted_at >= :from_at AND m.posted_at < :to_at
    AND m.role IN ('mention', 'incidental')
"""
ACCOUNT = "coalesce(m.account_id, t.account_id)"
"""Whom an imported mention asked is known of its conversation alone."""
_RAISED = f"""
SELECT m.id, m.conversation_id, m.customer_id, m.posted_at, {KIND}, {THEME},
    m.deleted_at IS NOT NULL OR m.absent IS NOT NULL
FROM message m LEFT JOIN verdict v ON v.message_id = m.id {JOIN}
    LEFT JOIN conversation t ON t.id = m.conversation_id
WHERE {OF_PERIOD} AND m.customer_id IS NOT NULL AND {{which}} {{ours}}
ORDER BY m.posted_at, m.id
"""
_COMPLAINTS = f"""
SELECT count(*) FROM message m LEFT JOIN verdict v ON v.message_id = m.id
    LEFT JOIN conversation t ON t.id = m.conversation_id
WHERE {OF_PERIOD} AND m.customer_id IS NOT NULL AND {KIND} = 'complaint' {{ours}}
"""
_KNOWN = """
SELECT h.theme FROM said_theme h WHERE h.brand_id = :b AND h.theme IS NOT NULL
UNION SELECT a.theme FROM action a WHERE a.brand_id = :b ORDER BY 1
"""


def of_accounts(account_ids: Sequence[int], params: dict[str, object]) -> str:
    """A condition on the account, if not all are asked for."""
    return f"AND {any_of(ACCOUNT, 'a', account_ids, params)}" if account_ids else ""


class ThemeStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def say(self, brand_id: int, message_id: int, theme: str | None, activity_id: int) -> None:
        """Note the word of an agent, as an act says; None says that it is about nothing."""
        self._engine.execute(
            "INSERT INTO said_theme (activity_id, message_id, brand_id, theme) "
            "VALUES (:activity, :message, :brand, :theme) ON CONFLICT (activity_id) DO NOTHING",
            {"message": message_id, "brand": brand_id, "theme": theme, "activity": activity_id},
        )

    def of(self, message_id: int) -> str | None:
        """What a mention is about: as an agent said, else as the rules do."""
        rows = self._engine.query(
            f"SELECT {THEME} FROM message m LEFT JOIN verdict v ON v.message_id = m.id {JOIN} "
            "WHERE m.id = :id",
            {"id": message_id},
        )
        return None if not rows or rows[0][0] is None else str(rows[0][0])

    def known(self, brand_id: int) -> list[str]:
        """Themes that agents named, of mentions or of actions, in order."""
        return [str(theme) for (theme,) in self._engine.query(_KNOWN, {"b": brand_id})]

    def raised(
        self,
        brand_id: int,
        from_at: int,
        to_at: int,
        theme: str | None = None,
        account_ids: Sequence[int] = (),
    ) -> list[Raised]:
        """Mentions of a period that are about a theme, or about any, oldest first.

        Args:
            brand_id: Whose.
            from_at: Begin of the period, UTC ms.
            to_at: Its end, UTC ms; not in it.
            theme: Which; any if left out.
            account_ids: Only of these accounts; of all if empty.
        """
        params: dict[str, object] = {"brand_id": brand_id, "from_at": from_at, "to_at": to_at}
        which = f"{THEME} IS NOT NULL"
        if theme is not None:
            which, params["theme"] = f"{THEME} = :theme", theme
        sql = _RAISED.format(which=which, ours=of_accounts(account_ids, params))
        rows = self._engine.query(sql, params)
        return [Raised._make((*row[:6], bool(row[6]))) for row in rows]

    def complaints(
        self, brand_id: int, from_at: int, to_at: int, account_ids: Sequence[int] = ()
    ) -> int:
        """How many complaints a period has, with a theme or without."""
        params: dict[str, object] = {"brand_id": brand_id, "from_at": from_at, "to_at": to_at}
        sql = _COMPLAINTS.format(ours=of_accounts(account_ids, params))
        return int(self._engine.query(sql, params)[0][0])

    def first_at(self, brand_id: int) -> int | None:
        """When the oldest mention that is stored was posted, UTC ms; None if there is none."""
        rows = self._engine.query(
            "SELECT m.posted_at FROM message m WHERE m.brand_id = :b "
            "AND m.role IN ('mention', 'incidental') ORDER BY m.posted_at LIMIT 1",
            {"b": brand_id},
        )
        return int(rows[0][0]) if rows else None
