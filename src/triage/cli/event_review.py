"""`triage event review`: each post is read by a person before it may go out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from triage.app import eventing
from triage.cli import narrate, output, times
from triage.cli.event_screen import outlook_words, post_columns, show_text
from triage.cli.output import Format
from triage.cli.sending import ask, program
from triage.core.countdown_words import says_none
from triage.core.queue import rough_span
from triage.errors import NotFound, Refused, TriageError, UsageError

if TYPE_CHECKING:
    from triage.app.event_drawing import Desk
    from triage.cli.context import Globals
    from triage.core.events import Event, Planned

_TICK_S = 60.0


def by_script(
    flags: Globals,
    desk: Desk,
    event: Event,
    *,
    approve: Sequence[str],
    skip: Sequence[str],
    edit: str | None,
    text: str | None,
) -> None:
    """Do what was named, step by step; one that is refused ends it, and what was done stays.

    Raises:
        NotFound: There is no post of one of the names; nothing was done.
        UsageError: A post is to be approved and skipped.
        Refused: It cannot be approved, edited or skipped.
    """
    both = sorted(set(approve) & set(skip))
    if both:
        raise UsageError(f"{both[0]} is to be approved and skipped.", hint="Say one of them.")
    for step in (*skip, *approve, *([] if edit is None else [edit])):
        eventing.find_post(desk.store, event, step)
    done = []
    if edit is not None:
        planned = eventing.find_post(desk.store, event, edit)
        done.append(eventing.edit(desk, event, planned, text or ""))
    for steps, act in ((skip, eventing.skip), (approve, eventing.approve)):
        done += [act(desk, event, eventing.find_post(desk.store, event, step)) for step in steps]
    form = flags.form()
    if form is not Format.TERMINAL:
        output.rows(done, post_columns(flags.app, event), form)
    for planned in done:
        _say_done(flags, event, planned)


def by_hand(flags: Globals, desk: Desk, event: Event, chosen: Sequence[Planned]) -> None:
    """Show posts one by one and ask what is to become of each."""
    app = flags.app
    for planned in chosen:
        if not _decide(flags, desk, event, planned):
            break
    left = sum(
        p.is_waiting and not p.is_reviewed for p in eventing.standing_posts(app.store, event)
    )
    if left:
        narrate.say(f"{left} still to review: {program(app)} event review {event.id}")


def _decide(flags: Globals, desk: Desk, event: Event, planned: Planned) -> bool:
    """Have a person decide on one post; False if they go."""
    while True:
        _show(flags, desk, event, planned)
        said = ask("y approve, e edit, s skip, n not now, q quit [n]:", "n")[:1]
        try:
            if said == "y":
                _say_done(flags, event, eventing.approve(desk, event, planned))
                return True
            if said == "s":
                _say_done(flags, event, eventing.skip(desk, event, planned))
                return True
            if said == "e":
                planned = _edited(flags, desk, event, planned)
                continue
        except Refused as refused:
            narrate.warn(f"{refused.message} {refused.reason}".rstrip())
            with suppress(NotFound):
                planned = eventing.find_post(desk.store, event, str(planned.reply.id))
            if not planned.is_waiting:
                return True
            continue
        return said != "q"


def _show(flags: Globals, desk: Desk, event: Event, planned: Planned) -> None:
    from triage.cli.costing import show_reply_cost

    app, text = flags.app, planned.reply.text
    due = planned.post.due_at
    when = times.day_time(due, app.now())
    ahead = f"in {rough_span(due - app.now())}" if due > app.now() else "at once"
    output.line()
    title = f"{planned.post.step} of {event.name}: {when} ({ahead}), as @{desk.account.handle}"
    show_text(title, text, desk.length(text), desk.most)
    note = next((s.note for s in event.slots() if s.step.label == planned.post.step), "")
    none = says_none(event.language, text)
    for remark in (note, f'It says "{none}".' if none else ""):
        if remark:
            narrate.warn(f"  {remark}")
    show_reply_cost(app, desk.account, [text], is_reply=False)


def _edited(flags: Globals, desk: Desk, event: Event, planned: Planned) -> Planned:
    """Open the editor on a post's text; unchanged or empty leaves it as it was."""
    from triage.cli import editor

    app, text = flags.app, planned.reply.text
    below = f"# The post for {planned.post.step} of {event.name}, {planned.post.day} there."
    try:
        pad = app.recovery.begin(planned.reply, text, below, app.now())
    except OSError as error:
        raise NotFound(
            f"There is no place to write: {app.recovery.folder} cannot be used.",
            reason=f"{error.strerror}.",
            hint="Mend that, or give the text on the command line: --edit STEP --text TEXT",
        ) from error
    try:
        editor.edit(pad.path, app.env, pad.lock, lambda: None, _TICK_S)
        words = pad.words().strip()
        if words and words != text.strip():
            planned = eventing.edit(desk, event, planned, words)
    except (OSError, UnicodeDecodeError, TriageError) as error:
        pad.close()
        narrate.warn(f"What you wrote is kept in {pad.path}")
        if isinstance(error, TriageError):
            raise
        raise TriageError("What you wrote cannot be read.", reason=f"{error}.") from error
    pad.done()
    return planned


def _say_done(flags: Globals, event: Event, planned: Planned) -> None:
    words = outlook_words(flags.app, event, planned)
    narrate.say(f"{planned.post.step}: {words or planned.reply.state.value}.")


def refuse_unasked(flags: Globals, event: Event, posts: Sequence[Planned]) -> None:
    """Where nobody can be asked, say what to write. Raises `UsageError`."""
    if flags.may_ask:
        return
    steps = " ".join(f"--approve {p.post.step}" for p in posts) or "--approve STEP"
    raise UsageError(
        "Nothing was approved: nobody can be asked here.",
        reason="Every post is read by a person before it may go out.",
        hint=f"Name what was read: {program(flags.app)} event review {event.id} {steps}",
    )
