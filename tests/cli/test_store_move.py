"""`triage store move`: what it says, and that only one store is in use."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import postgres
from builders import Desk
from engines import sqlite_only
from screens import Ran, Runner
from triage.config.places import resolve_places
from triage.store.lock import hold
from triage.store.recovery import Recovery

pytestmark = sqlite_only("the store that is moved is the file of the configuration")


@pytest.fixture
def old(busy: Desk) -> Path:
    """The file of a desk that nobody has open."""
    busy.close()
    return busy.db


def error(ran: Ran) -> str:
    """What it said on stderr, on one line."""
    return " ".join(ran.err.split())


def items(ran: Ran) -> dict[str, Any]:
    """The tables of a JSON document, by name."""
    return {item["table"]: item for item in json.loads(ran.out)["items"]}


def test_it_says_what_was_moved(run: Runner, old: Path) -> None:
    """Counts, checksums and counters of every table, and the line for the configuration."""
    new = old.with_name("new.db")
    ran = run("store", "move", "--to", str(new), "--json")
    assert ran.code == 0
    assert ran.err == ""
    told = json.loads(ran.out)
    assert (told["outcome"], told["source"], told["target"]) == ("moved", str(old), str(new))
    assert told["config"] == f'store = "{new}"'
    assert {*items(ran)} >= {"message", "wait", "activity", "meta", "picture"}
    assert items(ran)["conversation"]["rows"] == items(ran)["conversation"]["counter"] == 6
    assert len(items(ran)["message"]["sha256"]) == 64
    assert items(ran)["meta"]["counter"] is None


def test_the_line_that_it_tells_is_the_line_that_works(run: Runner, old: Path, home: Path) -> None:
    """Before it is written every command says where the store went; then the queue is as it was."""
    new = old.with_name("new.db")
    told = json.loads(run("store", "move", "--to", str(new), "--json").out)
    ran = run("queue")
    assert ran.code == 1
    assert f"The store {old} was moved to {new}." in error(ran)
    assert told["config"] in error(ran)
    assert run("fetch").code == 1
    file = home / ".config" / "triage" / "config.toml"
    file.write_text(told["config"] + "\n" + file.read_text())
    assert len(json.loads(run("queue", "--json").out)["items"]) == 3


def test_a_person_sees_a_table_and_what_to_do_next(run: Runner, old: Path) -> None:
    """Narration goes to stderr, and only where somebody reads along."""
    new = old.with_name("new.db")
    ran = run("store", "move", "--to", str(new), tty=True, width=200)
    assert ran.out.splitlines()[0].split() == ["TABLE", "ROWS", "SHA256"]
    assert "all counts and checksums are the same" in error(ran)
    assert f'Write this into config.toml: store = "{new}"' in error(ran)
    again = run("store", "move", "--to", str(new), tty=True, width=200)
    assert again.out == ran.out
    assert "both are identical" in error(again)
    piped = run("store", "move", "--to", str(new))
    assert piped.err == ""
    assert ["conversation", "6"] in [line.split("\t")[:2] for line in piped.out.splitlines()]


def test_it_is_taken_back(run: Runner, old: Path) -> None:
    """The old store is in use again, and the new one is not."""
    new = old.with_name("new.db")
    assert run("store", "move", "--to", str(new)).code == 0
    ran = run("store", "move", "--back", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["outcome"], told["config"]) == (0, "back", f'store = "{old}"')
    assert run("queue").code == 0
    assert run("queue", "--db", str(new)).code == 1
    refused = run("store", "move", "--back")
    assert refused.code == 1
    assert "was not moved" in error(refused)


def test_what_is_lost_is_not_waited_for(run: Runner, old: Path) -> None:
    """Taken back without the other store, nothing goes out before our timeline was read."""
    new = old.with_name("new.db")
    assert run("reply", "3", "Sorry, Ana.", "-y").code == 0
    assert run("store", "move", "--to", str(new)).code == 0
    new.unlink()
    assert "--lost" in error(run("store", "move", "--back"))
    assert run("store", "move", "--back", "--lost").code == 0
    ran = run("reply", "4", "We do.", "-y")
    assert ran.code == 1
    assert "our own timeline must be read first" in error(ran)


def test_the_machine_that_moved_it_goes_on_sending(run: Runner, old: Path) -> None:
    """It knows the new store as it knew the old one."""
    new = old.with_name("new.db")
    assert run("reply", "3", "Sorry, Ana.", "-y").code == 0
    assert run("store", "move", "--to", str(new)).code == 0
    assert run("reply", "4", "We do.", "-y", "--db", str(new)).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say where to move it."),
        (("--lost",), "Say where to move it."),
        (("--lost", "--to", "x.db"), "--lost goes with --back"),
        (("--back", "--lost", "--to", "x.db"), "--lost goes with --back"),
        (("--to", "x.db", "--wait", "-1"), "--wait"),
    ],
)
def test_flags_that_make_no_sense(
    run: Runner, old: Path, words: tuple[str, ...], said: str
) -> None:
    """They are refused before anything is opened."""
    ran = run("store", "move", *words)
    assert ran.code == 2
    assert said in error(ran)
    assert run("queue").code == 0


@pytest.mark.parametrize("what", ["fetch", "send"])
def test_who_fetches_or_sends_is_waited_for(run: Runner, old: Path, what: str) -> None:
    """Their process is named."""
    with hold(old.with_name(f"{old.name}.{what}.lock"), what, started_at=0):
        ran = run("store", "move", "--to", str(old.with_name("new.db")), "--wait", "0")
    assert ran.code == 75
    assert f"Another {what} is running." in error(ran)
    assert run("queue").code == 0


def test_words_that_are_not_saved_are_not_left_behind(run: Runner, old: Path) -> None:
    """They are kept beside the old store, and nobody would look for them there."""
    places = resolve_places(env=os.environ)
    Recovery(places.state_dir, places.store_key).keep("3", "typed", "ana", 0, None)
    ran = run("store", "move", "--to", str(old.with_name("new.db")))
    assert ran.code == 1
    assert "triage drafts" in error(ran)
    assert run("queue").code == 0


@pytest.mark.enable_socket
def test_a_server_and_its_password(run: Runner, old: Path, tmp_path: Path) -> None:
    """There and back by addresses; the password is in nothing that is said or kept."""
    url = postgres.by_address(postgres.database(tmp_path / "server"))
    ran = run("store", "move", "--to", url, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["config"].startswith('store = "postgresql://postgres@127.0.0.1:')
    moved = run("queue")
    assert moved.code == 1
    assert "postgresql://postgres@127.0.0.1:" in error(moved)
    again = old.with_name("again.db")
    back = run("store", "move", "--from", url, "--to", str(again), "--json")
    assert {k: v["sha256"] for k, v in items(back).items()} == {
        k: v["sha256"] for k, v in items(ran).items()
    }
    password = "of%20the%20tests", "of the tests"
    for told in (*ran, *moved, *back, *run("queue", "--db", url)):
        assert not [p for p in password if p in str(told)]
    assert password[1].encode() not in again.read_bytes() + old.read_bytes()
