"""Words that the store does not have yet, as `reply` offers them and `drafts` lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from triage.app.drafting import is_saved
from triage.bootstrap import App
from triage.cli.output import Column
from triage.cli.sending import program, reply_columns
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import NotFound
from triage.store.recovery import Kept


class Entry(NamedTuple):
    """A line of `drafts list`: a reply in the store, or words that are not there yet."""

    reply: Reply
    kept: Kept | None = None


def unsaved(app: App, conversation_id: int | None = None) -> list[Kept]:
    """What was written and not saved, oldest first; files whose words are saved are removed.

    Args:
        app: The program.
        conversation_id: Only for this conversation.
    """
    found = []
    for kept in app.recovery.all():
        if not kept.is_open and kept.reply is not None and is_saved(app.store, kept.reply):
            app.recovery.drop(kept)
        elif conversation_id is None or kept.reference.lstrip("#") == str(conversation_id):
            found.append(kept)
    return found


def kept_of(app: App, name: str) -> Kept:
    """What was written and not saved, by name. Raises `NotFound`."""
    found = app.recovery.find(name)
    if found is None:
        raise NotFound(
            f"There is no draft {name}.", hint=f"See them all: {program(app)} drafts list"
        )
    return found


def entry_of(kept: Kept) -> Entry:
    """As a line of the list."""
    number = kept.reference.lstrip("#")
    stub = Reply(
        id=0,
        uuid="",
        account_id=0,
        conversation_id=int(number) if number.isdecimal() else None,
        in_reply_to=None,
        text=kept.text,
        state=ReplyState.DRAFT,
        agent=kept.agent,
        seen_at=None,
        seen_id=None,
        created_at=kept.at,
        changed_at=kept.at,
        detail=_why(kept),
    )
    return Entry(stub if kept.reply is None else _told(kept.reply, kept), kept)


def _told(reply: Reply, kept: Kept) -> Reply:
    return replace(reply, detail=_why(kept), text=kept.text)


def _why(kept: Kept) -> str:
    if kept.is_open:
        return "open in an editor"
    return "the editor kept more than the file has" if kept.has_swap else "not saved yet"


def entry_columns(app: App) -> list[Column[Entry]]:
    """The columns of replies, over both."""
    return [_over(column) for column in reply_columns(app)]


def _over(column: Column[Reply]) -> Column[Entry]:
    cell, style = column.cell, column.style

    def value(entry: Entry) -> object:
        if entry.kept is None or column.key not in ("id", "state"):
            return column.value(entry.reply)
        return entry.kept.name if column.key == "id" else "unsaved"

    def shown(entry: Entry) -> str:
        if entry.kept is not None and column.key == "state":
            return "not saved"
        return str(value(entry)) if cell is None else cell(entry.reply)

    return Column(
        column.key,
        value,
        column.header,
        None if cell is None else shown,
        None if style is None else lambda entry: style(entry.reply),
        column.wide,
        column.right,
        column.at_least,
    )


def entries(app: App, replies: Sequence[Reply]) -> list[Entry]:
    """What is not saved, then what is."""
    if app.only_accounts:
        ours = {a.id for a in app.accounts()}
        found = [k for k in unsaved(app) if k.reply is None or k.reply.account_id in ours]
    else:
        found = unsaved(app)
    return [*(entry_of(k) for k in found), *(Entry(r) for r in replies)]
