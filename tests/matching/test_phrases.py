"""Phrases found by their words: what a phrase's signs mean, and that none is missed."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.folding import fold, fold_phrase
from triage.core.rule import Rule
from triage.core.spelling import canonical
from triage.matching.defaults import load_default_rules, make_tagger
from triage.matching.phrases import PhraseTree, is_words


def places(phrases: list[str], text: str) -> list[tuple[int, int, int]]:
    """Where a tree of phrases finds which: start, end and the phrase's index."""
    tree = PhraseTree()
    for index, phrase in enumerate(phrases):
        tree.add(index, phrase)
    return sorted((start, -minus_end, index) for start, minus_end, index in tree.find(text))


def words(phrase: str, text: str) -> list[str]:
    """What a rule with this one phrase finds in a post."""
    tagger = make_tagger((Rule("r", phrases=(phrase,), theme="any"),))
    return [text[found.start : found.end] for found in tagger.findings(text)]


# ---- numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["2", "2000", "007", "٣", "\uff11\uff12"])
def test_a_hash_is_any_number(number: str) -> None:
    """In any digits; not a number with letters or marks in it."""
    assert words("# hours", f"waited {number} hours") == [f"{number} hours"]
    assert words("# hours", f"waited {number}h hours, x{number} hours") == []


def test_a_hash_is_no_word() -> None:
    """Nor nothing at all."""
    assert words("# hours", "two hours, for hours, 2.5hours") == []
    assert words("waited # of # hours", "waited 3 of 24 hours") == ["waited 3 of 24 hours"]
    assert words("# hours", "2.5 hours, 1,000 hours") == ["5 hours", "000 hours"]


def test_a_number_alone_means_itself() -> None:
    """An error's code is not any number; a hash alone is."""
    assert words("404", "404 403 4040 x404 404") == ["404", "404"]
    assert words("#", "404 x 403") == ["404", "403"]


# ---- the beginning of a sentence -----------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "can you",
        "@acme can you",
        "@acme @friend, can you",
        "late. can you",
        "late! can you",
        "late? can you",
        "late: can you",
        "late; can you",
        "late\u2026 can you",
        "late.can you",
        "hi can you",
        "hi, can you",
        "late. Hello, can you",
        'she said "hi" can you',
        "please can you",
    ],
)
def test_a_caret_asks_for_the_beginning_of_a_sentence(text: str) -> None:
    """Which also is behind a stop and behind a greeting."""
    assert words("^can you", text) == ["can you"]


@pytest.mark.parametrize(
    "text", ["so can you", "late, can you", "ahi can you", "late - can you", "@acme x @b can you"]
)
def test_a_caret_asks_for_nothing_else(text: str) -> None:
    """Behind a word, a comma or a dash a sentence goes on."""
    assert words("^can you", text) == []


def test_the_same_phrase_may_be_sought_at_the_beginning_and_anywhere() -> None:
    """Each rule finds its own."""
    found = places(["^can you", "can you"], "can you so can you")
    assert found == [(0, 7, 0), (0, 7, 1), (11, 18, 1)]


# ---- what joins words, and what parts them --------------------------------------------------


def test_a_hyphen_joins_words() -> None:
    """In the phrase and in the post, whichever has it; a space beside it makes it a dash."""
    for phrase in ("e-mail", "e mail"):
        assert words(phrase, "e-mail e mail email e - mail e--mail") == ["e-mail", "e mail"]
    assert words("mail me", "e-mail-me") == ["mail-me"]


@pytest.mark.parametrize("mark", [".", ", ", "/", "'", " 😡 ", "…", " & ", "\u2014", "()", "_"])
def test_any_other_mark_between_words_ends_a_phrase(mark: str) -> None:
    """Whatever stands around it."""
    assert words("too late", f"too{mark}late") == []
    assert words("late", f"too{mark} late!") == ["late"]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [("-", "this - that"), ("re-", "re-do"), ("-_-", "ok-_-!"), ("to- and", "to- and fro")],
)
def test_a_hyphen_at_an_edge_is_a_mark(phrase: str, text: str) -> None:
    """It joins nothing, so it is found as it stands."""
    assert not is_words(fold_phrase(phrase))
    assert words(phrase, text) == [phrase]


@pytest.mark.parametrize("phrase", ["l'été", "a.b", "", "^", "404", "¿qué", "# %", "😡", "^why?"])
def test_what_is_not_words_alone_is_not_for_the_tree(phrase: str) -> None:
    """It is sought as it stands."""
    assert not is_words(phrase)


def test_every_sign_in_a_shipped_phrase_is_understood() -> None:
    """A caret or a hash by itself is for the tree; elsewhere it would be sought as it stands."""
    lost = [
        phrase
        for rule in load_default_rules()
        for phrase in rule.spellings()
        if (phrase.startswith("^") or "#" in phrase.split(" "))
        and not (rule.word_bounds and is_words(phrase))
    ]
    assert lost == []


def test_rules_with_the_same_words_are_told_apart() -> None:
    """Each is named once, whatever spellings it lists."""
    assert {i for *_, i in places(["pls", "please"], "pls")} == {0, 1}
    tree = PhraseTree()
    tree.add(0, "pls")
    tree.add(0, "please")
    assert len(tree.find("please")) == 1


def test_nothing_is_found_in_nothing() -> None:
    """Neither by an empty tree nor in an empty text."""
    assert places([], "text") == places(["a"], "") == places(["a"], " ") == []


# ---- against a naive search ----------------------------------------------------------------

VOCABULARY = ["can't", "cant", "pls", "please", "été", "a", "b", "2", "404", "x_y", "ur", "your"]
PHRASES = st.lists(st.sampled_from([*VOCABULARY, "#"]), min_size=1, max_size=3).map(" ".join)
GAPS = st.sampled_from([" ", " ", " ", "-", ", ", ".", "'", " 😡", ""])
POSTS = st.lists(st.tuples(st.sampled_from(VOCABULARY), GAPS), max_size=12)


def name(word: str) -> str:
    """A word as phrases and posts are compared."""
    return "#" if word.isdigit() else canonical(word)


def naive(phrases: list[str], text: str) -> list[tuple[int, int, int]]:
    """Every phrase at every run of words of a post, by trying them all."""
    # The one contraction of the vocabulary, be it between quotation marks, or letters and digits.
    contraction = r"(?<![\w'])'*(?P<word>can't)(?='*(?![\w']))"
    found = [match.span(match.lastgroup or 0) for match in re.finditer(rf"{contraction}|\w+", text)]
    hits = []
    for index, phrase in enumerate(phrases):
        sought = [name(word) for word in phrase.split(" ")]
        for at in range(len(found) - len(sought) + 1):
            run = found[at : at + len(sought)]
            gaps = [text[end:start] for (_, end), (start, _) in pairwise(run)]
            if [name(text[a:b]) for a, b in run] == sought and all(g in (" ", "-") for g in gaps):
                hits.append((run[0][0], run[-1][1], index))
    return sorted(hits)


@settings(deadline=None)
@given(st.lists(PHRASES.filter(is_words), max_size=6), POSTS)
def test_the_tree_finds_what_a_naive_search_finds(
    phrases: list[str], pieces: list[tuple[str, str]]
) -> None:
    """No more and no less, whatever stands between the words."""
    text = fold("".join(word + gap for word, gap in pieces)).text
    assert places(phrases, text) == naive(phrases, text)
