"""Events and their posts on the screen and for scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from triage.app.event_gate import SPIKE, spike_now
from triage.app.eventing import standing_posts
from triage.cli import narrate, output, times
from triage.cli.output import Column, iso
from triage.cli.sending import STATE_WORDS, program
from triage.core.events import Late, is_timely
from triage.core.kinds import Kind
from triage.core.outbox import ReplyState
from triage.core.queue import rough_span

if TYPE_CHECKING:
    from triage.app.event_drawing import Drafted, Drawn
    from triage.bootstrap import App
    from triage.core.events import Event, Planned, Reception

_TO_REVIEW = "to review"
_NARROWEST, _NARROW = 50, 70


class Heard(NamedTuple):
    """How a post was received.

    Attributes:
        kinds: How many mentions of each kind.
        quotes: How many of them quote it.
        people: By how many.
    """

    kinds: Counter[Kind]
    quotes: int
    people: int

    @property
    def mentions(self) -> int:
        """All of them."""
        return self.kinds.total()


def heard(reception: Sequence[Reception]) -> Heard:
    """Count mentions."""
    people = {r.customer_id for r in reception}
    return Heard(
        Counter(r.kind for r in reception), sum(r.is_quote for r in reception), len(people)
    )


def state_words(planned: Planned) -> str:
    """How far a post is, in words."""
    state = planned.reply.state
    if state is ReplyState.DRAFT or (state is ReplyState.SCHEDULED and not planned.is_reviewed):
        return _TO_REVIEW
    if state is ReplyState.CANCELLED and planned.reply.detail.startswith("skipped"):
        return "skipped"
    return STATE_WORDS[state]


def outlook_words(app: App, event: Event, planned: Planned) -> str:
    """What happens next to a post; its reason where it is held, skipped or refused."""
    reply, now = planned.reply, app.now()
    state, review = reply.state, f"{program(app)} event review {event.id}"
    if state is ReplyState.DRAFT:
        over = is_timely(event, planned.post, now)
        return f"waits for you: {review}" + (f"; {over.why}" if over.is_over else "")
    if state is ReplyState.SCHEDULED:
        due = planned.post.due_at
        ahead = f"in {rough_span(due - now)}" if due > now else "its time has come"
        return f"goes out at {times.moment(due, now)} ({ahead})"
    way = ""
    if state is ReplyState.HELD:
        spikes = reply.detail.startswith(SPIKE)
        way = f"{program(app)} event release {event.id} {planned.post.step}" if spikes else review
    elif state is ReplyState.UNKNOWN:
        way = f"{program(app)} outbox settle {reply.id}"
    elif state is ReplyState.FAILED:
        way = review
    return reply.detail + (f": {way}" if way else "")


class Line(NamedTuple):
    """An event in the list."""

    event: Event
    posts: Sequence[Planned]
    account: str

    @property
    def next(self) -> Planned | None:
        """The post that is to go out next, reviewed or not."""
        return next((p for p in self.posts if p.is_waiting), None)

    def state(self, now: int) -> str:
        """How far it is."""
        if self.event.cancelled_at is not None:
            return "cancelled"
        counts = Counter(state_words(p) for p in self.posts if p.is_waiting)
        unsure = sum(p.reply.state is ReplyState.UNKNOWN for p in self.posts)
        words = [f"{n} {what}" for what, n in counts.items()]
        words += [f"{unsure} unknown"] if unsure else []
        return ", ".join(words) or ("over" if self.event.at <= now else "nothing left to post")


def lines_of(app: App, events: Sequence[Event]) -> list[Line]:
    """Events with what is to be told of them."""
    handles = {a.id: a.handle for a in app.store.accounts.accounts(app.brand_id)}
    return [Line(e, standing_posts(app.store, e), handles.get(e.account_id, "")) for e in events]


def event_columns(app: App) -> list[Column[Line]]:
    """An event in a list of them."""
    now = app.now()

    def count(line: Line, *states: ReplyState) -> int:
        return sum(p.reply.state in states for p in line.posts)

    return [
        Column("id", lambda x: x.event.id, "ID", right=True),
        Column("name", lambda x: x.event.name, "EVENT", wide=True),
        Column(
            "at",
            lambda x: iso(x.event.at),
            "WHEN",
            lambda x: _short(x.event, now),
            at_least=_NARROWEST,
        ),
        Column("time_zone", lambda x: x.event.zone, "", at_least=_NARROW),
        Column("account", lambda x: x.account),
        Column("language", lambda x: x.event.language),
        Column("countdown", lambda x: x.event.countdown),
        Column("late", lambda x: x.event.late.value),
        Column("next", lambda x: x.next.post.step if x.next else None, "NEXT", at_least=_NARROW),
        Column("next_at", lambda x: iso(x.next.post.due_at) if x.next else None),
        Column("state", lambda x: x.state(now), "POSTS"),
        Column("to_review", lambda x: sum(state_words(p) == _TO_REVIEW for p in x.posts)),
        Column("scheduled", lambda x: count(x, ReplyState.SCHEDULED, ReplyState.QUEUED)),
        Column("held", lambda x: count(x, ReplyState.HELD)),
        Column("sent", lambda x: count(x, ReplyState.SENT)),
        Column("cancelled_at", lambda x: iso(x.event.cancelled_at)),
        Column("why", lambda x: _why_held(x) or None),
    ]


def _short(event: Event, now: int) -> str:
    """Its date and time there, or with its year if that is another one."""
    this_year = event.wall.year == times.local(now).year
    return f"{event.wall:%d %b %H:%M}" if this_year else f"{event.wall:%d %b %Y}"


def _why_held(line: Line) -> str:
    """Why its posts are held, each reason once."""
    why = [p.reply.detail for p in line.posts if p.reply.state is ReplyState.HELD]
    return "; ".join(dict.fromkeys(why))


def say_held(app: App, lines: Sequence[Line]) -> None:
    """Below a list, never cut: why posts are held."""
    for line in lines:
        if _why_held(line):
            output.wrapped(f"{line.event.id}: held, {_why_held(line)}")
            narrate.say(f"let it go: {program(app)} event release {line.event.id}")


def say_spike(app: App) -> None:
    """That what comes due now is held."""
    spike = spike_now(app.store, app.brand_id, app.settings_file.events.spikes, app.now())
    if spike is not None:
        narrate.warn(f"What comes due now is held; {spike.words}.")


def post_columns(app: App, event: Event) -> list[Column[Planned]]:
    """A post of an event in a list of them."""
    now = app.now()
    reception = app.store.events.reception(event.id)
    count = Counter(r.reply_id for r in reception)
    return [
        Column("step", lambda p: p.post.step, "STEP"),
        Column(
            "due_at",
            lambda p: iso(p.post.due_at),
            "DUE",
            lambda p: times.day_time(p.post.due_at, now),
        ),
        Column("state", lambda p: p.reply.state.value, "STATE", state_words),
        Column("text", lambda p: p.reply.text, "TEXT", wide=True),
        Column("reply", lambda p: p.reply.id),
        Column("day", lambda p: p.post.day),
        Column("days_left", lambda p: p.post.days_left),
        Column("is_reviewed", lambda p: p.is_reviewed),
        Column("reviewed_by", lambda p: p.post.reviewed_by or None),
        Column("reviewed_at", lambda p: iso(p.post.reviewed_at)),
        Column("released_at", lambda p: iso(p.post.released_at)),
        Column("native_id", lambda p: p.reply.native_id),
        Column("detail", lambda p: p.reply.detail),
        Column("next", lambda p: outlook_words(app, event, p)),
        Column("mentions", lambda p: count[p.reply.id]),
        Column("turn", lambda p: p.post.turn),
    ]


def head(app: App, event: Event) -> None:
    """Which event it is, when and for whom."""
    (line,) = lines_of(app, [event])
    when = f"{event.wall:%a %d %b %Y %H:%M} {event.zone}"
    output.spread(f"Event {event.id}: {event.name}", when)
    late = "skipped after 30 min" if event.late is Late.SKIP else "sent until it begins"
    hours = f"; late posts of hours are {late}" if "h" in event.countdown else ""
    called_off = "; cancelled" if event.cancelled_at is not None else ""
    output.wrapped(f"as @{line.account}, said in {event.language}{hours}{called_off}")


def say_outlooks(app: App, event: Event, posts: Sequence[Planned]) -> None:
    """Below the posts: what happens next to each, never cut; those that share it together."""
    steps: dict[str, list[str]] = {}
    for planned in posts:
        words = outlook_words(app, event, planned)
        if words:
            steps.setdefault(words, []).append(planned.post.step)
    for words, whose in steps.items():
        output.wrapped(f"{', '.join(whose)}: {words}")


def say_heard(reception: Sequence[Reception]) -> None:
    """How an event was received, in a sentence."""
    all_of_it = heard(reception)
    if not all_of_it.mentions:
        return
    kinds = ", ".join(f"{n} {kind.value}" for kind, n in all_of_it.kinds.most_common())
    people = "1 person" if all_of_it.people == 1 else f"{all_of_it.people} people"
    count = "1 mention" if all_of_it.mentions == 1 else f"{all_of_it.mentions} mentions"
    output.wrapped(f"heard: {count} by {people} ({kinds})")


def drawn_columns() -> list[Column[Drawn]]:
    """A post that is not saved."""
    return [
        Column("step", lambda d: d.slot.step.label),
        Column("due_at", lambda d: iso(d.slot.due_at)),
        Column("text", lambda d: d.text),
        Column("length", lambda d: d.length),
    ]


def show_drawn(app: App, made: Drafted, most: int) -> None:
    """Each post in full, with when it is due."""
    for drawn in made.drawn:
        when = times.day_time(drawn.slot.due_at, app.now())
        output.line()
        show_text(f"{drawn.slot.step.label}, {when}", drawn.text, drawn.length, most)


def warn_drawn(made: Drafted) -> None:
    """What a person should know of posts that were written, or were not."""
    for drawn in made.drawn:
        for remark in (*drawn.remarks, *([drawn.stops] if drawn.stops else [])):
            narrate.warn(f"{drawn.slot.step.label}: {remark}.")
    if made.passed:
        steps = ", ".join(slot.step.label for slot in made.passed)
        narrate.warn(f"Left out, since its time is over: {steps}.")


def show_text(title: str, text: str, length: int, most: int) -> None:
    """A post in full."""
    output.spread(title, f"{length}/{most}")
    for paragraph in text.splitlines() or [""]:
        output.indented(paragraph)


class PostHeard(NamedTuple):
    """A public post in the report."""

    planned: Planned
    heard: Heard
    url: str | None


def report_columns() -> list[Column[PostHeard]]:
    """How each post was received."""

    def number(kind: Kind, head: str) -> Column[PostHeard]:
        return Column(kind.value, lambda x: x.heard.kinds[kind], head, right=True)

    return [
        Column("step", lambda x: x.planned.post.step, "STEP"),
        Column("mentions", lambda x: x.heard.mentions, "HEARD", right=True),
        number(Kind.COMPLAINT, "COMPL"),
        number(Kind.QUESTION, "QUEST"),
        number(Kind.PRAISE, "PRAISE"),
        number(Kind.OTHER, "OTHER"),
        Column("quotes", lambda x: x.heard.quotes, "QUOTES", right=True),
        Column("people", lambda x: x.heard.people, "PEOPLE", right=True),
        Column("text", lambda x: x.planned.reply.text, "TEXT", wide=True, at_least=_NARROW),
        Column("reply", lambda x: x.planned.reply.id),
        Column("native_id", lambda x: x.planned.reply.native_id),
        Column("url", lambda x: x.url),
    ]
