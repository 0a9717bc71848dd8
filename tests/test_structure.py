"""Rules of the source that no type checker sees, each with its exceptions by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[1] / "src" / "triage"
MODULES = sorted(SRC.rglob("*.py"))
LONGEST = 450

DATABASES = frozenset({"sqlite3", "sqlite_utils", "psycopg"})
MAY_NAME_SQLITE = {
    "cli/crash.py": "tells the version of SQLite",
    "cli/doctor.py": "tells the version of SQLite",
}
MAY_TOUCH_STDOUT = {
    "cli/output.py": "the one module that writes it",
    "cli/main.py": "flushes it, and --version comes before anything is loaded",
    "cli/sending.py": "flushes before it asks",
    "cli/context.py": "asks whether it is a terminal",
    "cli/doctor.py": "asks for its encoding",
}
MAY_WRITE_STDOUT = ("cli/output.py", "cli/main.py")
MAY_WRITE_STDERR = ("cli/narrate.py", "cli/main.py", "cli/progress.py")
SECRETS = re.compile(
    r"token|secret|bearer|consumer_key|authorization|credential|password", re.IGNORECASE
)


def name_of(path: Path) -> str:
    """A module as the exceptions spell it."""
    return path.relative_to(SRC).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """A module as a tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a module, with what is called as it is written."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_there_is_something_to_look_at() -> None:
    """The rules below look at the real tree."""
    assert {"store/engine.py", "cli/output.py", "core/waits.py"} <= set(map(name_of, MODULES))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_too_long_to_read(path: Path) -> None:
    """A module that grows past the limit is two."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_belongs_in_it(path: Path) -> None:
    """Each module begins with what it is for."""
    assert name_of(path) == "__main__.py" or ast.get_docstring(parsed(path))


def test_only_the_store_knows_a_database() -> None:
    """SQL and its drivers stay behind the store's port."""
    strays = {
        name_of(path): sorted(imported(path) & DATABASES)
        for path in MODULES
        if not name_of(path).startswith("store/") and imported(path) & DATABASES
    }
    assert strays == {name: ["sqlite3"] for name in MAY_NAME_SQLITE if name in strays}, (
        "SQL and its drivers belong in store/"
    )


@pytest.mark.parametrize("name", sorted(MAY_NAME_SQLITE))
def test_who_names_sqlite_asks_for_its_version_alone(name: str) -> None:
    """The exceptions use the driver for nothing else."""
    used = set(re.findall(r"\bsqlite3\.(\w+)", (SRC / name).read_text(encoding="utf-8")))
    assert used <= {"sqlite_version", "sqlite_version_info"}


def test_one_module_writes_stdout() -> None:
    """Data leaves through one door, where it is cleaned."""
    for path in MODULES:
        name = name_of(path)
        text = path.read_text(encoding="utf-8")
        assert "sys.stdout" not in text or name in MAY_TOUCH_STDOUT, name
        for called, node in calls(path):
            assert called != "print", f"{name}:{node.lineno}"
            assert not called.startswith(("typer.echo", "typer.secho", "rich.print")), name
            if called.startswith(("sys.stdout.write", "sys.stdout.buffer")):
                assert name in MAY_WRITE_STDOUT, f"{name}:{node.lineno}"


def test_one_module_writes_stderr() -> None:
    """Narration leaves through another."""
    for path in MODULES:
        if name_of(path) not in MAY_WRITE_STDERR:
            assert "sys.stderr" not in path.read_text(encoding="utf-8"), name_of(path)


def test_the_core_is_told_what_time_it_is() -> None:
    """No pure function looks at a clock."""
    clocks = re.compile(r"\.(?:now|utcnow|today)\(|\btime_ns\(|\bmonotonic\(")
    for path in sorted((SRC / "core").glob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            assert not clocks.search(line), f"{path.name}:{number}: {line.strip()}"


def test_use_cases_are_told_what_time_it_is() -> None:
    """No use case does either."""
    for path in sorted((SRC / "app").glob("*.py")):
        assert not imported(path) & {"time", "datetime"}, path.name


def test_nothing_is_logged_but_by_the_channel() -> None:
    """There is no log in which a text of a customer could end."""
    assert [name_of(p) for p in MODULES if "logging" in imported(p)] == [
        "channels/x/asking.py",
        "channels/x/channel.py",
        "channels/x/client.py",
    ]


def test_no_log_line_names_a_secret() -> None:
    """What is logged has no name of a secret in it."""
    levels = {"debug", "info", "warning", "error", "exception", "critical", "log"}
    for path in MODULES:
        for called, node in calls(path):
            if re.match(r"_?(?:log|logger|logging)\.", called) and called.split(".")[-1] in levels:
                arguments = " ".join(map(ast.unparse, node.args))
                assert not SECRETS.search(arguments), f"{name_of(path)}:{node.lineno}: {arguments}"


def test_no_use_case_prints_or_asks() -> None:
    """Only the command line talks to people."""
    for path in MODULES:
        if name_of(path).startswith(("app/", "core/", "store/", "channels/", "config/")):
            assert not imported(path) & {"typer", "rich", "click"}, name_of(path)
            assert "input" not in {called for called, _ in calls(path)}, name_of(path)


def test_no_option_takes_a_secret() -> None:
    """A secret in a command line would be seen in the list of processes."""
    for path in sorted((SRC / "cli").glob("*.py")):
        for called, node in calls(path):
            if called == "typer.Option":
                flags = {a.value for a in node.args if isinstance(a, ast.Constant)}
                flags -= {"--with-token"}  # takes no value: it says that tokens come on stdin
                assert not any(SECRETS.search(str(flag)) for flag in flags), path.name
