"""Shares and how sure they are, as JSON and as a screen show them."""

from __future__ import annotations

from triage.core.scoring import Interval

_PLACES = 4


def rounded(value: float | None) -> float | None:
    """A share as JSON shows it."""
    return None if value is None else round(value, _PLACES)


def interval_data(interval: Interval | None) -> dict[str, float | None] | None:
    """An interval as JSON shows it."""
    if interval is None:
        return None
    return {"low": rounded(interval.low), "high": rounded(interval.high)}


def number(value: float | None) -> str:
    """A share as a screen shows it; a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"
