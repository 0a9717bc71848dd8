"""The posts that a thread needs to be understood: what our customers and we answered.

The channel brings most of them along with a page. What it did not bring is asked for once, within a
budget, and remembered also where it could not be had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from triage.app.receiving import Receiver
from triage.core.accounts import Account
from triage.core.channel import Absence, Channel, Lookup
from triage.core.ports import Store

LEVELS = 3
"""How far up: what a mention answers, what that answers, and one more."""

FOUND = "found"
"""The outcome for a post that was had; otherwise it is `silence`, or why it is absent."""

_AT_ONCE = 100
_THROUGH = "parents_through"
"""The mark of the last message whose parent was looked for; what an older version left is in it."""


def fetch_parents(
    store: Store,
    channel: Channel,
    account: Account,
    receiver: Receiver,
    budget: int,
    now: Callable[[], int],
) -> int:
    """Ask for missing parents, up to so many posts; give how many were had.

    Raises:
        TriageError: The channel could not be asked; what was stored stays, and nothing is
            remembered of the rest.
    """
    key = f"{_THROUGH}:{account.brand_id}:{account.channel}"
    had = 0
    left = budget
    while left > 0:
        through = int(store.settings.get(key) or store.settings.get(_THROUGH) or 0)
        newest = store.following.newest_id()
        missing = store.following.missing(
            account.brand_id, account.channel, through, min(left, _AT_ONCE), LEVELS
        )
        if not missing:
            with store.tx():
                store.settings.put(key, str(newest))
            return had
        levels = {m.native_id: m.level for m in reversed(missing)}
        found = channel.lookup(list(levels))
        given = [*found.posts, *found.context]
        with store.tx():
            receiver.save((), given, now())
            store.following.note_parents(
                account.brand_id, account.channel, _outcomes(levels, found), now()
            )
            store.settings.put(key, str(missing[-1].message_id))
        had += len(found.posts)
        left -= len(levels)
    return had


def _outcomes(levels: Mapping[str, int], found: Lookup) -> dict[str, tuple[int, str]]:
    """What became of posts that were asked for, and of those that came along with them.

    Args:
        levels: How far up each stands that was asked for.
        found: What the channel said.
    """
    outcomes = {i: (level, "silence") for i, level in levels.items()}
    outcomes |= {i: (levels[i], why.value) for i, why in found.hidden.items() if i in levels}
    outcomes |= {i: (levels[i], Absence.DELETED.value) for i in found.gone if i in levels}
    for post in found.posts:
        names = {post.native_id, post.current_id, *post.history} & levels.keys()
        outcomes |= {i: (levels[i], FOUND) for i in names}
    along = {post.native_id for post in found.context}
    for post in found.posts:
        # What came along is one step further up than what it came along with.
        if post.in_reply_to in along and post.native_id in levels:
            outcomes.setdefault(post.in_reply_to, (levels[post.native_id] + 1, FOUND))
    return outcomes
