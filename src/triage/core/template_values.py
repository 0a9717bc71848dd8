"""What a template may name, made of what is known of a customer and their wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from triage.core.first_names import first_name, full_name
from triage.core.kinds import DAY, HOUR
from triage.core.templates import KNOWN
from triage.core.text import clean, one_line


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text is filled with.

    Attributes:
        handle: The customer's, without `@`.
        name: As their profile has it; may be empty.
        attributes: What is noted of them.
        agent: Who answers.
        sign: How that agent signs; empty if nobody said.
        brand: Who is written to.
        kind: Of the open wait; empty if nobody waits.
        since: When that wait opened, UTC ms.
        due: When an answer is due, UTC ms; None if none is.
        zone: IANA name of the zone in which people say times.
        given: What whoever answers gives by hand, for this text alone.
        conversation: Its number, as people type it; 0 for none.
        action: What was done, where people are told of that; empty otherwise.
        theme: What that was about.
    """

    handle: str
    name: str
    attributes: Mapping[str, str]
    agent: str
    sign: str
    brand: str
    kind: str = ""
    since: int | None = None
    due: int | None = None
    zone: str = "UTC"
    given: Mapping[str, str] = field(default_factory=dict)
    conversation: int = 0
    action: str = ""
    theme: str = ""


def values_of(facts: Facts, now: int) -> dict[str, object]:
    """The values of a template; what is not known is left out, so that naming it is refused.

    What is given by hand stands under `vars`, over what is noted under `attributes`, and by its
    bare name. An attribute such as `order-id` is `attributes.order_id` too.

    Args:
        facts: What is known.
        now: UTC ms.
    """
    noted = {key.replace("-", "_"): value for key, value in facts.attributes.items()}
    plain = {
        "customer": {
            "first_name": first_name(facts.name, facts.handle),
            "name": full_name(facts.name, facts.handle),
            "handle": facts.handle,
        },
        "attributes": {**noted, **facts.attributes, **facts.given},
        "agent": {"name": facts.agent, "sign": facts.sign},
        "brand": {"name": facts.brand},
        "action": {"title": facts.action, "theme": facts.theme},
        "vars": dict(facts.given),
    }
    known: dict[str, object] = {
        table: {key: clean(value) for key, value in values.items() if value.strip()}
        for table, values in plain.items()
    }
    bare = {key: clean(value) for key, value in facts.given.items() if key not in KNOWN}
    return {**bare, **known, "wait": _wait(facts, now)}


def _wait(facts: Facts, now: int) -> dict[str, object]:
    if facts.since is None:
        return {}
    waited = max(0, now - facts.since)
    values: dict[str, object] = {
        "kind": one_line(facts.kind),
        "since": _minute(facts.since, facts.zone),
        "hours": waited // HOUR,
        "days": waited // DAY,
    }
    if facts.due is not None:
        values["due"] = _minute(facts.due, facts.zone)
    return values


def _minute(at: int, zone: str) -> str:
    """Such as `2026-03-02 09:15`: read alike in every language."""
    try:
        place: ZoneInfo | None = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        place = None
    return f"{datetime.fromtimestamp(at / 1000, place or UTC):%Y-%m-%d %H:%M}"


def put(values: dict[str, object], path: str, value: str) -> bool:
    """Give a value to a dotted path, in place; False if there is one, or no place for it."""
    *tables, name = path.split(".")
    here = values
    for table in tables:
        inner = here.setdefault(table, {})
        if not isinstance(inner, dict):
            return False
        here = inner
    if name in here:
        return False
    here[name] = value
    return True
