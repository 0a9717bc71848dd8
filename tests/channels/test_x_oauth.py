"""X's sign-in endpoints over real HTTP: what each answer means, and what is never told."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from secrecy import SECRET, hidden
from signins import every_secret, granted, query_of, say
from triage.channels.x import pkce
from triage.channels.x.answers import Answer, Flaw
from triage.channels.x.oauth import Endpoint, XOAuth2, grant_of
from triage.channels.x.pin import Ticket, XPin, authorize_url
from triage.core.credentials import Credentials
from triage.core.signin import Grant, RenewalUnknown
from triage.errors import (
    ChannelError,
    ConfigError,
    NetworkDown,
    RateLimited,
    Refused,
    SignInNeeded,
    TriageError,
    TryLater,
)
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.oauth_state import CLIENT_ID, CLIENT_SECRET, CONFIDENTIAL_CLIENT_ID
from triage.sandbox.server import Sandbox
from triage.sandbox.state import CONSUMER_KEY, CONSUMER_SECRET

pytestmark = pytest.mark.enable_socket

NOW = 1_790_000_000_000
APP = Credentials(consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET)
UNCLEAR = (
    Kind.CLOSE,
    Kind.CLOSE_AFTER,
    Kind.UNAVAILABLE,
    Kind.UNAVAILABLE_AFTER,
    Kind.ERROR,
    Kind.TRUNCATED,
    Kind.CUT_SHORT,
    Kind.HTML,
    Kind.HTML_AFTER,
    Kind.HANG,
    Kind.HANG_AFTER,
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with the account `@acme`."""
    with Sandbox() as server:
        yield server


def endpoint(server: Sandbox | str) -> Endpoint:
    """The way to a sandbox, with short time-outs."""
    base = server if isinstance(server, str) else server.base_url
    return Endpoint(now=lambda: NOW, base_url=base, timeout_s=(1.0, 0.3))


def oauth(server: Sandbox, client: str = CLIENT_ID, secret: str = "") -> XOAuth2:
    """The OAuth 2 endpoints of a sandbox."""
    return XOAuth2(endpoint(server), client, secret)


def answered(server: Sandbox, client: str = CLIENT_ID) -> tuple[pkce.Attempt, str]:
    """An attempt, and the code that a person's yes gave for it."""
    attempt = pkce.begin(8765)
    url = pkce.authorize_url(attempt, client, ("tweet.read", "offline.access"), server.base_url)
    return attempt, pkce.code_of(attempt, say(url)[1])


def test_a_code_becomes_tokens(sandbox: Sandbox) -> None:
    """With scopes and time; nothing of it can be printed by accident."""
    grant = oauth(sandbox).redeem(*answered(sandbox))
    assert grant.scopes == ("tweet.read", "offline.access")
    assert grant.expires_in == 2 * 3_600_000
    assert grant.access_token
    assert grant.refresh_token
    assert not [s for s in every_secret(sandbox) if s in repr(grant)]


def test_a_confidential_app_shows_its_secret(sandbox: Sandbox) -> None:
    """With it X gives tokens; without it the message names client_secret."""
    name = CONFIDENTIAL_CLIENT_ID
    assert oauth(sandbox, name, CLIENT_SECRET).redeem(*answered(sandbox, name)).access_token
    with pytest.raises(SignInNeeded, match="refused") as error:
        oauth(sandbox, name).redeem(*answered(sandbox, name))
    assert "client_secret" in error.value.hint
    with pytest.raises(SignInNeeded) as error:
        oauth(sandbox, name, SECRET).redeem(*answered(sandbox, name))
    hidden(error.value)


def test_a_code_without_its_verifier_is_worth_nothing(sandbox: Sandbox) -> None:
    """X compares it with the challenge, and nothing that was sent is in the message."""
    attempt, code = answered(sandbox)
    foreign = pkce.Attempt(attempt.state, SECRET * 4, attempt.redirect_uri)
    with pytest.raises(SignInNeeded) as error:
        oauth(sandbox).redeem(foreign, code)
    assert "did not match the code challenge" in error.value.reason
    assert code not in hidden(error.value)


def test_a_renewal_gives_a_new_pair(sandbox: Sandbox) -> None:
    """The old refresh token is used up, and the old access token has ended."""
    held = granted(sandbox)
    grant = oauth(sandbox).refresh(held.refresh_token)
    assert grant.refresh_token not in ("", held.refresh_token)
    with pytest.raises(SignInNeeded, match="refused to renew") as error:
        oauth(sandbox).refresh(held.refresh_token)
    assert held.refresh_token not in hidden(error.value)
    assert "auth login" in error.value.hint


@pytest.mark.parametrize("kind", UNCLEAR)
def test_an_unclear_end_of_a_renewal(sandbox: Sandbox, kind: Kind) -> None:
    """Once it left, all but X's own word leaves it open whether the refresh token is used up."""
    sandbox.fail(Rule("token", kind, hold_s=2.0))
    with pytest.raises(RenewalUnknown) as error:
        oauth(sandbox).refresh(granted(sandbox).refresh_token)
    assert not [s for s in every_secret(sandbox) if s in hidden(error.value)]
    sandbox.release()


@pytest.mark.parametrize("body", [None, [], "no", {}, {"error": None}, {"access_token": 5}])
@pytest.mark.parametrize("status", [200, 400, 403])
def test_odd_bodies_of_a_renewal(sandbox: Sandbox, status: int, body: object) -> None:
    """What is not X's own word may be of a proxy on the way: no reason to sign in anew."""
    sandbox.fail(Rule("token", Kind.ODD_BODY, status=status, body=body))
    with pytest.raises(RenewalUnknown):
        oauth(sandbox).refresh(granted(sandbox).refresh_token)


