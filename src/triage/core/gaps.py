"""What is said of stretches that may hold posts which we never saw."""

from __future__ import annotations

from collections.abc import Callable

from triage.core.progress import Gap
from triage.core.queue import short_span


def gap_words(gap: Gap, when: Callable[[int], str]) -> str:
    """Tell a gap: from when to when, and how many posts it may hold.

    At least none is missing: the channel does not say. How many at most nobody knows; the pace of
    the posts around it gives the number to expect.

    Args:
        gap: The gap.
        when: Writes a time (UTC ms) for people.
    """
    if gap.after_at is None or gap.before_at is None:
        stretch = f"between {gap.after_id} and {gap.before_id}"
    else:
        span = short_span(max(0, gap.before_at - gap.after_at))
        stretch = f"between {when(gap.after_at)} and {when(gap.before_at)} ({span})"
    if gap.about is None:
        return f"{stretch}, from none to nobody knows how many"
    return f"{stretch}, from none to about {max(1, gap.about):,} at the pace of those read"
