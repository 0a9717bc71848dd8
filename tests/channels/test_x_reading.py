"""Reading from X over real HTTP: what is retried, what is raised, and what a page becomes."""

from __future__ import annotations

import gzip
import importlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shared import shared
from tinyserver import Reply, TinyServer, answer

from triage.channels.x.channel import XChannel
from triage.channels.x.wire import MAX_BODY
from triage.core.channel import Fate, Outgoing, PageRequest, Stream
from triage.core.credentials import Credentials
from triage.core.model import MINUTE, SECOND
from triage.errors import (
    ChannelError,
    ConfigError,
    CursorExpired,
    NetworkDown,
    NotFound,
    RateLimited,
    SignInNeeded,
    TriageError,
)
from triage.sandbox import state
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Sandbox

pytestmark = pytest.mark.enable_socket

NOW = 1_760_000_000_000
APP = Credentials(bearer_token="app-token-for-tests")  # noqa: S106 - made up
BOTH = Credentials(bearer_token=state.APP_TOKEN, user_token=state.USER_TOKEN)
EMPTY = {"meta": {"result_count": 0}}
POST = {"id": "1976000000000000000", "text": "@acme hi", "author_id": "7"}


def channel(base_url: str, credentials: Credentials = APP, **options: Any) -> XChannel:  # noqa: ANN401
    """Make a channel with short time-outs, three tries without pauses and a fixed clock."""
    options = dict[str, Any]({"timeout_s": (0.5, 0.3), "attempts": 3, "retry_wait_s": 0, **options})
    return XChannel(credentials, now=lambda: NOW, base_url=base_url, **options)


def mentions(x: XChannel, request: PageRequest | None = None) -> list[str]:
    """Read one page of mentions; give its ids."""
    page = x.page(Stream.MENTIONS, "1", request or PageRequest())
    return [post.native_id for post in page.posts]


PASSING = [
    answer(500, {}),
    answer(503, b"busy", {"content-type": "text/plain"}),
    answer(408, {}),
    answer(200, b"<html>sign in to the hotel</html>", {"content-type": "text/html"}),
    answer(200, b'{"data": [{"id": "19'),
    answer(200, b'{"data": [{"id": "19', {"content-length": "99"}),
    answer(200, None),
    answer(200, [POST]),
    Reply(),
    Reply(read=False, reset=True),
    Reply(hang=True),
    Reply(b"HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n{", hang=True),
]


@pytest.mark.parametrize("reply", PASSING, ids=repr)
def test_passing_failures_are_retried(reply: Reply) -> None:
    """What may pass (a break, a hang, a 5xx, a page of the hotel) is tried again and heals."""
    with TinyServer(reply, reply, answer(200, {"data": [POST], "meta": {}})) as server:
        assert mentions(channel(server.base_url)) == ["1976000000000000000"]
        assert server.connections == 3


@pytest.mark.parametrize("reply", PASSING, ids=repr)
def test_lasting_failures_are_told(reply: Reply) -> None:
    """What does not pass is told after the tries, in words, as one of the promised errors."""
    with TinyServer(*[reply] * 4) as server:
        with pytest.raises((NetworkDown, ChannelError)) as caught:
            mentions(channel(server.base_url))
        assert server.connections == 3
    assert caught.value.reason


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(400, {"errors": [{"message": "since_id is odd"}]}), ChannelError),
        (answer(400, None), ChannelError),
        (answer(400, {"errors": None}), ChannelError),
        (answer(401, {"detail": "Unauthorized"}), SignInNeeded),
        (answer(401, [1]), SignInNeeded),
        (answer(402, {"detail": "no credits"}), ChannelError),
        (answer(403, {"detail": "forbidden"}), ChannelError),
        (answer(403, {"reason": "client-not-enrolled", "detail": "enrol"}), SignInNeeded),
        (answer(404, {"detail": "not here"}), ChannelError),
        (answer(302, b"", {"location": "https://example.com/"}), ChannelError),
        (answer(200, {"errors": [{"detail": "User has been suspended"}]}), ChannelError),
    ],
    ids=repr,
)
def test_refusals_are_not_retried(reply: Reply, error: type[TriageError]) -> None:
    """A clear no is told at once, with X's words where it gave some."""
    with TinyServer(reply, answer(200, EMPTY)) as server:
        with pytest.raises(error) as caught:
            mentions(channel(server.base_url))
        assert server.connections == 1
    assert not isinstance(caught.value, NotFound)
    assert caught.value.reason


