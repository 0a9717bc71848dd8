"""A queue that nobody fills any more says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.accounts import STALE_AFTER
from triage.core.kinds import HOUR, MINUTE
from triage.errors import NetworkDown

WARNING = "Nothing was fetched for 3h: is the cron job running? See: triage doctor"


@pytest.mark.parametrize("words", [["queue"], ["queue", "--json"], ["queue", "--csv"]])
def test_a_script_hears_it_too(busy: Desk, run: Runner, words: list[str]) -> None:
    """On stderr, with the same data on stdout and the same exit code; not with --quiet."""
    busy.now += 3 * HOUR
    ran = run(*words)
    assert (ran.code, ran.err) == (0, f"{WARNING}\n")
    assert run(*words, "-q") == (0, ran.out, "")


@pytest.mark.parametrize("width", [40, 80])
def test_screen(busy: Desk, run: Runner, width: int) -> None:
    """On a terminal it stands below the queue."""
    busy.now += 3 * HOUR
    ran = run("queue", tty=True, width=width)
    assert all(len(line) <= width for line in (ran.out + ran.err).splitlines())
    assert_golden(f"queue-stale-{width}", f"{ran.out}--- stderr\n{ran.err}")


def test_half_an_hour_is_the_limit(busy: Desk, run: Runner) -> None:
    """Up to it nothing is said."""
    busy.now += 30 * MINUTE
    assert run("queue").err == ""
    busy.now += 1
    assert "Nothing was fetched for 30m" in run("queue").err


def test_the_configuration_has_another_limit(busy: Desk, home: Path, run: Runner) -> None:
    """As soon as it is applied: a read compares with the store and parses no settings."""
    busy.now += 3 * HOUR
    config = home / ".config/triage/config.toml"
    config.write_text(f'{config.read_text()}\n[fetch]\nstale_after = "4h"\n')
    assert WARNING in run("queue").err
    assert run("config", "apply").code == 0
    assert busy.store.settings.get(STALE_AFTER) == str(4 * HOUR)
    assert run("queue").err == ""


def test_who_is_only_imported_into(desk: Desk, run: Runner) -> None:
    """Nobody fetches there, so nobody is missed."""
    desk.now += 1000 * HOUR
    assert run("queue") == (0, "", "")


def test_fetches_that_never_succeeded(desk: Desk, run: Runner) -> None:
    """It is not the cron job that is missing there."""
    desk.channel.fail_next("page", NetworkDown("down"))
    desk.fetch()
    assert run("queue").err == ""
    desk.now += 2 * HOUR
    told = "No fetch has succeeded since the first, 2h ago. See: triage doctor\n"
    assert run("queue").err == told


def test_the_doctor_has_the_same_limit(busy: Desk, run: Runner) -> None:
    """And says how a cron job is made."""
    busy.now += 30 * MINUTE
    assert "ok\tfetch @acme" in run("doctor").out
    busy.now += 1
    (line,) = [x for x in run("doctor").out.splitlines() if "\tfetch @acme\t" in x]
    assert line == (
        "warn\tfetch @acme\tThe last fetch was 30m ago, more than 30m.\t"
        "Is the cron job running? Make one: triage schedule print --cron"
    )


def test_it_costs_one_read(busy: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """One statement more than the queue itself, whatever the age."""
    statements: list[str] = []
    query = type(busy.store.engine).query

    def counted(engine: object, sql: str, params: object = None) -> object:
        statements.append(sql)
        return query(engine, sql, params)  # type: ignore[arg-type]

    monkeypatch.setattr(type(busy.store.engine), "query", counted)
    busy.now += 3 * HOUR
    run("queue")
    assert sum("FROM run" in sql for sql in statements) == 1
    assert sum("completed_at" in sql for sql in statements) == 1
