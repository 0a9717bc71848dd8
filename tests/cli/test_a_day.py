"""docs/a-day.md is a day's work on the demo: its commands are run, each at its hour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from guides import DOCS, NINE, Reader, reader_in
from screens import Runner

PAGE = DOCS / "a-day.md"
_HOUR = re.compile(r"## (\d+):(\d\d) ")


class Day:
    """A clock that the headings of the page set."""

    def __init__(self) -> None:
        self.at = NINE

    def time_ns(self, _clock: int = 0) -> int:
        """The time, in nanoseconds."""
        return self.at * 1_000_000_000

    def turn(self, hour: int, minute: int) -> None:
        """Go on to an hour of the day."""
        self.at = NINE + (hour - 9) * 3600 + minute * 60


@pytest.fixture
def day() -> Day:
    """The clock, at nine."""
    return Day()


@pytest.fixture
def reader(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: Day
) -> Iterator[Reader]:
    """Ana, who has made the demo."""
    for reader in reader_in(tmp_path, run, monkeypatch):
        monkeypatch.setattr("triage.bootstrap.time.time_ns", day.time_ns)
        # Fetching compares two clocks of the machine.
        monkeypatch.setattr("triage.bootstrap.time.clock_gettime_ns", day.time_ns, raising=False)
        monkeypatch.setattr("triage.bootstrap.time.CLOCK_MONOTONIC", 1, raising=False)
        monkeypatch.setattr("triage.sandbox.state.time", day)
        monkeypatch.setenv("TRIAGE_AGENT", "ana")
        day.turn(8, 55)
        assert run("demo").code == 0
        yield reader


@pytest.mark.enable_socket
def test_the_day_is_as_it_is_told(reader: Reader, day: Day) -> None:
    """Every command in its order and at its hour: exit code 0, and the screen as it is shown."""

    def begin(section: str) -> None:
        if hour := _HOUR.match(section):
            day.turn(int(hour[1]), int(hour[2]))

    reader.read(PAGE, begin)
