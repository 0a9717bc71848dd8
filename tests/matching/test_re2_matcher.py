"""The matcher on google-re2: bounds, offsets, hostile patterns and texts."""

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.rule import DEFAULT_LANGUAGE, Rule
from triage.errors import ConfigError
from triage.matching.re2_matcher import Re2Matcher


def phrases(*found: str, bounds: bool = True) -> Re2Matcher:
    """A matcher for one rule of phrases."""
    return Re2Matcher([Rule("r", phrases=found, word_bounds=bounds)])


def expression(pattern: str, *, bounds: bool = True) -> Re2Matcher:
    """A matcher for one rule of one expression."""
    return Re2Matcher([Rule("r", expressions=(pattern,), word_bounds=bounds)])


Make = Callable[[str], Re2Matcher]


def words(matcher: Re2Matcher, text: str) -> list[str]:
    """What was matched, in order of place."""
    return [text[start:-end] for start, end, _ in sorted(set(matcher.find(text)))]


@pytest.mark.parametrize("make", [phrases, expression])
def test_words_are_bounded_by_unicode(make: Make) -> None:
    """Letters beyond ASCII belong to words, on either side of the match."""
    assert words(make("été"), "été, l'été! (été) étés pété") == ["été"] * 3
    assert words(make("größe"), "größe größer übergröße") == ["größe"]
    assert words(make("app"), "app éapp appé happy app_1 #app 🙂app") == ["app"] * 3
    assert words(make("не"), "не нет мне не") == ["не"] * 2


@pytest.mark.parametrize("make", [phrases, expression])
def test_matches_share_what_stands_between_them(make: Make) -> None:
    """One separator bounds the match before it and the one behind it."""
    assert words(make("no"), "no no no") == ["no"] * 3
    assert words(make("no"), "no\u00e9 no🙂no") == ["no"] * 2


@pytest.mark.parametrize("make", [phrases, expression])
def test_offsets_count_characters(make: Make) -> None:
    """Emoji and accents in front do not move the span."""
    text = "👨‍👩‍👧 é 😡 late ß late"
    assert words(make("late"), text) == ["late", "late"]


def test_phrases_without_letters_at_the_edge_need_no_bounds() -> None:
    """An emoji right behind a word is found; without bounds anything is."""
    assert words(phrases("😡"), "bad😡😡") == ["😡", "😡"]
    assert words(phrases("app", bounds=False), "happy") == ["app"]
    assert words(expression("p+", bounds=False), "happy pie") == ["pp", "p"]


def test_several_rules_and_patterns_are_told_apart() -> None:
    """Hits name their rule, and begin and end where the words do."""
    matcher = Re2Matcher(
        [Rule("a", phrases=("late",), expressions=("la.e",)), Rule("b", phrases=("too late",))]
    )
    assert set(matcher.find("too late")) == {(0, -8, 1), (4, -8, 0)}


def test_special_characters_in_phrases_are_plain() -> None:
    """A phrase is no expression."""
    assert words(phrases("a.b", "(?"), "aXb a.b (?") == ["a.b", "(?"]


def test_anchors_mean_the_ends_of_the_post() -> None:
    """Also when the search goes on behind an earlier match."""
    assert words(expression("^a"), "a a") == ["a"]
    assert words(expression("a$"), "a a") == ["a"]


def test_nothing_to_find_and_nothing_to_find_it_in() -> None:
    """No rules, no text, no match."""
    assert Re2Matcher([]).find("text") == []
    assert phrases("a").find("") == []
    assert phrases("a").find("text") == []
    assert expression("x*").find("yyé") == []
    assert expression("x*", bounds=False).find("yyé") == []


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(?=late)", "(?="),
        (r"late(?!r)", "(?!"),
        (r"(?<=too )late", "(?<"),
        (r"(?<!too )late", "(?<"),
        (r"(?>late)", "(?>"),
        (r"(a)\1", "\\1"),
        (r"(?P<a>b)(?P=a)", "(?P"),
        ("a)(b", ")"),
        ("[a", "]"),
        ("a{1000}{1000}", "repetition"),
        ("a{1001}", "repetition"),
        ("(((a{100}){100}){100})", "repetition"),
        (r"(\pL{500}\pN{500}){2}", "too large"),
        ("\ud800", "surrogate"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_by_name(pattern: str, why: str) -> None:
    """With the rule, the pattern and RE2's reason."""
    with pytest.raises(ConfigError) as caught:
        Re2Matcher([Rule("fine", phrases=("x",)), Rule("mine", expressions=(pattern,))])
    assert 'Rule "mine"' in caught.value.message
    assert repr(pattern) in caught.value.message
    assert why in caught.value.reason
    assert caught.value.hint


def test_catastrophic_patterns_stay_linear() -> None:
    """What hangs a backtracking engine for years takes moments on a large text."""
    matcher = Re2Matcher(
        [
            Rule("a", expressions=("(a+)+b", "(a|aa)+c", "(.*)*d", "(x+x+)+y")),
            Rule("b", phrases=("a" * 100,)),
        ]
    )
    begun = time.process_time()
    assert matcher.find("a" * 1_000_000) == []
    assert matcher.find("x" * 100_000) == []
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "(a?){50}a{50}", "(a*)*[^a]b"])
@pytest.mark.parametrize("bounds", [True, False])
def test_a_backtracking_trap_is_none(pattern: str, *, bounds: bool) -> None:
    """A megabyte in CPU seconds with a wide margin: RE2's steps cannot be counted from here."""
    matcher = expression(pattern, bounds=bounds)
    matcher.find("warm")
    text = "a" * 1_000_000
    begun = time.process_time()
    matcher.find(text)
    matcher.find(text + "!")
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("piece", ["late ", "late", "é late, ", "late-", "😡", "l\u00e9te "])
def test_many_matches_take_their_share_of_time(piece: str) -> None:
    """Twice the text takes about twice the CPU time; the margin is wide, and small times pass."""
    rules = [
        Rule("a", phrases=("late", "late late", "😡"), expressions=("la.e", "[a-zé]+te\\b")),
        Rule("b", phrases=("^late", "ate"), word_bounds=False),
    ]
    matcher = Re2Matcher(rules)

    def seconds(size: int) -> float:
        text = piece * size
        begun = time.process_time()
        matcher.find(text)
        return time.process_time() - begun

    seconds(10)
    assert seconds(40_000) < 6 * seconds(20_000) + 1


def test_running_out_of_memory_loses_nothing() -> None:
    """Where the one pass gives up, every pattern is tried by itself."""
    matcher = expression("late|soon")
    part = matcher._part(None, DEFAULT_LANGUAGE)
    part._set = type("Spent", (), {"Match": lambda _self, _text: None})()
    assert words(matcher, "too late") == ["late"]


LETTERS = st.sampled_from(list("ab é😡ß_-1"))


@settings(deadline=None)
@given(st.text(LETTERS, min_size=1, max_size=4), st.text(LETTERS, max_size=30))
def test_phrases_and_expressions_agree(phrase: str, text: str) -> None:
    """A phrase is found where the same expression is, as far as bounds are alike."""
    edges = phrase[0].isalnum() and phrase[-1].isalnum()
    folded = " ".join(phrase.split())
    if not edges or folded != phrase:
        return
    assert sorted(phrases(phrase).find(text)) == sorted(expression(phrase).find(text))


def test_re2_loads_with_the_matcher_only() -> None:
    """Commands that tag nothing do not pay for it."""
    code = (
        "import sys, triage.matching, triage.matching.defaults as d;"
        "d.load_default_rules(); assert 're2' not in sys.modules;"
        "d.default_tagger(); assert 're2' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
