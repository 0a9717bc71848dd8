"""`triage action`: what was done about a theme, from the first word of it to who was told."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.app.parts import CANCELLABLE
from triage.cli import narrate, output
from triage.cli.action_report import report
from triage.cli.action_review import review
from triage.cli.action_send import send
from triage.cli.action_tell import tell
from triage.cli.actors import actor_of
from triage.cli.context import Globals, globals_of
from triage.cli.groups import group, subcommand
from triage.cli.moments import day, end, moment, zone_of
from triage.cli.options import Csv, examples
from triage.cli.output import Column, Format, iso
from triage.cli.sending import program
from triage.core.kinds import DAY
from triage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage.bootstrap import App
    from triage.core.actions import Action, Told

_SINCE = 90 * DAY
_OWNER_FROM, _DUE_FROM = 56, 72
"""Terminal widths from which a column is shown."""

Number = Annotated[int, typer.Argument(metavar="ID", help="An action's id.")]
Theme = Annotated[str, typer.Option("--theme", metavar="THEME", help="What it is about.")]
Owner = Annotated[
    str | None, typer.Option("--owner", metavar="WHO", help="Who sees to it, such as ana.")
]
Due = Annotated[
    str | None, typer.Option("--due", metavar="DATE", help="Until when, such as 2026-12-01.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = group(
        app,
        "action",
        _by_itself,
        epilog=examples(
            'triage action add "Refunds now within 3 days" --theme refund --since 2026-10-01',
            "triage action done 3",
            "triage action tell 3",
        ),
    )
    add = subcommand(made)
    add(
        "add",
        examples(
            'triage action add "Refunds now within 3 days" --theme refund --since 2026-10-01',
            'triage action add "New tills" --theme outage --owner ana --due 2026-12-01',
        ),
    )(add_)
    add("list", examples("triage action list", "triage action list --all --json"))(_list)
    add("show", examples("triage action show 3", "triage action show 3 --json"))(show)
    add(
        "edit",
        examples("triage action edit 3 --owner bo", 'triage action edit 3 --title "..." --no-due'),
    )(edit)
    add("done", examples("triage action done 3", "triage action done 3 --on 2026-11-28"))(done)
    add("drop", examples("triage action drop 3", "triage action drop 3 --json"))(drop)
    add(
        "tell",
        examples(
            "triage action tell 3",
            'triage action tell 3 --text "{{ customer.first_name }}: {{ action.title }}."',
            "triage action tell 3 -F message.txt",
        ),
    )(tell)
    add("review", examples("triage action review 3", "triage action review 3 --approve 7"))(review)
    add("send", examples("triage action send 3", "triage action send 3 -y"))(send)
    add("report", examples("triage action report 3", "triage action report 3 --json"))(report)


class Line(NamedTuple):
    """An action in a list.

    Attributes:
        raised: How many people raised its theme in time.
    """

    action: Action
    state: str
    raised: int
    told: list[Told]

    @property
    def sent(self) -> int:
        """How many were told."""
        return sum(t.standing.value == "told" for t in self.told)


def _by_itself(context: typer.Context) -> None:
    """Note what was done about a theme, tell those who asked for it, and see what came of it."""
    if context.invoked_subcommand is None:
        _show_list(globals_of(context), globals_of(context).form(), show_all=False)


def _list(
    context: typer.Context,
    show_all: Annotated[bool, typer.Option("--all", "-a", help="Also what was given up.")] = False,
    csv: Csv = False,
) -> None:
    """List actions, oldest first."""
    flags = globals_of(context)
    _show_list(flags, flags.form(as_csv=csv), show_all=show_all)


def _show_list(flags: Globals, form: Format, *, show_all: bool) -> None:
    app = flags.app
    zone_of(app)
    found = [_line(app, a) for a in app.store.actions.all(app.brand_id)]
    shown = [line for line in found if show_all or line.state != "dropped"]
    output.rows(shown, _columns(), form)
    if form is not Format.TERMINAL:
        return
    narrate.say()
    name = program(app)
    if not shown:
        narrate.say(f'There is no action. Add one: {name} action add "..." --theme refund')
    else:
        narrate.say(f"next: {name} action show {shown[-1].action.id}")


def _line(app: App, action: Action) -> Line:
    from triage.app.persons import who_is_who

    now = app.now()
    until = action.until(now)
    mentions = app.store.themes.raised(app.brand_id, action.since_at, until, action.theme)
    who_is = who_is_who(app.store, app.brand_id)
    people = {who_is(m.customer_id) for m in mentions}
    return Line(action, action.state(now).value, len(people), app.store.actions.told(action.id))


def _columns() -> list[Column[Line]]:
    return [
        Column("id", lambda x: x.action.id, "ID", right=True),
        Column("state", lambda x: x.state, "STATE", style=_style),
        Column("theme", lambda x: x.action.theme, "THEME"),
        Column("title", lambda x: x.action.title, "WHAT", wide=True),
        Column("owner", lambda x: x.action.owner, "OWNER", at_least=_OWNER_FROM),
        Column("since_at", lambda x: iso(x.action.since_at)),
        Column(
            "due_at",
            lambda x: iso(x.action.due_at),
            "DUE",
            lambda x: _due(x.action),
            at_least=_DUE_FROM,
        ),
        Column("done_at", lambda x: iso(x.action.done_at)),
        Column("dropped_at", lambda x: iso(x.action.dropped_at)),
        Column("raised", lambda x: x.raised, "RAISED BY", right=True),
        Column("told", lambda x: x.sent, "TOLD", right=True),
        Column("created_at", lambda x: iso(x.action.created_at)),
        Column("created_by", lambda x: x.action.created_by),
    ]


def _style(line: Line) -> str:
    return {"overdue": "bold red", "done": "green"}.get(line.state, "")


def _due(action: Action) -> str:
    """The last day on which it is in time."""
    return "" if action.due_at is None else day(action.due_at - 1)


def _named(app: App, owner: str) -> str:
    """Whom a person means by a name or `me`. Raises `UsageError` for `none`."""
    if owner == "none":
        raise UsageError("--owner none is nobody.", hint="Leave it out, or write --no-owner.")
    return app.agent if owner == "me" else owner


def add_(
    context: typer.Context,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What you do, for customers.")],
    theme: Theme,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DATE", help="Who raised it from then on; 90 days ago."),
    ] = None,
    owner: Owner = None,
    due: Due = None,
) -> None:
    """Note what you do about a theme; those who raised it since can be told once it is done."""
    from triage.app.actions import add_action, check_owner, check_title
    from triage.cli.acts import named_theme
    from triage.core.actions import Action

    flags = globals_of(context)
    app = flags.app
    now = app.now()
    since_at = now - _SINCE if since is None else moment(app, since, "--since")
    if since_at > now:
        raise UsageError("--since is still to come.", hint="Name a day that is over.")
    action = Action(
        id=0,
        uuid=uuid.uuid4().hex,
        title=check_title(title),
        theme=named_theme(app, theme) or "",
        since_at=since_at,
        owner="" if owner is None else check_owner(_named(app, owner)),
        due_at=None if due is None else end(app, due, "--due"),
        done_at=None,
        dropped_at=None,
        created_at=now,
        created_by=app.agent,
    )
    saved = add_action(app.store, actor_of(app), action)
    line = _tell_one(flags, saved)
    name = program(app)
    people = "1 person has" if line.raised == 1 else f"{line.raised:,} people have"
    narrate.say_beside(
        f"Action {saved.id} is noted; {people} raised {saved.theme} since {day(saved.since_at)}.",
        f"when it is done: {name} action done {saved.id}",
    )


def _tell_one(flags: Globals, action: Action) -> Line:
    """Write an action for a script; give how it stands."""
    line = _line(flags.app, action)
    if flags.form() is not Format.TERMINAL:
        output.rows([line], _columns(), flags.form())
    return line


def show(context: typer.Context, number: Number) -> None:
    """Show an action: what, since when, whose, who raised it, and how far telling them is."""
    from triage.app.actions import get_action

    flags = globals_of(context)
    app = flags.app
    zone_of(app)
    line = _line(app, get_action(app.store, app.brand_id, number))
    form = flags.form()
    if form is Format.JSON:
        item = {c.key: c.value(line) for c in _columns()}
        output.document([{**item, "people": [_told_item(t) for t in line.told]}])
        return
    if form is not Format.TERMINAL:
        output.rows([line], _columns(), form)
        return
    _screen(app, line)


def _told_item(told: Told) -> dict[str, object]:
    return {
        "customer": told.handle,
        "conversation": told.conversation_id,
        "reply": told.reply_id,
        "state": told.standing.value,
        "reviewed_by": told.reviewed_by or None,
        "reviewed_at": iso(told.reviewed_at),
    }


def _screen(app: App, line: Line) -> None:
    from collections import Counter

    action = line.action
    output.spread(f"Action {action.id}: {action.title}", line.state)
    output.line()
    people = "1 person" if line.raised == 1 else f"{line.raised:,} people"
    until = "now" if action.done_at is None else day(action.done_at)
    cells = [
        ("about", action.theme),
        ("raised by", f"{people} from {day(action.since_at)} to {until}"),
        ("owner", action.owner or "nobody"),
        ("due", _due(action) or "no day"),
    ]
    if action.done_at is not None:
        cells.append(("done", day(action.done_at)))
    counts = Counter(t.standing.value for t in line.told)
    cells.append(("told", ", ".join(f"{n:,} {state}" for state, n in counts.items()) or "nobody"))
    cells.append(("added", f"{day(action.created_at)} by {action.created_by}"))
    output.grid(cells, wide=1)
    narrate.say()
    narrate.say(_next(app, line, counts))


@contextmanager
def _giving_up(app: App, number: int) -> Iterator[None]:
    """Tell how many messages a change gives up: those to people whom it concerns no more."""

    def waiting() -> int:
        return sum(told.state in CANCELLABLE for told in app.store.actions.told(number))

    before = waiting()
    yield
    gone = before - waiting()
    if gone:
        words = "1 message was" if gone == 1 else f"{gone:,} messages were"
        narrate.warn(f"{words} given up: whom they are to is concerned no more.")


def _next(app: App, line: Line, counts: dict[str, int]) -> str:
    name, number = program(app), line.action.id
    if line.state == "dropped":
        return "It was given up; nobody is told."
    if line.state != "done":
        return f"when it is done: {name} action done {number}"
    if counts.get("to review"):
        return f"next: {name} action review {number}"
    if counts.get("approved"):
        return f"next: {name} action send {number}"
    verb = "report" if counts.get("told") else "tell"
    return f"next: {name} action {verb} {number}"


def edit(
    context: typer.Context,
    number: Number,
    title: Annotated[str | None, typer.Option(metavar="TITLE", help="What you do.")] = None,
    theme: Annotated[str | None, typer.Option(metavar="THEME", help="What it is about.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Who raised it from then on.")
    ] = None,
    owner: Owner = None,
    no_owner: Annotated[bool, typer.Option("--no-owner", help="Nobody sees to it.")] = False,
    due: Due = None,
    no_due: Annotated[bool, typer.Option("--no-due", help="There is no day.")] = False,
    not_done: Annotated[bool, typer.Option("--not-done", help="It is not done after all.")] = False,
) -> None:
    """Change an action. What people were told of keeps its theme, and stays done."""
    from triage.app.actions import change_action, check_owner, check_title, get_action
    from triage.cli.acts import named_theme

    if (owner and no_owner) or (due and no_due):
        raise UsageError("Both a value and that there is none are given.", hint="Give one.")
    flags = globals_of(context)
    app = flags.app
    before = get_action(app.store, app.brand_id, number)
    after = before
    if title is not None:
        after = replace(after, title=check_title(title))
    if theme is not None:
        after = replace(after, theme=named_theme(app, theme) or "")
    if since is not None:
        after = replace(after, since_at=moment(app, since, "--since"))
    if owner is not None or no_owner:
        after = replace(after, owner="" if owner is None else check_owner(_named(app, owner)))
    if due is not None or no_due:
        after = replace(after, due_at=None if due is None else end(app, due, "--due"))
    if not_done:
        after = replace(after, done_at=None)
    if after == before:
        raise UsageError("Nothing is to be changed.", hint="Name what, such as --owner bo.")
    with _giving_up(app, number):
        saved = change_action(app.store, actor_of(app), before, after)
    _tell_one(flags, saved)
    narrate.say(f"Action {number} is changed.")


def done(
    context: typer.Context,
    number: Number,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Since when; now without it.")
    ] = None,
) -> None:
    """Note that an action is done: what is written from then on is about what you did."""
    from triage.app.actions import finish_action, get_action

    flags = globals_of(context)
    app = flags.app
    action = get_action(app.store, app.brand_id, number)
    at = app.now() if on is None else moment(app, on, "--on")
    with _giving_up(app, number):
        saved = finish_action(app.store, actor_of(app), action, at)
    line = _tell_one(flags, saved)
    zone_of(app)
    people = "1 person" if line.raised == 1 else f"{line.raised:,} people"
    narrate.say_beside(
        f"Action {number} is done since {day(at)}; {people} asked for it.",
        f"who can be told: {program(app)} action tell {number}",
    )


def drop(context: typer.Context, number: Number) -> None:
    """Give an action up; messages of it that have not left are given up too."""
    from triage.app.actions import drop_action, get_action

    flags = globals_of(context)
    app = flags.app
    action = get_action(app.store, app.brand_id, number)
    count = drop_action(app.store, actor_of(app), action)
    _tell_one(flags, get_action(app.store, app.brand_id, number))
    messages = f" {count} message{'s' * (count != 1)} will not go out." if count else ""
    narrate.say(f"Action {number} is given up.{messages}")
