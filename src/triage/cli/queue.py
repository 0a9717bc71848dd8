"""`triage queue`."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Annotated

import typer

from triage.app.queueing import Queue, load_queue
from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.exits import Exit
from triage.cli.main import command
from triage.cli.options import Csv, examples, span
from triage.cli.output import Column, Format, iso
from triage.core.accounts import Freshness
from triage.core.kinds import DAY, Kind
from triage.core.queue import (
    Held,
    QueueFilter,
    QueueItem,
    Sla,
    Sort,
    rough_span,
    short_span,
    sla_words,
)
from triage.core.text import handle_key, without_names
from triage.errors import UsageError

_MARGIN = 2
_KIND_FROM, _FROM_FROM, _WAITS_FROM = 54, 44, 66
"""Terminal widths from which a column is shown; ID, SLA and TEXT always are."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "queue",
        epilog=examples(
            "triage queue --overdue",
            "triage queue --unsure",
            "triage queue --kind complaint --due-within 2h --json | jq '.items[].id'",
        ),
    )(queue)


def queue(
    context: typer.Context,
    kind: Annotated[list[Kind] | None, typer.Option("--kind", "-k", help="Only this kind.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    due_within: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Due within a span, such as 2h; or overdue.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option(metavar="HANDLE", help="Only this customer.")
    ] = None,
    search: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Only conversations with these words.")
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", "-a", help="Also what demands no answer, and what rests.")
    ] = False,
    unsure: Annotated[
        bool,
        typer.Option("--unsure", help="Only what the rules are unsure of; also with no promise."),
    ] = False,
    held: Annotated[bool, typer.Option("--held", help="Only what is snoozed or on hold.")] = False,
    mine: Annotated[
        bool | None,
        typer.Option("--mine/--unclaimed", help="What is yours or you are at; what nobody is at."),
    ] = None,
    of: Annotated[
        str | None, typer.Option("--of", metavar="WHO", help="What is theirs or they are at.")
    ] = None,
    unassigned: Annotated[
        bool, typer.Option("--unassigned", help="Only what is assigned to nobody.")
    ] = False,
    sort: Annotated[Sort, typer.Option(help="The order.")] = Sort.DUE,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-L", min=1, help="At most so many lines; 20 on a terminal."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 3 if anything listed is overdue.")
    ] = False,
    csv: Csv = False,
) -> None:
    """Show who is waiting, most overdue first."""
    flags = globals_of(context)
    app = flags.app
    form = flags.form(as_csv=csv)
    now = app.now()
    wanted = QueueFilter(
        brand_id=app.brand_id,
        account_ids=[a.id for a in app.accounts()] if app.only_accounts else (),
        kinds=kind or (),
        include_undue=show_all or unsure,
        due_before=None if due_within is None else now + span(due_within, "--due-within"),
        customer=None if customer is None else handle_key(customer),
        search=search,
        unsure=unsure,
    )
    most = limit or (20 if form is Format.TERMINAL else None)
    rests: Held = "only" if held else "with" if show_all else "without"
    found = load_queue(
        app.store,
        wanted,
        now,
        only_overdue=overdue,
        sort=sort,
        limit=most,
        held=rests,
        whose=_whose(app, mine, of),
        unassigned=unassigned,
        with_assigned=form is not Format.TSV,
    )
    _warn_of_changes(app)
    fresh = app.store.accounts.freshness(app.brand_id)
    if form is Format.TERMINAL:
        flags_typed = _typed(mine, of, unassigned=unassigned, unsure=unsure)
        _screen(app, found, fresh, now, unsure=unsure, typed=flags_typed)
    else:
        show_lines(app, found.items, form)
    _warn_of_age(app, fresh, now)
    if exit_code and found.overdue:
        raise typer.Exit(Exit.CONDITION)


def _whose(app: App, mine: bool | None, of: str | None) -> str | None:
    """Whose the lines are to be; see `load_queue`."""
    if of is not None:
        if mine is not None:
            raise UsageError("--of does not go with --mine or --unclaimed.", hint="Say one.")
        from triage.cli.assigning import meant

        found = meant(app, of)
        if found is None:
            raise UsageError("--of needs a name.", hint="What is nobody's: --unassigned")
        return found
    return None if mine is None else app.agent if mine else ""


