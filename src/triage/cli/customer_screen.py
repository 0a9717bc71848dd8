"""`triage customer WHO`: everything that is known of somebody, on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import typer

from triage.app.profile import History, Profile, load_profile
from triage.bootstrap import App
from triage.cli import output, times
from triage.cli.context import globals_of
from triage.cli.naming import Who, named
from triage.cli.noting import note_item, note_row
from triage.cli.output import Column, Format, iso
from triage.cli.promises import promise_item, promise_row
from triage.cli.sending import program
from triage.cli.wait_words import state_of
from triage.core.kinds import Kind, WaitState
from triage.core.marks import because
from triage.core.people import Customer, Outcome, reference_of
from triage.core.records import WaitView
from triage.core.text import one_line

_TALKS = 12
_MONTHS = 12
_NOTES = 10
_ENDED = 3
_CHANGES = 2
"""So many of each are shown, the newest; --json has all."""
_KINDS = (Kind.COMPLAINT, Kind.QUESTION, Kind.PRAISE, Kind.OTHER)


def show(context: typer.Context, who: Who) -> None:
    """Show what is known of a customer: conversations, waits, kinds, themes, promises, notes.

    `triage customer WHO` is the same. WHO is a handle (also a former one), a customer's id such
    as c12, a conversation's id, or the URL of a post or profile.
    """
    flags = globals_of(context)
    app = flags.app
    whom = named(app, who)
    profile = load_profile(app.store, whom, app.now())
    form = flags.form()
    if form is Format.JSON:
        output.document([_item(app, profile)])
    elif form is Format.TERMINAL:
        with output.paged():
            _screen(app, profile)
    else:
        output.rows(profile.talks, _columns(app.now()), form)


def _columns(now: int) -> list[Column[History]]:
    """A conversation in a pipe: where it stands and what became of it."""
    return [
        Column("id", lambda h: h.talk.id),
        Column("customer_id", lambda h: reference_of(h.talk.customer_id)),
        Column("channel", lambda h: h.talk.channel),
        Column("account", lambda h: h.talk.account),
        Column("first_at", lambda h: iso(h.talk.first_at)),
        Column("last_at", lambda h: iso(h.talk.last_at)),
        Column("kind", lambda h: h.kind),
        Column("outcome", lambda h: state_of(_last(h), now)),
        Column("text", lambda h: h.opening),
    ]


def _last(history: History) -> WaitView | None:
    """The newest wait that demands an answer; failing that, the newest."""
    asking = [wait for wait in history.waits if wait.needs_answer] or history.waits
    return asking[-1] if asking else None


def _screen(app: App, profile: Profile) -> None:
    main = profile.customers[0]
    output.spread(_who(main), ", ".join(_marks(profile)))
    for line in _about(profile, app.now()):
        output.wrapped(line)
    _promises(app, profile)
    _notes(app, profile)
    _talks(app, profile)
    _months(profile)
    output.line()
    for line in _tendency(profile, app.now()):
        output.wrapped(line)
    output.line()
    output.choices(_next(app, profile))


def _who(customer: Customer) -> str:
    name = f" ({customer.name})" if customer.name else ""
    more = "" if customer.followers is None else f", {customer.followers:,} followers"
    return f"@{customer.handle}{name}{more}"


def _marks(profile: Profile) -> Iterator[str]:
    yield from profile.marks.words()
    turned = profile.turn is not None
    if turned:
        yield "turned to praise"


def _about(profile: Profile, now: int) -> Iterator[str]:
    main, *others = profile.customers
    words = f"{reference_of(main.id)} on {main.channel}, known since {_day(main.first_at, now)}"
    if profile.formerly:
        words += f"; formerly {', '.join(f'@{h}' for h in profile.formerly)}"
    yield words
    for other in others:
        yield f"also {_who(other)}, {reference_of(other.id)} on {other.channel}"
    if profile.attributes:
        noted = ", ".join(f"{key} = {value}" for key, value in profile.attributes.items())
        yield f"noted: {noted}"
    again = because(profile.marks)
    if again:
        yield f"repeat: {again}"


def _day(at: int, now: int) -> str:
    when = times.local(at)
    year = "" if when.year == times.local(now).year else f" {when.year}"
    return f"{when.day} {when:%b}{year}"


def _promises(app: App, profile: Profile) -> None:
    now = app.now()
    stand = [p for p in profile.promises if p.outcome is not Outcome.TAKEN_BACK]
    opened = [p for p in stand if p.outcome is None]
    ended = sorted((p for p in stand if p.outcome), key=lambda p: p.ended_at or 0)
    if stand:
        output.line()
        shown = opened + ended[-_ENDED:]
        output.grid([promise_row(p, now) for p in shown], wide=3)


def _notes(app: App, profile: Profile) -> None:
    if profile.notes:
        output.line()
        _older(len(profile.notes) - _NOTES)
        output.grid([note_row(app, note) for note in profile.notes[-_NOTES:]], wide=3)


def _older(hidden: int) -> None:
    if hidden > 0:
        output.line(f"… {hidden} older")


def _talks(app: App, profile: Profile) -> None:
    if not profile.talks:
        return
    now = app.now()
    output.line()
    _older(len(profile.talks) - _TALKS)
    rows = []
    several = len({h.talk.customer_id for h in profile.talks}) > 1
    for history in profile.talks[-_TALKS:]:
        whose = f" {reference_of(history.talk.customer_id)}" if several else ""
        text = one_line(history.opening) or "(nothing to us)"
        rows.append(
            [
                f"#{history.talk.id}{whose}",
                _day(history.talk.first_at, now),
                _kinds(history),
                f"{_outcome(history, now)}: {text}",
            ]
        )
    output.grid(rows, wide=3)


def _kinds(history: History) -> str:
    """What they wanted, one wait after another."""
    kinds = [wait.kind.value for wait in history.waits]
    if not kinds:
        return history.kind.value if history.kind else "not tagged"
    changes = [kind for before, kind in zip(["", *kinds], kinds, strict=False) if kind != before]
    return ", ".join(changes[-_CHANGES:])


def _outcome(history: History, now: int) -> str:
    """How it stands, and of how many waits that is the newest."""
    more = f" ({len(history.waits)} waits)" if len(history.waits) > 1 else ""
    return state_of(_last(history), now) + more


def _by_month(profile: Profile) -> dict[str, Counter[Kind | None]]:
    months: dict[str, Counter[Kind | None]] = {}
    for said in profile.said:
        months.setdefault(f"{times.local(said.at):%Y-%m}", Counter())[said.kind] += 1
    return dict(sorted(months.items()))


def _months(profile: Profile) -> None:
    months = _by_month(profile)
    if not months:
        return
    output.line()
    _older(len(months) - _MONTHS)
    rows = [["mentions", *(kind.value for kind in _KINDS), ""]]
    for month, counts in list(months.items())[-_MONTHS:]:
        rows.append(
            [month, *(str(counts[kind] or "·").rjust(len(kind.value)) for kind in _KINDS), ""]
        )
    output.grid(rows, wide=len(_KINDS) + 1)


def _tendency(profile: Profile, now: int) -> Iterator[str]:
    if profile.themes:
        counts = (
            f"{theme} {count}" if count > 1 else theme for theme, count in profile.themes.items()
        )
        yield f"themes: {', '.join(counts)}"
    if profile.turn is not None:
        yield (
            f"turned from complaint ({_day(profile.turn.complained_at, now)}) to praise "
            f"({_day(profile.turn.praised_at, now)})"
        )
    elif any(said.kind is Kind.COMPLAINT for said in profile.said):
        yield "praised nothing since they complained"


def _next(app: App, profile: Profile) -> list[str]:
    name, who = program(app), profile.whom.reference
    waits = [h.talk.id for h in profile.talks if _waits(h)]
    reply = [f"reply: {name} reply {waits[0]}"] if waits else []
    return [
        *reply,
        f"note: {name} customer note {who} TEXT",
        f"promise: {name} customer promise {who} TEXT --by fri",
    ]


def _waits(history: History) -> bool:
    last = _last(history)
    return last is not None and last.state is WaitState.OPEN and last.needs_answer


def _item(app: App, profile: Profile) -> dict[str, object]:
    now = app.now()
    turn = profile.turn
    return {
        "id": reference_of(profile.customers[0].id),
        "named": profile.whom.reference,
        "customers": [_customer_item(c) for c in profile.customers],
        "formerly": list(profile.formerly),
        "vip": profile.marks.is_vip,
        "repeat": profile.marks.is_repeat,
        "complaints": profile.marks.complaints,
        "attributes": dict(profile.attributes),
        "notes": [note_item(note) for note in profile.notes],
        "promises": [promise_item(app, promise) for promise in profile.promises],
        "conversations": [_talk_item(h, now) for h in profile.talks],
        "months": {
            month: {kind.value: counts[kind] for kind in _KINDS}
            for month, counts in _by_month(profile).items()
        },
        "themes": dict(profile.themes),
        "turned_to_praise": None
        if turn is None
        else {"complained_at": iso(turn.complained_at), "praised_at": iso(turn.praised_at)},
    }


def _customer_item(customer: Customer) -> dict[str, object]:
    return {
        "id": reference_of(customer.id),
        "channel": customer.channel,
        "native_id": customer.native_id,
        "customer": customer.handle,
        "name": customer.name,
        "followers": customer.followers,
        "first_at": iso(customer.first_at),
        "last_at": iso(customer.seen_at),
    }


def _talk_item(history: History, now: int) -> dict[str, object]:
    talk = history.talk
    return {
        "id": talk.id,
        "customer_id": reference_of(talk.customer_id),
        "channel": talk.channel,
        "account": talk.account,
        "kind": history.kind,
        "outcome": state_of(_last(history), now),
        "first_at": iso(talk.first_at),
        "last_at": iso(talk.last_at),
        "messages": talk.messages,
        "text": history.opening,
        "waits": [_wait_item(wait) for wait in history.waits],
    }


def _wait_item(wait: WaitView) -> dict[str, object]:
    ended = None if wait.ended_at is None else (wait.ended_at - wait.opened_at) // 1000
    return {
        "state": wait.state.value,
        "kind": wait.kind.value,
        "needs_answer": wait.needs_answer,
        "waiting_since_at": iso(wait.opened_at),
        "due_at": iso(wait.due_at),
        "ended_at": iso(wait.ended_at),
        "waited_s": ended,
        "met": wait.is_met,
        "outside": wait.outside,
        "agent": wait.agent,
        "reason": wait.close_reason.value if wait.close_reason else None,
    }
