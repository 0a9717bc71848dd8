"""`triage sync`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from triage.app.judging import judge_pending
from triage.app.running import purge_all
from triage.app.syncing import AT_ONCE, Synced, sync_account, sync_posts
from triage.bootstrap import App
from triage.cli import output
from triage.cli.acts import find
from triage.cli.context import Globals, globals_of
from triage.cli.fetch import configured
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.syncing import narrate_synced
from triage.core.accounts import Account
from triage.core.channel import Absence
from triage.core.records import ConversationView
from triage.errors import RateLimited, TriageError, UsageError

_MOST = 10_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "sync",
        epilog=examples("triage sync 41", "triage sync --budget 500"),
    )(sync)


def sync(
    context: typer.Context,
    references: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Only these conversations.")
    ] = None,
    budget: Annotated[
        int,
        typer.Option(metavar="POSTS", min=1, max=_MOST, help="Read so many again, per account."),
    ] = AT_ONCE,
) -> None:
    """Read stored posts again: follow what was edited, deleted or kept back since.

    Open conversations come first, then recent posts and older ones in turn. The words of what is
    not shown any more leave the database; times and waits stay. X charges each post once a day.
    """
    flags = globals_of(context)
    app = flags.app
    with app.lock("fetch", wait_s=0.0):
        synced = list(_synced(flags, references or [], budget))
        for brand_id in sorted({one.account.brand_id for one in synced}):
            judge_pending(app.store, brand_id, app.tagger_for)
        app.store.index_search()
        purged = purge_all(app.store, [one.account for one in synced], app.now())
    if flags.as_json:
        output.document([_item(one, purged) for one in synced])
    for one in synced:
        narrate_synced(one)
    _raise_failures(synced)


def _synced(flags: Globals, references: Sequence[str], budget: int) -> Iterator[Synced]:
    app = flags.app
    if not references:
        accounts = configured(app)
        if not accounts:
            raise UsageError(
                "No account of the configuration was fetched yet.", hint="Run `triage fetch`."
            )
        for account in accounts:
            yield sync_account(app.store, app.channel(account), account, budget, app.now)
        return
    talks = [find(flags, reference) for reference in references]
    for account in configured(app):
        mine = [talk.id for talk in talks if _reader_of(app, talk).id == account.id]
        if mine:
            posts = app.store.following.of_conversations(mine)[:budget]
            yield sync_posts(app.store, app.channel(account), account, posts, app.now)


def _reader_of(app: App, talk: ConversationView) -> Account:
    """The account that a conversation is counted under; failing that, the first of its channel."""
    accounts = [a for a in configured(app) if a.channel == talk.channel]
    if not accounts:
        raise UsageError(
            f"#{talk.id} was imported: there is no channel to read it from.",
            hint="Name a conversation that was fetched.",
        )
    return next((a for a in accounts if a.id == talk.account_id), accounts[0])


def _item(one: Synced, purged: int) -> dict[str, object]:
    return {
        "account": one.account.handle,
        "channel": one.account.channel,
        "asked": one.asked,
        "edited": list(one.edited),
        **{why.value: [i for i, w in one.absent.items() if w is why] for why in Absence},
        "shown_again": list(one.back),
        "without_a_word": one.silent,
        "purged": purged,
        "error": None if one.error is None else one.error.message,
    }


def _raise_failures(synced: Sequence[Synced]) -> None:
    failed = [one for one in synced if one.error is not None]
    if not failed:
        return
    error = failed[-1].error or TriageError("")
    if isinstance(error, RateLimited) and not error.hint:
        error.hint = "Nothing to do: the next run goes on from there."
    raise error
