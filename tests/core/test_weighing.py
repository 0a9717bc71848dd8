"""What the matches of a post do to one another."""

import pytest

from triage.core.model import Kind, Verdict
from triage.core.rules import Act, Finding, Negation, Rule
from triage.core.signs import Sign
from triage.matching.defaults import make_tagger

GOOD = Rule("good", phrases=("happy", "great", "brilliant"), weights={Kind.PRAISE: 1.0})
BAD = Rule("bad", phrases=("broken", "delayed"), weights={Kind.COMPLAINT: 2.0})
ASKS = Rule("asks", phrases=("can i", "may i"), weights={Kind.QUESTION: 1.0})
MILD = Rule("mild", phrases=("slow",), weights={Kind.COMPLAINT: 0.5})
PLAIN = Rule("plain", phrases=("kettle",), weights={Kind.OTHER: 1.0})
THANKS = Rule("thanks", phrases=("thanks",), weights={Kind.PRAISE: 1.0}, acts=Act.COURTESY)
OOPS = Rule("oops", phrases=("forgot my",), weights={Kind.QUESTION: 1.0}, acts=Act.EXCUSE)
GRAMMAR = (
    Rule("not", phrases=("not", "never"), acts=Act.NEGATE),
    Rule("but", phrases=("but",), acts=Act.END),
    Rule("very", phrases=("so", "very"), acts=Act.INTENSIFY),
    Rule("if", phrases=("what if", "in case"), acts=Act.SUPPOSE),
)
TAGGER = make_tagger((GOOD, BAD, ASKS, MILD, PLAIN, THANKS, OOPS, *GRAMMAR))


def findings(text: str, *rules: Rule) -> list[Finding]:
    """The matches in a post, by the usual rules and these."""
    tagger = make_tagger((*TAGGER.rules.values(), *rules)) if rules else TAGGER
    return tagger.findings(text)


def told(text: str, rule: str, *rules: Rule) -> tuple[float, bool, str]:
    """What becomes of the first match of a rule: factor, whether it is turned round, and why."""
    found = next(found for found in findings(text, *rules) if found.rule.id == rule)
    return round(found.factor, 4), found.flipped, found.note


AS_IT_IS = (1.0, False, "")
TURNED = (0.8, True, "negated")


# ---- overruled -----------------------------------------------------------------------------


def test_a_shorter_match_inside_a_longer_one_that_leans_another_way_counts_nothing() -> None:
    """The longer match says what the words mean together."""
    longer = Rule("nothing", phrases=("happy for nothing",), weights={Kind.COMPLAINT: 1.0})
    assert told("happy for nothing", "good", longer) == (0.0, False, "overruled")
    assert told("happy for nothing", "nothing", longer) == AS_IT_IS


def test_matches_that_lean_the_same_way_both_count() -> None:
    """Inside a longer one too."""
    longer = Rule("glad", phrases=("happy with it",), weights={Kind.PRAISE: 1.0})
    assert told("happy with it", "good", longer) == AS_IT_IS


def test_matches_of_the_very_same_words_both_count() -> None:
    """None is longer, so none overrules."""
    same = Rule("same", phrases=("happy",), weights={Kind.COMPLAINT: 1.0})
    assert told("happy", "good", same) == told("happy", "same", same) == AS_IT_IS


def test_a_longer_match_that_speaks_for_no_kind_overrules_nothing() -> None:
    """A theme says what it is about, not how it is meant."""
    theme = Rule("about", phrases=("happy hour",), theme="bar")
    assert told("happy hour", "good", theme) == AS_IT_IS


# ---- negated -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["not happy", "not at happy", "not at all happy"])
def test_a_negation_reaches_over_two_words(text: str) -> None:
    """Praise within its reach is turned round."""
    assert told(text, "good") == TURNED


@pytest.mark.parametrize(
    "text",
    [
        "not one of us happy",
        "not interdisciplinarily counterrevolutionary happy",
        "not. happy",
        "not, happy",
        "not; happy",
        "not: happy",
        "not (happy",
        "not) happy",
        "not! happy",
        "not? happy",
        "happy not",
    ],
)
def test_a_negation_does_not_reach_further(text: str) -> None:
    """Not over three words, nor far, nor over a mark, nor backwards."""
    assert told(text, "good") == AS_IT_IS


