"""`triage rules test` and `learn`: how good the rules are, and what would make them better."""

from __future__ import annotations

import typer


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
