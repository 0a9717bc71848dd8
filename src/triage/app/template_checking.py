"""Look at templates before anybody needs them: can each be read, filled in and sent?"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

from triage.app.filling import sample
from triage.core.model import DAY, Kind
from triage.core.template_values import Facts
from triage.core.templates import KNOWN, Problem, Shelf, Template
from triage.core.templating import BrokenTemplate, MissingValue, Render

_WORTH = "00000000"
"""Stands for whatever a template asks for: as long as many an order number."""


class Tools(NamedTuple):
    """What looking needs.

    Attributes:
        render: Fills a template in.
        paths_in: Tells what a template names, and in which line first.
        length: Measures a text as the channel does.
        most: The longest text that the channel takes, in the same units.
    """

    render: Render
    paths_in: Callable[[str], Mapping[str, int]]
    length: Callable[[str], int]
    most: int


def check(
    shelf: Shelf,
    tools: Tools,
    sign: str,
    default: str,
    languages: Collection[str],
    themes: Collection[str],
    now: int,
) -> list[Problem]:
    """Tell all that is wrong with some templates, by file and line.

    Args:
        shelf: All of them, with what cannot be read.
        tools: What looking needs.
        sign: The longest that an agent signs with.
        default: The language of files that name none.
        languages: In which languages there is to be one of each, if it does not say so itself.
        themes: Those that the rules tell; with none, no theme is taken for a mistake.
        now: UTC ms.
    """
    found = list(shelf.problems)
    for one in shelf.all():
        found += _check_one(one, tools, sign, themes, now)
    for name in shelf.names:
        found += _lacking(shelf, name, default, languages)
    return sorted(found, key=lambda p: (p.file, p.line or 0))


def _check_one(
    one: Template, tools: Tools, sign: str, themes: Collection[str], now: int
) -> Iterator[Problem]:
    file = PurePath(one.path).name
    if not one.source.strip():
        yield Problem(file, None, "there is no text in it.")
        return
    try:
        for path, line in tools.paths_in(one.in_place).items():
            wrong = _unknown(one, path)
            if wrong:
                yield Problem(file, line, wrong, is_fatal=False)
        yield from _too_long(one, file, tools, sign, now)
    except BrokenTemplate as broken:
        yield Problem(file, broken.line, broken.what)
    for theme in one.themes:
        if themes and theme not in themes:
            near = _nearest(theme, themes)
            yield Problem(file, None, f'no rule tells the theme "{theme}". {near}', is_fatal=False)


def _unknown(one: Template, path: str) -> str:
    """What is wrong with something that a template names; empty if all is well."""
    table, _, rest = path.partition(".")
    if table in one.variables:
        return ""
    if table not in KNOWN:
        near = difflib.get_close_matches(path, _known_paths(), n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Write attributes.{table}"
        named = f'or, if --var gives it, name it in the head: vars = ["{table}"]'
        return f"nothing is called {path}. {hint if near else f'{hint}, {named}.'}"
    members = KNOWN[table]
    if not rest:
        return f"{table} holds several values; name one, such as {table}.{_one_of(members)}."
    if members is None or rest.partition(".")[0] in members:
        return ""
    return f"nothing is called {path}. {_nearest(path, [f'{table}.{m}' for m in members])}"


def _one_of(members: frozenset[str] | None) -> str:
    return min(members) if members else "order"


def _known_paths() -> list[str]:
    return [f"{table}.{member}" for table, members in KNOWN.items() for member in members or ()]


def _nearest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(known))}."


def _too_long(one: Template, file: str, tools: Tools, sign: str, now: int) -> Iterator[Problem]:
    facts = Facts(
        handle="alexandra_m",
        name="Alexandra Martin",
        attributes={},
        agent="alexandra",
        sign=sign,
        brand="Acme",
        kind=Kind.COMPLAINT.value,
        since=now - 2 * DAY,
        due=now - DAY,
    )
    try:
        text = sample(one, facts, tools.render, now, _WORTH)
    except MissingValue:
        return
    length = tools.length(text)
    if length > tools.most:
        words = f"{length}/{tools.most} with usual values, {length - tools.most} too many."
        yield Problem(file, None, words, is_fatal=False)


def _lacking(
    shelf: Shelf, name: str, default: str, languages: Collection[str]
) -> Iterator[Problem]:
    family = shelf.family(name)
    wanted: Sequence[str] = shelf.about(name).languages or tuple(languages)
    if "" in family and default in family:
        files = [PurePath(family[lang].path).name for lang in ("", default)]
        words = f"{' and '.join(files)} are both in {default}; only the second is used."
        yield Problem(files[0], None, words, is_fatal=False)
    have = {lang or default for lang in family}
    lacking = [lang for lang in wanted if lang not in have]
    if lacking:
        file = PurePath(next(iter(family.values())).path).name
        words = f"{name} is not there in {' and '.join(lacking)}."
        yield Problem(file, None, words, is_fatal=False)