def test_a_negation_ends_at_a_word_that_ends_it() -> None:
    """What stands behind "but" is another thought, and a negation behind it begins anew."""
    assert told("not but happy", "good") == AS_IT_IS
    assert told("but not happy", "good") == TURNED


@pytest.mark.parametrize(
    ("weights", "negation", "outcome"),
    [
        ({Kind.PRAISE: 1.0}, None, TURNED),
        ({Kind.PRAISE: 1.0}, Negation.FLIP, TURNED),
        ({Kind.PRAISE: 1.0}, Negation.DROP, (0.0, False, "negated")),
        ({Kind.PRAISE: 1.0}, Negation.KEEP, AS_IT_IS),
        ({Kind.COMPLAINT: 1.0}, None, AS_IT_IS),
        ({Kind.COMPLAINT: 1.0}, Negation.DROP, (0.0, False, "negated")),
        ({Kind.QUESTION: 1.0}, None, AS_IT_IS),
        ({}, None, AS_IT_IS),
    ],
)
def test_what_a_negation_does_is_said_by_the_rule_or_its_kind(
    weights: dict[Kind, float], negation: Negation | None, outcome: tuple[float, bool, str]
) -> None:
    """Praise is turned round, everything else kept, unless the rule says otherwise."""
    rule = Rule("sought", phrases=("word",), weights=weights, negation=negation, theme="theme")
    assert told("not a word", "sought", rule) == outcome


def test_turned_round_only_praise_counts_and_as_complaint() -> None:
    """What else the rule weighs is gone."""
    rule = Rule("mixed", phrases=("fun",), weights={Kind.PRAISE: 1.0, Kind.OTHER: 0.5})
    (evidence,) = make_tagger((rule, *GRAMMAR)).judge("not fun").because
    assert evidence.weights == {Kind.COMPLAINT: 0.8}


def test_a_negation_inside_a_longer_match_is_part_of_that() -> None:
    """It negates nothing behind it, whether it begins the match or stands within it."""
    only = Rule("only", phrases=("not only", "why not a"), weights={Kind.OTHER: 0.1})
    assert told("not only happy", "good", only) == AS_IT_IS
    assert told("why not a happy", "good", only) == AS_IT_IS
    assert told("only not happy", "good", only) == TURNED


def test_a_negation_may_be_the_end_of_what_overlaps_it() -> None:
    """It reaches beyond the match that it shares a word with, so it still negates."""
    overlapping = Rule("why", phrases=("why not",), weights={Kind.OTHER: 0.1})
    never = Rule("never", phrases=("not ever",), acts=Act.NEGATE)
    assert told("why not ever happy", "good", overlapping, never) == TURNED


def test_what_begins_within_a_negation_is_not_negated() -> None:
    """It stands in front of what is."""
    never = Rule("never", phrases=("not at all",), acts=Act.NEGATE)
    smiles = Rule("smiles", phrases=("all smiles",), weights={Kind.PRAISE: 1.0})
    assert told("at all smiles", "smiles", never, smiles) == AS_IT_IS
    tagger = make_tagger((never, smiles))
    assert [match.note for match in tagger.findings("not at all smiles")] == [""]


# ---- supposed ------------------------------------------------------------------------------


def test_a_failure_behind_an_if_is_a_thought() -> None:
    """It weighs little in the rest of the sentence."""
    assert told("what if it is delayed", "bad") == (0.3, False, "supposed")
    assert told("what if, in the end, it is delayed", "bad") == (0.3, False, "supposed")


@pytest.mark.parametrize("mark", ".!?")
def test_a_thought_ends_with_its_sentence(mark: str) -> None:
    """The next one tells what happened."""
    assert told(f"what if{mark} it is delayed", "bad") == AS_IT_IS


def test_a_thought_reaches_sixty_characters() -> None:
    """Further on, the post speaks of something else."""
    assert told("what if " + "x" * 58 + " delayed", "bad") == (0.3, False, "supposed")
    assert told("what if " + "x" * 59 + " delayed", "bad") == AS_IT_IS


