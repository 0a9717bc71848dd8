"""What text from outside becomes on a terminal, in a spreadsheet and in the store."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.text import clean, fold, handle_key, one_line, spreadsheet, storable

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
"""Lone surrogates too."""
HOSTILE = st.text(
    st.sampled_from(
        "a \t\n\r\x00\x1b\x07\x7f\x9b\u00ad\u202e\u2066\u2069\u200f\u2028\ufeff\ud800é"
    ),
    max_size=30,
)
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07done", "]0;titledone"),
        ("\x9b31mred", "31mred"),
        ("\x1bPq\x1b\\", "Pq\\"),
        ("over\rwritten", "overwritten"),
        ("back\x08space", "backspace"),
        ("nul\x00byte", "nulbyte"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("zero\u200bwidth", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\ufeffbom", "bom"),
        ("lone \ud83d half", "lone \ufffd half"),
        ("tab\there\nline\r\nend", "tab\there\nline\nend"),
    ],
)
def test_what_commands_or_hides_is_taken_out(text: str, shown: str) -> None:
    """Escape sequences lie bare; tabs and line ends stay."""
    assert clean(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧‍👦 family",
        "🏴‍☠️ and 🇫🇷",
        "👍🏽 ❤️ ☎️ 1️⃣",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Scotland",
        "caf\u00e9 cafe\u0301",
        "नमस्ते क्‍ष",
        "می‌خواهم",
        "שלום مرحبا",
        "日本語　全角",
        "😀" * 5,
    ],
)
def test_words_and_emoji_of_every_script_survive(text: str) -> None:
    """Joiners too: families and flags are more than one character, and so are some letters."""
    assert clean(text) == text


@given(ANY_TEXT | HOSTILE)
def test_nothing_that_comes_out_commands_a_terminal(text: str) -> None:
    """No control but tab and line end, no bidirectional override, no half of a pair."""
    shown = clean(text)
    controls = {c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}}
    assert controls <= {"\t", "\n"}
    assert not BIDI & set(shown)
    shown.encode()


@given(ANY_TEXT | HOSTILE, st.sampled_from([clean, one_line, storable, fold]))
def test_doing_it_twice_changes_nothing(text: str, step: Callable[[str], str]) -> None:
    """What was made safe is left as it is."""
    assert step(step(text)) == step(text)


@given(ANY_TEXT | HOSTILE)
def test_one_line_is_one_line(text: str) -> None:
    """Without white space at its ends or twice in a row."""
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == " ".join(line.split())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  two  spaces ", "two spaces"),
        ("a\n\n\tb", "a b"),
        ("a\r\nb", "a b"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\n\x1b[2J\n", "[2J"),
        ("a\u2028b", "ab"),
        (" \t ", ""),
    ],
)
def test_one_line_folds_white_space(text: str, line: str) -> None:
    """As the queue shows a post."""
    assert one_line(text) == line


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(start: str) -> None:
    """`=cmd|...` stays a text."""
    assert spreadsheet(f"{start}1+1") == f"'{start}1+1"


@given(ANY_TEXT | HOSTILE)
def test_no_cell_is_run(text: str) -> None:
    """Whatever stood in front of the formula: what is hidden is taken out first."""
    assert not spreadsheet(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_plain_cell_is_left_alone() -> None:
    """Signs inside are harmless, and numbers stay numbers."""
    assert spreadsheet("1+1=2") == "1+1=2"
    assert spreadsheet("\x1b=1+1") == "'=1+1"


@given(ANY_TEXT | HOSTILE)
def test_what_is_stored_can_be_stored(text: str) -> None:
    """No NUL, no lone half; everything else as it came."""
    kept = storable(text)
    kept.encode()
    assert "\x00" not in kept
    if "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text):
        assert kept == text


def test_halves_that_belong_together_are_one_character() -> None:
    """A JSON reader may hand over an emoji as two surrogates."""
    assert storable("\ud83d\ude00 ok") == "😀 ok"
    assert storable("\ude00\ud83d") == "\ufffd\ufffd"
    assert storable("a\x00b") == "a\ufffdb"
    assert storable("é\x00b") == "é\ufffdb"


@pytest.mark.parametrize(
    "text", ["a" * 2**20, " \n" * 2**19, ("\x1bé\u202e\ud800" + "x" * 60) * 2**14]
)
def test_a_megabyte_takes_no_time(text: str) -> None:
    """Nothing in here is slower than the text is long."""
    begun = time.process_time()
    for step in (clean, one_line, spreadsheet, storable):
        step(text)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("handle", "key"),
    [
        ("@Acme", "acme"),
        (" acme ", "acme"),
        ("\uff21\uff23\uff2d\uff25", "acme"),
        ("STRASSE", "strasse"),
        ("", ""),
    ],
)
def test_a_handle_is_compared_without_case_or_at(handle: str, key: str) -> None:
    """Full-width letters are the same letters."""
    assert handle_key(handle) == key
