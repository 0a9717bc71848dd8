"""Where things lie, and who said so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from triage.config.places import resolve_places
from triage.config.raw import locate
from triage.errors import ConfigError

linux = pytest.mark.skipif(sys.platform == "darwin", reason="macOS has its own folders")
HOME = {"HOME": "/home/ana"}


@linux
def test_defaults_are_xdg() -> None:
    """Without any word the places are those of the XDG specification."""
    places = resolve_places(env=HOME)
    assert places.config_file == Path("/home/ana/.config/triage/config.toml")
    assert places.credentials_file == Path("/home/ana/.config/triage/credentials.toml")
    assert places.db == Path("/home/ana/.local/share/triage/triage.db")
    assert places.state_dir == Path("/home/ana/.local/state/triage")
    assert {origin for _, _, origin in places.rows()} == {"default"}


def test_xdg_variables() -> None:
    """XDG variables move the defaults; a relative one is ignored, as the specification says."""
    env = {**HOME, "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d", "XDG_STATE_HOME": "/s"}
    places = resolve_places(env=env)
    assert places.config_file == Path("/c/triage/config.toml")
    assert places.db == Path("/d/triage/triage.db")
    assert places.state_dir == Path("/s/triage")
    assert places.origins["db"] == "environment XDG_DATA_HOME"
    relative = resolve_places(env={**HOME, "XDG_CONFIG_HOME": "c"})
    assert relative.config_file == resolve_places(env=HOME).config_file


def test_precedence_of_the_store() -> None:
    """Flag over environment over file over default, each with its origin."""
    env = {**HOME, "TRIAGE_DB": "/env.db"}

    def both(env: dict[str, str], db: str | None, said: str | None) -> tuple[str, str]:
        places = resolve_places(db=db, store_path=said, env=env)
        return str(places.db), places.origins["db"]

    assert both(env, "/flag.db", "/file.db") == ("/flag.db", "flag --db")
    assert both(env, None, "/file.db") == ("/env.db", "environment TRIAGE_DB")
    assert both(HOME, None, "/file.db") == ("/file.db", "config.toml [store] path")
    assert both(HOME, None, None)[1] == "default"


def test_precedence_of_the_configuration(tmp_path: Path) -> None:
    """The flag wins over TRIAGE_CONFIG; the credentials lie beside the file that was chosen."""
    env = {**HOME, "TRIAGE_CONFIG": "/env/other.toml", "TRIAGE_STATE_DIR": "~/state"}
    places = resolve_places(config=str(tmp_path / "mine.toml"), env=env)
    assert places.config_file == tmp_path / "mine.toml"
    assert places.credentials_file == tmp_path / "credentials.toml"
    assert places.state_dir == Path("/home/ana/state")
    from_env = resolve_places(env=env)
    assert from_env.config_file == Path("/env/other.toml")
    assert from_env.origins["config_file"] == "environment TRIAGE_CONFIG"
    assert resolve_places(env={**HOME, "TRIAGE_CONFIG": ""}).origins["config_file"] == "default"


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag's path starts where the person is; the file's where the file is."""
    monkeypatch.chdir(tmp_path)
    flag = resolve_places(config="sub/config.toml", db="my.db", env=HOME)
    assert flag.db == tmp_path / "my.db"
    file = resolve_places(config="sub/config.toml", store_path="my.db", env=HOME)
    assert file.db == tmp_path / "sub" / "my.db"
    assert resolve_places(store_path="~/x.db", env=HOME).db == Path("/home/ana/x.db")


def test_without_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cron may not say where home is: the system knows; if it does not, that is said."""
    monkeypatch.delenv("HOME", raising=False)
    assert resolve_places(env={}).db.is_absolute()
    monkeypatch.setenv("HOME", "relative")
    with pytest.raises(ConfigError, match="home directory is not known"):
        resolve_places(env={})


def test_cheap_to_import() -> None:
    """Neither places nor raw bring pydantic, platformdirs, tomllib or hashlib by themselves."""
    code = (
        "import sys; import triage.config.places, triage.config.raw; "
        "bad = {'pydantic', 'platformdirs', 'tomllib', 'hashlib', 'subprocess', 'dataclasses'};"
        "print(sorted(bad & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.strip() == "[]"


def test_locate_reads_the_store_from_the_file(tmp_path: Path) -> None:
    """`locate` finds the file, reads it, and takes the store's place from it."""
    file = tmp_path / "config.toml"
    file.write_text('brand = "acme"\n[store]\npath = "here.db"\n')
    found = locate(config=str(file), db=None, env=HOME)
    assert found.require().data["brand"] == "acme"
    assert found.places.db == tmp_path / "here.db"


def test_locate_survives_what_is_broken(tmp_path: Path) -> None:
    """A missing or broken file leaves the places usable and keeps the reason."""
    missing = locate(config=str(tmp_path / "no.toml"), db="/flag.db", env=HOME)
    assert missing.places.db == Path("/flag.db")
    assert missing.raw is None
    with pytest.raises(ConfigError, match="There is no configuration yet"):
        missing.require()
    (tmp_path / "bad.toml").write_text("[store]\npath = 3\n")
    wrong = locate(config=str(tmp_path / "bad.toml"), db=None, env=HOME)
    with pytest.raises(ConfigError, match=r"bad.toml, \[store\] path: must be the path"):
        wrong.require()
