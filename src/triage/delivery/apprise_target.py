"""Alerts through apprise: Slack, Teams, mail, ntfy and many others, each by an URL."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo

from triage.core.credentials import SecretUrl
from triage.core.digest import MOST_LINES, Digest, body, subject
from triage.delivery.apprise_child import Ending
from triage.delivery.process import DidNotRun, run_quietly
from triage.errors import DeliveryFailed, TriageError

TIMEOUT_S = 20.0
"""Apprise itself gives up on a silent service sooner: `cto` and `rto` of the URL, seconds."""
INSTALL = "Install it: pipx inject triage apprise, or pip install 'triage[alerts]'"
_HOW_WRITTEN = "How such an URL is written: https://appriseit.com/services/"
_LINES = (MOST_LINES, 20, 12, 8, 5, 3, 2, 1, 0)
"""Numbers of waits in a text, of which a service gets the greatest that it has room for."""
_CHILD = "triage.delivery.apprise_child"


def is_installed() -> bool:
    """Whether apprise is there; it is not loaded."""
    return importlib.util.find_spec("apprise") is not None


@dataclass(frozen=True, slots=True)
class AppriseTarget:
    """A target of the configuration's `[alerts] targets`.

    Attributes:
        name: What the configuration calls it.
        url: As apprise reads it; it holds the keys to the service.
        zone: In which people read times.
        timeout_s: Seconds that a delivery may take.
    """

    name: str
    url: SecretUrl
    zone: tzinfo = UTC
    timeout_s: float = TIMEOUT_S

    def deliver(self, digest: Digest) -> None:
        """Send the digest as plain text.

        It is done by a process of its own, so that nothing of apprise's reaches a log or a screen,
        and that it can be ended.

        Raises:
            DeliveryFailed: It names the target, never the URL.
        """
        told = {
            "url": self.url.value,
            "title": subject(digest),
            "texts": [body(digest, self.zone, most) for most in _LINES],
        }
        # -P: what lies in the current directory is not ours to import.
        argv = (sys.executable, "-P", "-m", _CHILD)
        try:
            code = run_quietly(argv, json.dumps(told).encode(), timeout_s=self.timeout_s)
        except DidNotRun as error:
            reason, hint = str(error), self._try_again()
        else:
            if code == Ending.DELIVERED:
                return
            reason, hint = self._explain(code)
        raise DeliveryFailed(
            f'The alert target "{self.name}" did not take the message.', reason=reason, hint=hint
        )

    def _explain(self, code: int) -> tuple[str, str]:
        if code == Ending.NO_APPRISE:
            return "The package apprise is not installed.", INSTALL
        if code == Ending.UNUSABLE:
            reason = "Apprise cannot use its URL, or lacks a package that this service needs."
            return reason, f"{_HOW_WRITTEN} (triage doctor tells where {self.name} is set)"
        return _REASONS.get(code, f"Its process ended with {code}."), self._try_again()

    def _try_again(self) -> str:
        return f"Try it: triage alert test {self.name}"


@dataclass(frozen=True, slots=True)
class NoTarget:
    """A target that cannot be reached, since it has no URL.

    Attributes:
        name: What the configuration calls it.
        problem: What to say of it.
    """

    name: str
    problem: TriageError

    def deliver(self, digest: Digest) -> None:
        """Take nothing. Raises `DeliveryFailed`, always."""
        del digest
        problem = self.problem
        raise DeliveryFailed(problem.message, reason=problem.reason, hint=problem.hint)


_REASONS: Mapping[int, str] = {
    Ending.REFUSED: "The service refused it (HTTP 3xx or 4xx): its URL may be out of date.",
    Ending.FAULTY: "The service answered with a fault of its own (HTTP 5xx).",
    Ending.UNREACHABLE: "The service could not be reached, or did not answer in time.",
    Ending.NOT_TAKEN: "The service did not take it; apprise does not say why.",
}
