"""The templates of a team: one text file each, beside the configuration.

No pydantic: whoever looks at a conversation reads them too. What is wrong with a file is told with
its line, and keeps no other file from being used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from triage.config.problems import did_you_mean
from triage.core.kinds import Kind
from triage.core.templates import LANGUAGE, NAME, VARIABLE, Problem, Shelf, Template

FOLDER = "templates"
"""Beside the configuration."""
SUFFIX = ".txt"

_FENCE = "---"
_LARGEST = 100_000
_KEYS = ("title", "themes", "kinds", "languages", "vars")
_FILE = re.compile(rf"(?P<name>{NAME})(?:\.(?P<lang>{LANGUAGE}))?{re.escape(SUFFIX)}")
_AT = re.compile(r"(.*) \(at line (\d+), column \d+\)", re.DOTALL)
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class _Wrong(ValueError):
    """A file that cannot be used.

    Attributes:
        line: Of the file, from 1; None for the file as a whole.
    """

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.line = line


def folder_of(config_file: Path) -> Path:
    """Where the templates of a configuration lie."""
    return config_file.parent / FOLDER


def file_of(folder: Path, name: str, lang: str) -> Path:
    """The file of a template in a language; the empty one is the default."""
    return folder / f"{name}{f'.{lang}' if lang else ''}{SUFFIX}"


def read_shelf(folder: Path) -> Shelf:
    """Read every template of a folder, which need not exist.

    What is no text file, is hidden or is an editor's copy is left alone.
    """
    found: list[Template] = []
    problems: list[Problem] = []
    for path in _files(folder, problems):
        match = _FILE.fullmatch(path.name)
        if match is None:
            text = (
                "not a name for a template: small letters, digits, - and _, then .txt, or "
                "a language before it as in sorry.es.txt."
            )
            problems.append(Problem(path.name, None, text))
            continue
        try:
            found.append(_template(path, match["name"], match["lang"] or ""))
        except _Wrong as wrong:
            problems.append(Problem(path.name, wrong.line, str(wrong)))
    return Shelf(found, problems)


def _files(folder: Path, problems: list[Problem]) -> list[Path]:
    try:
        return sorted(
            p for p in folder.iterdir() if p.suffix == SUFFIX and not p.name.startswith(".")
        )
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(Problem(folder.name, None, f"cannot be read: {error.strerror}."))
        return []


def _template(path: Path, name: str, lang: str) -> Template:
    head, source, first_line = _parted(_text(path))
    data = _toml(head)
    for key in data:
        if key not in _KEYS:
            raise _Wrong(f'unknown setting "{key}". {did_you_mean(key, _KEYS)}', _line(head, key))
    title = data.get("title", "")
    if not isinstance(title, str) or "\n" in title:
        raise _Wrong("title must be a text in quotes, on one line.", _line(head, "title"))
    kinds = _words(data, head, "kinds", "|".join(Kind))
    return Template(
        name=name,
        lang=lang,
        source=source,
        path=str(path),
        title=title.strip(),
        themes=_words(data, head, "themes", _WORD.pattern),
        kinds=tuple(Kind(kind) for kind in kinds),
        languages=_words(data, head, "languages", LANGUAGE),
        variables=_words(data, head, "vars", VARIABLE),
        first_line=first_line,
    )


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise _Wrong("not a file.")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise _Wrong(f"cannot be read: {error.strerror}.") from error
    if len(content) > _LARGEST:
        raise _Wrong(f"larger than {_LARGEST:,} bytes: not a text for a post.")
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _Wrong("not UTF-8 text.", line) from None
    if "\0" in text:
        raise _Wrong("not a text: it holds a NUL.")
    return text.replace("\r\n", "\n")


def _parted(text: str) -> tuple[str, str, int]:
    """The head without its fences, the source, and the line in which that begins."""
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return "", text, 1
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() == _FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 2
    raise _Wrong(f"the head that begins here has no end: a line {_FENCE}.", 1)


def _toml(head: str) -> dict[str, Any]:
    if not head.strip():
        return {}
    import tomllib

    try:
        return tomllib.loads(f"{head}\n")
    except (ValueError, RecursionError) as error:
        found = _AT.fullmatch(str(error))
        what, line = (found[1], int(found[2]) + 1) if found else (str(error), None)
        raise _Wrong(f"the head is not valid TOML ({what}).", line) from None


def _line(head: str, key: str) -> int | None:
    """The line of the file in which a key of the head stands."""
    for number, line in enumerate(head.split("\n"), 2):
        if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]", line):
            return number
    return None


def _words(data: Mapping[str, Any], head: str, key: str, form: str) -> tuple[str, ...]:
    value = data.get(key, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise _Wrong(f'{key} must be a list of texts: {key} = ["..."].', _line(head, key))
    for word in value:
        if not re.fullmatch(form, word):
            raise _Wrong(f"{key}: {word[:40]!r} {_hint(key)}", _line(head, key))
    return tuple(dict.fromkeys(value))


def _hint(key: str) -> str:
    hints: Mapping[str, str] = {
        "kinds": f"is no kind. Known: {', '.join(Kind)}.",
        "themes": "is no theme: small letters, digits and single -.",
        "languages": "is no language. Write it like es or pt-br.",
        "vars": "is no name for a value: small letters, digits and _.",
    }
    return hints[key]


def known_themes(rules: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    """The themes that some rules tell, in order."""
    return sorted({rule["theme"] for rule in rules.values() if rule.get("theme")})
