"""Pictures of a reply: uploaded before it is posted, kept until it is final, never lost."""

from __future__ import annotations

import stat

import pytest

from builders import Desk, tagger_for
from engines import pictures
from triage.app import outbox
from triage.app.fetching import FetchOptions, read_own
from triage.app.replying import send
from triage.core.channel import Fate, PostOutcome
from triage.core.media import UPLOAD_LIVES, Picture
from triage.core.model import MINUTE
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import ChannelError, NetworkDown, RateLimited, SignInNeeded, TriageError

ANA = 3
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
JPEG = b"\xff\xd8\xff" + b"1" * 50
PICTURES = [
    Picture("/photos/torn.png", PNG, "image/png", "the parcel, torn open"),
    Picture("/photos/label.jpg", JPEG, "image/jpeg", ""),
]


def draft(desk: Desk, text: str = "It looks like this:") -> Reply:
    """A draft to ana with two pictures."""
    made = desk.draft(ANA, text)
    with desk.store.tx():
        desk.store.media.attach(made.id, PICTURES)
    return made


def copies(desk: Desk) -> list[str]:
    """The copies beside the store, or in it, by their names."""
    if isinstance(desk.where, str):
        return [name for (name,) in desk.store.engine.query("SELECT sha256 FROM picture")]
    folder = pictures(desk.store)
    return sorted(f.name for f in folder.iterdir()) if folder.is_dir() else []


def test_a_reply_goes_out_with_its_pictures_and_their_words(busy: Desk) -> None:
    """They are uploaded in their order, named by the post, and their copies are gone after it."""
    made = draft(busy)
    assert send(busy.sender, made.id).state is ReplyState.SENT
    uploads = list(busy.channel.uploads.values())
    assert [(u.data, u.media_type, u.alt) for u in uploads] == [
        (PNG, "image/png", "the parcel, torn open"),
        (JPEG, "image/jpeg", ""),
    ]
    assert busy.channel.attempts[-1].media == tuple(busy.channel.uploads)
    assert copies(busy) == []


def test_copies_are_for_nobody_else_and_stay_while_the_reply_waits(busy: Desk) -> None:
    """Mode 0600 in a folder of 0700, also after other replies were sent; dropping removes them."""
    made = draft(busy)
    assert len(copies(busy)) == 2
    if not isinstance(busy.where, str):
        folder = pictures(busy.store)
        assert {stat.S_IMODE(f.stat().st_mode) for f in folder.iterdir()} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    send(busy.sender, busy.draft(4, "Yes.").id)
    outbox.flush(busy.sender, busy.now)
    assert len(copies(busy)) == 2
    outbox.drop(busy.store, busy.brand_id, made.id, "ana", busy.now)
    assert copies(busy) == []


def test_a_picture_of_two_replies_stays_for_the_second(busy: Desk) -> None:
    """The same bytes are kept once, as long as any reply needs them."""
    first, second = draft(busy), draft(busy, "Here again:")
    assert len(copies(busy)) == 2
    send(busy.sender, first.id)
    assert len(copies(busy)) == 2
    assert send(busy.sender, second.id).state is ReplyState.SENT
    assert copies(busy) == []


@pytest.mark.parametrize(
    ("error", "retry_at"),
    [
        (NetworkDown("X could not be reached", reason="no route"), None),
        (RateLimited("X asks to wait", reset_at=9_999_999_999_999, endpoint="upload"), True),
    ],
)
def test_an_upload_that_may_work_later_leaves_the_reply_queued(
    busy: Desk, error: TriageError, retry_at: object
) -> None:
    """Nothing was posted, the wait goes on, and the next run sends it with what is there."""
    made = draft(busy)
    busy.channel.fail_next("upload", error)
    after = send(busy.sender, made.id)
    assert (after.state, after.attempts) == (ReplyState.QUEUED, 0)
    assert after.detail.startswith(error.message)
    assert (after.retry_at is not None) == bool(retry_at)
    assert busy.channel.attempts == []
    if retry_at is None:
        assert [r.state for r in outbox.flush(busy.sender, busy.now)] == [ReplyState.SENT]
    else:
        assert outbox.flush(busy.sender, busy.now) == [], "not before the channel allows it"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SignInNeeded("X does not let these credentials upload", hint="media.write"), SignInNeeded),
        (ChannelError("X did not take the picture", reason="too wide"), TriageError),
    ],
)
def test_an_upload_that_is_refused_holds_the_reply_for_a_person(
    busy: Desk, error: TriageError, code: type[TriageError]
) -> None:
    """It is not tried again by itself; when it is mended it can be sent."""
    made = draft(busy)
    busy.channel.fail_next("upload", error)
    after = send(busy.sender, made.id)
    assert after.state is ReplyState.HELD
    assert isinstance(outbox.failure_of(after), code)
    assert busy.channel.attempts == []
    assert outbox.flush(busy.sender, busy.now) == []
    assert send(busy.sender, made.id).state is ReplyState.SENT


