"""`triage db retention`: how long what is kept, what would go, and letting it go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.output import Column, Format, iso
from triage.core.retention import Data, Due

if TYPE_CHECKING:
    from triage.bootstrap import App

_WHAT = {
    Data.PAYLOADS: "posts as they were sent",
    Data.TEXTS: "words of posts and replies",
    Data.VERSIONS: "what edited posts said before",
    Data.NOTES: "notes that no policy asks for",
    Data.ACTIVITY: "words in the log, not the acts",
    Data.USAGE: "what requests cost, by day",
    Data.ALERTS: "who was told of what",
}


class _Line(NamedTuple):
    """A kind of data as it is shown; `gone` is how much went just now."""

    due: Due
    gone: int | None = None


def retention(
    context: typer.Context,
    apply: Annotated[
        bool, typer.Option("--apply", help="Let go now what is older than its limit.")
    ] = False,
) -> None:
    """Show how long each kind of data is kept, and how much is older and would go.

    The limits stand under [retention] in the configuration; a fetch applies them once a day. Kinds,
    times and waits stay, so that reports add up; an open wait keeps all that belongs to it.
    """
    from triage.app.retention import due, let_go

    flags = globals_of(context)
    app = flags.app
    limits = app.settings_file.retention.limits
    keeps = app.store.retention
    lines = [_Line(one) for one in due(keeps, app.brand_id, limits, app.now())]
    if apply:
        from triage.app.judging import judge_pending

        judge_pending(app.store, app.brand_id, app.tagger_for)
        gone = {
            one.data: one.rows
            for one in let_go(app.store, keeps, app.brand_id, limits, app.agent, app.now())
        }
        lines = [
            _Line(one, gone.get(one.data, 0)) for one in due(keeps, app.brand_id, limits, app.now())
        ]
    form = flags.form()
    output.rows(lines, _columns(is_applied=apply), form)
    if form is Format.TERMINAL:
        _hints(app, lines, is_applied=apply)


def _columns(*, is_applied: bool) -> list[Column[_Line]]:
    return [
        Column("data", lambda x: x.due.data.value, "DATA"),
        Column("kept_for", lambda x: _span(x.due.kept_for), "KEPT", lambda x: _kept(x.due)),
        Column("oldest_at", lambda x: iso(x.due.oldest_at), "OLDEST", lambda x: _day(x.due)),
        Column("due", lambda x: x.due.rows, "" if is_applied else "WOULD GO", right=True),
        Column("gone", lambda x: x.gone, "GONE" if is_applied else "", right=True),
        Column("what", lambda x: _WHAT[x.due.data], "WHAT", wide=True),
    ]


def _hints(app: App, lines: list[_Line], *, is_applied: bool) -> None:
    from triage.cli.sending import program

    left = [
        line.due.data.value
        for line in lines
        if line.due.kept_for is not None and not app.store.retention.may_take(line.due.data)
    ]
    if left:
        narrate.say(f"Left to the owner of the tables: {', '.join(left)}; see docs/privacy.md.")
    if any(line.due.rows for line in lines) and not is_applied:
        narrate.say(f"The next fetch of a day lets it go; now: {program(app)} db retention --apply")


def _span(ms: int | None) -> str | None:
    from triage.config.spans import format_span

    return None if ms is None else format_span(ms)


def _kept(due: Due) -> str:
    return _span(due.kept_for) or "for good"


def _day(due: Due) -> str:
    if due.oldest_at is None:
        return "-"
    return f"{datetime.fromtimestamp(due.oldest_at / 1000, UTC):%Y-%m-%d}"
