"""`triage fetch`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from triage.app.checking import SKEW_HINT, skew_words
from triage.app.clock import watch_clock
from triage.app.fetching import Fetched, FetchOptions
from triage.app.running import FetchParts, FetchRun, SyncOptions, run_fetch
from triage.app.sweeping import SweepOptions
from triage.bootstrap import App
from triage.cli import narrate, output, signals
from triage.cli.alerting import send_after_fetch
from triage.cli.context import globals_of
from triage.cli.costing import warn_of_cost
from triage.cli.heartbeat import heartbeat
from triage.cli.keeping import forget_to_the_end, keep_house
from triage.cli.main import command
from triage.cli.options import examples, span
from triage.cli.output import iso
from triage.cli.syncing import narrate_synced
from triage.cli.times import clock_time, day_time
from triage.core.accounts import Account
from triage.core.gaps import gap_words
from triage.core.outbox import ReplyState
from triage.core.progress import Gap
from triage.core.queue import rough_span
from triage.core.text import handle_key
from triage.errors import RateLimited, TriageError, TryLater


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "fetch",
        epilog=examples(
            "triage fetch",
            "*/5 * * * *  triage fetch      # in a crontab: silent unless something is wrong",
        ),
    )(fetch)


def fetch(
    context: typer.Context,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Wait for another fetch to end.")
    ] = 0.0,
    deadline: Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="Stop after this time; the next fetch goes on."),
    ] = None,
) -> None:
    """Bring in mentions and our own answers, tag them, and start their clocks.

    Made for a cron: silent when all is well, one line when it is not.
    """
    flags = globals_of(context)
    with _told_if_stopped(), heartbeat(flags.app) as begun:
        most = None if deadline is None else span(deadline, "--deadline")
        run = fetch_all(flags.app, wait_s=wait, deadline=most, begun=begun)
        if flags.as_json:
            output.document([_item(one) for one in run.fetched])
        _narrate(run, flags.app.now())
        warn_of_cost(flags.app)
        send_after_fetch(flags.app)
        _raise_failures(run, flags.app.now())


@contextmanager
def _told_if_stopped() -> Iterator[None]:
    """Say in a cron's mail that a time limit or a shutdown ended the run, which does no harm."""
    try:
        yield
    except KeyboardInterrupt:
        name = signals.received()
        if name is not None:
            narrate.warn(
                f"triage: Stopped by {name}. What was stored is kept; the next fetch goes on from "
                f"there. (exit {signals.exit_code()})"
            )
        raise


def fetch_all(
    app: App,
    *,
    wait_s: float = 0.0,
    deadline: int | None = None,
    begun: Callable[[], None] = lambda: None,
) -> FetchRun:
    """Fetch every account that the configuration names; `demo` does the same.

    Args:
        app: The program.
        wait_s: How long to wait for another fetch that is running, seconds.
        deadline: How long this one may take, ms; the configuration's by default.
        begun: Called when no other fetch is in the way.

    Raises:
        Busy: Another fetch is running.
        ConfigError: The configuration cannot be used.
    """
    settings_file = app.settings_file
    options = settings_file.fetch
    with app.lock("fetch", wait_s=wait_s):
        begun()
        until = time.monotonic() + (deadline or options.deadline) / 1000
        app.time_left_s = lambda: until - time.monotonic()
        store = app.create_store()
        watch_clock(store, app.clocks())
        settings, source_hash = app.compile_settings()
        applied = app.apply_settings(settings, source_hash)
        if applied.changed and not applied.first:
            narrate.say(
                f"The configuration was applied: {_count(applied.judged.threads, 'thread')} "
                "judged again."
            )
        parts = FetchParts(
            store=store,
            accounts=app.meters.plan(configured(app)),
            sender_for=app.sender,
            options=FetchOptions(
                since=options.since,
                overlap=options.overlap,
                is_over=lambda: time.monotonic() >= until,
                sweep=SweepOptions(options.sweep_every, options.sweep),
                context=options.context_budget,
            ),
            sync=SyncOptions(settings_file.sync.every, settings_file.sync.budget),
            now=app.now,
            tagger_for=app.tagger_for,
        )
        forget_to_the_end(app)
        run = run_fetch(parts)
        keep_house(app)
        return run


def configured(app: App) -> list[Account]:
    """The accounts of the store that the configuration names, less what `--account` leaves out."""
    named = {(a.channel, handle_key(a.handle)) for a in app.settings_file.accounts}
    return [a for a in app.accounts() if (a.channel, handle_key(a.handle)) in named]


