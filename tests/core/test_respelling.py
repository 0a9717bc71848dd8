"""Words that are hidden in a post: stretched ones and those inside a hashtag."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.folding import fold
from triage.core.respelling import needs_respelling, respell, vocabulary
from triage.matching.defaults import default_tagger

WORDS = vocabulary(
    [
        *("worst", "flight", "ever", "fail", "love", "please", "cool", "happy", "lost bags"),
        *("too", "help", "service", r"\bdelay(ed)?"),
    ]
)


def respelled(text: str, words: frozenset[str] = WORDS) -> str:
    """What the rules see of a post."""
    return respell(text, fold(text), words).text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("sooooo", "so"),
        ("looove", "love"),
        ("pleaseeee", "please"),
        ("cooool", "cool"),
        ("HAPPPYYYY", "happy"),
        ("toooo", "too"),
        ("so" + "o" * 90, "so"),
        ("a sooo looove b", "a so love b"),
    ],
)
def test_stretched_words_are_shortened_to_known_ones(text: str, seen: str) -> None:
    """By as much as makes a known word; two of a letter are tried before one."""
    assert respelled(text) == seen


@pytest.mark.parametrize("text", ["10000", "555-1000", "www", "xxxl", "hmmmm", "soo", "..."])
def test_what_is_no_stretched_word_stays(text: str) -> None:
    """Numbers, marks, unknown words, and two of a letter."""
    assert respelled(text) == text


def test_four_stretched_runs_are_left_alone() -> None:
    """Every run doubles what would have to be tried."""
    words = frozenset({"banana"})
    assert respelled("bbbaaannnana", words) == "banana"
    assert respelled("bbbaaannnaaana", words) == "bbbaaannnaaana"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("#worstflightever", "#worst flight ever"),
        ("#WORSTFLIGHTEVER", "#worst flight ever"),
        ("#WorstFlightEver", "#worst flight ever"),
        ("#NeverAgain", "#never again"),
        ("#neveragain", "#never again"),
        ("#acmefail", "#acme fail"),
        ("#failacme", "#fail acme"),
        ("#acmeworstflightever", "#acme worst flight ever"),
        ("#AcmeFail", "#acme fail"),
        ("#Fail2Day", "#fail 2 day"),
        ("so #NeverAgain!", "so #never again!"),
        ("#worstflight #NeverAgain", "#worst flight #never again"),
    ],
)
def test_hashtags_fall_into_words(text: str, seen: str) -> None:
    """By their capitals, else by known words with at most one name among them."""
    assert respelled(text) == seen


@pytest.mark.parametrize(
    "tag",
    ["#together", "#nottingham", "#cathedral", "#therapist", "#fail", "#norway", "#a1", "#1234"],
)
def test_a_hashtag_without_known_words_stays_whole(tag: str) -> None:
    """A short word inside another one is chance."""
    assert respelled(tag) == tag


def test_a_hashtag_that_is_a_known_word_stays_whole() -> None:
    """In whatever case, since a rule looks for it as it is."""
    words = WORDS | {"epicfail", "epic"}
    assert respelled("#epicfail", words) == respelled("#EpicFail", words) == "#epicfail"


def test_hashtags_with_accents_fall_apart_too() -> None:
    """Where folding changed the length capitals say nothing, and known words still do."""
    assert respelled("#VolRaté") == "#vol raté"
    assert respelled("#ÉtéFail") == respelled("#E\u0301te\u0301Fail") == "#été fail"


def test_names_and_addresses_are_not_respelled() -> None:
    """Nothing of theirs is read."""
    text = "see https://example.org/#worstflightever and @sooolooove"
    assert respelled(text) == fold(text).text


def test_nothing_to_do_costs_no_copy() -> None:
    """The very same folded post comes back."""
    folded = fold("a #plain post")
    assert respell("a #plain post", folded, WORDS) is folded
    assert not needs_respelling("a plain post of 1000 words")
    assert needs_respelling("a #tag")
    assert needs_respelling("sooo")


def test_the_vocabulary_is_made_of_the_words_of_patterns() -> None:
    """Escapes of expressions and single letters are none."""
    words = vocabulary(["lost bags", r"\bdelay(ed)?\w+", "x-y"])
    assert {"lost", "bags", "delay"} <= words
    assert not {"bdelay", "w", "x", "y"} & words


@pytest.mark.parametrize("text", ["this was the #WorstFlightEver", "#worstflightever", "looove it"])
def test_hidden_words_reach_the_shipped_rules(text: str) -> None:
    """The reason points at the words as they stand in the post."""
    verdict = default_tagger().judge(text)
    assert any(reason.text.lower() in ("worst", "looove") for reason in verdict.because)


def test_a_split_hashtag_is_still_one_to_the_signs() -> None:
    """It hides no question before it, and is one word."""
    reasons = default_tagger().judge("are you open? #WorstFlightEver").because
    shown = {reason.rule: reason.text for reason in reasons}
    assert shown["ends-asking"] == "?"
    assert shown["hashtag"] == "#WorstFlightEver"
    assert "few-words" not in {r.rule for r in default_tagger().judge("so a #NeverAgain").because}


PIECES = st.sampled_from(
    [
        *("#WorstFlightEver", "#acmefail", "sooooo ", "looove", "E\u0301te\u0301e\u0301e\u0301"),
        *(
            "  ",
            "&amp;",
            "😡",
            "\u202eabc",
            "שלום",
            "#",
            "@acme ",
            "été",
            "http://a.b/#xxxx",
            "ooo",
        ),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=10).map("".join)


@settings(deadline=None)
@given(TEXTS)
def test_spans_of_the_respelled_lead_back(text: str) -> None:
    """In order and within the post; what was put in takes no place of its own."""
    folded = fold(text)
    seen = respell(text, folded, WORDS)
    spans = [seen.span(at, at + 1) for at in range(len(seen.text))]
    assert spans == sorted(spans)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    if seen.text:
        assert seen.span(0, len(seen.text)) == folded.span(0, len(folded.text))
    for (start, end), char in zip(spans, seen.text, strict=True):
        if char.isascii() and char.isalpha():
            assert text[start:end].lower() == char * (end - start) or not text[start:end].isascii()


@pytest.mark.parametrize(
    "piece", ["#worstflightever ", "#" + "neveracme" * 6 + " ", "soooo", "#aA"]
)
def test_hostile_lengths_take_no_more_than_their_share(piece: str) -> None:
    """Seconds with a wide margin: ten thousand characters of anything are moments."""
    begun = time.process_time()
    respelled(piece * 10_000)
    assert time.process_time() - begun < 5
