"""What the use cases ask of the store about what people do: acts, replies and alerts.

Apart from `core.ports`, which has the rest and the whole. Every method that writes is to be called
inside `Store.tx()`; every time is UTC epoch ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For types alone: whoever imports a port must not pay for every value that passes through it.
    from collections.abc import Iterable, Sequence

    from triage.core.actions import Review
    from triage.core.alerts import Alert, AlertCase, Owed
    from triage.core.claims import Claim
    from triage.core.digest import AlertLine
    from triage.core.holds import HoldState
    from triage.core.media import Attachment, Picture
    from triage.core.outbox import ReplyState
    from triage.core.records import Activity, Reply


class ActivityPort(Protocol):
    """What people did."""

    def add(self, brand_id: int, act: Activity) -> int:
        """Write an act; the same uuid twice is one. Give its id."""
        ...

    def log(
        self,
        brand_id: int,
        conversation_id: int | None,
        limit: int | None,
        *,
        by: str | None = None,
        since: int | None = None,
        what: Sequence[str] = (),
    ) -> list[Activity]:
        """Acts, oldest first; the newest `limit` of them, by an agent, since a time, of sorts."""
        ...

    def last_at(self, what: str) -> int | None:
        """When the newest act of a sort was done, UTC ms; None if there is none."""
        ...

    def standing_close(self, conversation_id: int) -> Activity | None:
        """The newest close that was not taken back."""
        ...

    def add_hold(
        self, activity_id: int, state: HoldState | None, until: int | None, *, stays: bool
    ) -> None:
        """Write how an act lets its conversation rest; None goes on with it."""
        ...

    def add_attribute(
        self, activity_id: int, customer_id: int, key: str, value: str | None
    ) -> None:
        """Write what an act notes of a customer; None takes it back."""
        ...


class OutboxPort(Protocol):
    """Replies on their way."""

    def draft(self, brand_id: int, reply: Reply) -> Reply:
        """Save what was typed."""
        ...

    def edit(self, reply_id: int, text: str, at: int) -> bool:
        """Change the text of a draft."""
        ...

    def get(self, reply_id: int) -> Reply | None:
        """A reply by id."""
        ...

    def move(
        self,
        reply_id: int,
        before: ReplyState,
        after: ReplyState,
        at: int,
        *,
        detail: str | None = None,
        native_id: str | None = None,
        retry_at: int | None = None,
        attempted_at: int | None = None,
        send_at: int | None = None,
        schedule: str | None = None,
    ) -> bool:
        """Compare and set: False if it is not in `before` any more.

        What is not given stays, but for `retry_at`. A reply that becomes a draft again, or that a
        person sends after it was stopped, has no schedule any more.

        Raises:
            Refused: The same text to the same post is on its way already.
        """
        ...

    def list_states(
        self, brand_id: int, states: Sequence[ReplyState], limit: int | None = None
    ) -> list[Reply]:
        """Replies in these states, oldest first."""
        ...

    def same_text_since(
        self, account_id: int, conversation_id: int, text_key: str, since: int
    ) -> Reply | None:
        """A reply with this text that went to this conversation lately."""
        ...

    def in_flight(self, account_id: int, in_reply_to: str | None, text_key: str) -> Reply | None:
        """A queued, sending or unknown reply with this text to this post."""
        ...

    def sent_ids(self, brand_id: int, since: int) -> set[str]:
        """Native ids of what was sent since."""
        ...

    def make_part(self, reply_id: int, text: str, part: int, parts: int, at: int) -> bool:
        """Make a draft a part of a numbered thread; 0 of 0 makes it a reply of its own again."""
        ...

    def following(self, reply_id: int) -> Reply | None:
        """The part that follows in a numbered thread."""
        ...

    def answer_to(self, reply_id: int, native_id: str) -> None:
        """Say which post a part answers, once the part before it has an id."""
        ...

    def discard(self, reply_id: int) -> None:
        """Take away a part that was never tried, since its text stands elsewhere again."""
        ...

    def postpone(self, reply_id: int, detail: str, retry_at: int | None, at: int) -> None:
        """Write why a queued reply did not leave yet, and when to try again."""
        ...

    def note(self, reply_id: int, detail: str, at: int) -> None:
        """Write what is known of a reply without moving it."""
        ...

    def wish_undone(self, reply_id: int, at: int | None) -> bool:
        """Note since when a reply is to be taken back, None not at all; False if it is not sent."""
        ...

    def wished_undone(self, brand_id: int) -> list[Reply]:
        """Sent replies that are to be taken back, oldest first."""
        ...

    def find(self, uuid: str) -> Reply | None:
        """A reply by what its writer called it."""
        ...

    def adopt(self, reply_id: int, agent: str) -> None:
        """Credit a reply to whoever sends it; who wrote it stays known."""
        ...

    def begun_in(self, conversation_id: int, since: int) -> list[Reply]:
        """Replies to a conversation that are on their way or public, changed since."""
        ...

    def left_in(self, conversation_id: int) -> list[Reply]:
        """Replies to a conversation that wait for a person: drafts, held, refused."""
        ...

    def drafts_in(self, conversation_id: int) -> list[Reply]:
        """Drafts that wait in a conversation."""
        ...

    def review(self, reply_id: int) -> Review | None:
        """How far the review of a reply is; None if it needs none."""
        ...


class MediaPort(Protocol):
    """Pictures of replies, and a copy of each as long as a reply needs it."""

    def attach(self, reply_id: int, pictures: Sequence[Picture]) -> None:
        """Keep copies of pictures, and write whose they are. Raises `StoreError`."""
        ...

    def of(self, reply_id: int) -> list[Attachment]:
        """The pictures of a reply, in their order."""
        ...

    def read(self, attachment: Attachment) -> bytes:
        """Read a picture's copy. Raises `StoreError` if it is gone or was changed."""
        ...

    def note_upload(self, reply_id: int, position: int, native_id: str | None, at: int) -> None:
        """Write the channel's id of a picture; None if it has none any more."""
        ...

    def sweep(self) -> int:
        """Remove the copies that no reply needs any more; tell how many."""
        ...


