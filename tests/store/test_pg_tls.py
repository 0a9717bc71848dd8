"""The way to a server: encrypted and proven, or refused; and no longer waited for than told."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

import postgres
from guides import DOCS
from triage.cli.exits import Exit, code_of
from triage.errors import StoreUnavailable, StoreUnfit, TriageError
from triage.store import opening_pg
from triage.store.status import facts
from triage.store.store import SqlStore

pytestmark = [pytest.mark.enable_socket, pytest.mark.real_time]

_NAMES = {"server.crt": "ssl_cert_file", "server.key": "ssl_key_file"}
_HOST = "db.acme.example"
"""The host of docs/postgresql.md."""


def authority(folder: Path) -> Path:
    """Make an authority of one's own, as the page says; give its certificate."""
    folder.mkdir()
    openssl(folder, _lines()[0])
    return folder / "ca.crt"


def certificate(folder: Path, host: str) -> None:
    """Make a certificate for a host, signed by the authority in the folder, as the page says."""
    for line in _lines()[1:]:
        openssl(folder, line.replace(_HOST, host))


def openssl(folder: Path, line: str) -> None:
    """Run a line in a folder."""
    subprocess.run(shlex.split(line), check=True, capture_output=True, cwd=folder)


def _lines() -> list[str]:
    page = (DOCS / "postgresql.md").read_text(encoding="utf-8")
    return [line for line in page.splitlines() if line.startswith("openssl ")]


@contextmanager
def encrypted(url: str, folder: Path) -> Iterator[None]:
    """Have the server of the tests speak TLS with the certificate of a folder, one test at a time.

    Who asks for no TLS notices nothing.
    """
    import psycopg

    lock = (postgres._folder() / "tls.lock").open("w")
    with lock, psycopg.connect(url, autocommit=True) as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ((told,),) = connection.execute("SHOW data_directory").fetchall()
        data = Path(told)
        for name, setting in _NAMES.items():
            shutil.copyfile(folder / name, data / name)
            (data / name).chmod(0o600)
            os.chown(data / name, data.stat().st_uid, data.stat().st_gid)
            connection.execute(f"ALTER SYSTEM SET {setting} = '{name}'")
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("SELECT pg_reload_conf()")
        try:
            wait_for_tls(url)
            yield
        finally:
            for setting in ("ssl", *_NAMES.values()):
                connection.execute(f"ALTER SYSTEM RESET {setting}")
            connection.execute("SELECT pg_reload_conf()")


def wait_for_tls(url: str) -> None:
    """The server reads its settings again in its own time."""
    import psycopg

    until = time.monotonic() + 120
    while True:
        try:
            psycopg.connect(address(url, sslmode="require")).close()
        except psycopg.OperationalError:
            assert time.monotonic() < until, "the server did not begin to speak TLS"
            time.sleep(0.05)
        else:
            return


def address(url: str, host: str = "localhost", **params: object) -> str:
    """The database by a host's name, which is this machine whatever it is called."""
    more = {"hostaddr": "127.0.0.1", **params}
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in more.items())
    return f"{postgres.by_address(url).replace('@127.0.0.1:', f'@{host}:')}?{query}"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of the tests' own server."""
    if postgres.is_named():
        pytest.skip("needs a server of the tests' own: it sets it up for TLS")
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    return postgres.database(tmp_path)


@pytest.fixture
def root(url: str, tmp_path: Path) -> Iterator[Path]:
    """The certificate of the authority that signed the server's, which is for `localhost`."""
    made = authority(tmp_path / "ours")
    certificate(tmp_path / "ours", "localhost")
    with encrypted(url, tmp_path / "ours"):
        yield made


def refusal(where: str) -> TriageError:
    """What is said of an address that is refused; never with the password."""
    with pytest.raises(TriageError) as caught:
        SqlStore.open(where)
    for words in (caught.value.message, caught.value.reason, caught.value.hint):
        assert postgres._PASSWORD not in words
    return caught.value


def test_a_proven_server_is_used(url: str, root: Path) -> None:
    """With its authority and name, a store is opened over TLS, and `store status` says so."""
    where = address(url, sslmode="verify-full", sslrootcert=root)
    with closing(SqlStore.open(where)) as store:
        assert store.engine.query("SELECT count(*) FROM message") == [(0,)]
    found = facts(where)
    assert (found.tls or "").startswith("TLSv1.")
    assert found.sslmode == "verify-full"


def test_who_passes_for_the_server_is_refused(url: str, root: Path, tmp_path: Path) -> None:
    """Another authority, another name, or no authority: exit 78, why, and what to look at."""
    other = authority(tmp_path / "others")
    for where, why in (
        (address(url, sslmode="verify-full", sslrootcert=other), "certificate verify failed"),
        (
            address(url, _HOST, sslmode="verify-full", sslrootcert=root),
            f'does not match host name "{_HOST}"',
        ),
        (
            address(url, sslmode="verify-full", sslrootcert=tmp_path / "none.crt"),
            "does not exist",
        ),
    ):
        said = refusal(where)
        assert isinstance(said, StoreUnfit)
        assert code_of(said) is Exit.CONFIG
        assert why in said.reason
        assert "sslrootcert" in said.hint


def test_a_server_without_tls_is_refused_where_it_is_asked_for(url: str, tmp_path: Path) -> None:
    """No word leaves unencrypted to a server that has to prove itself."""
    root = authority(tmp_path / "ours")
    said = refusal(address(url, sslmode="verify-full", sslrootcert=root))
    assert isinstance(said, StoreUnfit)
    assert "does not support SSL" in said.reason


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """A store whose statements may take 0.2 seconds."""
    opened = SqlStore.open(url)
    opened.engine.query("SELECT set_config('statement_timeout', '200ms', false)")
    yield opened
    opened.close()


def test_a_statement_that_takes_too_long(store: SqlStore) -> None:
    """It is given up, nothing of its transaction is written, and the connection goes on."""

    def dawdle() -> None:
        with store.tx():
            store.accounts.brand("acme")
            store.engine.query("SELECT pg_sleep(30)")

    with pytest.raises(StoreUnavailable) as caught:
        dawdle()
    assert code_of(caught.value) is Exit.TRY_LATER
    assert caught.value.reason == "The server did not answer in time."
    assert store.accounts.brands() == {}


def test_every_statement_has_a_limit(url: str) -> None:
    """Whatever the user is set to, a statement, a lock and a transaction at rest have one."""
    with closing(SqlStore.open(url)) as store:
        limits = store.engine.query(
            "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), "
            "current_setting('idle_in_transaction_session_timeout')"
        )
    assert limits == [("2min", "30s", "1min")]


def test_a_port_that_swallows_connections() -> None:
    """Who never answers is given up after the time that the address tells."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        said = refusal(f"postgresql://ana@127.0.0.1:{port}/triage?connect_timeout=2")
        assert time.monotonic() - began < 30
    assert isinstance(said, StoreUnavailable)
    assert code_of(said) is Exit.TRY_LATER
    assert "timeout" in said.reason
    assert opening_pg._CONNECT_TIMEOUT_S == 10
