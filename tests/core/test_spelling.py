"""The spellings in which the words of a phrase are found."""

import pytest

from triage.core.folding import fold_phrase
from triage.core.model import Kind
from triage.core.rules import Rule
from triage.core.spelling import CANONICAL, MOST, canonical, spellings_of
from triage.matching.defaults import make_tagger


def is_found(phrase: str, text: str, lang: str | None = None) -> bool:
    """Whether a rule with this phrase finds anything in a post."""
    rule = Rule("r", phrases=(phrase,), weights={Kind.OTHER: 1.0}, lang=lang)
    return bool(make_tagger((rule,)).findings(text, lang))


@pytest.mark.parametrize(
    ("phrase", "texts"),
    [
        ("can't log in", ("can't", "cant", "cannot", "can not", "CAN\u2019T", "can\u00b4t")),
        ("cannot log in", ("can't", "cant", "cannot", "can not")),
        ("cant log in", ("can't", "cant", "cannot", "can not")),
        ("won't log in", ("won't", "wont", "will not")),
        ("i'm log in", ("i'm", "im", "i am", "I\u2019m")),
        ("im log in", ("i'm", "im", "i am")),
        ("we're log in", ("we're", "were", "we are")),
    ],
)
def test_contractions_are_found_in_every_form(phrase: str, texts: tuple[str, ...]) -> None:
    """With and without the apostrophe, and written out, whichever the author wrote."""
    for text in texts:
        assert is_found(phrase, f"well {text} log in"), text
    assert not is_found(phrase, "well log in")


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("please help", "pls help"),
        ("please help", "PLZ help"),
        ("pls help", "please help"),
        ("never received it", "never recieved it"),
        ("two hours", "two hrs"),
        ("you are great", "u r gr8"),
        ("your account", "ur acct"),
        ("so disappointed", "so dissapointed"),
        ("flight cancelled", "flight canceled"),
        ("going to leave", "gonna leave"),
        ("bed and breakfast", "bed n breakfast"),
    ],
)
def test_short_forms_and_common_misspellings_are_found(phrase: str, text: str) -> None:
    """As people type them, and the other way round where a word stands for a word."""
    assert is_found(phrase, f"@acme {text}!")


@pytest.mark.parametrize(
    ("lang", "phrase", "text"),
    [
        ("es", "por favor ayuda", "porfa ayuda"),
        ("es", "¿por qué no?", "¿por qué no?"),
        ("es", "dime por qué", "dime xq"),
        ("fr", "s'il vous plaît", "svp"),
        ("fr", "j'ai rien", "jai rien"),
        ("de", "geht nicht", "geht ned"),
        ("de", "straße", "strasse"),
    ],
)
def test_other_languages_have_spellings_of_their_own(lang: str, phrase: str, text: str) -> None:
    """Which hold for the rules of that language alone."""
    assert is_found(phrase, text, lang)
    assert phrase == text or not is_found(phrase, text)


def test_an_apostrophe_parts_words_but_for_known_contractions() -> None:
    """An article or a possessive hides no word; "can't" is no "can", nor "isn't" an "is"."""
    assert is_found("été", "vive l'été")
    assert is_found("bob", "bob's your uncle")
    assert is_found("hello", "'hello'")
    assert is_found("can't", "she said 'can't'")
    assert not is_found("can", "can't")
    assert not is_found("is", "isn't")
    assert not is_found("t", "can't, won't, isn't")
    assert is_found("bob", "bob's here, isn't he")
    assert not is_found("bob s", "bob's")


def test_a_phrase_comes_first_and_folded() -> None:
    """Its other spellings follow, each once."""
    assert spellings_of("I\u2019m  Late") == ("i'm late", "i am late")
    assert spellings_of("late") == ("late",)


def test_a_contraction_alone_is_not_written_out() -> None:
    """Alone "I will" or "ill" would mean anything; a negation is one in any form."""
    assert spellings_of("i'll") == ("i'll",)
    assert spellings_of("im") == ("im",)
    assert spellings_of("can't") == ("can't", "can not")
    assert set(spellings_of("i'll go")) == {"i'll go", "i will go", "ill go"}


def test_spellings_of_a_phrase_are_bounded() -> None:
    """Many words with many spellings each do not multiply without end."""
    many = spellings_of("i'd i'd i'd i'd i'd i'd")
    assert len(many) == MOST
    assert len(set(many)) == MOST


def test_an_unknown_language_has_no_spellings() -> None:
    """And a phrase for any language those of English."""
    assert spellings_of("i'm late", "sv") == ("i'm late",)
    assert spellings_of("i'm late", None) == spellings_of("i'm late", "en")


def test_canonical_words_stand_for_themselves() -> None:
    """Looking a word up twice leads no further, and all are folded as posts are."""
    for word, name in CANONICAL.items():
        assert canonical(name) == name
        assert fold_phrase(word) == word
        assert " " not in word
    assert canonical("kettle") == "kettle"
