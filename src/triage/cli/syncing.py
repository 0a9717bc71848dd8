"""What is told of posts that were read again: by `fetch`, and by `sync`."""

from __future__ import annotations

from triage.app.syncing import Synced
from triage.cli import narrate
from triage.core.channel import Absence

_WORDS = {
    Absence.DELETED: "deleted",
    Absence.WITHHELD: "withheld by the channel",
    Absence.PROTECTED: "for followers only now",
    Absence.SUSPENDED: "by suspended accounts",
}


def told(synced: Synced) -> str:
    """What was found, in words; of what did not change nothing."""
    parts = [f"{len(synced.edited)} edited"] if synced.edited else []
    parts += [f"{synced.count(why)} {_WORDS[why]}" for why in Absence if synced.count(why)]
    parts += [f"{len(synced.back)} shown again"] if synced.back else []
    parts += [f"{synced.silent} without a word"] if synced.silent else []
    return ", ".join(parts) or "nothing changed"


def narrate_synced(synced: Synced) -> None:
    """Tell what was found: to a terminal; that an answer of ours is gone to everybody."""
    name = f"@{synced.account.handle}"
    posts = "1 post" if synced.asked == 1 else f"{synced.asked} posts"
    narrate.say(f"{name}: {posts} read again: {told(synced)}.")
    if synced.ours:
        many = len(synced.ours)
        answers = "An answer of ours is" if many == 1 else f"{many} answers of ours are"
        narrate.warn(f"{name}: {answers} not there any more; if deleted, its customer waits again.")
    if synced.error is not None:
        narrate.say(f"{name}: {synced.error.message}; the next run goes on from there.")
