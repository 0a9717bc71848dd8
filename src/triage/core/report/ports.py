"""What reports ask of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from triage.core.report.query import ReportQuery
    from triage.core.report.rows import (
        CustomerRow,
        MentionRow,
        OpeningRow,
        Said,
        SentRow,
        WaitRow,
    )


class ReportPort(Protocol):
    """Figures' raw material: rows of a period."""

    def waits(self, query: ReportQuery) -> list[WaitRow]:
        """Waits that opened in the period, oldest first."""
        ...

    def page(self, query: ReportQuery, after: tuple[int, int], many: int) -> list[WaitRow]:
        """The next waits that opened in the period, behind a time and an id of ours."""
        ...

    def carried(self, query: ReportQuery) -> list[WaitRow]:
        """Waits that had opened before the period and had not ended when it began."""
        ...

    def mentions(self, query: ReportQuery) -> list[MentionRow]:
        """Mentions that were written in the period, oldest first."""
        ...

    def mentions_by(self, query: ReportQuery) -> dict[int | str | None, int]:
        """How many mentions the period has by the query's dimension, one of `split.COUNTABLE`."""
        ...

    def said(self, query: ReportQuery, conversation_ids: Collection[int]) -> list[Said]:
        """What some conversations hold of the period's mentions, each in the order of messages."""
        ...

    def sent_count(self, query: ReportQuery) -> int:
        """How many posts of ours went out in the period."""
        ...

    def sent(self, query: ReportQuery) -> list[SentRow]:
        """Posts of ours that went out in the period, oldest first."""
        ...

    def customers(self, ids: Collection[int]) -> list[CustomerRow]:
        """Customers by our id of them."""
        ...

    def customers_of(self, conversation_ids: Collection[int]) -> dict[int, int]:
        """Whose conversations they are, by our ids of both."""
        ...

    def openings(self, wait_ids: Collection[int]) -> list[OpeningRow]:
        """The mentions that opened some waits."""
        ...

    def held(self, conversation_ids: Collection[int]) -> list[int]:
        """Which of these conversations agents ever let rest."""
        ...

    def runs(self, query: ReportQuery) -> Mapping[bool, int]:
        """How many fetches began in the period, by whether they went well."""
        ...
