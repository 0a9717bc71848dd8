"""The history of a scenario: lines that a support manager can read, as events in their order.

The head of `scenarios.toml` says what a line looks like. Everything that happened is written down
at the time when it happened, oldest first; `fetched` says when we got to know it, if that was
later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.scenario_events import (
    ACCOUNTS,
    AGENTS,
    CUSTOMERS,
    WAITING,
    Applied,
    Arrived,
    Began,
    Closed,
    Deleted,
    Edited,
    Event,
    Mistake,
    Noted,
    Post,
    Reopened,
    Replied,
    Rested,
    Tagged,
)
from core.scenario_times import TIME, Wall
from triage.channels.x.payload import id_at
from triage.core.holds import HoldState
from triage.core.model import CloseReason, Kind, Role
from triage.core.waits import Moment

_VERBS = {
    "complains": Kind.COMPLAINT,
    "asks": Kind.QUESTION,
    "writes": Kind.OTHER,
    "thanks": Kind.PRAISE,
}
_KINDS = {
    "a complaint": "complaint",
    "a question": "question",
    "other": "other",
    "praise": "praise",
}
_HOLDS = {
    "snoozes": HoldState.SNOOZED,
    "waits for": HoldState.WAITING_ON_CUSTOMER,
    "puts on hold": HoldState.ON_HOLD,
}
_OURS = rf"(?P<who>{'|'.join(ACCOUNTS)})"
_AGENT = rf"(?P<who>{'|'.join(AGENTS)})"
_THEIRS = rf"(?P<who>{'|'.join(CUSTOMERS)})"
_PEOPLE = "|".join((*CUSTOMERS, *ACCOUNTS))
_REF = rf"(?P<whose>{_PEOPLE})(?:'s post(?: of (?P<of>{TIME}))?)?"
_REF_2 = rf"(?P<quoted>{_PEOPLE})(?:'s post(?: of (?P<quoted_of>{TIME}))?)?"
_OWN = rf"(?:her|his|their|its) (?:post|answer)(?: of (?P<of>{TIME}))?"


@dataclass(slots=True)
class _Line:
    """A line that is being read."""

    number: int
    at: int
    day: date
    mods: list[str]
    words: str
    found: re.Match[str] = field(init=False)

    def __getitem__(self, name: str) -> str:
        return self.found[name]


class HistoryReader:
    """Reads the lines of one scenario.

    Args:
        wall: The clock by which they tell the time.
    """

    def __init__(self, wall: Wall) -> None:
        self.wall = wall
        self.posts: list[Post] = []
        self.events: list[Event] = []
        self._gone: dict[str, int] = {}
        self._versions: dict[str, str] = {}
        self._began_at: int | None = None

    def read(self, lines: Sequence[str]) -> list[Event]:
        """The events, in the order in which we got to know them. Raises `Mistake`."""
        day: date | None = None
        last = 0
        self._began_at = self._first_fetch(lines)
        for number, text in enumerate(lines, 1):
            try:
                line = self._line(number, text, day)
                if line.at < last:
                    raise ValueError("it stands behind what happened later")
                self._take(line)
            except ValueError as error:
                raise Mistake(number, f"{error}") from None
            day, last = line.day, line.at
        return sorted(self.events, key=lambda e: e.place)

    def _first_fetch(self, lines: Sequence[str]) -> int | None:
        """What was written before the first fetch came with it, so it is looked for first."""
        day: date | None = None
        for number, text in enumerate(lines, 1):
            line = self._line(number, text, day)
            day = line.day
            if text.endswith(_FIRST_FETCH):
                return line.at
        return None

    def _line(self, number: int, text: str, day: date | None) -> _Line:
        when, gap, said = text.partition("  ")
        if not gap or not said.strip():
            raise Mistake(number, "two blanks stand between the time and what happens")
        if day is None and "-" not in when:
            raise Mistake(number, "the first line needs a date, such as Mon 2026-03-02 09:00")
        try:
            at = self.wall.read(when, day or date.min)
        except ValueError as error:
            raise Mistake(number, f"{error}") from None
        said, _, words = said.strip().partition(": ")
        head, *mods = said.split(", ")
        line = _Line(number, at, self.wall.date_of(at), mods, words)
        line.mods.insert(0, head)
        return line

    def _take(self, line: _Line) -> None:
        head = line.mods.pop(0)
        for pattern, take in _SENTENCES:
            found = pattern.fullmatch(head)
            if found is not None:
                line.found = found
                take(self, line)
                if line.mods:
                    raise ValueError(f'"{line.mods[0]}" is not understood here')
                return
        raise ValueError(f'"{head}" is not understood')

    # Modifiers.

    def _said(self, line: _Line, pattern: str) -> re.Match[str] | None:
        """Take the modifier of this form off the line."""
        for mod in line.mods:
            found = re.fullmatch(pattern, mod)
            if found is not None:
                line.mods.remove(mod)
                return found
        return None

    def _fetched(self, line: _Line) -> int:
        found = self._said(line, rf"fetched ({TIME})")
        if found is None:
            return max(line.at, self._began_at or line.at)
        at = self.wall.read(found[1], line.day)
        if at < line.at:
            raise ValueError("it cannot be fetched before it is written")
        return at

    def _native_id(self, line: _Line) -> str:
        found = self._said(line, r"number (\d+)")
        if found is not None:
            return found[1]
        free = int(id_at(line.at))
        while str(free) in {*(p.native_id for p in self.posts), *self._versions.values()}:
            free += 1
        return str(free)

    # Which post is meant.

    def _post(
        self, whose: str, of: str | None, at: int, among: Iterable[Post] | None = None
    ) -> Post:
        """The post of somebody that stands; the newest, or the one of a time."""
        given = self.posts if among is None else among
        posts = [p for p in given if p.author == whose and p.fate not in ("refused", "lost")]
        if of is not None:
            posts = [p for p in posts if self.wall.matches(p.at, of)]
        else:
            posts = [p for p in posts if self._gone.get(p.native_id, at + 1) > at]
        if not posts:
            raise ValueError(f"{whose} has written no such post")
        if of is not None and len(posts) > 1:
            raise ValueError(f"{whose} has written several posts at {of}")
        return max(posts, key=lambda p: p.moment)

    def _id_of(self, post: Post) -> str:
        """What refers to a post names its newest version."""
        return self._versions.get(post.native_id, post.native_id)

    def _fetched_by(self, line: _Line) -> list[Post]:
        """What we knew by then."""
        return [p for p in self.posts if p.fetched_at is not None and p.fetched_at <= line.at]

    def _known(self, customer: str, thread: str, line: _Line) -> list[Post]:
        """What an agent at work had of a customer in a thread."""
        fetched = self._fetched_by(line)
        theirs = [p for p in fetched if p.author == customer and p.thread == thread]
        return [p for p in theirs if p.role in WAITING]

    def _seen(self, customer: str, thread: str, line: _Line) -> Moment:
        known = self._known(customer, thread, line)
        if not known:
            raise ValueError(f"nothing of {customer} was fetched by then")
        return max(p.moment for p in known)

    # Sentences about posts.

    def _add(self, post: Post) -> None:
        self.posts.append(post)
        if post.fetched_at is not None:
            self.events.append(Arrived(post.fetched_at, post.number, post))

    def _theirs(self, line: _Line) -> None:
        who, role, accounts = line["who"], Role.MENTION, ["acme"]
        to = self._said(line, r"to @(acme|acmehelp)(?: and @(acmehelp))?")
        if to is not None:
            accounts = [name for name in to.groups() if name]
        priority = self._said(line, r"priority ([a-z-]+)")
        under = self._said(line, rf"under {_REF}")
        talking = self._said(line, rf"talking to {_REF}")
        is_new = self._said(line, "in a new thread") is not None
        parent = None
        if talking is not None:
            parent, role = self._post(talking["whose"], talking["of"], line.at), Role.INCIDENTAL
        elif under is not None:
            parent = self._post(under["whose"], under["of"], line.at)
        elif not is_new:
            parent = self._goes_on(who)
        has_written = any(p.author == who for p in self.posts)
        if has_written != (line["again"] is not None or is_new):
            raise ValueError('"again" or "in a new thread" is for whoever has written before')
        native_id = self._native_id(line)
        self._add(
            Post(
                line.number,
                line.at,
                self._fetched(line),
                who,
                role,
                native_id,
                parent.thread if parent else native_id,
                self._id_of(parent) if parent else None,
                parent.author if parent else None,
                accounts=tuple(accounts),
                kind=_VERBS[line["verb"]],
                priority=priority[1] if priority else None,
                partner=who,
                text=line.words,
            )
        )

    def _goes_on(self, who: str) -> Post | None:
        """A customer goes on where they last wrote, under the newest post of that conversation."""
        mine = [p for p in self.posts if p.author == who and p.role in WAITING]
        if not mine:
            return None
        thread = mine[-1].thread
        held = [p for p in self.posts if p.partner == who and p.thread == thread]
        return [p for p in held if p.fetched_at is not None or p.fate == "sent"][-1]

    def _aside(self, line: _Line) -> None:
        """Somebody writes what is not to us."""
        parent = self._post(line["whose"], line["of"], line.at)
        role = Role.RETWEET if line["verb"] == "retweets" else Role.CONTEXT
        native_id = self._native_id(line)
        thread = native_id if role is Role.RETWEET else parent.thread
        answers = None if role is Role.RETWEET else self._id_of(parent)
        self._add(
            Post(
                line.number,
                line.at,
                self._fetched(line),
                line["who"],
                role,
                native_id,
                thread,
                answers,
                None if role is Role.RETWEET else parent.author,
                text=line.words,
            )
        )

    def _ours(self, line: _Line) -> None:
        groups = line.found.groupdict()
        who, native_id = line["who"], self._native_id(line)
        parent = quoted = None
        if groups.get("whose"):
            parent = self._post(line["whose"], line["of"], line.at)
        elif groups.get("continues"):
            parent = self._post(who, None, line.at)
        if groups.get("quoted"):
            quoted = self._post(line["quoted"], line["quoted_of"], line.at)
        lost = self._post(line["lost"], None, line.at) if groups.get("lost") else None
        beside = parent or lost
        self._add(
            Post(
                line.number,
                line.at,
                self._fetched(line),
                who,
                Role.OWN,
                native_id,
                beside.thread if beside else native_id,
                self._id_of(parent) if parent else str(int(native_id) - 1) if lost else None,
                beside.author if beside else None,
                self._id_of(quoted) if quoted else None,
                accounts=(who,),
                partner=(beside.partner or beside.author) if beside else "",
                text=line.words,
            )
        )

    def _reply(self, line: _Line) -> None:
        """A reply through us goes to what the agent had before them."""
        whose = self._post(line["whose"], line["of"], line.at)
        known = self._known(whose.author, whose.thread, line)
        target = whose if line["of"] else self._post(line["whose"], None, line.at, known)
        fate, fetched_at = "sent", line.at
        if self._said(line, "but the channel refuses it"):
            fate = "refused"
        elif self._said(line, "and nobody knows whether it was posted"):
            found = self._said(line, "it was( not)?")
            if found is None:
                raise ValueError('say whether it was posted: "it was" or "it was not"')
            fate = "lost" if found[1] else "found"
            fetched_at = self._fetched(line) if fate == "found" else line.at
        post = Post(
            line.number,
            line.at,
            fetched_at if fate in ("sent", "found") else None,
            "acme",
            Role.OWN,
            self._native_id(line),
            target.thread,
            self._id_of(target),
            target.author,
            agent=line["who"],
            seen_through=self._seen(target.author, target.thread, line),
            partner=target.author,
            fate=fate,
            text=line.words,
        )
        self.posts.append(post)
        self.events.append(Replied(line.at, line.number, post))
        if fate == "found":
            self.events.append(Arrived(fetched_at, line.number, post))

    def _deletes(self, line: _Line) -> None:
        post = self._post(line["who"], line["of"], line.at, self._fetched_by(line))
        self._gone[post.native_id] = line.at
        self.events.append(Deleted(line.at, line.number, post))

    def _edits(self, line: _Line) -> None:
        post = self._post(line["who"], line["of"], line.at, self._fetched_by(line))
        version = self._native_id(line)
        self._versions[post.native_id] = version
        kind = Kind(_KINDS[line["kind"]])
        self.events.append(Edited(line.at, line.number, post, version, kind))

    # Sentences about acts.

    def _about(self, line: _Line) -> tuple[int, int, str, Post, Moment]:
        """What every act begins with."""
        known = self._fetched_by(line)
        named = self._post(line["whose"], line.found.groupdict().get("of"), line.at, known)
        seen = self._seen(named.author, named.thread, line)
        return line.at, line.number, line["who"], named, seen

    def _closes(self, line: _Line) -> None:
        self.events.append(Closed(*self._about(line), CloseReason(line["reason"])))

    def _reopens(self, line: _Line) -> None:
        self.events.append(Reopened(*self._about(line)))

    def _rests(self, line: _Line) -> None:
        until = line["until"]
        at = None if until in (None, "a reply") else self.wall.read(until, line.day)
        verb = "puts on hold" if line["verb"] == "puts" else line["verb"]
        if (line["verb"] == "puts") != bool(line["hold"]):
            raise ValueError('write "snoozes ana", "waits for ana" or "puts ana on hold"')
        stays = self._said(line, "whatever she writes") is not None
        self.events.append(Rested(*self._about(line), _HOLDS[verb], at, stays))

    def _wakes(self, line: _Line) -> None:
        self.events.append(Rested(*self._about(line), None))

    def _notes(self, line: _Line) -> None:
        value = None if line["value"] == "nothing" else line["value"]
        self.events.append(Noted(*self._about(line), line["key"], value))

    def _tags(self, line: _Line) -> None:
        self.events.append(Tagged(*self._about(line), Kind(_KINDS[line["kind"]])))

    def _applies(self, line: _Line) -> None:
        self.events.append(Applied(line.at, line.number, line.words))
        line.words = ""

    def _begins(self, line: _Line) -> None:
        self.events.append(Began(line.at, line.number))


_FIRST_FETCH = "triage fetches for the first time"
_KIND = rf"(?P<kind>{'|'.join(_KINDS)})"
_UNTIL = rf"(?: until (?P<until>{TIME}|a reply))?"
_SENTENCES: Sequence[tuple[re.Pattern[str], Callable[[HistoryReader, _Line], None]]] = [
    (re.compile(pattern), take)
    for pattern, take in (
        (rf"{_THEIRS} (?P<verb>{'|'.join(_VERBS)})(?P<again> again)?", HistoryReader._theirs),
        (rf"{_THEIRS} (?P<verb>talks to|retweets) {_REF}", HistoryReader._aside),
        (rf"{_OURS} answers {_REF}(?: and quotes {_REF_2})?", HistoryReader._ours),
        (rf"{_OURS} quotes {_REF_2}", HistoryReader._ours),
        (rf"{_OURS} answers a lost post of (?P<lost>\w+)", HistoryReader._ours),
        (rf"{_OURS} (?P<continues>continues)", HistoryReader._ours),
        (rf"{_OURS} writes", HistoryReader._ours),
        (rf"{_AGENT} answers {_REF}", HistoryReader._reply),
        (rf"(?P<who>{_PEOPLE}) deletes {_OWN}", HistoryReader._deletes),
        (rf"{_THEIRS} edits {_OWN} into {_KIND}", HistoryReader._edits),
        (rf"{_AGENT} closes {_REF} as (?P<reason>[a-z-]+)", HistoryReader._closes),
        (rf"{_AGENT} reopens {_REF}", HistoryReader._reopens),
        (
            rf"{_AGENT} (?P<verb>snoozes|waits for|puts) {_REF}(?P<hold> on hold)?{_UNTIL}",
            HistoryReader._rests,
        ),
        (rf"{_AGENT} wakes {_REF}", HistoryReader._wakes),
        (rf"{_AGENT} notes (?P<whose>\w+) (?P<key>\w+) = (?P<value>\w+)", HistoryReader._notes),
        (rf"{_AGENT} tags {_REF} as {_KIND}", HistoryReader._tags),
        ("settings", HistoryReader._applies),
        (_FIRST_FETCH, HistoryReader._begins),
    )
]
