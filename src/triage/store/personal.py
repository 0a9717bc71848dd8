"""What every table and column holds of a person, how it is handed out, and what forgetting does.

One registry, read by `customer export` and by `customer forget`. A test compares it with the real
tables of both engines: a column that a migration adds has to be classified before it can be merged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from triage.core.privacy import SAFE_ACTS


class Fate(StrEnum):
    """What becomes of a column's value in the rows of somebody who is forgotten."""

    KEEP = "keep"
    """It says nothing of a person: a time, a kind, an id of ours, a word of ours."""
    EMPTY = "empty"
    """Words: nothing stands there any more."""
    TOKEN = "token"  # noqa: S105 - an id that stands for another
    """An id of the channel: one of ours takes its place, the same wherever it stood."""


class Rows(StrEnum):
    """What becomes of whole rows."""

    NOBODY = "nobody"
    """They are about no customer."""
    STAY = "stay"
    """They stay, less what their columns lose: figures rest on them."""
    GO = "go"
    """They are deleted."""
    APART = "apart"
    """They are looked after by code of their own; the registry says where."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as privacy sees it.

    Attributes:
        rows: What becomes of the rows of a customer.
        columns: Fate by column; those that are not named here are kept, and are listed in `kept`.
        kept: Columns that say nothing of a person, or only how long they waited.
        whose: Which rows are a customer's, as a condition on the table with `:customer`; empty if
            none can be told.
        why: Where that needs a word.
    """

    rows: Rows
    columns: Mapping[str, Fate] = field(default_factory=dict)
    kept: str = ""
    whose: str = ""
    why: str = ""

    @property
    def names(self) -> set[str]:
        """All columns that are classified."""
        return {*self.columns, *self.kept.split()}


_THEIR_TALKS = "SELECT t.id FROM conversation t WHERE t.customer_id = :customer"
_THEIR_POSTS = (
    "SELECT m.id FROM message m WHERE m.customer_id = :customer "
    f"OR m.conversation_id IN ({_THEIR_TALKS})"
)
"""What they wrote, and what we answered them."""
_THEIR_REPLIES = f"SELECT r.id FROM reply r WHERE r.conversation_id IN ({_THEIR_TALKS})"
_OF_TALK = f"conversation_id IN ({_THEIR_TALKS})"
_OF_POST = f"message_id IN ({_THEIR_POSTS})"
_REMEMBERED = " UNION ".join(
    f"SELECT x.activity_id FROM {table} x WHERE x.customer_id = :customer"
    for table in ("attribute", "note", "promise", "customer_link")
)
_OF_ACT = (
    "SELECT a.id FROM activity a WHERE "
    f"a.conversation_id IN ({_THEIR_TALKS}) OR a.message_id IN ({_THEIR_POSTS}) "
    f"OR a.id IN ({_REMEMBERED}) OR a.voids_id IN ({_REMEMBERED})"
)

_E, _T = Fate.EMPTY, Fate.TOKEN

BY_CODE = frozenset({"customer", "conversation", "message", "verdict", "activity", "reply"})
"""Tables whose rows stay and that `forgetting` knows by name; others lose their words alike."""

