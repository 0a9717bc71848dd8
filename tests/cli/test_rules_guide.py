"""docs/rules.md shows what the program does: its files are made and its commands run, in order."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from screens import Runner
from triage.core.rule import Act, Negation
from triage.core.rules_data import KEYS
from triage.core.signs import Sign
from triage.matching.defaults import default_tagger, load_default_rules

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
NINE = 1_772_442_000
"""2 March 2026, 9:00 UTC: when the page's examples were made."""
_MORE = "..."
FOLDER = "~/veloroo"
"""Where the page's reader works."""

_BLOCK = re.compile(
    r"(?:(?P<how>Save as|Add to) `(?P<name>[\w.]+)`:\n\n)?```(?P<sort>\w+)\n(?P<body>.*?)```",
    re.DOTALL,
)
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_PASSING = re.compile(r"\x1b\[\?25l.*\x1b\[2K\n?", re.DOTALL)
"""A bar of progress, from hiding the cursor to wiping the line."""


def _page() -> str:
    return PAGE.read_text(encoding="utf-8")


def _commands(body: str) -> Iterator[tuple[str, list[str]]]:
    """Each command line of a block with the lines that are shown below it."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        line, *shown = part.splitlines()
        yield line, shown


def _excerpt(screen: str, shown: list[str]) -> str:
    """A screen as far as the page shows it: where that ends in `...`, only its beginning."""
    if shown[-1:] != [_MORE]:
        return screen
    lines = screen.splitlines()[: len(shown) - 1]
    return "".join(f"{line}\n" for line in (*lines, _MORE))


class _Reader:
    """Somebody who does what the page says, in an empty folder and at a terminal."""

    def __init__(self, run: Runner, patch: pytest.MonkeyPatch) -> None:
        self.run = run
        self.patch = patch

    def do(self, block: re.Match[str]) -> str:
        """Make the file of a block or run its commands; give it as it must stand in the page."""
        if block["name"]:
            with Path(block["name"]).open(
                "a" if block["how"] == "Add to" else "x", encoding="utf-8"
            ) as file:
                file.write(block["body"])
        if block["sort"] != "console":
            return block[0]
        said = [
            f"$ {line}\n{_excerpt(self.type(line), shown)}"
            for line, shown in _commands(block["body"])
        ]
        return f"```console\n{''.join(said)}```"

    def type(self, line: str) -> str:
        """What a command line leaves on the screen."""
        words = shlex.split(line.replace("$PWD", str(Path.cwd())))
        if words[0] == "export":
            self.patch.setenv(*words[1].split("=", 1))
            return ""
        assert words[0] == "triage", line
        if ">" in words:
            ran = self.run(*words[1:-2])
            Path(words[-1]).write_text(ran.out, encoding="utf-8")
            shown = ran.err
        else:
            ran = self.run(*words[1:], tty=True)
            shown = ran.out + ran.err
        assert ran.code == 0, f"{line}: {shown}"
        shown = _STYLE.sub("", _PASSING.sub("", shown)).replace(str(Path.cwd()), FOLDER)
        return "".join(f"{row.rstrip()}\n" for row in shown.splitlines())


@pytest.fixture
def reader(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Reader]:
    """A reader at nine o'clock of the page's day."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIAGE_PAGER", "cat")
    clock = SimpleNamespace(time_ns=lambda: NINE * 1_000_000_000)
    monkeypatch.setattr("triage.bootstrap.time", clock)
    shutil.copy(PAGE.with_name("veloroo.csv"), tmp_path)
    # What the reader exports ends with the test.
    with pytest.MonkeyPatch.context() as patch:
        yield _Reader(run, patch)


def test_the_guide_works_and_shows_what_is_printed(reader: _Reader) -> None:
    """Every file and command of the page, in order: exit code 0, and the screen as it is shown.

    TRIAGE_GOLDEN=write puts today's screens into the page.
    """
    before = _page()
    after = _BLOCK.sub(reader.do, before)
    if os.environ.get("TRIAGE_GOLDEN") == "write":
        PAGE.write_text(after, encoding="utf-8")
        return
    assert after == before


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
