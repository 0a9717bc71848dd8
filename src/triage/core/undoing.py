"""Which acts can be taken back, and what taking one back means.

An act that can be taken back is an entry of `UNDOINGS`: what it changes (its subjects), and what is
to be brought in line once it does not stand any more (its effects, which `app.taking_back` knows
how to bring about). The acts stay; another one, an `undo`, voids them, and everything that follows
from acts leaves out those that do not stand. So what comes out is what would be, had the act never
been done.

A new sort of act needs an entry here, no more, if what follows from it reads only acts that stand
and one of the effects brings that up to date.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from triage.core.outbox import ReplyState
from triage.core.records import Activity

UNDO = "undo"
"""The act that takes another one back, which `voids_id` names."""


class Effect(StrEnum):
    """What is brought in line with the acts that stand."""

    JUDGE = "judge"
    """The thread of the conversation is judged again."""
    CUSTOMER = "customer"
    """Every conversation of the customer is."""
    ASSIGNMENT = "assignment"
    """Whose the conversation is."""
    CLAIM = "claim"
    """The claim that the act took, ended or changed is as before, if its time is not over."""


Words = Callable[[Activity], str]


@dataclass(frozen=True, slots=True)
class Undoing:
    """How acts of one sort are taken back.

    Attributes:
        what: The sort.
        subjects: What an act changes, within one customer: a later act that changes the same
            depends on it, and is to be taken back first.
        effects: What is to be brought in line.
        now: How it stands by the act, in words.
        before: How it stood before the act, in words.
        again: What to type after the program's name to do it again; empty if that is not known.
        by_hand: Whether a person did this very act, and not another one that brings it along.
    """

    what: str
    subjects: Callable[[Activity], frozenset[str]]
    effects: frozenset[Effect]
    now: Words
    before: Words
    again: Words
    by_hand: Callable[[Activity], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Barrier:
    """Acts that `undo` does not take back, nor what was done before them: another command does.

    Attributes:
        what: The sort.
        state: It stops while the reply that it is about is in this state; None: as long as the act
            stands.
        why: Why, in a sentence.
        instead: What to type after the program's name instead.
        subjects: As of an `Undoing`.
    """

    what: str
    state: ReplyState | None
    why: Words
    instead: Words
    subjects: Callable[[Activity], frozenset[str]]


def wait_of(act: Activity) -> str:
    """The subject of acts that end a wait, let it rest or go on with it."""
    return f"wait:{act.conversation_id}"


def claim_of(act: Activity) -> str:
    """The subject of acts that say who is at a conversation."""
    return f"claim:{act.conversation_id}"


def _subjects(*named: Callable[[Activity], str]) -> Callable[[Activity], frozenset[str]]:
    return lambda act: frozenset(name(act) for name in named)


def _note(act: Activity) -> str:
    return f" -m {shlex.quote(act.detail)}" if act.detail else ""


def _closed(reason: str | None, detail: str = "") -> str:
    return f"closed ({reason}{f': {detail}' if detail else ''})"


def _rests(state: str | None) -> str:
    return (state or "").replace("-", " ")


def _noted(key: str, value: str | None) -> str:
    return f"no {key}" if value is None else f"{key} = {value}"


def _note_again(act: Activity) -> str:
    if act.conversation_id is None:
        return ""
    if act.after is None:
        return f"customer unset {act.conversation_id} {shlex.quote(act.detail)}"
    return f"customer set {act.conversation_id} {shlex.quote(f'{act.detail}={act.after}')}"


def _about(theme: str | None) -> str:
    return "about no theme" if theme is None else f"about {theme}"


def _theme_flag(theme: str | None) -> str:
    return "--no-theme" if theme is None else f"--theme {shlex.quote(theme)}"


def _hold_again(act: Activity) -> str:
    name = "snooze" if act.after == "snoozed" else "hold"
    return f"{name} {act.conversation_id} UNTIL"


def _whose(agent: str | None) -> str:
    return "assigned to nobody" if agent is None else f"assigned to {agent}"


_FOR_A_WHILE = re.compile(r"for \w+")
"""What stands beside a claim that a person made; one that a reply made says more."""

UNDOINGS: dict[str, Undoing] = {
    one.what: one
    for one in (
        Undoing(
            "close",
            _subjects(wait_of, claim_of),
            frozenset({Effect.JUDGE, Effect.CLAIM}),
            now=lambda a: _closed(a.after, a.detail),
            before=lambda _: "open",
            again=lambda a: f"close {a.conversation_id} --as {a.after}{_note(a)}",
        ),
        Undoing(
            "reopen",
            _subjects(wait_of),
            frozenset({Effect.JUDGE}),
            now=lambda _: "open",
            before=lambda a: _closed(a.before),
            again=lambda a: f"reopen {a.conversation_id}",
        ),
        Undoing(
            "hold",
            _subjects(wait_of),
            frozenset({Effect.JUDGE}),
            now=lambda a: _rests(a.after),
            before=lambda a: _rests(a.before),
            again=_hold_again,
        ),
        Undoing(
            "wake",
            _subjects(wait_of),
            frozenset({Effect.JUDGE}),
            now=lambda a: _rests(a.after),
            before=lambda a: _rests(a.before),
            again=lambda a: f"wake {a.conversation_id}",
        ),
        Undoing(
            "tag",
            lambda a: frozenset({f"kind:{a.message_id}"}),
            frozenset({Effect.JUDGE}),
            now=lambda a: str(a.after),
            before=lambda a: a.before or "untagged",
            again=lambda a: f"tag {a.conversation_id} {a.after}",
        ),
        Undoing(
            "note",
            lambda a: frozenset({f"attribute:{a.detail}"}),
            frozenset({Effect.CUSTOMER}),
            now=lambda a: _noted(a.detail, a.after),
            before=lambda a: _noted(a.detail, a.before),
            again=_note_again,
        ),
        Undoing(
            "theme",
            lambda a: frozenset({f"theme:{a.message_id}"}),
            frozenset(),
            now=lambda a: _about(a.after),
            before=lambda a: _about(a.before),
            again=lambda a: f"tag {a.conversation_id} {_theme_flag(a.after)}",
        ),
        Undoing(
            "remark",
            lambda a: frozenset({f"note:{a.voids_id or a.id}"}),
            frozenset(),
            now=lambda a: "the note is taken back" if a.voids_id else "the note stands",
            before=lambda a: "the note stood" if a.voids_id else "no such note",
            again=lambda _: "",
        ),
        Undoing(
            "promise",
            # Its number is known of what became of it alone: all that was promised to somebody.
            lambda _: frozenset({"promises"}),
            frozenset(),
            now=lambda a: f"{a.detail}: {a.after}" if a.after else "it is promised",
            before=lambda a: f"{a.detail}: {a.before}" if a.before else "it was not promised",
            again=lambda _: "",
        ),
        Undoing(
            "assign",
            lambda a: frozenset({f"assignment:{a.conversation_id}"}),
            frozenset({Effect.ASSIGNMENT}),
            now=lambda a: _whose(a.after),
            before=lambda a: _whose(a.before),
            again=lambda a: (
                f"assign {a.conversation_id} {shlex.quote(a.after or 'none')}{_note(a)}"
            ),
        ),
        Undoing(
            "claim",
            _subjects(claim_of),
            frozenset({Effect.CLAIM}),
            now=lambda a: f"claimed by {a.agent}",
            before=lambda a: f"claimed by {a.before}" if a.before else "free",
            again=lambda a: f"claim {a.conversation_id}{' --take' if a.before else ''}",
            by_hand=lambda a: _FOR_A_WHILE.fullmatch(a.detail) is not None,
        ),
        Undoing(
            "release",
            _subjects(claim_of),
            frozenset({Effect.CLAIM}),
            now=lambda _: "free",
            before=lambda a: f"claimed by {a.agent}",
            again=lambda a: f"release {a.conversation_id}",
            by_hand=lambda a: not a.detail,
        ),
    )
}
"""By sort of act."""


def reply_of(act: Activity) -> int | None:
    """The number of the reply that an act is about, as its detail begins with it."""
    found = re.match(r"reply (\d+)", act.detail)
    return int(found.group(1)) if found else None


def _public(what: str) -> Barrier:
    return Barrier(
        what,
        ReplyState.SENT,
        lambda a: f"Reply {reply_of(a)} is public: whoever has read it has read it.",
        lambda a: f"outbox undo {reply_of(a)}",
        _subjects(wait_of, claim_of),
    )


BARRIERS: dict[str, Barrier] = {
    one.what: one
    for one in (
        _public("reply"),
        _public("settle"),
        Barrier(
            "schedule",
            ReplyState.SCHEDULED,
            lambda a: f"Reply {reply_of(a)} is scheduled, and is called off as a reply.",
            lambda a: f"outbox cancel {reply_of(a)}",
            lambda _: frozenset(),
        ),
        Barrier(
            "link",
            None,
            lambda _: "What was linked since builds on it, whoever did that.",
            lambda a: f"customer unlink {a.detail}",
            lambda _: frozenset(),
        ),
        Barrier(
            "unlink",
            None,
            lambda _: "What was linked since builds on it, whoever did that.",
            lambda a: f"customer link {a.before} {a.detail}",
            lambda _: frozenset(),
        ),
    )
}
"""By sort of act."""


def subjects_of(act: Activity) -> frozenset[str]:
    """What an act changes, within its customer."""
    if act.what in UNDOINGS:
        return UNDOINGS[act.what].subjects(act)
    barrier = BARRIERS.get(act.what)
    return frozenset() if barrier is None else barrier.subjects(act)


def touching(later: Iterable[Activity], undone: Sequence[Activity]) -> list[Activity]:
    """Those of later acts that change what acts changed which are to be taken back.

    Args:
        later: What stands and came after them.
        undone: An act with its parts.
    """
    subjects = frozenset().union(*map(subjects_of, undone))
    own = {act.id for act in undone}
    return [act for act in later if act.id not in own and subjects_of(act) & subjects]
