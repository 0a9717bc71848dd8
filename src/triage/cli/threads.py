"""Numbered threads on the screen: cut, shown part by part, edited as a whole, and ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from triage.app.parts import cut, join_draft, parts_of, split_draft, to_send
from triage.cli import narrate, output
from triage.cli.output import Format
from triage.cli.sending import RESULT, STATE_WORDS, finish, program, result_of
from triage.core.outbox import ReplyState
from triage.errors import STORE_FAILURES, TriageError

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.cli.context import Globals
    from triage.core.accounts import Account
    from triage.core.records import Reply


def split_saved(app: App, account: Account, draft: Reply, kept: str) -> Reply:
    """Cut a saved draft into a thread; one that is short enough stays as it is.

    Args:
        app: The program.
        account: Who sends it.
        draft: As it is saved.
        kept: Where the text is, for the message if it cannot be cut.

    Raises:
        Refused: It would make too many parts, or holds something too long to be cut.
    """
    try:
        texts = cut(app.channel(account), draft.text)
    except TriageError as error:
        error.reason = f"{error.reason} {kept}".strip()
        raise
    if len(texts) < 2:  # noqa: PLR2004 - one part is no thread
        return draft
    return split_draft(app.store, app.brand_id, draft, texts, app.now())


def changed(app: App, account: Account, head: Reply, text: str, kept: str) -> Reply:
    """Give a thread that was never tried another text, and cut it anew."""
    joined = join_draft(app.store, head, text, app.now())
    return split_saved(app, account, joined, kept)


def turn_of(app: App, reply: Reply) -> Reply:
    """The part whose turn it is, of the thread that any of its parts stands for."""
    return to_send(parts_of(app.store, reply)) if reply.parts else reply


def show_parts(app: App, account: Account, texts: Sequence[str]) -> None:
    """Print every part with its length."""
    channel = app.channel(account)
    most = channel.capabilities.max_length
    for number, text in enumerate(texts, 1):
        length = channel.length(text, is_reply=False)
        output.spread(f"Part {number} of {len(texts)}", f"{length}/{most}")
        for paragraph in text.splitlines() or [""]:
            output.indented(paragraph)


def show_states(parts: Sequence[Reply]) -> None:
    """Print every part with what became of it."""
    for part in parts:
        words = STATE_WORDS[part.state]
        if part.detail:
            words = part.detail if part.state is ReplyState.HELD else f"{words}: {part.detail}"
        output.spread(f"Part {part.part} of {part.parts}", words)
        for paragraph in part.text.splitlines() or [""]:
            output.indented(paragraph)


def finish_thread(flags: Globals, done: Sequence[Reply]) -> None:
    """Tell how sending ended; see `sending.finish`. A thread is told as the one answer that it is.

    Args:
        flags: Of the command.
        done: What `send_thread` tried.

    Raises:
        TriageError: A part did not go out, or nobody knows.
    """
    from triage.app.outbox import failure_of

    try:
        _tell(flags, done)
    except STORE_FAILURES as error:
        # The store went away since; what became of the reply is known all the same.
        last = done[-1]
        problem = failure_of(last)
        if problem is not None:
            raise problem from error
        if flags.as_json:
            item = {"id": last.id, "state": last.state.value, "native_id": last.native_id}
            output.document([item])
        narrate.warn(f"Reply {last.id} is public as {last.native_id}. {error.message}")


def _tell(flags: Globals, done: Sequence[Reply]) -> None:
    from triage.app.outbox import failure_of

    app, last = flags.app, done[-1]
    if not last.parts:
        finish(flags, last)
        return
    parts = parts_of(app.store, last)
    form, problem = flags.form(), failure_of(last)
    if form is not Format.TERMINAL:
        output.rows([result_of(app, p) for p in parts], RESULT, form)
    if problem is not None:
        raise _of_part(problem, last)
    if form is Format.TERMINAL:
        finish(flags, parts[0])
        narrate.say(f"It is a thread of {len(parts)}.")


def say_rest(app: App, reply: Reply) -> None:
    """After a part was settled as sent: what follows was queued by that, and when it goes out."""
    after = app.store.outbox.following(reply.id)
    if after is not None and after.state is ReplyState.QUEUED:
        narrate.say(
            f"Part {after.part} of {after.parts} goes out with the next fetch. "
            f"Now: {program(app)} drafts send {after.id}"
        )


def _of_part(problem: TriageError, part: Reply) -> TriageError:
    """What stopped a thread, told of the part that it stopped."""
    before, behind = part.part - 1, part.parts - part.part
    problem.message = f"Part {part.part} of {part.parts}: {problem.message}"
    told = [problem.reason]
    if before:
        told.append("The part before it is public." if before == 1 else "Those before are public.")
    if behind:
        told.append("What follows waits for it.")
    problem.reason = " ".join(t for t in told if t)
    return problem
