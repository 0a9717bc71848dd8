"""`triage db datasette`: the metadata, in a file or on stdout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from screens import Runner


@pytest.mark.usefixtures("busy")
def test_to_a_file(run: Runner, tmp_path: Path) -> None:
    """Only its owner may read it, its name is said, and how to go on; it is replaced."""
    file = tmp_path / "metadata.json"
    ran = run("db", "datasette", str(file), tty=True, width=200)
    assert (ran.code, ran.out) == (0, f"{file}\n")
    assert f"triage.db -m {file}" in ran.err
    assert file.stat().st_mode & 0o777 == 0o600
    told = json.loads(file.read_text())
    assert told["databases"]["triage"]["tables"]["queue"]["title"] == "Queue"
    again = run("db", "datasette", str(file), "--json")
    assert json.loads(again.out)["items"] == [{"path": str(file)}]


@pytest.mark.usefixtures("busy")
def test_to_stdout(run: Runner) -> None:
    """As Datasette reads it, whether or not JSON was asked for."""
    ran = run("db", "datasette")
    assert json.loads(ran.out)["title"] == "triage"
    assert run("db", "datasette", "-", "--json").out == ran.out


@pytest.mark.usefixtures("home")
def test_refused(run: Runner, tmp_path: Path) -> None:
    """Without a store there is nothing to tell of."""
    assert run("db", "datasette").code == 1
    assert list(tmp_path.glob("*.json")) == []


@pytest.mark.usefixtures("busy")
def test_no_such_folder(run: Runner, tmp_path: Path) -> None:
    """A folder is not made for a typing error."""
    ran = run("db", "datasette", str(tmp_path / "nowhere" / "m.json"))
    assert ran.code == 2
    assert "There is no folder" in ran.err
