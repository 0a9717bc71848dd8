"""One message about everybody who waits too long: what it says, as text and as data.

What customers wrote, and names as well, go into it neutralised: see `core.neutral`. It is made to
be read on a phone: what stands first matters most, and each line of ours is short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from triage.core.kinds import GRAVITY, HOUR, MINUTE, SECOND, Kind, priority_class
from triage.core.neutral import neutral
from triage.core.queue import short_span
from triage.core.text import clean, one_line, without_names

SCHEMA = 1
"""Version of `to_data`; grows when a key changes its meaning or goes."""
MOST_LINES = 30
"""So many waits stand in a text; the others are counted."""
MOST_TEXT = 500
"""So many characters of what somebody wrote, or is called, stand in the data."""
_MOST_SHOWN = 160
_MOST_NAME = 50
_MOST_ADDRESS = 2_000


class AlertLevel(StrEnum):
    """How far a wait has come."""

    WARNING = "warning"
    """It is due soon."""
    BREACH = "breach"
    """It is overdue."""
    REPEAT = "repeat"
    """It is overdue still."""


class AlertLine(NamedTuple):
    """A wait that an alert is about.

    Attributes:
        alert_id: Our id of the alert.
        conversation_id: The id that people type.
        level: How far the wait has come.
        number: Which repeat this is, from 1; 0 for the other levels.
        kind: Gravest kind of the wait.
        channel: Such as `x`.
        account: The handle that was written to, without `@`.
        customer: The handle of who waits, without `@`.
        customer_name: How they call themselves.
        text: What they wrote, as it came; it may be cut behind `MOST_TEXT`.
        waiting_since_at: UTC ms.
        due_at: UTC ms; None while its clock stands and nobody knows until when.
        mentions: How many mentions the wait holds.
        priority: Why it cannot wait, such as `safety`; None if it can.
        assignee: Who is at it; empty if nobody is.
        hold: Why nobody is to look yet, such as `snoozed`; None if they are.
        hold_until: Until when, UTC ms; None if that is not said.
        url: Of the post on its channel.
    """

    alert_id: int
    conversation_id: int
    level: AlertLevel
    number: int
    kind: Kind
    channel: str
    account: str
    customer: str
    customer_name: str
    text: str
    waiting_since_at: int
    due_at: int | None
    mentions: int
    priority: str | None
    assignee: str
    hold: str | None
    hold_until: int | None
    url: str | None


class Digest(NamedTuple):
    """One message to one target.

    Attributes:
        uuid: The same for the same alerts to the same target; see `digest_uuid`.
        brand: Who is written to.
        made_at: UTC ms.
        lines: Who waits, in any order.
        is_test: It is made up, to see whether it arrives.
        ours: Handles of our accounts, folded: a text that begins with them says nothing by that.
    """

    uuid: str
    brand: str
    made_at: int
    lines: tuple[AlertLine, ...]
    is_test: bool = False
    ours: tuple[str, ...] = ()


class Target(Protocol):
    """Where alerts go."""

    @property
    def name(self) -> str:
        """What the configuration calls it; `command` for `alert_command`."""
        ...

    def deliver(self, digest: Digest) -> None:
        """Hand a digest over.

        Raises:
            DeliveryFailed: It did not arrive, or nobody knows. It may be handed over again.
        """
        ...


def digest_uuid(target: str, alerts: Iterable[tuple[int, int]]) -> str:
    """An id that a target can tell a repetition by: of the set of alerts, whatever their order.

    Args:
        target: Its name.
        alerts: Our id of each, with when it was decided, UTC ms: another store has the same ids.
    """
    named = ",".join(f"{number}@{at}" for number, at in sorted(set(alerts)))
    return str(uuid5(NAMESPACE_URL, f"triage:alerts:{target}:{named}"))


def sample_digest(brand: str, target: str, now: int) -> Digest:
    """A made-up digest that shows what alerts look like; each has an id of its own."""
    since = now - 4 * HOUR
    lines = tuple(
        AlertLine(
            alert_id=0,
            conversation_id=number,
            level=level,
            number=0,
            kind=kind,
            channel="test",
            account="test",
            customer=customer,
            customer_name=customer.title(),
            text=text,
            waiting_since_at=since,
            due_at=due_at,
            mentions=1,
            priority=None,
            assignee="",
            hold=None,
            hold_until=None,
            url=None,
        )
        for number, level, kind, customer, text, due_at in (
            (1, AlertLevel.BREACH, Kind.COMPLAINT, "made_up", "This is a test.", now - HOUR),
            (2, AlertLevel.WARNING, Kind.QUESTION, "nobody", "Is this a test?", now + 15 * MINUTE),
        )
    )
    uuid = uuid5(NAMESPACE_URL, f"triage:alerts:{target}:test:{now}")
    return Digest(str(uuid), brand, now, lines, is_test=True)


def subject(digest: Digest) -> str:
    """One line without a word of a customer's, such as `acme: 2 overdue, 1 due soon`."""
    counts = [f"{many} {what}" for what, many in _standing(digest).items() if many]
    said = ", ".join(counts) or "nobody waits"
    test = "test of alerts, made up: " if digest.is_test else ""
    return f"{_name(digest.brand)}: {test}{said}"


