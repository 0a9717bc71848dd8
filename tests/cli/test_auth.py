"""`triage auth status`, `refresh` and `logout`, and what the other commands say of sign-in."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screens import Ran, Runner
from signins import HOUR_MS, every_secret, granted, shelve
from triage import signing
from triage.bootstrap import App
from triage.config.credentials import load_credentials
from triage.config.shelf import TokenShelf
from triage.core.credentials import Credentials
from triage.core.signin import OAUTH1, SignIn
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Sandbox
from triage.sandbox.state import ACCESS_SECRET, ACCESS_TOKEN, CONSUMER_KEY, CONSUMER_SECRET
from triage.sandbox.wire import Options

pytestmark = pytest.mark.enable_socket

KEY = "sandbox:acme"


class Site:
    """A home that is pointed at a sandbox."""

    def __init__(self, home: Path, sandbox: Sandbox) -> None:
        self.home = home
        self.sandbox = sandbox
        self.tokens = home / ".local/state/triage/tokens.json"
        self.configure(sandbox.base_url)

    def configure(self, base_url: str) -> None:
        """Point the account at an address."""
        (self.home / ".config/triage/config.toml").write_text(
            'brand = "acme"\n[[account]]\nchannel = "x"\nhandle = "acme"\n'
            f'base_url = "{base_url}"\n[fetch]\ntimeout = "1s"\n'
        )

    def sign_in(self, left_ms: int = HOUR_MS, **more: Any) -> SignIn:  # noqa: ANN401
        """Have the account signed in."""
        made = replace(granted(self.sandbox, left_ms=left_ms), **more)
        shelve(self.tokens, made)
        return made

    def kept(self) -> SignIn | None:
        """What is on the shelf."""
        return TokenShelf(self.tokens).get(KEY)

    def requests(self, path: str) -> int:
        """How many requests for a path there were."""
        return sum(e.url.partition("?")[0].endswith(path) for e in self.sandbox.exchanges)


@pytest.fixture
def site(home: Path) -> Iterator[Site]:
    """A home and a sandbox with OAuth on."""
    with Sandbox(options=Options(standing_tokens=False), record=True) as sandbox:
        yield Site(home, sandbox)


def status(run: Runner, *words: str) -> tuple[Ran, dict[str, Any]]:
    """The status as JSON, of the only account."""
    ran = run("auth", "status", "--json", *words)
    found: dict[str, Any] = json.loads(ran.out)["items"][0]
    return ran, found


def no_secret(site: Site, ran: Ran) -> None:
    """Nothing that the sandbox gave is in what was printed."""
    assert not [s for s in every_secret(site.sandbox) if s in ran.out + ran.err]


def test_signed_in(site: Site, run: Runner) -> None:
    """How, where, what for, until when, and that X takes it; in words on a terminal."""
    site.sign_in()
    ran, found = status(run)
    assert ran.code == 0
    assert found["accepted"] is True
    assert found["method"] == "oauth2"
    assert "tokens.json" in found["kept_in"]
    assert "tweet.write" in found["scopes"]
    assert found["renews"] is True
    screen = run("auth", "status", tty=True)
    assert "@acme  signed in" in screen.out
    assert "renewed by itself" in screen.out
    assert "tweet.read users.read" in screen.out
    no_secret(site, screen)
    no_secret(site, ran)


def test_nobody_is_signed_in(site: Site, run: Runner) -> None:
    """The code says so, and the hint how; fetch says the same."""
    ran, found = status(run)
    assert ran.code == 4
    assert found["signed_in"] is False
    assert "triage auth login" in found["hint"]
    fetched = run("fetch")
    assert fetched.code == 4
    assert "triage auth login" in fetched.err
    assert run("auth", "refresh").code == 1
    assert run("auth", "logout").code == 1


def test_offline_asks_nobody(site: Site, run: Runner) -> None:
    """What is kept is told; a token that ended and cannot be renewed is code 4."""
    site.sign_in()
    ran, found = status(run, "--offline")
    assert (ran.code, found["accepted"]) == (0, None)
    site.sign_in(-1, refresh_token="")
    assert status(run, "--offline")[0].code == 4
    assert site.sandbox.exchanges == []


def test_what_is_about_to_end_is_renewed(site: Site, run: Runner) -> None:
    """By status as by every command that talks to X; fetch needs nothing else."""
    old = site.sign_in(60_000)
    assert run("fetch").code == 0
    kept = site.kept()
    assert kept is not None
    assert kept.refresh_token != old.refresh_token
    assert site.requests("/oauth2/token") == 1
    assert status(run)[0].code == 0
    assert site.requests("/oauth2/token") == 1


def test_a_token_that_x_ended_early_is_renewed(site: Site, run: Runner) -> None:
    """A read that gets 401 is tried once more."""
    held = site.sign_in()
    with site.sandbox.change() as state:
        state.tokens[held.credentials.user_token].revoked = True
    assert run("fetch").code == 0
    assert site.requests("/oauth2/token") == 1


def test_x_refuses_to_renew(site: Site, run: Runner) -> None:
    """Code 4, X's word, and how to sign in; also for fetch."""
    held = site.sign_in(-1)
    with site.sandbox.change() as state:
        state.sign_ins.refreshes[held.refresh_token].used = True
    for words in (("auth", "status"), ("auth", "refresh"), ("fetch",)):
        ran = run(*words)
        assert ran.code == 4, ran
        assert "triage auth login" in ran.out + ran.err
        no_secret(site, ran)
    assert site.kept() == held


