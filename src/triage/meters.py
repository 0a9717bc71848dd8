"""The part of the composition root that puts meters together, one for each account's channel.

Accounts share the limits of an app by the name that the configuration gives it. No secret is looked
at for that, so none can end in the store; a name that is shared without need only asks less.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.app.metering import Payer, Terms, UsageMeter
    from triage.bootstrap import App
    from triage.core.accounts import Account


class Meters:
    """The meters of one run of the program."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._made: list[UsageMeter] = []
        self._turns: list[int] = []

    def make(self, account: Account) -> UsageMeter:
        """The meter of an account's channel."""
        from triage.app.metering import UsageMeter

        meter = UsageMeter(
            lambda: self._app.store,
            self._payer(account),
            self._terms(),
            self._app.now,
            lambda: self._turn(account),
        )
        self._made.append(meter)
        return meter

    def plan(self, accounts: Sequence[Account]) -> list[Account]:
        """Say which accounts a run is going to read; give them in the order of their turns.

        Whoever was not read for longest comes first, so that nobody starves of a limit.
        """
        last = self._app.store.usage.last_read([a.id for a in accounts])
        ordered = sorted(accounts, key=lambda a: (last.get(a.id, 0), a.id))
        self._turns = [a.id for a in ordered]
        return ordered

    def flush(self) -> None:
        """Write what was not written yet, if that can be done now."""
        for meter in self._made:
            meter.flush()

    def _turn(self, account: Account) -> int:
        """How many accounts of the same app the run still reads, this one with them."""
        if account.id not in self._turns:
            return 0
        following = set(self._turns[self._turns.index(account.id) :])
        mine = self._app_of(account)
        return sum(a.id in following and self._app_of(a) == mine for a in self._app.accounts())

    def _payer(self, account: Account) -> Payer:
        from triage.app.metering import Payer
        from triage.core.text import handle_key

        owners = map(handle_key, self._app.settings_file.cost.owned)
        owned = handle_key(account.handle) in owners
        return Payer(account.id, account.brand_id, self._app_of(account), owned)

    def _app_of(self, account: Account) -> str:
        told = self._app.settings_file.account(account.handle)
        return told.app if told else "app"

    def _terms(self) -> Terms:
        from triage.app.metering import Terms

        cost = self._app.settings_file.cost
        return Terms(prices=cost.prices.model_dump(), cap=cost.monthly_cap)
