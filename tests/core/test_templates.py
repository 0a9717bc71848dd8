"""Which template is taken, in which language, and how several become one text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.kinds import Kind
from triage.core.templates import Problem, Shelf, Template, as_language, choose, joined, suggested
from triage.errors import NotFound


def make(name: str, lang: str = "", **more: object) -> Template:
    """A template that says its own name."""
    return Template(name=name, lang=lang, source=f"{name} {lang}", path=f"{name}.txt", **more)  # type: ignore[arg-type]


SHELF = Shelf(
    [
        make("sorry", title="An apology", kinds=(Kind.COMPLAINT,)),
        make("sorry", "es"),
        make("tracking", themes=("delivery",)),
        make("tracking", "es"),
        make("refund", themes=("refund", "billing"), kinds=(Kind.COMPLAINT,)),
        make("refund", "de"),
        make("thanks", kinds=(Kind.PRAISE,)),
        make("hours", "pt"),
        make("plain"),
    ]
)


@pytest.mark.parametrize(
    ("names", "wished", "lang", "first"),
    [
        (["sorry"], [], "en", ""),
        (["sorry"], ["es"], "es", ""),
        (["sorry"], ["es-mx"], "es-mx", ""),
        (["sorry"], ["fr"], "en", "fr"),
        (["sorry"], ["fr", "es"], "es", "fr"),
        (["sorry", "tracking"], ["es"], "es", ""),
        (["sorry", "refund"], ["es"], "en", "es"),
        (["sorry", "refund"], ["es", "de"], "en", "es"),
        (["hours"], ["pt"], "pt", ""),
        (["sorry"], ["en"], "en", ""),
        (["sorry"], ["en-gb"], "en-gb", ""),
    ],
)
def test_one_language_for_all(names: list[str], wished: list[str], lang: str, first: str) -> None:
    """The first wish that every template has; what it was instead is told."""
    chosen = choose(SHELF, names, wished, "en", strict=False)
    assert [t.name for t in chosen.templates] == names
    assert (chosen.lang, chosen.wished) == (lang, first)
    assert len({t.lang for t in chosen.templates}) == 1


def test_a_language_that_was_asked_for_is_the_only_one() -> None:
    """Whoever says --language es does not send English; the default one may be said too."""
    assert choose(SHELF, ["sorry"], ["en"], "en", strict=True).templates[0].lang == ""
    with pytest.raises(NotFound, match="refund is not there in es") as raised:
        choose(SHELF, ["sorry", "refund"], ["es"], "en", strict=True)
    assert raised.value.hint.startswith("Write it: triage templates edit refund --language es,")
    with pytest.raises(NotFound, match="hours is not there in en") as raised:
        choose(SHELF, ["hours"], [], "en", strict=False)
    assert "pt" in raised.value.reason


def test_a_name_that_is_not_there() -> None:
    """The nearest is named, or what is wrong with its file."""
    with pytest.raises(NotFound, match="'sory'") as raised:
        SHELF.family("sory")
    assert raised.value.reason == "Did you mean sorry?"
    broken = Shelf([], [Problem("sorry.txt", 3, "not UTF-8 text.")])
    with pytest.raises(NotFound) as raised:
        broken.family("sorry")
    assert raised.value.reason == "sorry.txt, line 3: not UTF-8 text."


@pytest.mark.parametrize(
    ("said", "lang"),
    [
        ("es", "es"),
        ("ES", "es"),
        ("es_MX", "es-mx"),
        ("Spanish", "es"),
        ("Français", "fr"),
        ("", ""),
        (None, ""),
        ("und", ""),
        ("qme", ""),
        ("prefers Spanish", ""),
        ("klingonisch", ""),
    ],
)
def test_how_a_language_may_be_said(said: str | None, lang: str) -> None:
    """By its code or its usual name; what a channel says of pictures is none."""
    assert as_language(said) == lang


@pytest.mark.parametrize(
    ("kind", "themes", "names"),
    [
        (Kind.COMPLAINT, ["refund"], ["refund", "sorry"]),
        (Kind.COMPLAINT, ["delivery"], ["tracking", "sorry"]),
        (Kind.COMPLAINT, [], ["sorry"]),
        (Kind.QUESTION, ["delivery"], ["tracking"]),
        (Kind.QUESTION, ["refund"], []),
        (Kind.PRAISE, [], ["thanks"]),
        (None, [], []),
    ],
)
def test_what_is_suggested(kind: Kind | None, themes: list[str], names: list[str]) -> None:
    """By theme first, then by kind; never what says of itself that it is for others, or nothing."""
    assert [t.name for t in suggested(SHELF, kind, themes)] == names


def test_a_title_holds_for_every_language() -> None:
    """A translation needs no head of its own."""
    assert SHELF.about("sorry").title == "An apology"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (["Sorry Ana!", "It is on its way."], "Sorry Ana! It is on its way."),
        (["Sorry Ana!\nReally.", "Bye"], "Sorry Ana!\nReally.\n\nBye"),
        (["Sorry! ^AD", "Bye. ^AD"], "Sorry! Bye. ^AD"),
        (["Sorry! ^AD", "Bye."], "Sorry! Bye. ^AD"),
        (["Sorry!", "", "Bye.\n^AD"], "Sorry!\n\nBye.\n^AD"),
        (["One.\n^AD"], "One.\n^AD"),
        (["^AD", "Bye."], "Bye. ^AD"),
        ([], ""),
    ],
)
def test_joining(parts: list[str], text: str) -> None:
    """In order, signed once, at the end; a single one as it is."""
    assert joined(parts, "^AD") == text


@given(st.lists(st.from_regex(r"[a-z]{1,5}[.!]( \^AD)?", fullmatch=True), max_size=5))
def test_joining_loses_no_word(parts: list[str]) -> None:
    """Every word is there, in order, and the sign at most once."""
    text = joined(parts, "^AD")
    words = itertools.chain.from_iterable(p.split() for p in parts)
    assert [w for w in text.split() if w != "^AD"] == [w for w in words if w != "^AD"]
    assert text.count("^AD") == int(any("^AD" in p for p in parts))
    assert text.endswith("^AD") or "^AD" not in text