def test_a_renewal_that_certainly_did_nothing(sandbox: Sandbox) -> None:
    """A limit, missing credit and a refused connection leave the refresh token good."""
    token = granted(sandbox).refresh_token
    sandbox.fail(Rule("token", Kind.RATE_LIMITED), Rule("token", Kind.CREDITS))
    with pytest.raises(RateLimited):
        oauth(sandbox).refresh(token)
    with pytest.raises(ChannelError, match="credit"):
        oauth(sandbox).refresh(token)
    with pytest.raises(NetworkDown):
        XOAuth2(endpoint("http://127.0.0.1:9"), CLIENT_ID).refresh(token)
    assert oauth(sandbox).refresh(token).access_token


def test_a_token_is_ended(sandbox: Sandbox) -> None:
    """X says that it is revoked; where it does not, that is told."""
    held = granted(sandbox)
    oauth(sandbox).revoke(held.refresh_token)
    with pytest.raises(SignInNeeded):
        oauth(sandbox).refresh(held.refresh_token)
    sandbox.fail(Rule("revoke", Kind.HTML))
    with pytest.raises(TriageError):
        oauth(sandbox).revoke(held.credentials.user_token)


def test_a_pin_becomes_keys(sandbox: Sandbox) -> None:
    """By the ticket that a person said yes to; afterwards it can be ended."""
    x = XPin(endpoint(sandbox), APP)
    ticket = x.begin()
    page = say(authorize_url(ticket, sandbox.base_url))[2]
    keys = x.finish(ticket, page.partition("<code>")[2].partition("</code>")[0])
    assert keys.oauth1
    x.revoke(keys)
    with pytest.raises(SignInNeeded):
        x.revoke(keys)


def test_a_wrong_pin(sandbox: Sandbox) -> None:
    """X refuses another one, and what is none is not sent."""
    x = XPin(endpoint(sandbox), APP)
    ticket = x.begin()
    say(authorize_url(ticket, sandbox.base_url))
    with pytest.raises(SignInNeeded, match="take the PIN") as error:
        x.finish(ticket, "12345678")
    assert ticket.token not in hidden(error.value)
    with pytest.raises(Refused):
        x.finish(ticket, "not a pin")


def test_keys_of_another_app(sandbox: Sandbox) -> None:
    """The message names the keys to check, and shows none."""
    other = Credentials(consumer_key="other", consumer_secret=SECRET)
    with pytest.raises(SignInNeeded) as error:
        XPin(endpoint(sandbox), other).begin()
    assert "consumer_key" in error.value.hint
    hidden(error.value)
    assert "hunter2" not in repr(Ticket("hunter2", "hunter2"))


@pytest.mark.parametrize("kind", [Kind.CLOSE, Kind.HANG, Kind.UNAVAILABLE, Kind.TRUNCATED])
def test_pin_and_faults(sandbox: Sandbox, kind: Kind) -> None:
    """Each ends in one of our errors."""
    sandbox.fail(Rule("request_token", kind, hold_s=2.0))
    try:
        XPin(endpoint(sandbox), APP).begin()
    except (TryLater, ChannelError):
        pass
    else:
        # Cut in the middle of a form, what is left may still be a ticket, of no use to anybody.
        assert kind is Kind.TRUNCATED
    sandbox.release()


def test_nothing_is_logged(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """With every logger at DEBUG no code, token or secret is written."""
    caplog.set_level(logging.DEBUG)
    grant = oauth(sandbox, CONFIDENTIAL_CLIENT_ID, CLIENT_SECRET).redeem(
        *answered(sandbox, CONFIDENTIAL_CLIENT_ID)
    )
    oauth(sandbox, CONFIDENTIAL_CLIENT_ID, CLIENT_SECRET).refresh(grant.refresh_token)
    x = XPin(endpoint(sandbox), APP)
    ticket = x.begin()
    with pytest.raises(SignInNeeded):
        x.finish(ticket, "1234567")
    told = caplog.text
    assert not [s for s in every_secret(sandbox) if s in told]
    assert CLIENT_SECRET not in told
    assert CONSUMER_SECRET not in told
    assert ticket.token not in told
    assert ticket.secret not in told


def test_it_goes_to_this_computer_or_to_x() -> None:
    """A base URL elsewhere would be given secrets."""
    with pytest.raises(ConfigError):
        endpoint("https://example.com")


@pytest.mark.parametrize(
    ("body", "grant"),
    [
        (b'{"access_token":"a","expires_in":7200}', Grant("a", expires_in=7_200_000)),
        (b'{"access_token":"a","expires_in":true,"scope":5}', Grant("a")),
        (b'{"access_token":"a","expires_in":-1}', Grant("a")),
        (b'{"access_token":"a","refresh_token":"r","scope":"x  y"}', Grant("a", "r", ("x", "y"))),
        (b'{"access_token":"a b"}', None),
        (b'{"access_token":"\\u001b"}', None),
        (b"[]", None),
        (b"", None),
    ],
)
def test_what_is_read_of_an_answer(body: bytes, grant: Grant | None) -> None:
    """Fields of other types are as good as missing; without an access token there is none."""
    assert grant_of(Answer(200, {}, body)) == grant
    assert grant_of(Answer(200, {}, body, Flaw.BROKE_OFF)) is None
    assert grant_of(Answer(400, {}, body)) is None


def test_the_address_of_the_consent_page() -> None:
    """It names the ticket and not its secret."""
    url = authorize_url(Ticket("name", "hunter2"))
    assert url == "https://api.x.com/oauth/authorize?oauth_token=name"
    assert query_of(url) == {"oauth_token": "name"}
