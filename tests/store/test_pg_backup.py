"""A dump of a store on a server, as docs/postgresql.md makes it, and bringing it back."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import postgres
import teams
from builders import Desk, tagger_for
from engines import content
from guides import DOCS
from teams import Team, refused, run
from triage.app import replying
from triage.app.fetching import FetchOptions
from triage.app.replying import send
from triage.app.running import FetchParts, FetchRun, run_fetch
from triage.core.channel import Fate, PostOutcome
from triage.core.model import MINUTE
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.store.store import SqlStore

ANA, FINN = 3, 6
_ADDRESS = "postgresql://triage_owner@db.acme.example/triage"


@pytest.fixture
def team() -> Iterator[Team]:
    """A database with roles."""
    yield from teams.made()


@pytest.fixture
def desk(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An agent's desk there."""
    yield from teams.desk_of(team, tmp_path, monkeypatch)


def tool(name: str, *words: str) -> None:
    """Run a tool of PostgreSQL's; skip where it is not."""
    beside = (postgres._binaries() or Path()) / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name}")
    done = subprocess.run([found, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def as_shown(name: str, stands_for: dict[str, str]) -> None:
    """Run the line of docs/postgresql.md that calls a tool, with what stands for its places."""
    page = (DOCS / "postgresql.md").read_text(encoding="utf-8")
    (line,) = (line for line in page.splitlines() if line.startswith(f"{name} "))
    words = shlex.split(line)[1:]
    for place, here in stands_for.items():
        assert any(place in word for word in words), place
        words = [word.replace(place, here) for word in words]
    tool(name, *words)


def dump(team: Team, folder: Path) -> Path:
    """Dump it while it is in use, as its owner."""
    target = folder / "triage.dump"
    as_shown("pg_dump", {"triage.dump": str(target), _ADDRESS: team.as_user(team.owner)})
    return target


def restore(team: Team, dumped: Path) -> None:
    """Put a dump in the place of the database, and give its roles their rights again."""
    name = urlsplit(team.url).path.lstrip("/")
    postgres.drop(team.url)
    run(
        postgres.url_of("postgres"),
        f'CREATE DATABASE "{name}" OWNER "{team.owner}" TEMPLATE template0 '
        "ENCODING UTF8 LOCALE 'C.UTF-8'",
    )
    owner = team.as_user(team.owner)
    as_shown("pg_restore", {"triage.dump": str(dumped), _ADDRESS: owner})
    run(owner, team.sql())


def queued(desk: Desk) -> Reply:
    """A reply that waits to be sent, since the channel could not be reached."""
    desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    return send(desk.sender, desk.draft(ANA, "On its way!").id)


def fetch(desk: Desk) -> FetchRun:
    """One run of `triage fetch`."""
    return run_fetch(
        FetchParts(
            store=desk.store,
            accounts=[desk.account],
            sender_for=lambda _: desk.sender,
            options=FetchOptions(),
            now=desk.clock,
            tagger_for=tagger_for,
        )
    )


def come_back(desk: Desk, team: Team, dumped: Path) -> None:
    """The database is lost, and restored from a dump, a minute later."""
    desk.store.close()
    restore(team, dumped)
    desk.store = SqlStore.open(desk.where)
    desk.now += MINUTE


def test_a_dump_comes_back_as_it_was(desk: Desk, team: Team, tmp_path: Path) -> None:
    """Every row, the rights of agents, and the numbers: no id is given twice."""
    last = desk.draft(FINN, "A draft")
    dumped = dump(team, tmp_path)
    before = content(desk.store)
    come_back(desk, team, dumped)
    assert content(desk.store) == before
    assert desk.store.reading.search(desk.brand_id, "login", 10)
    assert desk.draft(FINN, "Another draft").id == last.id + 1
    assert refused(str(desk.where), "TRUNCATE message CASCADE")


def test_what_was_sent_since_the_dump_is_not_said_again(
    desk: Desk, team: Team, tmp_path: Path
) -> None:
    """The outbox is held until our own timeline was read, where it is found."""
    send(desk.sender, desk.draft(FINN, "We look into it").id)
    waiting = queued(desk)
    assert waiting.state is ReplyState.QUEUED
    dumped = dump(team, tmp_path)
    assert [r.state for r in fetch(desk).sent] == [ReplyState.SENT]
    come_back(desk, team, dumped)
    assert replying.check_generation(desk.store, desk.generation, desk.brand_id, desk.now)
    assert replying.get_reply(desk.store, waiting.id).state is ReplyState.HELD
    found = [reply.id for settled in fetch(desk).settled for reply in settled.sent]
    assert found == [waiting.id]
    assert replying.get_reply(desk.store, waiting.id).state is ReplyState.SENT
    assert len(desk.public("On its way!")) == 1


def test_what_was_not_sent_goes_out_once(desk: Desk, team: Team, tmp_path: Path) -> None:
    """What is not on our timeline is sent, once, by the run that has read it."""
    send(desk.sender, desk.draft(FINN, "We look into it").id)
    waiting = queued(desk)
    dumped = dump(team, tmp_path)
    send(desk.sender, desk.draft(FINN, "Solved!").id)
    come_back(desk, team, dumped)
    assert fetch(desk).restored
    assert replying.get_reply(desk.store, waiting.id).state is ReplyState.SENT
    assert len(desk.public("On its way!")) == 1
