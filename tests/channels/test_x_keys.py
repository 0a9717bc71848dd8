"""The X channel with keys that can be renewed: a read is tried again, a post never."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from signins import granted
from triage.channels.x.channel import XChannel
from triage.core.channel import Fate, Outgoing
from triage.core.credentials import Credentials
from triage.errors import ConfigError, NetworkDown, SignInNeeded, TriageError
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Sandbox

pytestmark = pytest.mark.enable_socket


class Keys:
    """Keys that hand out one token, and others after a refusal."""

    def __init__(self, first: str, *later: str, error: TriageError | None = None) -> None:
        self.token = first
        self.later = list(later)
        self.error = error
        self.refusals = 0

    def current(self) -> Credentials:
        """Give what holds now."""
        if self.error is not None:
            raise self.error
        return Credentials(user_token=self.token)

    def after_refusal(self, used: Credentials) -> Credentials | None:
        """Give the next."""
        self.refusals += 1
        if not self.later:
            return None
        assert used.user_token == self.token
        self.token = self.later.pop(0)
        return self.current()


class CutOff(Keys):
    """Keys whose renewal does not reach X."""

    def after_refusal(self, used: Credentials) -> Credentials | None:
        """Fail."""
        del used
        raise NetworkDown("X could not be reached")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that records."""
    with Sandbox(record=True) as server:
        yield server


def channel(server: Sandbox, keys: Keys, *, bearer: str = "") -> XChannel:
    """A channel with these keys."""
    return XChannel(
        Credentials(user_token=keys.token, bearer_token=bearer),
        now=lambda: 1_790_000_000_000,
        base_url=server.base_url,
        retry_wait_s=0,
        keys=keys,
    )


def token(server: Sandbox) -> str:
    """A token that X takes."""
    return granted(server).credentials.user_token


def test_a_refused_read_is_tried_once_more(sandbox: Sandbox) -> None:
    """With the renewed token, and then it is done."""
    keys = Keys("ended", token(sandbox))
    assert channel(sandbox, keys).me().handle == "acme"
    assert [e.status for e in sandbox.exchanges] == [401, 200]


def test_a_read_that_is_refused_twice(sandbox: Sandbox) -> None:
    """One renewal, two requests, and the way to sign in."""
    keys = Keys("ended", "ended-too", token(sandbox))
    with pytest.raises(SignInNeeded) as error:
        channel(sandbox, keys).me()
    assert keys.refusals == 1
    assert len(sandbox.exchanges) == 2
    assert "triage auth login" in error.value.hint


def test_a_read_without_others(sandbox: Sandbox) -> None:
    """Nothing is tried where nothing can be renewed."""
    keys = Keys("ended")
    with pytest.raises(SignInNeeded):
        channel(sandbox, keys).me()
    assert len(sandbox.exchanges) == 1


def test_a_post_is_never_repeated(sandbox: Sandbox) -> None:
    """A refused one is failed, with the word to sign in; for the next the token is renewed."""
    keys = Keys("ended", token(sandbox))
    x = channel(sandbox, keys)
    outcome = x.post(Outgoing("Hello", None))
    assert (outcome.fate, outcome.sign_in) == (Fate.REFUSED, True)
    assert keys.refusals == 1
    assert len(sandbox.exchanges) == 1
    assert x.post(Outgoing("Hello", None)).fate is Fate.SENT


@pytest.mark.parametrize(
    ("error", "fate", "sign_in"),
    [
        (NetworkDown("X could not be reached"), Fate.NOT_SENT, False),
        (ConfigError("tokens.json is refused"), Fate.NOT_SENT, False),
        (SignInNeeded("It cannot be renewed"), Fate.REFUSED, True),
    ],
)
def test_a_post_without_good_keys_does_not_leave(
    sandbox: Sandbox, error: TriageError, fate: Fate, sign_in: bool
) -> None:
    """What could not be renewed before it is told as what it is."""
    outcome = channel(sandbox, Keys("ended", error=error)).post(Outgoing("Hello", None))
    assert (outcome.fate, outcome.sign_in) == (fate, sign_in)
    assert sandbox.exchanges == []


def test_the_app_is_refused_and_not_the_account(sandbox: Sandbox) -> None:
    """Renewing the account's token would not mend the app's."""
    keys = Keys(token(sandbox), token(sandbox))
    keys.current = lambda: Credentials(user_token=keys.token, bearer_token="no")  # type: ignore[method-assign]  # noqa: S106
    x = channel(sandbox, keys, bearer="no")
    with pytest.raises(SignInNeeded):
        x.account("acme")
    assert keys.refusals == 0


def test_a_refused_post_whose_token_cannot_be_renewed(sandbox: Sandbox) -> None:
    """Its fate is told all the same: whatever the renewal met, nothing was posted."""
    outcome = channel(sandbox, CutOff("ended")).post(Outgoing("Hello", None))
    assert (outcome.fate, outcome.sign_in) == (Fate.REFUSED, True)


def test_a_scope_that_lacks(sandbox: Sandbox) -> None:
    """Signed in to read only, a post is refused, and nothing is renewed for it."""
    held = granted(sandbox, scopes=("tweet.read", "users.read", "offline.access"))
    keys = Keys(held.credentials.user_token)
    x = channel(sandbox, keys)
    assert x.me().handle == "acme"
    assert x.post(Outgoing("Hello", None)).fate is Fate.REFUSED
    assert keys.refusals == 0


def test_a_refusal_in_the_middle_of_faults(sandbox: Sandbox) -> None:
    """A renewed read is still a read: a broken connection is tried again."""
    sandbox.fail(Rule("me", Kind.CLOSE))
    keys = Keys("ended", token(sandbox))
    assert channel(sandbox, keys).me().handle == "acme"
