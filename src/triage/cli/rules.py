"""`triage rules`: what tags mentions, and how to make it fit a brand."""

from __future__ import annotations

import typer

from triage.cli import rules_learning, rules_stored
from triage.cli.options import examples


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Show, check, test and tune the rules that tag mentions.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples("triage rules list", "triage rules why 'my parcel never arrived'"),
    )
    rules_learning.add_to(group)
    rules_stored.add_to(group)
    app.add_typer(group, name="rules")
