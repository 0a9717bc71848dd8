"""The X channel over real HTTP against the sandbox: the facts that every channel shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conformance import PAGE, START, ChannelFacts, World

from triage.channels.x.channel import XChannel
from triage.core.channel import Absence, Fate
from triage.core.credentials import Credentials
from triage.core.model import MINUTE, Author
from triage.errors import NetworkDown, RateLimited, SignInNeeded, TriageError
from triage.sandbox import state
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Sandbox

pytestmark = pytest.mark.enable_socket

_READS = {
    NetworkDown: Kind.UNAVAILABLE,
    SignInNeeded: Kind.UNAUTHORIZED,
    RateLimited: Kind.RATE_LIMITED,
}
_POSTS = {
    (Fate.UNKNOWN, False): Kind.UNAVAILABLE,
    (Fate.UNKNOWN, True): Kind.UNAVAILABLE_AFTER,
    (Fate.NOT_SENT, False): Kind.RATE_LIMITED,
    (Fate.REFUSED, False): Kind.CREDITS,
}
CREDENTIALS = {
    "tokens": Credentials(bearer_token=state.APP_TOKEN, user_token=state.USER_TOKEN),
    "oauth1": Credentials(
        consumer_key=state.CONSUMER_KEY,
        consumer_secret="sandbox-consumer-secret",  # noqa: S106 - the sandbox does not check it
        access_token=state.ACCESS_TOKEN,
        access_token_secret="sandbox-access-secret",  # noqa: S106 - the same
    ),
}
ATTEMPTS = 2


class SandboxWorld:
    """A sandbox with a clock of its own, and a channel to it."""

    def __init__(self, sandbox: Sandbox, credentials: Credentials, fields: str) -> None:
        self.sandbox = sandbox
        self.now = START + 10_000 * MINUTE
        with sandbox.change() as kept:
            acme = kept.user_named("acme")
            assert acme is not None
            kept.clock = state.Clock("fixed", self.now)
        self.account = Author(acme.id, acme.username, acme.name)
        self.channel = XChannel(
            credentials,
            now=lambda: self.now,
            base_url=sandbox.base_url,
            attempts=ATTEMPTS,
            retry_wait_s=0,
            fields=fields,
            page_size=PAGE,
        )

    def write(
        self, handle: str, text: str, *, at: int = START, in_reply_to: str | None = None
    ) -> str:
        """See `World`."""
        with self.sandbox.change() as kept:
            author = kept.add_user(handle)
            return kept.add_post(author, text, at_ms=at, reply_to=in_reply_to).id

    def edit(self, native_id: str, text: str) -> str:
        """See `World`."""
        with self.sandbox.change() as kept:
            return kept.edit(native_id, text, at_ms=START + MINUTE).id

    def remove(self, native_id: str) -> None:
        """See `World`."""
        with self.sandbox.change() as kept:
            kept.delete(native_id)

    def hide(self, native_id: str, why: Absence | None) -> None:
        """See `World`."""
        with self.sandbox.change() as kept:
            author = kept.users[kept.posts[native_id].author_id]
            author.protected = why is Absence.PROTECTED
            author.suspended = why is Absence.SUSPENDED
            kept.withhold(native_id, withheld=why is Absence.WITHHELD)

    def expire_tokens(self) -> None:
        """See `World`."""
        with self.sandbox.change() as kept:
            kept.token_generation += 1

    def empty_page(self) -> None:
        """See `World`."""
        self.sandbox.fail(Rule("mentions", Kind.EMPTY_PAGE))

    def fail_read(self, error: type[TriageError]) -> None:
        """See `World`; what is retried must fail as often as it is tried."""
        times = ATTEMPTS if error is NetworkDown else 1
        self.sandbox.fail(Rule("mentions", _READS[error], times=times))

    def fail_post(self, fate: Fate, *, accepted: bool) -> None:
        """See `World`."""
        self.sandbox.fail(Rule("create", _POSTS[fate, accepted]))

    def requests_to_post(self) -> int:
        """See `World`."""
        exchanges = self.sandbox.exchanges
        return sum(e.method == "POST" and e.url.endswith("/2/tweets") for e in exchanges)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox."""
    with Sandbox(record=True) as running:
        yield running


class TestXWithTokens(ChannelFacts):
    """Reading with the app's token, posting with the account's, in the older spelling."""

    @pytest.fixture
    def world(self, sandbox: Sandbox) -> World:
        """Give a fresh sandbox."""
        return SandboxWorld(sandbox, CREDENTIALS["tokens"], "tweet")


class TestXWithKeys(ChannelFacts):
    """Everything signed with OAuth 1.0a keys, in the newer spelling."""

    @pytest.fixture
    def world(self, sandbox: Sandbox) -> World:
        """Give a fresh sandbox."""
        return SandboxWorld(sandbox, CREDENTIALS["oauth1"], "post")
