"""`triage customer forget` and `customer export`: what is held of one customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.cli import narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.naming import Who
from triage.cli.output import Column, Format, iso
from triage.cli.sending import ask, program
from triage.core.kinds import WaitState
from triage.errors import Busy, Refused, StoreError, UsageError

if TYPE_CHECKING:
    from triage.app.forgetting import Privacy
    from triage.bootstrap import App
    from triage.core.privacy import Holdings, Person

_SQLITE = b"SQLite format 3\0"
_WHAT: Mapping[str, tuple[str, str]] = {
    "conversations": ("conversation", "conversations"),
    "posts": ("post of theirs", "posts of theirs"),
    "answers": ("answer of yours", "answers of yours"),
    "versions": ("text of an edited post", "texts of edited posts"),
    "payloads": ("post as it was sent", "posts as they were sent"),
    "notes": ("note", "notes"),
    "replies": ("reply or draft", "replies or drafts"),
    "pictures": ("picture", "pictures"),
}


class Backup(NamedTuple):
    """A copy of the database that lies beside it.

    Attributes:
        made_at: When it was written, UTC ms.
    """

    path: Path
    made_at: int


class _Told(NamedTuple):
    """What was forgotten, or would be."""

    person: Person
    also: Sequence[Person]
    held: Holdings
    waiting: int
    backups: Sequence[Backup]
    is_dry: bool
    is_done: bool = False


def privacy_of(app: App) -> Privacy:
    """What forgetting needs."""
    from triage.app.forgetting import Privacy

    return Privacy(app.store, app.store.privacy, lambda numbers: drop_drafts(app, numbers), app.now)


def drop_drafts(app: App, conversation_ids: Sequence[int]) -> list[str]:
    """Remove the files of replies to some conversations; name those that somebody writes on."""
    from triage.cli.kept import unsaved

    wanted = set(map(str, conversation_ids))
    left = []
    for kept in unsaved(app):
        ours = "" if kept.reply is None else str(kept.reply.conversation_id)
        if kept.reference.lstrip("#") in wanted or ours in wanted:
            if kept.is_open:
                left.append(kept.name)
            else:
                app.recovery.drop(kept)
    return left


def backups(app: App) -> list[Backup]:
    """Copies of the database that lie beside it, oldest first; of a server none is known."""
    places = app.located.places
    if places.url:
        return []
    found = []
    for path in places.db.parent.glob(f"{places.db.name}?*"):
        try:
            with path.open("rb") as file:
                is_copy = file.read(len(_SQLITE)) == _SQLITE
            if is_copy:
                found.append(Backup(path, path.stat().st_mtime_ns // 1_000_000))
        except OSError:
            continue  # a folder, or gone by now
    return sorted(found, key=lambda backup: (backup.made_at, backup.path.name))


def forget(
    context: typer.Context,
    who: Who,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Only tell what would go.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Forget without asking.")] = False,
) -> None:
    """Remove all that says who a customer is, and every word of theirs and to them, for good.

    Their texts, names, ids, payloads, notes and what was answered to them leave the database, its
    search index and the log beside it. Times, kinds and how long they waited stay, so that reports
    add up. They do not come back by a fetch or an import; what they write later is new.
    """
    from triage.app.forgetting import everybody, find_person, in_all, refuse
    from triage.app.forgetting import forget as forget_person

    flags = globals_of(context)
    app = flags.app
    if app.only_accounts:
        raise UsageError(
            "A customer is forgotten as a whole, not for one account.",
            hint="Leave --account out.",
        )
    privacy = privacy_of(app)
    person = find_person(app.store, privacy.holds, app.brand_id, who)
    people = everybody(privacy, person)
    for one in people:
        refuse(privacy, one)
        _refuse_open(app, one)
    waits = app.store.reading.customer_waits([one.id for one in people])
    waiting = sum(wait.state is WaitState.OPEN for wait in waits)
    held = in_all(privacy.holds, people)
    told = _Told(person, people[1:], held, waiting, backups(app), dry_run)
    if dry_run:
        _tell(flags, told)
        return
    if not yes and not _agreed(flags, told, who):
        narrate.say("Nothing was removed.")
        return
    try:
        ended, held = forget_person(privacy, person, app.agent, app.tagger_for)
    except StoreError as error:
        raise _halfway(error, privacy, person) from error
    told = told._replace(held=held, is_done=ended.done_at is not None, backups=backups(app))
    _tell(flags, told)
    if not told.is_done:
        raise Busy(
            f"{person.label} is forgotten, but their words may still stand in the file.",
            reason="Another program has the database open just now.",
            hint="Nothing to do: the next fetch wipes it. Or close it, and run `triage fetch`.",
        )


def _halfway(error: StoreError, privacy: Privacy, person: Person) -> StoreError:
    """The error, saying how far it came: what was begun is not to be begun again."""
    begun = {one.customer_id for one in privacy.holds.unfinished(person.brand_id)}
    if person.id not in begun:
        return error
    return StoreError(
        f"{person.label} is forgotten, but their words may still stand in the file.",
        reason=f"{error.message} {error.reason}".strip(),
        hint="Mend that; the next fetch does the rest. The file is written anew, which takes as "
        "much room again as it has.",
    )


def _refuse_open(app: App, person: Person) -> None:
    """Refuse while somebody on this computer writes to them: the editor would save it again."""
    from triage.cli.kept import unsaved

    numbers = set(map(str, app.store.privacy.conversations(person.id)))
    for kept in unsaved(app):
        if kept.is_open and kept.reference.lstrip("#") in numbers:
            raise Refused(
                f"Somebody is writing to {person.label} just now, in an editor on this computer.",
                reason=f"The draft {kept.name} is open.",
                hint="Close the editor first.",
            )


def _agreed(flags: Globals, told: _Told, who: str) -> bool:
    if not flags.may_ask:
        raise UsageError(
            "Nothing was removed: nobody can be asked here.",
            reason="What is forgotten cannot be brought back.",
            hint=f"Forget without asking: {program(flags.app)} customer forget {who} --yes",
        )
    _screen(told)
    return ask("y forget them for good, q cancel [q]:", "q")[:1] == "y"


def _tell(flags: Globals, told: _Told) -> None:
    form = flags.form()
    if form is not Format.TERMINAL:
        output.rows([told], _COLUMNS if form is Format.JSON else _FLAT, form)
    elif told.is_dry:
        _screen(told)
        narrate.say("Nothing was removed.")
    else:
        for one in (told.person, *told.also):
            output.line(f"{one.label} is {one.token} from now on.")
    if form is Format.TERMINAL or told.backups:
        _tell_of_backups(flags.app, told)


def _screen(told: _Told) -> None:
    person = told.person
    name = f" ({person.name})" if person.name else ""
    output.wrapped(f"{person.label}{name} on {person.channel}")
    if told.also:
        others = ", ".join(f"{one.label} on {one.channel}" for one in told.also)
        output.wrapped(f"The same person: {others}. They are forgotten too.")
    for key, number in told.held._asdict().items():
        if number:
            output.indented(f"{number} {_WHAT[key][number != 1]}")
    output.wrapped(
        "Every word and name goes, also from the search and the files. When they wrote, of what "
        "kind it was and how long they waited stays, under a number."
    )
    if told.waiting:
        many = "wait is" if told.waiting == 1 else "waits are"
        output.wrapped(f"{told.waiting} open {many} closed without an answer.")


def _tell_of_backups(app: App, told: _Told) -> None:
    if app.located.places.url:
        narrate.say("Backups of the server still hold them; triage does not know of those.")
    elif told.backups:
        narrate.warn("These backups hold them still; delete those that you do not need:")
        for backup in told.backups:
            day = datetime.fromtimestamp(backup.made_at / 1000, UTC)
            narrate.warn(f"  {backup.path} ({day:%Y-%m-%d})")
    else:
        narrate.say("No backup lies beside the database; others that you made hold them still.")


_COLUMNS: list[Column[_Told]] = [
    Column("customer", lambda t: t.person.handle if t.is_dry else None),
    Column("is_now", lambda t: t.person.token),
    Column("dry_run", lambda t: t.is_dry),
    Column("done", lambda t: t.is_done),
    Column("held", lambda t: t.held._asdict()),
    Column("open_waits", lambda t: t.waiting),
    Column(
        "backups",
        lambda t: [{"path": str(b.path), "made_at": iso(b.made_at)} for b in t.backups],
    ),
    Column("also", lambda t: [one.token for one in t.also]),
]


_FLAT: list[Column[_Told]] = [
    *(c for c in _COLUMNS if c.key not in ("held", "backups", "also")),
    *(Column(key, lambda t, k=key: getattr(t.held, k)) for key in _WHAT),  # type: ignore[misc]
    Column("backups", lambda t: " ".join(str(b.path) for b in t.backups)),
    Column("also", lambda t: " ".join(one.token for one in t.also)),
]
"""In a row of a pipe nothing holds several things."""


def export(context: typer.Context, who: Who) -> None:
    """Write all that is held of a customer, as JSON: for whoever asks what you know of them.

    Posts, answers, what the rules made of them, waits, notes and drafts: each row of each table,
    as docs/schema.md describes it.
    """
    import json

    from triage.app.forgetting import everybody, find_person

    flags = globals_of(context)
    app = flags.app
    privacy = privacy_of(app)
    people = everybody(privacy, find_person(app.store, privacy.holds, app.brand_id, who))
    head = {
        "schema": output.SCHEMA,
        "exported_at": iso(app.now()),
        "customer": people[0].handle,
        "also": [one.handle for one in people[1:]],
    }
    output.line(json.dumps(head)[:-1] + ', "items": [', cleaned=True)
    mark = ""
    for one in people:
        for table, row in app.store.privacy.export(one.id):
            shown = {"table": table, **{key: _shown(key, value) for key, value in row.items()}}
            output.line(mark + json.dumps(shown), cleaned=True)
            mark = ","
    output.line("]}", cleaned=True)
    numbers = [n for one in people for n in app.store.privacy.conversations(one.id)]
    for name in _kept_names(app, numbers):
        narrate.warn(f"An unsaved draft is not in it: see `triage drafts show {name}`.")


def _shown(key: str, value: object) -> object:
    """A value as JSON has it: times in words, and JSON as what it is."""
    import json

    if key.endswith("_at") or key == "at":
        return iso(value) if isinstance(value, int) else value
    if key in ("raw", "scores", "because") and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _kept_names(app: App, conversation_ids: Sequence[int]) -> list[str]:
    from triage.cli.kept import unsaved

    wanted = set(map(str, conversation_ids))
    return [kept.name for kept in unsaved(app) if kept.reference.lstrip("#") in wanted]
