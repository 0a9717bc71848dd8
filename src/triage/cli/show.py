"""`triage show`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from triage.app.showing import Shown, Urgency, load_shown
from triage.cli import output, suggesting, times
from triage.cli.acts import find
from triage.cli.assigning import assignment_item, told_words
from triage.cli.context import globals_of
from triage.cli.holding import state_words
from triage.cli.main import command
from triage.cli.options import Id, examples
from triage.cli.output import Column, Format, iso
from triage.cli.reasons import excerpt, in_words
from triage.cli.sending import program
from triage.cli.show_changes import (
    BECAUSE_OF_NOTHING,
    changes,
    earlier_rows,
    lacking,
    version_items,
    words_of,
)
from triage.cli.show_people import remembered
from triage.cli.standing import claim_item, warn_of_claim, who_is_at_it
from triage.cli.wait_words import state_of
from triage.core.model import Evidence, Kind, Role, Verdict, WaitState
from triage.core.queue import short_span
from triage.core.records import MessageView, WaitView

_NEWEST = 30
_REASONS = 5
_LESS = 3
"""How many of the reasons are named that did not decide it."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "show",
        epilog=examples("triage show 41", "triage show https://x.com/ana/status/1993… --json"),
    )(show)


def show(
    context: typer.Context,
    reference: Id,
    versions: Annotated[
        bool, typer.Option("--versions", help="Also what edited messages said before.")
    ] = False,
) -> None:
    """Show a conversation: the thread, why it is this kind, and why it is due then."""
    flags = globals_of(context)
    conversation = find(flags, reference)
    shown = load_shown(flags.app.store, conversation, flags.app.now())
    form = flags.form()
    warn_of_claim(flags.app, shown.conversation, shown.claim)
    if form is Format.JSON:
        item = _item(shown, flags.app.now())
        output.document([{**item, "templates": suggesting.items(flags.app, shown)}])
    elif form is Format.TERMINAL:
        times.set_zone(shown.time_zone)
        with output.paged():
            _screen(shown, flags.app.now(), program(flags.app), versions=versions)
            suggesting.suggest(flags.app, shown)
    else:
        output.rows(shown.messages, _columns(), form)


def _columns() -> list[Column[MessageView]]:
    return [
        Column("posted_at", lambda m: iso(m.posted_at)),
        Column("author", lambda m: m.author),
        Column("role", lambda m: m.role.value),
        Column("kind", lambda m: m.kind.value if m.kind else None),
        Column("native_id", lambda m: m.native_id),
        Column("url", lambda m: m.url),
        Column("text", lambda m: m.text),
    ]


def _screen(shown: Shown, now: int, name: str, *, versions: bool) -> None:
    talk = shown.conversation
    output.spread(_who(shown), state_of(shown.wait, now))
    newest = _newest_mention(shown)
    output.spread((newest.url or "") if newest else "", who_is_at_it(shown, now))
    output.line()
    hidden = len(shown.messages) - _NEWEST
    if hidden > 0:
        output.line(f"  … {hidden} older")
    rows = []
    for message in shown.messages[-_NEWEST:]:
        rows.append(_row(shown, message, now))
        rows += earlier_rows(shown, message, now) if versions else ()
    output.grid(rows, wide=3)
    output.line()
    for line in _explanation(shown, now, name):
        output.wrapped(line)
    output.line()
    if shown.wait is not None and shown.wait.state is WaitState.OPEN:
        output.choices(
            [
                f"reply: {name} reply {talk.id}",
                f"later: {name} snooze {talk.id} 2h",
                f"not ours: {name} close {talk.id} --as not-us",
                f"wrong kind: {name} tag {talk.id} KIND",
            ]
        )
    elif shown.wait is not None and shown.wait.close_reason is not None:
        output.wrapped(f"take the close back: {name} reopen {talk.id}")


