"""Texts that agents send again and again: which there are, which fit, what they may name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from triage.core.kinds import Kind
from triage.errors import NotFound

NAME = r"[a-z0-9][a-z0-9_-]{0,39}"
"""What a template can be called: an expression for all of it."""
LANGUAGE = r"[a-z]{2,3}(?:-[a-z0-9]{2,8})?"
"""How a language is written: an expression for all of it."""
VARIABLE = r"[a-z][a-z0-9_]{0,39}"
"""What a value that is given by hand can be called in a template."""

KNOWN: Mapping[str, frozenset[str] | None] = {
    "customer": frozenset({"first_name", "name", "handle"}),
    "attributes": None,
    "agent": frozenset({"name", "sign"}),
    "wait": frozenset({"since", "due", "kind", "hours", "days"}),
    "brand": frozenset({"name"}),
    "action": frozenset({"title", "theme"}),
    "vars": None,
}
"""What a template may name; None where any name may stand behind the dot."""

_LANGUAGES = {
    "arabic": "ar",
    "catalan": "ca",
    "català": "ca",
    "chinese": "zh",
    "deutsch": "de",
    "dutch": "nl",
    "english": "en",
    "español": "es",
    "français": "fr",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "italiano": "it",
    "japanese": "ja",
    "nederlands": "nl",
    "polish": "pl",
    "portuguese": "pt",
    "português": "pt",
    "spanish": "es",
    "turkish": "tr",
}
_NO_LANGUAGE = frozenset({"und", "zxx", "qam", "qct", "qht", "qme", "qst", "art", "mul", "mis"})
"""What channels say of posts without words of their own."""


@dataclass(frozen=True, slots=True)
class Template:
    """One file.

    Attributes:
        name: What people type.
        lang: Of its file's name; empty for the default language.
        title: What it is for, in a few words.
        themes: What complaints it answers are about, such as `refund`.
        kinds: What kinds of mention it answers.
        languages: In which languages there is to be one of it.
        variables: What it names by itself and is given by hand: `order` for `{{ order }}`.
        source: What is filled in.
        path: Its file.
        first_line: The line of the file in which the source begins, from 1.
    """

    name: str
    lang: str
    source: str
    path: str
    title: str = ""
    themes: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    languages: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    first_line: int = 1

    @property
    def in_place(self) -> str:
        """The source behind as many lines as its head has: what is told of a line is the file's."""
        return "\n" * (self.first_line - 1) + self.source


