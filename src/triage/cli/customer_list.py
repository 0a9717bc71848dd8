"""`triage customer list`: who wrote, and which of them need a thought."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from triage.bootstrap import App
from triage.cli import narrate, output, times
from triage.cli.context import globals_of
from triage.cli.options import Csv, span
from triage.cli.output import Column, Format, iso
from triage.cli.sending import program
from triage.core.marks import VIP
from triage.core.people import SILENT_FOR, Listed, PeopleFilter, reference_of
from triage.core.queue import rough_span
from triage.errors import UsageError

_ON_A_SCREEN = 20
_MORE = 10
"""So many times as many are offered next."""


def list_(
    context: typer.Context,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only who waits for an answer.")
    ] = False,
    repeat: Annotated[
        bool,
        typer.Option("--repeat", help="Only who complained in two conversations within 90 days."),
    ] = False,
    advocates: Annotated[
        bool,
        typer.Option(
            "--advocates", help="Only who praised last: twice, or after a complaint; in a year."
        ),
    ] = False,
    silent: Annotated[
        bool,
        typer.Option("--silent", help="Only who wrote no more once their complaint was answered."),
    ] = False,
    silent_for: Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="With --silent: for how long; 7d by default."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-L", min=1, help="At most so many; 20 on a terminal."),
    ] = None,
    csv: Csv = False,
) -> None:
    """List customers, whoever wrote last first; whoever is one person is one line.

    Filters add up: --waiting --repeat are those that wait and complain again.
    """
    flags = globals_of(context)
    app = flags.app
    form = flags.form(as_csv=csv)
    if silent_for is not None and not silent:
        raise UsageError(
            "--silent-for is for --silent.",
            hint=f"Write: triage customer list --silent --silent-for {silent_for[:20]}",
        )
    most = limit or _ON_A_SCREEN
    on_screen = form is Format.TERMINAL
    wanted = PeopleFilter(
        brand_id=app.brand_id,
        now=app.now(),
        account_ids=[a.id for a in app.accounts()] if app.only_accounts else (),
        waiting=waiting,
        repeat=repeat,
        advocates=advocates,
        silent_for=_silence(silent_for) if silent else None,
        # One more tells whether there are more.
        limit=most + 1 if on_screen else limit,
    )
    found = app.store.people.people(wanted)
    if not on_screen:
        output.rows(found, _columns(app), form)
        return
    judge = app.store.settings.current()
    times.set_zone(judge.settings.time_zone if judge else "UTC")
    shown = found[:most]
    with output.paged():
        output.rows(shown, _columns(app), form)
    more = ""
    if len(found) > len(shown):
        more = f"more: {program(app)} customer list{_typed(wanted, silent_for)} -L {_MORE * most}"
    _hint(app, shown, more)


def _silence(told: str | None) -> int:
    return SILENT_FOR if told is None else span(told, "--silent-for")


def _typed(wanted: PeopleFilter, silent_for: str | None) -> str:
    """The filters as they were typed."""
    flags = [name for name in ("waiting", "repeat", "advocates") if getattr(wanted, name)]
    words = "".join(f" --{name}" for name in flags)
    if wanted.silent_for is not None:
        words += " --silent" + (f" --silent-for {silent_for}" if silent_for else "")
    return words


def _hint(app: App, shown: list[Listed], more: str) -> None:
    if not shown:
        narrate.say("There is nobody like that.")
        return
    narrate.say()
    first = reference_of(shown[0].customer.id)
    narrate.say_beside(f"who they are: {program(app)} customer {first}", more)


def _columns(app: App) -> list[Column[Listed]]:
    now = app.now()
    return [
        Column("id", lambda p: reference_of(p.customer.id), "ID"),
        Column("customer", lambda p: p.customer.handle, "WHO", lambda p: f"@{p.customer.handle}"),
        Column("name", lambda p: p.customer.name),
        Column("channel", lambda p: p.customer.channel),
        Column("followers", lambda p: p.customer.followers),
        Column(
            "last_at",
            lambda p: iso(p.last_at),
            "WROTE",
            lambda p: rough_span(now - p.last_at),
            right=True,
        ),
        Column("conversations", lambda p: p.conversations, "TALKS", right=True),
        Column("waiting", lambda p: p.waiting),
        Column("waiting_since_at", lambda p: iso(p.waiting_since)),
        Column("complaints", lambda p: p.marks.complaints),
        Column("complained_at", lambda p: iso(p.complained_at)),
        Column("answered_at", lambda p: iso(p.answered_at)),
        Column("praises", lambda p: p.praises),
        Column("praised_at", lambda p: iso(p.praised_at)),
        Column("vip", lambda p: p.marks.is_vip),
        Column("repeat", lambda p: p.marks.is_repeat),
        Column("members", lambda p: p.members),
        Column("why", lambda p: "; ".join(_why(p, now)), "WHAT IS KNOWN", wide=True),
    ]


def _why(listed: Listed, now: int) -> Iterator[str]:
    """What a line is there for, in words, the gravest first."""
    if listed.marks.is_vip:
        value = str(listed.marks.vip)
        yield "VIP" if value.casefold() == "yes" else f"VIP ({value})"
    if listed.waiting_since is not None:
        yield f"waits {rough_span(now - listed.waiting_since)}"
    if listed.marks.is_repeat:
        yield f"complained in {listed.marks.complaints} conversations"
    if listed.is_silent:
        ago = rough_span(now - (listed.answered_at or now))
        yield f"silent since a complaint was answered {ago} ago"
    elif listed.complained_at is not None and not listed.marks.is_repeat:
        yield f"complained {rough_span(now - listed.complained_at)} ago"
    if listed.praised_at is not None:
        again = f" ({listed.praises} times)" if listed.praises > 1 else ""
        yield f"praised {rough_span(now - listed.praised_at)} ago{again}"
    if listed.members > 1:
        yield f"{listed.members} customers in one"
    noted = [f"{key} = {value}" for key, value in listed.attributes.items() if key != VIP]
    if noted:
        yield ", ".join(noted)
