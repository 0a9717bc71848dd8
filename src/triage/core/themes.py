"""Themes: what mentions are about, how much of it there is, and who raised it.

A theme is what the rules say of a mention, unless an agent has said otherwise. Complaints and
questions about it count alike as mentions of it; complaints are counted beside.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import NamedTuple

from triage.core.kinds import Kind

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""As in rules."""
LONGEST_NAME = 40
_QUOTES = 3
_COMPLAINT = Kind.COMPLAINT.value

PersonOf = Callable[[int], int]
"""Tells which person a customer is, by our ids of both."""


class Raised(NamedTuple):
    """A mention that is about a theme.

    Attributes:
        message_id: Our id of it.
        conversation_id: Where it stands; None where it stands nowhere.
        customer_id: Whose.
        posted_at: UTC ms.
        kind: Its kind, as an agent corrected it or else as the rules say.
        theme: What it is about.
        is_gone: Its author deleted it, or the channel gives it no more.
    """

    message_id: int
    conversation_id: int | None
    customer_id: int
    posted_at: int
    kind: str
    theme: str
    is_gone: bool


@dataclass(frozen=True, slots=True)
class ThemeLine:
    """A theme in a period.

    Attributes:
        name: The theme.
        mentions: How many are about it.
        before: How many there were in the period before, which is as long.
        complaints: How many of the mentions complain.
        complaints_before: The same of the period before.
        share: Of all complaints of the period, from 0 to 1.
        people: How many raised it.
        quotes: Some mentions to read, newest first, each of somebody else.
        last_at: When the newest was posted, UTC ms; None if the period has none.
    """

    name: str
    mentions: int
    before: int
    complaints: int
    complaints_before: int
    share: float
    people: int
    quotes: tuple[Raised, ...]
    last_at: int | None


def theme_lines(
    period: Sequence[Raised],
    before: Sequence[Raised],
    all_complaints: int,
    person_of: PersonOf,
) -> list[ThemeLine]:
    """The themes of a period and of the one before it, most mentions first.

    Args:
        period: Mentions that are about any theme.
        before: The same of the period before.
        all_complaints: How many complaints the period has, with a theme or without.
        person_of: Who is who.
    """
    now, then = _by_theme(period), _by_theme(before)
    lines = [
        _line(name, now.get(name, []), then.get(name, []), all_complaints, person_of)
        for name in now.keys() | then.keys()
    ]
    return sorted(lines, key=lambda line: (-line.mentions, -line.before, line.name))


def _by_theme(mentions: Iterable[Raised]) -> Mapping[str, list[Raised]]:
    found: defaultdict[str, list[Raised]] = defaultdict(list)
    for mention in mentions:
        found[mention.theme].append(mention)
    return found


def _line(
    name: str,
    now: Sequence[Raised],
    then: Sequence[Raised],
    all_complaints: int,
    person_of: PersonOf,
) -> ThemeLine:
    complaints = count_complaints(now)
    return ThemeLine(
        name=name,
        mentions=len(now),
        before=len(then),
        complaints=complaints,
        complaints_before=count_complaints(then),
        share=complaints / all_complaints if all_complaints else 0.0,
        people=len({person_of(m.customer_id) for m in now}),
        quotes=_quotes(now, person_of),
        last_at=max((m.posted_at for m in now), default=None),
    )


def count_complaints(mentions: Iterable[Raised]) -> int:
    """How many of some mentions complain."""
    return sum(m.kind == _COMPLAINT for m in mentions)


def _quotes(mentions: Sequence[Raised], person_of: PersonOf) -> tuple[Raised, ...]:
    """The newest of different people; what its author took back is not quoted."""
    chosen: dict[int, Raised] = {}
    for mention in sorted(mentions, key=lambda m: (-m.posted_at, -m.message_id)):
        if not mention.is_gone and mention.conversation_id is not None:
            chosen.setdefault(person_of(mention.customer_id), mention)
        if len(chosen) == _QUOTES:
            break
    return tuple(chosen.values())


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known theme that somebody may have meant; None if none is near."""
    found = get_close_matches(name, sorted(known), n=1)
    return found[0] if found else None


class Bucket(NamedTuple):
    """A stretch of time and what it has of a theme.

    Attributes:
        from_at: Its begin, UTC ms.
        to_at: Its end, UTC ms; not in it.
        mentions: About the theme.
        complaints: Of them.
    """

    from_at: int
    to_at: int
    mentions: int
    complaints: int


def buckets(mentions: Sequence[Raised], edges: Sequence[int]) -> list[Bucket]:
    """Count mentions between each two edges, UTC ms in order."""
    found = []
    for begin, end in pairwise(edges):
        inside = [m for m in mentions if begin <= m.posted_at < end]
        found.append(Bucket(begin, end, len(inside), count_complaints(inside)))
    return found


class Raiser(NamedTuple):
    """A person who raised a theme.

    Attributes:
        person_id: Who.
        customer_id: One of the customers that they are: who wrote last.
        mentions: How many of theirs are about it.
        complaints: How many of these complain.
        last: The newest.
    """

    person_id: int
    customer_id: int
    mentions: int
    complaints: int
    last: Raised


def raisers(mentions: Sequence[Raised], person_of: PersonOf) -> list[Raiser]:
    """Who raised a theme, whoever did most first."""
    people: defaultdict[int, list[Raised]] = defaultdict(list)
    for mention in mentions:
        people[person_of(mention.customer_id)].append(mention)
    found = []
    for person, theirs in people.items():
        last = max(theirs, key=lambda m: (m.posted_at, m.message_id))
        complaints = count_complaints(theirs)
        found.append(Raiser(person, last.customer_id, len(theirs), complaints, last))
    return sorted(found, key=lambda r: (-r.mentions, -r.last.posted_at, r.person_id))
