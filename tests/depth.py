"""How far tests of chance go: a part of the way in the suite, all of it in `make chaos`.

The suite is run many times a day and must be quick; what it leaves out runs before a change is
taken. Seeds and examples differ from run to run, so the short form finds in time what the long
form finds at once.
"""

from __future__ import annotations

import os

DEEP = bool(os.environ.get("TRIAGE_CHAOS"))
"""Whether this is the long form."""


def deep(many: int, in_suite: int | None = None) -> int:
    """So many in the long form; in the suite as many as are named, or else a third."""
    if DEEP:
        return many
    return max(1, many // 3) if in_suite is None else in_suite
