"""Signing in at the sandbox: as strict as X, and in the state file."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from talk import NOW_MS, Answer, Talk

from signins import granted, query_of, say
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.oauth_state import CALLBACK, CLIENT_ID, CLIENT_SECRET, CONFIDENTIAL_CLIENT_ID
from triage.sandbox.server import Sandbox
from triage.sandbox.state import ACCESS_TOKEN, APP_TOKEN, CONSUMER_KEY, USER_TOKEN, Clock, fresh
from triage.sandbox.wire import Options, Request

pytestmark = pytest.mark.enable_socket

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
ASKED = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "redirect_uri": CALLBACK,
    "scope": "tweet.read users.read offline.access",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """A sandbox on a state file, whose clock stands."""
    state = fresh(clock=Clock("fixed", NOW_MS))
    with Sandbox(tmp_path / "sandbox.json", state=state) as server:
        yield Talk(server)


def post(talk: Talk, path: str, form: dict[str, str], **headers: str) -> Answer:
    """Send a form, past the socket."""
    sent = {name.lower(): value for name, value in headers.items()}
    request = Request("POST", path, sent, urlencode(form).encode())
    response = talk.sandbox.answer(request)
    return Answer(response.status, response.headers, response.body)


def code(talk: Talk, **changed: str) -> str:
    """Say yes, and give the code."""
    url = f"{talk.sandbox.base_url}/i/oauth2/authorize?{urlencode(ASKED | changed)}"
    status, where, _ = say(url)
    assert status == 302
    assert query_of(where)["state"] == "s"
    return query_of(where)["code"]


def redeem(talk: Talk, given: str, **changed: str) -> Answer:
    """Trade a code for tokens."""
    form = {
        "grant_type": "authorization_code",
        "code": given,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": CLIENT_ID,
    }
    return post(talk, "/2/oauth2/token", form | changed)


def renew(talk: Talk, token: str) -> Answer:
    """Trade a refresh token."""
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": CLIENT_ID}
    return post(talk, "/2/oauth2/token", form)


def me(talk: Talk, token: str) -> Answer:
    """Ask who a token is."""
    return talk.send("GET", "/2/users/me", headers={"Authorization": f"Bearer {token}"})


def advance(talk: Talk, ms: int) -> None:
    """Let time pass in the sandbox."""
    with talk.sandbox.change() as state:
        state.clock = Clock("fixed", state.clock.ms + ms)


def test_yes_gives_a_code_and_a_code_gives_tokens(talk: Talk) -> None:
    """As X's documentation has it, field by field."""
    answer = redeem(talk, code(talk))
    assert answer.status == 200
    body = answer.body
    assert {k: v for k, v in body.items() if not k.endswith("_token")} == {
        "token_type": "bearer",
        "expires_in": 7200,
        "scope": "tweet.read users.read offline.access",
    }
    assert me(talk, body["access_token"]).body["data"]["username"] == "acme"


def test_no_comes_back_as_no(talk: Talk) -> None:
    """With the state, so that it can be told apart."""
    url = f"{talk.sandbox.base_url}/i/oauth2/authorize?{urlencode(ASKED)}"
    assert query_of(say(url, "deny")[1]) == {"error": "access_denied", "state": "s"}


def test_the_page_asks_and_cannot_be_written_by_others(talk: Talk) -> None:
    """Scopes and accounts are shown; what an address holds is escaped."""
    asked = ASKED | {"scope": "<script>", "state": '"><script>'}
    page = talk.send("GET", "/i/oauth2/authorize", query=asked, headers={}).raw.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<option>acme</option>" in page


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "http://127.0.0.1:8765/other"},
        {"redirect_uri": "https://example.com/callback"},
        {"client_id": "unknown"},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
        {"state": ""},
        {"scope": ""},
    ],
)
def test_a_wrong_question_gets_a_page(talk: Talk, changed: dict[str, str]) -> None:
    """Nobody is sent to an address that was not registered."""
    url = f"{talk.sandbox.base_url}/i/oauth2/authorize?{urlencode(ASKED | changed)}"
    status, where, page = say(url)
    assert (status, where) == (400, "")
    assert "Something went wrong" in page