@pytest.mark.real_time
def test_x_cannot_be_reached(site: Site, run: Runner) -> None:
    """That is no reason to sign in: code 75, and what is kept is still told."""
    site.sign_in()
    site.configure("http://127.0.0.1:9")
    ran, found = status(run)
    assert ran.code == 75
    assert found["accepted"] is None
    assert found["method"] == "oauth2"
    assert "could not be asked at X" in run("auth", "status", tty=True).out


def test_an_answer_that_is_lost(site: Site, run: Runner) -> None:
    """The mark tells of it, and the next run either heals it or says what happened."""
    site.sign_in(-1)
    site.sandbox.fail(Rule("token", Kind.UNAVAILABLE))
    ran = run("fetch")
    assert ran.code == 75
    kept = site.kept()
    assert kept is not None
    assert kept.renewing_since is not None
    assert "cut off" in run("auth", "status", "--offline", tty=True).out
    assert run("fetch").code == 0
    held = site.sign_in(-1)
    site.sandbox.fail(Rule("token", Kind.CLOSE_AFTER))
    assert run("fetch").code == 75
    ran = run("fetch")
    assert ran.code == 4
    assert "cut off" in ran.err
    assert held.refresh_token not in ran.err


def test_refresh_renews_now(site: Site, run: Runner) -> None:
    """Although there is time left."""
    old = site.sign_in()
    ran = run("auth", "refresh")
    assert ran.code == 0
    assert "Renewed @acme" in ran.out
    kept = site.kept()
    assert kept is not None
    assert kept.refresh_token != old.refresh_token
    assert json.loads(run("auth", "refresh", "--json").out)["items"][0]["account"] == "acme"
    no_secret(site, ran)


def test_one_account_does_not_keep_another_from_being_renewed(site: Site, run: Runner) -> None:
    """What can be renewed is; the first failure gives the code."""
    config = site.home / ".config/triage/config.toml"
    more = (
        f'[[account]]\nchannel = "x"\nhandle = "acmehelp"\nbase_url = "{site.sandbox.base_url}"\n'
    )
    config.write_text(config.read_text().replace("[fetch]", f"{more}[fetch]"))
    refused = site.sign_in()
    with site.sandbox.change() as state:
        state.sign_ins.refreshes[refused.refresh_token].used = True
    shelve(site.tokens, granted(site.sandbox, "acmehelp"))
    ran = run("auth", "refresh")
    assert ran.code == 4
    assert "Renewed @acmehelp" in ran.out
    assert run("auth", "refresh", "--account", "acmehelp").code == 0


def test_tokens_of_another_account(site: Site, run: Runner) -> None:
    """Status compares the account with what X says."""
    with site.sandbox.change() as state:
        state.add_user("other")
    shelve(site.tokens, replace(granted(site.sandbox, "other"), key=KEY))
    ran, found = status(run)
    assert ran.code == 4
    assert "of @other, not of @acme" in found["problem"]


def test_logout_ends_it_at_x(site: Site, run: Runner) -> None:
    """Both tokens, then here; afterwards nobody is signed in."""
    held = site.sign_in()
    ran = run("auth", "logout")
    assert ran.code == 0
    assert "Signed out @acme" in ran.out
    assert ran.err == ""
    with site.sandbox.read() as state:
        assert state.tokens[held.credentials.user_token].revoked
        assert state.sign_ins.refreshes[held.refresh_token].used
    assert site.kept() is None
    assert run("auth", "status").code == 4


