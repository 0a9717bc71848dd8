"""The look before a reply over real HTTP: signed as the account, and over within its time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from triage.channels.x.channel import XChannel
from triage.core.channel import PageRequest, Stream
from triage.core.credentials import Credentials
from triage.errors import NetworkDown, SignInNeeded
from triage.sandbox import state
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Sandbox

pytestmark = pytest.mark.enable_socket

BOTH = Credentials(bearer_token=state.APP_TOKEN, user_token=state.USER_TOKEN)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox that keeps what was said."""
    with Sandbox(record=True) as running:
        yield running


def _channel(sandbox: Sandbox, credentials: Credentials = BOTH) -> XChannel:
    return XChannel(
        credentials, now=lambda: 0, base_url=sandbox.base_url, attempts=3, retry_wait_s=0
    )


def _post(sandbox: Sandbox, *, blocks_us: bool = False) -> str:
    with sandbox.change() as kept:
        acme, ann = kept.user_named("acme"), kept.add_user("ann")
        assert acme is not None
        ann.blocks = [acme.id] if blocks_us else []
        return kept.add_post(ann, "@acme hello").id


def test_a_block_is_seen(sandbox: Sandbox) -> None:
    """Only an account is blocked: the hurried way asks as the account, the usual one as the app."""
    blocked = _post(sandbox, blocks_us=True)
    channel = _channel(sandbox)
    assert [p.native_id for p in channel.lookup([blocked]).posts] == [blocked]
    assert list(channel.within(60).lookup([blocked]).hidden) == [blocked]


def test_an_app_alone_can_look_too(sandbox: Sandbox) -> None:
    """Without an account's keys it reads as the app."""
    post = _post(sandbox)
    channel = _channel(sandbox, Credentials(bearer_token=state.APP_TOKEN))
    assert [p.native_id for p in channel.within(60).lookup([post]).posts] == [post]


def test_without_credentials(sandbox: Sandbox) -> None:
    """It is said, as by every read."""
    with pytest.raises(SignInNeeded):
        _channel(sandbox, Credentials()).within(60).lookup(["1"])


def test_once(sandbox: Sandbox) -> None:
    """No second try: who waits has no time for it."""
    sandbox.fail(Rule("posts", Kind.UNAVAILABLE, times=3))
    with pytest.raises(NetworkDown):
        _channel(sandbox).within(60).lookup(["1"])
    assert len(sandbox.exchanges) == 1


def test_no_time(sandbox: Sandbox) -> None:
    """What must be over already asks nothing."""
    with pytest.raises(NetworkDown, match="no time left"):
        _channel(sandbox).within(0.0).lookup(["1"])
    assert sandbox.exchanges == []


@pytest.mark.real_time
def test_a_server_that_does_not_answer(sandbox: Sandbox) -> None:
    """The read ends with its time, not with the channel's own time-out of seconds."""
    sandbox.fail(Rule("own", Kind.HANG))
    began = time.monotonic()
    with pytest.raises(NetworkDown):
        _channel(sandbox).within(0.3).page(Stream.OWN, "1", PageRequest())
    assert time.monotonic() - began < 15


def test_reply_settings_are_read(sandbox: Sandbox) -> None:
    """In both spellings the post says who may answer it."""
    post = _post(sandbox)
    with sandbox.change() as kept:
        kept.posts[post].reply_settings = "following"
    for fields in ("tweet", "post"):
        channel = XChannel(BOTH, now=lambda: 0, base_url=sandbox.base_url, fields=fields)
        assert channel.lookup([post]).posts[0].reply_settings == "following"
