"""Pictures over real HTTP: what X is asked, what it refuses, and what is tried again."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from triage.channels.x.channel import XChannel
from triage.core.channel import Fate, Outgoing, Upload
from triage.core.credentials import Credentials
from triage.errors import ChannelError, NetworkDown, RateLimited, SignInNeeded
from triage.sandbox import state
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Sandbox

pytestmark = pytest.mark.enable_socket

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
PICTURE = Upload(PNG, "image/png", "a red button")
NOW = 1_790_000_000_000


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that records."""
    with Sandbox(record=True) as running:
        yield running


@pytest.fixture
def channel(sandbox: Sandbox) -> XChannel:
    """A channel to it that does not wait."""
    return channel_with(sandbox, Credentials(user_token=state.USER_TOKEN))


def channel_with(sandbox: Sandbox, credentials: Credentials) -> XChannel:
    """A channel that does not wait."""
    return XChannel(
        credentials, now=lambda: NOW, base_url=sandbox.base_url, attempts=2, retry_wait_s=0
    )


def asked(sandbox: Sandbox) -> list[str]:
    """The paths of what was asked, in order."""
    return [e.url.removeprefix(sandbox.base_url) for e in sandbox.exchanges]


def test_a_picture_is_uploaded_in_one_request_and_described_in_a_second(
    sandbox: Sandbox, channel: XChannel
) -> None:
    """Base64 in JSON with the category of posts; then the words, by id; then the post."""
    native_id = channel.upload(PICTURE)
    outcome = channel.post(Outgoing("See", None, (native_id,)))
    assert outcome.fate is Fate.SENT
    assert asked(sandbox) == ["/2/media/upload", "/2/media/metadata", "/2/tweets"]
    bodies = [json.loads(e.body) for e in sandbox.exchanges]
    assert bodies[0] == {
        "media": base64.b64encode(PNG).decode(),
        "media_category": "tweet_image",
    }
    assert bodies[1] == {"id": native_id, "metadata": {"alt_text": {"text": "a red button"}}}
    assert bodies[2]["media"] == {"media_ids": [native_id]}
    with sandbox.read() as kept:
        assert kept.media[native_id].alt == "a red button"
        assert kept.posts[outcome.native_id or ""].media == [native_id]


def test_without_words_there_is_no_second_request(sandbox: Sandbox, channel: XChannel) -> None:
    """A person wanted none."""
    channel.upload(Upload(PNG, "image/png", ""))
    assert asked(sandbox) == ["/2/media/upload"]


@pytest.mark.parametrize("endpoint", ["upload", "metadata"])
@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE, Kind.CLOSE, Kind.CLOSE_AFTER, Kind.HTML])
def test_an_upload_is_tried_again(
    sandbox: Sandbox, channel: XChannel, endpoint: str, kind: Kind
) -> None:
    """Nobody sees an upload, so that one too many does no harm."""
    sandbox.fail(Rule(endpoint, kind))
    native_id = channel.upload(PICTURE)
    with sandbox.read() as kept:
        assert kept.media[native_id].alt == "a red button"


@pytest.mark.parametrize("endpoint", ["upload", "metadata"])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Kind.UNAVAILABLE, NetworkDown),
        (Kind.RATE_LIMITED, RateLimited),
        (Kind.UNAUTHORIZED, SignInNeeded),
        (Kind.CREDITS, ChannelError),
    ],
)
def test_an_upload_that_fails_is_told_as_what_it_is(
    sandbox: Sandbox, channel: XChannel, endpoint: str, kind: Kind, error: type[Exception]
) -> None:
    """Wait, sign in, or a reason in X's words."""
    sandbox.fail(Rule(endpoint, kind, times=None))
    with pytest.raises(error):
        channel.upload(PICTURE)


def test_a_403_names_the_scope_that_is_missing(sandbox: Sandbox, channel: XChannel) -> None:
    """OAuth 2 tokens need media.write, and the person is told so."""
    body = {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "Forbidden"}
    sandbox.fail(Rule("upload", Kind.ODD_BODY, status=403, body=body))
    with pytest.raises(SignInNeeded) as refused:
        channel.upload(PICTURE)
    assert "media.write" in refused.value.hint


def test_what_x_does_not_take_is_told_in_its_words(channel: XChannel) -> None:
    """A file that is no picture, for all that we knew."""
    with pytest.raises(ChannelError, match="did not take the picture") as refused:
        channel.upload(Upload(b"not a picture", "image/png", ""))
    assert refused.value.reason == "media type unrecognized."


def test_an_answer_without_an_id(sandbox: Sandbox, channel: XChannel) -> None:
    """Nothing is posted with a picture that nobody can name."""
    sandbox.fail(Rule("upload", Kind.ODD_BODY, status=200, body={"data": {"id": True}}))
    with pytest.raises(ChannelError, match="no id"):
        channel.upload(PICTURE)


def test_an_upload_of_yesterday_is_refused(sandbox: Sandbox, channel: XChannel) -> None:
    """X forgets uploads after a day: the refusal has its words."""
    native_id = channel.upload(PICTURE)
    with sandbox.change() as kept:
        kept.clock = state.Clock("offset", 86_400_000)
    outcome = channel.post(Outgoing("See", None, (native_id,)))
    assert (outcome.fate, outcome.detail) == (Fate.REFUSED, "Your media IDs are invalid.")


def test_an_app_alone_cannot_upload(sandbox: Sandbox) -> None:
    """Credentials that only read are told before anything leaves."""
    reader = channel_with(sandbox, Credentials(bearer_token=state.APP_TOKEN))
    with pytest.raises(SignInNeeded):
        reader.upload(PICTURE)
    assert sandbox.exchanges == []


def test_the_largest_picture_passes(channel: XChannel, sandbox: Sandbox) -> None:
    """Five megabytes and their base64 fit through; a byte more is refused."""
    most = channel.capabilities.max_media_bytes
    native_id = channel.upload(Upload(PNG.ljust(most, b"0"), "image/png", ""))
    with sandbox.read() as kept:
        assert kept.media[native_id].size == most
    with pytest.raises(ChannelError) as refused:
        channel.upload(Upload(PNG.ljust(most + 1, b"0"), "image/png", ""))
    assert "5242880" in refused.value.reason
