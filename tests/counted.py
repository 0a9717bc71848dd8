"""Counts over all tests, printed at the end: how many cases, how many kills.

A test asks for the fixture `count` and calls `count("kills")`. The counts travel with the reports
of the tests, so that they add up over processes.
"""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import pytest

_MARK = "counted:"


class Count(Protocol):
    """Adds to a count."""

    def __call__(self, what: str, number: int = 1) -> None:
        """Add so many."""
        ...


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Count:
    """Adds to what is printed at the end of the run."""

    def add(what: str, number: int = 1) -> None:
        request.node.user_properties.append((_MARK + what, int(number)))

    return add


class Total:
    """Adds up and prints."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the counts of a test that has run; they come with its last report."""
        if report.when != "teardown":
            return
        for name, number in report.user_properties:
            if name.startswith(_MARK) and isinstance(number, int):
                self._counts[name.removeprefix(_MARK)] += number

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print them, if there are any."""
        if self._counts:
            words = ", ".join(f"{number} {what}" for what, number in self._counts.items())
            terminalreporter.write_line(words)


__all__ = ["Count", "Total", "count"]