def body(digest: Digest, zone: tzinfo = UTC, most: int = MOST_LINES) -> str:
    """What stands below the subject: plain text of limited length.

    What cannot wait and complaints come first, each wait with what to type.

    Args:
        digest: What to tell.
        zone: In which people read times.
        most: So many waits stand in it; the others are counted.
    """
    lines = _in_order(digest)
    shown, more = lines[:most], len(lines) - most
    parts = [f"{_kinds(lines)} ({_moment(digest.made_at, zone)})"]
    if digest.is_test:
        parts.append("This is a test: nobody below exists.")
    parts += [_paragraph(line, digest, zone) for line in shown]
    if more > 0:
        parts.append(f"and {more} more: triage queue")
    return "\n\n".join(parts) + "\n"


def to_data(digest: Digest) -> dict[str, Any]:
    """The message as JSON values; every text in it is one neutral line."""
    lines = _in_order(digest)
    standing = {what.replace(" ", "_"): many for what, many in _standing(digest).items()}
    counts = {"total": len(lines), **standing}
    counts |= {kind.value: count for kind, count in _by_kind(lines).items()}
    return {
        "schema": SCHEMA,
        "id": digest.uuid,
        "brand": neutral(digest.brand),
        "made_at": _rfc3339(digest.made_at),
        "is_test": digest.is_test,
        "subject": subject(digest),
        "counts": counts,
        "items": [_item(line, digest.made_at) for line in lines],
    }


def _item(line: AlertLine, now: int) -> dict[str, Any]:
    return {
        "id": line.conversation_id,
        "alert_id": line.alert_id,
        "level": line.level.value,
        "number": line.number,
        "kind": line.kind.value,
        "channel": neutral(line.channel),
        "account": neutral(line.account),
        "customer": _cut(line.customer, MOST_TEXT),
        "customer_name": _cut(line.customer_name, MOST_TEXT),
        "text": _cut(line.text, MOST_TEXT),
        "waiting_since_at": _rfc3339(line.waiting_since_at),
        "due_at": None if line.due_at is None else _rfc3339(line.due_at),
        "overdue_s": 0 if line.due_at is None else max(0, now - line.due_at) // SECOND,
        "mentions": line.mentions,
        "priority": None if line.priority is None else neutral(line.priority),
        "assignee": neutral(line.assignee),
        "hold": None if line.hold is None else neutral(line.hold),
        "hold_until_at": None if line.hold_until is None else _rfc3339(line.hold_until),
        "url": web_address(line.url),
        "reply": f"triage reply {line.conversation_id}",
    }