def test_only_a_failure_is_supposed() -> None:
    """Praise, and blame that names none, are meant as they stand; so is a failure before it."""
    assert told("what if it is slow", "mild") == AS_IT_IS
    assert told("what if i am happy", "good") == AS_IT_IS
    assert told("it is delayed, what if", "bad") == AS_IT_IS


@pytest.mark.parametrize("text", ["can i change in case it is delayed", "what if DELAYED, can i"])
def test_a_supposed_failure_softens_no_question(text: str) -> None:
    """However loudly it is supposed, nothing has failed."""
    assert told(text, "asks") == AS_IT_IS
    mark = Rule("mark", sign=Sign.QUESTION_MARK, weights={Kind.QUESTION: 1.0})
    assert told(f"{text}?", "mark", mark) == AS_IT_IS
    assert shown(text, Sign.FAILURE) is None
    assert shown(text, Sign.FAILURE_AND_QUESTION) is None


# ---- intensified ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["so broken", "broken!", "BROKEN", "brokeeen", "so BROKEN!"])
def test_a_match_is_intensified_once(text: str) -> None:
    """By a word before it, a mark behind it, capitals or stretching; all at once do no more."""
    assert told(text, "bad") == (1.25, False, "intensified")


@pytest.mark.parametrize(
    "text",
    ["so it broken", "so, broken", "broken so", "Broken", "broken ! x", "!broken", "bro-ken"],
)
def test_what_is_no_intensity(text: str) -> None:
    """Neither a word further off, nor a capital at the beginning, nor a mark elsewhere."""
    assert {note for *_, note in findings(text)} <= {""}


def test_capitals_shout_from_four_letters_on() -> None:
    """Three are an abbreviation; digits and blanks between are no letters."""
    rule = Rule("short", phrases=("wtf", "t n 4 s", "nope"), weights={Kind.COMPLAINT: 0.5})
    assert told("WTF", "short", rule) == told("T N 4 S", "short", rule) == AS_IT_IS
    assert told("NOPE", "short", rule) == (1.25, False, "intensified")


def test_what_speaks_for_no_kind_is_not_intensified() -> None:
    """There is nothing to lend weight to."""
    assert told("so sad!", "about", Rule("about", phrases=("sad",), theme="mood")) == AS_IT_IS


def test_a_match_may_be_negated_and_intensified() -> None:
    """The reason names both."""
    assert told("not so happy", "good") == (1.0, True, "negated, intensified")


# ---- quoted --------------------------------------------------------------------------------


def test_what_somebody_else_said_weighs_little() -> None:
    """Between quotation marks of any shape."""
    for text in ('"it is broken since monday"', "\u201cit is broken since\u201d", "«it is broken»"):
        assert told(text, "bad") == (0.4, False, "quoted")
    assert told('"so it goes" broken "or so"', "bad") == AS_IT_IS
    assert told('it is 6" broken', "bad") == AS_IT_IS


def test_praise_of_a_word_or_two_in_quotes_is_meant_the_other_way_round() -> None:
    """In more words somebody is quoted."""
    assert told('your "great" seat', "good") == (0.8, True, "quoted")
    assert told('your "great service"', "good") == (0.8, True, "quoted")
    assert told('your "great service indeed"', "good") == (0.4, False, "quoted")
    assert told('your "broken" seat', "bad") == (0.4, False, "quoted")


# ---- courtesy and own mishap ---------------------------------------------------------------


def test_thanks_behind_a_question_are_courtesy() -> None:
    """Behind a request too; in front of it they are thanks."""
    assert told("open today? thanks", "thanks") == (0.4, False, "courtesy")
    assert told("can i pay by card, thanks", "thanks") == (0.4, False, "courtesy")
    assert told("thanks, open today?", "thanks") == AS_IT_IS
    assert told("open today? happy", "good") == AS_IT_IS


