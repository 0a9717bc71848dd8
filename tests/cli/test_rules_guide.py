"""docs/rules.md shows what the program does: its files are made and its commands run, in order."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from guides import DOCS, Reader, reader_in
from screens import Runner
from triage.core.rule import Act, Negation
from triage.core.rules_data import KEYS
from triage.core.signs import Sign
from triage.matching.defaults import default_tagger, load_default_rules

PAGE = DOCS / "rules.md"


def _page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture
def reader(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader of the page, with the posts that come with it."""
    shutil.copy(PAGE.with_name("veloroo.csv"), tmp_path)
    yield from reader_in(tmp_path, run, monkeypatch)


def test_the_guide_works_and_shows_what_is_printed(reader: Reader) -> None:
    """Every file and command of the page, in order: exit code 0, and the screen as it is shown."""
    reader.read(PAGE)


def _table(heading: str) -> list[list[str]]:
    """The cells of the first table behind a heading, without its head."""
    part = _page().split(f"{heading}\n", 1)[1]
    rows = re.findall(r"(?:^\|.*\n)+", part, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def _quoted(cells: list[list[str]], column: int = 0) -> list[str]:
    return [name for row in cells for name in re.findall(r"`([^`]+)`", row[column])]


def test_the_reference_has_every_key() -> None:
    """No key of a rule is left out, and none is made up."""
    changing = {"add_phrases", "drop_phrases", "add_regex", "drop_regex", "off"}
    assert set(_quoted(_table("## The keys of a rule"))) == {*KEYS, *changing}


def test_the_reference_has_every_sign_act_and_negation() -> None:
    """The closed lists of words are those of the engine."""
    assert set(_quoted(_table("### Signs"))) == set(Sign)
    assert set(_quoted(_table("### Acts"))) == set(Act)
    assert all(f"`{word}`" in _page() for word in Negation)


@pytest.mark.parametrize("row", _table("## What the engine sees"), ids=lambda row: row[0])
def test_what_the_engine_is_said_to_see_it_sees(row: list[str]) -> None:
    """Each example is weighed with the note beside which it stands."""
    note, example = row[0], row[2].strip("`")
    notes = [finding.note for finding in default_tagger().findings(example, "en")]
    assert any(note in told.split(", ") for told in notes), notes


@pytest.mark.parametrize(
    "row", _table("Words that are hidden are found too:\n"), ids=lambda r: r[0]
)
def test_hidden_words_are_found_as_told(row: list[str]) -> None:
    """Each example is matched by the rule beside it."""
    post, rule = row[0].strip("`"), row[1].strip("`")
    assert rule in {finding.rule.id for finding in default_tagger().findings(post, "en")}


def test_rules_that_the_page_names_are_shipped() -> None:
    """A reader who looks up a rule of the page finds it."""
    shipped = {rule.id for rule in load_default_rules()}
    assert {"bad", "great", "delivery-topic", "en-negation"} <= shipped
