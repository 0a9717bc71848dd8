"""What the tables of `config.toml` have in common. Imports pydantic."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from triage.config.spans import ACCEPTED, parse_span


class Table(BaseModel):
    """A table of the file: nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def read_span(value: object) -> int:
    """Read a span, ms; the `ValueError` says what is accepted."""
    if not isinstance(value, str):
        raise ValueError(f"must be {ACCEPTED}, in quotes")  # noqa: TRY004 - pydantic collects it
    return parse_span(value)


def runnable(words: tuple[str, ...] | None) -> bool:
    """Whether words can be a program and its arguments, or there are none."""
    return words is None or (bool(words[0].strip()) and not any("\0" in word for word in words))


def read_zone(value: object) -> object:
    """Check an IANA name; the `ValueError` names the nearest that is known."""
    if not isinstance(value, str):
        return value
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(value)
    except (LookupError, ValueError, OSError):
        raise ValueError(f"unknown time zone {value!r}{_nearest_zone(value)}") from None
    return value


def _nearest_zone(name: str) -> str:
    import difflib
    import zoneinfo

    known = {zone.lower(): zone for zone in sorted(zoneinfo.available_timezones())}
    near = difflib.get_close_matches(name.lower(), known, n=1)
    if near:
        return f'. Did you mean "{known[near[0]]}"?'
    return ': write an IANA name such as "Europe/Madrid"'
