"""`triage event`: posts that count down to something with a date."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.cli import narrate, output, times
from triage.cli.context import Globals, globals_of
from triage.cli.event_add import EXAMPLE, Number, add, found_event, move
from triage.cli.groups import group, subcommand
from triage.cli.options import Csv, examples
from triage.cli.output import Format
from triage.cli.sending import program
from triage.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = group(
        app, "event", _by_itself, epilog=examples(EXAMPLE, "triage event", "triage event review 1")
    )
    add_ = subcommand(made)
    add_("list", examples("triage event list", "triage event list --all --json"))(_list)
    add_("add", examples(EXAMPLE, "triage event add -f sale.toml --dry-run"))(add)
    add_("show", examples("triage event show 1", "triage event show 1 --json"))(show)
    add_("preview", examples("triage event preview 1", "triage event preview 1 --json"))(preview)
    add_(
        "review",
        examples(
            "triage event review 1",
            "triage event review 1 --approve 7d --approve 3d",
            'triage event review 1 --edit 0 --text "It is today!"',
        ),
    )(review)
    add_(
        "move",
        examples(
            'triage event move 1 --at "2026-12-12 09:00"',
            'triage event move 1 --at "2026-12-12 09:00" --tz Europe/Madrid',
        ),
    )(move)
    add_("cancel", examples("triage event cancel 1", "triage event cancel 1 --json"))(cancel)
    add_("release", examples("triage event release 1", "triage event release 1 3d"))(release)
    add_(
        "run",
        examples(
            "triage event run", "* * * * *  triage event run      # in a crontab: to the minute"
        ),
    )(run)
    add_("report", examples("triage event report 1", "triage event report 1 --waiting"))(report)


def _by_itself(context: typer.Context) -> None:
    """Count down to events: posts with "3 days until", reviewed, each at its time and once."""
    if context.invoked_subcommand is None:
        _show_list(globals_of(context), globals_of(context).form(), show_all=False)


def _list(
    context: typer.Context,
    show_all: Annotated[
        bool, typer.Option("--all", "-a", help="Also what is over or cancelled.")
    ] = False,
    csv: Csv = False,
) -> None:
    """List events that are to come, the next first."""
    flags = globals_of(context)
    _show_list(flags, flags.form(as_csv=csv), show_all=show_all)


def _show_list(flags: Globals, form: Format, *, show_all: bool) -> None:
    from triage.cli.event_screen import event_columns, lines_of, say_held, say_spike

    app = flags.app
    found = lines_of(app, app.store.events.all(app.brand_id))
    if app.only_accounts:
        ours = {a.id for a in app.accounts()}
        found = [x for x in found if x.event.account_id in ours]
    if not show_all:
        found = [
            x
            for x in found
            if x.event.cancelled_at is None and (x.event.at > app.now() or x.next is not None)
        ]
    output.rows(found, event_columns(app), form)
    if form is not Format.TERMINAL:
        return
    say_held(app, found)
    if found:
        say_spike(app)
    unread = next((x for x in found if "to review" in x.state(app.now())), None)
    if not found:
        narrate.say(f"There is no event to come. Add one: {program(app)} event add --help")
    elif unread is not None:
        narrate.say()
        narrate.say(f"next: {program(app)} event review {unread.event.id}")


def show(context: typer.Context, number: Number, csv: Csv = False) -> None:
    """Show an event: each post, how far it is and why, and how it was received."""
    from triage.app.eventing import standing_posts
    from triage.cli import event_screen

    flags = globals_of(context)
    app, form = flags.app, flags.form(as_csv=csv)
    event, _ = found_event(flags, number)
    posts = standing_posts(app.store, event)
    columns = event_screen.post_columns(app, event)
    if form is Format.JSON:
        (line,) = event_screen.lines_of(app, [event])
        about = {c.key: c.value(line) for c in event_screen.event_columns(app)}
        output.document([{c.key: c.value(p) for c in columns} for p in posts], event=about)
        return
    if form is not Format.TERMINAL:
        output.rows(posts, columns, form)
        return
    event_screen.head(app, event)
    output.line()
    output.rows(posts, columns, form)
    output.line()
    event_screen.say_outlooks(app, event, posts)
    event_screen.say_heard(app.store.events.reception(event.id))


def preview(context: typer.Context, number: Number) -> None:
    """Show each post that is to come in full, as it will read."""
    from triage.app.eventing import standing_posts
    from triage.cli.event_screen import head, post_columns, show_text, state_words

    flags = globals_of(context)
    event, desk = found_event(flags, number)
    posts = [p for p in standing_posts(desk.store, event) if p.is_waiting]
    if flags.form() is not Format.TERMINAL:
        output.rows(posts, post_columns(flags.app, event), flags.form())
        return
    head(flags.app, event)
    for planned in posts:
        output.line()
        when = times.day_time(planned.post.due_at, desk.now)
        text = planned.reply.text
        title = f"{planned.post.step}, {when}, {state_words(planned)}"
        show_text(title, text, desk.length(text), desk.most)
    if not posts:
        narrate.say("Nothing of it is still to come.")


def review(
    context: typer.Context,
    number: Number,
    approve: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="It was read and may go out.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="It is not to go out.")
    ] = None,
    edit: Annotated[
        str | None, typer.Option(metavar="STEP", help="Give it another --text.")
    ] = None,
    text: Annotated[str | None, typer.Option(metavar="TEXT", help="For --edit.")] = None,
    show_all: Annotated[
        bool, typer.Option("--all", "-a", help="Also those that were approved.")
    ] = False,
) -> None:
    """Read each post, and approve, edit or skip it; nothing goes out that nobody has read.

    What is approved is exactly the text that is shown. There is no option that approves all at
    once: name the steps.
    """
    from triage.app.eventing import standing_posts
    from triage.cli.event_review import by_hand, by_script, refuse_unasked

    flags = globals_of(context)
    event, desk = found_event(flags, number)
    if (edit is None) != (text is None):
        raise UsageError("--edit and --text go together.", hint='Such as: --edit 0 --text "Now!"')
    if approve or skip or edit is not None:
        by_script(flags, desk, event, approve=approve or (), skip=skip or (), edit=edit, text=text)
        return
    waiting = [p for p in standing_posts(desk.store, event) if p.is_waiting]
    chosen = [p for p in waiting if show_all or not p.is_reviewed]
    if not chosen:
        narrate.say(f"Nothing of event {event.id} is left to review.")
        return
    refuse_unasked(flags, event, chosen)
    by_hand(flags, desk, event, chosen)


def cancel(context: typer.Context, number: Number) -> None:
    """Call an event off, with every post of it that has not left."""
    from triage.app import eventing
    from triage.cli.event_screen import post_columns

    flags = globals_of(context)
    event, desk = found_event(flags, number)
    given_up = eventing.cancel(desk, event)
    if flags.form() is not Format.TERMINAL:
        output.rows(given_up, post_columns(flags.app, event), flags.form())
    many = "1 post is" if len(given_up) == 1 else f"{len(given_up)} posts are"
    narrate.say(f"Event {number} is cancelled; {many} given up.")


def release(
    context: typer.Context,
    number: Number,
    step: Annotated[
        str | None, typer.Argument(metavar="[STEP]", help="Which post; all that are held.")
    ] = None,
) -> None:
    """Let posts go out that are held since complaints spike."""
    from triage.app import eventing
    from triage.cli.event_screen import outlook_words, post_columns

    flags = globals_of(context)
    event, desk = found_event(flags, number)
    done = eventing.release(desk, event, step)
    if flags.form() is not Format.TERMINAL:
        output.rows(done, post_columns(flags.app, event), flags.form())
    for planned in done:
        narrate.say(f"{planned.post.step}: {outlook_words(flags.app, event, planned)}.")


def run(context: typer.Context) -> None:
    """Post what is due now, once; `triage fetch` does it too, whenever it runs.

    Made for a cron that runs every minute: it asks nobody anything and says nothing when nothing
    is due. What was not reviewed, or is not true any more, does not go out.
    """
    from triage.cli.event_run import run_due

    run_due(globals_of(context))


def report(
    context: typer.Context,
    number: Number,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Instead those of them who still wait.")
    ] = False,
    csv: Csv = False,
) -> None:
    """Tell how an event was received: who answered or quoted each post, and of which kind."""
    from triage.cli import event_screen
    from triage.cli.event_run import posts_heard, still_waiting
    from triage.cli.queue import show_lines

    flags = globals_of(context)
    app, form = flags.app, flags.form(as_csv=csv)
    event, _ = found_event(flags, number)
    reception = app.store.events.reception(event.id)
    left = still_waiting(app, reception)
    if waiting:
        show_lines(app, left, form)
        if not left:
            narrate.say("Nobody of them waits.")
        return
    found = posts_heard(app, event, reception)
    if form is not Format.TERMINAL:
        output.rows(found, event_screen.report_columns(), form)
        return
    event_screen.head(app, event)
    output.line()
    output.rows(found, event_screen.report_columns(), form)
    output.line()
    event_screen.say_heard(reception)
    if left:
        many = "1 of them waits" if len(left) == 1 else f"{len(left)} of them wait"
        narrate.say(f"{many}: {program(app)} event report {event.id} --waiting")
    elif not found:
        narrate.say("None of its posts is public yet.")
    elif not reception:
        narrate.say("Nobody has answered or quoted them.")
