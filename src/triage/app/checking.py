"""What `doctor` finds out about a store: the last fetches, gaps, and the outbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from triage.app.guards import HELD, PAUSED
from triage.core.accounts import Account, Run
from triage.core.model import DAY, MINUTE
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.queue import rough_span

_SKEW = 2 * MINUTE
"""So far two clocks may differ without anybody minding."""


class Health(StrEnum):
    """How something stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's.

    Attributes:
        what: What was looked at.
        text: How it stands.
        hint: How to mend it; empty where nothing is to be mended.
    """

    health: Health
    what: str
    text: str
    hint: str = ""


def check_store(
    store: Store, brand_id: int, accounts: Sequence[Account], now: int
) -> Iterator[Finding]:
    """Look at everything that the store tells.

    Args:
        store: The store.
        brand_id: Whose.
        accounts: Those that are fetched.
        now: UTC ms.
    """
    if store.settings.current() is None:
        yield Finding(Health.WARN, "settings", "No settings are in force.", "triage config apply")
    for account in accounts:
        yield _last_fetch(account, store.accounts.last_run(account.id), now)
    yield _gaps(store, brand_id)
    yield from _outbox(store, brand_id)


def check_clock(now: int, latest: int | None) -> Finding:
    """Compare the clock with the newest time that the machine itself wrote."""
    if latest is not None and latest > now + _SKEW:
        return Finding(
            Health.FAIL,
            "clock",
            f"This machine's clock is {rough_span(latest - now)} behind what it wrote earlier.",
            "Set the clock; waits are measured by it.",
        )
    return Finding(Health.OK, "clock", "It goes forward.")


def _last_fetch(account: Account, run: Run | None, now: int) -> Finding:
    what = f"fetch @{account.handle}"
    if run is None:
        return Finding(Health.WARN, what, "It was never fetched.", "triage fetch")
    age = rough_span(max(0, now - (run.ended_at or run.started_at)))
    if run.outcome != "ok":
        text = f"The last fetch, {age} ago, stopped: {run.detail or run.outcome}"
        return Finding(Health.WARN, what, text, "triage fetch")
    if now - run.started_at > DAY:
        return Finding(
            Health.WARN, what, f"The last fetch was {age} ago.", "Is the cron job running?"
        )
    news = f"{run.new_mentions} new mentions"
    return Finding(Health.OK, what, f"Fetched {age} ago, {news}.")


def _gaps(store: Store, brand_id: int) -> Finding:
    gaps = store.accounts.gaps(brand_id)
    if not gaps:
        return Finding(Health.OK, "gaps", "None.")
    text = f"{len(gaps)} stretches may hold posts that were never seen, the last between "
    return Finding(
        Health.WARN,
        "gaps",
        f"{text}{gaps[-1].after_id} and {gaps[-1].before_id}.",
        "Fetch more often; import an archive to fill them.",
    )


def _outbox(store: Store, brand_id: int) -> Iterator[Finding]:
    paused = store.settings.get(PAUSED)
    if paused is not None:
        yield Finding(
            Health.WARN, "outbox", f"All sending is paused {paused}.", "triage outbox resume"
        )
    if store.settings.get(HELD) is not None:
        yield Finding(
            Health.WARN,
            "outbox",
            "It is held: the database was restored or copied.",
            "triage fetch, which reads our timeline first",
        )
    unknown = store.outbox.list_states(brand_id, [ReplyState.UNKNOWN])
    for reply in unknown:
        yield Finding(
            Health.WARN,
            "outbox",
            f"Nobody knows whether reply {reply.id} was posted.",
            f"triage outbox settle {reply.id}",
        )
    waiting = store.outbox.list_states(brand_id, [ReplyState.QUEUED, ReplyState.HELD])
    if waiting:
        yield Finding(Health.WARN, "outbox", f"{len(waiting)} replies wait.", "triage outbox list")
    if not (unknown or waiting or paused):
        yield Finding(Health.OK, "outbox", "Nothing waits in it.")
