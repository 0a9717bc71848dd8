"""`init`, `config` and `db` as people type them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from builders import Desk
from screens import Runner


def _config(home: Path) -> Path:
    return home / ".config" / "triage" / "config.toml"


def test_init_writes_what_check_accepts(home: Path, run: Runner) -> None:
    """The file is for its owner alone, holds what was said, and is in order."""
    _config(home).unlink()
    ran = run("init", "--handle", "@acme", "--brand", "Acme", "--since", "7d")
    assert ran.code == 0
    assert ran.out.strip() == str(_config(home))
    assert stat.S_IMODE(_config(home).stat().st_mode) == 0o600
    assert run("config", "check").code == 0
    shown = run("config", "show").out
    assert "brand\tAcme" in shown
    assert "fetch.since\t7d" in shown


def test_init_asks_on_a_terminal(home: Path, run: Runner) -> None:
    """What is not said is asked; an empty answer takes what is offered."""
    _config(home).unlink()
    ran = run("init", tty=True, keys="acme\n\nEurope/Madrid\n")
    assert ran.code == 0
    assert "triage fetch" in ran.err
    shown = run("config", "show").out
    assert "brand\tacme" in shown
    assert "time_zone\tEurope/Madrid" in shown


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["init"], 1, "already"),
        (["init", "--force"], 2, "--handle"),
        (["init", "--force", "--handle", "ac me"], 2, "not a handle"),
        (["init", "--force", "--handle", "acme", "--time-zone", "Mars"], 2, "time zone"),
        (["init", "--force", "--handle", "acme", "--since", "soon"], 2, "--since"),
    ],
)
def test_init_refuses(home: Path, run: Runner, words: list[str], code: int, told: str) -> None:
    """A refused answer leaves what was there."""
    before = _config(home).read_text()
    ran = run(*words)
    assert ran.code == code
    assert told in ran.err
    assert _config(home).read_text() == before


def test_path_works_without_and_with_a_broken_configuration(home: Path, run: Runner) -> None:
    """Where things would be is told in any case, and who says so."""
    _config(home).write_text("= = =")
    ran = run("config", "path", "--db", "/some/x.db", "--json")
    assert ran.code == 0
    rows = {item["name"]: item for item in json.loads(ran.out)["items"]}
    assert rows["db"] == {
        "name": "db",
        "path": "/some/x.db",
        "exists": False,
        "origin": "flag --db",
    }
    _config(home).unlink()
    assert run("config", "path").code == 0


@pytest.mark.usefixtures("home")
def test_show_says_who_said_so(run: Runner) -> None:
    """The file for what it sets, default for the rest."""
    lines = run("config", "show", "--origin").out.splitlines()
    assert "brand\tacme\tconfig.toml" in lines
    assert "fetch.since\t2d\tdefault" in lines or "fetch.since\t48h\tdefault" in lines


def test_check_tells_every_problem_at_once(home: Path, run: Runner) -> None:
    """All of them, with the nearest known key, and exit 78."""
    _config(home).write_text('brand = 3\n[sla.complaint]\nrespond_witin = "1h"\n')
    ran = run("config", "check")
    assert ran.code == 78
    assert "brand" in ran.err
    assert '"respond_within"' in ran.err


def test_check_refuses_a_pattern_that_cannot_be_used(home: Path, run: Runner) -> None:
    """What only the matcher can tell is told by the check too."""
    (home / ".config/triage/rules.toml").write_text(
        '[rules.mine]\nregex = ["(?=x)"]\nweights = {other = 1.0}\n'
    )
    text = _config(home).read_text()
    _config(home).write_text(f'{text}\n[rules]\nfiles = ["rules.toml"]\n')
    ran = run("config", "check")
    assert ran.code == 78
    assert "mine" in ran.err


def test_apply_judges_again(busy: Desk, home: Path, run: Runner) -> None:
    """A shorter promise moves due times; a second time nothing is changed."""
    text = _config(home).read_text()
    _config(home).write_text(f'{text}\n[sla.question]\nrespond_within = "1m"\n')
    first = json.loads(run("config", "apply", "--json").out)["items"][0]
    assert first["changed"]
    assert first["waits"] > 0
    assert not json.loads(run("config", "apply", "--json").out)["items"][0]["changed"]
    assert busy.store.settings.get("settings_source")


def test_db_path_backup_and_check(busy: Desk, home: Path, run: Runner) -> None:
    """The copy is whole, private, and passes the check by itself."""
    assert run("db", "path").out.strip() == str(busy.db)
    target = home / "copy.db"
    assert run("db", "backup", str(target)).out.strip() == str(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert run("db", "check", "--db", str(target)).code == 0


def test_db_backup_beside_itself(busy: Desk, run: Runner) -> None:
    """Without a name the copy lies beside the database; never on it."""
    copy = Path(run("db", "backup").out.strip())
    assert copy.parent == busy.db.parent
    assert copy.exists()
    assert run("db", "backup", str(busy.db)).code == 2
    assert run("db", "backup", "/nowhere/x.db").code == 2


def test_db_check_without_a_database(home: Path, run: Runner) -> None:
    """There is none: said, and none is made."""
    ran = run("db", "check")
    assert ran.code == 1
    assert "no database" in ran.err
    assert not (home / ".local/share/triage/triage.db").exists()
