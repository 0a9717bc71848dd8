"""docs/reliability.md names tests that exist, one at least for each promise."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


def defined_in(path: Path) -> set[str]:
    """The tests that a file defines: its functions, and what pytest takes for classes of tests."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {name for name in found if name.lower().startswith("test")}


@pytest.mark.parametrize("file", sorted({file for file, _ in NAMED}))
def test_every_test_that_is_named_exists(file: str) -> None:
    """A promise whose test was renamed or taken out is no promise any more."""
    assert {name for named, name in NAMED if named == file} <= defined_in(ROOT / file)


def test_every_promise_has_a_test() -> None:
    """Each line of a table of promises ends with tests by path and name."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    promises = [row for row in rows if not row.startswith("| promise |")]
    assert len(promises) > 20
    for row in promises:
        assert re.search(r"`tests/[\w/]+\.py::\w+` \|$", row), row
