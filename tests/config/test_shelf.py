"""Where sign-ins are kept: a private file, or the keyring with that file as its index."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import pytest
from keyring.errors import KeyringLocked, PasswordDeleteError

from secrecy import SECRET, hidden
from triage.config import ring
from triage.config.shelf import TokenShelf
from triage.core.credentials import Credentials
from triage.core.signin import IN_KEYRING, OAUTH2, SignIn
from triage.errors import ConfigError, SignInNeeded, TriageError

SIGN_IN = SignIn(
    "x:acme",
    OAUTH2,
    "acme",
    "1",
    Credentials(user_token=SECRET),
    refresh_token=f"{SECRET}-refresh",
    client_id="client",
    scopes=("tweet.read", "tweet.write"),
    expires_at=1_790_000_000_000,
    saved_at=1_789_000_000_000,
)
IN_RING = replace(SIGN_IN, kept_in=IN_KEYRING)


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory that can be locked."""

    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        """Give what is kept."""
        self.asked += 1
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self._open()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        self._open()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError(username)

    def _open(self) -> None:
        if self.locked:
            raise KeyringLocked(SECRET)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file, in a folder that is not there yet."""
    return tmp_path / "state" / "tokens.json"


@pytest.fixture
def memory_ring() -> Iterator[Ring]:
    """A keyring that works."""
    before = keyring.get_keyring()
    made = Ring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_nothing_is_there(path: Path) -> None:
    """Asking makes no file."""
    shelf = TokenShelf(path)
    assert shelf.get("x:acme") is None
    assert shelf.every() == []
    shelf.remove("x:acme")
    assert not path.parent.exists()


def test_what_was_put_comes_back(path: Path) -> None:
    """Whole, in a file that only its owner may read; several accounts lie side by side."""
    other = replace(SIGN_IN, key="x:acmehelp", handle="acmehelp", expires_at=None)
    TokenShelf(path).put(SIGN_IN)
    TokenShelf(path).put(other)
    shelf = TokenShelf(path)
    assert shelf.get("x:acme") == SIGN_IN
    assert shelf.every() == [SIGN_IN, other]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["tokens.json"]
    shelf.remove("x:acme")
    assert shelf.every() == [other]


def test_what_was_put_survives_a_power_cut(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file is on the disk before it takes the old one's place, and its folder after."""
    told: list[str] = []
    sync = os.fsync

    def fsync(handle: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        told.append(f"{kind} {path.exists()}")
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    TokenShelf(path).put(SIGN_IN)
    assert told == ["file False", "folder True"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_refused(path: Path, mode: int) -> None:
    """As with credentials.toml."""
    TokenShelf(path).put(SIGN_IN)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="other users may read") as error:
        TokenShelf(path).get("x:acme")
    hidden(error.value)


@pytest.mark.parametrize(
    "content",
    [
        "",
        f"{SECRET}",
        f'["{SECRET}"]',
        f'{{"format": 2, "sign_ins": {{"x:acme": "{SECRET}"}}}}',
        '{"format": 1, "sign_ins": []}',
        f'{{"format": 1, "sign_ins": {{"x:acme": "{SECRET}"}}}}',
        f'{{"format": 1, "sign_ins": {{"x:acme": {{"credentials": {{"no": "{SECRET}"}}}}}}}}',
        "[" * 100_000,
    ],
)
def test_a_file_of_something_else(path: Path, content: str) -> None:
    """It is refused with a way out, and nothing of it is shown."""
    path.parent.mkdir()
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="cannot be used") as error:
        TokenShelf(path).get("x:acme")
    assert "triage auth login" in error.value.hint
    hidden(error.value)


def test_a_folder_that_cannot_be_written(path: Path) -> None:
    """What was there stays, and the error says why."""
    path.parent.write_text("no folder")
    with pytest.raises((TriageError, NotADirectoryError)) as error:
        TokenShelf(path).put(SIGN_IN)
    hidden(error.value)


def test_the_keyring_has_the_tokens_and_the_file_does_not(path: Path, memory_ring: Ring) -> None:
    """The file is the index: who, how and until when."""
    TokenShelf(path).put(IN_RING)
    assert SECRET not in path.read_text()
    assert json.loads(path.read_text())["sign_ins"]["x:acme"]["kept_in"] == "keyring"
    assert TokenShelf(path).get("x:acme") == IN_RING
    TokenShelf(path).remove("x:acme")
    assert memory_ring.kept == {}


def test_the_keyring_is_asked_once_for_each_renewal(path: Path, memory_ring: Ring) -> None:
    """Some keyrings ask a person each time; a renewal by another process is noticed."""
    shelf = TokenShelf(path)
    shelf.put(IN_RING)
    for _ in range(3):
        assert shelf.get("x:acme") == IN_RING
    assert memory_ring.asked == 1
    renewed = replace(IN_RING, refresh_token="new", saved_at=IN_RING.saved_at + 1)  # noqa: S106
    TokenShelf(path).put(renewed)
    assert shelf.get("x:acme") == renewed
    assert memory_ring.asked == 2


def test_a_keyring_that_cannot_be_reached(path: Path, memory_ring: Ring) -> None:
    """As under cron: it is said, with the other way, and no other place is taken silently."""
    shelf = TokenShelf(path)
    shelf.put(IN_RING)
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    assert [s.handle for s in shelf.every()] == ["acme"]
    with pytest.raises(SignInNeeded) as error:
        shelf.get("x:acme")
    assert "cron" in error.value.hint
    assert "--store file" in error.value.hint
    with pytest.raises(TriageError) as failed:
        shelf.put(IN_RING)
    hidden(failed.value)
    assert SECRET not in path.read_text()


def test_a_locked_keyring(path: Path, memory_ring: Ring) -> None:
    """Its refusal is told by its kind alone: its words might hold anything."""
    shelf = TokenShelf(path)
    shelf.put(IN_RING)
    memory_ring.locked = True
    acts: list[Callable[[], object]] = [
        lambda: TokenShelf(path).get("x:acme"),
        lambda: shelf.put(IN_RING),
    ]
    for act in acts:
        with pytest.raises(TriageError) as error:
            act()
        assert "KeyringLocked" in error.value.reason
        hidden(error.value)
    with pytest.raises(TriageError, match="could not be removed"):
        shelf.remove("x:acme")


def test_what_is_gone_from_the_keyring(path: Path, memory_ring: Ring) -> None:
    """Somebody removed it there: sign in anew; removing it here is harmless."""
    shelf = TokenShelf(path)
    shelf.put(IN_RING)
    memory_ring.kept.clear()
    with pytest.raises(SignInNeeded, match="does not give them"):
        TokenShelf(path).get("x:acme")
    shelf.remove("x:acme")
    assert shelf.every() == []


def test_what_a_killed_writer_left_is_no_hindrance(path: Path) -> None:
    """Half a file beside it, of another mode, is written over and gone."""
    path.parent.mkdir()
    half = path.with_name(".tokens.json.new")
    half.write_text("half")
    half.chmod(0o644)
    TokenShelf(path).put(SIGN_IN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not half.exists()


def test_whether_there_is_a_keyring(memory_ring: Ring) -> None:
    """One that protects nothing is none."""
    assert ring.problem() == ""
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    assert "no keyring" in ring.problem()
