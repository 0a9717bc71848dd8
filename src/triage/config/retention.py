"""`[retention]`: how long each kind of data is kept. Imports pydantic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator

from triage.config.spans import ACCEPTED, format_span
from triage.config.table import Table, read_span
from triage.core.kinds import DAY
from triage.core.retention import DEFAULTS, LEAST, Data

_FOR_GOOD = "none"


def _limit(data: Data) -> BeforeValidator:
    least = LEAST.get(data, DAY)

    def check(value: object) -> int | None:
        if value is None or value == _FOR_GOOD:
            return None
        if not isinstance(value, str):
            raise ValueError(f'must be {ACCEPTED}, in quotes, or "none"')  # noqa: TRY004
        found = read_span(value)
        if found < least:
            raise ValueError(f'must be at least {format_span(least)}, or "none" to keep it')
        return found

    return BeforeValidator(check)


class RetentionTable(Table):
    """`[retention]`: after which time what is let go; None keeps it. Spans in ms."""

    payloads: Annotated[int | None, _limit(Data.PAYLOADS)] = DEFAULTS[Data.PAYLOADS]
    texts: Annotated[int | None, _limit(Data.TEXTS)] = None
    versions: Annotated[int | None, _limit(Data.VERSIONS)] = None
    notes: Annotated[int | None, _limit(Data.NOTES)] = None
    activity: Annotated[int | None, _limit(Data.ACTIVITY)] = None
    usage: Annotated[int | None, _limit(Data.USAGE)] = None
    alerts: Annotated[int | None, _limit(Data.ALERTS)] = None

    @property
    def limits(self) -> Mapping[Data, int | None]:
        """By kind of data."""
        return {data: getattr(self, data.value) for data in Data}
