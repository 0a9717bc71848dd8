"""Learning weights: toward what labels say, no further than the posts bear, and never by a peek."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from math import exp

import pytest

from triage.core.descent import lowest
from triage.core.learning import (
    Change,
    Compared,
    Example,
    Labelled,
    Weights,
    _compile,
    _cost,
    applied,
    changes,
    cross_validate,
    examples,
    learn,
    rounded,
)
from triage.core.model import Kind
from triage.core.rules import Act, Rule, Tagger
from triage.core.rules_data import MAX_WEIGHT
from triage.matching.defaults import default_tagger, make_tagger

BAD, ASK, OTHER, GOOD = Kind.COMPLAINT, Kind.QUESTION, Kind.OTHER, Kind.PRAISE

LATE = Rule("late", phrases=("late",), weights={BAD: 0.5})
WHEN = Rule("when", phrases=("when",), weights={ASK: 0.5})
HAPPY = Rule("happy", phrases=("happy",), weights={GOOD: 1.0})
NOT = Rule("not", phrases=("not",), acts=Act.NEGATE)
RULES = (HAPPY, LATE, NOT, WHEN)
START: Weights = {rule.id: rule.weights for rule in RULES}


def post(kind: Kind, *rules: str, flipped: str = "", key: int = 0) -> Example:
    """A post in which some rules speak once each."""
    return Example(kind, key, dict.fromkeys(rules, 1.0), {flipped: 0.8} if flipped else {})


def weight(weights: Weights, rule: str, kind: Kind) -> float:
    """What a rule weighs toward a kind."""
    return weights[rule].get(kind, 0.0)


MIXED = [
    *[post(BAD, "late")] * 20,
    *[post(ASK, "late", "when")] * 10,
    *[post(ASK, "when")] * 20,
    *[post(GOOD, "happy")] * 5,
    *[post(BAD, "late", flipped="happy")] * 5,
]


def test_weights_go_where_the_labels_say() -> None:
    """Posts with `late` are complaints, so it weighs more toward complaint and less elsewhere."""
    learned = learn([post(BAD, "late")] * 50, START)
    assert weight(learned, "late", BAD) > 0.8
    assert weight(learned, "late", ASK) < -0.1


def test_what_never_speaks_stays() -> None:
    """A rule that no post shows keeps what its author thought, to the last digit."""
    learned = learn([post(BAD, "late")] * 50, START)
    assert learned["when"] == START["when"]
    assert set(learned) == set(START)


def test_only_the_named_rules_change() -> None:
    """The others count as they are."""
    learned = learn(MIXED, START, only={"late"})
    assert learned["when"] == START["when"]
    assert learned["happy"] == START["happy"]
    assert learned["late"] != START["late"]


def test_what_other_rules_explain_is_not_learned_twice() -> None:
    """Beside a fixed rule that already makes the posts questions there is little to learn."""
    sure: Weights = {**START, "when": {ASK: 6.0}}
    alone = learn([post(ASK, "late")] * 30, sure, only={"late"})
    beside = learn([post(ASK, "late", "when")] * 30, sure, only={"late"})
    assert weight(alone, "late", ASK) > 0.4
    assert weight(beside, "late", ASK) < 0.1


def test_few_posts_move_little() -> None:
    """A single post moves no weight by a tenth; fifty do."""
    one = learn([post(ASK, "late")], START)
    fifty = learn([post(ASK, "late")] * 50, START)
    assert 0 < weight(one, "late", ASK) < 0.1
    assert weight(fifty, "late", ASK) > 0.5


def test_a_stronger_hold_keeps_weights_nearer() -> None:
    """From hardly held to hardly moved."""
    moved = [weight(learn(MIXED, START, hold), "late", BAD) - 0.5 for hold in (1, 10, 100, 1_000)]
    assert moved == sorted(moved, reverse=True)
    assert moved[0] > 1
    assert 0 < moved[-1] < 0.1


def test_hold_is_counted_in_posts() -> None:
    """Twenty posts that contradict a sure verdict move a weight by their number over the hold."""
    sure: Weights = {"late": {BAD: 10.0}}
    learned = learn([post(ASK, "late")] * 20, sure, hold=40)
    # All are of one kind of four, so each counts for the square root of a quarter.
    assert weight(learned, "late", ASK) == pytest.approx(0.25, abs=0.01)
    assert weight(learned, "late", BAD) == pytest.approx(9.75, abs=0.01)


def test_flipped_praise_teaches_praise() -> None:
    """What praises in "not happy" counts as complaint; if those posts are none, it weighs less."""
    posts = [post(OTHER, flipped="happy")] * 40
    learned = learn(posts, START)
    assert weight(learned, "happy", GOOD) < 0.9
    assert weight(learned, "happy", BAD) == pytest.approx(0, abs=0.001)


def test_a_rare_kind_counts_for_more_than_its_number() -> None:
    """Ten questions among ninety complaints pull harder than a tenth of all."""
    posts = [*[post(BAD, "late")] * 90, *[post(ASK, "late")] * 10]
    learned = learn(posts, {"late": {}}, hold=0.1)
    ratio = 2.718281828 ** (weight(learned, "late", BAD) - weight(learned, "late", ASK))
    assert ratio == pytest.approx(3, abs=0.1)  # the square root of nine


def test_the_order_of_posts_makes_no_difference() -> None:
    """Shuffled, they teach the same."""
    shuffled = random.Random(3).sample(MIXED, len(MIXED))  # noqa: S311 - chance, no secret
    one, other = learn(MIXED, START), learn(shuffled, START)
    for rule, by_kind in one.items():
        assert other[rule] == pytest.approx(by_kind, abs=0.002)
    assert learn(MIXED, START) == one


def test_no_other_weights_cost_less() -> None:
    """At what was learned, a step in any direction makes posts and penalty together worse."""
    hold = 5.0
    learned = learn(MIXED, START, hold)
    places = {rule: at * 4 for at, rule in enumerate(sorted(START))}
    flat = [weight(learned, rule, kind) for rule in places for kind in Kind]
    begin = [weight(START, rule, kind) for rule in places for kind in Kind]
    compiled = _compile(MIXED, START, places)
    best, slope = _cost(compiled, flat, begin, hold)
    for at in range(len(flat)):
        up, down = flat.copy(), flat.copy()
        up[at] += 0.05
        down[at] -= 0.05
        above, below = _cost(compiled, up, begin, hold)[0], _cost(compiled, down, begin, hold)[0]
        assert min(above, below) > best
        assert slope[at] == pytest.approx((above - below) / 0.1, abs=0.05)


def test_weights_stay_within_what_a_rule_may_weigh() -> None:
    """However many posts say the same."""
    heavy: Weights = {"late": {BAD: MAX_WEIGHT - 0.5}, "when": {ASK: MAX_WEIGHT}}
    learned = learn([post(BAD, "late", "when")] * 9_000, heavy)
    assert weight(learned, "late", BAD) == MAX_WEIGHT


def test_a_valley_is_found_however_narrow() -> None:
    """The descent reaches the lowest point of a long and crooked bowl."""

    def bowl(at: list[float]) -> tuple[float, list[float]]:
        x, y = at
        return (x - 3) ** 2 + 1_000 * (y - x) ** 2, [
            2 * (x - 3) - 2_000 * (y - x),
            2_000 * (y - x),
        ]

    assert lowest(bowl, [-5.0, 40.0], 1e-6) == pytest.approx([3, 3], abs=1e-5)
    assert lowest(bowl, [3.0, 3.0], 1e-6) == [3.0, 3.0]


TEXTS = [
    "@acme it is late, late, LATE! when do you come?",
    "I am not happy",
    "so happy!",
    "when? the parcel is late",
    "nothing of it",
]


@pytest.mark.parametrize("text", TEXTS)
def test_posts_are_seen_as_the_engine_sees_them(text: str) -> None:
    """Weights times what was found give the very shares of the engine's verdict."""
    tagger = make_tagger(RULES)
    (seen,) = examples([Labelled(text, BAD)], tagger)
    assert bool(seen.flipped) == ("not happy" in text)
    sums = dict.fromkeys(Kind, 0.0)
    for rule, factor in seen.plain.items():
        for kind, value in START[rule].items():
            sums[kind] += value * factor
    for rule, factor in seen.flipped.items():
        sums[BAD] += weight(START, rule, GOOD) * factor
    if not any(sums.values()):
        sums[OTHER] = 1.0
    whole = sum(map(exp, sums.values()))
    shares = {kind: exp(value) / whole for kind, value in sums.items()}
    assert tagger.judge(text).scores == pytest.approx(shares, abs=0.001)


