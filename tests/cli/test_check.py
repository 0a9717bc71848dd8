"""`triage check`: one line and a code from 0 to 3, whatever happens."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from builders import Desk
from engines import content
from screens import Runner
from triage.bootstrap import App
from triage.core.kinds import HOUR, MINUTE
from triage.store.store import SqlStore

LINE = re.compile(
    r"TRIAGE (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+"
    r"( \| [a-z_]+=(U|[0-9]+s?);[^;\s]*;[^;\s]*;0( [a-z_]+=(U|[0-9]+s?);[^;\s]*;[^;\s]*;0)*)?\n"
)
"""What a monitoring system reads: one line, words, a bar, figures."""


def test_all_is_well(desk: Desk, run: Runner) -> None:
    """Exit 0."""
    desk.write("ana", "@acme broken", ago=10 * MINUTE)
    desk.fetch()
    desk.now += 4 * MINUTE
    ran = run("check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "TRIAGE OK - 1 waiting, 0 overdue, 1 due within 1 h, fetched 4m ago | overdue=0;0;5;0 "
        "waiting=1;;;0 due_soon=1;;;0 oldest_overdue=0s;;;0 fetch_age=240s;;1800;0\n"
    )


@pytest.mark.parametrize(
    ("words", "code", "state"),
    [
        ([], 1, "WARNING"),
        (["-w", "1"], 0, "OK"),
        (["-w", "1", "-c", "0"], 2, "CRITICAL"),
        (["--warning", "@1:2", "--critical", "~:1"], 1, "WARNING"),
        (["-w", "-5:5"], 0, "OK"),
        (["--account", "acme"], 1, "WARNING"),
        (["--max-age", "1h"], 1, "WARNING"),
        (["-q"], 1, "WARNING"),
    ],
)
def test_thresholds(busy: Desk, run: Runner, words: list[str], code: int, state: str) -> None:
    """One is overdue; any is a warning by default, more than five are critical."""
    ran = run("check", *words)
    assert (ran.code, ran.err) == (code, "")
    assert ran.out.startswith(f"TRIAGE {state} - ")
    assert LINE.fullmatch(ran.out)


def test_the_same_line_on_a_terminal(busy: Desk, run: Runner) -> None:
    """It is not cut: somebody tries what the monitoring system will see."""
    assert run("check", tty=True, width=40) == run("check")


def test_an_old_fetch(busy: Desk, run: Runner) -> None:
    """Exit 2, with or without the flag."""
    busy.now += 3 * HOUR
    for words in ([], ["--max-age", "2h"]):
        ran = run("check", "-w", "9", "-c", "9", *words)
        assert ran.code == 2
        assert "fetched 3h ago, more than " in ran.out
    assert run("check", "-w", "9", "-c", "9", "--max-age", "4h").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["-w", "many"],
        ["-c", "5:1"],
        ["--max-age", "soon"],
        ["--account", "nobody"],
        ["--nonsense"],
        ["-w"],
        ["1", "2"],
        ["--color", "pink"],
    ],
)
def test_a_wrong_command_line(busy: Desk, run: Runner, words: list[str]) -> None:
    """It is not critical, which 2 would mean here: it is unknown."""
    ran = run("check", *words)
    assert ran.code == 3
    assert ran.out.startswith("TRIAGE UNKNOWN - ")
    assert LINE.fullmatch(ran.out)


def test_no_configuration_and_no_database(home: Path, run: Runner) -> None:
    """Unknown, with what to do."""
    for _ in range(2):
        ran = run("check")
        assert (ran.code, ran.err) == (3, "")
        assert ran.out.startswith("TRIAGE UNKNOWN - There is no database")
        (home / ".config/triage/config.toml").unlink(missing_ok=True)


def test_a_configuration_that_cannot_be_read(home: Path, run: Runner) -> None:
    """Unknown, with the line of the file."""
    (home / ".config/triage/config.toml").write_text("= = =")
    ran = run("check")
    assert ran.code == 3
    assert LINE.fullmatch(ran.out)
    assert "config.toml, line 1" in ran.out


def test_a_damaged_database(busy: Desk, run: Runner) -> None:
    """Unknown."""
    busy.close()
    busy.db.write_bytes(b"not a database at all" * 200)
    ran = run("check")
    assert (ran.code, ran.err) == (3, "")
    assert LINE.fullmatch(ran.out)


def test_a_brand_that_is_not_there(home: Path, run: Runner) -> None:
    """An empty database is unknown."""
    db = home / ".local/share/triage/triage.db"
    SqlStore.open(db, create=True).close()
    ran = run("check")
    assert ran.code == 3
    assert "holds no brand" in ran.out


def test_a_bug(busy: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown, with the crash file on stderr; no traceback on stdout."""

    def crash(_app: App) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(App, "accounts", crash)
    ran = run("check", "--account", "acme")
    assert ran.code == 3
    assert ran.out == "TRIAGE UNKNOWN - It could not be checked (exit 70). See stderr.\n"
    assert "mistake of ours" in ran.err


def test_help_is_help(run: Runner) -> None:
    """Exit 0, and no line of a check."""
    ran = run("check", "--help")
    assert ran.code == 0
    assert "TRIAGE" not in ran.out.replace("TRIAGE_", "")


def test_json(busy: Desk, run: Runner) -> None:
    """The usual document with the same exit code, also where nothing can be told."""
    ran = run("check", "--json", "--max-age", "90m")
    assert ran.code == 1
    assert json.loads(ran.out) == {
        "schema": 1,
        "items": [
            {
                "state": "warning",
                "text": "3 waiting, 1 overdue by up to 2h, 1 due within 1 h, fetched 0s ago",
                "waiting": 3,
                "overdue": 1,
                "due_soon": 1,
                "oldest_overdue_s": 7200,
                "fetched_at": "2026-03-02T09:00:00Z",
                "fetch_age_s": 0,
                "warning": "0",
                "critical": "5",
                "max_age_s": 5400,
            }
        ],
    }
    ran = run("check", "--json", "-w", "x")
    assert (ran.code, json.loads(ran.out)["items"][0]["state"]) == (3, "unknown")


def test_a_check_marks_nothing(busy: Desk, run: Runner) -> None:
    """Looking changes no row."""
    before = content(busy.store)
    run("check")
    assert content(busy.store) == before
