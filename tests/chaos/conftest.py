"""Desks for the tests of crashes and faults."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import postgres

pytest.register_assert_rewrite("chaos.desk", "chaos.lives", "chaos.oracle", "chaos.telling")

from chaos.desk import Desk, Maker, Server, now_ms, waiting_customers  # noqa: E402 - rewritten first
from chaos.lives import LIVES, StepsOf, steps  # noqa: E402 - the same
from chaos.recorded import check_recorded  # noqa: E402
from triage.sandbox import seeds  # noqa: E402
from triage.sandbox.state import State  # noqa: E402


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[Maker]:
    """Makes a desk with a server of its own around a state."""
    servers: list[Server] = []
    with contextlib.ExitStack() as stack:

        def make(
            state: State,
            *,
            settings: str = "",
            help_too: bool = False,
            name: str = "desk",
            on_a_server: bool = False,
        ) -> Desk:
            server = stack.enter_context(Server(state))
            servers.append(server)
            root = tmp_path / name
            url = postgres.database(root, in_suite=True) if on_a_server else None
            return Desk(root, server, settings=settings, help_too=help_too, url=url)

        yield make
    for server in servers:
        check_recorded(server.exchanges)


@pytest.fixture
def steps_of(make_desk: Maker, tmp_path_factory: pytest.TempPathFactory) -> StepsOf:
    """Counts the steps of a life, once for all processes of a run of the tests."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def count(name: str) -> Mapping[str, int]:
        noted = shared / f"steps of {name}.json"
        if not noted.exists():
            counted = LIVES[name].before(functools.partial(make_desk, name="counted"))
            partial = tmp_path_factory.mktemp("steps") / "partial"
            partial.write_text(json.dumps(dict(steps(counted, LIVES[name]))))
            partial.replace(noted)
        found: Mapping[str, int] = json.loads(noted.read_text())
        return found

    return count


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