def _typed(mine: bool | None, of: str | None, *, unassigned: bool, unsure: bool) -> str:
    """What was typed of whose and which they are to be, to be typed again."""
    words = " --unsure" if unsure else ""
    words += "" if mine is None else " --mine" if mine else " --unclaimed"
    words += f" --of {of}" if of is not None else ""
    return words + (" --unassigned" if unassigned else "")


DATA: list[Column[QueueItem]] = [
    Column("id", attrgetter("id")),
    Column("channel", attrgetter("channel")),
    Column("account", attrgetter("account")),
    Column("customer", attrgetter("customer")),
    Column("kind", attrgetter("kind")),
    Column("state", attrgetter("state")),
    Column("waiting_since_at", lambda i: iso(i.waiting_since_at)),
    Column("due_at", lambda i: iso(i.due_at)),
    Column("overdue_s", attrgetter("overdue_s")),
    Column("text", attrgetter("text")),
    Column("url", attrgetter("url")),
    Column("mentions", attrgetter("mentions")),
    Column("assignee", attrgetter("assignee")),
    Column("priority", attrgetter("priority")),
    Column("confidence", attrgetter("confidence")),
    Column("hold", attrgetter("hold")),
    Column("hold_until_at", lambda i: None if i.hold_until is None else iso(i.hold_until)),
]


_ASSIGNED: Column[QueueItem] = Column("assigned", attrgetter("assigned"))
"""Behind the others, in JSON and CSV; what a pipe gets stays what it was."""


def as_data(item: QueueItem) -> dict[str, object]:
    """A line for JSON."""
    return {column.key: column.value(item) for column in (*DATA, _ASSIGNED)}


def show_lines(app: App, items: Sequence[QueueItem], form: Format) -> None:
    """Write lines of the queue alone."""
    if form is not Format.TERMINAL:
        output.rows(items, DATA if form is Format.TSV else [*DATA, _ASSIGNED], form)
        return
    accounts = app.store.accounts.accounts(app.brand_id)
    handles = tuple(handle_key(a.handle) for a in accounts)
    output.rows(items, _screen_columns(app.now(), handles, _marks(app, items)), form)


Marked = Mapping[int, Sequence[str]]
"""By conversation: what an agent should know of whoever it is with, such as `VIP`."""


def _marks(app: App, items: Sequence[QueueItem]) -> Marked:
    """The marks of the lines that are shown, by one query; a pipe asks for none."""
    from triage.core.marks import REPEAT_WITHIN

    found = app.store.marks([i.id for i in items], app.now() - REPEAT_WITHIN)
    return {number: marks.words() for number, marks in found.items()}


def _screen_columns(
    now: int, our_handles: tuple[str, ...], marked: Marked
) -> list[Column[QueueItem]]:
    return [
        Column("id", lambda i: i.id, "ID", right=True),
        Column(
            "state",
            lambda i: i.state,
            "SLA",
            cell=lambda i: sla_words(i.state, i.due_at, now) + _by(i),
            style=lambda i: _STYLE.get(i.state, ""),
        ),
        Column("kind", _kind, "KIND", at_least=_KIND_FROM),
        Column("customer", lambda i: f"@{i.customer}", "FROM", at_least=_FROM_FROM),
        Column(
            "waiting_since_at",
            lambda i: rough_span(now - i.waiting_since_at),
            "WAITS",
            right=True,
            at_least=_WAITS_FROM,
        ),
        Column("text", lambda i: _text(i, our_handles, now, marked), "TEXT", wide=True),
        Column("mentions", lambda i: f"(+{i.mentions - 1})" if i.mentions > 1 else "", " "),
    ]


def _by(item: QueueItem) -> str:
    """Who is at it; failing that, whose it is."""
    if item.assignee:
        return f" ✎ {item.assignee}"
    return f" → {item.assigned}" if item.assigned else ""


def _rest(item: QueueItem, now: int) -> str:
    """How it rests, and for how long."""
    left = "" if item.hold_until is None else f" {short_span(item.hold_until - now)}"
    return f"{str(item.hold).replace('-', ' ')}{left}"


def _kind(item: QueueItem) -> str:
    """The kind, whether that is in doubt, and whether it goes before what is overdue."""
    return item.kind.value + ("?" if item.is_unsure else "") + (" !" if item.is_first else "")


_STYLE = {Sla.OVERDUE: "bold red", Sla.DUE_SOON: "yellow"}