def test_blame_weighs_less_in_a_post_about_an_own_mishap() -> None:
    """Wherever the mishap is told; what praises or asks is left as it is."""
    for text in ("forgot my key, it is broken", "it is broken, forgot my key"):
        assert told(text, "bad") == (0.6, False, "own mishap")
        assert told(text, "oops") == AS_IT_IS
    assert told("forgot my key, slow", "mild") == (0.6, False, "own mishap")
    assert told("forgot my key, so happy", "good") == (1.25, False, "intensified")
    assert told("forgot my key, BROKEN", "bad") == (0.75, False, "intensified, own mishap")
    assert told("forgot my key, not happy", "good") == TURNED
    odd = Rule("odd", phrases=("odd",), weights={Kind.COMPLAINT: 1.0}, negation=Negation.FLIP)
    assert told("forgot my key, not odd", "odd", odd) == TURNED


def test_a_rule_may_act_and_weigh() -> None:
    """It does to others what its act says, and counts for its own kind."""
    never = Rule("no-way", phrases=("no way",), weights={Kind.COMPLAINT: 0.5}, acts=Act.NEGATE)
    assert told("no way happy", "no-way", never) == AS_IT_IS
    assert told("no way happy", "good", never) == TURNED


def test_a_rule_that_only_acts_is_no_reason() -> None:
    """It is found in what it does to others; with a theme it is listed."""
    assert [found.rule.id for found in findings("not happy")] == ["good"]
    marked = Rule("zero", phrases=("zero",), acts=Act.NEGATE, theme="nil")
    assert [found.rule.id for found in findings("zero happy", marked)] == ["zero", "good"]


# ---- repeated ------------------------------------------------------------------------------


def test_each_further_match_of_a_rule_weighs_half_and_from_the_sixth_on_the_same() -> None:
    """By any of its phrases; other rules are counted by themselves."""
    found = findings("broken, delayed, " * 4 + "kettle")
    factors = [match.factor for match in found]
    assert factors == [1.0, 0.5, 0.25, 0.125, 0.0625, *[0.03125] * 3, 1.0]
    assert found[1].note == "repeated"


def test_a_shorter_phrase_within_a_longer_one_of_the_same_rule_is_no_second_match() -> None:
    """The rule has said it."""
    rule = Rule("late", phrases=("too late", "late", "too late again"), weights={Kind.OTHER: 1})
    assert [(match.start, match.end) for match in findings("too late again", rule)] == [(0, 14)]


# ---- doubted and softened ------------------------------------------------------------------


def test_praise_in_front_of_a_failure_weighs_less() -> None:
    """Behind it in a sentence that goes on, it is meant."""
    assert told("great, it is broken", "good") == (0.7, False, "doubted")
    assert told("it was broken. great that you have mended it", "good") == AS_IT_IS
    assert told("great, it is slow", "good") == AS_IT_IS
    assert told("oh well. great yet broken", "good") == (0.7, False, "doubted")


@pytest.mark.parametrize("end", ["brilliant", "brilliant.", "just brilliant", "oh how brilliant!"])
def test_praise_as_the_last_few_words_behind_a_failure_weighs_little(end: str) -> None:
    """One to three of them, in a sentence of their own."""
    factor, flipped, note = told(f"it is broken again. {end}", "good")
    assert (factor, flipped) == (0.3 * 1.25 if end[-1] == "!" else 0.3, False)
    assert note.endswith("doubted")


@pytest.mark.parametrize(
    "text",
    ["it is broken. oh how very brilliant", "it is fine. brilliant", "it is broken brilliant now"],
)
def test_praise_elsewhere_behind_a_failure_counts_in_full(text: str) -> None:
    """Four words, no failure, or no sentence of its own."""
    assert told(text, "good")[2] in ("", "intensified")


def test_asking_beside_a_failure_weighs_less() -> None:
    """On either side of it; beside a complaint that names none it stays."""
    assert told("it is broken, can i", "asks") == (0.3, False, "softened")
    assert told("can i mend a broken one", "asks") == (0.3, False, "softened")
    assert told("it is slow, can i", "asks") == AS_IT_IS


def test_what_does_not_count_is_not_doubted() -> None:
    """Praise that was turned round is a complaint already."""
    assert told("not happy, it is broken", "good") == TURNED