def test_what_is_uploaded_is_not_uploaded_again_within_a_day(busy: Desk) -> None:
    """A second try uses the ids; older ones have expired on the channel and are made anew."""
    made = draft(busy)
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    send(busy.sender, made.id)
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    send(busy.sender, made.id)
    assert busy.channel.calls.count("upload") == 2
    busy.now += UPLOAD_LIVES
    assert send(busy.sender, made.id).state is ReplyState.SENT
    assert busy.channel.calls.count("upload") == 4


def test_after_a_refusal_the_pictures_are_uploaded_anew(busy: Desk) -> None:
    """The channel may have forgotten them sooner than it said."""
    made = draft(busy)
    busy.channel.fate_next(PostOutcome(Fate.REFUSED, detail="Your media IDs are invalid."))
    assert send(busy.sender, made.id).state is ReplyState.FAILED
    assert len(copies(busy)) == 2
    assert send(busy.sender, made.id).state is ReplyState.SENT
    assert busy.channel.calls.count("upload") == 4


def _harm(desk: Desk, name: str, data: bytes | None) -> None:
    """Somebody puts other bytes in the place of a copy, or none."""
    if isinstance(desk.where, str):
        statement = "DELETE FROM picture" if data is None else "UPDATE picture SET data = :data"
        desk.store.engine.execute(
            f"{statement} WHERE sha256 = :name",
            {"name": name, "data": data},
        )
    elif data is None:
        (pictures(desk.store) / name).unlink()
    else:
        (pictures(desk.store) / name).write_bytes(data)


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_copy_that_was_harmed_is_not_sent(busy: Desk, harm: str) -> None:
    """Another content is never sent; the reply is held, and says which picture."""
    made = draft(busy)
    _harm(busy, busy.store.media.of(made.id)[0].sha256, None if harm == "gone" else PNG + b"!")
    after = send(busy.sender, made.id)
    assert after.state is ReplyState.HELD
    assert "/photos/torn.png" in after.detail
    assert busy.channel.attempts == []


def test_a_lost_reply_with_pictures_is_found_by_its_text(busy: Desk) -> None:
    """The channel puts a link to the pictures behind the text; it is the same reply."""
    made = draft(busy)
    busy.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="it broke"), accepted=True)
    assert send(busy.sender, made.id).state is ReplyState.UNKNOWN
    assert len(copies(busy)) == 2, "a person may have to send it again"
    busy.now += MINUTE
    read_own(busy.store, busy.channel, busy.account, FetchOptions(), busy.clock)
    settled = outbox.settle_by_timeline(busy.store, busy.account, busy.now, tagger_for)
    assert [r.id for r in settled.sent] == [made.id]
    outbox.flush(busy.sender, busy.now)
    assert copies(busy) == []


def test_interrupted_while_uploading_it_is_a_draft(
    busy: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C before anything is public: nothing sends it by itself."""

    def interrupted(_upload: object) -> str:
        raise KeyboardInterrupt

    made = draft(busy)
    monkeypatch.setattr(busy.channel, "upload", interrupted)
    with pytest.raises(KeyboardInterrupt):
        send(busy.sender, made.id)
    assert [r.state for r in busy.store.outbox.list_states(busy.brand_id, list(ReplyState))] == [
        ReplyState.DRAFT
    ]
    assert outbox.flush(busy.sender, busy.now) == []
