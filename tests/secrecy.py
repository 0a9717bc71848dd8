"""A secret that nothing may show, and all that could be printed of an error."""

from __future__ import annotations

import traceback

from triage.errors import TriageError

SECRET = "hunter2hunter2"  # noqa: S105 - made up


def hidden(error: BaseException) -> str:
    """What an error says; nothing that could be printed of it holds the secret."""
    shown = "".join(traceback.format_exception(error)) + repr(error)
    if isinstance(error, TriageError):
        shown += error.message + error.reason + error.hint
    while error.__context__ is not None:
        error = error.__context__
        shown += repr(error) + repr(vars(error))
    assert SECRET not in shown
    return shown