@pytest.mark.parametrize(
    ("headers", "reset_at"),
    [
        ({"x-rate-limit-reset": str(NOW // 1000 + 60)}, NOW + 60 * SECOND),
        ({"x-rate-limit-reset": "a"}, NOW + 15 * MINUTE),
        ({}, NOW + 15 * MINUTE),
        ({"x-rate-limit-reset": "1"}, NOW + 5 * SECOND),
    ],
    ids=str,
)
@pytest.mark.parametrize("body", [b"Rate limit exceeded\n", b"null", b'{"errors": null}'])
def test_rate_limit(headers: dict[str, str], reset_at: int, body: bytes) -> None:
    """A 429 is not retried and tells when to ask again, whatever its headers and body hold."""
    with TinyServer(answer(429, body, headers), answer(200, EMPTY)) as server:
        with pytest.raises(RateLimited) as caught:
            mentions(channel(server.base_url))
        assert server.connections == 1
    assert (caught.value.reset_at, caught.value.endpoint) == (reset_at, "mentions")


def test_limits_are_noted() -> None:
    """What X says about its limits is kept by endpoint; a broken header is no obstacle."""
    headers = {
        "x-rate-limit-limit": "450",
        "x-rate-limit-remaining": "449",
        "x-rate-limit-reset": str(NOW // 1000 + 900),
    }
    odd = {"x-rate-limit-reset": "soon"}
    with TinyServer(answer(200, EMPTY, headers), answer(200, EMPTY, odd)) as server:
        x = channel(server.base_url)
        mentions(x)
        mentions(x)
    limit = x.limits["mentions"]
    assert (limit.limit, limit.remaining, limit.reset_at) == (450, 449, NOW + 15 * MINUTE)


def test_any_refusal_of_a_token_is_an_expired_cursor() -> None:
    """A 400 to a request with a page token means that the token is not accepted any more."""
    with TinyServer(answer(400, {"detail": "bad"})) as server, pytest.raises(CursorExpired):
        mentions(channel(server.base_url), PageRequest(token="abc"))  # noqa: S106 - of a page


def test_the_query() -> None:
    """A page asks for what was wanted: bounds, size, token, and the fields that posts need."""
    with TinyServer(*[answer(200, EMPTY)] * 2) as server:
        x = channel(server.base_url, page_size=7)
        mentions(x, PageRequest(since_id="5", until_id="9"))
        mentions(x, PageRequest(since_id="5", until_id="9", token="abc"))  # noqa: S106 - of a page
    first, second = (request.split(b" ")[1].decode() for request in server.requests)
    assert first.startswith("/2/users/1/mentions?")
    assert all(part in first for part in ("max_results=7", "since_id=5", "until_id=9"))
    assert "referenced_tweets.id.author_id" in first
    assert "pagination_token=abc" in second
    assert "since_id=5" in second
    assert "until_id" not in second


def test_a_deadline_ends_the_tries() -> None:
    """When the time of the run is used up a read is not tried again, nor begun."""
    left = iter([9.0, 9.0, 0.0])
    with TinyServer(*[answer(503, {})] * 3) as server:
        x = channel(server.base_url, time_left_s=lambda: next(left))
        with pytest.raises(NetworkDown):
            mentions(x)
        assert server.connections == 1
        late = channel(server.base_url, time_left_s=lambda: 0.0)
        with pytest.raises(NetworkDown, match="no time left"):
            mentions(late)
        assert server.connections == 1


def test_a_deadline_shortens_the_time_out() -> None:
    """The last read of a run waits no longer than the run may take."""
    with TinyServer(Reply(hang=True)) as server:
        x = channel(server.base_url, timeout_s=(5.0, 20.0), attempts=1, time_left_s=lambda: 0.2)
        began = time.monotonic()
        with pytest.raises(NetworkDown) as caught:
            mentions(x)
    assert time.monotonic() - began < 15
    assert "0.2 s" in caught.value.reason


def test_a_dribbling_server_does_not_hold_a_read() -> None:
    """A body that comes byte by byte is given up after some read time-outs in all."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n"
    with TinyServer(Reply(head + b" " * 5000, pause_s=0.005)) as server:
        began = time.monotonic()
        with pytest.raises(NetworkDown) as caught:
            mentions(channel(server.base_url, attempts=1, timeout_s=(0.5, 0.2)))
    assert time.monotonic() - began < 15
    assert "cut short" in caught.value.reason


def test_a_huge_body_is_not_read_to_its_end() -> None:
    """An answer beyond all reason is cut off and told, also if it is small on the wire."""
    body = gzip.compress(json.dumps({"data": [POST], "meta": {}}).encode() + b" " * MAX_BODY)
    headers = {"content-encoding": "gzip"}
    with TinyServer(answer(200, body, headers)) as server, pytest.raises(ChannelError):
        mentions(channel(server.base_url, attempts=1, timeout_s=(0.5, 5)))


def test_compressed_answers() -> None:
    """A compressed answer is read like any other."""
    body = gzip.compress(json.dumps({"data": [POST]}).encode())
    with TinyServer(answer(200, body, {"content-encoding": "gzip"})) as server:
        assert mentions(channel(server.base_url)) == ["1976000000000000000"]


def test_one_bad_entry_does_not_cost_the_page() -> None:
    """What cannot be read is asked for again, then left out and kept as a problem."""
    body = {"data": [{"id": "3", "text": "no author"}, None, "odd", POST]}
    with TinyServer(*[answer(200, body)] * 4) as server:
        page = channel(server.base_url).page(Stream.MENTIONS, "1", PageRequest())
        assert server.connections == 4
    assert b"/2/tweets?" in server.requests[3]
    assert b"ids=3 " in server.requests[3]
    assert [post.native_id for post in page.posts] == ["1976000000000000000"]
    assert [problem.split(":")[0] for problem in page.problems] == ["post 3", "post ?"]


def test_null_fields() -> None:
    """Fields without a value may be missing or null."""
    nulls = dict.fromkeys(
        ("lang", "entities", "referenced_tweets", "note_tweet", "edit_history_tweet_ids")
    )
    body = {"data": [POST | nulls], "includes": None, "errors": None, "meta": None}
    with TinyServer(answer(200, body)) as server:
        assert mentions(channel(server.base_url)) == ["1976000000000000000"]


def test_whose_credentials_an_app_has() -> None:
    """An app's token cannot tell whose it is: the configured handle does, or it is said."""
    with TinyServer(answer(200, {"data": {"id": "1", "username": "acme"}})) as server:
        assert channel(server.base_url, account_handle="acme").me().native_id == "1"
        with pytest.raises(SignInNeeded):
            channel(server.base_url).me()
    assert server.requests[0].startswith(b"GET /2/users/by/username/acme?")


def test_without_credentials() -> None:
    """Without any credentials nothing is sent, and the way out is told."""
    with TinyServer() as server:
        with pytest.raises(SignInNeeded) as caught:
            mentions(channel(server.base_url, Credentials()))
        assert server.connections == 0
    assert caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"type": "https://api.x.com/2/problems/resource-not-found"}]},
        {"title": "Not Found Error"},
    ],
)
def test_account_not_found(body: dict[str, object]) -> None:
    """An account that X does not know is not found, by a 200 with errors as by a 404."""
    status = 200 if "errors" in body else 404
    with TinyServer(answer(status, body)) as server, pytest.raises(NotFound):
        channel(server.base_url).account("acme")


