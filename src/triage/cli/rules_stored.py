"""`triage rules diff` and `retag`: what edited rules change in the mentions that are stored."""

from __future__ import annotations

import typer


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
