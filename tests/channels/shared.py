"""Where the real data lies that some tests run on; it is no part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]


def shared(path: str) -> Path:
    """Give a file of the shared data; skip with a reason without it, fail in CI."""
    base = Path(os.environ.get("TRIAGE_SHARED", _ROOT.parent / "shared"))
    found = base / "data" / path
    if not found.exists():
        reason = f"{found} is not here; set TRIAGE_SHARED to the folder that holds `data`"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found
