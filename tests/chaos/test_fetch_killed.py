"""A fetch that is killed at any moment loses nothing and repeats nothing."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from chaos.desk import Desk, kill_after, now_ms, rounds, seeded
from chaos.oracle import assert_complete, assert_sound, stored_waits
from triage.sandbox.state import State

pytestmark = pytest.mark.enable_socket

ROUNDS = rounds(2, 1 / 6)
REQUESTS = 36
"""How many requests the first fetch of the busy desk makes; a test below holds it to that."""
KILLED = -9


class Moment(NamedTuple):
    """When to kill: by time, as a request arrives, or some ms after its answer."""

    after_start_s: float | None = None
    arrives: int | None = None
    answered: int | None = None
    delay_s: float = 0.0


def moments(seed: int) -> list[Moment]:
    """One to three moments; the first by the seed's turn, so that each sort has its share."""
    rng = seeded(seed)
    sorts = [
        lambda: Moment(arrives=rng.randint(1, REQUESTS)),
        lambda: Moment(answered=rng.randint(1, REQUESTS), delay_s=rng.uniform(0, 0.03)),
        # After the last answer: the last page, tagging, waits, the outbox, the search index.
        lambda: Moment(answered=REQUESTS, delay_s=rng.uniform(0.0, 0.5)),
        lambda: Moment(answered=rng.randint(1, REQUESTS), delay_s=rng.uniform(0, 0.03)),
        # Before the first request: the store is being made.
        lambda: Moment(after_start_s=rng.uniform(0.2, 0.8)),
    ]
    first = sorts[seed % len(sorts)]()
    return [first] + [rng.choice(sorts[:2])() for _ in range(rng.choice((0, 0, 1, 1, 2)))]


def start_and_kill(desk: Desk, moment: Moment) -> int:
    """Start a fetch, kill it then, and give its exit code."""
    process = desk.start("fetch")
    if moment.after_start_s is not None:
        desk.server.watch()
        kill_after(process, moment.after_start_s)
    else:
        desk.kill_when(
            process, arrives=moment.arrives, answered=moment.answered, delay_s=moment.delay_s
        )
    ran = desk.end(process)
    desk.server.watch()
    return ran.code


def something_happens(state: State, rng: random.Random) -> None:
    """Customers go on between two runs: new mentions, an edit, page tokens that expire."""
    writer = state.add_user(f"newcomer{rng.randint(0, 3)}")
    posts = [state.add_post(writer, f"@acme where is my box no {i}?") for i in range(3)]
    state.edit(rng.choice(posts).id, "@acme my box is here, thanks & sorry")
    if rng.random() < 0.5:
        state.token_generation += 1


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_killed_fetch_is_finished_by_the_next(busy_desk: Desk, seed: int) -> None:
    """After kill -9 at seeded moments the next runs bring every post once and every wait right."""
    rng = seeded(~seed)
    for moment in moments(seed):
        code = start_and_kill(busy_desk, moment)
        assert code in (KILLED, 0), moment
        if rng.random() < 0.5:
            with busy_desk.server.change() as state:
                something_happens(state, rng)
    busy_desk.fetch_to_the_end()
    assert_complete(busy_desk)


@pytest.mark.thin(2)
@pytest.mark.chaos
@pytest.mark.parametrize("number", [1, 2, 12, REQUESTS])
def test_what_was_stored_before_the_kill_stays(busy_desk: Desk, number: int) -> None:
    """Killed as its n-th request arrives, a fetch has kept every page that it had before."""
    assert start_and_kill(busy_desk, Moment(arrives=number)) == KILLED
    # All but the last were answered and, since the next was asked for, stored.
    told = {i for e in busy_desk.server.exchanges[: number - 1] for i in _ids(e.response_body)}
    stored = busy_desk.rows("SELECT native_id FROM message")
    assert told <= {row["native_id"] for row in stored}
    with busy_desk.store() as store:
        assert store.problems() == []
    busy_desk.fetch_to_the_end()
    assert_complete(busy_desk)


def _ids(body: bytes) -> list[str]:
    """The posts of a page, by their first ids."""
    data = json.loads(body).get("data")
    return [post["edit_history_tweet_ids"][0] for post in data] if isinstance(data, list) else []


def test_an_undisturbed_fetch_is_the_measure(busy_desk: Desk) -> None:
    """Without a kill: as many requests as the moments assume, silence, and a complete store."""
    ran = busy_desk.run("fetch")
    assert ran == (0, "", "")
    assert len(busy_desk.server.exchanges) == REQUESTS
    assert_complete(busy_desk)
    waits = stored_waits(busy_desk)
    assert {w.state for w in waits} == {"open", "answered"}
    assert {w.kind for w in waits} == {"complaint", "question", "other", "praise"}


@pytest.mark.thin(2)
@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(2))
def test_a_killed_import_is_finished_by_the_next(busy_desk: Desk, seed: int) -> None:
    """An import killed at a seeded moment, then run again, has every line once."""
    assert busy_desk.run_here("fetch").code == 0
    lines = [
        f'{{"id": "{100 + i}", "author": "guest{i % 50}", "text": "@acme question {i}?", '
        f'"posted_at": "{_iso(now_ms() - i * 60_000)}"}}\n'
        for i in range(2_000)
    ]
    source = busy_desk.root / "posts.jsonl"
    source.write_text("".join(lines))
    process = busy_desk.start("import", str(source), "--account", "acme")
    kill_after(process, seeded(seed).uniform(0.3, 1.2))
    assert busy_desk.end(process).code in (KILLED, 0)
    again = busy_desk.run_here("import", str(source), "--account", "acme")
    assert again.code == 0, again.err
    counted = busy_desk.rows(
        "SELECT count(*) AS n, count(DISTINCT native_id) AS ids FROM message "
        "WHERE channel = 'import'"
    )
    assert counted == [{"n": len(lines), "ids": len(lines)}]
    assert_sound(busy_desk)


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC).isoformat(timespec="milliseconds")