def test_a_code_is_good_once_and_for_thirty_seconds(talk: Talk) -> None:
    """And only with what belongs to it."""
    first = code(talk)
    for changed, words in (
        ({"code_verifier": "x" * 43}, "code verifier did not match"),
        ({"redirect_uri": "http://127.0.0.1:1/"}, "redirect uri did not match"),
        ({"client_id": "unknown"}, "client id was invalid"),
        ({"grant_type": "password"}, "grant type was invalid"),
        ({"code": "unknown"}, "authorization code was invalid"),
    ):
        answer = redeem(talk, first, **changed)
        assert (answer.status, answer.body["error"]) == (400, "invalid_request")
        assert words in answer.body["error_description"]
    assert redeem(talk, first).status == 200
    assert redeem(talk, first).status == 400
    late = code(talk)
    advance(talk, 30_000)
    assert redeem(talk, late).status == 400


def test_a_refresh_token_is_good_once(talk: Talk) -> None:
    """The new pair is good, and the old access token has ended with it."""
    old = redeem(talk, code(talk)).body
    new = renew(talk, old["refresh_token"]).body
    assert me(talk, new["access_token"]).status == 200
    assert me(talk, old["access_token"]).status == 401
    again = renew(talk, old["refresh_token"])
    assert again.status == 400
    assert again.body["error_description"] == "Value passed for the token was invalid."


def test_an_access_token_ends_by_the_sandbox_clock(talk: Talk) -> None:
    """After two hours."""
    token = redeem(talk, code(talk)).body["access_token"]
    advance(talk, 7_199_999)
    assert me(talk, token).status == 200
    advance(talk, 1)
    assert me(talk, token).status == 401


def test_without_offline_access_there_is_no_refresh_token(talk: Talk) -> None:
    """As X says."""
    assert "refresh_token" not in redeem(talk, code(talk, scope="tweet.read users.read")).body