def _who(shown: Shown) -> str:
    talk = shown.conversation
    parts = [f"#{talk.id}  @{talk.customer}"]
    if talk.customer_name:
        parts[0] += f" ({talk.customer_name})"
    if talk.followers is not None:
        parts.append(f"{talk.followers:,} followers")
    if shown.marks.is_vip:
        parts.append("VIP")
    if shown.complaints > 1:
        parts.append(f"{_ordinal(shown.complaints)} complaint this month")
    parts += [f"about {shown.event}"] if shown.event else []
    return ", ".join(parts)


def _ordinal(number: int) -> str:
    teen = 10 < number % 100 < 14  # noqa: PLR2004 - 11th, 12th, 13th
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _newest_mention(shown: Shown) -> MessageView | None:
    mine = [m for m in shown.messages if _is_theirs(shown, m)]
    return mine[-1] if mine else None


def _is_theirs(shown: Shown, message: MessageView) -> bool:
    return message.role is not Role.OWN and message.conversation_id == shown.conversation.id


def _is_waiting(shown: Shown, message: MessageView) -> bool:
    return (
        shown.wait is not None
        and shown.wait.state is WaitState.OPEN
        and _is_theirs(shown, message)
        and message.posted_at >= shown.wait.opened_at
        and message.deleted_at is None
    )


def _row(shown: Shown, message: MessageView, now: int) -> list[str]:
    text = words_of(message)
    remark = _remark(shown, message, now)
    return [
        "▸" if _is_waiting(shown, message) else " ",
        times.day_time(message.posted_at, now),
        f"@{message.author}",
        f"{text}  ({remark})" if remark else text,
    ]


def _remark(shown: Shown, message: MessageView, now: int) -> str:
    words = []
    if message.role is Role.OWN:
        words.append(f"ours, {message.agent}" if message.agent else "ours, outside")
    if message.role in (Role.INCIDENTAL, Role.CONTEXT):
        words.append("not to us")
    words += changes(message, now)
    if message.is_history:
        words.append("history, no clock")
    about_parent = lacking(shown, message)
    words += [about_parent] if about_parent else []
    return ", ".join(words)


def _explanation(shown: Shown, now: int, name: str) -> Iterator[str]:
    if shown.urgency is not None:
        yield _urgent(shown.urgency)
    message = _gravest(shown)
    if message is not None:
        yield from _because(shown, message)
    yield from _also_unsure(shown, message, name)
    if shown.wait is not None:
        yield _due(shown, shown.wait, now, name)
        if shown.wait.rests(now):
            yield _at_rest(shown, shown.wait, now, name)
    if shown.attributes:
        noted = ", ".join(f"{key} = {value}" for key, value in shown.attributes.items())
        yield f"noted: {noted}"
    yield from remembered(shown, now, name)
    if shown.assignment is not None:
        yield told_words(shown.assignment, now)
    if shown.earlier:
        yield _earlier(shown.earlier)


def _gravest(shown: Shown) -> MessageView | None:
    """The mention whose kind is the wait's; failing that, the newest."""
    mine = [m for m in shown.messages if _is_theirs(shown, m)]
    wait = shown.wait
    if wait is not None:
        ruling = [m for m in mine if m.kind is wait.kind and m.posted_at >= wait.opened_at]
        if ruling:
            return ruling[0]
    return mine[-1] if mine else None


def _urgent(urgency: Urgency) -> str:
    words = f"first in the queue: {urgency.priority}" if urgency.is_first else urgency.priority
    if urgency.reason is not None:
        words += f' (rule {urgency.reason.rule} "{excerpt(urgency.reason.text)}")'
    return words if urgency.is_first else f"{words}: waits its turn"


