"""The copies of pictures of a store, wherever it keeps them: files beside it, or rows."""

from __future__ import annotations

import re
from pathlib import Path

from triage.errors import StoreError
from triage.store.engine import Engine, Lite
from triage.store.media import CopiesBeside, CopiesInside

_NAME = re.compile(r"[0-9a-f]{64}")


class Pictures:
    """All copies of a store.

    Args:
        engine: Of the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._folder = Path(f"{engine.path}.media").absolute() if isinstance(engine, Lite) else None

    def names(self) -> list[str]:
        """Their hashes, in order."""
        if self._folder is None:
            rows = self._engine.query("SELECT sha256 FROM picture ORDER BY sha256")
            return [str(name) for (name,) in rows]
        found = self._folder.iterdir() if self._folder.is_dir() else ()
        # Beside them lie halves of copies, for a moment or since a crash.
        return sorted(file.name for file in found if _NAME.fullmatch(file.name))

    def read(self, name: str) -> bytes:
        """The bytes of one. Raises `StoreError`."""
        if self._folder is None:
            rows = self._engine.query(
                "SELECT data FROM picture WHERE sha256 = :name", {"name": name}
            )
            return bytes(rows[0][0])
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise StoreError(
                "The copy of a picture cannot be read.",
                reason=f"{self._folder / name}: {error.strerror}.",
                hint="Mend that and run the command again.",
            ) from error

    def keep(self, name: str, data: bytes) -> None:
        """Write one; it is there when this returns. Raises `StoreError`."""
        if self._folder is None:
            CopiesInside(self._engine).keep(name, data)
        else:
            CopiesBeside(self._folder).keep(name, data)