REGISTRY: Mapping[str, Table] = {
    "customer": Table(
        Rows.STAY,
        {"native_id": _T, "handle": _T, "handle_key": _T, "name": _E, "followers": _E},
        "id brand_id channel first_at seen_at",
        "id = :customer",
    ),
    "former_handle": Table(Rows.GO, {}, "customer_id handle seen_at", "customer_id = :customer"),
    "conversation": Table(
        Rows.STAY,
        {"thread_id": _T},
        "id brand_id account_id channel customer_id merged_into",
        "customer_id = :customer",
        "a thread's id stays where others stand in it too",
    ),
    "message": Table(
        Rows.STAY,
        {
            **dict.fromkeys(("native_id", "version_id", "thread_id"), _T),
            **dict.fromkeys(("in_reply_to", "in_reply_to_author", "quotes"), _T),
            **dict.fromkeys(("text", "url"), _E),
        },
        "id brand_id account_id channel role customer_id conversation_id lang posted_at fetched_at "
        "deleted_at purged_at visibility is_history absent",
        f"id IN ({_THEIR_POSTS})",
    ),
    "message_version": Table(
        Rows.GO, {}, "message_id version_id text seen_at written_at", _OF_POST
    ),
    "payload": Table(Rows.GO, {}, "message_id raw stored_at", _OF_POST),
    "verdict": Table(
        Rows.STAY,
        {"because": _E},
        "message_id settings_id kind scores confidence theme priority",
        _OF_POST,
    ),
    "former_verdict": Table(Rows.STAY, {}, "message_id settings_id kind priority", _OF_POST),
    "version_verdict": Table(
        Rows.GO, {}, "message_id version_id settings_id kind priority", _OF_POST
    ),
    "wait": Table(
        Rows.STAY,
        {},
        "id brand_id account_id conversation_id state kind priority urgency confidence "
        "needs_answer mentions opening_id last_id opened_at fetched_at due_at due_by warn_at "
        "settings_id policy promised ended_at ended_by_message ended_by_activity agent outside "
        "is_met hold hold_until",
        _OF_TALK,
    ),
    "activity": Table(
        Rows.STAY,
        {"before": _E, "after": _E, "detail": _E, "seen_id": _T},
        "id uuid brand_id at agent what conversation_id message_id seen_at voids_id db_user "
        "part_of",
        f"id IN ({_OF_ACT})",
        f"before and after stay of {', '.join(sorted(SAFE_ACTS))}",
    ),
    "hold": Table(Rows.STAY, {}, "activity_id state until_at stays", f"activity_id IN ({_OF_ACT})"),
    "attribute": Table(Rows.GO, {}, "activity_id customer_id key value", "customer_id = :customer"),
    "note": Table(
        Rows.GO, {}, "activity_id customer_id about text voids_id", "customer_id = :customer"
    ),
    "promise_outcome": Table(
        Rows.GO,
        {},
        "activity_id promise_id outcome",
        "promise_id IN (SELECT p.id FROM promise p WHERE p.customer_id = :customer)",
    ),
    "promise": Table(
        Rows.GO,
        {},
        "id activity_id brand_id customer_id text due_at",
        "customer_id = :customer",
    ),
    "customer_link": Table(
        Rows.GO,
        {},
        "activity_id customer_id main_id",
        "customer_id = :customer OR main_id = :customer",
        "who is forgotten is forgotten with everybody who is the same person",
    ),
    "person": Table(
        Rows.GO, {}, "customer_id main_id", "customer_id = :customer OR main_id = :customer"
    ),
    "said_theme": Table(Rows.STAY, {}, "activity_id message_id brand_id theme", _OF_POST),
    "told": Table(
        Rows.STAY,
        {"approved": _E},
        "id brand_id action_id customer_id message_id reply_id reviewed_by reviewed_at",
        f"customer_id = :customer OR {_OF_POST}",
        "that somebody was told stays a figure of the action",
    ),
    "claim_before": Table(
        Rows.STAY,
        {},
        "activity_id agent claimed_at until_at taken_from",
        f"activity_id IN ({_OF_ACT})",
    ),
    "assignment": Table(Rows.STAY, {}, "conversation_id brand_id agent activity_id", _OF_TALK),
    "reply_media": Table(
        Rows.GO,
        {},
        "reply_id position path sha256 bytes media_type alt native_id uploaded_at",
        f"reply_id IN ({_THEIR_REPLIES})",
    ),
    "reply": Table(
        Rows.STAY,
        {
            **dict.fromkeys(("in_reply_to", "seen_id", "native_id"), _T),
            **dict.fromkeys(("text", "text_key", "detail"), _E),
        },
        "id uuid brand_id account_id conversation_id state agent written_by seen_at created_at "
        "changed_at attempted_at attempts retry_at send_at schedule undo_at follows_id part parts",
        _OF_TALK,
    ),
    "claim": Table(
        Rows.GO, {}, "conversation_id brand_id agent claimed_at until_at taken_from", _OF_TALK
    ),
    "alert": Table(
        Rows.STAY,
        {},
        "id brand_id conversation_id message_id level number decided_at",
        _OF_TALK,
    ),
    "delivery": Table(
        Rows.STAY,
        {},
        "alert_id target state attempts changed_at",
        f"alert_id IN (SELECT x.id FROM alert x WHERE x.{_OF_TALK})",
    ),
    "forgotten": Table(
        Rows.STAY, {}, "id uuid brand_id customer_id begun_at done_at", "customer_id = :customer"
    ),
    "tombstone": Table(
        Rows.NOBODY,
        {},
        "brand_id channel what digest forgotten_id",
        why="digests under a key of this store; nobody is read from them",
    ),
    "unjudged": Table(
        Rows.APART,
        {"thread_id": _T},
        "brand_id channel retag_from rejudge_from",
        why="it follows the thread's id, and is empty once all is judged",
    ),
    "parent": Table(
        Rows.APART,
        {"native_id": _T},
        "brand_id channel level asked_at outcome",
        why="it follows the ids of their posts",
    ),
    "usage_seen": Table(
        Rows.APART, {}, "day app thing", why="ids of theirs go; all go when the day is over"
    ),
    "message_fts": Table(Rows.APART, {}, "text rowid words", why="it follows the text of messages"),
    "picture": Table(
        Rows.APART, {}, "sha256 data", why="it goes when no reply needs it; see `reply_media`"
    ),
    "checkpoint": Table(
        Rows.NOBODY,
        {},
        "account_id stream reached_id completed_at walk_target_id walk_floor_id walk_oldest_id "
        "walk_token walk_seen",
        why="places in a channel's order of posts; whose post stands at one is not kept",
    ),
    "gap": Table(
        Rows.NOBODY,
        {},
        "id account_id stream after_id before_id after_at before_at found_at about closed_at",
        why="as checkpoint",
    ),
    "action": Table(
        Rows.NOBODY,
        {},
        "id uuid brand_id title theme since_at owner due_at done_at dropped_at created_at "
        "created_by",
    ),
    "event": Table(
        Rows.NOBODY,
        {},
        "id uuid brand_id account_id name wall zone at language countdown text texts late turn "
        "created_at agent cancelled_at",
    ),
    "event_post": Table(
        Rows.NOBODY,
        {},
        "reply_id event_id turn step due_at day days_left hours_left reviewed reviewed_by "
        "reviewed_at released_at",
    ),
    "reread": Table(Rows.NOBODY, {}, "account_id ring posted_at message_id"),
    "brand": Table(Rows.NOBODY, {}, "id name"),
    "account": Table(
        Rows.NOBODY, {}, "id brand_id channel handle handle_key native_id clocks_from_at added_at"
    ),
    "settings": Table(
        Rows.NOBODY, {}, "id fingerprint body rules_fingerprint applied_by applied_at"
    ),
    "run": Table(
        Rows.NOBODY,
        {},
        "id account_id started_at ended_at outcome detail new_mentions new_own missed",
    ),
    "usage": Table(
        Rows.NOBODY,
        {},
        "account_id day line calls resources repeated micros repeated_micros last_at",
    ),
    "rate_limit": Table(Rows.NOBODY, {}, "account_id endpoint reset_at"),
    "rate_taken": Table(Rows.NOBODY, {}, "who endpoint slot calls"),
    "rate_told": Table(Rows.NOBODY, {}, "who endpoint allowed remaining reset_at"),
    "search_mark": Table(Rows.NOBODY, {}, "id through_id"),
    "generation": Table(Rows.NOBODY, {}, "id at covers"),
    "meta": Table(Rows.NOBODY, {}, "key value"),
    "_sqlite_migrations": Table(Rows.NOBODY, {}, "id migration_set name applied_at"),
    "triage_migration": Table(Rows.NOBODY, {}, "name applied_at applied_by"),
}
"""In the order in which rows are deleted: a table before those that its rows refer to, where both
lose rows."""


def held() -> Mapping[str, Table]:
    """The tables of which a customer's rows can be told; what `export` hands out."""
    return {name: table for name, table in REGISTRY.items() if table.whose}


def losing_rows() -> Mapping[str, Table]:
    """The tables whose rows go with a customer."""
    return {name: table for name, table in REGISTRY.items() if table.rows is Rows.GO}


def losing_words() -> Mapping[str, Sequence[str]]:
    """Columns that are emptied in the rows that stay, by table, but for those `BY_CODE`."""
    return {
        name: [column for column, fate in table.columns.items() if fate is Fate.EMPTY]
        for name, table in REGISTRY.items()
        if table.rows is Rows.STAY and table.columns and name not in BY_CODE
    }


def touched() -> tuple[str, ...]:
    """The tables out of which something is taken; what is to be rewritten afterwards."""
    return tuple(
        name
        for name, table in REGISTRY.items()
        if table.rows in (Rows.GO, Rows.APART) or set(table.columns.values()) - {Fate.KEEP}
    )
