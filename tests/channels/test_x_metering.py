"""Everything that the channel asks of X passes the meter, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import pytest

from triage.channels.x.channel import XChannel
from triage.core.channel import Fate, Outgoing, PageRequest, Stream
from triage.core.credentials import Credentials
from triage.core.usage import Ask, Call, Meter
from triage.errors import RateLimited
from triage.sandbox import state
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Sandbox

pytestmark = pytest.mark.enable_socket

NOW = 1_790_000_000_000
KEYS = Credentials(bearer_token=state.APP_TOKEN, user_token=state.USER_TOKEN)


class Notebook:
    """A meter that remembers; it refuses what `refused` names.

    Attributes:
        asked: In order.
        noted: Likewise.
        refused: Endpoints.
    """

    def __init__(self) -> None:
        self.asked: list[Ask] = []
        self.noted: list[Call] = []
        self.refused: set[str] = set()

    def allow(self, ask: Ask) -> None:
        """See `Meter.allow`."""
        if ask.endpoint in self.refused:
            raise RateLimited("It is used up.", reset_at=NOW + 1, endpoint=ask.endpoint)
        self.asked.append(ask)

    def note(self, call: Call) -> None:
        """See `Meter.note`."""
        self.noted.append(call)

    def apart(self, asks: Sequence[Ask]) -> Meter:
        """See `Meter.apart`."""
        del asks
        return self

    def for_reply(self) -> AbstractContextManager[None]:
        """See `Meter.for_reply`."""
        return nullcontext()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """X with a mention of `@acme`."""
    kept = state.fresh(clock=state.Clock("fixed", NOW))
    kept.add_post(kept.add_user("ana"), "@acme hello", at_ms=NOW - 1000)
    with Sandbox(record=True, state=kept) as running:
        yield running


def channel(sandbox: Sandbox, meter: Notebook) -> XChannel:
    """The channel of `@acme`, which tries each read twice."""
    return XChannel(
        KEYS,
        now=lambda: NOW,
        base_url=sandbox.base_url,
        timeout_s=(0.5, 0.3),
        attempts=2,
        retry_wait_s=0,
        meter=meter,
    )


def test_every_request_is_asked_for_and_noted(sandbox: Sandbox) -> None:
    """With who signs it, what came back, and what was written."""
    meter = Notebook()
    x = channel(sandbox, meter)
    account = x.me()
    assert x.account("acme") == account
    (mention,) = x.page(Stream.MENTIONS, account.native_id, PageRequest()).posts
    x.lookup([mention.native_id])
    sent = x.post(Outgoing("See acme.com", mention.native_id))
    assert x.delete(sent.native_id or "")
    app, user = True, False
    assert meter.asked == [
        Ask("me", user),
        Ask("user", app),
        Ask("mentions", app),
        Ask("posts", app),
        Ask("create", user),
        Ask("delete", user),
    ]
    assert [call.ask for call in meter.noted] == meter.asked
    assert len(sandbox.exchanges) == len(meter.asked)
    me, _, page, *_ = meter.noted
    assert me.things == [f"u:{account.native_id}"]
    assert page.things == [f"p:{mention.native_id}"]
    assert f"u:{mention.author.native_id}" in page.along
    assert page.told is not None
    assert (page.told.limit, page.told.remaining) == (450, 449)
    assert meter.noted[4].item == "post_with_url"


def test_every_try_is_a_request_of_its_own(sandbox: Sandbox) -> None:
    """Also one that fails; a 429 tells when to ask again."""
    meter = Notebook()
    x = channel(sandbox, meter)
    sandbox.fail(Rule("user", Kind.UNAVAILABLE), Rule("mentions", Kind.RATE_LIMITED_NO_RESET))
    account = x.account("acme")
    assert [call.status for call in meter.noted] == [503, 200]
    with pytest.raises(RateLimited):
        x.page(Stream.MENTIONS, account.native_id, PageRequest())
    told = meter.noted[-1].told
    assert told is not None
    assert (told.remaining, told.reset_at > NOW) == (0, True)


def test_a_reply_that_the_budget_refuses_never_left(sandbox: Sandbox) -> None:
    """It is tried again at the reset, as after a refusal of X."""
    meter = Notebook()
    meter.refused.add("create")
    outcome = channel(sandbox, meter).post(Outgoing("Hello", "1"))
    assert (outcome.fate, outcome.retry_at) == (Fate.NOT_SENT, NOW + 1)
    assert outcome.detail == "It is used up"
    assert sandbox.exchanges == []


def test_a_reply_of_unknown_fate_is_noted(sandbox: Sandbox) -> None:
    """It may be public, and then it is charged."""
    meter = Notebook()
    sandbox.fail(Rule("create", Kind.CLOSE_AFTER))
    with sandbox.read() as kept:
        parent = next(iter(kept.posts))
    outcome = channel(sandbox, meter).post(Outgoing("Hello", parent))
    assert outcome.fate is Fate.UNKNOWN
    assert meter.noted == [Call(Ask("create"), None, "reply")]
