"""Pictures of replies: rows that say what they are, and a copy of each with the store.

A reply that waits must not depend on a file that somebody moves: the bytes are kept under their
hash until no reply needs them any more. Beside a file they are files, mode 0600; on a server they
are rows, since whoever sends a reply may sit at another computer than whoever attached them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

from triage.core.media import Attachment, Picture
from triage.errors import StoreError
from triage.store.engine import Engine, Lite

_COLUMNS = "position, path, sha256, bytes, media_type, alt, native_id, uploaded_at"
_NEEDED = """
SELECT DISTINCT m.sha256 FROM reply_media m JOIN reply r ON r.id = m.reply_id
WHERE r.state NOT IN ('sent', 'cancelled', 'deleted')
"""


class _Copies(Protocol):
    def keep(self, sha256: str, data: bytes) -> None: ...

    def read(self, attachment: Attachment) -> bytes: ...

    def where(self, sha256: str) -> str: ...

    def sweep(self, needed: Collection[str]) -> int: ...


class MediaStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._copies: _Copies = (
            CopiesBeside(Path(f"{engine.path}.media").absolute())
            if isinstance(engine, Lite)
            else CopiesInside(engine)
        )

    def attach(self, reply_id: int, pictures: Sequence[Picture]) -> None:
        """Keep copies of pictures, and write whose they are, in the order given.

        Raises:
            StoreError: A copy could not be written.
        """
        for position, picture in enumerate(pictures, 1):
            sha256 = hashlib.sha256(picture.data).hexdigest()
            self._copies.keep(sha256, picture.data)
            self._engine.execute(
                "INSERT INTO reply_media (reply_id, position, path, sha256, bytes, media_type, "
                "alt) VALUES (:reply_id, :position, :path, :sha256, :bytes, :media_type, :alt)",
                {
                    "reply_id": reply_id,
                    "position": position,
                    "path": picture.path,
                    "sha256": sha256,
                    "bytes": len(picture.data),
                    "media_type": picture.media_type,
                    "alt": picture.alt,
                },
            )

    def of(self, reply_id: int) -> list[Attachment]:
        """The pictures of a reply, in their order."""
        rows = self._engine.query(
            f"SELECT {_COLUMNS} FROM reply_media WHERE reply_id = :id ORDER BY position",
            {"id": reply_id},
        )
        return [Attachment(*row) for row in rows]

    def read(self, attachment: Attachment) -> bytes:
        """Read a picture's copy.

        Raises:
            StoreError: It is not there, or is not what was attached.
        """
        data = self._copies.read(attachment)
        if hashlib.sha256(data).hexdigest() != attachment.sha256:
            raise StoreError(
                f"The copy of {attachment.path} is not what was attached.",
                reason=f"{self._copies.where(attachment.sha256)} was changed.",
                hint="Write the reply anew, with the picture.",
            )
        return data

    def note_upload(self, reply_id: int, position: int, native_id: str | None, at: int) -> None:
        """Write the channel's id of a picture; None if it has none any more."""
        self._engine.execute(
            "UPDATE reply_media SET native_id = :native_id, uploaded_at = :at "
            "WHERE reply_id = :id AND position = :position",
            {"id": reply_id, "position": position, "native_id": native_id, "at": at},
        )

    def sweep(self) -> int:
        """Remove the copies that no reply needs any more; tell how many.

        Call it inside `tx()`: nobody attaches a picture meanwhile.
        """
        return self._copies.sweep({sha256 for (sha256,) in self._engine.query(_NEEDED)})


class CopiesBeside:
    """Copies as files in a folder beside the database's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def where(self, sha256: str) -> str:
        """What a copy is called to people."""
        return str(self.folder / sha256)

    def keep(self, sha256: str, data: bytes) -> None:
        """Write a copy, down to the disk. Raises `StoreError`."""
        file = self.folder / sha256
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            new = file.with_name(f".{sha256}.{os.getpid()}")
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            new.replace(file)
        except OSError as error:
            raise StoreError(
                "The picture could not be kept beside the database.",
                reason=f"{self.folder}: {error.strerror}.",
                hint="Make room there, or make it writable.",
            ) from error

    def read(self, attachment: Attachment) -> bytes:
        """The bytes of a copy. Raises `StoreError`."""
        try:
            return (self.folder / attachment.sha256).read_bytes()
        except OSError as error:
            raise _unreadable(
                attachment, f"{self.where(attachment.sha256)}: {error.strerror}."
            ) from error

    def sweep(self, needed: Collection[str]) -> int:
        """Remove all but these, and halves of copies."""
        if not self.folder.is_dir():
            return 0
        gone = [f for f in self.folder.iterdir() if f.name not in needed]
        for file in gone:
            file.unlink(missing_ok=True)
        return len(gone)


class CopiesInside:
    """Copies as rows of the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def where(self, sha256: str) -> str:
        """What a copy is called to people."""
        return f"the picture {sha256} in the store"

    def keep(self, sha256: str, data: bytes) -> None:
        """Write a copy; the same one twice is one."""
        self._engine.execute(
            "INSERT INTO picture (sha256, data) VALUES (:sha256, :data) "
            "ON CONFLICT (sha256) DO NOTHING",
            {"sha256": sha256, "data": data},
        )

    def read(self, attachment: Attachment) -> bytes:
        """The bytes of a copy. Raises `StoreError`."""
        rows = self._engine.query(
            "SELECT data FROM picture WHERE sha256 = :sha256", {"sha256": attachment.sha256}
        )
        if not rows:
            raise _unreadable(attachment, "The store does not have it.")
        return bytes(rows[0][0])

    def sweep(self, needed: Collection[str]) -> int:
        """Remove all but these."""
        kept = {sha256 for (sha256,) in self._engine.query("SELECT sha256 FROM picture")}
        gone = [{"sha256": sha256} for sha256 in sorted(kept - set(needed))]
        self._engine.many("DELETE FROM picture WHERE sha256 = :sha256", gone)
        return len(gone)


def _unreadable(attachment: Attachment, reason: str) -> StoreError:
    return StoreError(
        f"The copy of {attachment.path} cannot be read.",
        reason=reason,
        hint="Write the reply anew, with the picture.",
    )
