"""What the global flags said, shared by every command."""

from __future__ import annotations

import sys

import typer

from triage.bootstrap import App
from triage.cli.output import Format, choose


class Globals:
    """The flags that every command takes, before or after its name."""

    def __init__(
        self,
        app: App,
        *,
        as_json: bool = False,
        no_input: bool = False,
        debug: bool = False,
    ) -> None:
        self.app = app
        self.as_json = as_json
        self.no_input = no_input
        self.debug = debug

    def form(self, *, as_csv: bool = False) -> Format:
        """How rows are to leave."""
        return choose(as_json=self.as_json, as_csv=as_csv)

    @property
    def may_ask(self) -> bool:
        """Whether a person can be asked: a terminal on both sides, and nobody said no."""
        if self.no_input or self.as_json:
            return False
        return all(s is not None and s.isatty() for s in (sys.stdin, sys.stdout))


def globals_of(context: typer.Context) -> Globals:
    """The flags of this run."""
    found = context.find_root().obj
    assert isinstance(found, Globals)  # noqa: S101 - set by the root callback
    return found


def app_of(context: typer.Context) -> App:
    """The program of this run."""
    return globals_of(context).app
