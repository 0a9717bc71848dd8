"""What the meter is told of a request to X: how many things came back, and what limits are left."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from triage.channels.x import answers
from triage.channels.x.answers import Answer
from triage.channels.x.urls import extract_urls
from triage.core import usage
from triage.core.channel import Outgoing
from triage.core.ratebudget import Told
from triage.core.usage import READS, Ask, Call

_USERS = frozenset({"me", "user"})
_POST, _USER = "p:", "u:"
_INCLUDED = {"tweets": _POST, "posts": _POST, "users": _USER}


def create_item(outgoing: Outgoing) -> str:
    """What a post is charged as, by X's own eye for URLs."""
    return usage.create_item(
        has_url=bool(extract_urls(outgoing.text)),
        is_reply=outgoing.in_reply_to is not None and not outgoing.to_self,
    )


def unanswered(ask: Ask, item: str) -> Call:
    """A request that left and was not answered."""
    return Call(ask, None, item)


def answered(ask: Ask, item: str, answer: Answer, now: int) -> Call:
    """A request that was answered, well or not; `now` in UTC epoch ms."""
    things: list[str] = []
    along: list[str] = []
    if ask.endpoint in READS and answer.status in answers.OK and answer.flaw is None:
        body = _object(answer.body)
        things += _ids(body.get("data"), _USER if ask.endpoint in _USERS else _POST)
        includes = body.get("includes")
        if isinstance(includes, Mapping):
            for name, kind in _INCLUDED.items():
                along += _ids(includes.get(name), kind)
    along = [thing for thing in dict.fromkeys(along) if thing not in things]
    return Call(ask, answer.status, item, things, along, _told(answer, now))


def _told(answer: Answer, now: int) -> Told | None:
    limit = answers.rate_limit(answer.headers, now)
    if answer.status == answers.TOO_MANY:
        reset_at = answers.reset_at(answer.headers, now)
        return Told(limit.limit if limit else 0, 0, reset_at)
    if limit is None or limit.limit <= 0:
        return None
    return Told(limit.limit, limit.remaining, limit.reset_at)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}


def _ids(entries: object, kind: str) -> Iterator[str]:
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, Mapping) and isinstance(entry.get("id"), str):
            yield kind + entry["id"]
