"""The system's keyring, through the package `keyring`: only one that really protects what it keeps.

Under cron there is often none that can be reached, though there is one at the desk. That is said;
nothing is ever put elsewhere instead. No error of this module carries a secret.
"""

from __future__ import annotations

from typing import Any

from triage.errors import SignInNeeded, TriageError

SERVICE = "triage"
INSTALL = "Install it: pip install 'triage[keyring]'"
_ELSEWHERE = "Sign in with a file instead: triage auth login --store file"


def problem() -> str:
    """Say why there is no keyring that can be used here; empty if there is one."""
    try:
        import keyring
        from keyring.backends import fail, null
    except ImportError:
        return "The package keyring is not installed."
    try:
        backend: Any = keyring.get_keyring()
        name = f"{type(backend).__module__}.{type(backend).__qualname__}"
        if isinstance(backend, (fail.Keyring, null.Keyring)) or backend.priority <= 0:
            return "This machine has no keyring that can be reached from here."
        if name.startswith("keyrings.alt."):
            return f"{name} does not protect what it keeps."
    except Exception as error:  # noqa: BLE001 - backends raise errors of their systems
        return f"The keyring cannot be reached: {type(error).__name__}."
    return ""


def read(name: str) -> str:
    """Give what is kept under a name.

    Raises:
        SignInNeeded: It is not there, or the keyring cannot be asked.
    """
    found: str | None = None
    why = problem()
    if not why:
        import keyring

        try:
            found = keyring.get_password(SERVICE, name)
        except Exception as error:  # noqa: BLE001 - as above
            why = f"The keyring refused: {type(error).__name__}."
    if found is not None:
        return found
    raise SignInNeeded(
        "The keyring that has the tokens does not give them.",
        reason=why or "They are not in it any more.",
        hint=f"Under cron a keyring often cannot be reached. {_ELSEWHERE}",
    )


def write(name: str, content: str) -> None:
    """Keep something under a name. Raises `TriageError`."""
    why = problem()
    if not why:
        import keyring

        try:
            keyring.set_password(SERVICE, name, content)
        except Exception as error:  # noqa: BLE001 - as above
            why = f"The keyring refused: {type(error).__name__}."
    if why:
        raise TriageError("The keyring does not take the tokens.", reason=why, hint=_ELSEWHERE)


def forget(name: str) -> None:
    """Remove what is kept under a name; harmless if it is not there. Raises `TriageError`."""
    why = problem()
    if not why:
        import keyring
        from keyring.errors import PasswordDeleteError

        try:
            keyring.delete_password(SERVICE, name)
        except PasswordDeleteError:
            pass
        except Exception as error:  # noqa: BLE001 - as above
            why = f"The keyring refused: {type(error).__name__}."
    if why:
        raise TriageError(
            "The tokens could not be removed from the keyring.",
            reason=why,
            hint="Remove the entry of triage with the keyring's own program.",
        )