def _item(one: Fetched) -> dict[str, object]:
    return {
        "account": one.account.handle,
        "channel": one.account.channel,
        "new_mentions": one.saved.new_mentions,
        "new_own": one.saved.new_own,
        "changed": one.saved.changed,
        "left_out": one.saved.left_out,
        "missed": None if one.swept is None else one.swept.missed,
        "gaps": [_gap_item(gap) for gap in one.gaps],
        "problems": list(one.problems),
        "waiting_until_at": iso(one.waiting_until),
        "error": None if one.error is None else one.error.message,
    }


def _gap_item(gap: Gap) -> dict[str, object]:
    return {
        "after_id": gap.after_id,
        "before_id": gap.before_id,
        "after_at": iso(gap.after_at),
        "before_at": iso(gap.before_at),
        "about": gap.about,
    }


def _narrate(run: FetchRun, now: int) -> None:
    for one in run.fetched:
        _narrate_account(one, now)
    for synced in run.synced:
        narrate_synced(synced)
    if run.skew is not None:
        narrate.warn(f"{skew_words(run.skew)} {SKEW_HINT}")
    if run.restored:
        narrate.warn("The database was restored or copied: the outbox waited for our timeline.")
    for settled in run.settled:
        for reply in settled.sent:
            narrate.warn(f"Reply {reply.id} was found on our timeline: it was sent.")
        for reply in settled.asked:
            narrate.warn(
                f"Reply {reply.id} was not found on our timeline. Decide: "
                f"triage outbox settle {reply.id} --sent URL | --resend | --cancel"
            )
    _narrate_undone(run)
    for reply in run.sent:
        words = "sent" if reply.state is ReplyState.SENT else f"{reply.state.value}: {reply.detail}"
        tell = narrate.say if reply.state is ReplyState.SENT else narrate.warn
        tell(f"Reply {reply.id} {words}.")


def _narrate_undone(run: FetchRun) -> None:
    for undone in run.undone:
        for reply in undone.deleted:
            narrate.warn(f"Reply {reply.id} was taken back, as somebody had asked.")
        for _, why in undone.failed:
            narrate.warn(why)


def _narrate_account(one: Fetched, now: int) -> None:
    name = f"@{one.account.handle}"
    if one.waiting_until is not None:
        narrate.say(
            f"{name}: the channel asked to wait until {clock_time(one.waiting_until)} "
            f"(in {rough_span(one.waiting_until - now)}); nothing was asked."
        )
    elif one.error is None:
        ours = f", {one.saved.new_own} of ours" if one.saved.new_own else ""
        narrate.say(f"{name}: {_count(one.saved.new_mentions, 'new mention')}{ours}.")
    if one.saved.left_out:
        number = _count(one.saved.left_out, "post")
        narrate.say(f"{name}: {number} of forgotten customers left out.")
    if one.problems:
        number = _count(len(one.problems), "post")
        narrate.warn(f"{name}: {number} could not be read, such as {one.problems[0]}")
    for gap in one.gaps:
        narrate.warn(
            f"{name}: a gap in {gap.stream}: the channel gave no more than its newest posts; "
            f"{gap_words(gap, lambda at: day_time(at, now))} may be missing."
        )
    if one.swept is not None and one.swept.missed:
        number = _count(one.swept.missed, "mention")
        narrate.warn(f"{name}: a sweep found {number} that X had left out before.")
    if one.put_off is not None:
        narrate.say(f"{name}: {one.put_off.message}; the sweep and the threads' posts come later.")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _raise_failures(run: FetchRun, now: int) -> None:
    failed = [one for one in run.fetched if one.error is not None]
    if not failed:
        if run.outbox_error is not None:
            raise run.outbox_error
        return
    for one in failed[:-1]:
        if one.error is not None:
            narrate.warn(f"@{one.account.handle}: {one.error.message}")
    last = failed[-1]
    error = _with_rescue(last, now)
    kinds = {type(one.error) for one in failed}
    if len(failed) < len(run.fetched) or len(kinds) > 1:
        # Some accounts are up to date and some are not: neither "done" nor "try later".
        raise TriageError(
            f"@{last.account.handle}: {error.message}", reason=error.reason, hint=error.hint
        )
    raise error


def _with_rescue(one: Fetched, now: int) -> TriageError:
    """The error, saying what was saved before it."""
    error = one.error or TriageError("")
    parts = [error.reason]
    if isinstance(error, RateLimited):
        wait = rough_span(error.reset_at - now)
        parts = [f"It may be asked again at {clock_time(error.reset_at)} (in {wait})."]
        error.hint = "Nothing to do: the next scheduled fetch continues from there."
    if one.saved.new_mentions:
        were = "was" if one.saved.new_mentions == 1 else "were"
        parts.append(f"{_count(one.saved.new_mentions, 'new mention')} {were} saved before that.")
    error.reason = " ".join(p for p in parts if p)
    if isinstance(error, TryLater) and not error.hint:
        error.hint = "Nothing to do: the next scheduled fetch continues from there."
    return error
