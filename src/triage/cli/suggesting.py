"""What templates fit a conversation that is looked at: one line each, ready to be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage.cli import output
from triage.cli.filling import shelf_of
from triage.cli.sending import program
from triage.core.model import WaitState
from triage.core.templates import suggested

if TYPE_CHECKING:
    from triage.app.showing import Shown
    from triage.bootstrap import App
    from triage.core.templates import Template


def fitting(app: App, shown: Shown) -> list[Template]:
    """Templates for what the customer waits with, by its themes and its kind."""
    wait = shown.wait
    if wait is None or wait.state is not WaitState.OPEN:
        return []
    here = {
        m.id
        for m in shown.messages
        if m.conversation_id == wait.conversation_id and m.posted_at >= wait.opened_at
    }
    themes = [v.theme for i, v in shown.verdicts.items() if i in here and v.theme]
    return suggested(shelf_of(app), wait.kind, themes)


def suggest(app: App, shown: Shown) -> None:
    """Write a line for each, never longer than the screen is wide."""
    found = fitting(app, shown)
    if not found:
        return
    from rich.cells import cell_len, set_cell_size

    commands = [_command(app, shown, one) for one in found]
    longest = max(map(len, commands))
    for command, one in zip(commands, found, strict=True):
        words = f"template: {command:<{longest}}   {one.title}".rstrip()
        fits = cell_len(words) <= output.width()
        output.line(words if fits else f"{set_cell_size(words, output.width() - 1).rstrip()}…")


def items(app: App, shown: Shown) -> list[dict[str, object]]:
    """The same for JSON."""
    return [
        {"name": one.name, "title": one.title, "command": _command(app, shown, one)}
        for one in fitting(app, shown)
    ]


def _command(app: App, shown: Shown, one: Template) -> str:
    return f"{program(app)} reply {shown.conversation.id} -t {one.name}"
