"""Where the words of a reply come from, and where they are until the store has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from triage.app import claiming
from triage.app.drafting import commit
from triage.app.outbox import drop
from triage.app.parts import parts_of, whole_text
from triage.app.replying import new_draft
from triage.app.showing import zone_of
from triage.bootstrap import App
from triage.cli import editor, narrate, times
from triage.cli.claims import lease_of
from triage.cli.context import Globals
from triage.cli.kept import unsaved
from triage.cli.sending import ask, program
from triage.cli.show_people import before_answering
from triage.cli.standing import at_it
from triage.cli.threads import changed
from triage.core.accounts import Account
from triage.core.claims import Claim
from triage.core.records import ConversationView, MessageView, Reply
from triage.core.text import one_line
from triage.errors import STORE_FAILURES, NotFound, Refused, TriageError
from triage.store.recovery import Kept, Pad

if TYPE_CHECKING:
    from triage.cli.putting_off import Plan

_CONTEXT = 6
_EXCERPT = 40


@dataclass(slots=True)
class Desk:
    """One reply being written.

    Attributes:
        plan: When it is to go out; None at once.
    """

    flags: Globals
    conversation: ConversationView
    account: Account
    target: MessageView
    plan: Plan | None = None

    @property
    def app(self) -> App:
        """The program."""
        return self.flags.app


def save(desk: Desk, words: str) -> Reply:
    """Save words that were given: as a draft, failing that in a file, failing that on the screen.

    Raises:
        TriageError: The store did not take them; it says where they are.
    """
    made = None
    try:
        made = _new(desk, words)
        return commit(desk.app.store, desk.conversation.brand_id, made, desk.app.now())
    except BaseException as error:
        told = keep(desk.app, str(desk.conversation.id), words, made)
        _say_where(error, f"Nothing was sent. {told}")
        raise


def keep(app: App, reference: str, words: str, reply: Reply | None = None) -> str:
    """Keep words that the store did not take; say where they are."""
    try:
        path = app.recovery.keep(reference, words, app.agent, app.now(), reply)
    except OSError:
        # No disk takes them: the terminal is the last place that can.
        return f"What you wrote: {words}"
    return f"What you wrote is kept in {path}; see it: {program(app)} drafts show {path.stem}"


def write(desk: Desk) -> Reply | None:
    """Have a person write an answer; None if they leave it to somebody else.

    Raises:
        Refused: They wrote nothing.
        TriageError: It could not be saved, or the editor failed; what they wrote is in a file.
    """
    if not _may_begin(desk):
        return None
    for left in _left(desk):
        answer = _which(desk, left)
        if answer == "e":
            return _first(desk, *_from(desk, left))
        if answer == "n":
            break
        if answer == "d":
            _give_up(desk, left)
        elif answer == "":
            return None
    made = _new(desk, "")
    return _first(desk, _begin(desk, made, ""), made, "")


def _first(desk: Desk, pad: Pad, reply: Reply, start: str) -> Reply:
    """Have it written; whoever writes nothing is not at it any more."""
    try:
        return _edit(desk, pad, reply, start)
    except Refused:
        if not pad.path.exists():
            leave(desk)
        raise


def rewrite(desk: Desk, draft: Reply, kept: str) -> Reply:
    """Open the editor on a draft once more; unchanged or empty leaves it as it was.

    Args:
        desk: Where.
        draft: Of a thread its head; all of its text is edited, and cut anew.
        kept: Where the text is, for the message if it cannot be cut.
    """
    begin(desk)
    try:
        if draft.parts:
            return _rewrite_thread(desk, draft, kept)
        return _edit(desk, _begin(desk, draft, draft.text), draft, draft.text)
    except Refused:
        return draft


def _rewrite_thread(desk: Desk, head: Reply, kept: str) -> Reply:
    app = desk.app
    before = whole_text(parts_of(app.store, head))
    # Should it have to be recovered, it is a draft of its own: the parts stay what they are.
    pad = _begin(desk, _new(desk, ""), before)
    words = _written(desk, pad, before, lambda: _renew(desk))
    if words == before.strip():
        pad.done()
        return head
    try:
        saved = changed(app, desk.account, head, words, kept)
    except BaseException as error:
        _say_where(error, f"Nothing was sent. {_stays(desk, pad)}")
        pad.close()
        raise
    pad.done()
    return saved


def try_out(desk: Desk) -> str:
    """Have a person write something that is not to be saved."""
    made = _new(desk, "")
    pad = _begin(desk, made, "")
    words = _written(desk, pad, "", lambda: None)
    pad.done()
    return words


def begin(desk: Desk) -> Claim | None:
    """Claim the conversation, or renew it; None if that cannot be written now."""
    app = desk.app
    try:
        return claiming.claim(
            app.store,
            desk.conversation,
            app.agent,
            app.now(),
            lease_of(app),
            shorten=False,
            to_reply=True,
        )
    except STORE_FAILURES as error:
        narrate.warn(f"The others cannot see that you are at it: {error.reason}")
        return None


def leave(desk: Desk) -> None:
    """Let go of the conversation, if it is this agent's."""
    with suppress(Refused):
        app = desk.app
        claiming.release(app.store, desk.conversation, app.agent, app.now(), to_reply=True)


