"""Send a reply and, if it is a numbered thread, the parts that follow, each when its turn came."""

from __future__ import annotations

from collections.abc import Callable

from triage.app.claiming import Press
from triage.app.replying import Sender, get_reply, send
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import STORE_FAILURES, Refused


def send_thread(
    sender: Sender,
    reply_id: int,
    press: Press | None = None,
    *,
    still_fine: Callable[[Reply], None] = lambda _: None,
) -> list[Reply]:
    """Send a reply, and the parts behind it as long as each is confirmed.

    Args:
        sender: What sending needs.
        reply_id: The first that is to go out.
        press: Who has it sent, and what they knew; None for a run by itself.
        still_fine: Asked of that first one; see `app.replying.send`.

    Returns:
        What was tried, as it is now; all but the last are `sent`. What is behind the last waits
        for it, and goes on with it: by the next fetch, or by whoever sends it.

    Raises:
        Refused: The first of them is not to be sent; see `app.replying.send`.
    """
    done = [send(sender, reply_id, press, still_fine=still_fine)]
    while done[-1].state is ReplyState.SENT:
        try:
            after = sender.store.outbox.following(done[-1].id)
        except STORE_FAILURES:
            # What follows goes on with the next fetch; what is public is to be told.
            break
        if after is None or after.state is not ReplyState.QUEUED:
            break
        done.append(_go_on(sender, after, press))
    return done


def _go_on(sender: Sender, part: Reply, press: Press | None) -> Reply:
    try:
        return send(sender, part.id, press)
    except Refused as refused:
        # The parts before it are public: that sending was stopped meanwhile is how this one ended.
        with sender.store.tx():
            sender.store.outbox.note(part.id, refused.message.rstrip("."), sender.now())
        return get_reply(sender.store, part.id)