class Problem(NamedTuple):
    """Why a template cannot be used, or not as it is meant.

    Attributes:
        file: The name of its file.
        line: Counted from 1; None where it is the file as a whole.
        text: What is wrong, in sentences.
        is_fatal: It cannot be used at all.
    """

    file: str
    line: int | None
    text: str
    is_fatal: bool = True

    @property
    def place(self) -> str:
        """Such as `sorry.txt, line 7`."""
        return self.file if self.line is None else f"{self.file}, line {self.line}"

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class Shelf:
    """All templates, by name and language."""

    def __init__(self, found: Iterable[Template], problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        self._by_name: dict[str, dict[str, Template]] = {}
        for one in sorted(found, key=lambda t: (t.name, t.lang)):
            self._by_name.setdefault(one.name, {})[one.lang] = one

    @property
    def names(self) -> list[str]:
        """Every name, in order."""
        return list(self._by_name)

    def all(self) -> list[Template]:
        """Every file, by name, that of the default language first."""
        return [one for family in self._by_name.values() for one in family.values()]

    def family(self, name: str) -> Mapping[str, Template]:
        """A template in its languages, that of the default language under the empty text.

        Raises:
            NotFound: There is none of that name; it names the nearest.
        """
        if name in self._by_name:
            return self._by_name[name]
        raise NotFound(
            f"There is no template {name[:40]!r}.",
            reason=self._nearest(name),
            hint="See `triage templates list`.",
        )

    def _nearest(self, name: str) -> str:
        import difflib

        broken = [p for p in self.problems if p.is_fatal and p.file.startswith(f"{name}.")]
        if broken:
            return f"{broken[0]}"
        near = difflib.get_close_matches(name.lower(), self.names, n=1)
        return f"Did you mean {near[0]}?" if near else ""

    def about(self, name: str) -> Template:
        """A template with what is said of it in any of its languages, the default one first.

        Raises:
            NotFound: See `family`.
        """
        family = list(self.family(name).values())
        first = family[0]
        return replace(
            first,
            title=next((t.title for t in family if t.title), ""),
            themes=next((t.themes for t in family if t.themes), ()),
            kinds=next((t.kinds for t in family if t.kinds), ()),
            languages=next((t.languages for t in family if t.languages), ()),
        )


class Chosen(NamedTuple):
    """Templates in the one language that is taken for all of them.

    Attributes:
        templates: In the order in which they were named.
        lang: The language; empty if nobody says which the default one is.
        wished: The language that was wished first, if it is another; empty otherwise.
    """

    templates: tuple[Template, ...]
    lang: str
    wished: str = ""


def as_language(said: str | None) -> str:
    """A language as it is written here: `ES`, `es_MX` and `Spanish` are `es`, `es-mx` and `es`.

    Returns:
        Empty if it is no language.
    """
    word = (said or "").strip().casefold().replace("_", "-")
    word = _LANGUAGES.get(word, word)
    return word if re.fullmatch(LANGUAGE, word) and word not in _NO_LANGUAGE else ""


def choose(
    shelf: Shelf, names: Sequence[str], wished: Sequence[str], default: str, *, strict: bool
) -> Chosen:
    """Choose one language for all of some templates: the first wish that each of them has.

    Args:
        shelf: All templates.
        names: Which are to be joined.
        wished: Languages, the most wished first.
        default: The language of files that name none; empty if nobody says.
        strict: Only the wishes will do.

    Raises:
        NotFound: A template is not there, or not in a language that all have.
    """
    families = [shelf.family(name) for name in names]
    wanted = [w for w in wished if w]
    for lang in (*wanted, *(() if strict else (default,))):
        files = [_in(family, lang, default) for family in families]
        if all(files):
            first = wanted[0] if wanted and wanted[0] != lang else ""
            return Chosen(tuple(f for f in files if f), lang, first)
    lang = wanted[0] if wanted else default
    lacking = next(n for n, f in zip(names, families, strict=True) if not _in(f, lang, default))
    have = ", ".join(own or default or "the default one" for own in shelf.family(lacking))
    raise NotFound(
        f"The template {lacking} is not there in {lang or 'the default language'}.",
        reason=f"Its languages: {have}. All templates of one answer are in the same.",
        hint=f"Write it: triage templates edit {lacking}"
        + (f" --language {lang}" if lang and lang != default else "")
        + ", or choose another --language.",
    )


def _in(family: Mapping[str, Template], lang: str, default: str) -> Template | None:
    """A template in a language, in its dialect or plain."""
    for own in (lang, lang.partition("-")[0]):
        if own in family:
            return family[own]
        if own in (default, default.partition("-")[0]) and "" in family:
            return family[""]
    return None


def suggested(
    shelf: Shelf, kind: Kind | None, themes: Iterable[str], most: int = 3
) -> list[Template]:
    """Templates that fit a mention, what is about its theme first.

    What names themes or kinds is for these alone; what names neither is never suggested.
    """
    here = set(themes)
    ranked = []
    for name in shelf.names:
        one = shelf.about(name)
        fits_theme = bool(here & set(one.themes))
        fits_kind = kind in one.kinds
        if (one.themes and not fits_theme) or (one.kinds and not fits_kind):
            continue
        if fits_theme or fits_kind:
            ranked.append((-2 * fits_theme - fits_kind, name, one))
    return [one for *_, one in sorted(ranked, key=lambda r: r[:2])[:most]]


def joined(parts: Sequence[str], sign: str = "") -> str:
    """Filled templates as one text: behind a blank line what has several lines, else in a row.

    Whoever signs in several of them signs once, at the end.
    """
    *before, last = [p for p in parts if p] or [""]
    text, signed = "", False
    for part in before:
        signed = signed or bool(sign and part.endswith(sign))
        text = _beside(text, part.removesuffix(sign).rstrip() if sign else part)
    text = _beside(text, last)
    return _beside(text, sign) if signed and not text.endswith(sign) else text


def _beside(text: str, part: str) -> str:
    if not (text and part):
        return text or part
    return f"{text}\n\n{part}" if "\n" in text + part else f"{text} {part}"
