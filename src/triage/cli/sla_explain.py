"""The screen of `triage sla explain`: one due time, taken apart so that a manager can agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from triage.app.explaining import explain_wait
from triage.app.showing import zone_of
from triage.cli import output, times
from triage.cli.acts import find
from triage.cli.calendar import segment_row, short_hours
from triage.cli.context import Globals
from triage.cli.holding import state_words
from triage.cli.output import Column, Format, iso
from triage.cli.reasons import excerpt
from triage.cli.sending import program
from triage.core.calendar import WeeklyCalendar
from triage.core.explaining import Explanation, Step
from triage.core.holds import EndedBy, HoldState, Period
from triage.core.kinds import SECOND, WaitState
from triage.core.model import Kind
from triage.core.queue import short_span
from triage.core.records import ConversationView
from triage.core.wait import Wait

_ENDED_BY = {
    EndedBy.TIME: "as said",
    EndedBy.REPLY: "when the customer wrote",
    EndedBy.ANSWER: "with the answer",
    EndedBy.AGENT: "by an agent",
}


def explain_wait_of(flags: Globals, reference: str, number: int | None) -> None:
    """Explain a wait of the conversation that a person named."""
    app = flags.app
    talk = find(flags, reference)
    now = app.now()
    why = explain_wait(app.store, talk, now, number)
    form = flags.form()
    if form is Format.JSON:
        output.document([_item(why, talk)])
    elif form is Format.TERMINAL:
        zone = zone_of(app.store, talk)
        times.set_zone(zone)
        messages = app.store.reading.messages([why.mention.message_id])
        text = messages[0].text if messages else ""
        with output.paged():
            _screen(why, talk, text, zone, now, program(app))
    else:
        output.rows(why.steps, _STEPS, form)


_STEPS: list[Column[Step]] = [
    Column("start_at", lambda s: iso(s.start_at)),
    Column("end_at", lambda s: iso(s.end_at)),
    Column("counts", lambda s: s.counts),
    Column("span_s", lambda s: s.span // 1000),
    Column("why", lambda s: s.why),
]


def _screen(
    why: Explanation, talk: ConversationView, text: str, zone: str, now: int, name: str
) -> None:
    wait = why.wait
    nth = f", wait {why.number} of {why.many}" if why.many > 1 else ""
    output.spread(f"#{talk.id}  @{talk.customer}, {wait.kind.value}{nth}", _state(why, now))
    output.line()
    _lines(_policy_lines(why))
    began = f"The clock begins {_day(why.mention.posted_at)}, when @{talk.customer} wrote"
    output.wrapped(f'{began} "{excerpt(text)}". Times are of {zone}{_other_zone(why, zone)}.')
    for period in why.periods:
        output.wrapped(_period_line(period, why, now))
    if why.steps:
        output.line()
        output.grid(
            [segment_row(s.start_at, s.end_at, s.counts, _why(s)) for s in why.steps], wide=2
        )
    output.line()
    output.wrapped(_sum(why))
    output.line()
    _lines(_what_would_change_it(why, talk, now, name))


def _lines(lines: Iterable[str]) -> None:
    """Write paragraphs, each set in as far as it begins."""
    for line in lines:
        words = line.lstrip(" ")
        output.indented(words, len(line) - len(words))


def _other_zone(why: Explanation, zone: str) -> str:
    """The calendar's zone, where its hours are not those of the times that are shown."""
    calendar = why.calendar
    if not isinstance(calendar, WeeklyCalendar) or calendar.time_zone == zone:
        return ""
    return f", those of the calendar of {calendar.time_zone}"


def _day(at: int) -> str:
    return f"{times.local(at):%a} {times.local(at).day} {times.local(at):%b %Y %H:%M}"


def _why(step: Step) -> str:
    return step.why.replace("-", " ") if step.rests else step.why


def _state(why: Explanation, now: int) -> str:
    wait = why.wait
    if wait.state is not WaitState.OPEN:
        after = short_span((wait.ended_at or wait.opened_at) - wait.opened_at)
        met = {True: ", met", False: ", missed", None: ""}[wait.is_met]
        return f"{wait.state.value} after {after}{met}"
    if wait.due_at is None:
        return "the clock stands" if wait.needs_answer else "no answer needed"
    word = "overdue" if wait.due_at <= now else "due in"
    return f"{word} {short_span(wait.due_at - now)}"


def _policy_lines(why: Explanation) -> Iterator[str]:
    policy = why.policy
    which = "next response" if why.is_next else "first response"
    whom = policy.when.whom(policy.name)
    promised = (
        f"{which} within {short_span(why.within)}"
        if why.within is not None
        else ("demands no answer")
    )
    yield f"Policy {policy.name} ({whom}): {promised}. Calendar: {why.calendar.describe()}."
    for tried in why.tried[:-1]:
        yield f"  not {tried.policy.name}: {tried.missed}"
    if why.is_next:
        yield "  It is the next response: they had been answered before they wrote this."
    if not why.is_current:
        yield "  Judged by the settings of then; others are in force now."


