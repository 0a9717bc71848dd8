"""What an event is to be: from the command line, and from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any

from triage.cli.files import opened
from triage.core.countdown import parse_step
from triage.errors import UsageError

_MOST_BYTES = 100_000
_FILE_HINT = 'Such as: name = "Sale", at = "2026-12-10 09:00", countdown = "7d,1d,0", text = "..."'


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody said of an event; None where they said nothing.

    Attributes:
        name: What it is called.
        at: Its date and time of day there.
        time_zone: IANA name.
        account: Who posts, by handle.
        language: In which "tomorrow" is said.
        countdown: Its steps.
        text: The template of all posts.
        late: `skip` or `send`.
        texts: Templates of single steps.
    """

    name: str | None = None
    at: str | None = None
    time_zone: str | None = None
    account: str | None = None
    language: str | None = None
    countdown: str | None = None
    text: str | None = None
    late: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    def over(self, other: Told) -> Told:
        """This, and where it says nothing the other."""
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        more = {k: v for k, v in said.items() if v is not None and k != "texts"}
        return replace(other, **more, texts={**other.texts, **self.texts})


def read_file(name: str) -> Told:
    """Read an event from a TOML file, `-` for standard input.

    Raises:
        NotFound: It cannot be read.
        UsageError: It is no TOML, or has a key or a value that an event has not; both are named.
    """
    with opened(name) as (stream, _):
        data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{name} has more than {_MOST_BYTES // 1000} kB.", hint=_FILE_HINT)
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{name} is no TOML: {error}.", hint=_FILE_HINT) from error
    known = [f.name for f in fields(Told)]
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            raise UsageError(
                f"{name}: unknown key {key[:40]!r}.",
                reason=f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(known)}.",
                hint=_FILE_HINT,
            )
    return Told(**{key: _READERS.get(key, _string)(name, key, v) for key, v in table.items()})


def _string(file: str, key: str, value: object) -> Any:  # noqa: ANN401 - a field of its name
    if not isinstance(value, str):
        raise UsageError(f"{file}: {key} must be a text in quotes.", hint=_FILE_HINT)
    return value


def _moment(file: str, key: str, value: object) -> str:
    """TOML has dates of its own; one with an offset would be another clock's."""
    if isinstance(value, str):
        return value
    said = getattr(value, "isoformat", None)
    if said is None or getattr(value, "tzinfo", None) is not None or "T" not in said():
        raise UsageError(
            f"{file}: {key} must be a date and a time without an offset.", hint=_FILE_HINT
        )
    return str(said()).removesuffix(":00")


def _countdown(file: str, key: str, value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(v) if isinstance(v, int) else _string(file, key, v) for v in value)
    return str(_string(file, key, value))


def _texts(file: str, key: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise UsageError(f"{file}: {key} must be a table: [texts].", hint=_FILE_HINT)
    return {parse_step(step).label: _string(file, step, text) for step, text in value.items()}


_READERS: Mapping[str, Callable[[str, str, object], Any]] = {
    "at": _moment,
    "countdown": _countdown,
    "texts": _texts,
}


def texts_of(pairs: list[str] | None) -> dict[str, str]:
    """What `--text-for STEP=TEXT` said, by step. Raises `UsageError`."""
    found = {}
    for pair in pairs or []:
        step, sign, text = pair.partition("=")
        if not sign:
            raise UsageError(
                f"--text-for {pair[:40]!r}: not STEP=TEXT.", hint='Write it like 0="It is today!"'
            )
        found[parse_step(step).label] = text
    return found
