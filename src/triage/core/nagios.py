"""The protocol of monitoring plug-ins: thresholds, performance data, states, and the one line.

As the Monitoring Plugins' guidelines have it, which Nagios, Icinga, Naemon and others read.
"""

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from triage.core.text import one_line
from triage.errors import UsageError

_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?"
_RANGE = rf"(?P<inside>@?)(?:(?P<low>~|{_NUMBER})?(?P<colon>:))?(?P<high>{_NUMBER})?"
_SHOWN = 20
"""So many characters of a threshold that is refused are repeated."""


class State(IntEnum):
    """How something stands; its value is the exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3
    """It cannot be told."""


_GRAVITY = (State.OK, State.UNKNOWN, State.WARNING, State.CRITICAL)
"""What is known to be bad goes before what is not known."""


def worst(states: Iterable[State]) -> State:
    """The gravest of several states; OK if there are none."""
    return max(states, key=_GRAVITY.index, default=State.OK)


class Range(NamedTuple):
    """A threshold: from where to where a figure raises no alarm.

    Attributes:
        text: As it was written.
        low: The least that is within.
        high: The most that is.
        inside: It is the other way round: what is within raises the alarm.
    """

    text: str
    low: float
    high: float
    inside: bool = False

    def is_raised_by(self, value: float) -> bool:
        """Whether a figure raises the alarm; both ends belong to the range."""
        return (self.low <= value <= self.high) is self.inside


def parse_range(text: str, flag: str) -> Range:
    """Read a threshold: `N` (0 to N), `N:` (N and more), `~:N` (up to N), `N:M`, `@N:M`.

    Args:
        text: As a person wrote it.
        flag: Which option it was for, to name it in the message.

    Raises:
        UsageError: It is none of these, or ends before it begins.
    """
    text = text.strip()
    said = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    found = re.fullmatch(_RANGE, text)
    if found is None or (found["high"] is None and found["low"] is None):
        raise UsageError(
            f"{flag} {said}: not a threshold.",
            hint="Write it like 5, 5:, ~:5, 1:5 or @1:5.",
        )
    low = float("-inf") if found["low"] == "~" else float(found["low"] or 0)
    high = float("inf") if found["high"] is None else float(found["high"])
    if low > high:
        raise UsageError(
            f"{flag} {said}: it ends before it begins.",
            hint="Write the lesser number first; with one number alone it begins at 0.",
        )
    return Range(text, low, high, bool(found["inside"]))


class Figure(NamedTuple):
    """One figure for whoever draws graphs.

    Attributes:
        label: Its name: letters and `_`.
        value: None where it is not known.
        unit: `s` for seconds, empty for a count.
        warning: The threshold as text, or empty.
        critical: The same.
    """

    label: str
    value: int | None
    unit: str = ""
    warning: str = ""
    critical: str = ""

    def __str__(self) -> str:
        """Write it as `label=value;warning;critical;least`; the least is always 0."""
        value = "U" if self.value is None else f"{self.value}{self.unit}"
        return f"{self.label}={value};{self.warning};{self.critical};0"


def status_line(state: State, text: str, figures: Sequence[Figure] = ()) -> str:
    """The one line that is read: what is checked, its state, words, and the figures.

    A `|` in the words would begin the figures, so it becomes `/`.
    """
    words = one_line(text).replace("|", "/")
    data = " ".join(map(str, figures))
    return f"TRIAGE {state.name} - {words}" + (f" | {data}" if data else "")
