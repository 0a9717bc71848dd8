"""`triage demo --store`: the same demo on a server, which holds nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres
from screens import Ran, Runner
from triage.errors import TryLater
from triage.store.store import SqlStore


@pytest.fixture
def bare(home: Path) -> Path:
    """A home without a configuration."""
    (home / ".config/triage/config.toml").unlink()
    return home


@pytest.fixture
def empty() -> Iterator[str]:
    """A database without any table."""
    postgres.need()
    made = postgres.clone()
    yield made
    postgres.drop(made)


def tables(url: str) -> list[str]:
    """What stands in a database."""
    import psycopg

    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('public')"
        ).fetchall()
    return sorted(name for (name,) in rows)


def ids(ran: Ran) -> list[str]:
    """Of the conversations that wait, in the order of the queue."""
    return [line.split("\t")[0] for line in ran.out.splitlines()]


def customers(ran: Ran) -> list[str]:
    """Who waits."""
    return [line.split("\t")[3] for line in ran.out.splitlines()]


def rows(url: str, table: str) -> int:
    """How many rows a table has."""
    import psycopg

    with psycopg.connect(url) as connection:
        found = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608
    assert found is not None
    return int(found[0])


@pytest.mark.enable_socket
def test_it_is_the_same_demo(
    bare: Path, empty: str, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same people wait; it remembers its server until it is thrown away, which leaves nothing.

    A desk is never taken for a demo, and a second demo does not take a first one's database.
    """
    here = run("demo")
    another = run("demo", "--store", empty)
    assert another.code == 1
    assert "its store is another one" in another.err
    assert tables(empty) == []
    there = run("demo", "--reset", "--store", empty)
    assert there.code == 0
    assert sorted(customers(there)) == sorted(customers(here))
    assert not (bare / ".local/share/triage/demo/triage.db").exists()
    number = ids(there)[0]
    assert run("--demo", "reply", number, "Sorry! We are on it.", "-y").code == 0
    left = [n for n in ids(there) if n != number]
    for words in (["demo"], ["demo", "--store", empty], ["--demo", "queue"]):
        assert ids(run(*words)) == left
    assert run("--demo", "doctor").code == 0
    config = bare / ".local/share/triage/demo/config.toml"
    assert f'store = "{empty}"' in config.read_text()
    config.unlink()
    taken = run("demo", "--store", empty)
    assert taken.code == 1
    assert "holds a demo already" in taken.err
    assert not config.exists()
    # What follows is about what is thrown away: nobody has to be fetched.
    monkeypatch.setattr("triage.cli.demo._fetch", _not_now)
    assert "not now" in run("demo", "--reset", "--store", empty).err
    assert config.exists()
    assert rows(empty, "brand") == 0
    assert "not now" in run("demo", "--reset").err
    assert tables(empty) == []
    assert "store = " not in config.read_text().replace("#store = ", "")


def _not_now(_app: object) -> None:
    raise TryLater("not now")


def test_what_is_no_demo_is_left_alone(bare: Path, tmp_path: Path, run: Runner) -> None:
    """Neither a desk of ours nor another program's tables; with --reset too."""
    postgres.need()
    ours, theirs = postgres.database(tmp_path), postgres.clone()
    store = SqlStore.open(ours)
    with store.tx():
        store.accounts.brand("acme")
    store.close()
    import psycopg

    with psycopg.connect(theirs) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    for url in (ours, theirs):
        before = tables(url)
        for words in (["demo"], ["demo", "--reset"]):
            ran = run(*words, "--store", url)
            assert ran.code == 1
            assert "holds something else than a demo" in ran.err
        assert tables(url) == before
    assert not (bare / ".local/share/triage/demo").exists()
    postgres.drop(theirs)


@pytest.mark.parametrize("url", ["here.db", "postgresql://a:b@c@d/x", "http://h/d"])
def test_what_is_no_address(bare: Path, run: Runner, url: str) -> None:
    """Refused before anything is made, and not repeated."""
    ran = run("demo", "--store", url)
    assert ran.code == 2
    assert "b@c" not in ran.err
    assert not (bare / ".local").exists()
