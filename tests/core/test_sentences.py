"""Which sentences somebody has read before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.sentences import Said, repeated, sentences


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Sorry Ana! It is on its way.", ["Sorry Ana!", "It is on its way."]),
        ("Really? Yes…\nBye", ["Really?", "Yes…", "Bye"]),
        ("Version 2.1 is out.", ["Version 2.1 is out."]),
        ("すみません。送りました。", ["すみません。", "送りました。"]),
        ("  ", []),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    """By their ends, and by lines."""
    assert sentences(text) == parts


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("We are so sorry for the wait.", "Hi Ana! we're here. WE ARE SO SORRY for the wait!"),
        ("See it here: https://acme.example/a now", "@ana See it here: https://t.co/x now"),
        ("Your parcel & bag left today.", "Your parcel &amp; bag left today"),
        ("We are so sorry, Ana, for the wait. ^AD", "We are so sorry, for the wait. ^Bo"),
        ("ご不便をおかけして申し訳ございません。", "ご不便をおかけして申し訳ございません。ええ。"),
    ],
)
def test_the_same_once_more(text: str, before: str) -> None:
    """Whatever the capitals, signs, links, greetings or whoever signed."""
    found = repeated(text, [Said(1, "x"), Said(7, before), Said(3, before)], ["^AD", "^Bo", "Ana"])
    assert [r.at for r in found] == [7]


@pytest.mark.parametrize(
    "text", ["Hi Ana!", "Thank you!", "Sorry.", "Bye for now.", "ありがとう。"]
)
def test_greetings_are_said_again(text: str) -> None:
    """A few words do not count."""
    assert repeated(text, [Said(1, text)]) == []


@given(st.text(max_size=80), st.text(max_size=80))
def test_only_what_was_said(text: str, other: str) -> None:
    """Nothing is found in nothing, and what is found stands in the text."""
    assert repeated(text, [], []) == []
    for found in repeated(text, [Said(1, other), Said(2, text)], ["^AD"]):
        assert found.sentence in text
        assert found.at in (1, 2)