def test_what_was_not_asked_for_is_forbidden(talk: Talk) -> None:
    """Reading does not allow posting."""
    token = redeem(talk, code(talk)).body["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = talk.send("POST", "/2/tweets", body={"text": "Hello"}, headers=headers)
    assert (answer.status, answer.body["title"]) == (403, "Forbidden")
    writer = granted(talk.sandbox).credentials.user_token
    headers = {"Authorization": f"Bearer {writer}"}
    assert talk.send("POST", "/2/tweets", body={"text": "Hello"}, headers=headers).status == 201


def test_a_confidential_app_must_show_its_secret(talk: Talk) -> None:
    """By Basic, and by nothing else."""
    given = code(talk, client_id=CONFIDENTIAL_CLIENT_ID)
    form = {
        "grant_type": "authorization_code",
        "code": given,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    for pair in (f"{CONFIDENTIAL_CLIENT_ID}:wrong", f"{CLIENT_ID}:", "x"):
        basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
        answer = post(talk, "/2/oauth2/token", form, Authorization=basic)
        assert (answer.status, answer.body["error"]) == (401, "unauthorized_client")
    bare = post(talk, "/2/oauth2/token", form | {"client_id": CONFIDENTIAL_CLIENT_ID})
    assert bare.body["error_description"] == "Missing valid authorization header"
    pair = f"{CONFIDENTIAL_CLIENT_ID}:{CLIENT_SECRET}"
    basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
    assert post(talk, "/2/oauth2/token", form, Authorization=basic).status == 200


def test_a_token_is_revoked(talk: Talk) -> None:
    """Either kind; an unknown one is an error."""
    held = granted(talk.sandbox)
    for token in (held.refresh_token, held.credentials.user_token):
        answer = post(talk, "/2/oauth2/revoke", {"token": token, "client_id": CLIENT_ID})
        assert answer.body == {"revoked": True}
    assert me(talk, held.credentials.user_token).status == 401
    assert renew(talk, held.refresh_token).status == 400
    unknown = post(talk, "/2/oauth2/revoke", {"token": "no", "client_id": CLIENT_ID})
    assert unknown.status == 400


def test_keys_that_are_there_from_the_beginning_can_be_refused(talk: Talk) -> None:
    """With OAuth on, only a sign-in opens the door; a sign-in's token still does."""
    token = granted(talk.sandbox).credentials.user_token
    talk.sandbox.api.options = Options(standing_tokens=False)
    assert me(talk, USER_TOKEN).status == 401
    assert talk.mentions().status == 401
    oauth1 = f'OAuth oauth_token="{ACCESS_TOKEN}", oauth_consumer_key="{CONSUMER_KEY}"'
    assert talk.send("GET", "/2/users/me", headers={"Authorization": oauth1}).status == 401
    assert me(talk, token).status == 200
    assert APP_TOKEN


def test_sign_ins_are_in_the_state_file(talk: Talk) -> None:
    """Another sandbox on the same file knows the tokens and what is used up."""
    old = redeem(talk, code(talk)).body
    renew(talk, old["refresh_token"])
    with Sandbox(talk.sandbox.api.file.path) as other:
        assert renew(Talk(other), old["refresh_token"]).status == 400
        with other.read() as state, talk.sandbox.read() as mine:
            assert state.sign_ins == mine.sign_ins


def test_a_state_file_from_before_can_be_read() -> None:
    """It has no sign-ins, and gets the apps."""
    data = fresh().to_json()
    del data["sign_ins"]
    assert CLIENT_ID in type(fresh()).from_json(data).sign_ins.clients


def test_another_process_registers_an_app(talk: Talk) -> None:
    """Over the control interface, with its own callback."""
    body = {"client_id": "mine", "redirect_uris": ["http://127.0.0.1:1/callback"]}
    assert talk.send("POST", "/sandbox/clients", body=body).status == 200
    assert code(talk, client_id="mine", redirect_uri="http://127.0.0.1:1/callback")


@pytest.mark.parametrize("endpoint", ["token", "revoke", "request_token", "access_token"])
def test_faults_happen_at_sign_in_too(talk: Talk, endpoint: str) -> None:
    """By the names of the endpoints, before anything is done."""
    path = {
        "token": "/2/oauth2/token",
        "revoke": "/2/oauth2/revoke",
        "request_token": "/oauth/request_token",
        "access_token": "/oauth/access_token",
    }[endpoint]
    talk.sandbox.fail(Rule(endpoint, Kind.UNAVAILABLE))
    assert post(talk, path, {}).status == 503
    assert post(talk, path, {}).status in (400, 401)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_fault_has_an_answer_at_a_form(talk: Talk, kind: Kind) -> None:
    """Also those that spoil pages of posts, where there are none."""
    talk.sandbox.fail(Rule("request_token", kind, hold_s=0))
    signed = f'OAuth oauth_consumer_key="{CONSUMER_KEY}", oauth_callback="oob"'
    post(talk, "/oauth/request_token", {}, Authorization=signed)


def test_a_pin(talk: Talk) -> None:
    """Shown after a yes, good once, and the keys can be ended."""
    signed = f'OAuth oauth_consumer_key="{CONSUMER_KEY}", oauth_callback="oob"'
    ticket = query_of(
        "?" + post(talk, "/oauth/request_token", {}, Authorization=signed).raw.decode()
    )
    name = ticket["oauth_token"]
    url = f"{talk.sandbox.base_url}/oauth/authorize?oauth_token={name}"
    signed = f'OAuth oauth_consumer_key="{CONSUMER_KEY}", oauth_token="{name}", oauth_verifier='
    assert post(talk, "/oauth/access_token", {}, Authorization=f'{signed}""').status == 401
    pin = say(url)[2].partition("<code>")[2].partition("</code>")[0]
    wrong = post(talk, "/oauth/access_token", {}, Authorization=f'{signed}"x{pin}"')
    assert b"Invalid oauth_verifier" in wrong.raw
    keys = post(talk, "/oauth/access_token", {}, Authorization=f'{signed}"{pin}"')
    got = query_of("?" + keys.raw.decode())
    assert got["screen_name"] == "acme"
    assert post(talk, "/oauth/access_token", {}, Authorization=f'{signed}"{pin}"').status == 401
    account = f'OAuth oauth_token="{got["oauth_token"]}", oauth_consumer_key="{CONSUMER_KEY}"'
    whose = talk.send("GET", "/2/users/me", headers={"Authorization": account})
    assert whose.body["data"]["username"] == "acme"
    ended = post(talk, "/1.1/oauth/invalidate_token", {}, Authorization=account)
    assert ended.status == 200
    assert talk.send("GET", "/2/users/me", headers={"Authorization": account}).status == 401
    assert say(url)[0] == 403


def test_a_pin_needs_a_known_app(talk: Talk) -> None:
    """Its key, and the out-of-band callback."""
    for signed, status in (
        ("OAuth oauth_consumer_key=other", 401),
        (f"OAuth oauth_consumer_key={CONSUMER_KEY}", 403),
        ("", 401),
    ):
        assert post(talk, "/oauth/request_token", {}, Authorization=signed).status == status
