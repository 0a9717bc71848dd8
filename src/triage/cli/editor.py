"""A person's editor, opened on a file that is there to stay."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from triage.errors import TriageError

_TOLD_BY = ("TRIAGE_EDITOR", "VISUAL", "EDITOR")
_USUAL = ("sensible-editor", "nano", "vim", "vi")
_HINT = "Set TRIAGE_EDITOR, or give the text on the command line."


def editor_of(env: Mapping[str, str]) -> list[str]:
    """The editor as a command: told by TRIAGE_EDITOR, VISUAL or EDITOR, else a usual one.

    Raises:
        TriageError: There is none, or what was told cannot be read as a command.
    """
    told = next((env[name] for name in _TOLD_BY if env.get(name)), "")
    try:
        words = shlex.split(told)
    except ValueError as error:
        raise TriageError(
            "The editor could not be used.", reason=f"{told}: {error}.", hint=_HINT
        ) from error
    if words:
        return words
    usual = next((name for name in _USUAL if shutil.which(name)), None)
    if usual is None:
        raise TriageError("There is no editor.", hint=_HINT)
    return [usual]


def edit(
    path: Path, env: Mapping[str, str], lock: int, again: Callable[[], None], every_s: float
) -> None:
    """Open the editor on a file and wait for it.

    Ctrl-C is the editor's while it is open. It inherits the descriptor of the file's lock: should
    we be killed, the file is in use for as long as the editor lives.

    Args:
        path: The file.
        env: The environment, which tells the editor.
        lock: A descriptor for it to inherit.
        again: Called now and then while it is open.
        every_s: How often, seconds.

    Raises:
        TriageError: It could not be started, or failed.
    """
    words = editor_of(env)
    with _left_to_the_editor():
        try:
            process = subprocess.Popen(  # noqa: S603 - the person's own editor, without a shell
                [*words, str(path)], pass_fds=(lock,)
            )
        except OSError as error:
            raise TriageError(
                "The editor could not be used.",
                reason=f"{words[0]}: {error.strerror}.",
                hint=_HINT,
            ) from error
        code = _wait(process, again, every_s)
    if code:
        raise TriageError("The editor failed.", reason=f"{words[0]} ended with {code}.", hint=_HINT)


def _wait(process: subprocess.Popen[bytes], again: Callable[[], None], every_s: float) -> int:
    while True:
        try:
            return process.wait(timeout=every_s)
        except subprocess.TimeoutExpired:
            again()


@contextmanager
def _left_to_the_editor() -> Iterator[None]:
    """Let Ctrl-C and its like reach the editor alone.

    A handler that does nothing instead of none: a program that is started begins with its own.
    """
    before = {
        number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
