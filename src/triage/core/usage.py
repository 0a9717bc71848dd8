"""What is asked of a channel that charges and limits: the port that every request passes, prices.

A price is that of X's public list; what it says of a day (re-reads are free within one) and of who
owns an app is in docs/cost.md. Money is in millionths of a dollar.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, Protocol

from triage.core.kinds import DAY
from triage.core.money import MICROS
from triage.core.ratebudget import Rule, Told

PRICES_FROM = "2026-08-22"
"""The day on which the default prices were read in X's documentation."""

PRICES: Mapping[str, int] = {
    "post_read": 5_000,
    "owned_read": 1_000,
    "user_read": 10_000,
    "included_post": 0,
    "included_user": 0,
    "reply": 10_000,
    "post": 15_000,
    "post_with_url": MICROS // 5,
    "delete": 10_000,
    "media_upload": 0,
    "media_metadata": 5_000,
}
"""By what it is for, one each. `reply` is one to somebody who wrote to us. Whether what comes along
with a post (`included`) is charged X does not say; uploads are not in its list."""

READS: Mapping[str, str] = {
    "me": "user_read",
    "user": "user_read",
    "mentions": "post_read",
    "own": "post_read",
    "posts": "post_read",
    "search": "post_read",
}
"""Endpoints that read, and what one thing read costs. A cap stops these and no others."""

OWNED = frozenset({"mentions", "own"})
"""Cheaper for an account that owns the app and signs the request itself."""

PRICED: Mapping[str, str] = {
    "delete": "delete",
    "upload": "media_upload",
    "metadata": "media_metadata",
}
"""Endpoints that write, and what a request costs. What `create` costs depends on the text."""

NEWS = "mentions"
"""The endpoint by which accounts take turns: whoever waited longest is read first."""

LIMITS: Mapping[str, tuple[int, int]] = {
    "me": (75, 75),
    "user": (300, 900),
    "mentions": (450, 300),
    "own": (10_000, 900),
    "posts": (3_500, 5_000),
    "search": (450, 300),
    "create": (100, 100),
    "delete": (50, 50),
}
"""Requests in 15 minutes, by the app's token and by an account's, until a header tells."""

PER_DAY: Mapping[str, Rule] = {"create": Rule(10_000, DAY)}
"""What one app may do in a day, for all accounts together."""


class Ask(NamedTuple):
    """A request before it is made.

    Attributes:
        endpoint: As in `READS`; others are known to no limit.
        as_app: Signed by the app's token, whose limits all accounts of the app share.
    """

    endpoint: str
    as_app: bool = False


class Call(NamedTuple):
    """A request after it was made.

    Attributes:
        ask: What was asked.
        status: Of HTTP; None if nothing came back.
        item: What a write is charged as; empty for a read.
        things: What was asked for and came back, each as its kind and id, such as `p:123`.
        along: What came along with it, likewise.
        told: What the headers said of the limit; None if nothing.
    """

    ask: Ask
    status: int | None
    item: str = ""
    things: Sequence[str] = ()
    along: Sequence[str] = ()
    told: Told | None = None


class Meter(Protocol):
    """What every request to a channel passes. Nothing that befalls it stops a request."""

    def allow(self, ask: Ask) -> None:
        """Take a request out of the budget, before it is made.

        Raises:
            RateLimited: The budget of the window is used up.
            CapReached: A read would go beyond the monthly cap.
        """
        ...

    def note(self, call: Call) -> None:
        """Count a request that was made; nothing is written after a write before it is recorded."""
        ...

    def apart(self, asks: Sequence[Ask]) -> Meter:
        """One for requests that another thread makes for a reply, which must not touch the store.

        It takes them out of the budget now; what it notes is written by the next flush of this.
        """
        ...

    def for_reply(self) -> AbstractContextManager[None]:
        """Inside, reads are for a reply: a small reserve of cap and limits is theirs."""
        ...


def for_reply(channel: object) -> AbstractContextManager[None]:
    """Have what is read from a channel inside count as for a reply; see `Meter.for_reply`."""
    meter: Meter | None = getattr(channel, "meter", None)
    return nullcontext() if meter is None else meter.for_reply()


class Tally(NamedTuple):
    """What was asked, and what it cost.

    Attributes:
        calls: Requests.
        resources: What came back, or was written.
        repeated: Of them, what was read before on the same UTC day; X charges it once.
        micros: The cost.
        repeated_micros: What the repeated would have cost.
    """

    calls: int = 0
    resources: int = 0
    repeated: int = 0
    micros: int = 0
    repeated_micros: int = 0

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


_ALONG: Mapping[str, str] = {"included_post": "p:", "included_user": "u:"}
_FREE = "+"


def free_apart(call: Call, prices: Mapping[str, int]) -> Call:
    """Rename what comes along at no price: to have seen it so is not to have paid for it."""
    free = tuple(kind for line, kind in _ALONG.items() if not prices[line])
    along = [_FREE + thing if thing.startswith(free) else thing for thing in call.along]
    return call._replace(along=along)


def tallies(
    call: Call, prices: Mapping[str, int], fresh: Collection[str], *, owned: bool
) -> dict[str, Tally]:
    """What one request adds to the account's books, by line.

    What was refused costs nothing. A write of unknown fate is counted: it may have been carried
    out.

    Args:
        call: The request, as `free_apart` gives it.
        prices: In millionths of a dollar; see `PRICES`.
        fresh: Of `things` and `along`, what was not read before on this UTC day.
        owned: The account owns the app.
    """
    endpoint = call.ask.endpoint
    if endpoint not in READS:
        return {call.item or PRICED.get(endpoint, endpoint): _written(call, prices)}
    is_owned = owned and endpoint in OWNED and not call.ask.as_app
    price = prices["owned_read" if is_owned else READS[endpoint]]
    lines = {endpoint: _read(call.things, fresh, price)._replace(calls=1)}
    for line, kind in _ALONG.items():
        along = [thing for thing in call.along if thing.removeprefix(_FREE).startswith(kind)]
        if along:
            lines[line] = _read(along, fresh, prices[line])
    return lines


def _written(call: Call, prices: Mapping[str, int]) -> Tally:
    done = call.status is None or not is_refusal(call.status)
    item = call.item or PRICED.get(call.ask.endpoint, "")
    return Tally(1, 1, 0, prices.get(item, 0)) if done else Tally(1)


def is_refusal(status: int) -> bool:
    """Whether a status says that nothing was carried out."""
    client, server, timed_out = 400, 500, 408
    return client <= status < server and status != timed_out


def _read(things: Sequence[str], fresh: Collection[str], price: int) -> Tally:
    new = sum(thing in fresh for thing in things)
    repeated = len(things) - new
    return Tally(0, len(things), repeated, new * price, repeated * price)


def create_item(*, has_url: bool, is_reply: bool) -> str:
    """What a post is charged as; a URL makes it the dearest, reply or not."""
    if has_url:
        return "post_with_url"
    return "reply" if is_reply else "post"
