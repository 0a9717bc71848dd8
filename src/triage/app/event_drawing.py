"""The posts of an event as they would read, and what speaks against them; nothing is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from triage.app.event_gate import said_already
from triage.core.accounts import Account
from triage.core.countdown import Slot
from triage.core.countdown_words import (
    date_words,
    mend,
    says_none,
    span_words,
    weekday_words,
    when_words,
    words_of,
)
from triage.core.events import Event, EventPost, Planned, is_timely, twins
from triage.core.outbox import ReplyState, normalise
from triage.core.ports import Store
from triage.core.records import Reply
from triage.core.templating import Render
from triage.core.text import clean
from triage.core.until import FURTHEST
from triage.errors import Refused, UsageError

_NAME_MAX = 100
_TEXT_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What working on the events of an account needs.

    Attributes:
        length: How long the channel takes a text of ours to be.
        most: How long it may be.
        render: Fills templates in.
        now: UTC ms.
    """

    store: Store
    account: Account
    length: Callable[[str], int]
    most: int
    render: Render
    agent: str
    now: int

    @property
    def brand_id(self) -> int:
        """Whose events they are."""
        return self.account.brand_id


class Drawn(NamedTuple):
    """A post as it would read.

    Attributes:
        slot: When it is due.
        text: Filled in.
        length: As the channel counts it.
        remarks: What a person should know: a number mended, "0 days", a clock change.
        stops: Why it cannot go out like this; empty if it can.
    """

    slot: Slot
    text: str
    length: int
    remarks: tuple[str, ...] = ()
    stops: str = ""


class Drafted(NamedTuple):
    """An event with the posts that were written for it.

    Attributes:
        drawn: Each post, the first first.
        passed: Steps whose time is over already: nothing was written for them.
        planned: The posts as they are saved; empty if they were not.
    """

    event: Event
    drawn: Sequence[Drawn]
    passed: Sequence[Slot]
    planned: Sequence[Planned] = ()


def values_of(event: Event, slot: Slot) -> Mapping[str, object]:
    """What a template of a post may name."""
    words, language = words_of(event.language), event.language
    return {
        "name": event.name,
        "days_left": slot.days_left,
        "hours_left": slot.hours_left,
        "days": span_words(slot.days_left, words.day),
        "hours": span_words(slot.hours_left, words.hour),
        "when": when_words(language, slot.days_left, slot.hours_left, in_hours=slot.step.in_hours),
        "date": date_words(language, event.wall.date()),
        "weekday": weekday_words(language, event.wall.date()),
        "time": f"{event.wall:%H:%M}",
        "year": event.wall.year,
    }


def draw(desk: Desk, event: Event) -> Drafted:
    """Write the posts of an event that are still to come; nothing is saved.

    Raises:
        UsageError: Its countdown, zone or language cannot be used.
        MissingValue: A template names what has no value.
        BrokenTemplate: A template cannot be read.
    """
    slots = event.slots()
    unknown = sorted(set(event.texts) - {s.step.label for s in slots})
    if unknown:
        raise UsageError(
            f"There is a text for {unknown[0]}, which the countdown has not.",
            reason=f"It has {', '.join(s.step.label for s in slots)}.",
            hint="Write its texts for steps of the countdown.",
        )
    passed = [s for s in slots if is_timely(event, post_for(event, s), desk.now).is_over]
    drawn = [_drawn(desk, event, slot) for slot in slots if slot not in passed]
    return Drafted(event, drawn, passed)


def _drawn(desk: Desk, event: Event, slot: Slot) -> Drawn:
    label = slot.step.label
    filled = desk.render(event.template(label), values_of(event, slot), name=f"for {label}")
    text = mend(event.language, lines_of(filled))
    length = desk.length(text)
    none = says_none(event.language, text)
    remarks = [slot.note] if slot.note else []
    remarks += ["one day or hour is said in the singular"] if text != lines_of(filled) else []
    remarks += [f'it says "{none}": use {{{{ when }}}}, or give {label} a text of its own'] * bool(
        none
    )
    return Drawn(slot, text, length, tuple(remarks), unfit(text, length, desk.most))


