"""The demo is moved there and back, in the runs that are about servers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import postgres
from movable import dump
from screens import Runner


@pytest.mark.enable_socket
@pytest.mark.deep
def test_the_demo_goes_there_and_back(run: Runner, home: Path, tmp_path: Path) -> None:
    """The same by the checksums that it says, and byte for byte."""
    assert run("demo").code == 0
    first, again = home / ".local" / "share" / "triage" / "demo" / "triage.db", tmp_path / "b.db"
    url = postgres.database(tmp_path / "server")
    before = dump(first)
    there = run("store", "move", "--demo", "--to", url, "--json")
    back = run("store", "move", "--from", url, "--to", str(again), "--json")
    assert (there.code, back.code) == (0, 0)
    items = json.loads(there.out)["items"]
    assert items == json.loads(back.out)["items"]
    assert sum(item["rows"] for item in items) > 300
    assert dump(url) == dump(again) == before
