"""Which rules speak of a post, by its language and by its words."""

import pytest

from triage.core.model import Kind
from triage.core.rules import Act, Rule
from triage.core.signs import Sign
from triage.matching.defaults import make_tagger


def rule(rule_id: str, phrase: str, lang: str | None) -> Rule:
    """A rule of one phrase that blames."""
    return Rule(rule_id, phrases=(phrase,), weights={Kind.COMPLAINT: 1.0}, lang=lang)


RULES = (
    rule("any", "wifi", None),
    rule("en", "lost again", "en"),
    rule("es", "no funciona", "es"),
    rule("fr", "en panne", "fr"),
    Rule("es-regex", expressions=("grac+ias",), weights={Kind.PRAISE: 1.0}, lang="es"),
    Rule("es-not", phrases=("no",), acts=Act.NEGATE, lang="es"),
    Rule("es-mark", sign=Sign.QUESTION_MARK, weights={Kind.QUESTION: 1.0}, lang="es"),
    Rule("en-mark", sign=Sign.QUESTION_MARK, weights={Kind.QUESTION: 1.0}, lang="en"),
    Rule("great", phrases=("great",), weights={Kind.PRAISE: 1.0}),
)
TAGGER = make_tagger(RULES)
EVERYTHING = "wifi lost again no funciona en panne gracias?"


def spoken(text: str, lang: str | None = None) -> set[str]:
    """The rules that speak of a post."""
    return {found.rule.id for found in TAGGER.findings(text, lang)}


@pytest.mark.parametrize(
    ("lang", "ids"),
    [
        ("en", {"any", "en", "en-mark"}),
        ("es", {"any", "es", "es-regex", "es-mark"}),
        ("fr", {"any", "fr"}),
        ("ja", {"any"}),
        ("x-klingon", {"any"}),
    ],
)
def test_a_named_language_has_its_rules_and_those_for_any(lang: str, ids: set[str]) -> None:
    """A language without rules has only the latter; a sign's rule is no exception."""
    assert spoken(EVERYTHING, lang) == ids


@pytest.mark.parametrize("tag", ["es", "ES", "es-MX", "es_419", "es-Latn-ES"])
def test_the_primary_subtag_decides(tag: str) -> None:
    """Regions, scripts and cases make no difference."""
    assert spoken(EVERYTHING, tag) == spoken(EVERYTHING, "es")


@pytest.mark.parametrize(
    "tag", [None, "", "und", "zxx", "art", "mul", "qam", "qct", "qht", "qme", "qst", "UND"]
)
def test_no_language_is_no_language_whatever_the_channel_calls_it(tag: str | None) -> None:
    """X names posts of tags, links or media alone by codes of its own."""
    assert spoken("wifi lost again?", tag) == {"any", "en", "en-mark"}


@pytest.mark.parametrize("tag", ["qu", "que", "qya"])
def test_a_language_that_begins_like_those_codes_is_one(tag: str) -> None:
    """Quechua is not English."""
    assert spoken("wifi lost again?", tag) == {"any"}


def test_without_a_language_a_post_is_english_or_what_matches_more_of_it() -> None:
    """Then both are heard, since English words are everybody's."""
    assert spoken("wifi no funciona en panne") == {"any", "es", "fr"}
    assert spoken("lost again, en panne") == {"en"}
    assert spoken("lost again, no funciona") == {"en", "es"}


def test_as_much_of_another_language_is_not_more() -> None:
    """English wins a tie."""
    tagger = make_tagger((rule("a", "abcd", "en"), rule("b", "efgh", "es")))
    assert {found.rule.id for found in tagger.findings("abcd efgh")} == {"a"}


def test_what_only_acts_shows_no_language() -> None:
    """The "no" of Spanish is English too, and turns round no praise there."""
    verdict = TAGGER.judge("no, no no no great")
    assert [evidence.note for evidence in verdict.because] == [""]
    assert TAGGER.judge("no great", "es").because[0].note == "negated"


def test_an_expression_of_another_language_is_sought_where_its_phrases_are() -> None:
    """Without a language; a word that looks like one is not enough."""
    assert spoken("gracias") == set()
    assert spoken("gracias", "es") == {"es-regex"}
    assert spoken("no funciona, gracias") == {"es", "es-regex"}


def test_a_sign_in_another_language_counts_where_that_is_spoken() -> None:
    """A question mark is not Spanish by itself."""
    assert spoken("wifi?") == {"any", "en-mark"}
    assert spoken("wifi no funciona?") == {"any", "es", "en-mark", "es-mark"}
