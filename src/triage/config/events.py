"""`[events]` of `config.toml`: when complaints are too many to promote anything.

Imports pydantic.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, StrictStr

from triage.config.spans import format_span
from triage.config.table import Table, read_span
from triage.core.countdown_words import LANGUAGES, words_of
from triage.core.events import SpikePolicy
from triage.core.model import DAY, MINUTE
from triage.errors import UsageError

_DEFAULT = SpikePolicy()
_LONGEST = 90 * DAY


def _window(value: object) -> int:
    found = read_span(value)
    if not MINUTE <= found <= DAY:
        raise ValueError(f"must be {format_span(MINUTE)} to {format_span(DAY)}")
    return found


def _usual(value: object) -> int:
    found = read_span(value)
    if not DAY <= found <= _LONGEST:
        raise ValueError(f"must be {format_span(DAY)} to {format_span(_LONGEST)}")
    return found


def _language(value: str) -> str:
    try:
        words_of(value)
    except UsageError:
        raise ValueError(f"must be one of {', '.join(sorted(LANGUAGES))}, not {value!r}") from None
    return value


Language = Annotated[StrictStr, AfterValidator(_language)]


class EventsTable(Table):
    """`[events]`. Spans in ms.

    Attributes:
        spike_complaints: From so many complaints within the window on posts are held; 0 never.
        spike_factor: And if they are so many times as many as usual.
        spike_window: Over which they are counted.
        spike_usual: Over which the usual is found.
    """

    spike_complaints: Annotated[StrictInt, Field(ge=0, le=1_000_000)] = _DEFAULT.complaints
    spike_factor: Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)] = _DEFAULT.factor
    spike_window: Annotated[int, BeforeValidator(_window)] = _DEFAULT.window
    spike_usual: Annotated[int, BeforeValidator(_usual)] = _DEFAULT.usual

    @property
    def spikes(self) -> SpikePolicy:
        """The same for the core."""
        return SpikePolicy(
            self.spike_complaints, self.spike_factor, self.spike_window, self.spike_usual
        )
