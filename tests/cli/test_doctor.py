"""`triage doctor`: what it looks at, and that it never shows a secret."""

from __future__ import annotations

import json
import os
from pathlib import Path

from builders import Desk
from screens import Runner
from triage.core.model import HOUR
from triage.core.progress import Gap, Run

SECRET = "very-secret-token"  # noqa: S105 - of a test


def _found(run: Runner) -> tuple[int, dict[str, dict[str, str]]]:
    ran = run("doctor", "--json")
    return ran.code, {item["what"]: item for item in json.loads(ran.out)["items"]}


def _keys(home: Path, mode: int = 0o600) -> None:
    path = home / ".config/triage/credentials.toml"
    path.write_text(f'[x]\nbearer_token = "{SECRET}"\nuser_token = "{SECRET}"\n')
    path.chmod(mode)


def test_in_order(busy: Desk, home: Path, run: Runner) -> None:
    """With keys and a database there is nothing to mend."""
    _keys(home)
    (home / ".config/triage/config.toml").chmod(0o600)
    os.utime(busy.db, (busy.now / 1000, busy.now / 1000))
    code, found = _found(run)
    assert [item for item in found.values() if item["health"] == "fail"] == []
    assert code == 0
    assert busy.db.name in found["database"]["text"]
    for what in ("configuration", "credentials @acme", "permissions", "database", "sqlite"):
        assert (what, found[what]["health"]) == (what, "ok")


def test_secrets_are_not_shown(home: Path, run: Runner) -> None:
    """Which keys there are and where, never what they are."""
    _keys(home)
    ran = run("doctor")
    assert SECRET not in ran.out + ran.err
    assert "bearer_token (credentials.toml [x])" in ran.out


def test_nothing_is_there(home: Path, run: Runner) -> None:
    """Without configuration and database it still looks at the rest, and says how to begin."""
    (home / ".config/triage/config.toml").unlink()
    code, found = _found(run)
    assert code == 1
    assert found["configuration"]["health"] == "fail"
    assert "triage init" in found["configuration"]["hint"]
    assert found["database"]["health"] == "warn"


def test_keys_that_others_may_read(home: Path, run: Runner) -> None:
    """An open credentials file fails, with the command that closes it."""
    _keys(home, 0o644)
    code, found = _found(run)
    assert code == 1
    assert found["permissions"]["health"] == "fail"
    assert found["permissions"]["hint"].startswith("chmod 600")


def test_a_damaged_database(busy: Desk, run: Runner) -> None:
    """A file that is no database fails with a sentence."""
    busy.close()
    busy.db.write_bytes(b"not a database at all" * 200)
    code, found = _found(run)
    assert code == 1
    assert found["database"]["health"] == "fail"


def test_a_clock_that_went_back(busy: Desk, run: Runner) -> None:
    """A last fetch in the future means that the clock is wrong now."""
    later = busy.now + 5 * HOUR
    with busy.store.tx():
        busy.store.accounts.add_run(Run(busy.account.id, later, later, "ok", 0, 0, ""))
    code, found = _found(run)
    assert code == 1
    assert found["clock"]["health"] == "fail"


def test_a_fetch_that_stopped_and_a_pause(busy: Desk, run: Runner) -> None:
    """What the last fetch ended with, and that sending is paused, are said as warnings."""
    with busy.store.tx():
        failed = Run(busy.account.id, busy.now, busy.now, "NetworkDown", 0, 0, "No route.")
        busy.store.accounts.add_run(failed)
        busy.store.settings.put("outbox_paused", "by ana")
    _, found = _found(run)
    assert "No route." in found["fetch @acme"]["text"]
    assert found["outbox"]["hint"] == "triage outbox resume"


def test_gaps(busy: Desk, run: Runner) -> None:
    """Open ones are told by their times and what to expect; those that were read over are not."""
    hours = (busy.now - 5 * HOUR, busy.now - 3 * HOUR)
    first = Gap(busy.account.id, "mentions", "5", "9", busy.now, 1200, *hours)
    second = first._replace(after_id="1", before_id="2", about=None)
    with busy.store.tx():
        busy.store.accounts.add_gap(second)
        busy.store.accounts.add_gap(first)
    gaps = _found(run)[1]["gaps"]
    assert gaps["health"] == "warn"
    assert gaps["text"] == (
        "2 stretches may hold posts that were never seen; the last lies between 2026-03-02 04:00 "
        "UTC and 2026-03-02 06:00 UTC (2h), from none to about 1,200 at the pace of those read."
    )
    with busy.store.tx():
        busy.store.accounts.close_gap(first, busy.now)
        busy.store.accounts.close_gap(second, busy.now)
    gaps = _found(run)[1]["gaps"]
    assert gaps["health"] == "ok"
    assert gaps["text"] == "None. 2 that there was could be read later."
