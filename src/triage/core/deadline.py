"""Until when something is promised: `fri` is the end of Friday."""

from __future__ import annotations

from triage.core.kinds import SECOND
from triage.core.until import parse_until
from triage.errors import UsageError

_LAST_SECOND = "23:59:59"


def parse_deadline(text: str, now: int, zone: str) -> int:
    """Read until when, in UTC ms: what is done before that is in time.

    As `parse_until`, but that a day without a time means its end, and `today` is understood: who
    promises something by Friday may do it on Friday.

    Args:
        text: As it was typed.
        now: UTC ms; the answer is after it.
        zone: IANA name.

    Raises:
        UsageError: It is not understood, not in the future or more than five years ahead, or this
            machine does not know the zone.
    """
    if text.strip():
        try:
            return parse_until(f"{text} {_LAST_SECOND}", now, zone) + SECOND
        except UsageError:
            pass  # it is no day alone: then it is read as it stands, or refused in its own words
    return parse_until(text, now, zone)
