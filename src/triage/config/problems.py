"""What is wrong in a configuration, in the words of the person who wrote it.

Values are never repeated where a secret could stand.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from triage.core.credentials import Credentials

SECRETS = frozenset(Credentials.__slots__)
"""The keys that belong into `credentials.toml`."""
ANY_NAME = "*"
"""Among keys: whatever a person calls a table."""
_SECRET_ENDS = ("token", "secret", "password", "passwd", "api_key", "apikey")


def looks_secret(key: str) -> bool:
    """A key by whose name somebody would keep a secret."""
    return key in SECRETS or key.lower().endswith(_SECRET_ENDS)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the nearest known word, or all of them."""
    words = list(known)
    near = difflib.get_close_matches(word.lower(), words, n=1)
    return f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(words)}."


def describe_errors(
    errors: Sequence[Mapping[str, Any]], keys: Mapping[str, Any], file: str, credentials: str
) -> list[str]:
    """One sentence for each error of pydantic's: file, table, key, and what is accepted.

    Args:
        errors: As `ValidationError.errors()` gives them.
        keys: The keys of the model; see `known_keys`.
        file: Name of the configuration file.
        credentials: Path of the file in which secrets belong.
    """
    return [_describe(error, keys, file, credentials) for error in errors]


def _describe(
    error: Mapping[str, Any], keys: Mapping[str, Any], file: str, credentials: str
) -> str:
    loc: tuple[str | int, ...] = error["loc"]
    if error["type"] == "extra_forbidden":
        table, key = loc[:-1], str(loc[-1])
        return f"{_where(file, table)}: {_unknown(table, key, keys, credentials)}"
    if error["type"] == "missing":
        return f'{_where(file, loc[:-1])}: "{loc[-1]}" is missing.'
    words = _words(error)
    table, rest = _split(loc, keys)
    where = _where(file, table)
    if rest:
        return f"{where} {rest}: {words}" if table else f"{where}, {rest}: {words}"
    joint = " " if words.startswith("names") else ": "
    return f"{where}{joint}{words}"


def _where(file: str, table: Sequence[str | int]) -> str:
    """`config.toml, [sla.complaint]` or `config.toml, [[account]] 2`."""
    if not table:
        return file
    names = ".".join(str(part) for part in table if isinstance(part, str))
    numbers = [part for part in table if isinstance(part, int)]
    if numbers or names == "account":
        number = f" {numbers[0] + 1}" if numbers else ""
        return f"{file}, [[{names}]]{number}"
    return f"{file}, [{names}]"


def _split(
    loc: tuple[str | int, ...], keys: Mapping[str, Any]
) -> tuple[tuple[str | int, ...], str]:
    """Part a location into its table and the key in it."""
    table: list[str | int] = []
    here: Any = keys
    for number, part in enumerate(loc):
        if isinstance(part, str):
            inner = here.get(ANY_NAME, here.get(part)) if here else None
            if inner is None:
                return tuple(table), _key(loc[number:])
            here = inner
        table.append(part)
    return tuple(table), ""


def _key(parts: Sequence[str | int]) -> str:
    numbers = [f", item {part + 1}" for part in parts if isinstance(part, int)]
    return str(parts[0]) + "".join(numbers)


def _unknown(
    table: Sequence[str | int], key: str, keys: Mapping[str, Any], credentials: str
) -> str:
    if looks_secret(key):
        return (
            f'"{key}" must not stand here: secrets belong in {credentials} (mode 0600), the '
            "environment or a token_command. Take it out, and renew it if anyone saw this file."
        )
    here: Any = keys
    for part in table:
        here = here.get(ANY_NAME, here.get(part)) if isinstance(part, str) else here
    said = f'unknown setting "{key}".'
    owners = [name for name, inner in keys.items() if inner and key in inner and name != "account"]
    is_near = difflib.get_close_matches(key.lower(), list(here), n=1)
    if not is_near and owners:
        return f"{said} It belongs in [{owners[0]}]."
    if not is_near and tuple(table) == ("alerts",):
        return f"{said} The URL of a target is a secret: put it into {credentials}, [alerts]."
    return f"{said} {did_you_mean(key, here)}"


_SEVERAL = {"policy", "special"}
"""Tables below others of which there may be several."""
_SAID = {
    "string_type": "must be a text in quotes.",
    "bool_type": "must be true or false.",
    "int_type": "must be a whole number.",
    "dict_type": "must be a table.",
    "model_type": "must be a table.",
    "model_attributes_type": "must be a table.",
    "tuple_type": "must be a list in brackets.",
    "too_short": "must not be empty.",
}


def _words(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "tuple_type" and (error["loc"] == ("account",) or error["loc"][-1] in _SEVERAL):
        names = ".".join(map(str, error["loc"]))
        return f"write [[{names}]] with two brackets: there may be several."
    if kind == "value_error":
        said = str(context["error"])
        return said if said.endswith("?") else f"{said}."
    if kind in {"literal_error", "enum"}:
        return f"must be {context['expected']}.".replace("'", '"')
    limits = {
        "greater_than_equal": f"must be at least {context.get('ge')}.",
        "less_than_equal": f"must be at most {context.get('le')}.",
    }
    return _SAID.get(kind) or limits.get(kind) or f"{error['msg']}."
