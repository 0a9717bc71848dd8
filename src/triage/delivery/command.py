"""Alerts by a program of the person's own: JSON on its stdin."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from triage.core.digest import Digest, to_data
from triage.delivery.process import DidNotRun, run_quietly
from triage.errors import DeliveryFailed

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """`alert_command` of the configuration.

    Attributes:
        argv: The program and its arguments, which may hold a secret.
        folder: Where it runs: that of the configuration.
        timeout_s: Seconds that it may take.
    """

    argv: tuple[str, ...] = field(repr=False)
    folder: Path
    timeout_s: float = TIMEOUT_S

    @property
    def name(self) -> str:
        """What the configuration and `triage alert test` call it."""
        return "command"

    def deliver(self, digest: Digest) -> None:
        """Run the program with the digest as JSON on its stdin; exit code 0 says that it has it.

        Raises:
            DeliveryFailed: It says how the program ended, never what it printed.
        """
        told = json.dumps(to_data(digest)).encode()
        try:
            code = run_quietly(self.argv, told, timeout_s=self.timeout_s, folder=self.folder)
            failure = _failure(code)
        except DidNotRun as error:
            failure = str(error)
        if failure:
            raise DeliveryFailed(
                f"The alert_command ({self.argv[0]}) failed.",
                reason=failure,
                hint="Run it yourself to see what it says; it is in config.toml, [alerts].",
            )


def _failure(code: int) -> str:
    if code == 0:
        return ""
    return f"It was ended by signal {-code}." if code < 0 else f"It ended with exit code {code}."
