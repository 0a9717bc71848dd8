"""`triage templates edit` and `path`: where templates lie, and writing one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from triage.bootstrap import App
from triage.cli import editor, narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.filling import Language, language_of, table_of
from triage.cli.sending import program
from triage.config.starters import skeleton
from triage.config.template_files import file_of, folder_of, read_shelf
from triage.core.templates import NAME
from triage.errors import NotFound, TriageError, UsageError

_EVERY_S = 3600.0

Name = Annotated[str, typer.Argument(metavar="NAME", help="A template's name.")]
AnyName = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="A template's name; the folder without it.")
]


def path(context: typer.Context, name: AnyName = None, language: Language = None) -> None:
    """Print where the templates lie, or where one does; it need not be there."""
    flags = globals_of(context)
    folder = folder_of(flags.app.located.places.config_file)
    if name is None and language is not None:
        raise UsageError("--language needs a template.", hint="Name it: triage templates path NAME")
    found = folder if name is None else _file(flags.app, name, language)
    if flags.as_json:
        output.document([{"path": str(found), "exists": found.exists()}])
    else:
        output.line(str(found))


def edit(context: typer.Context, name: Name, language: Language = None) -> None:
    """Open a template in your editor (TRIAGE_EDITOR, VISUAL, EDITOR); a new one is begun.

    Lines between --- at its beginning say what it is for, as TOML: title, themes, kinds.
    """
    flags = globals_of(context)
    file = _file(flags.app, name, language)
    if not flags.may_ask:
        raise UsageError("Nobody is here to edit it.", hint=f"Write the file itself: {file}")
    begun = _begin(file, skeleton(language_of(language)))
    try:
        _open(flags, file)
    finally:
        is_left = begun is not None and file.exists() and file.read_bytes() == begun
        if is_left:
            file.unlink()
    if is_left:
        narrate.say("Nothing was written.")
        return
    _tell(flags.app, file, name)


def _file(app: App, name: str, language: str | None) -> Path:
    """The file of a template; that of the default language is the one without it, if it is there.

    Raises:
        UsageError: It cannot be called like that.
    """
    if not re.fullmatch(NAME, name):
        raise UsageError(
            f"{name[:40]!r} is no name for a template.",
            reason="A name has up to 40 small letters, digits, - and _.",
            hint="Call it like sorry or late-parcel.",
        )
    folder = folder_of(app.located.places.config_file)
    lang = language_of(language)
    own = file_of(folder, name, lang)
    if lang and lang == table_of(app).language and not own.exists():
        return file_of(folder, name, "")
    return own


def _begin(file: Path, text: str) -> bytes | None:
    """Begin a file that is not there yet; give what it begins as, None if it was there.

    Raises:
        NotFound: It cannot be made.
    """
    if file.exists():
        return None
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotFound(
            f"There is no place to write {file.name}.",
            reason=f"{file.parent}: {error.strerror}.",
            hint="Mend that, or name another configuration: --config FILE",
        ) from error
    return text.encode()


def _open(flags: Globals, file: Path) -> None:
    try:
        with file.open("rb") as opened:
            editor.edit(file, flags.app.env, opened.fileno(), lambda: None, _EVERY_S)
    except OSError as error:
        raise TriageError(
            f"{file.name} cannot be edited.",
            reason=f"{file}: {error.strerror}.",
            hint="Mend its place or mode.",
        ) from error


def _tell(app: App, file: Path, name: str) -> None:
    """Say where it is, and what keeps it from being used."""
    shelf = read_shelf(file.parent)
    for problem in shelf.problems:
        if problem.file == file.name:
            narrate.warn(f"{problem} It cannot be used like this.")
    narrate.say(f"{file}")
    command = f"{program(app)} templates"
    narrate.say_beside(f"try it: {command} show {name} --for ID", f"all: {command} check")
