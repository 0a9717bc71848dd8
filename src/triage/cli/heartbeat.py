"""The heartbeat of a run: its start, then the exit code that it will end with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from triage.bootstrap import App
from triage.cli import narrate, signals
from triage.cli.exits import Exit, code_of
from triage.errors import Busy, ConfigError, StoreBusy, TriageError

if TYPE_CHECKING:
    from triage.delivery.heartbeat import Heartbeat


def ping_url(app: App) -> str | None:
    """Where heartbeats go, valid or not: TRIAGE_PING_URL, then the configuration.

    The rest of the configuration may be wrong: that is what somebody wants to be told of. None for
    nowhere; the demo tells nobody.
    """
    if app.demo:
        return None
    if app.env.get("TRIAGE_PING_URL"):
        return app.env["TRIAGE_PING_URL"]
    try:
        raw = app.located.raw
    except ConfigError:
        return None
    table = raw.data.get("heartbeat") if raw else None
    url = table.get("ping_url") if isinstance(table, dict) else None
    return url if isinstance(url, str) else None


@contextmanager
def heartbeat(app: App) -> Iterator[Callable[[], None]]:
    """Ping how the run ends, whatever happens inside; a ping that fails changes nothing.

    A run that finds another one at work sends nothing at all. It has not failed, so it must raise
    no alarm; nor may it say that all is well, or it would cover up for another that hangs. That
    one says how it ends, or the switch misses it. So the start is pinged once the run has begun
    in earnest, and what goes wrong before is pinged without one.

    Yields:
        To be called when the run begins in earnest: pings the start.
    """
    url = ping_url(app)
    if url is None:
        yield lambda: None
        return
    from triage.delivery.heartbeat import Heartbeat

    beat = _Beat(Heartbeat(url))
    try:
        yield beat.start
    except BaseException as error:
        if not beat.is_skipped(error):
            beat.ping(str(int(_code(error))))
        raise
    beat.ping(str(int(Exit.OK)))


class _Beat:
    """The pings of one run."""

    def __init__(self, switch: Heartbeat) -> None:
        self._switch = switch
        self._has_begun = False
        self._has_complained = False

    def start(self) -> None:
        self._has_begun = True
        self.ping("start")

    def is_skipped(self, error: BaseException) -> bool:
        return not self._has_begun and isinstance(error, Busy) and not isinstance(error, StoreBusy)

    def ping(self, word: str) -> None:
        problem = self._switch.ping(word)
        if problem and not self._has_complained:
            self._has_complained = True
            narrate.say(f"The heartbeat was not sent: {problem}.")


def _code(error: BaseException) -> int:
    """The exit code that the boundary will give."""
    if isinstance(error, TriageError):
        return code_of(error)
    if isinstance(error, typer.Exit):
        return int(error.exit_code)
    if isinstance(error, BrokenPipeError):
        return Exit.OK
    return Exit.BUG if isinstance(error, Exception) else signals.exit_code()
