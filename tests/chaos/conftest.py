"""Desks for the tests of crashes and faults."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("chaos.desk", "chaos.oracle")

from chaos.desk import Desk, Maker, Server, now_ms, waiting_customers  # noqa: E402 - rewritten first
from triage.sandbox import seeds  # noqa: E402
from triage.sandbox.state import State  # noqa: E402


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[Maker]:
    """Makes a desk with a server of its own around a state."""
    with contextlib.ExitStack() as stack:

        def make(state: State, *, settings: str = "", help_too: bool = False) -> Desk:
            server = stack.enter_context(Server(state))
            return Desk(tmp_path / "desk", server, settings=settings, help_too=help_too)

        yield make


@pytest.fixture
def desk(make_desk: Maker) -> Desk:
    """A desk with two waiting customers that was fetched once."""
    made: Desk = make_desk(waiting_customers(), settings='timeout = "1s"\n')
    assert made.run_here("fetch").code == 0
    return made


@pytest.fixture
def busy_desk(make_desk: Maker) -> Desk:
    """The demo's brand with both accounts and small pages, nothing fetched yet."""
    return make_desk(seeds.demo(now_ms()), settings="page_size = 10\n", help_too=True)
