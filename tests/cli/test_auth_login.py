"""`triage auth login`: by browser, by hand, by PIN and on stdin, at a sandbox with OAuth on."""

from __future__ import annotations

import json
import socket
import stat
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from screens import Ran, Runner
from secrecy import SECRET
from signins import every_secret, fetch_page, granted, say
from triage.config.shelf import TokenShelf
from triage.core.signin import SignIn
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.oauth_state import CLIENT_ID
from triage.sandbox.server import Sandbox
from triage.sandbox.state import CONSUMER_KEY, CONSUMER_SECRET
from triage.sandbox.wire import Options

pytestmark = pytest.mark.enable_socket

CALLBACK_PATH = "/callback"


class Site:
    """A home that is pointed at a sandbox, and a browser that says yes there."""

    def __init__(self, home: Path, sandbox: Sandbox, port: int) -> None:
        self.home = home
        self.sandbox = sandbox
        self.tokens = home / ".local/state/triage/tokens.json"
        self.port = port
        self.username = "acme"
        self.decision = "approve"
        self.opened: list[str] = []
        self.change: Callable[[str], str] = lambda where: where
        self._threads: list[threading.Thread] = []
        self.configure()

    def configure(self, more: str = "", *, client: str = CLIENT_ID) -> None:
        """Write the configuration."""
        accounts = "".join(
            f'[[account]]\nchannel = "x"\nhandle = "{handle}"\n'
            f'base_url = "{self.sandbox.base_url}"\n'
            for handle in ("acme", "acmehelp")
        )
        text = f'brand = "acme"\n{accounts}[auth]\ncallback_port = {self.port}\n'
        text += f'client_id = "{client}"\n' if client else ""
        (self.home / ".config/triage/config.toml").write_text(text + more)

    def write_keys(self, text: str) -> None:
        """Write credentials.toml."""
        path = self.home / ".config/triage/credentials.toml"
        path.write_text(text)
        path.chmod(0o600)

    def browse(self, url: str) -> bool:
        """Open an address, say yes or no, and go where that leads; all on a thread."""
        self.opened.append(url)
        thread = threading.Thread(target=self._walk, args=(url,), daemon=True)
        thread.start()
        self._threads.append(thread)
        return True

    def _walk(self, url: str) -> None:
        _, where, _ = say(url, self.decision, self.username)
        fetch_page(self.change(where))

    def join(self) -> None:
        """Wait for the browser."""
        for thread in self._threads:
            thread.join(60)

    def kept(self, handle: str = "acme") -> SignIn:
        """What is on the shelf."""
        found = TokenShelf(self.tokens).get(f"sandbox:{handle}")
        assert found is not None
        return found


