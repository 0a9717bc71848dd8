"""`triage close`, `reopen` and `tag`: what an agent decides without saying it in public."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.app import acting
from triage.cli import narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.main import command
from triage.cli.options import Ids, examples
from triage.cli.sending import program
from triage.core.model import CloseReason, Kind
from triage.core.queue import short_span
from triage.core.records import ConversationView
from triage.errors import Refused, TriageError, UsageError

if TYPE_CHECKING:
    from triage.bootstrap import App


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "close",
        epilog=examples(
            "triage close 41 --as not-us",
            "triage queue --search giveaway | triage close - --as spam",
            'triage close 41 --as private -m "sent the refund by DM"',
        ),
    )(close)
    command(app, "reopen", epilog=examples("triage reopen 41", "triage reopen 41 --json"))(reopen)
    command(
        app,
        "tag",
        epilog=examples(
            "triage tag 41 complaint",
            "triage tag 41 question --post 1993…",
            "triage tag 41 --theme refund",
        ),
    )(tag)


def find(flags: Globals, reference: str) -> ConversationView:
    """The conversation that a person named, of one of the accounts that `--account` leaves."""
    app = flags.app
    conversation = acting.find_conversation(app.store, app.brand_id, reference)
    if app.only_accounts and conversation.account_id not in {a.id for a in app.accounts()}:
        raise Refused(
            f"#{conversation.id} is a conversation of @{conversation.account}.",
            reason=f"--account names {', '.join(app.only_accounts)}.",
            hint="Leave --account out, or name the right one.",
        )
    return conversation


class Told(NamedTuple):
    """What an act did.

    Attributes:
        item: For JSON.
        words: For a person.
        back: What to type to take it back; empty if that is not said.
    """

    item: dict[str, object]
    words: str
    back: str = ""


def each(flags: Globals, reference: str, act: Callable[[ConversationView], Told]) -> None:
    """Act on the conversation that was named, or with `-` on one for each line of stdin.

    A line's first word is the id, so that what `triage queue` prints in a pipe can be piped in.
    One that fails is told and does not keep the others.
    """
    items: list[dict[str, object]] = []
    failed: TriageError | None = None
    for one in _references(reference):
        try:
            conversation = find(flags, one)
            told = act(conversation)
        except TriageError as error:
            if reference != "-":
                raise
            failed = error
            narrate.warn(f"{one}: {error.message}")
            continue
        items.append({"id": conversation.id, **told.item})
        narrate.say_beside(told.words, f"back: {told.back}" if told.back else "")
    if flags.as_json:
        output.document(items)
    if failed is not None:
        raise TriageError("Not all of them could be done.", reason=failed.message)


def _references(reference: str) -> Iterator[str]:
    if reference != "-":
        yield reference
        return
    if sys.stdin is None:
        raise UsageError("Standard input is closed.", hint="Name an ID instead of -.")
    for line in sys.stdin:
        words = line.split()
        if words:
            yield words[0]


def close(
    context: typer.Context,
    reference: Ids,
    reason: Annotated[CloseReason, typer.Option("--as", help="Why nobody answers in public.")],
    note: Annotated[str, typer.Option("--note", "-m", help="A word for the log.")] = "",
) -> None:
    """End a wait without a public answer.

    not-us, spam, duplicate and no-answer dismiss it; private settles it: you answered by message
    or phone. None of them counts as answered in time.
    """
    flags = globals_of(context)
    app = flags.app

    def act(talk: ConversationView) -> Told:
        wait = acting.close(app.store, talk, reason, app.agent, app.now(), app.tagger_for, note)
        waited = short_span((wait.ended_at or wait.opened_at) - wait.opened_at)
        words = f"#{talk.id} {wait.state.value} after {waited} ({reason.value})."
        item: dict[str, object] = {"state": wait.state.value, "reason": reason.value}
        return Told(item, words, f"{program(app)} reopen {talk.id}")

    each(flags, reference, act)


def reopen(context: typer.Context, reference: Ids) -> None:
    """Take back the last close; the wait keeps its original clock."""
    flags = globals_of(context)
    app = flags.app

    def act(talk: ConversationView) -> Told:
        wait = acting.reopen(app.store, talk, app.agent, app.now(), app.tagger_for)
        waited = short_span(app.now() - wait.opened_at)
        return Told(
            {"state": wait.state.value, "due_at": output.iso(wait.due_at)},
            f"#{talk.id} is open again; the customer has waited {waited}.",
        )

    each(flags, reference, act)


def tag(
    context: typer.Context,
    reference: Ids,
    kind: Annotated[
        Kind | None, typer.Argument(metavar="[KIND]", help="What it really is.")
    ] = None,
    theme: Annotated[
        str | None, typer.Option(metavar="THEME", help="What it is about, such as refund.")
    ] = None,
    no_theme: Annotated[bool, typer.Option("--no-theme", help="It is about no theme.")] = False,
    post: Annotated[
        str | None, typer.Option(metavar="POST", help="Which post: its id or URL.")
    ] = None,
) -> None:
    """Correct what a mention was taken for, or what it is about; it wins over the rules for good.

    KIND is complaint, question, praise or other. Without --post the gravest mention of the newest
    wait is corrected.
    """
    if theme is not None and no_theme:
        raise UsageError("--theme and --no-theme exclude one another.", hint="Give one.")
    if kind is None and theme is None and not no_theme:
        raise UsageError(
            "Say what it is, or what it is about.",
            hint="Such as: triage tag 41 complaint, or: triage tag 41 --theme refund",
        )
    flags = globals_of(context)
    chosen = Chosen(kind, theme is not None or no_theme, named_theme(flags.app, theme))
    each(flags, reference, lambda talk: tagged(flags.app, talk, chosen, post))


class Chosen(NamedTuple):
    """What somebody says of a mention.

    Attributes:
        kind: What it is; None leaves that.
        is_about: They say what it is about.
        theme: And that is this; None: nothing.
    """

    kind: Kind | None
    is_about: bool = False
    theme: str | None = None


def named_theme(app: App, theme: str | None) -> str | None:
    """A theme by its name; one that nobody has named yet is told of, since it may be mistyped."""
    if theme is None:
        return None
    from triage.app.theming import check_name, known_themes
    from triage.core.themes import nearest

    name, known = check_name(theme), known_themes(app.store, app.brand_id)
    if name not in known:
        meant = nearest(name, known)
        also = f" Did you mean {meant}?" if meant else ""
        narrate.warn(f"{name} is a new theme: no rule and nobody has named it before.{also}")
    return name


def tagged(app: App, talk: ConversationView, chosen: Chosen, post: str | None) -> Told:
    """Write what somebody says of a mention, all of it or nothing."""
    from triage.app.theming import say_theme

    item: dict[str, object] = {}
    words: list[str] = []
    first: int | None = None
    with app.store.tx():
        if chosen.is_about:
            # First: a correction of the kind may change which mention is the gravest.
            said = say_theme(app.store, talk, chosen.theme, app.agent, app.now(), post)
            post, first = said.message.native_id, said.act
            item = {"theme": chosen.theme, "theme_before": said.before, "post": post}
            words.append(_about(said.before, chosen.theme))
        if chosen.kind is not None:
            agent, now = app.agent, app.now()
            before = acting.tag(
                *(app.store, talk, chosen.kind, agent, now, app.tagger_for), post, first
            )
            was = before.kind.value if before.kind else "untagged"
            post = before.native_id
            item = {"kind": chosen.kind.value, "before": was, "post": post, **item}
            same = was == chosen.kind.value
            told = f"it is {was}, said by you." if same else f"{was} is now {chosen.kind.value}."
            words.insert(0, told)
    return Told(item, f"#{talk.id}: {' '.join(words)}")


def _about(before: str | None, theme: str | None) -> str:
    if theme is None:
        return f"it is not about {before}." if before else "it is about no theme."
    was = f", not {before}" if before not in (None, theme) else ""
    return f"it is about {theme}{was}."
