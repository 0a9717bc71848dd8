"""docs/customers.md shows what the program does: its commands are run on the demo, in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guides import DOCS, NINE, Reader, reader_in
from screens import Runner

PAGE = DOCS / "customers.md"


@pytest.fixture
def reader(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader of the page, who has made the demo at nine o'clock."""
    for reader in reader_in(tmp_path, run, monkeypatch):
        # Fetching compares two clocks of the machine.
        monkeypatch.setattr("triage.bootstrap.time.clock_gettime_ns", _nine, raising=False)
        monkeypatch.setattr("triage.bootstrap.time.CLOCK_MONOTONIC", 1, raising=False)
        monkeypatch.setenv("TRIAGE_AGENT", "ana")
        assert run("demo").code == 0
        yield reader


def _nine(_clock: int) -> int:
    return NINE * 1_000_000_000


@pytest.mark.enable_socket
def test_the_page_works_and_shows_what_is_printed(reader: Reader) -> None:
    """Every command of the page: exit code 0, and the screen as it is shown."""
    reader.read(PAGE)