def lines_of(text: str) -> str:
    """A text with line ends as they are counted and shown, wherever it was written."""
    return text.replace("\r\n", "\n")


def unfit(text: str, length: int, most: int) -> str:
    """Why a text cannot go out by itself; empty if it can."""
    if not text.strip():
        return "it is empty"
    if clean(text) != text:
        # Whoever reviews it would not see them.
        return "it has characters in it that no screen shows"
    return f"{length}/{most}, {length - most} too many" if length > most else ""


def post_for(event: Event, slot: Slot, reply_id: int = 0) -> EventPost:
    """What makes a reply the post of a slot."""
    return EventPost(
        reply_id,
        event.id,
        event.turn,
        slot.step.label,
        slot.due_at,
        slot.day.isoformat(),
        slot.days_left,
        slot.hours_left,
    )


def plan(desk: Desk, event: Event) -> Drafted:
    """Write the posts of an event that is to be added, and refuse it if one could not go out.

    Raises:
        UsageError: Something about it cannot be used.
        Refused: Its time is over, two posts read the same, one is too long or empty, or we have
            posted the same lately.
    """
    check(event, desk.now)
    made = draw(desk, event)
    if not made.drawn:
        raise Refused(
            f"Nothing of {event.name!r} is still to come.",
            reason=f"Its last post was due on {made.passed[-1].day}.",
            hint="Name a later time: --at",
        )
    twin = twins({d.slot.step.label: d.text for d in made.drawn})
    if twin is not None:
        raise Refused(
            f"{twin[0]} and {twin[1]} would say the same.",
            reason="A channel refuses the same words twice, and so do we.",
            hint="Use {{ days_left }} or {{ when }}, or give a step a text of its own.",
        )
    stops = [(d, d.stops) for d in made.drawn]
    for drawn, why in (*stops, *((d, said_elsewhere(desk, event, d.text)) for d in made.drawn)):
        if why:
            raise Refused(
                f"The post for {drawn.slot.step.label} cannot go out: {why}.",
                reason="Nothing was saved.",
                hint="Change its text.",
            )
    return made


def said_elsewhere(desk: Desk, event: Event, text: str, but: int = 0) -> str:
    """Where the same is said already or is going to be; empty if nowhere."""
    reply = reply_for(desk, event, text)
    said = said_already(desk.store, reply, desk.now)
    if said is not None:
        return said
    words = normalise(text).casefold()
    for other, planned in desk.store.events.waiting(desk.brand_id):
        same = normalise(planned.reply.text).casefold() == words
        ours = planned.reply.account_id == event.account_id and planned.reply.id != but
        if same and ours and planned.post.turn == other.turn:
            return f"{planned.post.step} of event {other.id} says the same"
    return ""


def check(event: Event, now: int) -> None:
    """Refuse a name, a text or a time that nobody means. Raises `UsageError`."""
    name = event.name
    if not name.strip() or len(name) > _NAME_MAX or not name.isprintable():
        raise UsageError(
            f"An event's name has 1 to {_NAME_MAX} printable characters.",
            hint='Write it like: event add "Winter sale"',
        )
    for text in (event.text, *event.texts.values()):
        if len(text) > _TEXT_MAX:
            raise UsageError(f"A text has at most {_TEXT_MAX} characters.", hint="Shorten it.")
    if event.at - now > FURTHEST:
        raise UsageError(f"{event.wall.date()} is more than five years ahead.", hint="Mend --at.")


def reply_for(desk: Desk, event: Event, text: str, slot: Slot | None = None) -> Reply:
    """A post of an event as a draft that answers nobody."""
    step = slot.step.label if slot is not None else ""
    return Reply(
        id=0,
        uuid=f"event-{event.uuid}-{event.turn}-{step}",
        account_id=event.account_id,
        conversation_id=None,
        in_reply_to=None,
        text=text,
        state=ReplyState.DRAFT,
        agent=desk.agent,
        seen_at=None,
        seen_id=None,
        created_at=desk.now,
        changed_at=desk.now,
    )
