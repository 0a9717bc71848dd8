"""Templates on the command line of a reply: `-t sorry -t tracking --var order=8841`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.app import filling
from triage.bootstrap import App
from triage.cli import narrate
from triage.config.template_files import folder_of, read_shelf
from triage.core.templates import KNOWN, VARIABLE, Chosen, Shelf, as_language, joined
from triage.errors import UsageError

if TYPE_CHECKING:
    from triage.config.template_table import TemplatesTable
    from triage.core.records import ConversationView

_LONGEST = 500

Names = Annotated[
    list[str] | None,
    typer.Option(
        "--template", "-t", metavar="NAME", help="Fill this template in; several are joined."
    ),
]
Vars = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="KEY=VALUE", help="A value for the templates; repeatable."),
]
Language = Annotated[
    str | None,
    typer.Option(metavar="LANG", help="Of the templates, such as es; the customer's by default."),
]


class Wanted(NamedTuple):
    """What was asked for.

    Attributes:
        names: Of templates, in their order.
        given: Values by name.
        told: The language; empty for the customer's.
    """

    names: Sequence[str]
    given: Mapping[str, str]
    told: str


def wanted_of(
    names: list[str] | None, variables: Sequence[str] | None, language: str | None
) -> Wanted | None:
    """Read the options; None without a template.

    Raises:
        UsageError: A value or the language cannot be read, or there is nothing that takes it.
    """
    given = dict(_pair(pair) for pair in variables or ())
    told = language_of(language)
    twice = next((n for n in names or () if (names or ()).count(n) > 1), None)
    if twice is not None:
        raise UsageError(f"-t {twice[:40]} is there twice.", hint="Name each template once.")
    if names:
        return Wanted(names, given, told)
    if given or told:
        option = "--var" if given else "--language"
        raise UsageError(f"{option} is for templates, and none is named.", hint="Name it: -t NAME")
    return None


def language_of(said: str | None) -> str:
    """A language as files are called; empty if none was said. Raises `UsageError`."""
    told = as_language(said)
    if said is not None and not told:
        raise UsageError(f"--language {said[:20]}: no language.", hint="Write it like es or pt-br.")
    return told


def _pair(pair: str) -> tuple[str, str]:
    key, sign, value = pair.partition("=")
    key, value = key.strip().lower().replace("-", "_"), value.strip()
    if not sign or not re.fullmatch(VARIABLE, key):
        raise UsageError(f"--var {pair[:40]}: not KEY=VALUE.", hint="Write it like order=8841.")
    if not value or len(value) > _LONGEST:
        raise UsageError(
            f"--var {key}: a value has 1 to {_LONGEST} characters.",
            hint="A template without a value is not sent; give it a default in the template.",
        )
    if key in KNOWN:
        raise UsageError(
            f"--var {key}: templates have something else under that name.",
            hint=f"Call it otherwise, such as {key}_text.",
        )
    return key, value


def shelf_of(app: App) -> Shelf:
    """The templates beside the configuration."""
    return read_shelf(folder_of(app.located.places.config_file))


def table_of(app: App) -> TemplatesTable:
    """What the configuration says of templates; the defaults without one. Raises `ConfigError`."""
    if app.has_configuration:
        return app.settings_file.templates
    from triage.config.template_table import TemplatesTable

    return TemplatesTable()


def author_of(app: App) -> filling.Author:
    """Who sits here, as templates name them."""
    return filling.Author(app.agent, table_of(app).sign_of(app.agent), app.brand_name)


def chosen_for(app: App, talk: ConversationView, shelf: Shelf, wanted: Wanted) -> Chosen:
    """The templates in the customer's language, or in the one that was told.

    Raises:
        NotFound: One is not there, or not in a language that all have.
    """
    wishes = filling.wishes_of(app.store, talk)
    if wishes.unread and not wanted.told:
        narrate.warn(
            f"The language noted of @{talk.customer} is not understood: {wishes.unread}. "
            f"Write it like es: triage customer set {talk.id} language=es"
        )
    default = table_of(app).language
    chosen = filling.choose_for(shelf, wanted.names, wishes, default, wanted.told)
    if chosen.wished:
        which = "The template is" if len(wanted.names) == 1 else "Not all of the templates are"
        not_ = " not" if len(wanted.names) == 1 else ""
        narrate.warn(f"{which}{not_} there in {chosen.wished}; this is {chosen.lang}.")
    return chosen


def filled(app: App, talk: ConversationView, wanted: Wanted, words: str | None = None) -> str:
    """Templates filled in for the customer of a conversation, with words behind them.

    Raises:
        NotFound: See `chosen_for`.
        MissingValue: Something has no value.
        BrokenTemplate: One cannot be read.
    """
    from triage.delivery.templating import render

    chosen = chosen_for(app, talk, shelf_of(app), wanted)
    author = author_of(app)
    facts = filling.facts_of(app.store, talk, author, wanted.given)
    text = filling.fill(chosen.templates, facts, render, app.now())
    return joined([text, words or ""], author.sign)
