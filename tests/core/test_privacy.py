"""Handles become unreadable in what others wrote, and nothing else changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.privacy import Person, mask

HANDLE = st.text("ab_1Ü", min_size=1, max_size=5)
PIECE = st.one_of(
    st.sampled_from(["@", " ", "ana", "ANA", "@ana", "@Ana!", "@ana2", "x@ana", "\n", "é", "🙂"]),
    HANDLE.map("@{}".format),
)
TEXT = st.lists(PIECE, max_size=12).map("".join)


@given(text=TEXT, handles=st.lists(HANDLE, max_size=3))
def test_as_long_as_before_and_none_is_left(text: str, handles: list[str]) -> None:
    """Places in a text stay right; a second time changes nothing; without handles nothing does."""
    masked = mask(text, handles)
    assert len(masked) == len(text)
    assert mask(masked, handles) == masked
    assert mask(text, []) == text
    for handle in handles:
        assert not re.search(rf"(?<![\w@])@{re.escape(handle)}(?!\w)", masked, re.IGNORECASE)


@given(text=TEXT)
def test_nothing_but_handles_changes(text: str) -> None:
    """What is not a star now is what it was."""
    masked = mask(text, ["ana"])
    assert all(new in ("*", old) for old, new in zip(text, masked, strict=True))
    assert text.count("*") <= masked.count("*")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("@ana, @ANA.", "@***, @***."),
        ("@ana2 @anaa ana", "@ana2 @anaa ana"),
        ("me@ana.example @@ana", "me@ana.example @@ana"),
        ("(@ana)@ana", "(@***)@***"),
        ("@ana_", "@ana_"),
        ("@ana's", "@***'s"),
    ],
)
def test_what_is_a_handle(text: str, masked: str) -> None:
    """As channels read it: nothing of a word before it, nothing of a word behind it."""
    assert mask(text, ["ana"]) == masked


def test_who_is_forgotten_is_known_by_the_number() -> None:
    """Nothing but our id is in it."""
    ana = Person(7, 1, "x", "123", "ana", "Ana")
    assert (ana.token, ana.is_forgotten) == ("forgotten-7", False)
    assert ana._replace(native_id=ana.token).is_forgotten
