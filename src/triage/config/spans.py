"""Spans of time as people write them: `90s`, `60m`, `4h`, `2d`, `1h30m`."""

from __future__ import annotations

from triage.core.model import DAY, HOUR, MINUTE, SECOND

UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
"""What each letter is worth, ms; the greatest first."""

LONGEST = 3650 * DAY
"""No promise and no history reaches further; it also keeps every sum within 64 bits."""

ACCEPTED = 'a span such as "90s", "60m", "4h", "2d" or "1h30m"'

_MOST_DIGITS = 9


def parse_span(text: str) -> int:
    """Read a span, in ms.

    Units go from great to small, each once; case and spaces around do not matter.

    Raises:
        ValueError: It is no span, or longer than ten years. The message says what is accepted.
    """
    refusal = f"{text!r} is not {ACCEPTED}"
    total, digits = 0, ""
    left = list(UNITS)
    for char in text.strip().lower():
        if char in "0123456789" and len(digits) < _MOST_DIGITS:
            digits += char
        elif char in left and digits:
            total += int(digits) * UNITS[char]
            left, digits = left[left.index(char) + 1 :], ""
        else:
            raise ValueError(refusal)
    if digits or len(left) == len(UNITS):
        raise ValueError(refusal)
    if total > LONGEST:
        raise ValueError(f"{text!r} is longer than ten years")
    return total


def format_span(span: int) -> str:
    """Write a span of whole seconds so that `parse_span` reads it back: 5400000 is `1h30m`."""
    words = []
    for unit, worth in UNITS.items():
        count, span = divmod(span, worth)
        if count:
            words.append(f"{count}{unit}")
    return "".join(words) or "0s"
