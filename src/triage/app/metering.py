"""The meter that every request of an account passes: budgets of limits, the cap, and the books.

Each note is a short transaction outside of any request; a crash between a request and its note
loses that note and no more. Where the store is locked, full or gone the request is made all the
same, and what is to be written goes with the next: a meter must not cost a mention or a reply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from triage.core.costs import day_of, is_capped, month_of
from triage.core.money import dollars
from triage.core.ports import Store
from triage.core.ratebudget import Past, Rule, for_others, hear, left, limit_of, next_at, share
from triage.core.usage import LIMITS, PER_DAY, PRICES, READS, Ask, Call, Meter, free_apart, tallies
from triage.errors import CapReached, RateLimited, TriageError

_DAILY = "/day"
"""Ends the name of an endpoint whose limit is that of a day."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a brand pays and allows.

    Attributes:
        prices: In millionths of a dollar; see `core.usage.PRICES`.
        cap: For a UTC month, millionths of a dollar; None without one.
        limits: Requests in 15 minutes by endpoint, of an app and of an account.
    """

    prices: Mapping[str, int] = field(default_factory=lambda: dict(PRICES))
    cap: int | None = None
    limits: Mapping[str, tuple[int, int]] = field(default_factory=lambda: dict(LIMITS))


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose requests they are.

    Attributes:
        app: A name of the app that they share limits with.
        owned: The account owns that app.
    """

    account_id: int
    brand_id: int
    app: str = "app"
    owned: bool = False


@dataclass(frozen=True, slots=True)
class _Budget:
    who: str
    endpoint: str
    rule: Rule


_Noted = tuple[Call, int] | tuple[Ask, int]
"""What is to be written, and when it was, UTC ms."""


class _Apart:
    """See `Meter.apart`."""

    def __init__(self, stops: Mapping[Ask, TriageError], noted: Callable[[Call], None]) -> None:
        self._stops = stops
        self._noted = noted

    def allow(self, ask: Ask) -> None:
        stop = self._stops.get(ask)
        if stop is not None:
            raise stop

    def note(self, call: Call) -> None:
        self._noted(call)

    def apart(self, asks: Sequence[Ask]) -> Meter:
        del asks
        return self

    def for_reply(self) -> AbstractContextManager[None]:
        return nullcontext()


