"""Words of a reply on disk until the store has them: a file for each that is being written.

The editor works on that file, so whatever stops us, the store, the machine or the terminal, what
was saved in the editor is there. Beside it stands what it answers. Files are 0600, in a folder of
this database under the state directory, and go when their words are committed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from triage.core.outbox import ReplyState
from triage.core.records import Reply

SCISSORS = "# ------------------------ everything below this line is left out"
NAME = re.compile(r"[0-9A-Za-z]{1,20}-[0-9a-f]{6}")
"""How a file is called, without its ending: the conversation, and six digits."""
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """Words that were written and that the store does not have.

    Attributes:
        name: What a person types, such as `41-3f2a1c`.
        path: The file.
        reference: Which conversation was named; its id where it was found.
        text: The words as they were saved last.
        start: What stood there when the editor was opened.
        agent: Who writes; empty if that is not known.
        at: When it was begun, UTC ms.
        reply: What it is to be saved as, with the words; None if the store could not be read then.
        is_open: A process has it open: an editor, or the command that opened one.
        has_swap: An editor left a file of its own there, with words that it had not saved.
    """

    name: str
    path: Path
    reference: str
    text: str
    start: str
    agent: str
    at: int
    reply: Reply | None
    is_open: bool
    has_swap: bool

    @property
    def is_worth_keeping(self) -> bool:
        """Somebody wrote something, or may still do so."""
        return self.is_open or self.has_swap or self.text not in ("", self.start)


class Pad:
    """A file that is being written on; locked by us, and by the editor that we open it in.

    Attributes:
        path: The file.
        name: What a person types.
        lock: The descriptor that holds the lock, for the editor to inherit.
        reply: What it is to be saved as.
    """

    def __init__(self, path: Path, lock: int, reply: Reply) -> None:
        self.path = path
        self.name = path.stem
        self.lock = lock
        self.reply = reply

    def words(self) -> str:
        """What stands above the line, now safe from a power cut.

        Raises:
            OSError: It cannot be read.
            UnicodeDecodeError: It is not UTF-8.
        """
        handle = os.open(self.path, os.O_RDWR)
        with os.fdopen(handle, "rb") as file:
            os.fchmod(handle, 0o600)
            os.fsync(handle)
            return _words(file.read(_MOST_BYTES).decode("utf-8-sig"))

    def done(self) -> None:
        """Remove it: the store has its words, or nobody wants them."""
        self.close()
        _remove(self.path)

    def discard(self) -> bool:
        """Remove it unless an editor still has it open; False if it stays for that."""
        self.close()
        if _is_open(self.path):
            return False
        _remove(self.path)
        return True

    def close(self) -> None:
        """Leave it where it is."""
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


class Recovery:
    """The files of one database.

    Args:
        state_dir: Under which they lie.
        database: Whose they are, by what this machine calls it: its path, or its server and name.
            The same number is another conversation in another database.
    """

    def __init__(self, state_dir: Path, database: str) -> None:
        key = sha256(database.encode()).hexdigest()[:16]
        self.folder = state_dir / "drafts" / key
        self._state_dir = state_dir

    def begin(self, reply: Reply, text: str, below: str, at: int) -> Pad:
        """Make the file of a reply, and lock it.

        Args:
            reply: As it is to be saved.
            text: What stands there at first.
            below: What is shown below the line.
            at: UTC ms.

        Raises:
            OSError: It cannot be written.
        """
        head = str(reply.conversation_id or 0)
        path = self._new(head)
        lock = self._describe(path, head, reply.agent, at, reply, start=text)
        try:
            _write(path, f"{text}\n\n{SCISSORS}\n{below}\n")
        except BaseException:
            os.close(lock)
            _remove(path)
            raise
        return Pad(path, lock, reply)

    def keep(self, reference: str, text: str, agent: str, at: int, reply: Reply | None) -> Path:
        """Keep words that the store did not take; give the file.

        Args:
            reference: The conversation as it was named.
            text: The words.
            agent: Whose they are.
            at: UTC ms.
            reply: What they were to be saved as, if that is known.

        Raises:
            OSError: They cannot be kept here either.
        """
        head = re.sub("[^0-9A-Za-z]", "", reference)[-20:] or "0"
        path = self._new(head)
        os.close(self._describe(path, reference, agent, at, reply, start=""))
        _write(path, text + "\n")
        return path

    def reopen(self, kept: Kept, reply: Reply) -> Pad:
        """Write on in a file that was left. Raises `OSError` if it is gone."""
        lock = os.open(kept.path.with_suffix(".json"), os.O_CREAT | os.O_RDWR, 0o600)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        saved = kept.path.with_name(f"{kept.path.name}.save")
        if saved.exists():
            _write(kept.path, kept.text + "\n")
            saved.unlink()
        return Pad(kept.path, lock, reply)

    def all(self) -> list[Kept]:
        """What was left, oldest first; files in which nobody wrote anything are removed."""
        found = []
        try:
            paths = sorted(self.folder.glob("*.txt"))
        except OSError:
            return []
        for path in paths:
            kept = _kept(path)
            if kept is None:
                continue
            if kept.is_worth_keeping:
                found.append(kept)
            else:
                _remove(path)
        return sorted(found, key=lambda k: (k.at, k.name))

    def find(self, name: str) -> Kept | None:
        """The one of this name."""
        if not NAME.fullmatch(name):
            return None
        path = self.folder / f"{name}.txt"
        return _kept(path) if path.exists() else None

    def drop(self, kept: Kept) -> None:
        """Remove one for good."""
        _remove(kept.path)

    def _new(self, head: str) -> Path:
        return self.folder / f"{head}-{os.urandom(3).hex()}.txt"

    def _describe(
        self, path: Path, reference: str, agent: str, at: int, reply: Reply | None, *, start: str
    ) -> int:
        """Write what it answers, before its words; give the descriptor that holds the lock."""
        self._state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(exist_ok=True, mode=0o700)
        told = {
            "reference": reference,
            "agent": agent,
            "at": at,
            "start": start,
            "reply": None if reply is None else asdict(replace(reply, text="")),
        }
        handle = os.open(path.with_suffix(".json"), os.O_CREAT | os.O_RDWR | os.O_EXCL, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            _write_all(handle, json.dumps(told).encode())
            os.fsync(handle)
        except BaseException:
            os.close(handle)
            _remove(path)
            raise
        return handle


def _write(path: Path, text: str) -> None:
    """Write a private file, and its name, so that a power cut leaves both."""
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        _write_all(handle, text.encode("utf-8", "surrogateescape"))
        os.fsync(handle)
    finally:
        os.close(handle)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _words(content: str) -> str:
    return content.replace("\r\n", "\n").split(SCISSORS)[0].strip()


def _kept(path: Path) -> Kept | None:
    told = _told(path.with_suffix(".json"))
    try:
        content = _newest(path).read_bytes()[:_MOST_BYTES].decode("utf-8", "replace")
        changed = path.stat().st_mtime_ns // 1_000_000
    except OSError:
        return None
    text = _words(content)
    reply = _reply(told.get("reply"))
    return Kept(
        name=path.stem,
        path=path,
        reference=str(told.get("reference") or path.stem.partition("-")[0]),
        text=text,
        start=str(told.get("start") or "").strip(),
        agent=str(told.get("agent") or ""),
        at=told["at"] if isinstance(told.get("at"), int) else changed,
        reply=None if reply is None else replace(reply, text=text),
        is_open=_is_open(path),
        has_swap=any(path.parent.glob(f".{path.name}.sw?")),
    )


def _newest(path: Path) -> Path:
    """The file, or what nano leaves beside it when its terminal is closed."""
    saved = path.with_name(f"{path.name}.save")
    with contextlib.suppress(OSError):
        if saved.stat().st_mtime_ns >= path.stat().st_mtime_ns:
            return saved
    return path


def _told(path: Path) -> dict[str, Any]:
    """What stands beside a file; empty where it cannot be read: the words count."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _reply(told: object) -> Reply | None:
    if not isinstance(told, dict):
        return None
    try:
        return Reply(**{**told, "state": ReplyState(told["state"])})
    except (TypeError, KeyError, ValueError):
        return None  # written by another version: the words are enough


def _is_open(path: Path) -> bool:
    try:
        handle = os.open(path.with_suffix(".json"), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _remove(path: Path) -> None:
    """Remove a file with what stands beside it, also what editors leave: backups and swap files.

    The words go first: a file without its description is still found.
    """
    for each in (path, *_beside(path), path.with_suffix(".json")):
        with contextlib.suppress(OSError):
            each.unlink()


def _beside(path: Path) -> Iterator[Path]:
    yield from path.parent.glob(f"{path.name}?*")
    yield from path.parent.glob(f".{path.name}.*")
