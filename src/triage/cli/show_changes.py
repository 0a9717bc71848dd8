"""What `show` tells of edits, and of posts that the channel gives no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.app.showing import Shown
from triage.cli import times
from triage.cli.output import iso
from triage.core.records import MessageView, VersionView

_ABSENT = {
    "deleted": "deleted",
    "withheld": "withheld by the channel",
    "protected": "for the author's followers only",
    "suspended": "its author is suspended",
    "removed": "kept without its words",
}
_REMOVED = "(its words were removed here too)"
BECAUSE_OF_NOTHING = "because  of words that were removed here"
"""Of a verdict whose reasons left with the words."""
_LACKING = {
    **_ABSENT,
    "silence": "not to be had",
    "suspended": "by a suspended account",
    "protected": "for its author's followers only",
}


def changes(message: MessageView, now: int) -> list[str]:
    """What happened to a message since it was written, in words."""
    words = []
    if message.edited:
        at = message.edited_at
        words.append("edited" if at is None else f"edited {times.day_time(at, now)}")
    if message.absent is not None:
        words.append(_ABSENT[message.absent])
    return words


def words_of(message: MessageView) -> str:
    """The text of a message, or that there is none any more."""
    return message.text if message.text or message.absent is None else _REMOVED


def lacking(shown: Shown, message: MessageView) -> str:
    """What is to be said of the post that a message answers and that we do not have."""
    why = shown.lacking.get(message.in_reply_to or "")
    return "" if why is None else f"answers a post that is {_LACKING.get(why, why)}"


def earlier_rows(shown: Shown, message: MessageView, now: int) -> Iterator[list[str]]:
    """A row of the thread for each earlier version of a message, the newest first."""
    for version in reversed(shown.versions.get(message.id, ())):
        at = "" if version.written_at is None else times.day_time(version.written_at, now)
        text = version.text or ("(its words are not known)" if not message.absent else _REMOVED)
        kind = f", {version.kind.value}" if version.kind else ""
        yield ["", at, "before", f"{text}  (earlier version{kind})"]


def version_items(versions: Sequence[VersionView]) -> list[dict[str, object]]:
    """Earlier versions, for JSON."""
    return [
        {
            "version_id": version.version_id,
            "text": version.text,
            "written_at": iso(version.written_at),
            "kind": version.kind.value if version.kind else None,
        }
        for version in versions
    ]