def mention_left(desk: Desk, beside: Reply) -> None:
    """Say that there are words which nobody has sent, to whoever sends others: these."""
    for left in _left(desk):
        if isinstance(left, Reply) and left.id == beside.id:
            continue
        number = left.name if isinstance(left, Kept) else left.id
        narrate.warn(f"{_words_of(desk, left)} See it: {program(desk.app)} drafts show {number}")
        return


def _new(desk: Desk, words: str) -> Reply:
    app = desk.app
    return new_draft(
        app.store, desk.account, desk.conversation, desk.target, words, app.agent, app.now()
    )


def _may_begin(desk: Desk) -> bool:
    """Claim it, or ask whoever comes second whether they take it over."""
    app = desk.app
    held = begin(desk)
    while held is not None and held.agent != app.agent:
        narrate.warn(f"{at_it(app, desk.conversation, held)}.")
        if ask("Take it over? [y/N]", "n")[:1] != "y":
            return False
        held = claiming.claim(
            app.store,
            desk.conversation,
            app.agent,
            app.now(),
            lease_of(app),
            over=held,
            to_reply=True,
        )
    return True


def _left(desk: Desk) -> Iterator[Kept | Reply]:
    """What was written here and not sent: not saved first, one's own first, newest first."""
    app, number = desk.app, desk.conversation.id
    yield from reversed(unsaved(app, number))
    replies = [r for r in reversed(app.store.outbox.left_in(number)) if not r.parts]
    yield from sorted(replies, key=lambda r: r.agent != app.agent)


def _is_own(desk: Desk, left: Kept | Reply) -> bool:
    return left.agent in ("", desk.app.agent)


def _words_of(desk: Desk, left: Kept | Reply) -> str:
    """Such as `There is a draft of yours from 10:31: "Sorry Ana…"`."""
    app = desk.app
    times.set_zone(zone_of(app.store, desk.conversation))
    at = left.at if isinstance(left, Kept) else left.changed_at
    whose = "yours" if _is_own(desk, left) else left.agent
    what = "Unsaved words" if isinstance(left, Kept) else f"Draft {left.id}"
    text = one_line(left.text)
    text = text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
    when = times.day_or_clock(at, app.now())
    if isinstance(left, Kept) and left.is_open:
        return f"#{desk.conversation.id} is open in another editor since {when} ({whose})."
    return f'{what} of {whose} from {when}: "{text}".'


def _which(desk: Desk, left: Kept | Reply) -> str:
    """What a person does with words that were left; empty: they do not go on."""
    narrate.warn(_words_of(desk, left))
    if isinstance(left, Kept) and left.is_open:
        return "o" if ask("Go on all the same? [y/N]", "n")[:1] == "y" else ""
    if not _is_own(desk, left):
        return "e" if ask("e begin with these words, n new [n]:", "n")[:1] == "e" else "n"
    answer = ask("e edit it, n new, d drop [e]:", "e")[:1]
    return answer if answer in ("n", "d") else "e"


def _give_up(desk: Desk, left: Kept | Reply) -> None:
    app = desk.app
    if isinstance(left, Kept):
        app.recovery.drop(left)
    else:
        drop(app.store, desk.conversation.brand_id, left.id, app.agent, app.now())


