"""The keys: where they come from, who may read them, and that nothing shows them."""

# ruff: noqa: S105, S106 - every key here is made up

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from secrecy import SECRET, hidden
from triage.config import credentials as module
from triage.config.credentials import ENVIRONMENT, describe, load_credentials, sign_in_key
from triage.config.load import load_config
from triage.config.model import Config
from triage.config.places import Places, resolve_places
from triage.config.shelf import TokenShelf
from triage.config.writing import toml_string, write_credentials
from triage.core.credentials import Credentials
from triage.core.signin import GIVEN, SignIn
from triage.errors import ConfigError, SignInNeeded

OAUTH1 = {
    name: f"{SECRET}-{name}"
    for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Places of a test's own."""
    return resolve_places(config=str(tmp_path / "config.toml"), env={"HOME": str(tmp_path)})


def config_of(places: Places, command: list[str] | None = None) -> Config:
    """A configuration with two accounts, and a command where one is given."""
    text = "".join(f'[[account]]\nchannel = "x"\nhandle = "{h}"\n' for h in ("acme", "acmehelp"))
    if command:
        words = ", ".join(toml_string(word) for word in command)
        text += f"[credentials]\ntoken_command = [{words}]\n"
    places.config_file.write_text(text)
    return load_config(places, {"HOME": "/", "USER": "ana"})


def printing(text: str, code: int = 0) -> list[str]:
    """A command that prints a text and ends with a code."""
    script = f"import sys; print({text!r}); print({SECRET!r}, file=sys.stderr); sys.exit({code})"
    return [sys.executable, "-c", script]


def test_environment(places: Places) -> None:
    """Each variable is read, without the line end that a shell may add."""
    env = {variable: f"{SECRET}-{name}\n" for name, variable in ENVIRONMENT.items()}
    found = load_credentials(config_of(places), places, env)
    assert found == Credentials(**{name: f"{SECRET}-{name}" for name in ENVIRONMENT})
    assert SECRET not in repr(found)
    assert ENVIRONMENT["bearer_token"] == "TRIAGE_X_BEARER_TOKEN"


def test_file(places: Places) -> None:
    """`[x]` is for every account."""
    write_credentials(places.credentials_file, {"x": {"bearer_token": SECRET, **OAUTH1}})
    found = load_credentials(config_of(places), places, {}, "acmehelp")
    assert found == Credentials(bearer_token=SECRET, **OAUTH1)


def test_an_account_never_acts_as_another(places: Places) -> None:
    """A section of an account borrows the app's keys from `[x]`, but nobody's own tokens."""
    write_credentials(
        places.credentials_file,
        {"x": {"bearer_token": "app", **OAUTH1, "user_token": "acme"}, "x:AcmeHelp": {}},
    )
    config = config_of(places)
    assert load_credentials(config, places, {}, "acme").can_post
    other = load_credentials(config, places, {}, "@ACMEHELP")
    assert other.bearer_token == "app"
    assert other.consumer_key == OAUTH1["consumer_key"]
    assert not other.can_post


def test_account_section_wins(places: Places) -> None:
    """The account's own section wins over `[x]`; the first account is the default."""
    write_credentials(
        places.credentials_file,
        {"x": {"bearer_token": "general"}, "x:acme": {"bearer_token": "own"}},
    )
    config = config_of(places)
    assert load_credentials(config, places, {}).bearer_token == "own"
    assert load_credentials(config, places, {}, "acmehelp").bearer_token == "general"


def test_precedence(places: Places) -> None:
    """Environment over command over file, key by key, each with its origin."""
    write_credentials(
        places.credentials_file,
        {"x": {"bearer_token": "file", "consumer_key": "file", "consumer_secret": "file"}},
    )
    config = config_of(places, printing('[x]\nbearer_token="cmd"\nconsumer_key="cmd"'))
    env = {"TRIAGE_X_BEARER_TOKEN": "env"}
    found = load_credentials(config, places, env)
    assert found == Credentials(bearer_token="env", consumer_key="cmd", consumer_secret="file")
    assert [tuple(item) for item in describe(config, places, env)] == [
        ("bearer_token", "environment TRIAGE_X_BEARER_TOKEN"),
        ("consumer_key", "token_command [x]"),
        ("consumer_secret", "credentials.toml [x]"),
    ]


def test_command_is_not_asked_needlessly(places: Places) -> None:
    """What the environment suffices for does not run a command, nor read a file."""
    places.credentials_file.write_text("broken")
    config = config_of(places, ["/does/not/exist"])
    found = load_credentials(config, places, {"TRIAGE_X_USER_TOKEN": "u"})
    assert found == Credentials(user_token="u")


def test_command_without_a_shell(places: Places, tmp_path: Path) -> None:
    """Its words reach it as they are; it runs where the configuration is."""
    script = "import os,sys; print(f'[x]\\nbearer_token = \"{sys.argv[1]}{os.getcwd()}\"')"
    config = config_of(places, [sys.executable, "-c", script, "$HOME;*"])
    assert load_credentials(config, places, {}).bearer_token == f"$HOME;*{tmp_path.resolve()}"


def test_failing_command(places: Places) -> None:
    """Its exit code is told, never its output."""
    config = config_of(places, printing(f'[x]\nbearer_token="{SECRET}"', 3))
    with pytest.raises(SignInNeeded) as error:
        load_credentials(config, places, {})
    assert "exit code 3" in error.value.reason
    hidden(error.value)


def test_absent_command(places: Places) -> None:
    """A program that is not there is said not to be."""
    config = config_of(places, ["/does/not/exist", SECRET])
    with pytest.raises(SignInNeeded, match=r"token_command \(/does/not/exist\)") as error:
        load_credentials(config, places, {})
    assert "No such file" in error.value.reason
    assert SECRET not in error.value.message + error.value.reason + error.value.hint


def test_hanging_command(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that does not end is ended."""
    monkeypatch.setattr(module, "COMMAND_TIMEOUT_S", 1)
    script = f"import time; print({SECRET!r}, flush=True); time.sleep(60)"
    config = config_of(places, [sys.executable, "-c", script])
    with pytest.raises(SignInNeeded) as error:
        load_credentials(config, places, {})
    assert "did not end within 1 s" in error.value.reason
    hidden(error.value)


@pytest.mark.parametrize(
    "output",
    [
        SECRET,
        f'[x]\nbearer_token = "{SECRET}',
        f'[x]\nbearer_token = ["{SECRET}"]',
        f'[x]\nbearer = "{SECRET}"',
        f'bearer_token = "{SECRET}"',
        f'x = "{SECRET}"',
        f'[mastodon]\nbearer_token = "{SECRET}"',
    ],
)
def test_unusable_text(places: Places, output: str) -> None:
    """Bad text from a command or a file is refused without repeating it."""
    with pytest.raises(SignInNeeded, match="cannot be used") as error:
        load_credentials(config_of(places, printing(output)), places, {})
    hidden(error.value)
    places.credentials_file.write_text(output)
    places.credentials_file.chmod(0o600)
    with pytest.raises(ConfigError, match=r"credentials\.toml") as refused:
        load_credentials(config_of(places), places, {})
    hidden(refused.value)


def test_unknown_setting_names_the_nearest(places: Places) -> None:
    """A misspelled key is told with the right one."""
    write_credentials(places.credentials_file, {"x": {"bearer_tokn": SECRET}})
    with pytest.raises(ConfigError, match='Did you mean "bearer_token"') as error:
        load_credentials(config_of(places), places, {})
    hidden(error.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_open_mode_is_refused(places: Places, mode: int) -> None:
    """A file that others may touch is refused with the exact command that closes it."""
    write_credentials(places.credentials_file, {"x": {"bearer_token": SECRET}})
    places.credentials_file.chmod(mode)
    with pytest.raises(ConfigError) as error:
        load_credentials(config_of(places), places, {})
    assert f"chmod 600 {shlex.quote(str(places.credentials_file))}" in error.value.hint
    assert f"{mode:04o}" in error.value.reason
    hidden(error.value)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_private_modes_are_accepted(places: Places, mode: int) -> None:
    """0600 and stricter."""
    write_credentials(places.credentials_file, {"x": {"bearer_token": "b"}})
    places.credentials_file.chmod(mode)
    assert load_credentials(config_of(places), places, {}).bearer_token == "b"


def test_file_of_another_user(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's file is refused, whatever its mode."""
    write_credentials(places.credentials_file, {"x": {"bearer_token": SECRET}})
    uid = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
    with pytest.raises(ConfigError, match="belongs to another user") as error:
        load_credentials(config_of(places), places, {})
    assert "chown" in error.value.hint
    hidden(error.value)


def test_a_pipe_does_not_block(places: Places) -> None:
    """Only a regular file is read."""
    os.mkfifo(places.credentials_file, 0o600)
    with pytest.raises(ConfigError, match="is not a file"):
        load_credentials(config_of(places), places, {})


def test_none(places: Places) -> None:
    """Without any the message says how to sign in and where keys go; describing is no error."""
    config = config_of(places)
    with pytest.raises(SignInNeeded) as error:
        load_credentials(config, places, {"TRIAGE_X_BEARER_TOKEN": " "})
    assert "triage auth login" in error.value.hint
    assert str(places.credentials_file) in error.value.reason
    assert describe(config, places, {}) == []


@pytest.mark.parametrize("name", ["client_secret", "consumer_key"])
def test_keys_of_the_app_alone(places: Places, name: str) -> None:
    """They open nothing: somebody must sign in, and is told how."""
    write_credentials(places.credentials_file, {"x": {name: SECRET}})
    with pytest.raises(SignInNeeded, match="Nobody is signed in") as error:
        load_credentials(config_of(places), places, {})
    assert name in error.value.reason
    assert "triage auth login" in error.value.hint
    hidden(error.value)


def test_a_sign_in_wins_over_what_is_written(places: Places) -> None:
    """But not over the environment; what it lacks is not looked for elsewhere if it suffices."""
    write_credentials(
        places.credentials_file, {"x": {"user_token": "written", "bearer_token": "written"}}
    )
    key = sign_in_key(config_of(places), "acme")
    given = SignIn(key, GIVEN, "acme", credentials=Credentials(user_token=SECRET))
    TokenShelf(places.tokens_file).put(given)
    found = load_credentials(config_of(places), places, {})
    assert (found.user_token, found.bearer_token) == (SECRET, "")
    listed = describe(config_of(places), places, {})
    assert [tuple(item) for item in listed] == [("user_token", "sign-in, tokens.json")]
    told = load_credentials(config_of(places), places, {"TRIAGE_X_USER_TOKEN": "told"})
    assert told.user_token == "told"


def test_description_hides(places: Places) -> None:
    """What exists is told without showing it."""
    write_credentials(places.credentials_file, {"x:acme": {"user_token": SECRET}})
    listed = describe(config_of(places), places, {})
    assert [tuple(item) for item in listed] == [("user_token", 'credentials.toml ["x:acme"]')]
    assert SECRET not in repr(listed)
