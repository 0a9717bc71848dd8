"""`triage templates`: texts that agents send again and again, one file each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer

from triage.bootstrap import App
from triage.channels import measure_of
from triage.cli import narrate, output
from triage.cli.acts import find
from triage.cli.context import Globals, globals_of
from triage.cli.exits import Exit
from triage.cli.filling import (
    Language,
    Vars,
    Wanted,
    chosen_for,
    filled,
    language_of,
    shelf_of,
    table_of,
    wanted_of,
)
from triage.cli.groups import subcommand
from triage.cli.options import examples
from triage.cli.output import Column, Format
from triage.cli.sending import program
from triage.cli.template_files import edit, path
from triage.core.templates import Problem, Shelf, Template, choose

Name = Annotated[str, typer.Argument(metavar="NAME", help="A template's name.")]
For = Annotated[
    str | None,
    typer.Option("--for", metavar="ID", help="Filled in for this conversation, with its length."),
]
_FOR_FROM = 60
"""Terminal width from which it is shown."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = typer.Typer(
        help="Texts that you send again and again: one file each, filled in for each customer.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples("triage templates list", "triage reply 41 -t sorry -t tracking"),
    )
    add = subcommand(made)
    add("list", examples("triage templates list", "triage templates list --json"))(list_)
    add(
        "show",
        examples(
            "triage templates show sorry",
            "triage templates show tracking --for 41 --var order=8841",
        ),
    )(show)
    add(
        "edit",
        examples("triage templates edit sorry", "triage templates edit sorry --language es"),
    )(edit)
    add("check", examples("triage templates check", "triage templates check --json"))(check)
    add("path", examples("triage templates path", "triage templates path sorry --language es"))(
        path
    )
    app.add_typer(made, name="templates")


class _Listed(NamedTuple):
    """A template in the list.

    Attributes:
        about: It, with what is said of it in any language.
        languages: In which it is there.
    """

    about: Template
    languages: Sequence[str]


def list_(context: typer.Context) -> None:
    """List the templates, in which languages they are there, and what they are for."""
    flags = globals_of(context)
    shelf, default = shelf_of(flags.app), table_of(flags.app).language
    items = [
        _Listed(shelf.about(name), [lang or default for lang in shelf.family(name)])
        for name in shelf.names
    ]
    if flags.as_json:
        output.document([_item(i.about, i.languages) for i in items])
    else:
        output.rows(items, _COLUMNS, flags.form())
    name = program(flags.app)
    if not items:
        narrate.say(f"There are no templates yet. Write one: {name} templates edit sorry")
    broken = len({p.file for p in shelf.problems})
    if broken:
        files = "1 file" if broken == 1 else f"{broken} files"
        narrate.warn(f"{files} cannot be used: {name} templates check")


def _for_what(one: Template) -> str:
    return ", ".join([*one.themes, *one.kinds])


_COLUMNS: list[Column[_Listed]] = [
    Column("name", lambda i: i.about.name, "NAME"),
    Column("languages", lambda i: " ".join(i.languages), "LANG"),
    Column("themes", lambda i: " ".join(i.about.themes)),
    Column("kinds", lambda i: " ".join(i.about.kinds)),
    Column("for", lambda i: _for_what(i.about), "FOR", at_least=_FOR_FROM),
    Column("title", lambda i: i.about.title, "TITLE", wide=True),
    Column("path", lambda i: i.about.path),
]


def _item(one: Template, languages: Sequence[str]) -> dict[str, object]:
    return {
        "name": one.name,
        "title": one.title,
        "languages": list(languages),
        "themes": list(one.themes),
        "kinds": [kind.value for kind in one.kinds],
        "vars": list(one.variables),
        "path": one.path,
    }