@pytest.mark.parametrize("account_id", ["", "me", "1/2", "1?x=y", "\u0661"])
def test_account_id_that_is_none(account_id: str) -> None:
    """Only decimal ids get into an address."""
    with TinyServer() as server:
        with pytest.raises(ChannelError):
            channel(server.base_url).page(Stream.MENTIONS, account_id, PageRequest())
        assert server.connections == 0


@pytest.mark.parametrize(
    "base_url",
    [
        "http://example.com",
        "https://api.x.com",
        "http://localhost.example.com",
        "http://127.0.0.1@example.com/",
        "http://user:pw@127.0.0.1/",
        "http://10.0.0.1:80",
        "http://0.0.0.0:80",
        "http://127.0.0.1:80/path",
        "http://127.0.0.1:80?x=y",
        "http://127.0.0.1:notaport",
        "ftp://127.0.0.1",
        "127.0.0.1:8080",
        "http://[::2]:80",
        "http://[::1",
        "",
    ],
)
def test_only_loopback_may_stand_in_for_x(base_url: str) -> None:
    """A base URL that leads away from this computer is refused before anything is sent."""
    with pytest.raises(ConfigError):
        channel(base_url)


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:80", "http://127.8.8.8:80/", "https://[::1]:8443", "http://localhost:1"],
)
def test_loopback_is_accepted(base_url: str) -> None:
    """Every way to name this computer is accepted."""
    assert channel(base_url).name == "x"


