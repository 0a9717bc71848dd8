"""`triage import` as people type it."""

from __future__ import annotations

import json
from pathlib import Path

from screens import Runner

LINES = [
    {"id": "1", "author": "ana", "text": "@acme never arrived", "posted_at": "2026-03-01T09:00Z"},
    {
        "id": "2",
        "author": "acme",
        "text": "@ana sorry",
        "posted_at": "2026-03-01T09:30Z",
        "in_reply_to": "1",
    },
    {"id": "3", "author": "bo", "text": "@acme when?", "posted_at": "2026-03-01T10:00Z"},
]


def _file(folder: Path, *, bad: int = 0) -> str:
    path = folder / "posts.jsonl"
    rows = [json.dumps(line) for line in LINES]
    path.write_text("\n".join([rows[0], *["{nonsense"] * bad, *rows[1:]]) + "\n")
    return str(path)


def _counts(out: str) -> dict[str, int]:
    counts: dict[str, int] = json.loads(out)["items"][0]
    return counts


def test_the_configured_accounts_are_ours(home: Path, run: Runner) -> None:
    """With a configuration its accounts say whose posts are ours; the rest wait in the queue."""
    ran = run("import", _file(home), "--json")
    assert ran.code == 0
    counts = {"mentions": 2, "ours": 1, "context": 0, "changed": 0, "known": 0, "bad": 0}
    assert _counts(ran.out) == {**counts, "left_out": 0}
    queue = json.loads(run("queue", "--json").out)["items"]
    assert [item["customer"] for item in queue] == ["bo"]


def test_again(home: Path, run: Runner) -> None:
    """A second time everything is known."""
    run("import", _file(home))
    counts = _counts(run("import", _file(home), "--json").out)
    assert (counts["known"], counts["mentions"]) == (3, 0)


def test_bad_lines_are_told_and_the_rest_is_imported(home: Path, run: Runner) -> None:
    """Each bad line by number and reason, twenty of them; the code says that not all went in."""
    ran = run("import", _file(home, bad=25))
    assert ran.code == 1
    assert ran.out.split("\t")[:2] == ["2", "1"]
    told = ran.err.splitlines()
    assert told[0].startswith("line 2: ")
    assert (len(told), told[-1]) == (21, "and 5 more bad lines")


def test_on_a_terminal(home: Path, run: Runner) -> None:
    """A sentence sums it up."""
    ran = run("import", _file(home), tty=True)
    assert "Imported 2 mentions, 1 posts of ours, 0 known already, 0 bad lines." in ran.out


def test_without_a_configuration(home: Path, run: Runner) -> None:
    """--account says whose posts are ours, before or behind the command; else it is asked for."""
    (home / ".config/triage/config.toml").unlink()
    ran = run("import", _file(home))
    assert ran.code == 2
    assert "--account" in ran.err
    ran = run("import", _file(home), "--account", "@ACME", "--json")
    assert _counts(ran.out)["ours"] == 1
    assert len(json.loads(run("queue", "--json").out)["items"]) == 1


def test_a_broken_configuration_stops_it(home: Path, run: Runner) -> None:
    """Nothing is imported under settings that nobody wrote."""
    (home / ".config/triage/config.toml").write_text("brand = [")
    assert run("import", _file(home), "--account", "acme").code == 78
    assert not (home / ".local/share/triage/triage.db").exists()


def test_no_tag(home: Path, run: Runner) -> None:
    """Nothing is tagged until the settings are applied the next time."""
    run("import", _file(home), "--no-tag")
    assert run("queue").out == ""
    assert run("config", "apply").code == 0
    assert run("queue").out.count("\n") == 1


def test_a_file_that_is_not_there(home: Path, run: Runner) -> None:
    """One clear sentence, and no store is made."""
    ran = run("import", str(home / "nothing.jsonl"))
    assert ran.code == 1
    assert "cannot be read" in ran.err
    assert not (home / ".local/share/triage/triage.db").exists()