def _from(desk: Desk, left: Kept | Reply) -> tuple[Pad, Reply, str]:
    """Go on with words that were left; somebody else's are copied, and stay.

    Returns:
        The file, what it is to be saved as, and what counts as unchanged.
    """
    if not _is_own(desk, left):
        made = _new(desk, "")
        return _begin(desk, made, left.text), made, ""
    if isinstance(left, Kept):
        made = left.reply or _new(desk, "")
        return _reopen(desk, left, made), made, ""
    return _begin(desk, left, left.text), left, left.text


def _begin(desk: Desk, reply: Reply, text: str) -> Pad:
    thread = desk.app.store.reading.thread(desk.conversation.id)[-_CONTEXT:]
    below = "\n".join(
        [
            f"# Answering @{desk.conversation.customer} in public.",
            *(f"# {line}" for line in before_answering(desk.app, desk.conversation)),
            *(f"# @{m.author}: {one_line(m.text)}" for m in thread),
        ]
    )
    try:
        return desk.app.recovery.begin(reply, text, below, desk.app.now())
    except OSError as error:
        raise _no_file(desk, error) from error


def _reopen(desk: Desk, left: Kept, reply: Reply) -> Pad:
    try:
        return desk.app.recovery.reopen(left, reply)
    except OSError as error:
        raise _no_file(desk, error) from error


def _no_file(desk: Desk, error: OSError) -> TriageError:
    return NotFound(
        f"There is no place to write: {desk.app.recovery.folder} cannot be used.",
        reason=f"{error.strerror}.",
        hint="Mend that, or give the text on the command line.",
    )


def _edit(desk: Desk, pad: Pad, reply: Reply, start: str) -> Reply:
    """Have a file edited and its words saved; until they are, the file stays."""
    words = _written(desk, pad, start, lambda: _renew(desk))
    if reply.id and words == start.strip():
        pad.done()
        return reply
    app = desk.app
    written = replace(reply, text=words)
    try:
        saved = commit(app.store, desk.conversation.brand_id, written, app.now())
    except BaseException as error:
        _say_where(error, f"Nothing was sent. {_stays(desk, pad)}")
        pad.close()
        raise
    pad.done()
    return saved


def _say_where(error: BaseException, words: str) -> None:
    """Say with an error where words are, or beside it, should it be one of our mistakes."""
    if isinstance(error, TriageError):
        error.reason = f"{error.reason} {words}"
    else:
        narrate.warn(words)


def _stays(desk: Desk, pad: Pad) -> str:
    name, number = program(desk.app), desk.conversation.id
    return (
        f"What you wrote is kept in {pad.path}; "
        f"{name} reply {number} offers it, {name} drafts show {pad.name} shows it."
    )


def _renew(desk: Desk) -> None:
    """Go on claiming it while the screen is the editor's: what fails is told by the guards."""
    app = desk.app
    with suppress(*STORE_FAILURES):
        claiming.claim(
            app.store,
            desk.conversation,
            app.agent,
            app.now(),
            lease_of(app),
            shorten=False,
            to_reply=True,
        )


def _written(desk: Desk, pad: Pad, start: str, again: Callable[[], None]) -> str:
    """Open the editor and wait; `again` is called meanwhile, and when it is closed.

    Raises:
        Refused: Nothing stands in the file.
        TriageError: The editor failed, or the file cannot be read; what is in it stays.
    """
    every_s = lease_of(desk.app) / 3000
    try:
        editor.edit(pad.path, desk.app.env, pad.lock, again, every_s)
        words = pad.words()
    except TriageError as error:
        if not _is_blank(pad, start):
            error.reason = f"{error.reason} {_stays(desk, pad)}"
            pad.close()
        else:
            pad.discard()
        raise
    except (OSError, UnicodeDecodeError) as error:
        pad.close()
        raise TriageError(
            "What you wrote cannot be read.",
            reason=f"{error}. {_stays(desk, pad)}",
            hint="Save it as UTF-8.",
        ) from error
    again()
    if words:
        return words
    open_still = not pad.discard()
    raise Refused(
        "Nothing was written, so nothing is sent.",
        reason="The editor is still open." if open_still else "",
        hint="Let it wait until you are done, such as TRIAGE_EDITOR='gvim -f'."
        if open_still
        else "",
    )


def _is_blank(pad: Pad, start: str) -> bool:
    try:
        return pad.words() in ("", start)
    except (OSError, UnicodeDecodeError):
        return False
