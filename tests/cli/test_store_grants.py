"""`triage store grants`: SQL on stdout, and what to do with it on stderr."""

from __future__ import annotations

import json

import pytest

from screens import Runner
from triage.cli.exits import Exit
from triage.store.grants import grants


def test_the_sql_alone_goes_to_a_pipe(run: Runner) -> None:
    """What `psql` is to read, and not a word more; without configuration or store."""
    ran = run("store", "grants")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == grants("triage_owner", "triage_agent", "triage_reader")


def test_a_terminal_is_told_that_nothing_was_run(run: Runner) -> None:
    """Whoever only looks is told what to do with it."""
    ran = run("store", "grants", tty=True)
    assert ran.out == grants("triage_owner", "triage_agent", "triage_reader")
    assert "Nothing was run" in ran.err


def test_names_of_the_roles(run: Runner) -> None:
    """The roles are called as one likes, and keep every character."""
    ran = run("store", "grants", "--owner", "Öwner", "--agent", 'a"b', "--reader", "r")
    assert ran.out == grants("Öwner", 'a"b', "r")
    assert 'CREATE ROLE "a""b" NOLOGIN;' in ran.out


def test_json(run: Runner) -> None:
    """The same with the names beside it."""
    ran = run("store", "grants", "--reader", "charts", "--json")
    (item,) = json.loads(ran.out)["items"]
    assert item["sql"] == grants("triage_owner", "triage_agent", "charts")
    assert (item["owner"], item["agent"], item["reader"]) == (
        "triage_owner",
        "triage_agent",
        "charts",
    )


@pytest.mark.parametrize("name", ["", "pg_write_all_data", "a\nDROP TABLE message; --"])
def test_a_name_that_is_none(run: Runner, name: str) -> None:
    """It is refused with the flag, and nothing is printed that could be run."""
    ran = run("store", "grants", "--agent", name)
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert "--agent" in ran.err