@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE, Kind.CLOSE, Kind.HTML, Kind.UNAUTHORIZED])
def test_logout_without_x(site: Site, run: Runner, kind: Kind) -> None:
    """It is removed here all the same, and said that X may still accept it."""
    site.sign_in()
    site.sandbox.fail(Rule("revoke", kind, times=None))
    ran = run("auth", "logout")
    assert ran.code == 0
    assert site.kept() is None
    assert "may still accept" in ran.err
    assert "connected_apps" in ran.err
    no_secret(site, ran)


def test_logout_of_older_keys(site: Site, run: Runner) -> None:
    """Those of a PIN are ended too."""
    site.sandbox.api.options = Options()
    keys = Credentials(
        consumer_key=CONSUMER_KEY,
        consumer_secret=CONSUMER_SECRET,
        access_token=ACCESS_TOKEN,
        access_token_secret=ACCESS_SECRET,
    )
    shelve(site.tokens, SignIn(KEY, OAUTH1, "acme", credentials=keys))
    assert status(run)[1]["method"] == "oauth1"
    assert json.loads(run("auth", "logout", "--json").out)["items"][0]["revoked"] is True
    with site.sandbox.read() as state:
        assert state.tokens[ACCESS_TOKEN].revoked


def test_a_sandbox_is_never_shown_what_x_gave(site: Site, run: Runner) -> None:
    """Nor the reverse: they lie under different names."""
    shelve(site.tokens, replace(granted(site.sandbox), key="x:acme"))
    assert run("auth", "status").code == 4
    assert site.sandbox.exchanges == []


def test_open_tokens_are_refused(site: Site, run: Runner) -> None:
    """A file that others may read is not used, and doctor says how to close it."""
    site.sign_in()
    site.tokens.chmod(0o644)
    assert run("fetch").code == 78
    found = {i["what"]: i for i in json.loads(run("doctor", "--json").out)["items"]}
    assert found["permissions"]["health"] == "fail"
    assert found["permissions"]["hint"] == f"chmod 600 {site.tokens}"


def test_doctor_looks_at_the_sign_in(site: Site, run: Runner) -> None:
    """Until when it holds; and how to sign in where nobody is."""
    found = {i["what"]: i for i in json.loads(run("doctor", "--json").out)["items"]}
    assert "triage auth login" in found["credentials @acme"]["hint"]
    site.sign_in()
    found = {i["what"]: i for i in json.loads(run("doctor", "--json").out)["items"]}
    assert found["credentials @acme"]["health"] == "ok"
    assert "sign-in, tokens.json" in found["credentials @acme"]["text"]
    site.sign_in(-1, refresh_token="")
    found = {i["what"]: i for i in json.loads(run("doctor", "--json").out)["items"]}
    assert found["credentials @acme"]["health"] == "fail"
    assert site.sandbox.exchanges == []


def test_tokens_are_in_one_file_alone(site: Site, run: Runner) -> None:
    """Not in the database, a lock, a mark or anything else that the commands write."""
    site.sign_in(60_000)
    for words in (("fetch",), ("auth", "refresh"), ("auth", "status"), ("doctor",)):
        assert run(*words).code == 0
    secrets = [s.encode() for s in every_secret(site.sandbox)]
    holding = [
        path.name
        for path in site.home.rglob("*")
        if path.is_file() and any(s in path.read_bytes() for s in secrets)
    ]
    assert holding == ["tokens.json"]


def test_where_the_tokens_are(site: Site, run: Runner) -> None:
    """`config path` names the file."""
    items = json.loads(run("config", "path", "--json").out)["items"]
    assert str(site.tokens) in [i["path"] for i in items if i["name"] == "tokens_file"]


def test_renewed_between_reading_and_use(site: Site) -> None:
    """Tokens that another process renewed just after they were read are taken anew all the same."""
    site.sign_in()
    app = App()
    read_before = load_credentials(app.settings_file, app.located.places, app.env, "acme")
    renewed = site.sign_in()
    keys = signing.keys_for(app, "acme", read_before)
    assert keys is not None
    assert keys.current().user_token == renewed.credentials.user_token


def test_a_token_of_the_environment_is_not_the_sign_ins(site: Site) -> None:
    """Whoever gives a token for one run gets that one, and nothing is renewed for it."""
    site.sign_in()
    app = App(env={**os.environ, "TRIAGE_X_USER_TOKEN": " theirs "})
    given = load_credentials(app.settings_file, app.located.places, app.env, "acme")
    assert given.user_token == "theirs"  # noqa: S105 - a word
    assert signing.keys_for(app, "acme", given) is None
