"""The process that hands one message to apprise; `apprise_target` starts it.

Apprise and what it loads may log, warn and wait here as they like: nobody reads what they say, in
which the URL may stand, and the parent ends them when the time is up. All that is told is an exit
code.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import Any


class Ending(IntEnum):
    """How it went, as an exit code. Any other is a crash."""

    DELIVERED = 0
    NO_APPRISE = 10
    """It is not installed."""
    UNUSABLE = 11
    """Apprise makes nothing of the URL."""
    REFUSED = 12
    """The service answered that it is not willing, or lives elsewhere: HTTP 4xx and 3xx."""
    FAULTY = 13
    """The service answered that it is not able: HTTP 5xx."""
    UNREACHABLE = 14
    """No connection, or no answer in time."""
    NOT_TAKEN = 15
    """Apprise does not say why."""


_STATUS = re.compile(r"error=(\d)\d\d\b")
_BY_CLASS = {"3": Ending.REFUSED, "4": Ending.REFUSED, "5": Ending.FAULTY}


_ROOM = 0.6
"""What of its length a service's text may take: apprise may escape it, and add to it."""


def send(url: str, title: str, texts: Sequence[str]) -> Ending:
    """Send a message as plain text: no attachments, no escapes, no emoji codes, no tags.

    Args:
        url: As apprise reads it.
        title: Its first line.
        texts: What stands below, longest first. A service refuses what is too long for it, so the
            first that it can hold is sent; of the last one, as much as it can.
    """
    try:
        import apprise
    except ImportError:
        return Ending.NO_APPRISE
    asset = apprise.AppriseAsset(
        app_id="triage",
        app_desc="triage alerts",
        async_mode=False,
        interpret_escapes=False,
        interpret_emojis=False,
    )
    # What is fetched instead is no delivery, and may be anybody's. An old apprise ignores this.
    asset.http_redirects = False
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        return Ending.UNUSABLE
    if "overflow=" not in url:
        service.overflow_mode = apprise.OverflowMode.TRUNCATE
    room = service.body_maxlen * _ROOM - len(title)
    text = next((text for text in texts if len(text) <= room), texts[-1])
    box = apprise.Apprise(asset=asset)
    box.add(service)
    with apprise.LogCapture() as said:  # type: ignore[no-untyped-call]
        taken = box.notify(
            body=text,
            title=title,
            notify_type=apprise.NotifyType.WARNING,
            body_format=apprise.NotifyFormat.TEXT,
        )
        return Ending.DELIVERED if taken else _why(said.getvalue())


def _why(said: str) -> Ending:
    """What apprise's own warnings come down to."""
    status = _STATUS.search(said)
    if status is not None:
        return _BY_CLASS.get(status.group(1), Ending.NOT_TAKEN)
    return Ending.UNREACHABLE if "connection error" in said.lower() else Ending.NOT_TAKEN


def main() -> int:
    """Read `url`, `title` and `texts` as JSON on stdin; give the exit code."""
    told: dict[str, Any] = json.load(sys.stdin)
    return send(told["url"], told["title"], told["texts"])


if __name__ == "__main__":
    sys.exit(main())
