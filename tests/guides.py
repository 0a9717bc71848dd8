"""Pages of docs/ that are tried: their files are made and their commands run, in order."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from screens import Runner

DOCS = Path(__file__).parents[1] / "docs"
NINE = 1_772_442_000
"""2 March 2026, 9:00 UTC: when the examples of the pages were made."""
_MORE = "..."
FOLDER = "~/veloroo"
"""Where a page's reader works."""

_BLOCK = re.compile(
    r"(?:(?P<how>Save as|Add to) `(?P<name>[\w.]+)`:\n\n)?```(?P<sort>\w+)\n(?P<body>.*?)```",
    re.DOTALL,
)
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_PASSING = re.compile(r"\x1b\[\?25l.*\x1b\[2K\n?", re.DOTALL)
"""A bar of progress, from hiding the cursor to wiping the line."""


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


class Reader:
    """Somebody who does what a page says, in an empty folder and at a terminal."""

    def __init__(self, run: Runner, patch: pytest.MonkeyPatch) -> None:
        self.run = run
        self.patch = patch

    def read(self, page: Path, begin: Callable[[str], None] = lambda _: None) -> None:
        """Do all of a page: exit code 0, and the screen as it is shown.

        TRIAGE_GOLDEN=write puts today's screens into the page.

        Args:
            page: Which.
            begin: Called with each of its sections before that is done.
        """
        before = page.read_text(encoding="utf-8")
        after = ""
        for section in re.split(r"^(?=## )", before, flags=re.MULTILINE):
            begin(section)
            after += _BLOCK.sub(self.do, section)
        if os.environ.get("TRIAGE_GOLDEN") == "write":
            page.write_text(after, encoding="utf-8")
            return
        assert after == before

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


def reader_in(folder: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader in a folder, at nine o'clock UTC of the pages' day."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TRIAGE_PAGER", "cat")
    clock = SimpleNamespace(time_ns=lambda: NINE * 1_000_000_000)
    monkeypatch.setattr("triage.bootstrap.time", clock)
    # What the reader exports ends with the test.
    with pytest.MonkeyPatch.context() as patch:
        yield Reader(run, patch)
