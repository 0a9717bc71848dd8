"""Pictures of a reply: uploaded before it is posted, as often as need be, since nobody sees them.

An upload is not public, so that repeating one does no harm: it is retried like a read, and a crash
in it leaves the reply queued. Nothing is posted without its pictures and their words.
"""

from __future__ import annotations

from triage.app.guards import NOT_ACCEPTED
from triage.core.channel import Channel, Upload
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.records import Reply
from triage.errors import RateLimited, SignInNeeded, TriageError, TryLater


def upload_pictures(
    store: Store, channel: Channel, reply: Reply, now: int
) -> tuple[str, ...] | None:
    """Bring the pictures of a queued reply to the channel, those that it does not have.

    Returns:
        The channel's ids in their order, none for a reply without pictures; None if they could
        not be brought there. Then the reply stays queued, or is held where waiting mends nothing.
    """
    try:
        return tuple(_one(store, channel, reply.id, now))
    except RateLimited as limit:
        _postpone(store, reply, limit, now, limit.reset_at)
    except TryLater as later:
        _postpone(store, reply, later, now, None)
    except TriageError as error:
        kind = NOT_ACCEPTED if isinstance(error, SignInNeeded) else ""
        with store.tx():
            store.outbox.move(
                reply.id, ReplyState.QUEUED, ReplyState.HELD, now, detail=kind + _words(error)
            )
    except KeyboardInterrupt:
        # Nothing has left that anybody sees: it is for the person to send it again.
        with store.tx():
            store.outbox.move(reply.id, ReplyState.QUEUED, ReplyState.DRAFT, now, detail="")
        raise
    return None


def _one(store: Store, channel: Channel, reply_id: int, now: int) -> list[str]:
    ids = []
    for picture in store.media.of(reply_id):
        native_id = picture.native_id
        if native_id is None or not picture.is_uploaded(now):
            upload = Upload(store.media.read(picture), picture.media_type, picture.alt)
            native_id = channel.upload(upload)
            with store.tx():
                store.media.note_upload(reply_id, picture.position, native_id, now)
        ids.append(native_id)
    return ids


def forget_uploads(store: Store, reply: Reply, now: int) -> None:
    """After a refusal: the next attempt uploads anew, since the uploads may be why."""
    for picture in store.media.of(reply.id):
        store.media.note_upload(reply.id, picture.position, None, now)


def sweep(store: Store) -> None:
    """Remove the copies of pictures that no reply needs any more."""
    with store.tx():
        store.media.sweep()


def _postpone(
    store: Store, reply: Reply, error: TriageError, now: int, retry_at: int | None
) -> None:
    with store.tx():
        store.outbox.postpone(reply.id, _words(error), retry_at, now)


def _words(error: TriageError) -> str:
    message = error.message.rstrip(".")
    return f"{message}: {error.reason.rstrip('.')}" if error.reason else message
