"""Verdicts: how sure they are, what they mark, and that they are the same everywhere."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depth import deep
from triage.core.folding import LIMIT
from triage.core.kinds import UNSURE_BELOW
from triage.core.model import Kind, Verdict
from triage.core.rules import Act, Negation, Rule
from triage.core.signs import Sign
from triage.matching.defaults import default_tagger, make_tagger

if TYPE_CHECKING:
    from _typeshed import TraceFunction

GOOD = Rule("good", phrases=("happy",), weights={Kind.PRAISE: 1.0})
BAD = Rule("bad", phrases=("broken",), weights={Kind.COMPLAINT: 2.0})
ASKS = Rule("asks", phrases=("how do i",), weights={Kind.QUESTION: 1.0})


def judge(text: str, *rules: Rule) -> Verdict:
    """What becomes of a post by these rules alone."""
    return make_tagger(rules).judge(text)


# ---- how sure ------------------------------------------------------------------------------


def test_confidence_is_the_lead_over_the_runner_up() -> None:
    """A verdict whose first two kinds are close is for a person to look at."""
    sure = judge("broken, how do i", BAD, ASKS)
    assert sure.runner_up is Kind.QUESTION
    lead = sure.scores[Kind.COMPLAINT] - sure.scores[Kind.QUESTION]
    assert sure.confidence == pytest.approx(lead)
    assert not sure.is_unsure
    torn = judge("x", *(Rule(k.value, phrases=("x",), weights={k: 0.5}) for k in Kind))
    assert (torn.kind, torn.runner_up, torn.confidence) == (Kind.COMPLAINT, Kind.QUESTION, 0.0)
    assert torn.is_unsure


def test_signs_alone_are_less_sure_than_words() -> None:
    """Of what weighs the same."""
    mark = Rule("mark", sign=Sign.QUESTION_MARK, weights={Kind.QUESTION: 1.0})
    worded, wordless = judge("how do i", ASKS), judge("eh?", mark)
    assert worded.scores == wordless.scores
    assert wordless.confidence == pytest.approx(0.4 * worded.confidence, abs=1e-4)


def test_a_post_that_nothing_speaks_of_is_unsure() -> None:
    """It is other, for want of evidence."""
    verdict = judge("kettle", BAD)
    assert (verdict.kind, verdict.because, verdict.is_unsure) == (Kind.OTHER, (), True)


def test_unsure_is_below_the_bound() -> None:
    """At it a verdict stands."""
    scores = dict.fromkeys(Kind, 0.25)
    assert Verdict(Kind.OTHER, scores, confidence=UNSURE_BELOW - 0.0001).is_unsure
    assert not Verdict(Kind.OTHER, scores, confidence=UNSURE_BELOW).is_unsure


def test_weights_against_a_kind_count() -> None:
    """A rule may speak against a kind, and for none."""
    against = Rule("against", phrases=("not really",), weights={Kind.COMPLAINT: -3.0})
    verdict = judge("not really broken", BAD, against, Rule("o", sign=Sign.ALWAYS))
    assert verdict.kind is not Kind.COMPLAINT
    assert [evidence.rule for evidence in verdict.because] == ["against", "bad"]


def test_the_greatest_weights_make_a_sound_verdict() -> None:
    """Shares stay shares where sums are large."""
    heavy = Rule("heavy", expressions=(r"\pL",), weights={Kind.PRAISE: 20.0, Kind.OTHER: -20.0})
    verdict = judge("a b c d " * 1000, heavy)
    assert (verdict.kind, verdict.confidence) == (Kind.PRAISE, 1.0)
    assert sum(verdict.scores.values()) == 1.0


# ---- theme and priority --------------------------------------------------------------------


def test_the_theme_is_that_of_the_strongest_match_toward_complaint() -> None:
    """Of equal ones the first by id; a match that does not count says nothing."""
    late = Rule("late", phrases=("late",), weights={Kind.COMPLAINT: 1.0}, theme="delivery")
    rude = Rule("rude", phrases=("rude",), weights={Kind.COMPLAINT: 2.0}, theme="staff")
    about = Rule("about", phrases=("bill",), theme="billing")
    assert judge("late and rude", late, rude).theme == "staff"
    assert judge("late BILL", late, about).theme == "delivery"
    assert judge("bill", late, about).theme == "billing"
    assert judge("kettle", late, about).theme is None
    twin = Rule("after", phrases=("late",), weights={Kind.COMPLAINT: 1.0}, theme="after")
    assert judge("late", late, twin).theme == "after"
    drop = replace(rude, negation=Negation.DROP)
    never = Rule("never", phrases=("never",), acts=Act.NEGATE)
    assert judge("late, never rude", late, drop, never).theme == "delivery"
    assert judge("never rude", late, drop, never).theme is None


def test_the_priority_is_the_gravest_that_matched() -> None:
    """However little the match weighs, in whatever order."""
    leave = Rule("leave", phrases=("bye",), weights={Kind.COMPLAINT: 9.0}, priority="churn-threat")
    fire = Rule("fire", phrases=("smoke",), priority="safety")
    own = Rule("own", phrases=("vip",), priority="our-own")
    assert judge("bye smoke vip", leave, fire, own).priority == "safety"
    assert judge("smoke bye", leave, fire).priority == "safety"
    assert judge("vip bye", leave, own).priority == "our-own"
    assert judge("bye", leave, fire).priority == "churn-threat"
    assert judge("kettle", leave, fire).priority is None


# ---- signs of names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@AcmeHelp hello", "@AcmeHelp"),
        ("@friend @acmecare hello", "@acmecare"),
        ("@acme_support", "@acme_support"),
        ("@AskAcme hi", "@AskAcme"),
        ("@acme hello @AcmeHelp", None),
        ("help", None),
    ],
)
def test_a_name_of_support_is_a_sign_among_the_leading_ones(text: str, words: str | None) -> None:
    """It says that the post was written for an answer."""
    because = judge(text, Rule("s", sign=Sign.SUPPORT_NAME, weights={Kind.QUESTION: 1})).because
    assert [evidence.text for evidence in because] == ([] if words is None else [words])


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [("hello", True), ("@acme hello", False), ("hello @acme", False), ("a@example.org", True)],
)
def test_a_post_without_any_name_is_unaddressed(text: str, is_shown: bool) -> None:
    """Nobody was asked by name; an address of mail asks nobody either."""
    verdict = judge(text, Rule("s", sign=Sign.UNADDRESSED, weights={Kind.OTHER: 1}))
    assert bool(verdict.because) is is_shown


def test_capitals_in_a_web_address_shout_at_nobody() -> None:
    """Nor do those in names and hashtags."""
    shout = Rule("s", sign=Sign.SHOUTING, weights={Kind.COMPLAINT: 1})
    for text in ("https://a.example/ABCD-EFGH.IJKL", "www.a.example/ABCD-EFGH", "#LATE x @LATE"):
        assert judge(f"hi {text}", shout).because == ()
    (evidence,) = judge("THIS https://a.example/ABCD-EFGH LATE", shout).because
    assert evidence.text == "THIS https://a.example/ABCD-EFGH LATE"


# ---- any text at all -----------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *("#WorstFlightEver ", "#acmefail", "soooo", "looove", "not happy", '"great" ', "what if "),
        *("NFC \u00e9t\u00e9 ", unicodedata.normalize("NFD", "NFD été "), "&amp;", "&lt;3", "  "),
        *("😡", "👩\u200d👩\u200d👧", "🇫🇷", "\u202e", "שלום ", "مرحبا", "@acme ", "http://a.b/c "),
        *("never arrived", "BROKEN!!", "thanks", "?", "\n", "\ud800", "\x00", "e\u0301\u0300"),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=12).map("".join)


@settings(deadline=None)
@given(TEXTS, st.sampled_from([None, "en", "fr", "ja"]))
def test_every_reason_is_a_slice_of_the_post(text: str, lang: str | None) -> None:
    """Whatever was folded, split or shortened on the way."""
    for evidence in default_tagger().judge(text, lang).because:
        assert 0 <= evidence.start <= evidence.end <= len(text)
        assert text[evidence.start : evidence.end] == evidence.text


@settings(deadline=None, max_examples=deep(50))
@given(TEXTS, st.permutations((GOOD, BAD, ASKS, *default_tagger().rules.values())[:40]))
def test_the_order_of_rules_changes_nothing(text: str, rules: list[Rule]) -> None:
    """To the last digit and reason."""
    assert judge(text, *rules) == judge(text, *sorted(rules, key=lambda rule: rule.id))


POSTS = (
    "@acme thanks for losing my bag AGAIN, why is it so hard?! 😡 not happy #WorstFlightEver",
    "can i change it in case my flight is delayed? merci, no funciona",
)


def test_another_process_with_another_hash_seed_says_the_same() -> None:
    """No verdict hangs on the order of a set."""
    code = (
        "from triage.matching.defaults import default_tagger\n"
        f"for text in {POSTS!r}: print(default_tagger().judge(text))"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1] == "".join(f"{default_tagger().judge(t)}\n" for t in POSTS)


# ---- hostile posts -------------------------------------------------------------------------

HOSTILE = {
    "a hashtag": "#worstflightever ",
    "a long hashtag": "#" + "neveracme" * 6 + " ",
    "a stretched word": "sooooo ",
    "a quotation": '"great" ',
    "an open quotation": '" great ',
    "a negation": "not happy ",
    "negations alone": "not ",
    "a supposition": "what if ",
    "a failure": "broken. ",
    "courtesy": "thanks? ",
    "an opening": ". can you ",
    "a greeting": "hi can you ",
    "an entity": "&amp; ",
    "a mark that composes": "e\u0301",
    "a name": "x @acme ",
    "leading names": "@acme ",
    "a web address": "https://a.b/ ",
    "marks": "?!",
    "an apostrophe": "a'b ",
    "an emoji": "😡",
    "a run of one letter": "a",
}


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python a piece of work runs."""
    lines = itertools.count()

    def trace(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
        if event == "line":
            next(lines)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return next(lines)


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_post_twice_as_long_takes_about_twice_the_work(piece: str) -> None:
    """Counted in lines of Python that run, which no machine makes faster or slower."""
    judged = default_tagger()
    size = LIMIT // len(piece) // 4
    judged.judge(piece * size)  # what is made at the first use is not counted
    one = lines_run(lambda: judged.judge(piece * size))
    two = lines_run(lambda: judged.judge(piece * 2 * size))
    assert two < 2.6 * one + 500


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_the_longest_hostile_post_is_judged_in_moments(piece: str) -> None:
    """In seconds, with a wide margin, since what runs inside expressions has no lines to count."""
    default_tagger().judge("warm")
    begun = time.process_time()
    default_tagger().judge((piece * 10_000)[:1_000_000])
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("@acme my lawyer will hear of this", "legal-threat"),
        ("@acme the plug caught fire", "safety"),
    ],
)
def test_what_cannot_wait_is_a_sure_complaint(text: str, priority: str) -> None:
    """The shipped rules need no other word for it than the one that says so."""
    verdict = default_tagger().judge(text, "en")
    assert (verdict.kind, verdict.priority) == (Kind.COMPLAINT, priority)
    assert not verdict.is_unsure
