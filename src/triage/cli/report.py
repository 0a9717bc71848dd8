"""`triage report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from triage.bootstrap import App
from triage.cli import output, times
from triage.cli.context import Globals, globals_of
from triage.cli.main import command
from triage.cli.options import Csv, examples
from triage.cli.output import Format
from triage.cli.report_period import Typed, chosen
from triage.core.report.line import FIGURES, Dimension
from triage.core.report.period import zone_name
from triage.core.report.query import ReportQuery
from triage.errors import UsageError

if TYPE_CHECKING:
    # Each form of a report loads what it needs.
    from triage.core.report.model import Report


class Compare(StrEnum):
    """What a period can be compared with."""

    PREVIOUS = "previous"


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "report",
        epilog=examples(
            "triage report --week --compare previous",
            "triage report --month 2026-02 --html february.html --open",
            "triage report --from 2026-03-01 --to 2026-03-31 --by agent --csv",
            "triage report --since 30d --of missed | cut -f1 | sort -un",
            "triage report --json | jq '.items[] | {kind, within_sla}'",
        ),
    )(report)


def report(
    context: typer.Context,
    period: Annotated[
        str | None,
        typer.Argument(
            metavar="[PERIOD]",
            help="Such as 2026-W10, 2026-03 or 2026-03-02; or last or this, of --week or --month.",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="SPAN", help="The last 7d (default), 24h, 4w.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="From a day or time on.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Up to a time, or a day's end.")
    ] = None,
    week: Annotated[
        bool, typer.Option("--week", help="The last whole week, or the one that PERIOD names.")
    ] = False,
    month: Annotated[
        bool, typer.Option("--month", help="The last whole month, or the one that PERIOD names.")
    ] = False,
    compare: Annotated[
        Compare | None,
        typer.Option("--compare", help="With the period before it, of the same kind."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="WHAT",
            help=f"A line for each: {', '.join(d.value for d in Dimension)}.",
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="All sections, on a terminal.")] = False,
    ids: Annotated[
        bool, typer.Option("--ids", help="A row for each wait behind the figures.")
    ] = False,
    of: Annotated[
        str | None,
        typer.Option("--of", metavar="FIGURE", help=f"--ids of one figure: {', '.join(FIGURES)}."),
    ] = None,
    csv: Csv = False,
    tsv: Annotated[
        bool, typer.Option("--tsv", help="Write tab-separated rows, as a pipe gets.")
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--md", help="Write Markdown, for a wiki or an issue.")
    ] = False,
    html: Annotated[
        str | None,
        typer.Option("--html", metavar="FILE", help="Write a page to a file, or - for stdout."),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Sum up a period: who wrote, how fast they were answered, who still waits, what to do.

    It counts the waits that began in the period. An answer is one that everybody can see; who was
    dismissed, answered privately or took back what they wrote is never counted as answered. In time
    is what was answered before it was due, of all that was answered or is overdue. Days are those
    of the account's time zone; weeks begin on Mondays. docs/reports.md tells how to read it, and
    docs/metrics.md defines every figure.
    """
    flags = globals_of(context)
    as_page = html is not None or open_it
    form = _form(flags, {"--csv": csv, "--tsv": tsv, "--md": markdown, "--html": as_page})
    figure, dimension = _figure(of), _dimension(by)
    typed = Typed(since, start, end, week, month, period)
    query = _query(flags.app, typed, dimension or Dimension.KIND, compare=compare is not None)
    if ids or figure is not None:
        _refuse_rows_as({"--md": markdown, "--html": as_page, "--full": full})
        from triage.cli.report_waits import write_waits

        write_waits(flags.app.store, query, form, figure)
    elif as_page:
        from triage.cli.report_page import write_page

        write_page(flags.app, _load(flags.app, query), html, open_it=open_it)
    elif markdown:
        from triage.app.reporting import load_report
        from triage.cli.report_markdown import write_markdown

        write_markdown(load_report(flags.app.store, query))
    elif form is Format.TERMINAL:
        from triage.app.reporting import load_report

        found = load_report(flags.app.store, replace(query, brief=not full))
        _screen(flags.app, found, is_split=dimension is not None, full=full)
    elif form is Format.JSON:
        from triage.cli.report_data import write_json

        write_json(_load(flags.app, query))
    else:
        from triage.app.report_lines import load_lines
        from triage.cli.report_data import write_lines

        write_lines(load_lines(flags.app.store, query), form)


def _form(flags: Globals, forms: Mapping[str, bool]) -> Format:
    """How rows are to leave; of the flags that say it there may be one."""
    said = [flag for flag, is_said in {"--json": flags.as_json, **forms}.items() if is_said]
    if len(said) > 1:
        raise UsageError(f"{said[0]} does not go with {said[1]}.", hint="Say one of them.")
    return Format.TSV if forms["--tsv"] else flags.form(as_csv=forms["--csv"])


def _refuse_rows_as(forms: Mapping[str, bool]) -> None:
    for flag in (flag for flag, is_said in forms.items() if is_said):
        raise UsageError(
            f"{flag} does not go with --ids and --of.",
            hint="Waits are rows: on a screen, in a pipe, or with --json, --csv or --tsv.",
        )


def _dimension(by: str | None) -> Dimension | None:
    if by is None:
        return None
    return Dimension(_known(by, "--by", [d.value for d in Dimension]))


def _figure(of: str | None) -> str | None:
    return None if of is None else _known(of, "--of", FIGURES)


def _known(word: str, flag: str, words: Sequence[str]) -> str:
    """The word, or an error that names the nearest known one."""
    if word in words:
        return word
    import difflib

    near = difflib.get_close_matches(word.lower(), words, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(words)}."
    raise UsageError(f"{flag} {word}: unknown.", hint=hint)


def _query(app: App, typed: Typed, by: Dimension, *, compare: bool) -> ReportQuery:
    accounts, judge = app.accounts(), app.store.settings.current()
    names = [account.handle for account in accounts]
    times.set_zone("UTC" if judge is None else zone_name(judge.settings, names))
    zone, now = times.local(0).tzinfo or UTC, app.now()
    period = chosen(typed, now, zone)
    return ReportQuery(
        brand_id=app.brand_id,
        from_at=period.from_at,
        to_at=period.to_at,
        now=now,
        account_ids=[account.id for account in accounts] if app.only_accounts else (),
        by=by,
        compare=compare,
        zone=str(zone),
    )


def _load(app: App, query: ReportQuery) -> Report:
    """All of a report, with what is behind each figure."""
    from triage.app.reporting import load_report

    return load_report(app.store, replace(query, with_ids=True))


def _screen(app: App, found: Report, *, is_split: bool, full: bool) -> None:
    name = "triage --demo" if app.demo else "triage"
    with output.paged():
        if full:
            from triage.cli.report_detail import full_screen

            full_screen(found, name)
        elif is_split:
            from triage.cli.report_detail import split_screen

            split_screen(found)
        else:
            from triage.cli.report_screen import first_screen

            first_screen(found, name)
