"""`triage db retention`: how long what is kept, what would go, and that it went."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders import Desk
from engines import rows_of
from forgettable import raw
from screens import Runner
from triage.core.model import DAY


@pytest.fixture
def old(busy: Desk) -> Desk:
    """The busy desk with payloads, a hundred days later."""
    for post in list(busy.channel.posts.values()):
        busy.channel.add(raw(post))
    for row in rows_of(busy.store, "message"):
        busy.store.engine.execute(
            "INSERT INTO payload (message_id, raw, stored_at) VALUES (:id, '{}', :at)",
            {"id": row["id"], "at": row["fetched_at"]},
        )
    busy.now += 100 * DAY
    return busy


def configure(home: Path, table: str) -> None:
    """Add a table to the configuration."""
    path = home / ".config/triage/config.toml"
    path.write_text(f"{path.read_text()}\n{table}")


def test_on_a_terminal(old: Desk, run: Runner) -> None:
    """Every kind, its limit, how old the oldest is, and what would go; nothing goes."""
    ran = run("db", "retention", tty=True)
    assert ran.code == 0
    assert [line.split()[:5] for line in ran.out.splitlines()][1:3] == [
        ["payloads", "90d", "2026-03-02", "8", "posts"],
        ["texts", "for", "good", "2026-03-02", "0"],
    ]
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "triage db retention --apply" in ran.err
    assert len(rows_of(old.store, "payload")) == 8


def test_applied_by_hand(old: Desk, run: Runner) -> None:
    """What went is told, and stands in the log."""
    ran = run("db", "retention", "--apply", "--json")
    items = {item["data"]: item for item in json.loads(ran.out)["items"]}
    assert (items["payloads"]["gone"], items["payloads"]["due"]) == (8, 0)
    assert items["payloads"]["kept_for"] == "90d"
    assert (items["texts"]["gone"], items["texts"]["kept_for"]) == (0, None)
    assert rows_of(old.store, "payload") == []
    assert "retention, payloads, 8 older than 90d" in run("log", tty=True).out
    again = run("db", "retention", "--apply")
    assert again.out.splitlines()[0].split("\t")[:5] == ["payloads", "90d", "", "0", "0"]


def test_a_fetch_applies_it(old: Desk, home: Path, run: Runner) -> None:
    """Once a day; changed limits count at once."""
    old.channel.posts.clear()
    ran = run("fetch", tty=True)
    assert "8 payloads were older than they are kept: let go." in ran.err
    assert "let go" not in run("fetch", tty=True).err
    configure(home, '[retention]\ntexts = "30d"')
    ran = run("fetch", tty=True)
    assert "texts were older than they are kept: let go." in ran.err
    texts = {row["text"] for row in rows_of(old.store, "message")}
    waiting = {"@acme my order never came and it is broken", "@acme do you open on Sundays?"}
    assert waiting < texts, "who waits keeps all"
    assert "@acme where is your shop?" not in texts


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[retention]\nactivity = "30d"', "[retention] activity: must be at least 31d"),
        ('[retention]\nusage = "92d"', "[retention] usage: must be at least 93d"),
        ("[retention]\npayloads = 90", "[retention] payloads: must be a span"),
        ('[retention]\npayload = "90d"', 'Did you mean "payloads"'),
    ],
)
@pytest.mark.usefixtures("old")
def test_mistakes(home: Path, run: Runner, table: str, said: str) -> None:
    """The key, what is wrong and what is right; nothing goes."""
    configure(home, table)
    ran = run("db", "retention", "--apply")
    assert (ran.code, ran.out) == (78, "")
    assert said in ran.err
