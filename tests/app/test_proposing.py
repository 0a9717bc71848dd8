"""Proposals of weights: from enough posts of several kinds, and never for rules of no weight."""

from __future__ import annotations

import pytest

from triage.app.learning import LEAST, material, propose
from triage.core.learning import Labelled
from triage.core.model import Kind
from triage.core.records import Correction
from triage.core.rules import Act, Rule
from triage.errors import TriageError, UsageError
from triage.matching.defaults import make_tagger

BAD, ASK = Kind.COMPLAINT, Kind.QUESTION
RULES = (
    Rule("late", phrases=("late",), weights={BAD: 0.2}),
    Rule("when", phrases=("when",), weights={ASK: 0.9}),
    Rule("parcels", phrases=("parcel",), theme="delivery"),
    Rule("not-at-all", phrases=("not",), acts=Act.NEGATE),
)
POSTS = [
    *(Labelled(f"when will it stop to be late, parcel {n}", BAD) for n in range(30)),
    *(Labelled(f"when comes parcel {n}", ASK) for n in range(30)),
]


def correction(text: str, kind: Kind, *, number: int = 1) -> Correction:
    """What an agent said of a mention."""
    return Correction(number, number, text, "en", kind, None, 0, "ana")


def test_a_proposal() -> None:
    """It names what changes, gives all weights of those rules, and tells the effect."""
    found = propose(make_tagger(RULES), make_tagger, [], POSTS)
    assert (found.posts, found.corrections) == (60, 0)
    assert set(found.weights) == {"late", "when"}
    raised = next(c for c in found.changes if (c.rule, c.kind) == ("late", BAD))
    assert raised.before == 0.2
    assert raised.after > 0.5
    assert (raised.agree, raised.posts) == (30, 30)
    assert found.weights["late"][BAD] == raised.after
    assert found.complaint_recall.before == 0
    assert found.complaint_recall.after == 1
    assert not found.complaint_recall.is_noise
    assert found.macro_f1.after == 1


def test_a_rule_for_a_theme_alone_learns_nothing() -> None:
    """Its author said that it speaks for no kind; who names it says otherwise."""
    assert "parcels" not in propose(make_tagger(RULES), make_tagger, [], POSTS).weights
    posts = [*POSTS, *(Labelled(f"parcel {n}", BAD) for n in range(40))]
    named = propose(make_tagger(RULES), make_tagger, [], posts, only=["parcels"])
    assert set(named.weights) == {"parcels"}


def test_rules_that_cannot_learn() -> None:
    """A name that no rule has, and a rule that weighs nothing, are told."""
    with pytest.raises(UsageError, match='no rule "lat"'):
        propose(make_tagger(RULES), make_tagger, [], POSTS, only=["lat"])
    with pytest.raises(UsageError, match='"not-at-all" weighs nothing'):
        propose(make_tagger(RULES), make_tagger, [], POSTS, only=["not-at-all"])


def test_too_few_posts() -> None:
    """One less than is needed is refused, and it is said how many are here."""
    posts = POSTS[15 : 15 + LEAST]
    assert propose(make_tagger(RULES), make_tagger, [], posts).posts == LEAST
    with pytest.raises(TriageError, match="29 are here, 30 are needed"):
        propose(make_tagger(RULES), make_tagger, [], posts[1:])


def test_a_single_kind() -> None:
    """What is all the same tells nothing apart."""
    with pytest.raises(TriageError, match="All 30 labelled posts are of one kind: complaint"):
        propose(make_tagger(RULES), make_tagger, [], POSTS[:30])


def test_corrections_and_a_file_together() -> None:
    """A post in both counts once, as the agent corrected it."""
    corrections = [correction("when?", BAD), correction("late", BAD, number=2)]
    posts = [Labelled("when?", ASK), Labelled("hello", Kind.OTHER)]
    assert material(corrections, posts) == [
        Labelled("when?", BAD, "en"),
        Labelled("late", BAD, "en"),
        Labelled("hello", Kind.OTHER),
    ]


def test_nothing_is_changed_by_proposing() -> None:
    """The engine that was given judges as before."""
    tagger = make_tagger(RULES)
    before = tagger.judge(POSTS[0].text)
    propose(tagger, make_tagger, [], POSTS)
    assert tagger.judge(POSTS[0].text) == before
    assert tagger.rules["late"].weights == {BAD: 0.2}
