"""A customer is greeted by their first name, or by their handle, and never by a wrong name."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.first_names import first_name, full_name
from triage.core.text import clean


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Ana Díaz", "Ana"),
        ("Ana", "Ana"),
        ("ana", "Ana"),
        ("ANA DIAZ", "Ana"),
        ("Ana Maria de la Cruz", "Ana"),
        ("Jean-Luc Picard", "Jean-Luc"),
        ("JEAN-LUC", "Jean-Luc"),
        ("o'brien", "O'Brien"),
        ("McKenna Grace", "McKenna"),
        ("AJ Styles", "AJ"),
        ("Vincent van Gogh", "Vincent"),
        ("Don Johnson", "Don"),
        ("Nguyễn Văn An", "Nguyễn"),
        ("İREM", "İrem"),
        ("SİBEL KAYA", "Sibel"),
        ("ΝΙΚΟΣ", "Νικος"),
        ("АННА КАРЕНИНА", "Анна"),  # noqa: RUF001
    ],
)
def test_plain_names(name: str, greeted: str) -> None:
    """One word or many, in capitals or none."""
    assert first_name(name, "somebody") == greeted


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Dr. Ana Díaz", "Ana"),
        ("Dr. Ana", "Ana"),
        ("Prof. Dr. Ana Díaz", "Ana"),
        ("Mr. John Smith", "John"),
        ("Mrs Smith", "Mrs Smith"),
        ("Frau Müller", "Frau Müller"),
        ("HERR MÜLLER", "Herr Müller"),
        ("J. Robert Oppenheimer", "Robert"),
        ("Ana, PhD", "Ana"),
        ("Ana Díaz, M.D.", "Ana"),
        ("Ana, mum of two", "Ana"),
        ('Robert "Bob" Smith', "Robert"),
        ("Ana (she/her)", "Ana"),
        ("Ana | Acme fan", "Ana"),
        ("Ana - dog mum", "Ana"),
        ("Bo 92", "Bo"),
    ],
)
def test_what_stands_around_a_name(name: str, greeted: str) -> None:
    """Titles, degrees, remarks. Without a first name a polite title stays."""
    assert first_name(name, "somebody") == greeted


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("🌸 Ana 🌸", "Ana"),
        ("Ana🇪🇸", "Ana"),
        ("𝓐𝓷𝓪 𝓓𝓲𝓪𝔃", "Ana"),  # noqa: RUF001
        ("ﬁnn", "Finn"),
        ("~*Ana*~", "Ana"),
        ("محمد علي", "محمد"),
        ("عبد الله", "عبد الله"),
        ("עדי כהן", "עדי"),
        ("अंजलि", "अंजलि"),
        ("ดวงใจ", "ดวงใจ"),
        ("山田 太郎", "山田 太郎"),
        ("김민수", "김민수"),
    ],
)
def test_signs_and_scripts(name: str, greeted: str) -> None:
    """Emoji and decorated letters go; where the family name stands first, all of it is said."""
    assert first_name(name, "somebody") == greeted


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "🔥🔥🔥",
        "A",
        "J. Smith",
        "J.R.R. Tolkien",
        "Díaz, Ana",
        "@elonmusk",
        "#boycott",
        "Visit evil.com",
        "https://evil.example/x",
        "bo92",
        "ana_diaz",
        "The Real Deal",
        "van der Berg",
        "Pizza Team",
        "Acme Support",
        "Acme Ltd",
        "Ana & Bob",
        "Ana and Bob",
        "Kettle & Clay Studio",
        "Milo's mum",
        "ghost of pier street",
        "x" * 40,
        "{{ agent.sign }}",
        "'; --",
    ],
)
def test_where_none_can_be_told(name: str) -> None:
    """The handle stands for it: a wrong name is worse."""
    assert first_name(name, "somebody") == "@somebody"
    assert first_name(name, "@somebody") == "@somebody"


@pytest.mark.parametrize(
    ("name", "handle", "greeted"),
    [
        ("finn", "finn", "Finn"),
        ("Finn", "FINN", "Finn"),
        ("grumpygareth", "grumpygareth", "@grumpygareth"),
        ("GrumpyGary", "grumpygary", "@grumpygary"),
        ("grumpy gareth", "grumpy_gareth", "Grumpy"),
    ],
)
def test_a_name_that_repeats_the_handle(name: str, handle: str, greeted: str) -> None:
    """A short word may be a first name; in a long one words cannot be told apart."""
    assert first_name(name, handle) == greeted


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana Díaz", "Ana Díaz"),
        ("  Ana \n Díaz ", "Ana Díaz"),
        ("🌸 Ana 🌸", "🌸 Ana 🌸"),
        ("", "@ana"),
        ("🔥", "@ana"),
        ("call @elonmusk", "@ana"),
        ("visit evil.com", "@ana"),
        ("#boycott", "@ana"),
        ("\u202eanA", "anA"),
        ("Ana\x1b[2J", "Ana[2J"),
    ],
)
def test_the_whole_name(name: str, shown: str) -> None:
    """What would call somebody, or be a link or a tag in our own post, is not repeated there."""
    assert full_name(name, "ana") == shown


@given(st.text(max_size=60))
def test_whatever_somebody_calls_themselves(name: str) -> None:
    """The greeting is short, on one line, clean, and calls or links nobody but them."""
    for greeting in (first_name(name, "ana"), full_name(name, "ana")):
        assert greeting
        assert "\n" not in greeting
        assert greeting == clean(greeting)
        assert len(greeting) <= 60
        rest = greeting.removeprefix("@ana")
        assert not set(rest) & set("@#$")
        assert not re.search(r"\w\.\w{2}", rest)
    marks = [unicodedata.category(c) == "Mn" for c in first_name(name, "ana")]
    assert not any(all(marks[i : i + 3]) for i in range(len(marks) - 2))
