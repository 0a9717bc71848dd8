"""`[retention]`: spans or "none", and the least that figures need."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from triage.config.retention import RetentionTable
from triage.core.kinds import DAY
from triage.core.retention import DEFAULTS, LEAST, Data


def test_defaults() -> None:
    """Payloads go after ninety days, nothing else does."""
    assert RetentionTable().limits == DEFAULTS
    assert DEFAULTS[Data.PAYLOADS] == 90 * DAY
    assert [data for data, limit in DEFAULTS.items() if limit] == [Data.PAYLOADS]


@pytest.mark.parametrize("data", list(Data))
def test_spans_and_none(data: Data) -> None:
    """From the least on; `none` keeps it for good."""
    least = LEAST.get(data, DAY)
    days = f"{least // DAY}d"
    assert RetentionTable.model_validate({data.value: days}).limits[data] == least
    assert RetentionTable.model_validate({data.value: "none"}).limits[data] is None
    with pytest.raises(ValidationError, match=f"must be at least {days}"):
        RetentionTable.model_validate({data.value: f"{least // DAY - 1}d23h"})


@pytest.mark.parametrize("value", [90, True, "soon", "", "-1d", "NONE", [], "91"])
def test_what_is_no_limit(value: object) -> None:
    """Says what is accepted."""
    with pytest.raises(ValidationError, match="span such as"):
        RetentionTable.model_validate({"payloads": value})


def test_unknown_kinds_are_refused() -> None:
    """A limit that nobody applies would be a promise that nobody keeps."""
    with pytest.raises(ValidationError):
        RetentionTable.model_validate({"message": "90d"})
