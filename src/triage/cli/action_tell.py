"""`triage action tell`: who can be told of an action, and a message for each."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli import narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.files import opened
from triage.cli.filling import (
    Language,
    Names,
    Vars,
    Wanted,
    author_of,
    chosen_for,
    shelf_of,
    wanted_of,
)
from triage.cli.moments import day, zone_of
from triage.cli.options import Csv, span
from triage.cli.output import Column, Format, iso
from triage.cli.sending import program
from triage.core.outbox import ReplyState
from triage.core.text import handle_key, storable, without_names
from triage.errors import TriageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from triage.bootstrap import App
    from triage.core.accounts import Account
    from triage.core.actions import Action, Told
    from triage.core.telling import Reach, Us

_MOST_BYTES = 64 * 1024
_ID_FROM, _DAY_FROM = 48, 60
"""Terminal widths from which a column is shown."""


@dataclass(slots=True)
class Person:
    """Somebody who raised the theme, and how far it is that they are told.

    Attributes:
        told: Their message, if there is one.
        why: Why none was drafted just now; empty otherwise.
    """

    reach: Reach
    told: Told | None = None
    why: str = ""

    @property
    def state(self) -> str:
        """In a word or two."""
        if self.told is not None:
            return self.told.standing.value
        return "can be told" if self.reach.is_reachable and not self.why else "no"

    @property
    def reason(self) -> str:
        """Why not, or what to know before."""
        if self.told is not None:
            return self.told.detail
        return self.why or self.reach.reason


@dataclass(slots=True)
class Audience:
    """Everybody whom an action may concern."""

    action: Action
    people: list[Person] = field(default_factory=list)


def tell(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="An action's id.")],
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="Draft this for each of them.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", "-F", metavar="FILE", help="Read it from a file, or -.")
    ] = None,
    templates: Names = None,
    variables: Vars = None,
    language: Language = None,
    within: Annotated[
        str | None,
        typer.Option("--within", metavar="SPAN", help="How old a post may be; 30d by default."),
    ] = None,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="Draft anew for whom you had skipped.")
    ] = False,
    csv: Csv = False,
) -> None:
    """List who raised an action's theme and who of them can be told; with a text, draft it.

    People can be told under a post of theirs that named you and is young: nobody is mentioned out
    of the blue. Each is told of an action once. Nothing goes out before it was reviewed.

    A text may say {{ customer.first_name }}, {{ action.title }}, {{ agent.sign }} and whatever else
    templates can. With -t each gets that template in their language.
    """
    from triage.app.actions import get_action
    from triage.app.telling import require_done

    flags = globals_of(context)
    app = flags.app
    zone_of(app)
    action = get_action(app.store, app.brand_id, number)
    source = _source(text, file)
    wanted = wanted_of(templates, variables, language)
    if source is not None and wanted is not None:
        raise UsageError("Both a text and a template are given.", hint="Give one of them.")
    is_drafting = source is not None or wanted is not None
    if skipped and not is_drafting:
        raise UsageError("--skipped needs a text to draft.", hint="Give it by --text, -F or -t.")
    if is_drafting:
        require_done(action, app.now())
    audience = _audience(app, action, _within(app, within))
    words = _Words(app, action, source, wanted)
    had = sum(p.told is not None and p.told.state is ReplyState.DRAFT for p in audience.people)
    if is_drafting:
        _try(words, audience)
    drafted = _draft(app, audience, words, skipped=skipped) if is_drafting else []
    if is_drafting and had:
        narrate.warn(
            f"{had:,} had a message before, which stays as it is: "
            f"{program(app)} action review {action.id}"
        )
    form = flags.form(as_csv=csv)
    with output.paged():
        if form is Format.TERMINAL:
            _head(audience)
        output.rows(audience.people, _columns(app), form)
    _say_same(drafted)
    if form is Format.TERMINAL:
        _say_next(flags, audience, drafted)


def _within(app: App, told: str | None) -> int:
    if told is not None:
        found = span(told, "--within")
        if not found:
            raise UsageError("--within 0: nobody is so young.", hint="Write it like 30d.")
        return found
    from triage.core.telling import WITHIN

    table = app.located.raw.data.get("tell") if app.located.raw else None
    says_so = isinstance(table, dict) and "within" in table
    return app.settings_file.tell.within if says_so else WITHIN


def _source(text: str | None, file: str | None) -> str | None:
    """The words of the command line or of a file; None if none are given."""
    if text is not None and file is not None:
        raise UsageError("Both a --text and a --file are given.", hint="Give one of them.")
    if text is not None and text != storable(text):
        raise UsageError("The --text is not UTF-8.", hint="Set a UTF-8 locale, or use -F FILE.")
    if file is not None:
        try:
            with opened(file) as (stream, _):
                text = stream.read(_MOST_BYTES).decode("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(f"{file} is not UTF-8 text.", hint="Save it as UTF-8.") from error
    if text is not None and not text.strip():
        raise UsageError("There is no text to draft.", hint="Write what each is told.")
    return text


def accounts_of(app: App) -> Mapping[int, Us]:
    """Our accounts that may answer, by id."""
    from triage.core.telling import Us

    return {a.id: Us(a.handle, _needs_summons(app, a)) for a in app.accounts()}


def _needs_summons(app: App, account: Account) -> bool:
    """Whether its channel takes replies only where it was named; yes, if it cannot tell."""
    try:
        return app.channel(account).capabilities.needs_summons
    except TriageError:
        return True


def _audience(app: App, action: Action, within: int) -> Audience:
    from triage.app.telling import people, told_by_person

    ours = accounts_of(app)
    only = list(ours) if app.only_accounts else []
    found = people(app.store, app.brand_id, action, ours, app.now(), within, only)
    told = told_by_person(app.store, app.brand_id, action)
    return Audience(action, [Person(r, told.get(r.person_id)) for r in found])


@dataclass(frozen=True, slots=True)
class _Words:
    """What each is told: a text that names them, or templates in their language."""

    app: App
    action: Action
    source: str | None
    wanted: Wanted | None

    def to(self, reach: Reach) -> str:
        """Filled in for somebody. Raises `MissingValue`, and `NotFound` for a template."""
        from triage.app.acting import find_conversation
        from triage.app.filling import fill
        from triage.app.telling import facts_of
        from triage.core.template_values import values_of
        from triage.delivery.templating import render

        app, now = self.app, self.app.now()
        given = self.wanted.given if self.wanted else {}
        facts = facts_of(app.store, self.action, reach, author_of(app), given)
        if self.wanted is None:
            return render(self.source or "", values_of(facts, now), name="")
        talk = find_conversation(app.store, app.brand_id, str(facts.conversation))
        chosen = chosen_for(app, talk, shelf_of(app), self.wanted)
        return fill(chosen.templates, facts, render, now)


def _try(words_for: _Words, audience: Audience) -> None:
    """Have a text or template that cannot be read refused, also where nobody is left to tell."""
    from triage.core.templating import MissingValue

    person = next((p for p in audience.people if p.reach.is_reachable), None)
    with suppress(MissingValue):
        if person is not None:
            words_for.to(person.reach)


def _draft(app: App, audience: Audience, words_for: _Words, *, skipped: bool) -> list[str]:
    """Save a message for everybody who can be told and is not yet; give the texts."""
    from triage.app.telling import draft, told_by_person
    from triage.cli.actors import actor_of
    from triage.core.templating import MissingValue

    accounts = {a.id: a for a in app.accounts()}
    texts = []
    for person in audience.people:
        anew = skipped and person.told is not None and person.told.may_begin_anew
        if not person.reach.is_reachable or (person.told is not None and not anew):
            continue
        try:
            words = words_for.to(person.reach)
        except MissingValue as hole:
            person.why = hole.message
            continue
        if not words:
            person.why = "Filled in, the text is empty."
            continue
        account = accounts[person.reach.mention.account_id or 0]
        made = draft(app.store, actor_of(app), audience.action, account, person.reach, words)
        if made is None:
            person.told = told_by_person(app.store, app.brand_id, audience.action).get(
                person.reach.person_id
            )
            continue
        person.told = app.store.actions.told_by(made.id)
        texts.append(words)
    return texts


def _head(audience: Audience) -> None:
    action = audience.action
    until = "now" if action.done_at is None else f"{day(action.done_at)}, when it was done"
    count = len(audience.people)
    people = "1 person" if count == 1 else f"{count:,} people"
    output.wrapped(f"Action {action.id}: {action.title}")
    output.wrapped(f"{people} raised {action.theme} from {day(action.since_at)} to {until}.")
    if audience.people:
        output.line()


def _columns(app: App) -> list[Column[Person]]:
    ours = {handle_key(a.handle) for a in app.store.accounts.accounts(app.brand_id)}

    def why(person: Person) -> str:
        if person.reason:
            return person.reason
        return f"“{without_names(person.reach.mention.text, ours)}”"

    return [
        Column(
            "conversation",
            lambda p: p.reach.mention.conversation_id,
            "ID",
            right=True,
            at_least=_ID_FROM,
        ),
        Column("customer", lambda p: p.reach.mention.handle, "WHO", _who),
        Column("native_id", lambda p: p.reach.mention.native_id),
        Column(
            "raised_at",
            lambda p: iso(p.reach.mention.posted_at),
            "WROTE",
            lambda p: day(p.reach.mention.posted_at),
            at_least=_DAY_FROM,
        ),
        Column("mentions", lambda p: p.reach.mentions),
        Column("is_reachable", lambda p: p.reach.is_reachable and not p.why),
        Column("code", lambda p: p.reach.code or None),
        Column("state", lambda p: p.state, "TOLD?", style=_style),
        Column("reason", lambda p: p.reason or None, "WHY", why, wide=True),
        Column("reply", lambda p: p.told.reply_id if p.told else None),
        Column("draft", lambda p: p.told.text if p.told else None),
        Column("text", lambda p: p.reach.mention.text),
    ]


def _who(person: Person) -> str:
    return f"@{person.reach.mention.handle}"


def _style(person: Person) -> str:
    return {"no": "dim", "told": "green", "refused": "yellow"}.get(person.state, "")


def _say_same(texts: Sequence[str]) -> None:
    from triage.app.telling import same_texts

    same = same_texts(texts)
    if same:
        narrate.warn(
            f"{same} messages say the same, word for word; X refuses posts that repeat one "
            "another. Call people by their names: {{ customer.first_name }}"
        )


def _say_next(flags: Globals, audience: Audience, drafted: Sequence[str]) -> None:
    app, action = flags.app, audience.action
    name = f"{program(app)} action"
    free = sum(p.state == "can be told" for p in audience.people)
    words = f"{free:,} can be told" if free else "Nobody is left who can be told"
    narrate.say()
    lacking = sum(bool(p.why) for p in audience.people)
    if lacking:
        narrate.say(f"Nothing was drafted for {lacking:,} of them: the text cannot be filled in.")
    if drafted:
        drafts = f"{len(drafted):,} message{'s' * (len(drafted) != 1)} drafted; nothing was sent."
        narrate.say_beside(drafts, f"next: {name} review {action.id}")
    elif action.done_at is None:
        narrate.say_beside(f"{words}, once it is done.", f"then: {name} done {action.id}")
    elif free:
        narrate.say_beside(f"{words}.", f'next: {name} tell {action.id} --text "..."')
    elif not lacking:
        narrate.say(f"{words}.")
