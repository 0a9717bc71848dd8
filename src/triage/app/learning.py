"""Propose other weights for the rules, and measure what they would do: `triage rules learn`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from triage.core.learning import (
    HOLD,
    Change,
    Labelled,
    Weights,
    applied,
    changes,
    cross_validate,
    examples,
    learn,
)
from triage.core.model import Kind
from triage.core.records import Correction
from triage.core.rules import Rule, Tagger
from triage.core.scoring import Cells, Comparison, compare, macro_f1, recall
from triage.errors import TriageError, UsageError

LEAST = 30
"""Fewer posts than this teach nothing."""

MakeTagger = Callable[[tuple[Rule, ...]], Tagger]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Weights that would tell the posts better, and what they would do to posts not seen.

    Attributes:
        posts: How many were learned from.
        corrections: How many of them are corrections by agents.
        changes: What would change, the greatest change first.
        weights: Of each rule that would change, all its weights as they would be.
        macro_f1: Cross-validated: each post judged now, and by weights learned without it.
        complaint_recall: The same of the complaints that are found.
    """

    posts: int
    corrections: int
    changes: Sequence[Change]
    weights: Weights
    macro_f1: Comparison
    complaint_recall: Comparison


def material(corrections: Sequence[Correction], labelled: Sequence[Labelled]) -> list[Labelled]:
    """The posts to learn from: corrections, and what a file adds to them.

    A post that is in both counts once, as the agent corrected it.
    """
    corrected = {correction.text for correction in corrections}
    return [
        *(Labelled(c.text, c.kind, c.lang) for c in corrections),
        *(post for post in labelled if post.text not in corrected),
    ]


def propose(
    tagger: Tagger,
    make_tagger: MakeTagger,
    corrections: Sequence[Correction],
    labelled: Sequence[Labelled],
    *,
    hold: float = HOLD,
    only: Collection[str] = (),
) -> Proposal:
    """Learn from labelled posts; nothing is changed.

    Args:
        tagger: The rules as they are.
        make_tagger: Makes an engine of changed rules.
        corrections: What agents corrected.
        labelled: Further labelled posts.
        hold: How many posts hold a weight where it is.
        only: Ids of the rules that may change; all that have weights if empty.

    Raises:
        UsageError: There is no rule of a name in `only`.
        TriageError: The posts are too few, or all of one kind.
    """
    rules = tagger.rules
    may_change = _may_change(rules, only)
    posts = material(corrections, labelled)
    _check(posts)
    start = {rule.id: dict(rule.weights) for rule in rules.values()}
    seen = examples(posts, tagger)

    def make(weights: Weights) -> Tagger:
        return make_tagger(tuple(replace(r, weights=weights[r.id]) for r in rules.values()))

    proposed = changes(seen, start, learn(seen, start, hold, may_change))
    after = applied(start, proposed)
    compared = cross_validate(posts, seen, start, tagger, make, hold, may_change)
    return Proposal(
        posts=len(posts),
        corrections=len(corrections),
        changes=proposed,
        weights={rule: after[rule] for rule in sorted({change.rule for change in proposed})},
        macro_f1=compare(compared, macro_f1),
        complaint_recall=compare(compared, _complaint_recall),
    )


def _complaint_recall(cells: Cells) -> float | None:
    return recall(cells, Kind.COMPLAINT)


def _may_change(rules: Mapping[str, Rule], only: Collection[str]) -> set[str]:
    for rule in only:
        if rule not in rules:
            raise UsageError(f'There is no rule "{rule}".', hint="See them all: triage rules list")
        if rules[rule].acts is not None:
            raise UsageError(
                f'Rule "{rule}" weighs nothing.',
                reason="It only says what other rules make of what follows.",
                hint="Name a rule that has weights.",
            )
    # A rule without weights is there for its theme or priority, and says nothing of kinds.
    return set(only) or {rule.id for rule in rules.values() if rule.weights}


def _check(posts: Sequence[Labelled]) -> None:
    kinds = Counter(post.kind for post in posts)
    if len(posts) < LEAST:
        many = f"{len(posts)} is" if len(posts) == 1 else f"{len(posts)} are"
        raise TriageError(
            f"These are too few labelled posts to learn from: {many} here, {LEAST} are needed.",
            hint="Correct more with `triage tag ID KIND`, or name a labelled file.",
        )
    if len(kinds) == 1:
        kind = next(iter(kinds))
        raise TriageError(
            f"All {len(posts)} labelled posts are of one kind: {kind.value}.",
            reason="What tells kinds apart can be learned from several kinds only.",
            hint="Correct others with `triage tag ID KIND`, or name a labelled file.",
        )
