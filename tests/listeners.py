"""Whom alerts go to in tests: targets that keep what they are told, or fail as a test asks."""

from __future__ import annotations

from builders import Desk
from triage.app.alerting import Delivered, send_alerts
from triage.core.alerts import AlertOptions
from triage.core.digest import AlertLevel, Digest
from triage.errors import DeliveryFailed

OPTIONS = AlertOptions()


class Listener:
    """A target in memory.

    Attributes:
        name: What the configuration calls it.
        digests: What it has taken.
        tried: What it was handed, taken or not.
        is_down: It takes nothing.
    """

    def __init__(self, name: str = "desk", *, is_down: bool = False) -> None:
        self.name = name
        self.digests: list[Digest] = []
        self.tried: list[Digest] = []
        self.is_down = is_down

    def deliver(self, digest: Digest) -> None:
        """Take a digest, or fail."""
        self.tried.append(digest)
        if self.is_down:
            raise DeliveryFailed("It is down.", reason="Nobody is there.")
        self.digests.append(digest)

    def heard(self) -> list[tuple[int, AlertLevel, int]]:
        """Conversation, level and number of all that it has taken since it was last asked."""
        found = [
            (line.conversation_id, line.level, line.number)
            for digest in self.digests
            for line in digest.lines
        ]
        self.digests.clear()
        return found


def tell(desk: Desk, *targets: Listener, options: AlertOptions = OPTIONS) -> list[Delivered]:
    """Decide and deliver, as `triage alert` does."""
    return send_alerts(desk.store, desk.brand_id, "acme", targets, options, desk.now)
