"""`triage event add` and `move`: what an event is to be, and its posts as drafts."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli import narrate, output, times
from triage.cli.context import Globals, globals_of
from triage.cli.output import Format
from triage.cli.sending import program
from triage.errors import NotFound, UsageError

if TYPE_CHECKING:
    from triage.app.event_drawing import Desk
    from triage.bootstrap import App
    from triage.cli.event_file import Told
    from triage.core.accounts import Account
    from triage.core.events import Event

_MOST = 1 << 62
Number = Annotated[int, typer.Argument(metavar="ID", min=1, max=_MOST, help="An event's id.")]
Tz = Annotated[
    str | None, typer.Option("--tz", metavar="ZONE", help="Where its clock hangs: an IANA name.")
]
EXAMPLE = (
    'triage event add "Winter sale" --at "2026-12-10 09:00" --countdown 7d,1d,0 '
    '--text "{{ days }} until the {{ name }}"'
)


def add(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="What it is called.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help='There: "2026-12-10 09:00".')
    ] = None,
    countdown: Annotated[
        str | None,
        typer.Option(metavar="STEPS", help="Days and hours before it, 0 for itself: 14d,1d,12h,0."),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(metavar="TEMPLATE", help='Of every post: "{{ days }} until the {{ name }}".'),
    ] = None,
    text_for: Annotated[
        list[str] | None,
        typer.Option(metavar="STEP=TEMPLATE", help="Of one post; repeatable."),
    ] = None,
    tz: Tz = None,
    lang: Annotated[
        str | None, typer.Option(metavar="CODE", help="In which tomorrow is said: en, es, fr...")
    ] = None,
    late: Annotated[
        str | None, typer.Option(metavar="skip|send", help="What becomes of late posts of hours.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", "-f", metavar="FILE", help="Read it from a TOML file.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Show what it would say; save nothing.")
    ] = False,
) -> None:
    """Add an event, with a draft for each step of its countdown; nothing goes out unreviewed.

    A template may name days_left, hours_left, days ("1 day"), hours, when ("tomorrow"), name,
    date, weekday, time and year. All texts of an event must differ.
    """
    from triage.app import eventing
    from triage.app.event_drawing import plan
    from triage.cli.event_file import Told, read_file, texts_of
    from triage.cli.event_screen import drawn_columns, head, post_columns, show_drawn, warn_drawn

    flags = globals_of(context)
    app = flags.app
    said = Told(name, at, tz, None, lang, countdown, text, late, texts_of(text_for))
    told = said if file is None else said.over(read_file(file))
    account = _account_for(app, told.account)
    desk, event = desk_of(app, account), _event(app, account, told)
    times.set_zone(event.zone)
    made = plan(desk, event) if dry_run else eventing.add(desk, event)
    form = flags.form()
    if form is not Format.TERMINAL and not dry_run:
        output.rows(list(made.planned), post_columns(app, made.event), form)
    elif form is not Format.TERMINAL:
        output.rows(list(made.drawn), drawn_columns(), form)
    else:
        if not dry_run:
            head(app, made.event)
        show_drawn(app, made, desk.most)
    warn_drawn(made)
    if dry_run:
        narrate.say("Nothing was saved.")
    else:
        narrate.say_beside(
            f"Event {made.event.id} is saved; nothing goes out before you have read it.",
            f"next: {program(app)} event review {made.event.id}",
        )


def _event(app: App, account: Account, told: Told) -> Event:
    from triage.core.countdown import event_at, parse_countdown, parse_wall
    from triage.core.countdown_words import words_of
    from triage.core.events import Event, Late

    lacking = [k for k in ("name", "at", "countdown") if getattr(told, k) is None]
    if lacking:
        what = {"name": "a name", "at": "--at", "countdown": "--countdown"}
        raise UsageError(f"An event needs {what[lacking[0]]}.", hint=f"Such as: {EXAMPLE}")
    if told.text is None and not told.texts:
        raise UsageError("An event needs --text.", hint=f"Such as: {EXAMPLE}")
    if told.late not in (None, *Late):
        raise UsageError(f"--late {told.late}: unknown.", hint="Use skip or send.")
    table = app.settings_file.account(account.handle)
    zone = told.time_zone or (table.time_zone if table else None) or app.settings_file.time_zone
    language = told.language or (table.language if table else "en")
    words_of(language)
    wall = parse_wall(told.at or "")
    steps = parse_countdown(told.countdown or "")
    return Event(
        id=0,
        uuid=uuid.uuid4().hex,
        account_id=account.id,
        name=(told.name or "").strip(),
        wall=wall,
        zone=zone,
        at=event_at(wall, zone),
        language=language,
        countdown=",".join(step.label for step in steps),
        text=told.text or "",
        created_at=app.now(),
        agent=app.agent,
        texts=told.texts,
        late=Late(told.late or "skip"),
    )


def _account_for(app: App, handle: str | None) -> Account:
    from triage.core.text import handle_key

    known = app.accounts()
    if handle is not None and not app.only_accounts:
        known = [a for a in known if handle_key(a.handle) == handle_key(handle)]
        if not known:
            raise NotFound(f"There is no account @{handle[:50]}.", hint="See `triage config show`.")
    if len(known) > 1:
        handles = ", ".join(f"@{a.handle}" for a in known)
        raise UsageError(
            "Several accounts could post it.",
            reason=f"There are {handles}.",
            hint=f"Name one: --account {known[0].handle}",
        )
    return known[0]


def move(
    context: typer.Context,
    number: Number,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help='There: "2026-12-10 09:00".')],
    tz: Tz = None,
) -> None:
    """Give an event another time: its posts are written anew, and all are to be read again."""
    from triage.app import eventing
    from triage.cli.event_screen import post_columns, show_drawn, warn_drawn
    from triage.core.countdown import parse_wall

    flags = globals_of(context)
    app = flags.app
    event, desk = found_event(flags, number)
    zone = tz or event.zone
    made = eventing.move(desk, event, parse_wall(at), zone)
    times.set_zone(zone)
    if flags.form() is not Format.TERMINAL:
        output.rows(list(made.planned), post_columns(app, made.event), flags.form())
    else:
        show_drawn(app, made, desk.most)
    warn_drawn(made)
    narrate.say_beside(
        f"Event {number} is moved; nothing goes out before you have read it again.",
        f"next: {program(app)} event review {number}",
    )


def desk_of(app: App, account: Account) -> Desk:
    """What working on the events of an account needs."""
    from triage.app.event_drawing import Desk
    from triage.delivery.templating import render

    channel = app.channel(account)
    return Desk(
        store=app.store,
        account=account,
        length=lambda text: channel.length(text, is_reply=False),
        most=channel.capabilities.max_length,
        render=render,
        agent=app.agent,
        now=app.now(),
    )


def found_event(flags: Globals, number: int) -> tuple[Event, Desk]:
    """The event of an id, of an account that `--account` leaves, and its desk."""
    from triage.app.eventing import find

    app = flags.app
    event = find(app.store, app.brand_id, number)
    account = next((a for a in app.accounts() if a.id == event.account_id), None)
    if account is None:
        raise NotFound(
            f"Event {number} is of another account.", hint="Leave --account out, or name that one."
        )
    times.set_zone(event.zone)
    return event, desk_of(app, account)
