"""Write docs/cli.md from the commands themselves; `--check` tells whether it is out of date."""  # noqa: INP001

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.testing import CliRunner

from triage.cli import main
from triage.cli.exits import described

TARGET = Path(__file__).with_name("cli.md")
WIDTH = 100
_HEAD = """\
# The commands

<!-- Written by docs/generate.py from the commands themselves; do not edit. -->

Global options may stand before or after the name of the command.
On a terminal rows are a table; in a pipe they are tab-separated lines without a header; `--json`
and `--csv` are what their names say. Times are RFC 3339 in UTC, spans are seconds.
"""


def commands() -> list[str]:
    """Names of the commands whose modules are there, in the order of the help."""
    return [
        name
        for name, module in main.COMMANDS.items()
        if importlib.util.find_spec(module) is not None
    ]


def below(app: typer.Typer, path: list[str]) -> list[str]:
    """Names of the commands under a group; none under a plain command."""
    found = typer.main.get_command(app)
    for word in path:
        found = getattr(found, "commands", {})[word]
    return list(getattr(found, "commands", {}))


def paths(app: typer.Typer, path: list[str] | None = None) -> Iterator[list[str]]:
    """Every command with the words that lead to it."""
    path = path or []
    for name in below(app, path):
        yield [*path, name]
        yield from paths(app, [*path, name])


def help_of(app: typer.Typer, path: list[str]) -> str:
    """The help of a command as a terminal of WIDTH columns shows it."""
    with _environment(COLUMNS=str(WIDTH), NO_COLOR="1", TERM="dumb"):
        result = CliRunner().invoke(
            app,
            [*path, "--help"],
            prog_name="triage",
            terminal_width=WIDTH,
            max_content_width=WIDTH,
        )
    if result.exit_code != 0:
        raise RuntimeError(f"triage {' '.join(path)} --help failed: {result.output}")
    return "\n".join(line.rstrip() for line in result.stdout.splitlines()).strip()


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def helps() -> Iterator[tuple[list[str], str]]:
    """Every command with its help; each is made alone, since all at once take long to make."""
    for name in commands():
        app = main.build([name])
        for path in paths(app):
            if path[0] == name:
                yield path, help_of(app, path)


def render() -> str:
    """The whole page."""
    page = io.StringIO()
    page.write(_HEAD)
    page.write(f"\n## triage\n\n```text\n{help_of(main.build(commands()), [])}\n```\n")
    page.write("\n## Exit codes\n\n| code | meaning |\n|---:|---|\n")
    for line in described().splitlines():
        code, words = line.split(maxsplit=1)
        page.write(f"| {code} | {words} |\n")
    for path, text in helps():
        level = "#" * (1 + len(path))
        page.write(f"\n{level} triage {' '.join(path)}\n\n```text\n{text}\n```\n")
    return page.getvalue()


def run(words: list[str]) -> int:
    """Write the page, or with `--check` compare it; give the exit code."""
    page = render()
    before = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if words == ["--check"]:
        sys.stdout.writelines(
            difflib.unified_diff(
                before.splitlines(keepends=True),
                page.splitlines(keepends=True),
                "docs/cli.md",
                "what the commands say now",
            )
        )
        return int(before != page)
    if words:
        sys.stderr.write("usage: python docs/generate.py [--check]\n")
        return 2
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