def _because(shown: Shown, message: MessageView) -> Iterator[str]:
    verdict = shown.verdicts.get(message.id)
    about = f"; about {verdict.theme}" if verdict and verdict.theme else ""
    if message.corrected and message.kind is not None:
        ruled = f"; the rules said {verdict.kind.value}" if verdict else ""
        yield f"{message.kind.value}, as an agent tagged it{ruled}{about}"
    elif verdict is None:
        yield "not tagged yet: the next fetch does it"
    else:
        yield f"{_told(verdict)}{about}"
        yield from [BECAUSE_OF_NOTHING] if message.absent else _why(verdict)


def _told(verdict: Verdict) -> str:
    """Such as `praise 0.41, unsure 0.03; complaint 0.38`."""
    kind, second = verdict.kind, verdict.runner_up
    sure = "unsure" if verdict.is_unsure else "sure"
    return (
        f"{kind.value} {verdict.scores[kind]:.2f}, {sure} {verdict.confidence:.2f}; "
        f"{second.value} {verdict.scores[second]:.2f}"
    )


def _why(verdict: Verdict) -> Iterator[str]:
    """What speaks for the kind, what for another, and what was found and does not count."""
    kind = verdict.kind
    toward = [e for e in verdict.because if e.weights.get(kind, 0.0) > 0]
    yield f"because  {_listed(toward, kind, _REASONS) or 'nothing says otherwise'}"
    against = [e for e in verdict.because if e not in toward and any(e.weights.values())]
    if against:
        yield f"against  {_listed(against, kind, _LESS)}"
    idle = [e for e in verdict.because if e.note and not any(e.weights.values())]
    if idle:
        yield f"not counted  {_listed(idle, kind, _LESS)}"


def _listed(reasons: Sequence[Evidence], kind: Kind, many: int) -> str:
    words = ", ".join(in_words(e, kind) for e in reasons[:many])
    return words + (f", and {len(reasons) - many} more" if len(reasons) > many else "")


def _also_unsure(shown: Shown, explained: MessageView | None, name: str) -> Iterator[str]:
    """Other mentions that wait, and that a person should look at."""
    for message in shown.messages:
        verdict = shown.verdicts.get(message.id)
        if message is explained or verdict is None or message.corrected:
            continue
        if verdict.is_unsure and _is_waiting(shown, message):
            yield (
                f'"{excerpt(message.text)}": {_told(verdict)}; what it is: '
                f"{name} tag {shown.conversation.id} KIND --post {message.native_id}"
            )


def _due(shown: Shown, wait: WaitView, now: int, name: str) -> str:
    promise = shown.promise
    if promise is None or promise.within is None:
        return f"no due time: the policy demands no answer to {wait.kind.value}"
    if wait.due_at is None:
        return f"no due time while its clock stands: {name} sla explain {shown.conversation.id}"
    which = "" if promise.is_opening else ", by a later mention"
    policy = promise.kind.value
    if promise.policy.name != policy:
        policy = f"{policy}, policy {promise.policy.name}"
    zone = shown.time_zone
    words = promise.calendar if promise.calendar.endswith(zone) else f"{promise.calendar}; {zone}"
    return (
        f"due {times.day_time(wait.due_at, now)} = {short_span(promise.within)} after "
        f"{times.day_or_clock(promise.start_at, wait.due_at)} ({policy}{which}; "
        f"{words})"
    )


def _at_rest(shown: Shown, wait: WaitView, now: int, name: str) -> str:
    words = state_words(wait.hold or "")
    until = "" if wait.hold_until is None else f" until {times.day_time(wait.hold_until, now)}"
    stands = shown.promise is not None and wait.hold in shown.promise.policy.pauses
    clock = "its clock stands" if stands else "its clock runs on"
    return f"{words}{until}; {clock} (back: {name} wake {shown.conversation.id})"


def _earlier(listed: Sequence[WaitView]) -> str:
    answered = [
        short_span(w.ended_at - w.opened_at)
        for w in listed
        if w.state is WaitState.ANSWERED and w.ended_at is not None
    ]
    words = f"earlier: {len(listed)} wait{'s' if len(listed) != 1 else ''}"
    if answered:
        words += f", answered in {' and '.join(answered[-2:])}"
    others = len(listed) - len(answered)
    if answered and others:
        words += f"; {others} not answered in public"
    return f"{words}."


