"""What fetch, queue, doctor and reply say of costs; `triage cost` says the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from triage.cli import narrate
from triage.core.costs import CAPPED, is_capped, is_near, month_of, percent
from triage.core.money import dollars
from triage.errors import TriageError

if TYPE_CHECKING:
    from triage.app.checking import Finding
    from triage.bootstrap import App
    from triage.core.accounts import Account

_SOME_POST = "1"
"""What an answer refers to does not matter for its price; that it does, does."""

CHARGES = frozenset({"x"})
"""Channels that take money for a request."""


class ReplyCost(NamedTuple):
    """What a reply would cost, in millionths of a dollar, by the prices of the configuration.

    Attributes:
        micros: As it stands; of a thread, all parts together.
        has_url: The channel sees a URL in it.
        plain: Without a URL.
        with_url: With one in every part.
    """

    micros: int
    has_url: bool
    plain: int
    with_url: int


def reply_cost(
    app: App, account: Account, texts: Sequence[str], *, is_reply: bool = True
) -> ReplyCost | None:
    """What an answer to a customer would cost; None on a channel that charges nothing.

    Args:
        app: The program.
        account: Who sends it.
        texts: It, or the parts of a thread: those behind the first answer our own post.
        is_reply: It answers somebody; a post of an event answers nobody.
    """
    if account.channel not in CHARGES:
        return None
    from triage.channels.x.counting import create_item
    from triage.core.channel import Outgoing
    from triage.core.usage import create_item as item_of

    prices = app.settings_file.cost.prices.model_dump()
    first = _SOME_POST if is_reply else None
    parts = [Outgoing(t, _SOME_POST if n else first, to_self=n > 0) for n, t in enumerate(texts)]
    items = [create_item(part) for part in parts]
    plain = [item_of(has_url=False, is_reply=is_reply and not part.to_self) for part in parts]
    return ReplyCost(
        sum(prices[item] for item in items),
        "post_with_url" in items,
        sum(prices[item] for item in plain),
        prices["post_with_url"] * len(parts),
    )


def cost_words(cost: ReplyCost) -> str:
    """That in a sentence, with what a URL does to it."""
    times = cost.with_url // cost.plain if cost.plain else 0
    dearer = f", {_TIMES.get(times, str(times))} times as much" if times > 1 else ""
    if cost.has_url:
        return (
            f"It costs about {dollars(cost.micros)}, since there is a URL in it{dearer} as without "
            f"one ({dollars(cost.plain)})."
        )
    return (
        f"It costs about {dollars(cost.micros)}; a URL in it makes it {dollars(cost.with_url)}"
        f"{dearer}."
    )


_TIMES = {13: "thirteen", 20: "twenty"}


def show_reply_cost(
    app: App, account: Account, texts: Sequence[str], *, is_reply: bool = True
) -> None:
    """Tell a person who decides what a reply costs; with a warning beyond the cap."""
    cost = reply_cost(app, account, texts, is_reply=is_reply)
    if cost is not None:
        narrate.say(cost_words(cost) if len(texts) == 1 else _thread_words(cost, len(texts)))
        warn_beyond_cap(app, account, texts)


def _thread_words(cost: ReplyCost, parts: int) -> str:
    """The cost of a thread, which nobody would shorten for one URL."""
    dear = ", since there is a URL in it" if cost.has_url else ""
    return f"The {parts} parts cost about {dollars(cost.micros)} together{dear}."


def warn_beyond_cap(app: App, account: Account, texts: Sequence[str]) -> None:
    """Say that the cap is passed, with the cost of a reply; it is no reason not to send it."""
    cost, cap = reply_cost(app, account, texts), app.settings_file.cost.monthly_cap
    if cost is None or cap is None:
        return
    spent = _spent(app)
    if is_capped(spent, cap):
        narrate.warn(
            f"The monthly cap is passed: {dollars(spent)} of {dollars(cap)} are spent. This reply "
            f"costs about {dollars(cost.micros)} more; it is not held back for that."
        )


def cost_fields(app: App, account: Account, texts: Sequence[str]) -> dict[str, object]:
    """What `--json` says of a reply's cost; null on a channel that charges nothing."""
    cost, cap = reply_cost(app, account, texts), app.settings_file.cost.monthly_cap
    return {
        "cost_micros": None if cost is None else cost.micros,
        "cost_with_url_micros": None if cost is None else cost.with_url,
        "has_url": None if cost is None else cost.has_url,
        "is_beyond_cap": cost is not None and is_capped(_spent(app), cap),
    }


def warn_of_cost(app: App) -> None:
    """After a fetch: one line, once a month, when most of the cap is used."""
    from triage.app.costing import mark_month

    try:
        words = mark_month(app.store, app.brand_id, app.settings_file.cost.monthly_cap, app.now())
    except TriageError:
        return  # it is said by the next fetch; this one is not to fail for it
    if words:
        narrate.warn(words)


def stopped_by_cap(app: App) -> bool:
    """Whether reads are stopped in this month, as the last fetch found it."""
    return app.store.settings.get(CAPPED) == month_of(app.now())


def cost_finding(app: App) -> Finding:
    """The doctor's line."""
    from triage.app.checking import Finding, Health

    cap, spent = app.settings_file.cost.monthly_cap, _spent(app)
    words = f"About {dollars(spent)} in {month_of(app.now())} (UTC)"
    if cap is None:
        return Finding(Health.OK, "cost", f"{words}; there is no monthly cap.")
    words += f", {percent(spent, cap)}% of the monthly cap of {dollars(cap)}"
    if is_capped(spent, cap):
        return Finding(
            Health.FAIL,
            "cost",
            f"{words}: nothing is read any more.",
            "Raise monthly_cap under [cost], or look where it went: triage cost",
        )
    health = Health.WARN if is_near(spent, cap) else Health.OK
    return Finding(health, "cost", f"{words}.", "triage cost" if health is Health.WARN else "")


def _spent(app: App) -> int:
    return app.store.usage.spent(app.brand_id, month_of(app.now()))
