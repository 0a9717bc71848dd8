"""`triage report`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from triage.app.reporting import Report, load_report
from triage.bootstrap import App
from triage.cli import narrate, output, times
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import Csv, examples, span
from triage.cli.output import Column, Format, iso
from triage.core.queue import short_span
from triage.core.report import KindFigures
from triage.errors import UsageError

_DEFAULT_SPAN = "7d"
_LABEL = 14
_GAP = 2
_NARROW = 56
"""Terminal width below which only the kinds that matter most are shown."""
_DROPPED = ("other", "praise")


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "report",
        epilog=examples(
            "triage report --since 30d",
            "triage report --from 2026-03-01 --to 2026-03-31 --csv",
            "triage report --json | jq '.items[] | {kind, within_sla}'",
        ),
    )(report)


def report(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option("--since", metavar="SPAN", help="The last 7d (default), 24h, 4w.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="From a day or time on.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Up to a time, or a day's end.")
    ] = None,
    csv: Csv = False,
) -> None:
    """Sum up a period: who wrote, how fast they were answered, who still waits.

    It counts the waits that began in the period. An answer is one that everybody can see; who was
    dismissed, answered privately or took back what they wrote is never counted as answered. The
    share within the SLA is what was met of all that was answered or is overdue.
    """
    flags = globals_of(context)
    app = flags.app
    now = app.now()
    _use_zone(app)
    first, last = _period(since, start, end, now)
    accounts = [a.id for a in app.accounts()] if app.only_accounts else []
    found = load_report(app.store, app.brand_id, first, last, now, accounts)
    form = flags.form(as_csv=csv)
    if form is Format.JSON:
        items = [{c.key: c.value(line) for c in _COLUMNS} for line in found.lines]
        output.document(items, period={"from_at": iso(first), "to_at": iso(last)})
    elif form is Format.TERMINAL:
        _screen(app, found)
    else:
        output.rows(found.lines, _COLUMNS, form)


def _use_zone(app: App) -> None:
    judge = app.store.settings.current()
    times.set_zone(judge.settings.time_zone if judge else "UTC")


def _period(since: str | None, start: str | None, end: str | None, now: int) -> tuple[int, int]:
    if since is not None and (start is not None or end is not None):
        raise UsageError(
            "--since does not go with --from and --to.", hint="Give a span, or two dates."
        )
    if end is not None and start is None:
        raise UsageError("--to needs --from.", hint="Say from when on, such as --from 2026-03-01.")
    if start is None:
        return now - span(since or _DEFAULT_SPAN, "--since"), now
    first = _moment(start, "--from", through=False)
    last = now if end is None else _moment(end, "--to", through=True)
    if last <= first:
        raise UsageError("The period ends before it begins.", hint="Swap --from and --to.")
    return first, last


def _moment(text: str, flag: str, *, through: bool) -> int:
    """A day or a time as UTC ms, in the zone of the settings; `through` is the day's end."""
    zone = times.local(0).tzinfo
    try:
        if len(text) == len("2026-03-01"):
            day = date.fromisoformat(text) + timedelta(days=int(through))
            when = datetime.combine(day, time(), zone)
        else:
            when = datetime.fromisoformat(text)
            when = when if when.tzinfo else when.replace(tzinfo=zone)
        return round(when.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{flag} {text}: neither a day nor a time.",
            hint="Write 2026-03-01 or 2026-03-01T09:30.",
        ) from None


_COLUMNS: list[Column[KindFigures]] = [
    Column("kind", lambda f: f.kind),
    Column("mentions", lambda f: f.mentions),
    Column("waits", lambda f: f.waits),
    Column("answered", lambda f: f.answered),
    Column("outside", lambda f: f.outside),
    Column("settled", lambda f: f.settled),
    Column("dismissed", lambda f: f.dismissed),
    Column("withdrawn", lambda f: f.withdrawn),
    Column("open", lambda f: f.open),
    Column("overdue", lambda f: f.overdue),
    Column("met", lambda f: f.met),
    Column("missed", lambda f: f.missed),
    Column("within_sla", lambda f: f.within_sla),
    Column("median_s", lambda f: f.median_s),
    Column("p90_s", lambda f: f.p90_s),
]

_Cell = Callable[[KindFigures], str]


def _seconds(value: float | None) -> str:
    return "-" if value is None else short_span(round(value * 1000))


def _share(value: float | None) -> str:
    # Cut, not rounded: 99.6 % is not everybody.
    return "-" if value is None else f"{int(value * 100)}%"


_ROWS: list[tuple[str, _Cell]] = [
    ("mentions", lambda f: str(f.mentions)),
    ("waits", lambda f: str(f.waits)),
    ("  answered", lambda f: str(f.answered)),
    ("    outside", lambda f: str(f.outside)),
    ("  settled", lambda f: str(f.settled)),
    ("  dismissed", lambda f: str(f.dismissed)),
    ("  withdrawn", lambda f: str(f.withdrawn)),
    ("  open", lambda f: str(f.open)),
    ("    overdue", lambda f: str(f.overdue)),
    ("met", lambda f: str(f.met)),
    ("missed", lambda f: str(f.missed)),
    ("within SLA", lambda f: _share(f.within_sla)),
    ("median answer", lambda f: _seconds(f.median_s)),
    ("9 of 10 within", lambda f: _seconds(f.p90_s)),
]


def _screen(app: App, found: Report) -> None:
    narrow = output.width() < _NARROW
    shown = [f for f in found.lines if not (narrow and f.kind in _DROPPED)]
    names = ", ".join(f"@{a.handle}" for a in app.accounts())
    output.spread(f"{_when(found.since)} to {_when(found.until)}", names)
    output.line()
    cells = [["", *(f.kind for f in shown)]]
    cells += [[label, *(cell(f) for f in shown)] for label, cell in _ROWS]
    widths = [max(len(row[i]) for row in cells) for i in range(1, len(shown) + 1)]
    for label, *values in cells:
        padded = (v.rjust(w + _GAP) for v, w in zip(values, widths, strict=True))
        output.line(f"{label:<{_LABEL}}{''.join(padded)}".rstrip())
    narrate.say()
    narrate.say(_advice(found, "triage --demo" if app.demo else "triage"))


def _when(ms: int) -> str:
    return f"{times.local(ms):%-d %b %Y %H:%M}"


def _advice(found: Report, name: str) -> str:
    total = found.total
    if total.overdue:
        verb = "is" if total.overdue == 1 else "are"
        return f"{total.overdue} {verb} overdue; begin with them: {name} queue --overdue"
    if total.open:
        return f"Nobody is overdue; {total.open} still waiting: {name} queue"
    if total.missed:
        worst = found.most_missed
        return (
            f"Nobody waits. {total.missed} of {total.met + total.missed} answers came too late, "
            f"most of them to {worst.kind} mentions ({worst.missed})."
        )
    if total.waits:
        return "Nobody waits, and no answer came too late."
    if total.mentions:
        return "Nobody who wrote needed an answer."
    return "Nobody wrote in this period."