def _text(item: QueueItem, our_handles: tuple[str, ...], now: int, marked: Marked) -> str:
    """The words, less the names that a reply begins with: they say nothing to us.

    Why it cannot wait, who it is from, and that it rests, stand in front: this column is cut where
    it must be.
    """
    text = without_names(item.text, our_handles) if item.text else "(not shown any more)"
    marks = [*([item.priority] if item.priority else []), *marked.get(item.id, ())]
    if item.hold:
        marks.append(_rest(item, now))
    return f"({', '.join(marks)}) {text}" if marks else text


def _screen(
    app: App, found: Queue, fresh: Freshness, now: int, *, unsure: bool, typed: str
) -> None:
    accounts = app.store.accounts.accounts(app.brand_id)
    shown = [a for a in accounts if not app.only_accounts or a in app.accounts()]
    fetched = fresh.last_success
    age = "never fetched" if fetched is None else f"fetched {rough_span(now - fetched)} ago"
    counts = f"{found.overdue} overdue, {found.due_soon} due within 1 h, {found.total} waiting"
    names = ", ".join(f"@{a.handle}" for a in shown[:3]) + (", …" if len(shown) > 3 else "")  # noqa: PLR2004
    right = f"{names}, {age}"
    gap = output.width() - len(counts) - len(right)
    if gap >= _MARGIN:
        output.line(counts + " " * gap + right)
    else:
        output.line(counts)
        output.line(right)
    if found.resting:
        late = f", {found.resting_overdue} overdue" if found.resting_overdue else ""
        narrate.say(f"{found.resting} at rest{late}: {_name(app)} queue --held")
    _say_promised(app, now)
    if not found.items:
        nobody = "Nobody like that is waiting." if typed else "Nobody is waiting."
        narrate.say("The rules are sure of all that waits." if unsure else nobody)
        return
    output.line()
    show_lines(app, found.items, Format.TERMINAL)
    _hints(found, _name(app), typed, unsure=unsure)


def _say_promised(app: App, now: int) -> None:
    """What customers were promised and somebody has to do by tomorrow at this time."""
    late, soon = app.store.promises_due(app.brand_id, now, now + DAY)
    parts = [f"{late} promise{'s' if late > 1 else ''} late"] if late else []
    if soon:
        parts.append(f"{soon} due within a day" if late else f"promises due within a day: {soon}")
    if parts:
        narrate.say(f"{', '.join(parts)} ({_name(app)} customer promises)")


def _name(app: App) -> str:
    return "triage --demo" if app.demo else "triage"


def _hints(found: Queue, name: str, flags: str, *, unsure: bool) -> None:
    more = found.total - len(found.items)
    hints = [f"{more} more: {name} queue{flags} -L {found.total}"] if more > 0 else []
    first = found.items[0].id
    hints.append(
        f"what it is: {name} tag {first} KIND" if unsure else f"next: {name} reply {first}"
    )
    narrate.say()
    narrate.say("      ".join(hints))


def _warn_of_age(app: App, fresh: Freshness, now: int) -> None:
    """What came in since the last fetch is not in the queue: also a script must know."""
    if app.demo or not fresh.is_stale(now):
        return
    age = rough_span(fresh.age(now) or 0)
    if _is_capped(app):
        narrate.warn(
            f"Nothing was read for {age}: the monthly cap on costs is used up. See: triage cost"
        )
        return
    narrate.warn(
        f"Nothing was fetched for {age}: is the cron job running? See: triage doctor"
        if fresh.last_success is not None
        else f"No fetch has succeeded since the first, {age} ago. See: triage doctor"
    )


def _is_capped(app: App) -> bool:
    """Why nothing is read; asked only where that is so."""
    from triage.cli.costing import stopped_by_cap

    return stopped_by_cap(app)


def _warn_of_changes(app: App) -> None:
    """A read applies nothing; it only says that the files differ from what is in force."""
    if not narrate.on_terminal():
        return
    located = app.located
    if located.raw is None:
        if located.problem is not None and located.places.config_file.exists():
            narrate.say(f"{located.problem.message} (triage config check)")
        return
    applied = app.store.settings.get("settings_source")
    if applied is not None and applied != located.raw.source_hash:
        narrate.say(
            f"The configuration has changed since it was applied: {_name(app)} config apply"
        )
