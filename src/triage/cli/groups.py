"""Commands with commands below them, such as `drafts send`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import typer

from triage.cli.main import Interrupted, command

Function = Callable[..., None]


def group(app: typer.Typer, name: str, by_itself: Function, *, epilog: str) -> typer.Typer:
    """Add a group; `by_itself` runs whenever the group does, and has its help."""

    @functools.wraps(by_itself)
    def inner(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        try:
            by_itself(*args, **kwargs)
        except KeyboardInterrupt:
            raise Interrupted from None

    made = typer.Typer(rich_markup_mode=None, add_completion=False)
    made.callback(invoke_without_command=True, epilog=epilog)(inner)
    app.add_typer(made, name=name)
    return made


def subcommand(made: typer.Typer) -> Callable[[str, str], Callable[[Function], Function]]:
    """Give what registers a command of the group, by name and epilog."""

    def add(name: str, epilog: str) -> Callable[[Function], Function]:
        decorate: Callable[[Function], Function] = command(made, name, epilog=epilog)
        return decorate

    return add