class UsageMeter:
    """See `core.usage.Meter`."""

    def __init__(
        self,
        store: Callable[[], Store],
        payer: Payer,
        terms: Terms,
        now: Callable[[], int],
        turn: Callable[[], int] = lambda: 0,
    ) -> None:
        """Prepare; nothing is read.

        Args:
            store: The store as it is then; may raise `TriageError`.
            payer: Whose requests they are.
            terms: What they cost, and what is allowed.
            now: UTC ms.
            turn: How many accounts of the same app a run of `fetch` still reads, this one with
                them; 0 outside of a run.
        """
        self._store = store
        self._payer = payer
        self._terms = terms
        self._now = now
        self._turn = turn
        self._unwritten: list[_Noted] = []
        self._shares: dict[Ask, int] = {}
        self._is_for_reply = False

    def allow(self, ask: Ask) -> None:
        """See `Meter.allow`."""
        now, known = self._now(), list(self._unwritten)
        try:
            store = self._store()
            with store.brief_tx():
                self._write(store, known)
                stop = self._refusal(store, ask, now)
                if stop is None:
                    self._take(store, ask, now)
        except TriageError:
            self._unwritten.append((ask, now))
            return
        del self._unwritten[: len(known)]
        if stop is not None:
            raise stop
        if ask in self._shares:
            self._shares[ask] -= 1

    def note(self, call: Call) -> None:
        """See `Meter.note`."""
        self._unwritten.append((call, self._now()))
        if call.ask.endpoint in READS:
            self.flush()

    def flush(self) -> None:
        """Write what was not written yet, if that can be done now."""
        known = list(self._unwritten)
        if not known:
            return
        try:
            store = self._store()
            with store.brief_tx():
                self._write(store, known)
        except TriageError:
            return
        del self._unwritten[: len(known)]

    def apart(self, asks: Sequence[Ask]) -> Meter:
        """See `Meter.apart`."""
        stops: dict[Ask, TriageError] = {}
        with self.for_reply():
            for ask in asks:
                try:
                    self.allow(ask)
                except TriageError as stop:
                    stops[ask] = stop
        return _Apart(stops, lambda call: self._unwritten.append((call, self._now())))

    @contextmanager
    def for_reply(self) -> Iterator[None]:
        """See `Meter.for_reply`."""
        before, self._is_for_reply = self._is_for_reply, True
        try:
            yield
        finally:
            self._is_for_reply = before

    def _write(self, store: Store, known: Sequence[_Noted]) -> None:
        for what, at in known:
            if isinstance(what, Ask):
                self._take(store, what, at)
            else:
                self._enter(store, what, at)

    def _refusal(self, store: Store, ask: Ask, now: int) -> TriageError | None:
        """What stands against a request; None if nothing does."""
        cap = self._terms.cap
        if cap is not None and ask.endpoint in READS:
            spent = store.usage.spent(self._payer.brand_id, month_of(now))
            if is_capped(spent, cap, for_reply=self._is_for_reply):
                return _capped(spent, cap)
        for budget in self._budgets(ask):
            past = self._past(store, budget, now)
            if self._available(ask, budget, past, now) <= 0:
                return _limited(ask, next_at(budget.rule, past, now))
        return None

    def _available(self, ask: Ask, budget: _Budget, past: Past, now: int) -> int:
        available = left(budget.rule, past, now)
        if ask.endpoint not in READS or self._is_for_reply:
            return available
        limit = limit_of(budget.rule, past)
        available = for_others(available, limit)
        turn = self._turn() if ask.as_app else 0
        if not turn:
            return available
        if ask not in self._shares:
            self._shares[ask] = share(available, limit, turn)
        return min(available, self._shares[ask])

    def _budgets(self, ask: Ask) -> Sequence[_Budget]:
        by_app, by_account = f"app:{self._payer.app}", f"account:{self._payer.account_id}"
        budgets = []
        if ask.endpoint in self._terms.limits:
            of_app, of_account = self._terms.limits[ask.endpoint]
            who, limit = (by_app, of_app) if ask.as_app else (by_account, of_account)
            budgets.append(_Budget(who, ask.endpoint, Rule(limit)))
        if ask.endpoint in PER_DAY:
            budgets.append(_Budget(by_app, ask.endpoint + _DAILY, PER_DAY[ask.endpoint]))
        return budgets

    def _past(self, store: Store, budget: _Budget, now: int) -> Past:
        rule = budget.rule
        oldest, newest = rule.oldest_slot(now), rule.slot_at(now)
        return store.usage.past(budget.who, budget.endpoint, oldest, newest)

    def _take(self, store: Store, ask: Ask, now: int) -> None:
        for budget in self._budgets(ask):
            rule = budget.rule
            store.usage.take(budget.who, budget.endpoint, rule.slot_at(now), rule.oldest_slot(now))

    def _enter(self, store: Store, call: Call, at: int) -> None:
        payer, day = self._payer, day_of(at)
        call = free_apart(call, self._terms.prices)
        fresh = store.usage.see(payer.app, day, [*call.things, *call.along])
        for line, tally in tallies(call, self._terms.prices, fresh, owned=payer.owned).items():
            store.usage.add(payer.account_id, day, line, tally, at)
        if call.told is None:
            return
        for budget in self._budgets(call.ask)[:1]:
            heard = hear(budget.rule, self._past(store, budget, at), call.told, at)
            if heard is not None:
                store.usage.tell(budget.who, budget.endpoint, heard)


def _capped(spent: int, cap: int) -> CapReached:
    return CapReached(
        f"The monthly cap stops reading: {dollars(spent)} of {dollars(cap)} are spent.",
        reason="New mentions are not seen until the month (UTC) ends. Replies still go out.",
        hint="Raise monthly_cap under [cost], or look where it went: triage cost",
    )


def _limited(ask: Ask, reset_at: int) -> RateLimited:
    whose = "the app" if ask.as_app else "the account"
    return RateLimited(
        f"What {whose} may ask of {ask.endpoint} for now is used up.",
        reset_at=reset_at,
        endpoint=ask.endpoint,
        reason="Nothing more was asked, so that the channel need not refuse.",
    )