def _period_line(period: Period, why: Explanation, now: int) -> str:
    state, stays = state_words(period.state), period.act.stays
    if period.state in why.policy.pauses:
        clock = f"the clock {'stands' if period.lasts(now) else 'stood'}"
    else:
        runs = "runs" if period.lasts(now) else "ran"
        clock = f"the clock {runs} on: the policy does not pause then"
    until = "until somebody wakes it" if stays else "until they write again"
    if period.end_at is not None:
        how = _ENDED_BY[period.ended_by] if period.ended_by else ""
        if period.lasts(now):
            how = "also if they write" if stays else "unless they write before"
        until = f"until {_day(period.end_at)}{f' ({how})' if how else ''}"
    who = f" by {period.act.agent}" if period.act.agent else ""
    return f"{state[:1].upper()}{state[1:]}{who} from {_day(period.start_at)} {until}; {clock}."


def _sum(why: Explanation) -> str:
    wait = why.wait
    if why.within is None:
        return f"No due time: the policy demands no answer to {why.mention.kind.value}."
    counted, paused = short_hours(why.counted), ""
    if why.paused:
        # As the stretches tell it, whose times are cut to the second.
        rested = sum(s.end_at // SECOND - s.start_at // SECOND for s in why.steps if s.rests)
        paused = f", {short_hours(rested * SECOND)} at rest left out"
    if wait.due_at is None:
        left = short_hours(max(0, why.within - why.counted))
        return f"No due time while the clock stands: {counted} counted{paused}, {left} left."
    warn = f"; warning from {_day(wait.warn_at)}" if wait.warn_at is not None else ""
    met = ""
    if wait.is_met is not None and wait.ended_at is not None:
        gap = short_span(wait.ended_at - wait.due_at)
        met = f" The answer came {gap} {'before' if wait.is_met else 'after'} that."
    return f"Due {_day(wait.due_at)} = {counted} counted{paused}{warn}.{met}"


def _what_would_change_it(
    why: Explanation, talk: ConversationView, now: int, name: str
) -> Iterator[str]:
    wait = why.wait
    yield "What would change it:"
    if wait.state is WaitState.OPEN and wait.due_at is not None and now < wait.due_at:
        yield f"  an answer before {_day(wait.due_at)} meets it: {name} reply {talk.id}"
    kinds = ", ".join(_as(kind, other) for kind, other in why.as_kind.items())
    post = f" --post {why.mention.native_id}" if wait.mentions > 1 else ""
    yield f"  another kind: {kinds} ({name} tag {talk.id} KIND{post})"
    if wait.state is WaitState.OPEN:
        yield f"  other settings: they judge what is open ({name} config apply)"
    else:
        since = f"{times.local(wait.opened_at):%Y-%m-%d}"
        asked = f"{name} sla recompute --closed --since {since}"
        yield f"  not other settings, unless asked for: {asked}"
    if wait.state is WaitState.OPEN and wait.needs_answer:
        stops = [state for state in HoldState if state in why.policy.pauses]
        if stops:
            words = " or ".join(state_words(state) for state in stops)
            yield f"  rest: its clock stands while {words} ({name} {_rest(stops[-1], talk.id)})"
        else:
            yield "  not rest: its clock runs on while snoozed or on hold"
    if not why.is_stored:
        yield "  What is stored differs yet; the next fetch brings it up to date."


def _rest(state: HoldState, number: int) -> str:
    """The command that lets a conversation rest in a state."""
    return {
        HoldState.SNOOZED: f"snooze {number} 2h",
        HoldState.WAITING_ON_CUSTOMER: f"hold {number} --customer",
        HoldState.ON_HOLD: f"hold {number}",
    }[state]


def _as(kind: Kind, other: Wait | None) -> str:
    """When it would be due as another kind."""
    if other is None or not other.needs_answer:
        return f"as {kind.value} never"
    when = "not while the clock stands" if other.due_at is None else _day(other.due_at)
    return f"as {kind.value} {when}"


def _item(why: Explanation, talk: ConversationView) -> dict[str, Any]:
    wait, policy = why.wait, why.policy
    return {
        "id": talk.id,
        "wait": why.number,
        "waits": why.many,
        "state": wait.state.value,
        "kind": wait.kind.value,
        "policy": policy.name,
        "for": policy.when.whom(policy.name),
        "not": [{"policy": t.policy.name, "reason": t.missed} for t in why.tried[:-1]],
        "is_next": why.is_next,
        "within_s": None if why.within is None else why.within // 1000,
        "calendar": why.calendar.describe(),
        "pauses": sorted(policy.pauses),
        "starts_at": iso(why.mention.posted_at),
        "warn_at": iso(wait.warn_at),
        "due_at": iso(wait.due_at),
        "ended_at": iso(wait.ended_at),
        "met": wait.is_met,
        "counted_s": why.counted // 1000,
        "paused_s": why.paused // 1000,
        "settings": why.judge.settings_id,
        "settings_in_force": why.is_current,
        "holds": [_hold_item(p, why) for p in why.periods],
        "steps": [{c.key: c.value(s) for c in _STEPS} for s in why.steps],
        "as_kind": {
            kind.value: None if other is None else iso(other.due_at)
            for kind, other in why.as_kind.items()
        },
    }


def _hold_item(period: Period, why: Explanation) -> dict[str, Any]:
    state: HoldState = period.state
    return {
        "state": state.value,
        "start_at": iso(period.start_at),
        "end_at": iso(period.end_at),
        "ended_by": period.ended_by.value if period.ended_by else None,
        "agent": period.act.agent,
        "pauses": state in why.policy.pauses,
    }
