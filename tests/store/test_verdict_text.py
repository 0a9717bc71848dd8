"""The fast encoder of verdicts writes what `json` would."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from triage.app.classify import verdict_to_data
from triage.core.model import Evidence, Kind, Verdict
from triage.store.verdicts import because_text, scores_text

_NUMBERS = st.floats(-20, 20).map(lambda n: round(n, 4))
_EVIDENCE = st.builds(
    Evidence,
    st.sampled_from(["never-arrived", "where-is"]),
    st.text(st.characters(exclude_categories=[]), max_size=10),
    st.integers(0, 300),
    st.integers(0, 300),
    st.dictionaries(st.sampled_from(Kind), _NUMBERS),
    st.sampled_from(["", "negated", 'a "note"']),
)
_VERDICTS = st.builds(
    Verdict,
    st.sampled_from(Kind),
    st.fixed_dictionaries({kind: st.floats(0, 1).map(lambda n: round(n, 4)) for kind in Kind}),
    st.lists(_EVIDENCE, max_size=4).map(tuple),
)


@given(_VERDICTS)
def test_it_reads_back_as_it_was(verdict: Verdict) -> None:
    """Any text, lone surrogates and quotes included, comes back from plain ASCII."""
    data = verdict_to_data(verdict)
    assert json.loads(scores_text(verdict)) == data["scores"]
    assert because_text(verdict).isascii()
    assert json.loads(because_text(verdict)) == data["because"]