@pytest.fixture
def site(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A sandbox with OAuth on, @acme and @acmehelp, and a configuration for both."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Sandbox(options=Options(standing_tokens=False)) as sandbox:
        with sandbox.change() as state:
            state.add_user("acmehelp")
            state.sign_ins.clients[CLIENT_ID].redirect_uris = [
                f"http://127.0.0.1:{port}{CALLBACK_PATH}"
            ]
        made = Site(home, sandbox, port)
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setattr(webbrowser, "open", made.browse)
        yield made
        made.join()


def login(run: Runner, *words: str, keys: str = "", tty: bool = False) -> Ran:
    """Sign @acme in."""
    return run("auth", "login", "--account", "acme", *words, keys=keys, tty=tty)


def no_secret(site: Site, ran: Ran) -> None:
    """Nothing that the sandbox gave is in what was printed."""
    assert not [s for s in every_secret(site.sandbox) if s in ran.out + ran.err]


def test_by_browser(site: Site, run: Runner) -> None:
    """The browser comes back, X says whose tokens they are, and they lie in a private file."""
    ran = login(run, "--store", "file")
    assert ran.code == 0, ran
    assert "Signed in as @acme" in ran.out
    assert str(site.tokens) in ran.out
    assert stat.S_IMODE(site.tokens.stat().st_mode) == 0o600
    kept = site.kept()
    assert (kept.handle, kept.method, kept.client_id) == ("acme", "oauth2", CLIENT_ID)
    assert kept.scopes == (
        "tweet.read",
        "users.read",
        "tweet.write",
        "offline.access",
        "media.write",
    )
    assert kept.expires_at is not None
    no_secret(site, ran)


def test_pictures_can_be_left_out(site: Site, run: Runner) -> None:
    """Then the right to upload is not even asked for."""
    assert login(run, "--store", "file", "--no-media").code == 0
    assert "media.write" not in site.kept().scopes
    assert "media.write" not in site.opened[0]


def test_a_foreign_answer_first(site: Site, run: Runner) -> None:
    """An answer with another state is not used; the right one after it is."""

    def foreign(where: str) -> str:
        base = where.partition("?")[0]
        assert fetch_page(f"{base}?state=foreign&code=evil")[0] == 400
        return where

    site.change = foreign
    assert login(run, "--store", "file").code == 0


def test_no_at_x(site: Site, run: Runner) -> None:
    """Nothing is kept, and the code is that of sign-in."""
    site.decision = "deny"
    ran = login(run, "--store", "file")
    assert ran.code == 4
    assert "told no" in ran.err
    assert not site.tokens.exists()


def test_another_account_is_refused(site: Site, run: Runner) -> None:
    """Its tokens are ended at X, and the hint names how to sign that one in."""
    site.username = "acmehelp"
    ran = login(run, "--store", "file")
    assert ran.code == 4
    assert "@acmehelp" in ran.err
    assert "--account acmehelp" in ran.err
    assert "ended at X" in ran.err
    assert not site.tokens.exists()
    with site.sandbox.read() as state:
        assert all(r.used for r in state.sign_ins.refreshes.values())
    no_secret(site, ran)


def test_two_accounts_side_by_side(site: Site, run: Runner) -> None:
    """Each has its own sign-in; without --account it is not clear which is meant."""
    assert run("auth", "login", "--store", "file").code == 2
    assert login(run, "--store", "file").code == 0
    site.username = "acmehelp"
    assert run("auth", "login", "--account", "acmehelp", "--store", "file").code == 0
    assert (site.kept().handle, site.kept("acmehelp").handle) == ("acme", "acmehelp")
    assert run("auth", "login", "--account", "nobody", "--store", "file").code == 2


def test_without_a_browser_the_address_is_shown(site: Site, run: Runner) -> None:
    """Without a browser nothing listens, and nothing is opened."""
    ran = login(run, "--no-browser", "--store", "file", keys="\n")
    assert ran.code == 2
    assert ran.out.startswith(f"{site.sandbox.base_url}/i/oauth2/authorize?")
    assert "Nothing was typed" in ran.err
    assert site.opened == []
    assert (
        run(
            "auth", "login", "--account", "acme", "--no-browser", "--store", "file", "--no-input"
        ).code
        == 2
    )


def test_without_an_app(site: Site, run: Runner) -> None:
    """The configuration has no client_id: it is said where one comes from."""
    site.configure(client="")
    ran = login(run, "--store", "file")
    assert ran.code == 78
    assert "client_id" in ran.err
    assert "docs/sign-in.md" in ran.err


def test_the_place_must_be_said_where_nobody_can_be_asked(site: Site, run: Runner) -> None:
    """Nothing is begun before."""
    ran = login(run)
    assert ran.code == 2
    assert "--store" in ran.err
    assert site.opened == []
    assert login(run, "--store", "pocket").code == 2
    site.configure('[credentials]\ntoken_command = ["true"]\n')
    ran = login(run)
    assert ran.code == 2
    assert "token_command is only read" in ran.err


def test_a_person_is_asked_for_the_place_once(
    site: Site, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A yes is kept for the next time; a no ends it before X is asked."""
    monkeypatch.setattr("triage.config.ring.problem", lambda: "none")
    for no in ("n\n", "what\n", ""):
        assert login(run, keys=no, tty=True).code == 1
    assert site.opened == []
    assert login(run, keys="y\n", tty=True).code == 0
    assert site.kept().kept_in == "file"
    assert login(run).code == 0


def test_x_goes_wrong_between_code_and_tokens(site: Site, run: Runner) -> None:
    """Each fault ends in a sentence and its code, and nothing is kept."""
    for kind, code in ((Kind.UNAVAILABLE, 75), (Kind.CLOSE, 75), (Kind.HTML, 1), (Kind.CREDITS, 1)):
        site.sandbox.fail(Rule("token", kind))
        ran = login(run, "--store", "file")
        assert ran.code == code, ran
        no_secret(site, ran)
        assert not site.tokens.exists()
    assert login(run, "--store", "file").code == 0


def test_by_pin(site: Site, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the older kind, with the PIN that the page shows."""
    ran = login(run, "--pin", "--store", "file", keys="1\n")
    assert ran.code == 4
    assert "consumer_key" in ran.err
    site.write_keys(
        f'[x]\nconsumer_key = "{CONSUMER_KEY}"\nconsumer_secret = "{CONSUMER_SECRET}"\n'
    )
    shown: list[str] = []

    def typed(_flags: object, _question: str) -> str:
        page = say(shown[0])[2]
        return page.partition("<code>")[2].partition("</code>")[0]

    def show(_flags: object, url: str) -> None:
        shown.append(url)

    monkeypatch.setattr("triage.cli.auth_login._show_address", show)
    monkeypatch.setattr("triage.cli.auth_login._typed", typed)
    ran = login(run, "--pin", "--store", "file")
    assert ran.code == 0, ran
    assert site.kept().method == "oauth1"
    assert site.kept().credentials.oauth1
    no_secret(site, ran)
    assert CONSUMER_SECRET not in ran.out + ran.err


def test_by_hand(site: Site, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole address, or the code alone; that of another attempt is refused."""
    shown: list[str] = []
    answers: list[Callable[[str], str]] = [
        lambda where: where,
        lambda where: where.partition("code=")[2],
        lambda where: where.replace("state=", "state=x"),
    ]
    monkeypatch.setattr("triage.cli.auth_login._show_address", lambda _, url: shown.append(url))
    monkeypatch.setattr(
        "triage.cli.auth_login._typed", lambda _, __: answers.pop(0)(say(shown[-1])[1])
    )
    for code in (0, 0, 1):
        ran = login(run, "--no-browser", "--store", "file")
        assert ran.code == code, ran
        no_secret(site, ran)
    assert "another attempt" in ran.err


def test_a_token_on_stdin(site: Site, run: Runner) -> None:
    """Alone, or in TOML like credentials.toml; it is nowhere shown."""
    token = granted(site.sandbox).credentials.user_token
    for text in (token, f'[x]\nuser_token = "{token}"\n', f'["x:acme"]\nuser_token = "{token}"\n'):
        ran = login(run, "--with-token", "--store", "file", keys=text)
        assert ran.code == 0, ran
        assert site.kept().credentials.user_token == token
        assert site.kept().method == "given"
        no_secret(site, ran)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 2),
        ("\n", 2),
        (SECRET, 4),
        (f'[x]\nconsumer_key = "{SECRET}"\n', 78),
        (f'[x]\nuser_tokn = "{SECRET}"\n', 78),
        (f"user_token = {SECRET}", 78),
        (f'["x:other"]\nuser_token = "{SECRET}"\n', 78),
    ],
)
def test_what_is_no_token(site: Site, run: Runner, text: str, code: int) -> None:
    """Each is told what it lacks, without being shown, and nothing is kept."""
    ran = login(run, "--with-token", "--store", "file", keys=text)
    assert ran.code == code, ran
    assert SECRET not in ran.out + ran.err
    assert not site.tokens.exists()


def test_a_token_is_typed_without_being_shown(
    site: Site, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal by the prompt that hides it."""
    token = granted(site.sandbox).credentials.user_token
    monkeypatch.setattr("getpass.getpass", lambda _: token)
    ran = login(run, "--with-token", "--store", "file", tty=True)
    assert ran.code == 0, ran
    no_secret(site, ran)


def test_two_ways_at_once(site: Site, run: Runner) -> None:
    """They exclude each other; and the demo needs none."""
    assert login(run, "--pin", "--with-token").code == 2


def test_a_variable_that_wins(site: Site, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who signs in is told that it will not be used."""
    monkeypatch.setenv("TRIAGE_X_USER_TOKEN", SECRET)
    ran = login(run, "--store", "file")
    assert ran.code == 0
    assert "TRIAGE_X_USER_TOKEN is set, and wins" in ran.err
    assert SECRET not in ran.out + ran.err


def test_json(site: Site, run: Runner) -> None:
    """What was done, and nothing of a secret."""
    ran = login(run, "--store", "file", "--json")
    item = json.loads(ran.out)["items"][0]
    assert item["account"] == "acme"
    assert item["kept_in"] == "file"
    no_secret(site, ran)


def test_nobody_comes_back(site: Site, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait ends by itself."""
    monkeypatch.setattr(webbrowser, "open", lambda _: True)
    site.configure('timeout = "1s"\n')
    ran = login(run, "--store", "file")
    assert ran.code == 4
    assert "no answer came from the browser" in ran.err


def test_ctrl_c(site: Site, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left: no file, and the port is free again."""

    def interrupt(_url: str) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(webbrowser, "open", interrupt)
    assert login(run, "--store", "file").code == 130
    assert not site.tokens.exists()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", site.port))