def test_the_language_of_a_post_is_heeded() -> None:
    """Rules of other languages do not speak."""
    spat = Rule("spaet", phrases=("late",), weights={BAD: 1.0}, lang="de")
    tagger = make_tagger((LATE, spat))
    english, german = examples([Labelled("late", BAD, "en"), Labelled("late", BAD, "de")], tagger)
    assert set(english.plain) == {"late"}
    assert set(german.plain) == {"late", "spaet"}


def test_half_a_character_is_no_obstacle() -> None:
    """A text that is no whole Unicode is a post like any other."""
    (seen,) = examples([Labelled("late \ud83d", BAD)], make_tagger(RULES))
    assert set(seen.plain) == {"late"}


def test_rounded() -> None:
    """One decimal, and nothing that says nothing."""
    weights = {"late": {BAD: 1.26, ASK: 0.04, OTHER: -0.14}, "when": {ASK: 0.0}}
    assert rounded(weights) == {"late": {BAD: 1.3, OTHER: -0.1}, "when": {}}


def test_changes_are_those_that_matter() -> None:
    """A tenth or more, the greatest first, with the posts that ask for it."""
    learned = {
        "late": {BAD: 0.64, ASK: 0.3, OTHER: -0.04},
        "when": {ASK: 0.46, BAD: -0.049},
        "happy": {GOOD: 0.6},
    }
    found = changes(MIXED, START, learned)
    assert found == [
        # Five are praise; in five more, which complain, its praise is flipped and weighs as that.
        Change("happy", GOOD, 1.0, 0.6, 0, 10),
        Change("late", ASK, 0.0, 0.3, 10, 35),
        Change("late", BAD, 0.5, 0.6, 25, 35),
    ]


