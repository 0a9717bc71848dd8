"""How long whom may wait, and the settings snapshot that says so.

A snapshot is what the configuration was compiled to: policies, calendars, rules and the zone in
which a person reads times. The store keeps every snapshot; each verdict and each wait names its
own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from triage.core.calendar import WeeklyCalendar
from triage.core.holds import HoldState
from triage.core.hours import ALWAYS, ALWAYS_OPEN, Calendar
from triage.core.model import HOUR, MINUTE, Kind
from triage.core.truths import NO, YES, says_yes

AS_FIRST = -1
"""As `next_within`: as long as for the first response."""

ATTRIBUTE_NAME = r"[a-z][a-z0-9_-]{0,39}"
"""What an attribute can be called: an expression for all of it."""

ANY = "any"
"""As a priority of a condition: whatever it is."""


class Case(NamedTuple):
    """What a policy is chosen by.

    Attributes:
        kind: Of the mention.
        priority: Why the mention cannot wait, or None.
        account: Handle of the account that was asked, folded; empty if unknown.
        attributes: Of the customer.
    """

    kind: Kind
    priority: str | None = None
    account: str = ""
    attributes: Mapping[str, str] = {}


class When(NamedTuple):
    """Whom a policy is for; what is left empty holds for everybody.

    Attributes:
        kinds: Kinds of mention.
        priorities: Such as `safety`; `any` for whatever cannot wait.
        accounts: Handles, folded.
        attributes: Keys of the customer with the value that each must have (folded case); `yes`
            stands for any value but no.
    """

    kinds: tuple[Kind, ...] = ()
    priorities: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()

    def misses(self, case: Case) -> str:
        """Why it does not hold, in words; empty where it holds."""
        if self.kinds and case.kind not in self.kinds:
            return f"not {' or '.join(self.kinds)}"
        if self.accounts and case.account not in self.accounts:
            return f"not to {' or '.join('@' + a for a in self.accounts)}"
        if self.priorities and not self._presses(case.priority):
            any_priority = ANY in self.priorities
            return "it can wait" if any_priority else f"not {' or '.join(self.priorities)}"
        for key, wanted in self.attributes:
            if not has(case.attributes.get(key), wanted):
                has_none = key not in case.attributes
                return f"the customer has no {key}" if has_none else f"{key} is not {wanted}"
        return ""

    def describe(self) -> str:
        """Such as `complaint, to @acme, customer vip = yes`; `everybody` without a condition."""
        words = [" or ".join(self.kinds)] if self.kinds else []
        if self.accounts:
            words.append(f"to {' or '.join('@' + a for a in self.accounts)}")
        if self.priorities:
            words.append("any priority" if ANY in self.priorities else " or ".join(self.priorities))
        words += [f"customer {key} = {wanted}" for key, wanted in self.attributes]
        return ", ".join(words) or "everybody"

    def whom(self, name: str) -> str:
        """The same for a policy of that name; one of a kind is for every such mention."""
        if any(self) or name not in set(Kind):
            return self.describe()
        return "anything else" if name == Kind.OTHER else f"every {name}"

    def _presses(self, priority: str | None) -> bool:
        return priority is not None and (priority in self.priorities or ANY in self.priorities)


def has(value: str | None, wanted: str) -> bool:
    """Whether an attribute is as a condition wants it.

    Whoever has no such attribute is taken for a no, however that is written.
    """
    wanted = wanted.casefold()
    if value is None or not says_yes(value):
        return wanted in NO
    return wanted in (YES, value.casefold())


EVERYBODY = When()


@dataclass(frozen=True, slots=True)
class Policy:
    """What a mention was promised.

    Attributes:
        respond_within: Open time until a first response is due, ms; None demands none.
        warn_before: How much open time before the due time the wait counts as due soon, ms.
        next_within: The same as `respond_within` for whoever was answered before in the
            conversation; `AS_FIRST` for as long.
        warn_share: Instead of `warn_before`: the share of the time, in percent, behind which it
            counts as due soon; None if that is not how it was said.
        name: How the configuration calls it: that of its kind where it is the kind's own.
        calendar: Name of the calendar that its time is counted in.
        when: Whom it is for.
        pauses: In which states of hold its clock stands.
        alert_anytime: Alerts go out also while its calendar is closed.
    """

    respond_within: int | None
    warn_before: int = 0
    next_within: int | None = AS_FIRST
    warn_share: int | None = None
    name: str = ""
    calendar: str = ALWAYS
    when: When = EVERYBODY
    pauses: frozenset[HoldState] = frozenset()
    alert_anytime: bool = False

    def within(self, *, is_next: bool) -> int | None:
        """Open time until an answer is due, ms; None if none is demanded."""
        if is_next and self.next_within != AS_FIRST:
            return self.next_within
        return self.respond_within

    def warn_after(self, within: int) -> int:
        """How much of that time passes until it counts as due soon, ms."""
        if self.warn_share is not None:
            return within * self.warn_share // 100
        return max(0, within - self.warn_before)


class Terms(NamedTuple):
    """What a policy comes to for one mention, worked out once.

    Attributes:
        name: Of the policy.
        within: Open time until an answer is due, ms.
        warn_after: Open time until it counts as due soon, ms.
        calendar: In whose hours.
        pauses: In which states of hold the clock stands.
    """

    name: str
    within: int
    warn_after: int
    calendar: Calendar
    pauses: frozenset[HoldState]


DEFAULT_POLICIES: Mapping[Kind, Policy] = {
    Kind.COMPLAINT: Policy(60 * MINUTE, 15 * MINUTE, name="complaint"),
    Kind.QUESTION: Policy(4 * HOUR, HOUR, name="question"),
    Kind.OTHER: Policy(24 * HOUR, 2 * HOUR, name="other"),
    Kind.PRAISE: Policy(None, name="praise"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One snapshot: what judges mentions and waits.

    Attributes:
        policies: The one of each kind, for whom no special one is.
        special: Policies that come before those, in their order: the first that holds is taken.
        calendars: By name; that which is open around the clock is always there.
        rules: The tagging rules as plain data, by id.
        time_zone: IANA name in which people read times; verdicts do not depend on it.
        account_zones: The same for single accounts, by folded handle.
    """

    policies: Mapping[Kind, Policy] = field(default_factory=lambda: dict(DEFAULT_POLICIES))
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    time_zone: str = "UTC"
    special: tuple[Policy, ...] = ()
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    account_zones: Mapping[str, str] = field(default_factory=dict)
    _terms: dict[tuple[Kind, bool], Terms | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def terms(self, policy: Policy, *, is_next: bool) -> Terms | None:
        """What a policy comes to; None if it demands no answer.

        Args:
            policy: One of these settings.
            is_next: For whoever was answered before.
        """
        within = policy.within(is_next=is_next)
        if within is None:
            return None
        calendar = self.calendar(policy.calendar)
        return Terms(policy.name, within, policy.warn_after(within), calendar, policy.pauses)

    def terms_of_kind(self, kind: Kind, is_next: bool) -> Terms | None:
        """What the policy of a kind comes to; asked of every mention there is, so kept."""
        key = (kind, is_next)
        if key not in self._terms:
            self._terms[key] = self.terms(self.policies[kind], is_next=is_next)
        return self._terms[key]

    def policy_for(self, case: Case) -> Policy:
        """The first special policy that holds; failing that, the one of the kind."""
        for policy in self.special:
            if not policy.when.misses(case):
                return policy
        return self.policies[case.kind]

    def tried(self, case: Case) -> Iterator[tuple[Policy, str]]:
        """Each policy that was looked at, in order, with why it was not taken; the last was."""
        for policy in self.special:
            missed = policy.when.misses(case)
            yield policy, missed
            if not missed:
                return
        yield self.policies[case.kind], ""

    def named(self, name: str, kind: Kind) -> Policy:
        """A policy by name; that of the kind if there is none of that name."""
        return next((p for p in self.in_order() if p.name == name), self.policies[kind])

    def in_order(self) -> tuple[Policy, ...]:
        """All policies, in the order in which they are tried."""
        return (*self.special, *(self.policies[kind] for kind in Kind))

    def calendar_of(self, policy: Policy) -> Calendar:
        """When the clock of a policy runs."""
        return self.calendar(policy.calendar)

    def calendar(self, name: str) -> Calendar:
        """A calendar by name. Raises `KeyError` for a name that is none."""
        return ALWAYS_OPEN if name == ALWAYS else self.calendars[name]

    def zone_of(self, account: str) -> str:
        """The zone in which people of an account (folded handle) read and say times."""
        return self.account_zones.get(account, self.time_zone)

    def to_json(self) -> str:
        """Write the snapshot as canonical JSON: the same settings give the same text.

        What is at its default is left out, so that a new setting does not change old snapshots.
        """
        data: dict[str, Any] = {
            "policies": {kind.value: _policy_data(p, kind) for kind, p in self.policies.items()},
            "rules": dict(self.rules),
            "time_zone": self.time_zone,
        }
        if self.special:
            data["special"] = [_policy_data(p) for p in self.special]
        calendars = {
            name: calendar.to_data()
            for name, calendar in self.calendars.items()
            if isinstance(calendar, WeeklyCalendar)
        }
        if calendars:
            data["calendars"] = calendars
        if self.account_zones:
            data["account_zones"] = dict(self.account_zones)
        return json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Read a snapshot that `to_json` wrote."""
        data = json.loads(text)
        return cls(
            policies={Kind(k): _policy(p, Kind(k)) for k, p in data["policies"].items()},
            rules=data["rules"],
            time_zone=data["time_zone"],
            special=tuple(_policy(p) for p in data.get("special", ())),
            calendars={
                name: WeeklyCalendar.from_data(name, calendar)
                for name, calendar in data.get("calendars", {}).items()
            },
            account_zones=data.get("account_zones", {}),
        )

    @property
    def fingerprint(self) -> str:
        """A hash of everything in the snapshot."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def rules_fingerprint(self) -> str:
        """A hash of the rules alone: verdicts differ only where this differs."""
        return hashlib.sha256(json.dumps(dict(self.rules), sort_keys=True).encode()).hexdigest()


def _policy_data(policy: Policy, kind: Kind | None = None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "respond_within": policy.respond_within,
        "warn_before": policy.warn_before,
    }
    more: dict[str, tuple[Any, Any]] = {
        "next_within": (policy.next_within, AS_FIRST),
        "warn_share": (policy.warn_share, None),
        "name": (policy.name, kind.value if kind else ""),
        "calendar": (policy.calendar, ALWAYS),
        "when": (_when_data(policy.when), {}),
        "pauses": (sorted(policy.pauses), []),
        "alert_anytime": (policy.alert_anytime, False),
    }
    data.update({key: value for key, (value, default) in more.items() if value != default})
    return data


def _policy(data: Mapping[str, Any], kind: Kind | None = None) -> Policy:
    return Policy(
        respond_within=data["respond_within"],
        warn_before=data["warn_before"],
        next_within=data.get("next_within", AS_FIRST),
        warn_share=data.get("warn_share"),
        name=data.get("name", kind.value if kind else ""),
        calendar=data.get("calendar", ALWAYS),
        when=_when(data.get("when", {})),
        pauses=frozenset(map(HoldState, data.get("pauses", ()))),
        alert_anytime=data.get("alert_anytime", False),
    )


def _when_data(when: When) -> dict[str, Any]:
    return {
        name: [list(v) if isinstance(v, tuple) else v for v in values]
        for name, values in when._asdict().items()
        if values
    }


def _when(data: Mapping[str, Any]) -> When:
    return When(
        tuple(map(Kind, data.get("kinds", ()))),
        tuple(data.get("priorities", ())),
        tuple(data.get("accounts", ())),
        tuple((key, value) for key, value in data.get("attributes", ())),
    )
