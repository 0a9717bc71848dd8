"""Where sign-ins are kept: a file that only its owner may read, or a keyring, with it as index.

The file is written by the program alone. It is replaced whole, and what was written survives a
power cut. Whoever writes holds a lock; the shelf itself takes none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from triage.config.private import read_private
from triage.core.credentials import Credentials
from triage.core.signin import IN_KEYRING, SignIn
from triage.errors import ConfigError, TriageError

FORMAT = 1
_SECRET = ("credentials", "refresh_token")
"""Fields that go into the keyring, if that is where they are kept."""
_NAMES = frozenset(field.name for field in fields(SignIn))


class TokenShelf:
    """The sign-ins of this desk; see `triage.core.signin.Shelf`.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, tuple[int, SignIn]] = {}

    def place_of(self, sign_in: SignIn) -> str:
        """Say where the tokens are."""
        return "keyring" if sign_in.kept_in == IN_KEYRING else self.path.name

    def get(self, key: str) -> SignIn | None:
        """Read one as it is now.

        Raises:
            ConfigError: The file's mode, owner or content is not acceptable.
            SignInNeeded: The keyring has the tokens and cannot be asked.
        """
        entry = self._read().get(key)
        if entry is None:
            return None
        found = _sign_in(entry)
        if found.kept_in != IN_KEYRING:
            return found
        known = self._known.get(key)
        if known is None or known[0] != found.saved_at:
            from triage.config import ring

            # Asked once for each renewal: some keyrings ask a person each time.
            stored = _sign_in(_object(ring.read(self._name(key))))
            known = self._known[key] = (found.saved_at, stored)
        return replace(known[1], renewing_since=found.renewing_since)

    def every(self) -> list[SignIn]:
        """Read all, without asking the keyring."""
        return [_sign_in(entry) for _, entry in sorted(self._read().items())]

    def put(self, sign_in: SignIn) -> None:
        """Keep one; durable when this returns.

        Raises:
            TriageError: It cannot be written.
        """
        entry = asdict(sign_in)
        if sign_in.kept_in == IN_KEYRING:
            from triage.config import ring

            ring.write(self._name(sign_in.key), json.dumps(entry))
            entry = {name: value for name, value in entry.items() if name not in _SECRET}
            self._known.pop(sign_in.key, None)
        self._write({**self._read(), sign_in.key: entry})

    def remove(self, key: str) -> None:
        """Forget one, in the keyring too.

        Raises:
            TriageError: It cannot be written.
        """
        entries = self._read()
        entry = entries.pop(key, None)
        if entry is None:
            return
        if entry.get("kept_in") == IN_KEYRING:
            from triage.config import ring

            ring.forget(self._name(key))
        self._write(entries)

    def _name(self, key: str) -> str:
        # Two desks of one person may have the same account.
        return f"{key} of {self.path}"

    def _read(self) -> dict[str, dict[str, Any]]:
        content = read_private(self.path)
        if content is None:
            return {}
        data = _object(content)
        entries = data.get("sign_ins")
        if data.get("format") != FORMAT or not isinstance(entries, dict):
            raise _unusable(self.path)
        return entries

    def _write(self, entries: Mapping[str, Mapping[str, Any]]) -> None:
        content = json.dumps({"format": FORMAT, "sign_ins": entries}, indent=1).encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _replace(self.path, content)
        except OSError as error:
            raise TriageError(
                "The tokens cannot be written.",
                reason=f"{self.path}: {error.strerror}.",
                hint="Make room for it, or mend the owner and the mode of its folder.",
            ) from error


@cache
def shelf_at(path: Path) -> TokenShelf:
    """The shelf of a file, one for the whole process, so that a keyring is asked once."""
    return TokenShelf(path)


def _replace(path: Path, content: bytes) -> None:
    # One name, since one writes at a time: what a killed process left of it is written over.
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _object(content: bytes | str) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        data = None
    # Raised out here: the parser's error holds the text.
    return data if isinstance(data, dict) else {}


def _sign_in(entry: Mapping[str, Any]) -> SignIn:
    try:
        values = {name: value for name, value in entry.items() if name in _NAMES}
        values["scopes"] = tuple(values.get("scopes", ()))
        values["credentials"] = Credentials(**values.get("credentials", {}))
        return SignIn(**values)
    except (TypeError, AttributeError):
        pass
    raise _unusable(None)


def _unusable(path: Path | None) -> ConfigError:
    return ConfigError(
        "The file of sign-ins cannot be used.",
        reason=f"{path or 'It'} was not written by this version of triage.",
        hint="Move it away, then sign in: triage auth login",
    )