def test_a_weight_that_is_written_finer_stays_so() -> None:
    """1.25 is not made 1.3 for the sake of a round figure."""
    assert changes([post(BAD, "late")], {"late": {BAD: 1.25}}, {"late": {BAD: 1.27}}) == []


def test_nought_has_no_sign() -> None:
    """A weight that almost goes is 0, not -0."""
    (change,) = changes([post(BAD, "late")], {"late": {BAD: 0.3}}, {"late": {BAD: -0.04}})
    assert f"{change.after:g}" == "0"


def test_changes_are_applied_and_nothing_else() -> None:
    """What becomes 0 is not written; the start stays as it was."""
    start = {"late": {BAD: 0.55, ASK: 0.2}, "when": {ASK: 0.5}}
    proposed = [Change("late", ASK, 0.2, 0.0, 1, 1), Change("late", OTHER, 0.0, -0.3, 1, 1)]
    assert applied(start, proposed) == {"late": {BAD: 0.55, OTHER: -0.3}, "when": {ASK: 0.5}}
    assert start["late"] == {BAD: 0.55, ASK: 0.2}


def _with(weights: Weights, rules: Mapping[str, Rule]) -> Tagger:
    return make_tagger(tuple(replace(rule, weights=weights[rule.id]) for rule in rules.values()))


def test_no_post_is_judged_by_weights_that_saw_it() -> None:
    """Where each post has words of its own, nothing that was learned elsewhere helps it."""
    words = [f"word{number}" for number in range(40)]
    rules = tuple(Rule(word, phrases=(word,), weights={ASK: 0.1}) for word in words)
    posts = [Labelled(word, BAD) for word in words]
    tagger = make_tagger(rules)
    start = {rule.id: rule.weights for rule in rules}

    seen = examples(posts, tagger)
    found = cross_validate(posts, seen, start, tagger, lambda w: _with(w, tagger.rules), hold=0.1)
    assert found == [Compared(BAD, ASK, ASK)] * 40


def test_the_same_text_is_never_on_both_sides() -> None:
    """A post that stands twice in a file cannot teach its own label."""
    words = [f"word{number}" for number in range(40)]
    rules = tuple(Rule(word, phrases=(word,), weights={ASK: 0.1}) for word in words)
    posts = [Labelled(word, BAD) for word in words * 2]
    tagger = make_tagger(rules)
    start = {rule.id: rule.weights for rule in rules}
    seen = examples(posts, tagger)
    found = cross_validate(posts, seen, start, tagger, lambda w: _with(w, tagger.rules), hold=0.1)
    assert {c.learned for c in found} == {ASK}


def test_cross_validation_shows_what_learning_does() -> None:
    """Forty complaints that the rules take for questions are found by what the others teach."""
    posts = [
        *(Labelled(f"when is number {n} not late", BAD) for n in range(40)),
        *(Labelled(f"when comes number {n}", ASK) for n in range(40)),
    ]
    rules = (replace(WHEN, weights={ASK: 1.0}), replace(LATE, weights={BAD: 0.6}))
    tagger = make_tagger(rules)
    start = {rule.id: rule.weights for rule in rules}
    seen = examples(posts, tagger)
    found = cross_validate(posts, seen, start, tagger, lambda w: _with(w, tagger.rules))
    assert len(found) == 80
    assert sum(c.now is c.label for c in found) == 40
    assert sum(c.learned is c.label for c in found) == 80


def test_the_shipped_rules_can_learn() -> None:
    """Whatever the engine finds in a post has weights to learn: nothing is out of range."""
    tagger = default_tagger()
    posts = [Labelled(text, BAD) for text in TEXTS]
    start = {rule.id: rule.weights for rule in tagger.rules.values()}
    learned = learn(examples(posts, tagger), start)
    assert set(learned) == set(start)
