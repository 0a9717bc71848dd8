"""What the meter of costs and limits asks of the store; times are UTC epoch ms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from triage.core.costs import UsageRow
from triage.core.ratebudget import Past, Told
from triage.core.usage import Tally


class UsagePort(Protocol):
    """Costs by day, what was read today, and the windows of limits."""

    def add(self, account_id: int, day: str, line: str, tally: Tally, at: int) -> None:
        """Add to an account's line of a UTC day."""
        ...

    def see(self, app: str, day: str, things: Iterable[str]) -> set[str]:
        """Note what an app read on a UTC day; give what it had not read before on that day."""
        ...

    def spent(self, brand_id: int, month: str) -> int:
        """What a brand's accounts cost in a UTC month, millionths of a dollar."""
        ...

    def rows(self, brand_id: int, month: str, account_ids: Sequence[int] = ()) -> list[UsageRow]:
        """Every line of a UTC month, of these accounts or of all, by day."""
        ...

    def last_read(self, account_ids: Sequence[int]) -> dict[int, int]:
        """When mentions were last asked for, by account; those that never were are left out."""
        ...

    def past(self, who: str, endpoint: str, oldest_slot: int, newest_slot: int) -> Past:
        """What is known of one limit, as far back as it matters."""
        ...

    def take(self, who: str, endpoint: str, slot: int, oldest_slot: int) -> None:
        """Count a request that begins; what matters no more is cleaned up."""
        ...

    def tell(self, who: str, endpoint: str, told: Told) -> None:
        """Note what is to be believed of a window."""
        ...
