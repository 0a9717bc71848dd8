"""The files around the program say what is true."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from triage.cli.exits import Exit
from triage.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def read(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads(read("pyproject.toml"))


def targets() -> set[str]:
    """What `make` can be asked for."""
    return set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))


def test_make_has_what_the_documents_name() -> None:
    """No document names a target that `make` lacks."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = re.findall(r"`make ([a-z-]+)`|^ *make ([a-z-]+)", text, re.MULTILINE)
        missing = {a or b for a, b in named} - targets()
        assert not missing, f"{page.name}: {missing}"


def test_readme_names_the_two_commands() -> None:
    """A newcomer finds the two commands that set everything up."""
    text = read("README.md")
    assert re.search(r"^ *make demo\b", text, re.MULTILINE)
    assert re.search(r"^ *make test\b", text, re.MULTILINE)


def test_readme_tells_every_exit_code() -> None:
    """The table has every code of the program and no other."""
    told = {int(n) for n in re.findall(r"^\| *(\d+) *\|", read("README.md"), re.MULTILINE)}
    assert told == {code.value for code in Exit}


def test_readme_names_every_command_and_no_other() -> None:
    """No command is hidden, and none is promised."""
    named = set(re.findall(r"`triage ([a-z]+)", read("README.md")))
    assert named == set(COMMANDS)


def test_links_lead_somewhere() -> None:
    """Every link inside the project has a target."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_decisions_are_numbered_without_a_hole() -> None:
    """A decision is found by its number."""
    names = sorted(p.name for p in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(n[:4]) for n in names] == list(range(1, len(names) + 1))


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda p: p.stem[:4]
)
def test_a_decision_has_three_parts_on_one_page(page: Path) -> None:
    """Context, choice, consequences, and no more than a page."""
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Choice", "Consequences"]
    assert len(text.splitlines()) <= 60


def test_decisions_that_files_name_are_there() -> None:
    """A comment that points to a decision points to one that exists."""
    for name in ("pyproject.toml", "Makefile"):
        for number, rest in re.findall(r"docs/decisions/(\d{4})([\w-]*\.md)?", read(name)):
            assert list((ROOT / "docs" / "decisions").glob(f"{number}{rest or '-*.md'}")), rest


def test_licence_is_there_and_named() -> None:
    """File and metadata say the same licence."""
    assert read("LICENSE").lstrip().startswith("Apache License")
    assert project()["project"]["license"] == "Apache-2.0"


def test_changelog_has_a_section_for_what_comes() -> None:
    """There is a place for the next line."""
    assert "## [Unreleased]" in read("CHANGELOG.md")


def test_every_dependency_has_a_range() -> None:
    """Each dependency says from which version on it works."""
    for line in project()["project"]["dependencies"]:
        assert re.fullmatch(r"[\w-]+>=[\w.]+(?:,<[\w.]+)?", line), line
    given = project()["project"]["dependencies"]
    assert "typer>=0.26,<0.29" in given, "docs/decisions/0003 says why"


def test_constraints_pin_every_dependency() -> None:
    """What `make` installs is what was tested."""
    pinned = dict(line.split("==") for line in read("constraints.txt").split() if "==" in line)
    known = {name.lower().replace("_", "-") for name in pinned}
    extras = project()["project"]["optional-dependencies"]
    wanted = [*project()["project"]["dependencies"], *extras["test"], *extras["lint"]]
    for line in wanted:
        name = re.split(r"[<>=!~\[;]", line)[0].strip().lower().replace("_", "-")
        assert name in known, f"{line} is not pinned"


def test_every_exception_to_the_style_says_why() -> None:
    """Each ignored rule has a comment beside it."""
    text = read("pyproject.toml")
    ignored = re.search(r"^ignore = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert ignored
    blocks = [ignored.group(1), text.split("[tool.ruff.lint.per-file-ignores]")[1].split("\n[")[0]]
    for block in blocks:
        for line in block.splitlines():
            if re.match(r"\s+\"[A-Z]", line):
                assert re.search(r"#\s*\S.{5,}", line), line


def test_every_noqa_and_type_ignore_names_its_rule() -> None:
    """Nothing is silenced wholesale."""
    for path in [*ROOT.glob("src/**/*.py"), *ROOT.glob("tests/**/*.py")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "# noqa" in line and path.name != Path(__file__).name:
                assert re.search(r"# noqa: [A-Z]+\d+", line), f"{path.name}: {line}"
            if "# type: ignore" in line and path.name != Path(__file__).name:
                assert "# type: ignore[" in line, f"{path.name}: {line}"


def test_what_ci_runs_is_a_script_that_the_shell_accepts() -> None:
    """It is executable, stops at the first failure, and calls both."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    text = script.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert re.search(r"^make check", text, re.MULTILINE)
    assert re.search(r"\bmake test\b", text)