def _in_order(digest: Digest) -> list[AlertLine]:
    return sorted(
        digest.lines,
        key=lambda line: (
            -priority_class(line.priority),
            -GRAVITY[line.kind],
            line.level is AlertLevel.WARNING,
            line.due_at is None,
            line.due_at or 0,
            line.conversation_id,
            line.alert_id,
        ),
    )


def _in_words(line: AlertLine, now: int) -> str:
    """How a wait stands."""
    if line.due_at is None:
        return "paused"
    return "overdue" if now >= line.due_at else "due soon"


def _standing(digest: Digest) -> Mapping[str, int]:
    words = [_in_words(line, digest.made_at) for line in digest.lines]
    return {what: words.count(what) for what in ("overdue", "due soon", "paused")}


def _by_kind(lines: Iterable[AlertLine]) -> Mapping[Kind, int]:
    kinds = [line.kind for line in lines]
    return {kind: kinds.count(kind) for kind in sorted(Kind, key=lambda kind: -GRAVITY[kind])}


def _kinds(lines: Iterable[AlertLine]) -> str:
    counts = [
        f"{count} {kind.value}{'s' if count > 1 and kind in _COUNTED else ''}"
        for kind, count in _by_kind(lines).items()
        if count
    ]
    return ", ".join(counts) or "nobody waits"


_COUNTED = (Kind.COMPLAINT, Kind.QUESTION)
"""Kinds whose name has a plural."""


def _paragraph(line: AlertLine, digest: Digest, zone: tzinfo) -> str:
    state = _in_words(line, digest.made_at).removesuffix(" soon")
    left = "" if line.due_at is None else f" {short_span(line.due_at - digest.made_at)}"
    again = f", reminder {line.number}" if line.level is AlertLevel.REPEAT else ""
    more = f" ({line.mentions} messages)" if line.mentions > 1 else ""
    text = _cut(without_names(line.text, digest.ours), _MOST_SHOWN)
    about = _about(line, zone)
    return "\n".join(
        [
            f"#{line.conversation_id} {line.kind.value}, {state}{left}{again}",
            f"  {_name(f'@{line.customer}')}: {text}{more}",
            *([f"  {about}"] if about else []),
            f"  triage reply {line.conversation_id}",
        ]
    )


def _about(line: AlertLine, zone: tzinfo) -> str:
    """What an agent should know before they take it."""
    said = [f"priority: {_name(line.priority)}"] if line.priority else []
    if line.hold:
        until = "" if line.hold_until is None else f" until {_moment(line.hold_until, zone)}"
        said.append(f"{_name(line.hold)}{until}")
    if line.assignee:
        said.append(f"assigned: {_name(line.assignee)}")
    return ", ".join(said)


def _name(text: str) -> str:
    return _cut(text, _MOST_NAME)


def _cut(text: str, most: int) -> str:
    """Cut before it is made neutral, so that nothing of that is cut in two."""
    text = one_line(text)
    return neutral(text if len(text) <= most else f"{text[: most - 1].rstrip()}…")


def web_address(url: str | None) -> str | None:
    """A link to a post, if it is one that a program can be handed."""
    if (
        url is None
        or len(url) > _MOST_ADDRESS
        or not url.isascii()
        or not url.isprintable()
        or set(url) & set(" \"'<>|`\\")
    ):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def _moment(ms: int, zone: tzinfo) -> str:
    """Such as `Mon 2 Mar 09:00 CET`."""
    when = datetime.fromtimestamp(ms // SECOND, zone)
    return f"{when:%a} {when.day} {when:%b %H:%M} {clean(when.tzname() or '')}".rstrip()


def _rfc3339(ms: int) -> str:
    seconds, fraction = divmod(ms, SECOND)
    when = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
    return f"{when}.{fraction:03}Z" if fraction else f"{when}Z"
