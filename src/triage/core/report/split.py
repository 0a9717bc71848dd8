"""Splitting a period by a dimension: which line a wait, a mention and a post of ours belong to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from triage.core.kinds import Kind
from triage.core.report.line import Dimension
from triage.core.report.local import HOURS, LocalTime
from triage.core.report.rows import MentionRow, OpeningRow, Rows, SentRow, WaitRow

Part = str | int | None
"""The value of a line, or our id of it; None where a dimension says nothing."""

SPLITS_SENT = frozenset(
    {Dimension.DAY, Dimension.HOUR, Dimension.AGENT, Dimension.ACCOUNT, Dimension.LANGUAGE}
)
"""Dimensions that say something of posts of ours."""
COUNTED = frozenset({Dimension.ACCOUNT, Dimension.LANGUAGE})
"""Dimensions that a mention's row does not hold: the store counts by them."""
COUNTABLE = COUNTED | {Dimension.KIND, Dimension.CUSTOMER, Dimension.THEME}
"""Dimensions by which it can count them: all that mentions have, but for their time."""
BY_OPENING = frozenset({Dimension.THEME, Dimension.LANGUAGE})
"""Dimensions of a wait that are those of the mention that opened it."""


class Parts(NamedTuple):
    """A period in parts."""

    waits: Mapping[Part, Sequence[WaitRow]]
    mentions: Mapping[Part, int]
    sent: Mapping[Part, int]


@dataclass(frozen=True, slots=True)
class Split:
    """What tells the lines of a dimension apart.

    Attributes:
        by: The dimension.
        local: Days and hours of the period.
        names: Of accounts, or of customers, by our id of them.
        openings: What opened the waits, where the dimension is one of `BY_OPENING`.
    """

    by: Dimension
    local: LocalTime
    names: Mapping[int, str]
    openings: Mapping[int, OpeningRow]

    def parts(
        self, rows: Rows, sent: Iterable[SentRow] = (), counted: Mapping[Part, int] | None = None
    ) -> Parts:
        """Part a period.

        Args:
            rows: What was read of it.
            sent: Posts of ours, where the dimension is one of `SPLITS_SENT`.
            counted: Mentions, where the store counted them: always where it is one of `COUNTED`.
        """
        of_wait = self._of_wait(rows)
        of_sent = self._of_post(_SENT)
        waits: defaultdict[Part, list[WaitRow]] = defaultdict(list)
        for wait in rows.waits:
            waits[of_wait(wait)].append(wait)
        return Parts(
            waits,
            self._mentions(rows) if counted is None else counted,
            Counter(map(of_sent, sent)) if of_sent else Counter(),
        )

    def _mentions(self, rows: Rows) -> Mapping[Part, int]:
        of_mention = self._of_post(_MENTIONS)
        return Counter(map(of_mention, rows.mentions)) if of_mention else {}

    def _of_wait(self, rows: Rows) -> Callable[[WaitRow], Part]:
        by, openings = self.by, self.openings
        if by is Dimension.CUSTOMER:
            return lambda wait: rows.customers[wait.conversation_id]
        if by is Dimension.DAY:
            return lambda wait: self.local.day(wait.opened_at)
        if by is Dimension.HOUR:
            return lambda wait: self.local.hour(wait.opened_at)
        if by is Dimension.THEME:
            return lambda wait: openings[wait.id].theme
        if by is Dimension.LANGUAGE:
            return lambda wait: openings[wait.id].lang
        return attrgetter(_WAITS[by])

    def _of_post(
        self, fields: Mapping[Dimension, str]
    ) -> Callable[[MentionRow | SentRow], Part] | None:
        if self.by is Dimension.DAY:
            return lambda post: self.local.day(post.posted_at)
        if self.by is Dimension.HOUR:
            return lambda post: self.local.hour(post.posted_at)
        return attrgetter(fields[self.by]) if self.by in fields else None

    def order(self, parts: Parts) -> list[tuple[Part, str]]:
        """Which parts have a line, in their order, each with the key that it shows."""
        if self.by is Dimension.KIND:
            return [(kind.value, kind.value) for kind in Kind]
        if self.by is Dimension.DAY:
            return [(date, date) for date, _ in self.local.days]
        if self.by is Dimension.HOUR:
            return [(hour, str(hour)) for hour in range(HOURS)]
        found = {*parts.waits, *parts.mentions, *parts.sent}
        shown = [(p, self.names.get(p, "") if isinstance(p, int) else p or "") for p in found]
        most = self.by in {Dimension.CUSTOMER, Dimension.THEME}
        return sorted(shown, key=lambda s: (-parts.mentions.get(s[0], 0) * most, *_named(*s)))


_WAITS: Mapping[Dimension, str] = {
    Dimension.KIND: "kind",
    Dimension.AGENT: "agent",
    Dimension.ACCOUNT: "account_id",
    Dimension.POLICY: "policy",
}
_MENTIONS: Mapping[Dimension, str] = {
    Dimension.KIND: "kind",
    Dimension.CUSTOMER: "customer_id",
    Dimension.THEME: "theme",
}
_SENT: Mapping[Dimension, str] = {
    Dimension.AGENT: "agent",
    Dimension.ACCOUNT: "account_id",
    Dimension.LANGUAGE: "lang",
}


def _named(part: Part, name: str) -> tuple[bool, str, int]:
    """What has no name comes last."""
    return not name, name, part if isinstance(part, int) else 0
