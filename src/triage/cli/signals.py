"""What stops the program from outside: a cron's time limit, a closed terminal, a shutdown.

They end a run as Ctrl-C does, so that everything that must be tidied up is: a transaction is rolled
back, a reply on its way is locked as `unknown`, the heartbeat says how it ended.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

from triage.cli.exits import Exit

_STOPPING = (signal.SIGTERM, signal.SIGHUP)
_BY_SIGNAL = 128
"""What a shell adds to the number of a signal."""

_received: signal.Signals | None = None


def install() -> None:
    """Let the signals stop the program in order; one that is ignored, as by nohup, stays so."""
    for number in _STOPPING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
    sys.unraisablehook = _in_a_finalizer


def _in_a_finalizer(lost: sys.UnraisableHookArgs) -> None:
    """Say nothing of a stop that fell into a finalizer, where Python loses it: the run goes on."""
    global _received  # noqa: PLW0603 - it was not stopped after all
    if lost.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(lost)
        return
    if _received is not None:
        _received = None
        for number in _STOPPING:
            signal.signal(number, _stop)  # the next one may stop it


def ignore() -> None:
    """Let no signal break the end of a run whose exit code is decided."""
    for number in _STOPPING:
        if signal.getsignal(number) is _stop:
            signal.signal(number, signal.SIG_IGN)


def received() -> str | None:
    """The name of the signal that stopped the program; None for Ctrl-C."""
    return None if _received is None else _received.name


def exit_code() -> int:
    """The exit code of an interrupted run, as shells count: 143 for SIGTERM, 130 for Ctrl-C."""
    return int(Exit.INTERRUPTED) if _received is None else _BY_SIGNAL + _received


def _stop(number: int, _frame: FrameType | None) -> None:
    global _received  # noqa: PLW0603 - one process, one end
    _received = signal.Signals(number)
    for other in _STOPPING:
        # Once is enough: a second one would interrupt the tidying up.
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt
