"""docs/cli.md says what the commands say, and every command says enough."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from triage.cli import main
from triage.cli.exits import Exit

DOCS = Path(__file__).parent.parent / "docs"


@cache
def _generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _helps() -> dict[str, str]:
    return {" ".join(path): text for path, text in _generate().helps()}


def test_every_command_is_there() -> None:
    """Each name that the program knows has a module, and stands in the page."""
    names = {path.split()[0] for path in _helps()}
    assert names == set(main.COMMANDS)


def test_page_is_current() -> None:
    """The page in the repository is what the commands say now."""
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == _generate().render()


def test_check_tells_the_difference(tmp_path: Path) -> None:
    """--check is 0 when the page is current, and 1 with a diff when it is not."""
    for name in ("generate.py", "cli.md"):
        (tmp_path / name).write_bytes((DOCS / name).read_bytes())

    def check(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(tmp_path / "generate.py"), *words],
            capture_output=True,
            text=True,
            check=False,
        )

    page = tmp_path / "cli.md"
    page.write_text(page.read_text(encoding="utf-8").replace("triage queue", "triage tail"))
    done = check("--check")
    assert done.returncode == 1
    assert "-## triage tail" in done.stdout
    assert "+## triage queue" in done.stdout
    assert check().returncode == 0
    assert page.read_bytes() == (DOCS / "cli.md").read_bytes()


def test_every_command_has_help_and_two_examples() -> None:
    """A sentence on what it does, and at least two lines that can be typed."""
    poor = []
    for path, text in _helps().items():
        paragraphs = text.split("\n\n")
        described = len(paragraphs) > 1 and paragraphs[1].strip().rstrip(".")
        _, _, examples = text.partition("Examples:\n")
        lines = [line for line in examples.splitlines() if "triage" in line]
        if not described or len(lines) < 2:
            poor.append(path)
    assert poor == []


def test_examples_name_the_command() -> None:
    """The examples of a command are about that command."""
    strange = [
        path
        for path, text in _helps().items()
        if f"{path.split()[0]}" not in text.partition("Examples:\n")[2]
    ]
    assert strange == []


@pytest.mark.parametrize("code", list(Exit))
def test_exit_codes(code: Exit) -> None:
    """Every exit code is in the page's table and in the program's own help."""
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert f"\n| {code.value} | " in page
    help_of_all = _generate().help_of(main.build(), [])
    assert any(line.split()[:1] == [str(code.value)] for line in help_of_all.splitlines())
