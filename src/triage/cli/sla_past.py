"""`triage sla what-if` and `recompute`: the past under other promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from triage.app import rejudging
from triage.app.judging import settings_in_force
from triage.bootstrap import App
from triage.cli import narrate, output, times
from triage.cli.context import globals_of
from triage.cli.options import Csv, span
from triage.cli.output import Column, Format, iso
from triage.cli.sending import ask
from triage.core.model import Kind
from triage.core.queue import short_span
from triage.core.rejudging import Compared, Rejudged, Tally, is_missed
from triage.core.until import parse_moment
from triage.core.wait import Wait
from triage.errors import Refused, UsageError

_SHOWN = 20


def _since(app: App, text: str) -> int:
    """A span back from now, or a date."""
    now = app.now()
    try:
        return now - span(text, "--since")
    except UsageError:
        return parse_moment(text, now, settings_in_force(app.store).settings.time_zone)


Since = Annotated[
    str, typer.Option("--since", metavar="SPAN|DATE", help="Such as 30d or 2026-11-01.")
]


def what_if(
    context: typer.Context,
    promises: Annotated[
        list[str],
        typer.Argument(
            metavar="KIND=SPAN", help="Such as complaint=30m, vip=none or question.next=2h."
        ),
    ],
    since: Since = "30d",
    csv: Csv = False,
) -> None:
    """Show how the past would have looked under other promises; nothing is changed.

    Waits that opened since then are judged twice: by the settings in force, and by these with the
    promises given. What they were judged by at their time does not matter.
    """
    flags = globals_of(context)
    app = flags.app
    current = settings_in_force(app.store).settings
    settings = rejudging.with_promises(current, promises, span)
    times.set_zone(current.time_zone)
    accounts = [a.id for a in app.accounts()] if app.only_accounts else []
    now = app.now()
    from_at = _since(app, since)
    compared = rejudging.what_if(app.store, app.brand_id, settings, from_at, now, accounts)
    form = flags.form(as_csv=csv)
    if form is Format.TERMINAL:
        begin = times.local(from_at)
        period = f"waits since {begin.day} {begin:%b %Y %H:%M}"
        output.wrapped(f"{', '.join(promises)}: {period}, without it -> with it")
        output.line()
        _screen(compared, now)
    elif form is Format.JSON:
        output.document(
            [_kind_item(compared, kind) for kind in (*Kind, None)],
            newly_missed=[_item(r) for r in compared.newly_missed],
            newly_kept=[_item(r) for r in compared.newly_kept],
        )
    else:
        output.rows([*compared.newly_missed, *compared.newly_kept], _ROWS, form)


def _screen(compared: Compared, now: int) -> None:
    output.rows(
        [_row(compared, kind) for kind in (*Kind, None)],
        [
            Column("kind", lambda r: r[0], "KIND"),
            Column("waits", lambda r: r[1], "PROMISED", right=True),
            Column("missed", lambda r: r[2], "MISSED", right=True),
            Column("within", lambda r: r[3], "IN TIME", wide=True),
        ],
        Format.TERMINAL,
    )
    for title, found in (
        ("Would have been missed", compared.newly_missed),
        ("Would have been kept", compared.newly_kept),
    ):
        if found:
            output.line()
            output.line(f"{title}: {len(found)}")
            output.grid([_line(one, now) for one in found[:_SHOWN]], wide=3)
            if len(found) > _SHOWN:
                output.line(f"  … {len(found) - _SHOWN} more: --json")


def _row(compared: Compared, kind: Kind | None) -> tuple[str, str, str, str]:
    before, after = compared.before[kind], compared.after[kind]

    def both(was: str, would: str) -> str:
        return was if was == would else f"{was} -> {would}"

    return (
        "all" if kind is None else kind.value,
        both(str(before.waits), str(after.waits)),
        both(str(before.missed + before.overdue), str(after.missed + after.overdue)),
        both(_share(before), _share(after)),
    )


def _share(tally: Tally) -> str:
    return "-" if tally.share is None else f"{100 * tally.share:.1f}%"


def _line(one: Rejudged, now: int) -> list[str]:
    wait = one.after or one.before
    if wait is None:
        return []
    return [
        f"  #{one.conversation_id}",
        wait.kind.value,
        times.day_time(wait.opened_at, now),
        (f"{_fate(one.before, now)} -> {_fate(one.after, now)}"),
    ]


def _fate(wait: Wait | None, now: int) -> str:
    """How a wait stands against its promise, and by how much."""
    if wait is None or wait.due_at is None:
        return "no promise"
    at = now if wait.ended_at is None else wait.ended_at
    gap = short_span(at - wait.due_at)
    if is_missed(wait, now):
        return f"{gap} late"
    if wait.is_met:
        return f"{gap} early"
    return f"{wait.state.value}, {gap} {'after it was due' if at > wait.due_at else 'left'}"


def _kind_item(compared: Compared, kind: Kind | None) -> dict[str, object]:
    return {
        "kind": "all" if kind is None else kind.value,
        "before": _tally_item(compared.before[kind]),
        "after": _tally_item(compared.after[kind]),
    }


def _tally_item(tally: Tally) -> dict[str, object]:
    return {
        "waits": tally.waits,
        "met": tally.met,
        "missed": tally.missed,
        "overdue": tally.overdue,
        "within_sla": None if tally.share is None else round(tally.share, 4),
    }


_ROWS: list[Column[Rejudged]] = [
    Column("id", lambda r: r.conversation_id),
    Column("kind", lambda r: (r.after or r.before or _none()).kind.value),
    Column("waiting_since_at", lambda r: iso((r.after or r.before or _none()).opened_at)),
    Column("ended_at", lambda r: iso((r.after or r.before or _none()).ended_at)),
    Column("due_before_at", lambda r: iso(r.before.due_at if r.before else None)),
    Column("due_after_at", lambda r: iso(r.after.due_at if r.after else None)),
    Column("met_before", lambda r: r.before.is_met if r.before else None),
    Column("met_after", lambda r: r.after.is_met if r.after else None),
]


def _none() -> Wait:
    raise LookupError("a change of no wait")


def _item(one: Rejudged) -> dict[str, object]:
    return {c.key: c.value(one) for c in _ROWS}


def recompute(
    context: typer.Context,
    since: Since,
    closed: Annotated[
        bool, typer.Option("--closed", help="Needed: it is ended waits that are judged again.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    csv: Csv = False,
) -> None:
    """Judge ended waits again by the settings in force, and say what changes.

    Ended waits keep the settings that judged them; this is the way to change that. What is open is
    always judged by the settings in force.
    """
    if not closed:
        raise UsageError(
            "Say --closed: open waits are always judged by the settings in force.",
            hint="Look first: triage sla recompute --closed --since 7d --dry-run",
        )
    flags = globals_of(context)
    app = flags.app
    if app.only_accounts:
        raise UsageError(
            "--account: ended waits are judged again for all accounts.",
            reason="A thread is judged as a whole, and several accounts may have been asked in it.",
            hint="Leave --account out.",
        )
    times.set_zone(settings_in_force(app.store).settings.time_zone)
    from_at = _since(app, since)
    found = list(rejudging.changes(app.store, app.brand_id, from_at))
    form = flags.form(as_csv=csv)
    if form is Format.TERMINAL:
        _changes(found, app.now())
    if found and not dry_run:
        if not yes and not _may(flags.may_ask, len(found)):
            narrate.say("Nothing was changed.")
            return
        rejudging.recompute(app.store, app.brand_id, from_at, app.agent, app.now(), app.tagger_for)
    if form is not Format.TERMINAL:
        output.rows(found, _ROWS, form)
    narrate.say(_outcome(len(found), dry_run=dry_run))


def _outcome(many: int, *, dry_run: bool) -> str:
    if not many:
        return "No ended wait is judged otherwise by the settings in force."
    waits = "1 wait" if many == 1 else f"{many} waits"
    return f"{waits} would be judged otherwise." if dry_run else f"{waits} judged otherwise now."


def _may(may_ask: bool, many: int) -> bool:
    if not may_ask:
        raise Refused(
            f"{_ended(many)} would be judged otherwise; nothing was changed.",
            reason="Reports of the past change with them, so somebody must say yes.",
            hint="Say it with -y, or look first with --dry-run.",
        )
    return ask(f"Judge {_ended(many)} again? [n]:", "n") in {"y", "yes"}


def _ended(many: int) -> str:
    return "1 ended wait" if many == 1 else f"{many} ended waits"


def _changes(found: Sequence[Rejudged], now: int) -> None:
    if found:
        output.grid([_line(one, now) for one in found[:_SHOWN]], wide=3)
        if len(found) > _SHOWN:
            output.line(f"  … {len(found) - _SHOWN} more: --json")
