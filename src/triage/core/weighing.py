"""What becomes of the matches in a post before they are summed.

- **Overruled.** Inside a longer match, a shorter one that leans another way does not count
  ("happy" within "not happy", "thanks" within "thanks for nothing").
- **Negated.** Behind a negation, within three words of the same clause ("never was any good"),
  praise counts as complaint; a rule may say `flip`, `drop` or `keep` for itself.
- **Supposed.** Behind "if", "in case" and the like, a failure in the same sentence has not
  happened and weighs little ("can I change it if my flight is delayed?").
- **Intensified.** A match weighs more after "so", "very" and the like, shouted in capitals,
  stretched ("looove"), or right before an exclamation mark.
- **Quoted.** Between quotation marks somebody else speaks, so a match weighs little; praise of
  one or two words there is meant the other way round (my "priority" seat).
- **Courtesy.** Thanks behind a question or a request are politeness and weigh little.
- **Own mishap.** In a post that tells of one ("forgot my password"), blame weighs less: what
  the writer needs is help.
- **Repeated.** Each further match of one rule weighs half of the one before.
- **Doubted.** Praise in front of a failure ("great, my bag is lost again") weighs less, and as
  the last few words behind one ("app is down again. brilliant") little.
- **Softened.** Beside a failure, asking weighs less: "my game won't start, please help" reports
  one, however politely.

Which words negate, intensify and end a clause is said by rules with `acts`, for each language.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from triage.core.compiled import Compiled
from triage.core.folding import Folded
from triage.core.kinds import Kind
from triage.core.rule import Act, Hit

_INTENSE = 1.25
_DOUBT = 0.7
_SARCASM = 0.3
_SOFTEN = 0.3
_FLIP = 0.8
_SUPPOSED = 0.3
_THOUGHT_OF = "supposed"
_EXCUSE = 0.6
_COURTESY = 0.4
_QUOTE = 0.4
_REACH = 30
"""How many characters a negation reaches at most."""
_SPACES = 3
"""A negation reaches over two words, so over three spaces."""
_LAST_SENTENCE = re.compile(r"[.,!?-] ?(\w[\w']*(?: [\w'@]+){0,2})[.! ]*$")
_CLAUSE_ENDS = re.compile(r"[.!?;:,()]")
_SENTENCE_ENDS = re.compile(r"[.!?]")
_THOUGHT = 60
"""How many characters a supposition reaches at most."""
_QUOTED = re.compile(r'"[^"]+"')
_FEW_SPACES = 1
_SHOUTED_LETTERS = 4
_STRETCHED = re.compile(r"([^\W\d_])\1\1")
_REPEATS = 5
"""From this many matches on, a further one of the same rule weighs nothing less."""


Match = tuple[Compiled, int, int, float, bool, str]
"""A rule, its span in the original, factor, whether praise is turned round, and why; without a
reason it counts as it is."""


class Weighing(NamedTuple):
    """What the hits of a post amount to.

    Attributes:
        matches: Every match, in order.
        blame: The first that speaks for complaint and counts, or None.
        failure: The first that names a failure that happened, or None.
        praise: The last that praises and counts as praise, or None.
        question: The first that asks, or None.
        unsaid: None speaks for any kind.
        clear: One speaks clearly for a kind.
    """

    matches: list[Match]
    blame: Match | None = None
    failure: Match | None = None
    praise: Match | None = None
    question: Match | None = None
    unsaid: bool = True
    clear: bool = False


def weigh(text: str, folded: Folded, hits: Sequence[Hit], rules: Sequence[Compiled]) -> Weighing:
    """Weigh the hits of a post.

    Args:
        text: The original post.
        folded: It folded.
        hits: In order.
        rules: By place.
    """
    walk = _Walk(text, folded)
    take = walk.take
    for start, minus_end, place in hits:
        take(rules[place], start, -minus_end)
    return walk.finish()


class _Walk:
    """One pass over the hits of a post, from left to right."""

    __slots__ = (
        "asked",
        "base",
        "blame",
        "body",
        "clear",
        "ends",
        "excused",
        "failure",
        "failure_at",
        "folded",
        "intense_from",
        "joints",
        "matches",
        "negated_from",
        "outer_end",
        "outer_leads",
        "outer_start",
        "praise",
        "praised",
        "question",
        "quotes",
        "supposed_from",
        "text",
        "unsaid",
    )

    def __init__(self, text: str, folded: Folded) -> None:
        self.text, self.folded = text, folded
        self.body, self.base, self.joints = folded
        self.matches: list[Match] = []
        self.quotes = _quotes(self.body) if '"' in self.body else ()
        self.ends: dict[Compiled, tuple[int, int]] = {}
        """Where the last match of each rule ends, and how many there were before it."""
        self.outer_start, self.outer_end = 0, -1
        self.outer_leads: Kind | None = None
        self.negated_from = self.intense_from = self.supposed_from = -1
        """Behind the last word that does so; -1 if there is none."""
        self.failure_at = -1
        self.blame: Match | None = None
        self.failure: Match | None = None
        self.praise: Match | None = None
        self.question: Match | None = None
        self.asked = self.praised = self.excused = self.clear = False
        self.unsaid = True

    def take(self, found: Compiled, start: int, end: int) -> None:
        """Weigh a hit; those before it have been taken."""
        if found.acts is not None and end >= self.outer_end:  # else part of a longer match
            self._act(found.acts, end)
        if found.silent:
            return
        seen = self.ends.get(found)
        if seen is not None and seen[0] >= end:  # a shorter phrase of the rule says nothing more
            return
        leads, joints = found.leads, self.joints
        if joints is None:
            first, last = self.base + start, self.base + end
        else:
            first, last = self.folded.span(start, end)
        if end > self.outer_end:
            self.outer_start, self.outer_end, self.outer_leads = start, end, leads
        elif (
            leads is not self.outer_leads
            and leads is not None
            and self.outer_leads is not None
            and (start != self.outer_start or end != self.outer_end)
        ):
            self.matches.append((found, first, last, 0.0, False, "overruled"))
            return
        factor, flipped, note = self._context(found, start, end)
        if leads is not None and (
            start == self.intense_from
            or self.body[end : end + 1] == "!"
            or _is_loud(self.text[first:last], stretched=joints is not None)
        ):
            factor *= _INTENSE
            note = f"{note}, intensified" if note else "intensified"
        if seen is None:
            self.ends[found] = end, 0
        else:
            repeats = seen[1] + 1
            self.ends[found] = end, repeats
            factor *= 0.5 ** min(repeats, _REPEATS)
            note = f"{note}, repeated" if note else "repeated"
        match = (found, first, last, factor, flipped, note)
        self.matches.append(match)
        if leads is not None and factor:
            self._note(match)

    def _note(self, match: Match) -> None:
        """Remember what a match that counts means for others and for the signs."""
        found, first, _, _, flipped, note = match
        self.unsaid = False
        if found.clear:
            self.clear = True
        if found.blames or flipped:
            self.blame = self.blame or match
        if found.fails:
            if not note.startswith(_THOUGHT_OF):
                self.failure = self.failure or match
                self.failure_at = first
        elif found.praises:
            self.praised = True
            if not flipped:
                self.praise = match
        elif found.asks:
            self.asked = True
            self.question = self.question or match

    def _act(self, acts: Act, end: int) -> None:
        if acts is Act.NEGATE:
            self.negated_from = end
        elif acts is Act.INTENSIFY:
            self.intense_from = end + 1
        elif acts is Act.SUPPOSE:
            self.supposed_from = end
        elif acts is Act.EXCUSE:
            self.excused = True
        elif acts is Act.END:
            self.negated_from = -1

    def _context(self, found: Compiled, start: int, end: int) -> tuple[float, bool, str]:
        """The factor of a hit, whether it is turned round, and why."""
        body = self.body
        if found.negatable and self.negated_from >= 0 and _reaches(body, self.negated_from, start):
            return (_FLIP, True, "negated") if found.flips else (0.0, False, "negated")
        if found.fails and self.supposed_from >= 0 and _supposes(body, self.supposed_from, start):
            return _SUPPOSED, False, _THOUGHT_OF
        if self.quotes and found.leads is not None:
            return _in_quotes(self.quotes, start, end, praises=found.praises)
        if found.acts is Act.COURTESY and (self.asked or "?" in body[:start]):
            return _COURTESY, False, "courtesy"
        return 1.0, False, ""

    def finish(self) -> Weighing:
        """The matches, with what could not be told before all were known."""
        matches = self.matches
        if self.excused:
            matches = [_excused(match) for match in matches]
        elif self.failure_at >= 0 and (self.asked or self.praised):
            closing = _closing(self.body)
            if self.joints is None:
                closing += self.base
            else:
                closing = self.folded.span(closing, closing + 1)[0]
            matches = [_beside_failure(match, self.failure_at, closing) for match in matches]
        return Weighing(
            matches,
            self.blame,
            self.failure,
            self.praise,
            self.question,
            self.unsaid,
            self.clear,
        )


def _reaches(body: str, behind: int, start: int) -> bool:
    """Whether a negation that ends at `behind` reaches a match at `start`."""
    if start - behind > _REACH or start < behind:
        return False
    between = body[behind:start]
    return between.count(" ") <= _SPACES and not _CLAUSE_ENDS.search(between)


def _supposes(body: str, behind: int, start: int) -> bool:
    return start - behind <= _THOUGHT and not _SENTENCE_ENDS.search(body, behind, start)


def _quotes(body: str) -> list[tuple[int, int, bool]]:
    """What stands between quotation marks, and whether it is a word or two."""
    return [
        (match.start(), match.end(), match.group().strip('" ').count(" ") <= _FEW_SPACES)
        for match in _QUOTED.finditer(body)
    ]


def _in_quotes(
    quotes: Sequence[tuple[int, int, bool]], start: int, end: int, *, praises: bool
) -> tuple[float, bool, str]:
    before = bisect_left(quotes, start, key=itemgetter(0))
    _, closing, few = quotes[before - 1] if before else (0, 0, False)
    if end > closing:
        return 1.0, False, ""
    return (_FLIP, True, "quoted") if few and praises else (_QUOTE, False, "quoted")


def _is_loud(words: str, *, stretched: bool) -> bool:
    if words.isupper():
        return sum(map(str.isalpha, words)) >= _SHOUTED_LETTERS
    return stretched and _STRETCHED.search(words) is not None


def _excused(match: Match) -> Match:
    found, first, last, factor, flipped, note = match
    if not found.blames or flipped:
        return match
    why = "own mishap"
    return found, first, last, factor * _EXCUSE, flipped, f"{note}, {why}" if note else why


def _closing(body: str) -> int:
    """Where the last sentence begins if it has one to three words; else the last character."""
    last = _LAST_SENTENCE.search(body, max(0, len(body) - _REACH))
    return last.start(1) if last is not None else len(body) - 1


def _beside_failure(match: Match, failure_at: int, closing_at: int) -> Match:
    found, first, last, factor, flipped, note = match
    if flipped or not factor:
        return match
    if found.praises and first >= closing_at > failure_at:
        weaker, why = _SARCASM, "doubted"
    elif found.praises and first < failure_at:
        weaker, why = _DOUBT, "doubted"
    elif found.asks:
        weaker, why = _SOFTEN, "softened"
    else:
        return match
    return found, first, last, factor * weaker, flipped, f"{note}, {why}" if note else why


def beside_failure(match: Match) -> Match:
    """What becomes of a sign in a post that names a failure: asking is softened."""
    found, first, last, factor, flipped, _ = match
    return (found, first, last, factor * _SOFTEN, flipped, "softened") if found.asks else match
