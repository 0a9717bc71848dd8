"""Folding: what rules see of a post, and the way back to it."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.folding import LIMIT, fold, fold_phrase, rewrite


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("LATE Ünd İ \u017f ΣΊΣΥΦΟΣ", "late ünd i s σίσυφοσ"),
        ("can\u2019t \u2018x\u2019 `y\u00b4", "can't 'x' 'y'"),
        ("\u201ca\u201d \u201eb\u201f «c»", '"a" "b" "c"'),
        ("a\t\n b\u00a0\u2003\u200ac\u3000d", "a b c d"),
        ("one\u2010two\u2013three", "one-two-three"),
        ("wo\uff1f da\uff01", "wo? da!"),
        ("a &amp; b &lt;3 &gt; &quot;c&quot; &#39;d", 'a & b <3 > "c" \'d'),
        ("&AMP; &nbsp; & ;", "& &nbsp; & ;"),
        ("ete\u0301 \u30cf\u309a \u0928\u093c", "eté \u30d1 \u0929"),
        ("half \ud83d a pair", "half \ufffd a pair"),
    ],
)
def test_what_is_written_differently_is_seen_alike(text: str, seen: str) -> None:
    """Case, quotes, blanks, dashes, full-width marks, entities and accents."""
    assert fold(text).text == seen


@pytest.mark.parametrize(
    ("text", "seen", "base"),
    [
        ("@acme hello", "hello", 6),
        ("  @acme: @friend, hello", "hello", 18),
        (".@acme hello", "hello", 7),
        ("hello @acme!", "hello @@@@@!", 0),
        ("@acme", "", 5),
        ("a@acme.example", "a@acme.example", 0),
        ("@@acme", "@@acme", 0),
    ],
)
def test_leading_names_are_left_out_and_others_masked(text: str, seen: str, base: int) -> None:
    """Nothing in them is read."""
    folded = fold(text)
    assert (folded.text, folded.base) == (seen, base)


@pytest.mark.parametrize(
    "link",
    ["https://a.b/c?d", "http://a", "www.a.b", "t.co/abc", "pic.twitter.com/x", "HTTPS://A.B"],
)
def test_web_addresses_are_masked(link: str) -> None:
    """Character by character, so that offsets stay; names beside them too."""
    assert fold(f"see {link} @you").text == "see " + "/" * len(link) + " @@@@"


def test_only_so_much_of_a_post_is_kept() -> None:
    """What lies behind is not even looked at."""
    assert len(fold("x" * 1_000_000).text) == LIMIT


def test_phrases_are_folded_like_posts() -> None:
    """But for their ends, which are cut."""
    for phrase in ("I\u2019m  LATE", "\u201cquoted\u201d", "E\u0301te\u0301", "a\nb", "plain"):
        assert fold_phrase(f"  {phrase} ") == fold(phrase).text == fold_phrase(fold_phrase(phrase))


def test_a_text_may_be_rewritten_again_and_again() -> None:
    """Spans lead back to the first one."""
    text = "@acme  so  e\u0301e\u0301e\u0301  bad"
    once = fold(text)
    twice = rewrite(once, [(3, 6, "é")])
    thrice = rewrite(twice, [(0, 2, "very"), (2, 2, "!"), (5, 8, "good")])
    assert (once.text, twice.text, thrice.text) == ("so ééé bad", "so é bad", "very! é good")
    assert text[slice(*thrice.span(0, 4))] == "so"
    assert text[slice(*thrice.span(6, 7))] == "e\u0301e\u0301e\u0301"
    assert text[slice(*thrice.span(8, 12))] == "bad"
    assert thrice.span(4, 5) == (9, 9)


LETTERS = st.sampled_from(list("aeouEn\u00df\u03a3\u0439\u0301\u0323\u0308 \u3000-?"))


@settings(deadline=None)
@given(st.text(LETTERS, max_size=20))
def test_composed_or_not_a_post_is_seen_alike(text: str) -> None:
    """Latin, Greek and Cyrillic letters with any marks."""
    composed = unicodedata.normalize("NFC", text)
    assert fold(unicodedata.normalize("NFD", text)).text == fold(composed).text


@settings(deadline=None)
@given(st.text(st.one_of(LETTERS, st.characters(), st.sampled_from("&;#@/'")), max_size=40))
def test_every_character_leads_back_to_some_of_the_post(text: str) -> None:
    """Whatever it was made of."""
    folded = fold(text)
    for at in range(len(folded.text)):
        start, end = folded.span(at, at + 1)
        assert folded.base <= start < end <= len(text)
