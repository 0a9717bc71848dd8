"""Posts that a channel gave, as they are stored: whose they are, and what they are to the brand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from triage.core.accounts import Account
from triage.core.channel import Absence
from triage.core.model import Post, Role
from triage.core.ports import Incoming, Store
from triage.core.records import Saved
from triage.core.roles import decide_role
from triage.core.text import handle_key


class Receiver:
    """Stores what was read as one account.

    Args:
        store: Where to.
        account: Who read it.
        ours: All accounts of the brand on this channel.
    """

    def __init__(self, store: Store, account: Account, ours: Sequence[Account]) -> None:
        self._store = store
        self._account = account
        self._ours = ours

    def save(self, posts: Sequence[Post], context: Sequence[Post], at: int) -> Saved:
        """Store posts, and those that only came along; call it inside a transaction."""
        ids, handles = self._who_is_ours((*posts, *context))
        incoming = [self._incoming(p, ids, handles, is_context=False) for p in posts]
        incoming += [self._incoming(p, ids, handles, is_context=True) for p in context]
        return self._store.messages.save_posts(
            self._account.brand_id, self._account.channel, incoming, at
        )

    def mark_absent(
        self, gone: Iterable[str], hidden: Mapping[str, Absence], at: int
    ) -> dict[str, Absence]:
        """Note what is not given any more; give what newly is not. Call it in a transaction."""
        absences = {**dict.fromkeys(gone, Absence.DELETED), **hidden}
        newly = self._store.messages.mark_absent(
            self._account.brand_id, self._account.channel, absences, at
        )
        return {i: absences.get(i, Absence.DELETED) for i in newly}

    def _who_is_ours(self, posts: Iterable[Post]) -> tuple[dict[str, int], dict[str, int]]:
        """Our accounts by native id and by handle.

        Before another account of the brand was fetched itself, its id is known only by the posts
        that it wrote; without it a customer who answers it would pass for a stranger.
        """
        handles = {handle_key(a.handle): a.id for a in self._ours}
        ids = {a.native_id: a.id for a in self._ours if a.native_id}
        for post in posts:
            account_id = handles.get(handle_key(post.author.handle))
            if account_id is not None:
                ids.setdefault(post.author.native_id, account_id)
        return ids, handles

    def _asked(self, post: Post, ids: dict[str, int]) -> int:
        """The account that a post is written to: a page may bring what was written to another."""
        named = {ids[m] for m in (*post.mentions, post.in_reply_to_author) if m in ids}
        return self._account.id if not named or self._account.id in named else min(named)

    def _incoming(
        self, post: Post, ids: dict[str, int], handles: dict[str, int], *, is_context: bool
    ) -> Incoming:
        role = decide_role(post, ids, handles, is_context=is_context)
        if role is Role.OWN:
            key = handle_key(post.author.handle)
            account_id = ids.get(post.author.native_id, handles.get(key))
        else:
            account_id = None if role is Role.CONTEXT else self._asked(post, ids)
        is_history = post.posted_at < (self._account.clocks_from_at or 0)
        return Incoming(post, role, account_id, is_history)
