"""The busy desk on both engines, for what must be the same on either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres
from builders import Desk, busy_desk

ENGINES = ("sqlite", "postgres")


def busy_on(engine: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The busy desk in a file, or on a server whose clock is moved by hand too."""
    where: Path | str = folder / "triage.db"
    if engine == "postgres":
        postgres.need()
        patch.setitem(postgres.tokens(), "now", ":now")
        where = postgres.database(folder)
    made = busy_desk(folder, where=where)
    yield made
    made.close()
