"""What is installed: the wheel's content, and the two ways to start the program."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import triage

ROOT = Path(__file__).resolve().parents[1]
SETUPTOOLS = (77,)
"""The build needs it: pyproject.toml, [build-system]."""


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run something of ours."""
    return subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)


def test_python_m_triage_works() -> None:
    """The module starts the same program."""
    done = run(sys.executable, "-m", "triage", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"triage {triage.__version__}\n", "")


def test_the_console_script_is_ours() -> None:
    """The command's name leads to the one entry."""
    found = [e for e in metadata.entry_points(group="console_scripts") if e.name == "triage"]
    assert [e.value for e in found] == ["triage.cli.main:main"]


def test_the_version_is_said_once() -> None:
    """The package and the program say the same version."""
    assert metadata.version("triage") == triage.__version__


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The wheel, built from a copy of what it is made from, without a network."""
    try:
        have = int(metadata.version("setuptools").partition(".")[0])
    except metadata.PackageNotFoundError:
        have = 0
    if (have,) < SETUPTOOLS:
        reason = f"setuptools >= {SETUPTOOLS[0]} is not installed here"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    for path in (ROOT / "src" / "triage").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = source / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    flags = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    done = run(sys.executable, "-m", "pip", "wheel", *flags, "-w", str(tmp_path), str(source))
    assert done.returncode == 0, done.stderr
    (built,) = tmp_path.glob("*.whl")
    return built


def test_the_wheel_holds_the_program_and_no_tests(wheel: Path) -> None:
    """Every module, the rules, the type marker and the licence are in it."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"triage/py.typed", "triage/data/rules/signs.toml", "triage/cli/main.py"} <= names
    page = "triage/delivery/page/templates"
    assert {f"{page}/page.html", f"{page}/macros.html", f"{page}/page.css"} <= names
    modules = {p.relative_to(ROOT / "src").as_posix() for p in ROOT.glob("src/triage/**/*.py")}
    assert modules <= names
    assert not [n for n in names if n.startswith(("tests/", "benchmarks/"))]
    assert [n for n in names if n.endswith("LICENSE")]


def test_the_wheel_runs_by_itself(wheel: Path, tmp_path: Path) -> None:
    """From the archive, not from the source tree: the rules are found as data of the package."""
    place = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    script = (
        f"import sys; sys.path.insert(0, {str(place)!r}); import triage.matching.defaults as d; "
        f"assert d.__file__.startswith({str(place)!r}); print(len(d.load_default_rules()))"
    )
    done = run(sys.executable, "-c", script)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