def _item(shown: Shown, now: int) -> dict[str, object]:
    talk = shown.conversation
    return {
        "id": talk.id,
        "channel": talk.channel,
        "account": talk.account,
        "customer": talk.customer,
        "customer_name": talk.customer_name,
        "followers": talk.followers,
        "state": state_of(shown.wait, now),
        "wait": None if shown.wait is None else _wait_item(shown, shown.wait),
        "earlier": [_earlier_item(w) for w in shown.earlier],
        "attributes": dict(shown.attributes),
        **_people(shown),
        "drafts": [d.id for d in shown.drafts],
        "event": shown.event or None,
        "claim": None if shown.claim is None else claim_item(shown.claim),
        "assignment": assignment_item(shown.assignment),
        "messages": [_message_item(shown, m) for m in shown.messages],
    }


def _people(shown: Shown) -> dict[str, object]:
    from triage.cli.noting import note_item

    return {
        "vip": shown.marks.is_vip,
        "repeat": shown.marks.is_repeat,
        "notes": [note_item(note) for note in shown.notes],
        "promises": [
            {"id": p.id, "due_at": iso(p.due_at), "text": p.text, "agent": p.agent}
            for p in shown.promises
        ],
    }


def _wait_item(shown: Shown, wait: WaitView) -> dict[str, object]:
    within = shown.promise.within if shown.promise else None
    return {
        **_earlier_item(wait),
        "needs_answer": wait.needs_answer,
        "mentions": wait.mentions,
        "due_at": iso(wait.due_at),
        "priority": wait.urgency,
        "respond_within_s": None if within is None else within // 1000,
        "calendar": shown.promise.calendar if shown.promise else None,
        "policy": wait.policy,
        "hold": wait.hold,
        "hold_until_at": iso(wait.hold_until),
        "settings": wait.settings_id,
    }


def _earlier_item(wait: WaitView) -> dict[str, object]:
    return {
        "state": wait.state.value,
        "kind": wait.kind.value,
        "waiting_since_at": iso(wait.opened_at),
        "ended_at": iso(wait.ended_at),
        "met": wait.is_met,
        "outside": wait.outside,
        "reason": wait.close_reason.value if wait.close_reason else None,
    }


def _message_item(shown: Shown, message: MessageView) -> dict[str, object]:
    verdict = shown.verdicts.get(message.id)
    return {
        "native_id": message.native_id,
        "role": message.role.value,
        "author": message.author,
        "text": message.text,
        "posted_at": iso(message.posted_at),
        "fetched_at": iso(message.fetched_at),
        "deleted_at": iso(message.deleted_at),
        "absent": message.absent,
        "edited_at": iso(message.edited_at),
        "versions": version_items(shown.versions.get(message.id, ())),
        "url": message.url,
        "kind": message.kind.value if message.kind else None,
        "corrected": message.corrected,
        "agent": message.agent,
        **(_VERDICT if verdict is None else _verdict_item(verdict)),
    }


_VERDICT: dict[str, object] = {
    "scores": None,
    "confidence": None,
    "runner_up": None,
    "theme": None,
    "priority": None,
    "because": [],
}
"""Of a message without a verdict."""


def _verdict_item(verdict: Verdict) -> dict[str, object]:
    return {
        "scores": {k.value: s for k, s in verdict.scores.items()},
        "confidence": verdict.confidence,
        "runner_up": verdict.runner_up.value,
        "theme": verdict.theme,
        "priority": verdict.priority,
        "because": [
            {
                "rule": e.rule,
                "text": e.text,
                "start": e.start,
                "end": e.end,
                "weights": {k.value: w for k, w in e.weights.items()},
                **({"note": e.note} if e.note else {}),
            }
            for e in verdict.because
        ],
    }
