"""`triage outbox`: what became of every reply, and what only a person can decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from triage.app.guards import HELD, PAUSED
from triage.bootstrap import App
from triage.cli import narrate, output, times
from triage.cli.context import Globals, globals_of
from triage.cli.groups import group, subcommand
from triage.cli.options import Csv, examples
from triage.cli.output import Format, iso
from triage.cli.putting_off import cancel, say_outlooks, schedule
from triage.cli.sending import (
    account_of,
    ask,
    finish,
    listed,
    program,
    reply_columns,
    reply_of,
)
from triage.cli.thread_lines import collapsed
from triage.cli.threads import finish_thread, say_rest, turn_of
from triage.cli.undo import undo
from triage.core.outbox import ASK_AFTER, FINAL, ReplyState
from triage.core.queue import short_span
from triage.core.records import Reply
from triage.errors import FateUnknown, RateLimited, Refused, UsageError

if TYPE_CHECKING:
    from triage.app.fetching import FetchOptions
    from triage.app.replying import Sender

_PENDING = tuple(s for s in ReplyState if s not in FINAL)
_LOCK_WAIT_S = 30.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    outbox = group(
        app,
        "outbox",
        _by_itself,
        epilog=examples("triage outbox", "triage outbox settle 7", "triage outbox pause"),
    )
    add = subcommand(outbox)
    add("list", examples("triage outbox list", "triage outbox list --all --csv"))(_list)
    add(
        "settle",
        examples(
            "triage outbox settle 7",
            "triage outbox settle 7 --sent https://x.com/acme/status/1993…",
            "triage outbox settle 7 --resend",
        ),
    )(settle)
    add(
        "schedule",
        examples(
            'triage outbox schedule 7 --at "tomorrow 9:00"', "triage outbox schedule 7 --when-open"
        ),
    )(schedule)
    add("cancel", examples("triage outbox cancel 7", "triage outbox cancel 7 --json"))(cancel)
    add("undo", examples("triage outbox undo 7", "triage outbox undo 7 -y"))(undo)
    add("pause", examples("triage outbox pause", "triage outbox pause --json"))(pause)
    add("resume", examples("triage outbox resume", "triage outbox resume --json"))(resume)


def _by_itself(context: typer.Context) -> None:
    """See what became of replies, settle one of unknown fate, stop and resume all sending."""
    if context.invoked_subcommand is None:
        _show_list(globals_of(context), globals_of(context).form(), _PENDING)


def _list(
    context: typer.Context,
    show_all: Annotated[
        bool, typer.Option("--all", "-a", help="Also what was sent or given up.")
    ] = False,
    csv: Csv = False,
) -> None:
    """List replies that are on their way, or that wait for a person."""
    flags = globals_of(context)
    _show_list(flags, flags.form(as_csv=csv), tuple(ReplyState) if show_all else _PENDING)


def _show_list(flags: Globals, form: Format, states: tuple[ReplyState, ...]) -> None:
    app = flags.app
    found = listed(app, states)
    _set_zone(app)
    paused = app.store.settings.get(PAUSED)
    held = app.store.settings.get(HELD)
    columns = reply_columns(app)
    if form is Format.JSON:
        items = [{c.key: c.value(reply) for c in columns} for reply in found]
        output.document(items, is_paused=paused is not None, is_held=held is not None)
        return
    if form is Format.TERMINAL:
        _say_stopped(paused, held, program(app))
        found = collapsed(app, found)
    output.rows(found, columns, form)
    if form is Format.TERMINAL:
        say_outlooks(app, found)
        _hint(found, program(app))


def _say_stopped(paused: str | None, held: str | None, name: str) -> None:
    if paused is not None:
        narrate.warn(f"All sending is paused ({paused}). Go on: {name} outbox resume")
    if held is not None:
        narrate.warn(
            "The database was restored or copied; nothing is sent before our own timeline was "
            f"read: {name} fetch"
        )


def _hint(found: list[Reply], name: str) -> None:
    unknown = next((r for r in found if r.state is ReplyState.UNKNOWN), None)
    if not found:
        narrate.say("The outbox is empty.")
    elif unknown is not None:
        narrate.say()
        narrate.say(f"next: {name} outbox settle {unknown.id}")


def settle(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="A reply's id.")],
    sent: Annotated[
        str | None, typer.Option("--sent", metavar="POST", help="It is public: its URL or id.")
    ] = None,
    resend: Annotated[
        bool, typer.Option("--resend", help="It is not public: send it again now.")
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="It is not public, and need not be.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Resend without asking.")] = False,
) -> None:
    """Find out what became of a reply of unknown fate; without an option, look for it now.

    What is found on our own timeline is settled as sent. Not finding it proves nothing, so only a
    person may say that it is not public: look at the account in a browser before you do.
    """
    flags = globals_of(context)
    if sum((sent is not None, resend, cancel)) > 1:
        raise UsageError("--sent, --resend and --cancel exclude one another.", hint="Give one.")
    reply = turn_of(flags.app, reply_of(flags.app, number))
    if sent is not None:
        _settle_as_sent(flags, reply, sent)
    elif resend:
        _resend(flags, reply, yes=yes)
    elif cancel:
        _cancel(flags, reply)
    else:
        _look(flags, reply)


def _settle_as_sent(flags: Globals, reply: Reply, post: str) -> None:
    from triage.app.outbox import settle_as_sent

    app = flags.app
    account = account_of(app, reply)
    finish(flags, settle_as_sent(app.store, account, reply.id, post, app.now(), app.tagger_for))
    say_rest(app, reply)


def _resend(flags: Globals, reply: Reply, *, yes: bool) -> None:
    from triage.app.outbox import settle_by_hand
    from triage.app.thread_sending import send_thread
    from triage.cli.standing import pressed

    app = flags.app
    _require_unknown(reply)
    if not yes and not flags.may_ask:
        raise UsageError(
            "Nothing was sent: nobody can be asked here.",
            reason="If the reply is public after all, it will be there twice.",
            hint=f"Resend without asking: {program(app)} outbox settle {reply.id} --resend -y",
        )
    if not yes:
        output.indented(reply.text)
        question = "It may be public already. y send it again, q cancel [q]:"
        if ask(question, "q")[:1] != "y":
            narrate.say(f"Nothing was sent; reply {reply.id} stays locked.")
            return
    # Whatever stops sending is met before the reply loses its lock.
    sender = app.sender(account_of(app, reply))
    found = _find(app, sender, reply)
    if found is not None:
        narrate.say("It is on our timeline already; nothing was sent.")
        finish(flags, found)
        return
    press = pressed(app, reply)
    settle_by_hand(app.store, app.brand_id, reply.id, app.agent, app.now(), resend=True)
    finish_thread(flags, send_thread(sender, reply.id, press))


def _find(app: App, sender: Sender, reply: Reply) -> Reply | None:
    """Look once more whether it is public: a person may have overlooked it."""
    from triage.app.outbox import settle_by_timeline
    from triage.app.replying import get_reply

    sender.look(reply)
    settle_by_timeline(app.store, sender.account, app.now(), app.tagger_for)
    after = get_reply(app.store, reply.id)
    return after if after.state is ReplyState.SENT else None


def _cancel(flags: Globals, reply: Reply) -> None:
    from triage.app.outbox import settle_by_hand

    app = flags.app
    done = settle_by_hand(app.store, app.brand_id, reply.id, app.agent, app.now(), resend=False)
    if flags.form() is not Format.TERMINAL:
        output.rows([done], reply_columns(app), flags.form())
    narrate.say(f"Reply {reply.id} is given up as not sent.")


def _look(flags: Globals, reply: Reply) -> None:
    """Read our own timeline now, and settle by what is there."""
    from triage.app.fetching import read_own
    from triage.app.judging import judge_pending
    from triage.app.outbox import recover_orphans, settle_by_timeline
    from triage.app.replying import get_reply

    app = flags.app
    account = account_of(app, reply)
    sender = app.sender(account)
    if reply.state is ReplyState.SENDING:
        recover_orphans(sender)
        reply = get_reply(app.store, reply.id)
    _require_unknown(reply)
    with app.lock("fetch", wait_s=_LOCK_WAIT_S):
        try:
            read_own(app.store, sender.channel, account, _options(app), app.now)
        except RateLimited as limit:
            limit.hint = f"Try again at {_local_time(app, limit.reset_at)}."
            raise
        judge_pending(app.store, app.brand_id, app.tagger_for)
        settle_by_timeline(app.store, account, app.now(), app.tagger_for)
    app.store.index_search()
    after = get_reply(app.store, reply.id)
    if after.state is not ReplyState.SENT:
        raise _undecided(app, after)
    narrate.say("It is on our timeline.")
    finish(flags, after)
    say_rest(app, after)


def _local_time(app: App, ms: int) -> str:
    _set_zone(app)
    return times.clock_time(ms)


def _set_zone(app: App) -> None:
    judge = app.store.settings.current()
    times.set_zone(judge.settings.time_zone if judge else "UTC")


def _options(app: App) -> FetchOptions:
    from triage.app.fetching import FetchOptions

    told = app.settings_file.fetch
    return FetchOptions(since=told.since, overlap=told.overlap)


def _require_unknown(reply: Reply) -> None:
    if reply.state is not ReplyState.UNKNOWN:
        raise Refused(
            f"Reply {reply.id} is {reply.state.value}; there is nothing to settle.",
            reason=reply.detail,
            hint="See `triage outbox list --all`.",
        )


def _undecided(app: App, reply: Reply) -> FateUnknown:
    since = app.now() - (reply.attempted_at or reply.created_at)
    early = since < ASK_AFTER
    soon = (
        f"It was tried only {short_span(since)} ago: look again in some minutes. " if early else ""
    )
    name = f"{program(app)} outbox settle {reply.id}"
    return FateUnknown(
        f"Reply {reply.id} is not on our timeline, which proves nothing.",
        reason=f"{soon}It stays locked so that it cannot go out twice.",
        hint=f"Look at @{account_of(app, reply).handle} in a browser, then decide.\n"
        f"  It is there: {name} --sent URL\n"
        f"  It is not: {name} --resend, or {name} --cancel",
    )


def pause(context: typer.Context) -> None:
    """Stop all sending at once, on every account, until `outbox resume`."""
    from triage.app import outbox

    flags = globals_of(context)
    app = flags.app
    before = app.store.settings.get(PAUSED)
    if before is None:
        outbox.pause(app.store, app.brand_id, app.agent, app.now(), f"since {iso(app.now())}")
        words = f"All sending is paused. Go on: {program(app)} outbox resume"
    else:
        words = f"All sending was paused already ({before})."
    _tell_paused(flags, words, is_paused=True)


def resume(context: typer.Context) -> None:
    """Let replies go out again."""
    from triage.app import outbox

    flags = globals_of(context)
    app = flags.app
    if app.store.settings.get(PAUSED) is None:
        words = "Sending was not paused."
    else:
        outbox.resume(app.store, app.brand_id, app.agent, app.now())
        waiting = len(listed(app, (ReplyState.QUEUED,)))
        words = "Replies go out again" + (
            f"; the next fetch sends {waiting} that wait." if waiting else "."
        )
    _tell_paused(flags, words, is_paused=False)


def _tell_paused(flags: Globals, words: str, *, is_paused: bool) -> None:
    if flags.as_json:
        output.document([{"is_paused": is_paused}])
    narrate.say(words)
