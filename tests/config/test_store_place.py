"""Where the store is: a file or a server, who says so, and that no password is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from secrecy import SECRET, hidden
from triage.config.demo import locate_demo
from triage.config.load import load_config
from triage.config.origins import origins
from triage.config.places import resolve_places
from triage.config.raw import Located, locate
from triage.errors import ConfigError, NotFound

HOME = {"HOME": "/home/ana", "USER": "ana"}
ACME = '[[account]]\nchannel = "x"\nhandle = "acme"\n'
URL = f"postgresql://ana:{SECRET}@db.acme.example/desk"
SHOWN = "postgresql://ana@db.acme.example/desk"


def located(folder: Path, store: str, env: dict[str, str] | None = None, db: str = "") -> Located:
    """Find a configuration that says this of the store."""
    path = folder / "config.toml"
    path.write_text(f"{store}\n{ACME}" if store.startswith("store") else f"{ACME}{store}\n")
    return locate(config=str(path), db=db or None, env={**HOME, **(env or {})})


@pytest.mark.parametrize(
    ("store", "name", "origin"),
    [
        ('store = "here.db"', "{}/here.db", "config.toml store"),
        ('[store]\npath = "here.db"', "{}/here.db", "config.toml [store] path"),
        (f'store = "{URL}"', SHOWN, "config.toml store"),
        (f'[store]\nurl = "{URL}"', SHOWN, "config.toml [store] url"),
        ("", "/home/ana/.local/share/triage/triage.db", "default"),
    ],
)
def test_said_by_the_file(tmp_path: Path, store: str, name: str, origin: str) -> None:
    """In short or as a table, a path or an address; `config show` says it without a password."""
    found = located(tmp_path, store)
    config = load_config(found, HOME)
    name = name.format(tmp_path)
    assert (found.places.store_name, found.places.origins["db"]) == (name, origin)
    key = "store.url" if found.places.url else "store.path"
    [setting] = [s for s in origins(config, found.places) if s.key.startswith("store.")]
    assert setting == (key, name, origin)
    assert SECRET not in f"{found!r}{found.places!r}{config!r}{found.places.rows()}"
    assert str(found.places.store) == (URL if found.places.url else name)


@pytest.mark.parametrize(
    ("store", "key", "said"),
    [
        ("store = 3", "store", "must be the path of a file or the address of a server"),
        ('store = " "', "store", "must be the path of a file or the address of a server"),
        (f'store = "{URL}@x"', "store", "must be an address such as postgresql://"),
        ("[store]\npath = 3", "[store] path", "must be"),
        (f'[store]\npath = "{URL}"', "[store] path", "is the address of a server: write it as"),
        ('[store]\nurl = "here.db"', "[store] url", "must be the address of a server"),
        ("[store]\nurl = 3", "[store] url", "must be"),
        (f'[store]\nurl = "{URL}@x"', "[store] url", "must be an address such as postgresql://"),
        (f'[store]\npath = "a"\nurl = "{URL}"', "[store] url", "names a second store"),
    ],
)
def test_what_cannot_be_a_store(tmp_path: Path, store: str, key: str, said: str) -> None:
    """Told by whoever opens it and with the other problems of the file; never repeated."""
    found = located(tmp_path, store)
    with pytest.raises(ConfigError) as opening:
        found.require()
    assert f"config.toml, {key}: {said}" in hidden(opening.value)
    with pytest.raises(ConfigError) as checking:
        load_config(found, HOME)
    assert "config.toml, [store]" in checking.value.message
    assert said in hidden(checking.value)


def test_precedence(tmp_path: Path) -> None:
    """Flag over environment over file, a path over an address and the other way."""
    file = f'store = "{URL}"'
    flag = located(tmp_path, file, {"TRIAGE_STORE": "/env.db"}, "postgres://h/flag").places
    assert (flag.store, flag.origins["db"]) == ("postgres://h/flag", "flag --db")
    env = located(tmp_path, file, {"TRIAGE_STORE": "/env.db"}).places
    assert (env.store, env.origins["db"]) == (Path("/env.db"), "environment TRIAGE_STORE")
    other = located(tmp_path, 'store = "a.db"', {"TRIAGE_DB": URL}).places
    assert (other.store, other.origins["db"]) == (URL, "environment TRIAGE_DB")
    assert located(tmp_path, file, {"TRIAGE_STORE": "", "TRIAGE_DB": ""}).places.store == URL


def test_two_variables() -> None:
    """Which of them is meant nobody knows; a flag says it, and the same twice is no question."""
    both = {**HOME, "TRIAGE_DB": "/a.db", "TRIAGE_STORE": URL}
    with pytest.raises(ConfigError, match="name different stores") as error:
        resolve_places(env=both)
    hidden(error.value)
    assert resolve_places(db="/flag.db", env=both).db == Path("/flag.db")
    assert resolve_places(env={**both, "TRIAGE_DB": URL}).url == URL


def test_an_address_that_cannot_be_read() -> None:
    """Said by whom it came, and not repeated: it may hold a password."""
    with pytest.raises(ConfigError, match="must be an address") as error:
        resolve_places(env={**HOME, "TRIAGE_STORE": f"postgresql://ana:a@{SECRET}@h/d"})
    assert "environment TRIAGE_STORE" in hidden(error.value)


def test_what_stands_for_a_server_here() -> None:
    """Locks lie under the state directory, by server and database, whoever signs in."""
    env = {**HOME, "TRIAGE_STATE_DIR": "/state"}
    ours = resolve_places(db=URL, env=env)
    bo = resolve_places(db="postgres://bo@DB.acme.example:5432/desk?sslmode=require", env=env)
    other = resolve_places(db="postgresql://ana@db.acme.example/other", env=env)
    assert ours.db.parent == Path("/state/servers")
    assert (ours.db, ours.store_key) == (bo.db, bo.store_key)
    assert len({ours.store_key, other.store_key}) == 2
    moved = resolve_places(db=URL, env={**env, "TRIAGE_STATE_DIR": "/elsewhere"})
    assert moved.store_key == ours.store_key
    file = resolve_places(db="/data/triage.db", env=env)
    assert file.store_key == str(Path("/data/triage.db").resolve())


def test_the_demo_remembers_its_server(tmp_path: Path) -> None:
    """Its own configuration names it; what the environment says is of the real work."""
    env = {**HOME, "TRIAGE_DB": "/real.db", "TRIAGE_STORE": "postgresql://h/real"}
    with pytest.raises(NotFound, match="no demo yet"):
        locate_demo(tmp_path, env)
    (tmp_path / "config.toml").write_text(ACME)
    assert locate_demo(tmp_path, env).places.store == tmp_path / "triage.db"
    (tmp_path / "config.toml").write_text(f'store = "{URL}"\n{ACME}')
    places = locate_demo(tmp_path, env).places
    assert places.store == URL
    assert places.state_dir == tmp_path / "state"


def test_a_file_loads_nothing_of_servers(tmp_path: Path) -> None:
    """Who has a file pays nothing for those who have a server."""
    code = (
        "import os, sys; from triage.bootstrap import App; App().store_place;"
        "print(sorted(m for m in sys.modules if 'store_url' in m or 'store_place' in m))"
    )
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env=env,
    )
    assert done.stdout.strip() == "[]"
