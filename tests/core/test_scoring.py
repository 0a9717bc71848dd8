"""Scoring: figures that can be checked by hand, and intervals that are the same everywhere."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.model import Kind, Verdict
from triage.core.scoring import (
    Cells,
    Comparison,
    Interval,
    Judged,
    Pair,
    by_group,
    compare,
    macro_f1,
    recall,
    resampled,
    score,
    score_judged,
    worst_mistakes,
)

BAD, ASK, OTHER, GOOD = Kind.COMPLAINT, Kind.QUESTION, Kind.OTHER, Kind.PRAISE

PAIRS: list[Pair] = [
    *[(BAD, BAD)] * 6,
    *[(BAD, ASK)] * 2,
    *[(ASK, ASK)] * 3,
    (ASK, BAD),
    (GOOD, OTHER),
]
"""Eight complaints, six of them found; four questions, three found; praise that is missed."""

pairs = st.lists(st.tuples(st.sampled_from(Kind), st.sampled_from(Kind)))


def judged(number: int, label: Kind, kind: Kind, confidence: float, *, group: str = "") -> Judged:
    """A post that was taken for a kind."""
    scores = {k: 1.0 if k is kind else 0.0 for k in Kind}
    return Judged(number, "text", label, Verdict(kind, scores, (), confidence), group)


def complaint_recall(cells: Cells) -> float | None:
    """The figure of most tests below."""
    return recall(cells, BAD)


def test_figures_by_hand() -> None:
    """Precision, recall and F1 of each kind are those that pencil and paper give."""
    found = score(PAIRS)
    complaint, question = found.of(BAD), found.of(ASK)
    assert (found.posts, found.accuracy) == (13, 9 / 13)
    assert (found.cells[BAD, ASK], found.cells[ASK, BAD], found.cells[OTHER, GOOD]) == (2, 1, 0)
    assert (complaint.support, complaint.precision, complaint.recall) == (8, 6 / 7, 6 / 8)
    assert complaint.f1 == pytest.approx(0.8)
    assert (question.precision, question.recall) == (3 / 5, 3 / 4)
    assert question.f1 == pytest.approx(2 / 3)


def test_nought_by_nought_is_none() -> None:
    """Nobody was taken for praise, so its precision is unknown; nothing is labelled other."""
    found = score(PAIRS)
    assert (found.of(GOOD).precision, found.of(GOOD).recall, found.of(GOOD).f1) == (None, 0, 0)
    assert (found.of(OTHER).precision, found.of(OTHER).recall, found.of(OTHER).f1) == (
        0,
        None,
        None,
    )


def test_macro_f1_is_over_the_kinds_that_the_labels_hold() -> None:
    """The missed praise counts as 0, and `other`, which nobody is labelled as, not at all."""
    assert score(PAIRS).macro_f1 == pytest.approx((0.8 + 2 / 3 + 0) / 3)


def test_nothing_is_scored_as_nothing() -> None:
    """Without posts no figure has a meaning."""
    found = score([])
    assert (found.posts, found.accuracy, found.macro_f1, found.interval) == (0, None, None, None)


@given(pairs)
def test_what_holds_for_any_posts(some: list[Pair]) -> None:
    """Every post is in one cell, figures lie in 0..1, and the order makes no difference."""
    found = score(some)
    assert sum(found.cells.values()) == found.posts == len(some)
    assert sum(line.support for line in found.kinds) == len(some)
    for line in found.kinds:
        for value in (line.precision, line.recall, line.f1):
            assert value is None or 0 <= value <= 1
    assert score(reversed(some)) == found


def test_the_interval_is_always_the_same() -> None:
    """The same posts give the same interval to the last digit, whatever computer scores them."""
    assert score(PAIRS * 5).interval == Interval(0.4021505376344086, 0.5805860805860806)


def test_the_interval_is_that_of_a_plain_bootstrap() -> None:
    """Drawing posts one by one, as textbooks do, gives the same within what chance leaves."""
    draw = random.Random(7)  # noqa: S311 - chance, no secret
    some = [
        (label, label if draw.random() < 0.7 else draw.choice(list(Kind)))
        for label in draw.choices(list(Kind), [5, 3, 3, 1], k=400)
    ]
    plain = sorted(macro_f1(Counter(draw.choices(some, k=400))) or 0.0 for _ in range(2_000))
    found = score(some).interval
    assert found is not None
    assert found.low == pytest.approx(plain[50], abs=0.01)
    assert found.high == pytest.approx(plain[-51], abs=0.01)


def test_a_handful_of_posts_has_no_interval() -> None:
    """Nine posts that are all told right do not make anybody sure."""
    assert score([(BAD, BAD)] * 9).interval is None
    assert score([(BAD, BAD)] * 10).interval == Interval(1.0, 1.0)


def test_more_posts_are_surer() -> None:
    """A hundred times the posts make the interval about a tenth as wide."""
    few, many = score(PAIRS * 5).interval, score(PAIRS * 500).interval
    assert few is not None
    assert many is not None
    ratio = (few.high - few.low) / (many.high - many.low)
    assert 8 < ratio < 12


def test_samples_are_of_about_the_same_size() -> None:
    """Each post comes in once on average."""
    sizes = [sum(sample.values()) for sample in resampled({"a": 900, "b": 3, "c": 0, "d": 97})]
    assert len(sizes) == 1_000
    assert sum(sizes) / 1_000 == pytest.approx(1_000, abs=5)


def test_the_same_verdicts_make_no_difference() -> None:
    """A judge compared with itself differs by exactly nothing, which is noise."""
    found = compare([(label, verdict, verdict) for label, verdict in PAIRS], macro_f1)
    assert found == Comparison(found.before, found.before, Interval(0.0, 0.0))
    assert found.before == score(PAIRS).macro_f1
    assert found.is_noise


def test_a_difference_that_holds_is_no_noise() -> None:
    """Forty complaints more of a hundred are found, and none fewer."""
    triples = [*[(BAD, ASK, BAD)] * 40, *[(BAD, ASK, ASK)] * 30, *[(BAD, BAD, BAD)] * 30]
    found = compare(triples, complaint_recall)
    assert (found.before, found.after) == (0.3, 0.7)
    assert found.interval is not None
    assert 0.25 < found.interval.low < 0.4 < found.interval.high < 0.55
    assert not found.is_noise


def test_a_difference_of_one_post_is_noise() -> None:
    """One complaint more among a few tells nothing."""
    found = compare([(BAD, ASK, BAD), *[(BAD, BAD, BAD)] * 50], complaint_recall)
    assert found.interval is not None
    assert found.is_noise


def test_a_figure_without_meaning_has_no_interval() -> None:
    """Complaint recall of posts without complaints is unknown, and so is any change of it."""
    found = compare([(ASK, ASK, ASK)] * 90, complaint_recall)
    assert found == Comparison(None, None, None)
    assert found.is_noise


def test_the_surest_mistakes_come_first() -> None:
    """By confidence, then by place; what is right is none, however sure."""
    posts = [
        judged(1, BAD, GOOD, 0.4),
        judged(2, BAD, BAD, 1.0),
        judged(4, ASK, GOOD, 0.9),
        judged(3, ASK, BAD, 0.9),
    ]
    assert [post.number for post in worst_mistakes(posts, 10)] == [3, 4, 1]
    assert [post.number for post in worst_mistakes(posts, 1)] == [3]
    assert worst_mistakes(posts, 0) == []


def test_groups() -> None:
    """Posts by what they are counted under, each group scored by itself."""
    posts = [
        judged(1, BAD, BAD, 1.0, group="web"),
        judged(2, BAD, ASK, 1.0, group="app"),
        judged(3, ASK, ASK, 1.0, group="web"),
    ]
    groups = by_group(posts)
    assert {name: [post.number for post in some] for name, some in groups.items()} == {
        "app": [2],
        "web": [1, 3],
    }
    assert list(groups) == ["app", "web"]
    assert score_judged(groups["web"]).accuracy == 1
