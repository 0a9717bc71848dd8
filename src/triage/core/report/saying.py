"""How figures are said, on a screen, in Markdown and on the page alike."""

from __future__ import annotations

from triage.core.queue import short_span

NONE = "-"
"""What stands where there is no figure."""


def span(seconds: float | None) -> str:
    """A span to the minute, such as `3h12m`; a dash where there is none."""
    return NONE if seconds is None else short_span(round(seconds * 1000))


def share(value: float | None) -> str:
    """A share in whole percent, cut and not rounded: 99.6 % is not everybody."""
    # 0.29 is a little less than 29 of 100: that much is not cut.
    return NONE if value is None else f"{int(value * 100 + 1e-9)}%"


def counted(number: int, one: str, many: str = "") -> str:
    """A count with its noun, such as `1 wait` or `1,372 waits`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