class ClaimPort(Protocol):
    """Who is at which conversation."""

    def get(self, conversation_id: int, now: int) -> Claim | None:
        """Who is at a conversation; None if nobody is, or their lease has ended."""
        ...

    def take(self, brand_id: int, wanted: Claim, now: int, *, over: Claim | None = None) -> bool:
        """Compare and set: False if somebody else holds it, who is not the one to be followed."""
        ...

    def take_next(
        self,
        brand_id: int,
        agent: str,
        now: int,
        lease: int,
        account_ids: Sequence[int] = (),
        *,
        of_anybody: bool = False,
    ) -> Claim | None:
        """Take the first of the queue whom nobody holds; call it outside a transaction.

        What is somebody else's is left to them until it is overdue, or is taken as well.
        """
        ...

    def keep_before(self, activity_id: int, before: Claim) -> None:
        """Write which claim an act ended or changed, as it was before."""
        ...

    def before(self, activity_id: int) -> Claim | None:
        """The claim that an act ended or changed; None if nobody was there before it."""
        ...

    def release(self, conversation_id: int, agent: str | None = None) -> bool:
        """Let go of a conversation; of one that this agent holds, if one is named."""
        ...


class AlertPort(Protocol):
    """Alerts: who has come so far, what was told, and what is still to go out."""

    def cases(self, brand_id: int, now: int) -> list[AlertCase]:
        """Open waits that have come to their warning or due time, with what was told of them."""
        ...

    def add(self, brand_id: int, alerts: Iterable[Alert], at: int) -> int:
        """Write alerts that are due; the same one twice is one."""
        ...

    def decided(self, brand_id: int, target: str, now: int) -> list[Owed]:
        """What was decided about waits that are open, and which of it a target has."""
        ...

    def over(self, brand_id: int, target: str) -> list[int]:
        """Ids of alerts that a target was to have, and whose wait has ended."""
        ...

    def lines(self, chosen: Sequence[Owed], now: int) -> list[AlertLine]:
        """What is told of alerts, as their waits stand now."""
        ...

    def mark(self, alert_ids: Iterable[int], target: str, state: str, at: int) -> None:
        """Note how far the delivery to a target is."""
        ...