@pytest.mark.parametrize("options", [{"fields": "toot"}, {"page_size": 4}, {"page_size": 101}])
def test_settings_that_x_does_not_know(options: dict[str, Any]) -> None:
    """A spelling or a page size outside of X's contract is refused at once."""
    with pytest.raises(ConfigError):
        channel("http://127.0.0.1:1", **options)


def test_environment_does_not_redirect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a proxy nor a `.netrc` of the environment gets between us and the stand-in."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.twitter.com login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with TinyServer(answer(200, EMPTY)) as server:
        assert mentions(channel(server.base_url)) == []
    assert b"Authorization: Bearer app-token-for-tests" in server.requests[0]


@pytest.mark.parametrize("kind", [Kind.NULLS, Kind.OUT_OF_ORDER, Kind.DUPLICATE, Kind.BAD_RESET])
@pytest.mark.parametrize("fields", ["tweet", "post"])
def test_spoilt_pages_are_read(kind: Kind, fields: str) -> None:
    """Nulls, disorder, repeats and odd headers lose no mention."""
    with Sandbox() as sandbox:
        with sandbox.change() as kept:
            jane = kept.add_user("jane")
            ids = {kept.add_post(jane, f"@acme {n}", at_ms=NOW + n).id for n in range(8)}
            acme = kept.user_named("acme")
        assert acme is not None
        sandbox.fail(Rule("mentions", kind, fields=("lang", "note_tweet")))
        x = channel(sandbox.base_url, BOTH, fields=fields, page_size=5)
        found: list[str] = []
        request: PageRequest | None = PageRequest()
        while request is not None:
            page = x.page(Stream.MENTIONS, acme.id, request)
            found += [post.native_id for post in page.posts]
            assert page.problems == []
            request = PageRequest(token=page.next_token) if page.next_token else None
    assert set(found) == ids


@pytest.fixture
def check_request(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give the check of a request against X's published contract."""
    shared("x-openapi/openapi.json")
    folder = Path(__file__).resolve().parents[1] / "sandbox"
    monkeypatch.syspath_prepend(str(folder))
    check: Callable[..., None] = importlib.import_module("contract").check_request
    return check


@pytest.mark.parametrize("fields", ["tweet", "post"])
def test_requests_keep_the_contract(check_request: Callable[..., None], fields: str) -> None:
    """Every request that the channel makes is one that X's own documents allow."""
    with Sandbox(record=True) as sandbox:
        with sandbox.change() as kept:
            jane = kept.add_user("jane")
            mention = kept.add_post(jane, "@acme hello?", at_ms=NOW).id
        x = channel(sandbox.base_url, BOTH, fields=fields)
        account_id = x.me().native_id
        x.account("jane")
        x.page(Stream.MENTIONS, account_id, PageRequest(since_id="1", until_id="9" * 18))
        x.page(Stream.OWN, account_id, PageRequest())
        x.lookup([mention, "1"])
        sent = x.post(Outgoing("Hello", mention))
        assert sent.fate is Fate.SENT
        assert x.delete(str(sent.native_id))
    assert len(sandbox.exchanges) == 7
    document = {"tweet": "tweets", "post": "posts"}[fields]
    for made in sandbox.exchanges:
        check_request(made.method, made.url, made.headers, made.body, document=document)
