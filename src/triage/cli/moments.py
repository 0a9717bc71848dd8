"""Times that were typed: days and spans, in the zone of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.cli import times
from triage.cli.options import span
from triage.errors import UsageError

if TYPE_CHECKING:
    from triage.bootstrap import App

Since = Annotated[
    str, typer.Option("--since", metavar="SPAN|DATE", help="Such as 30d or 2026-11-01.")
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="Up to and with this day; now without it."),
]


class Stretch(NamedTuple):
    """From when to when, UTC ms; the end is not in it."""

    from_at: int
    to_at: int


def zone_of(app: App) -> str:
    """The zone that times are shown and read in; they are shown in it from now on."""
    current = app.store.settings.current()
    zone = current.settings.time_zone if current is not None else "UTC"
    times.set_zone(zone)
    return zone


def moment(app: App, text: str, flag: str) -> int:
    """A day or a time, UTC ms; a day is its midnight. Raises `UsageError`, which names the flag."""
    from triage.core.until import parse_moment

    try:
        return parse_moment(text, app.now(), zone_of(app))
    except UsageError as error:
        error.message = f"{flag} {error.message}"
        raise


def end(app: App, text: str, flag: str) -> int:
    """A day or a time that something goes on to, UTC ms; a day counts to its end.

    Raises:
        UsageError: It is neither; it names the flag.
    """
    from datetime import timedelta

    begin = moment(app, text, flag)
    first = times.local(begin)
    if ":" in text or (first.hour, first.minute) != (0, 0):
        return begin
    try:
        following = first.date() + timedelta(days=1)
    except OverflowError:
        return begin
    return moment(app, following.isoformat(), flag)


def stretch(app: App, since: str, until: str | None) -> Stretch:
    """From a day or so long ago up to a day or now.

    Raises:
        UsageError: One is not understood, or it ends before it begins.
    """
    now = app.now()
    to_at = now if until is None else min(end(app, until, "--until"), now)
    try:
        from_at = to_at - span(since, "--since")
    except UsageError:
        if since[:1].isdecimal() and since[-1:] in "smhdw":
            raise
        from_at = _since(app, since)
    if from_at >= to_at:
        raise UsageError(
            "The period ends before it begins.", hint="Name an earlier --since, or a later --until."
        )
    return Stretch(max(0, from_at), to_at)


def day(ms: int) -> str:
    """`2026-03-01`, in the zone of the settings."""
    return times.local(ms).date().isoformat()


def _since(app: App, text: str) -> int:
    try:
        return moment(app, text, "--since")
    except UsageError as error:
        error.hint = "Write a span (30d, 12w) or a date (2026-11-01)."
        raise
