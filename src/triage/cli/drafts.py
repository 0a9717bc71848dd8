"""`triage drafts`: replies that were typed and did not go out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from triage.app.acting import find_conversation
from triage.app.drafting import commit
from triage.app.parts import parts_of, to_send, whole_text
from triage.app.replying import new_draft, target_of
from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.costing import show_reply_cost, warn_beyond_cap
from triage.cli.event_posts import title_words, turn_away, way_on
from triage.cli.groups import group, subcommand
from triage.cli.kept import entries, entry_columns, kept_of
from triage.cli.looking import check, check_again, news, still_fine
from triage.cli.media import show_pictures
from triage.cli.options import Csv, examples
from triage.cli.output import Format
from triage.cli.sending import (
    STATE_WORDS,
    account_of,
    ask,
    listed,
    program,
    refuse_or_warn,
    reply_columns,
    reply_of,
    target_message,
)
from triage.cli.standing import pressed
from triage.cli.thread_lines import collapsed, thread_words
from triage.cli.threads import finish_thread, show_states, split_saved, turn_of
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import STORE_FAILURES, Refused, UsageError
from triage.store.recovery import NAME, Kept

_NOT_OUT = (
    ReplyState.DRAFT,
    ReplyState.SCHEDULED,
    ReplyState.HELD,
    ReplyState.QUEUED,
    ReplyState.FAILED,
)

_MOST_DIGITS = 18
Number = Annotated[
    str, typer.Argument(metavar="ID", help="A reply's id, or the name of what is not saved yet.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    drafts = group(
        app,
        "drafts",
        _by_itself,
        epilog=examples("triage drafts", "triage drafts send 7", "triage drafts drop 7"),
    )
    add = subcommand(drafts)
    add("list", examples("triage drafts list", "triage drafts list --json"))(_list)
    add("show", examples("triage drafts show 7", "triage drafts show 7 --json"))(show)
    add("send", examples("triage drafts send 7", "triage drafts send 7 -y"))(send)
    add("drop", examples("triage drafts drop 7", "triage drafts drop 7 --json"))(drop)


def _by_itself(context: typer.Context) -> None:
    """List, show, send or drop replies that were typed and did not go out."""
    if context.invoked_subcommand is None:
        _show_list(globals_of(context), globals_of(context).form())


def _list(context: typer.Context, csv: Csv = False) -> None:
    """List drafts, and replies that are queued, held or were refused."""
    flags = globals_of(context)
    _show_list(flags, flags.form(as_csv=csv))


def _show_list(flags: Globals, form: Format) -> None:
    app = flags.app
    with _told_where(app):
        found = listed(app, _NOT_OUT)
        shown = entries(app, collapsed(app, found) if form is Format.TERMINAL else found)
        output.rows(shown, entry_columns(app), form)
    if form is not Format.TERMINAL:
        return
    if shown:
        first = shown[0].kept.name if shown[0].kept else shown[0].reply.id
        narrate.say()
        way = way_on(app, shown[0].reply) or f"{program(app)} drafts send {first}"
        narrate.say(f"next: {way}")
    else:
        narrate.say("There is no draft.")


@contextmanager
def _told_where(app: App) -> Iterator[None]:
    """Where the store cannot be read, say at least where words are that it does not have."""
    try:
        yield
    except STORE_FAILURES:
        for kept in app.recovery.all():
            narrate.warn(f"Not saved yet: {kept.path}")
        raise


def show(context: typer.Context, number: Number) -> None:
    """Show a reply in full, whatever became of it; in a pipe its text alone."""
    flags = globals_of(context)
    app = flags.app
    form = flags.form()
    if _is_name(number):
        _show_kept(app, kept_of(app, number), form)
        return
    reply = reply_of(app, _id(number))
    if form is Format.TSV:
        output.line(whole_text(parts_of(app.store, reply)) if reply.parts else reply.text)
        return
    if form is not Format.TERMINAL:
        output.rows(parts_of(app.store, reply), reply_columns(app), form)
        return
    if reply.parts:
        parts = parts_of(app.store, reply)
        reply = to_send(parts)
        output.spread(f"Reply {parts[0].id} to {_whom(app, reply)}", thread_words(app, reply))
        show_states(parts)
    else:
        words = STATE_WORDS[reply.state] + (f": {reply.detail}" if reply.detail else "")
        output.spread(f"Reply {reply.id} to {_whom(app, reply)}", words)
        for paragraph in reply.text.splitlines() or [""]:
            output.indented(paragraph)
    show_pictures(app.store.media.of(parts_of(app.store, reply)[0].id))
    narrate.say()
    narrate.say(_ways_on(app, reply))


def _show_kept(app: App, kept: Kept, form: Format) -> None:
    """Without the store: perhaps it is why this was not saved."""
    if form is Format.JSON:
        output.document([_kept_item(kept)])
        return
    if form is not Format.TERMINAL:
        output.line(kept.text)
        return
    output.spread(f"Not saved yet, for {kept.reference}", kept.agent)
    for paragraph in kept.text.splitlines() or [""]:
        output.indented(paragraph)
    name = program(app)
    narrate.say()
    narrate.say(f"send: {name} drafts send {kept.name}   drop: {name} drafts drop {kept.name}")
    narrate.say(f"file: {kept.path}")


def _kept_item(kept: Kept) -> dict[str, object]:
    return {
        "id": kept.name,
        "state": "unsaved",
        "conversation": kept.reference,
        "agent": kept.agent,
        "created_at": output.iso(kept.at),
        "text": kept.text,
        "path": str(kept.path),
    }


def _is_name(number: str) -> bool:
    return NAME.fullmatch(number) is not None


def _id(number: str) -> int:
    if number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS:
        return int(number)
    raise UsageError(
        f"{number!r} is no draft.", hint="Name one as `triage drafts list` does, such as 7."
    )


def _closed(kept: Kept) -> Kept:
    if kept.is_open:
        raise Refused(
            f"{kept.name} is open in an editor.", hint="Save it and close the editor first."
        )
    return kept


def _saved(app: App, name: str) -> Reply:
    """Save what an editor left, so that it can be sent like any other."""
    kept = _closed(kept_of(app, name))
    reply = kept.reply
    if reply is None:
        talk = find_conversation(app.store, app.brand_id, kept.reference)
        account = next((a for a in app.accounts() if a.id == talk.account_id), app.accounts()[0])
        target = target_of(app.store, talk)
        who = kept.agent or app.agent
        reply = new_draft(app.store, account, talk, target, kept.text, who, kept.at)
    saved = commit(app.store, app.brand_id, reply, app.now())
    app.recovery.drop(kept)
    return saved


def _ways_on(app: App, reply: Reply) -> str:
    name = program(app)
    review = way_on(app, reply)
    if review and reply.state in _NOT_OUT:
        return f"review: {review}   give up: {name} drafts drop {reply.id}"
    if reply.state in _NOT_OUT:
        return f"send: {name} drafts send {reply.id}   give up: {name} drafts drop {reply.id}"
    if reply.state is ReplyState.UNKNOWN:
        return f"look for it: {name} outbox settle {reply.id}"
    if review:
        return f"the event: {review.replace('review', 'show')}"
    return f"the conversation: {name} show {reply.conversation_id}"


def _whom(app: App, reply: Reply) -> str:
    number = reply.conversation_id
    found = app.store.reading.conversation(number) if number is not None else None
    if found is None:
        return title_words(app, reply) or "nobody"
    return f"@{found.customer} (#{found.id})"


def send(
    context: typer.Context,
    number: Number,
    split: Annotated[
        bool, typer.Option("--split", help="Make a numbered thread of a text that is too long.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Send although a guard would rather not.")
    ] = False,
) -> None:
    """Send a reply that did not go out, after showing it and asking.

    Whoever sends it is credited with the answer; who wrote it is kept beside it.
    """
    flags = globals_of(context)
    from triage.app.thread_sending import send_thread

    app = flags.app
    reply = turn_of(app, _saved(app, number) if _is_name(number) else reply_of(app, _id(number)))
    _refuse_state(app, reply)
    turn_away(app, reply)
    if split and reply.state is ReplyState.DRAFT and not reply.parts:
        kept = f"The text is kept as reply {number}."
        reply = split_saved(app, account_of(app, reply), reply, kept)
    asked = flags.may_ask and not yes
    if not asked and not yes:
        raise UsageError(
            "Nothing was sent: nobody can be asked here.",
            reason=f"The text is kept as reply {reply.id}.",
            hint=f"Send it without asking: {program(app)} drafts send {reply.id} -y",
        )
    press = pressed(app, reply, force=force)
    checked = check(app, reply)
    refuse_or_warn(checked.guards, force=force, asked=asked, kept=reply.id)
    if asked and not _confirmed(app, reply):
        narrate.say(f"Not sent; the text is kept as reply {reply.id}.")
        return
    after = check_again(app, reply, checked)
    # Nobody is asked twice: what came up meanwhile sends them back to look at it.
    refuse_or_warn(news(checked, after), force=force, asked=False, kept=reply.id)
    fine = still_fine(app, after, force=force)
    if not asked:
        warn_beyond_cap(app, account_of(app, reply), [p.text for p in _rest(app, reply)])
    sender = app.sender(account_of(app, reply))
    finish_thread(flags, send_thread(sender, reply.id, press, still_fine=fine))


def _refuse_state(app: App, reply: Reply) -> None:
    if reply.state in _NOT_OUT:
        return
    ways = {
        ReplyState.UNKNOWN: f"Look for it first: {program(app)} outbox settle {reply.id}",
        ReplyState.SENDING: f"If its process is gone: {program(app)} outbox settle {reply.id}",
    }
    raise Refused(
        f"Reply {reply.id} cannot be sent: {STATE_WORDS[reply.state]}.",
        reason=reply.detail,
        hint=ways.get(reply.state, _anew(app, reply)),
    )


def _anew(app: App, reply: Reply) -> str:
    if reply.conversation_id is None:
        return f"It is a post of an event: {program(app)} event list"
    return f"Write a new one: {program(app)} reply {reply.conversation_id}"


def _rest(app: App, reply: Reply) -> list[Reply]:
    """The parts that go out with it: itself, and those behind it."""
    return [p for p in parts_of(app.store, reply) if p.part >= reply.part]


def _confirmed(app: App, reply: Reply) -> bool:
    account = account_of(app, reply)
    if reply.parts:
        rest = _rest(app, reply)
        output.spread(f"To {_whom(app, reply)}, publicly, as @{account.handle}", _going(rest))
        show_states(rest)
        show_pictures(app.store.media.of(reply.id))
        show_reply_cost(app, account, [p.text for p in rest])
        return ask("y send, q cancel [q]:", "q")[:1] == "y"
    channel = app.channel(account)
    length = channel.length(reply.text, is_reply=reply.in_reply_to is not None)
    output.spread(
        f"To @{target_message(app, reply).author}, publicly, as @{account.handle}",
        f"{length}/{channel.capabilities.max_length}",
    )
    for paragraph in reply.text.splitlines() or [""]:
        output.indented(paragraph)
    show_pictures(app.store.media.of(reply.id))
    show_reply_cost(app, account, [reply.text])
    return ask("y send, q cancel [q]:", "q")[:1] == "y"


def _going(rest: list[Reply]) -> str:
    first, total = rest[0].part, rest[0].parts
    return f"a thread of {total}" if first == 1 else f"from part {first} of {total} on"


def drop(context: typer.Context, number: Number) -> None:
    """Give up a reply that did not go out; its text stays in `outbox list --all`.

    What was not saved yet is removed.
    """
    from triage.app import outbox

    flags = globals_of(context)
    app = flags.app
    if _is_name(number):
        app.recovery.drop(_closed(kept_of(app, number)))
        narrate.say(f"{number} is gone for good.")
        return
    reply = reply_of(app, _id(number))
    dropped = outbox.drop(app.store, app.brand_id, reply.id, app.agent, app.now())
    form = flags.form()
    if form is not Format.TERMINAL:
        output.rows([dropped], reply_columns(app), form)
    rest = " What is public of its thread stays." if dropped.part > 1 else ""
    narrate.say(f"Reply {number} is given up; it will not be sent.{rest}")