def show(
    context: typer.Context,
    name: Name,
    reference: For = None,
    variables: Vars = None,
    language: Language = None,
) -> None:
    """Show a template as it is written, or filled in for a customer.

    Nothing is sent. What has no value is named, as when it would be sent.
    """
    flags = globals_of(context)
    if reference is None:
        _show_source(flags, name, language)
        return
    wanted = wanted_of([name], variables, language)
    assert wanted is not None  # noqa: S101 - there is a name
    _show_filled(flags, reference, wanted)


def _show_source(flags: Globals, name: str, language: str | None) -> None:
    shelf, default = shelf_of(flags.app), table_of(flags.app).language
    told = language_of(language)
    wished = [told] if told else [default, *shelf.family(name)]
    one = choose(shelf, [name], wished, default, strict=True).templates[0]
    if flags.as_json:
        about = _item(shelf.about(name), [lang or default for lang in shelf.family(name)])
        lang = one.lang or default
        output.document([{**about, "language": lang, "path": one.path, "source": one.source}])
        return
    output.line(one.source.strip("\n"))
    narrate.say(f"{one.path}")


def _show_filled(flags: Globals, reference: str, wanted: Wanted) -> None:
    app = flags.app
    talk = find(flags, reference)
    text = filled(app, talk, wanted)
    measure, most = measure_of(talk.channel)
    length = measure(text)
    if flags.as_json:
        one = chosen_for(app, talk, shelf_of(app), wanted).templates[0]
        item = {"name": one.name, "id": talk.id, "customer": talk.customer}
        lang = one.lang or table_of(app).language
        more = {"language": lang, "text": text, "length": length, "max_length": most}
        output.document([{**item, **more}])
    elif flags.form() is Format.TERMINAL:
        too_many = f", {length - most} too many" if length > most else ""
        output.spread(f"For @{talk.customer}", f"{length}/{most}{too_many}")
        for paragraph in text.splitlines() or [""]:
            output.indented(paragraph)
    else:
        output.line(text)
    narrate.say(f"send it: {program(app)} reply {talk.id} -t {wanted.names[0]}")


def check(context: typer.Context) -> None:
    """Tell what is wrong with templates: exit code 1 if anything is.

    What cannot be read, names that nothing has, texts that are too long with usual values, themes
    that no rule tells, and languages that are missing ([templates] languages, or those that the
    head of a file names).
    """
    flags = globals_of(context)
    shelf = shelf_of(flags.app)
    problems = _problems(flags.app, shelf)
    form = flags.form()
    if form is Format.JSON:
        items = [{c.key: c.value(problem) for c in _PROBLEMS} for problem in problems]
        output.document(items, ok=not items, templates=len(shelf.names))
    elif form is Format.TERMINAL:
        for problem in problems:
            output.wrapped(str(problem))
    else:
        output.rows(problems, _PROBLEMS, form)
    files = len(shelf.all())
    told = f"{files} file{'' if files == 1 else 's'}, {len(problems) or 'no'} problem"
    told += "" if len(problems) == 1 else "s"
    if problems:
        narrate.warn(f"{told}.")
        raise typer.Exit(Exit.FAILED)
    narrate.say(f"{told}.")


_PROBLEMS: list[Column[Problem]] = [
    Column("file", lambda p: p.file),
    Column("line", lambda p: p.line),
    Column("text", lambda p: p.text),
    Column("usable", lambda p: not p.is_fatal),
]


def _problems(app: App, shelf: Shelf) -> list[Problem]:
    from triage.app.template_checking import Tools
    from triage.app.template_checking import check as look_at
    from triage.delivery.templating import paths_in, render

    table = table_of(app)
    tools = Tools(render, paths_in, *measure_of("x"))
    signs = [*table.signs.values(), ""]
    return look_at(
        shelf,
        tools,
        max(signs, key=len),
        table.language,
        table.languages,
        _themes(app),
        app.now(),
    )


def _themes(app: App) -> list[str]:
    """The themes that the rules tell; none where those cannot be read: `rules check` tells why."""
    from triage.config.template_files import known_themes

    merged = app.merged_rules() if app.has_configuration else None
    return [] if merged is None or merged.problems else list(known_themes(merged.rules))
