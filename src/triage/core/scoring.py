"""How well verdicts agree with labels: counts, shares, how sure they are, and the worst mistakes.

Every figure follows from how often each label met each verdict. What would be nought by nought
is None, never 0. Kinds stand in the order of `Kind`, the gravest first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from math import fsum, sqrt
from random import Random
from typing import NamedTuple, TypeVar

from triage.core.model import Kind, Verdict

T = TypeVar("T")

Pair = tuple[Kind, Kind]
"""Label and verdict."""
Cells = Mapping[Pair, int]
"""How often each label met each verdict; what never met may be missing."""

ROUNDS = 1_000
"""How many samples an interval is taken from."""
_SEED = 20_260_302
_TAIL = 0.025
_FEWEST = 10
"""Of fewer posts nothing can be said: samples of three that agree seem to be sure."""
_REACH = 10
"""Beyond so many standard deviations a count does not occur."""


class Interval(NamedTuple):
    """Where a figure would lie in 95 of 100 files of the same origin and size."""

    low: float
    high: float


class Judged(NamedTuple):
    """A labelled post and what the rules say of it.

    Attributes:
        number: Where it stands in its file; tells posts apart.
        text: As it was judged.
        label: What a person says it is.
        verdict: What the rules say.
        group: What it is counted under beside the whole, such as its source; may be empty.
    """

    number: int
    text: str
    label: Kind
    verdict: Verdict
    group: str = ""


@dataclass(frozen=True, slots=True)
class KindScore:
    """How well one kind is told.

    Attributes:
        support: Posts that are labelled so.
        precision: Of the posts that are taken for it, the share that is labelled so.
        recall: Of the posts that are labelled so, the share that is taken for it.
        f1: The harmonic mean of the two; None if no post is labelled so.
    """

    kind: Kind
    support: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """How well all kinds are told.

    Attributes:
        posts: How many were judged.
        cells: The confusion matrix, every cell of it.
        kinds: One line for each kind.
        accuracy: The share of the posts whose verdict is the label.
        macro_f1: The mean of the F1 of the kinds that the labels hold, each counting alike.
        interval: How sure `macro_f1` is; None for a handful of posts.
    """

    posts: int
    cells: Cells
    kinds: tuple[KindScore, ...]
    accuracy: float | None
    macro_f1: float | None
    interval: Interval | None

    def of(self, kind: Kind) -> KindScore:
        """The line of a kind."""
        return next(line for line in self.kinds if line.kind is kind)


class Comparison(NamedTuple):
    """A figure of two judges over the same posts.

    Attributes:
        before: The figure of one; None if it has no meaning.
        after: The figure of the other.
        interval: How sure the difference is, `after` less `before`.
    """

    before: float | None
    after: float | None
    interval: Interval | None

    @property
    def is_noise(self) -> bool:
        """Whether the difference may be chance: nought lies in the interval."""
        return self.interval is None or self.interval.low <= 0 <= self.interval.high


def score(pairs: Iterable[Pair]) -> Score:
    """Score labels against verdicts; the order of the pairs makes no difference."""
    counted = Counter(pairs)
    cells = {(label, verdict): counted[label, verdict] for label in Kind for verdict in Kind}
    posts = sum(cells.values())
    hits = sum(cells[kind, kind] for kind in Kind)
    return Score(
        posts=posts,
        cells=cells,
        kinds=tuple(_kind_score(cells, kind) for kind in Kind),
        accuracy=_share(hits, posts),
        macro_f1=macro_f1(cells),
        interval=interval_of(macro_f1, cells),
    )


def score_judged(judged: Iterable[Judged]) -> Score:
    """Score posts that were judged."""
    return score((post.label, post.verdict.kind) for post in judged)


def macro_f1(cells: Cells) -> float | None:
    """The mean of the F1 of the kinds that the labels hold; None without labels."""
    found = [line.f1 for line in (_kind_score(cells, kind) for kind in Kind) if line.f1 is not None]
    return fsum(found) / len(found) if found else None


def recall(cells: Cells, kind: Kind) -> float | None:
    """Of the posts labelled as a kind, the share that is taken for it."""
    return _kind_score(cells, kind).recall


def _kind_score(cells: Cells, kind: Kind) -> KindScore:
    hits = cells.get((kind, kind), 0)
    labelled = sum(cells.get((kind, verdict), 0) for verdict in Kind)
    taken = sum(cells.get((label, kind), 0) for label in Kind)
    return KindScore(
        kind=kind,
        support=labelled,
        precision=_share(hits, taken),
        recall=_share(hits, labelled),
        f1=2 * hits / (labelled + taken) if labelled else None,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def worst_mistakes(judged: Iterable[Judged], many: int) -> list[Judged]:
    """The posts whose verdict is not their label, the surest verdict first."""
    wrong = [post for post in judged if post.verdict.kind is not post.label]
    wrong.sort(key=lambda post: (-post.verdict.confidence, -_lead(post), post.number))
    return wrong[:many]


def _lead(post: Judged) -> float:
    """How far the wrong kind is ahead of the right one."""
    shares = post.verdict.scores
    return shares[post.verdict.kind] - shares[post.label]


def by_group(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    """The posts by what they are counted under, in alphabetical order."""
    groups: dict[str, list[Judged]] = {}
    for post in judged:
        groups.setdefault(post.group, []).append(post)
    return dict(sorted(groups.items()))


def compare(
    triples: Iterable[tuple[Kind, Kind, Kind]], figure: Callable[[Cells], float | None]
) -> Comparison:
    """Compare a figure of two judges over the same posts: label, one verdict, the other.

    The interval is that of the difference, which is surer than either figure: what is hard for
    both judges cancels out.
    """
    counted = Counter(triples)
    cells = {key: counted[key] for key in product(Kind, Kind, Kind) if counted[key]}

    def difference(sample: Mapping[tuple[Kind, Kind, Kind], int]) -> float | None:
        one, other = figure(_side(sample, 1)), figure(_side(sample, 2))
        return None if one is None or other is None else other - one

    one, other = figure(_side(cells, 1)), figure(_side(cells, 2))
    return Comparison(one, other, interval_of(difference, cells))


def _side(triples: Mapping[tuple[Kind, Kind, Kind], int], place: int) -> Cells:
    """What one of the judges said: the labels against the verdicts at a place."""
    cells: Counter[Pair] = Counter()
    for triple, count in triples.items():
        cells[triple[0], triple[place]] += count
    return cells


def interval_of(
    figure: Callable[[Mapping[T, int]], float | None], counts: Mapping[T, int]
) -> Interval | None:
    """The 95 % interval of a figure over counts, by percentiles of a bootstrap.

    Args:
        figure: Computes it from counts; None for a sample in which it has no meaning.
        counts: How many posts of each sort there are, in an order that does not depend on the
            order of the posts.

    Returns:
        None for a handful of posts, or if the figure has a meaning in less than half of the
        samples.
    """
    if sum(counts.values()) < _FEWEST:
        return None
    values = sorted(v for v in map(figure, resampled(counts)) if v is not None)
    if 2 * len(values) < ROUNDS:
        return None
    cut = int(_TAIL * len(values))
    return Interval(values[cut], values[-1 - cut])


def resampled(counts: Mapping[T, int]) -> Iterator[dict[T, int]]:
    """Draw the samples of a bootstrap: the same counts give the same samples on every computer.

    Each post comes into a sample Poisson(1) times, so posts that are alike are drawn at once.
    Sizes vary a little between samples, which shares such as precision do not notice.
    """
    draw = Random(_SEED).random  # noqa: S311 - a seeded sample, no secret
    tables = [(sort, *_poisson(count)) for sort, count in counts.items() if count]
    for _ in range(ROUNDS):
        yield {sort: first + bisect_left(sums, draw()) for sort, first, sums in tables}


def _poisson(mean: int) -> tuple[int, Sequence[float]]:
    """The first count that occurs, and the chances of up to it and of up to each further one.

    By products and sums alone, from the most likely count outward: a computer's own exponential
    function has no say in the last digit.
    """
    reach = int(_REACH * sqrt(mean)) + _REACH
    first, last = max(0, mean - reach), mean + reach
    chances = [1.0]
    for count in range(mean, first, -1):
        chances.append(chances[-1] * count / mean)
    chances.reverse()
    for count in range(mean + 1, last + 1):
        chances.append(chances[-1] * mean / count)
    sums = list(accumulate(chances))
    return first, [so_far / sums[-1] for so_far in sums]
