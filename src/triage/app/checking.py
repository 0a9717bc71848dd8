"""What `doctor` finds out about a store: the last fetches, gaps, the clock, and the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from triage.app.guards import HELD, PAUSED
from triage.core.accounts import Account
from triage.core.clockwatch import TOLERANCE, Jump, Skew
from triage.core.gaps import gap_words
from triage.core.kinds import MINUTE
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.progress import Run
from triage.core.queue import rough_span, short_span


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
    store: Store,
    brand_id: int,
    accounts: Sequence[Account],
    now: int,
    *,
    on_schedule: bool = True,
    when: Callable[[int], str] = str,
) -> Iterator[Finding]:
    """Look at everything that the store tells.

    Args:
        store: The store.
        brand_id: Whose.
        accounts: Those that are fetched.
        now: UTC ms.
        on_schedule: Somebody should fetch them every few minutes.
        when: Writes a time, UTC ms, for people.
    """
    stale_after = store.accounts.freshness(brand_id).stale_after if on_schedule else None
    if store.settings.current() is None:
        yield Finding(Health.WARN, "settings", "No settings are in force.", "triage config apply")
    for account in accounts:
        yield _last_fetch(account, store.accounts.last_run(account.id), now, stale_after)
    yield _gaps(store, brand_id, when)
    yield from _outbox(store, brand_id)


def check_clock(
    now: int,
    *,
    latest: int | None,
    newest_post: int | None,
    jump: Jump | None,
    skew: Skew | None = None,
) -> Iterator[Finding]:
    """Compare the clock with what it said earlier, and with the channels' clocks.

    Args:
        now: UTC ms.
        latest: The newest time that the machine itself wrote.
        newest_post: When the newest post was posted, by its channel's clock.
        jump: That it was set lately, if it was.
        skew: How a channel's clock differed from it, if it did.
    """
    found = []
    if latest is not None and latest > now + TOLERANCE:
        text = f"This machine's clock is {short_span(latest - now)} behind what it wrote earlier."
        found.append(Finding(Health.FAIL, "clock", text, _SET_CLOCK))
    if newest_post is not None and newest_post > now + TOLERANCE:
        text = (
            f"The newest post is from {short_span(newest_post - now)} ahead of now: "
            "this machine's clock is behind, unless an import brought a wrong date."
        )
        found.append(Finding(Health.FAIL, "clock", text, _SET_CLOCK))
    if skew is not None:
        found.append(Finding(Health.WARN, "clock", skew_words(skew), SKEW_HINT))
    if jump is not None:
        way = "forward" if jump.size > 0 else "back"
        ago = rough_span(max(0, now - jump.found_at))
        text = f"It jumped {short_span(jump.size)} {way}; that was found {ago} ago."
        found.append(Finding(Health.WARN, "clock", text, _KEEP_CLOCK))
    yield from found or [Finding(Health.OK, "clock", "It goes forward.")]


def skew_words(skew: Skew) -> str:
    """Tell how a channel's clock and ours differ, in a sentence."""
    way = "behind" if skew.size > 0 else "ahead of"
    size = round(abs(skew.size) / MINUTE) * MINUTE
    return f"This machine's clock is {short_span(size)} {way} the channel's."


SKEW_HINT = "Set the clock: timedatectl set-ntp true."

_NOTHING_TO_REDO = (
    "No `triage sla recompute` is needed: waits follow the channel's times. Only what was called "
    "overdue, warned of or snoozed by the wrong time was so by it."
)
_SET_CLOCK = f"Set the clock: timedatectl set-ntp true. {_NOTHING_TO_REDO}"
_KEEP_CLOCK = f"Let a service keep it: timedatectl set-ntp true. {_NOTHING_TO_REDO}"


def _last_fetch(account: Account, run: Run | None, now: int, stale_after: int | None) -> Finding:
    what = f"fetch @{account.handle}"
    if run is None:
        return Finding(Health.WARN, what, "It was never fetched.", "triage fetch")
    age = rough_span(max(0, now - (run.ended_at or run.started_at)))
    if run.outcome != "ok":
        text = f"The last fetch, {age} ago, stopped: {run.detail or run.outcome}"
        return Finding(Health.WARN, what, text, "triage fetch")
    if stale_after is not None and now - (run.ended_at or run.started_at) > stale_after:
        return Finding(
            Health.WARN,
            what,
            f"The last fetch was {age} ago, more than {short_span(stale_after)}.",
            "Is the cron job running? Make one: triage schedule print --cron",
        )
    news = f"{run.new_mentions} new mentions"
    return Finding(Health.OK, what, f"Fetched {age} ago, {news}.")


def _gaps(store: Store, brand_id: int, when: Callable[[int], str]) -> Finding:
    known = store.accounts.gaps(brand_id)
    gaps = [gap for gap in known if gap.closed_at is None]
    if not gaps:
        closed = f" {len(known)} that there was could be read later." if known else ""
        return Finding(Health.OK, "gaps", f"None.{closed}")
    one = len(gaps) == 1
    many = "One stretch" if one else f"{len(gaps)} stretches"
    which = "it lies" if one else "the last lies"
    return Finding(
        Health.WARN,
        "gaps",
        f"{many} may hold posts that were never seen; {which} {gap_words(gaps[-1], when)}.",
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
