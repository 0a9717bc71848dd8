"""`triage completion`: a shell's own script that completes commands and options."""

from __future__ import annotations

import contextlib
import io
import os
from enum import StrEnum
from typing import Annotated

import typer

from triage.cli import output
from triage.cli.main import build, command
from triage.cli.options import examples

_VARIABLE = "_TRIAGE_COMPLETE"
"""Read by Typer: what a shell wants to know, such as `source_bash` or `complete_bash`."""


class Shell(StrEnum):
    """Shells that can be served."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def register(app: typer.Typer) -> None:
    """Add the command; in a run that completes, make the shells known to Typer."""
    if _VARIABLE in os.environ:
        _make_shells_known()
    command(
        app,
        "completion",
        epilog=examples(
            'eval "$(triage completion bash)"     # in ~/.bashrc',
            "triage completion zsh > ~/.zfunc/_triage",
            "triage completion fish > ~/.config/fish/completions/triage.fish",
        ),
    )(completion)


def _make_shells_known() -> None:
    """Have Typer load its shells, which it does for programs with its own completion options.

    Ours has a command instead, so the options are given to a program that nobody runs.
    """
    unused = typer.Typer(add_completion=True)
    unused.command()(_make_shells_known)
    typer.main.get_command(unused)


def completion(
    shell: Annotated[Shell, typer.Argument(help="Whose script.")],
) -> None:
    """Print the script that makes a shell complete triage's commands and options.

    It needs no configuration and no database.
    """
    output.raw(_script(shell))


def _script(shell: Shell) -> str:
    """Ask Typer as a shell would."""
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = f"source_{shell.value}"
    caught = io.StringIO()
    try:
        with contextlib.redirect_stdout(caught), contextlib.suppress(SystemExit):
            build(["completion"])([], prog_name="triage")
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
    # zsh looks for its mark on the very first line.
    return caught.getvalue().strip() + "\n"