def test_a_repeated_failure_is_still_in_front_of_the_praise_that_ends_a_post() -> None:
    """It weighs less each time and stays where it is."""
    text = "broken, delayed, broken, delayed. brilliant"
    assert told(text, "good") == (0.3, False, "doubted")


# ---- the signs that follow -----------------------------------------------------------------


def shown(text: str, sign: Sign) -> str | None:
    """The words that a sign points at; None if the post does not show it."""
    rule = Rule("shown", sign=sign, weights={Kind.OTHER: 0.1})
    found = [match for match in findings(text, rule) if match.rule is rule]
    return text[found[0].start : found[0].end] if found else None


def test_failure_is_the_first_match_that_names_one() -> None:
    """Blame that weighs less than 1 names none."""
    assert shown("slow and delayed and broken", Sign.FAILURE) == "delayed"
    assert shown("slow", Sign.FAILURE) is None
    assert shown("happy", Sign.FAILURE) is None


def test_failure_with_praise_and_with_a_question() -> None:
    """The last praise and the first question; praise that was turned round is none."""
    text = "great, broken, happy, may i, can i"
    assert shown(text, Sign.FAILURE_AND_PRAISE) == "happy"
    assert shown(text, Sign.FAILURE_AND_QUESTION) == "may i"
    assert shown("broken, not happy", Sign.FAILURE_AND_PRAISE) is None
    assert shown("happy, can i", Sign.FAILURE_AND_PRAISE) is None
    assert shown("happy, can i", Sign.FAILURE_AND_QUESTION) is None


def test_a_dropped_failure_is_none() -> None:
    """What a negation took away does not count."""
    rule = Rule("lost", phrases=("lost",), weights={Kind.COMPLAINT: 2}, negation=Negation.DROP)
    sign = Rule("shown", sign=Sign.FAILURE, weights={Kind.OTHER: 0.1})
    tagger = make_tagger((rule, sign, *GRAMMAR))
    assert [match.rule.id for match in tagger.findings("not lost")] == ["lost"]
    assert [match.rule.id for match in tagger.findings("lost")] == ["lost", "shown"]


def test_unsaid_is_where_no_words_speak_for_a_kind() -> None:
    """It counts, and is no reason to show; a theme alone speaks for none."""
    unsaid = Rule("unsaid", sign=Sign.UNSAID, weights={Kind.QUESTION: 1.0})
    theme = Rule("about", phrases=("bag",), theme="luggage")
    tagger = make_tagger((unsaid, theme, GOOD))

    def kind(text: str) -> tuple[Kind, int]:
        verdict: Verdict = tagger.judge(text)
        return verdict.kind, len(verdict.because)

    assert kind("a bag") == (Kind.QUESTION, 1)
    assert kind("x") == (Kind.QUESTION, 0)
    assert kind("happy") == (Kind.PRAISE, 1)


@pytest.mark.parametrize(
    ("text", "is_short"),
    [
        ("kettle", False),
        ("slow kettle", False),
        ("slow", True),
        ("one two three four", True),
        ("one two three four five", False),
        ("slow one two three four", False),
        ("@acme @friend one two three four", True),
        ("one two three four https://example.org/a", True),
    ],
)
def test_a_post_is_short_where_nothing_speaks_clearly(text: str, is_short: bool) -> None:
    """A rule that weighs 1 or more speaks clearly; names and links are no words."""
    assert (shown(text, Sign.SHORT) is not None) is is_short


def test_a_question_mark_beside_a_failure_is_softened() -> None:
    """Signs that ask weigh less, like words that do; others stay."""
    mark = Rule("mark", sign=Sign.QUESTION_MARK, weights={Kind.QUESTION: 1.0})
    cry = Rule("cry", sign=Sign.EXCLAMATION, weights={Kind.COMPLAINT: 1.0})
    assert told("broken? !", "mark", mark, cry) == (0.3, False, "softened")
    assert told("broken? !", "cry", mark, cry) == AS_IT_IS
    assert told("happy?", "mark", mark) == AS_IT_IS
