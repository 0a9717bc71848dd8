"""What a command did, and screens kept as files to compare with."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "golden"


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Runner = Callable[..., Ran]
"""The fixture `run` of the command line's tests."""


def assert_golden(name: str, text: str) -> None:
    """Compare with `golden/NAME.txt`; TRIAGE_GOLDEN=write writes it anew."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("TRIAGE_GOLDEN") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path.name} is missing; run with TRIAGE_GOLDEN=write"
    assert text == path.read_text(encoding="utf-8")
