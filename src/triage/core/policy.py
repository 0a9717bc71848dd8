"""How long each kind may wait, and the settings snapshot that says so.

A snapshot is what the configuration was compiled to: policies, rules and the zone in which a
person reads times. The store keeps every snapshot; each verdict and each wait names its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from triage.core.hours import ALWAYS_OPEN, Calendar
from triage.core.model import HOUR, MINUTE, Kind


@dataclass(frozen=True, slots=True)
class Policy:
    """What one kind of mention was promised.

    Attributes:
        respond_within: Open time until an answer is due, ms; None demands no answer.
        warn_before: How long before the due time the wait counts as due soon, ms.
    """

    respond_within: int | None
    warn_before: int = 0


DEFAULT_POLICIES: Mapping[Kind, Policy] = {
    Kind.COMPLAINT: Policy(60 * MINUTE, 15 * MINUTE),
    Kind.QUESTION: Policy(4 * HOUR, HOUR),
    Kind.OTHER: Policy(24 * HOUR, 2 * HOUR),
    Kind.PRAISE: Policy(None),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One snapshot: what judges mentions and waits.

    Attributes:
        policies: One for each kind.
        rules: The tagging rules as plain data, by id.
        time_zone: IANA name in which people read times; verdicts do not depend on it.
        calendar: When the clock runs.
    """

    policies: Mapping[Kind, Policy] = field(default_factory=lambda: dict(DEFAULT_POLICIES))
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    time_zone: str = "UTC"
    calendar: Calendar = ALWAYS_OPEN

    def to_json(self) -> str:
        """Write the snapshot as canonical JSON: the same settings give the same text."""
        data = {
            "policies": {
                kind.value: {"respond_within": p.respond_within, "warn_before": p.warn_before}
                for kind, p in self.policies.items()
            },
            "rules": dict(self.rules),
            "time_zone": self.time_zone,
        }
        return json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Read a snapshot that `to_json` wrote."""
        data = json.loads(text)
        return cls(
            policies={Kind(k): Policy(**p) for k, p in data["policies"].items()},
            rules=data["rules"],
            time_zone=data["time_zone"],
        )

    @property
    def fingerprint(self) -> str:
        """A hash of everything in the snapshot."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def rules_fingerprint(self) -> str:
        """A hash of the rules alone: verdicts differ only where this differs."""
        return hashlib.sha256(json.dumps(dict(self.rules), sort_keys=True).encode()).hexdigest()
