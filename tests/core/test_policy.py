"""Which policy a mention falls under, what it gives, and snapshots of all of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.calendar import Day, WeeklyCalendar
from triage.core.holds import HoldState
from triage.core.hours import ALWAYS, ALWAYS_OPEN
from triage.core.model import DAY, HOUR, MINUTE, Kind
from triage.core.policy import (
    ANY,
    AS_FIRST,
    DEFAULT_POLICIES,
    EVERYBODY,
    Case,
    Policy,
    Settings,
    When,
)
from triage.core.truths import YES

C, Q, O, P = Kind.COMPLAINT, Kind.QUESTION, Kind.OTHER, Kind.PRAISE  # noqa: E741 - kinds
CASE = Case(C, "safety", "acme", {"vip": "yes", "tier": "Gold"})


def named(name: str, when: When = EVERYBODY) -> Policy:
    """A policy of an hour."""
    return Policy(HOUR, name=name, when=when)


# --- conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "when",
    [
        When(),
        When(kinds=(C,)),
        When(kinds=(Q, C)),
        When(priorities=("safety",)),
        When(priorities=("press", "safety")),
        When(priorities=(ANY,)),
        When(accounts=("other", "acme")),
        When(attributes=(("vip", YES),)),
        When(attributes=(("tier", "gold"), ("vip", YES))),
        When(attributes=(("tier", YES),)),
        When(attributes=(("blocked", "no"),)),
        When((C,), ("safety",), ("acme",), (("vip", YES),)),
    ],
)
def test_conditions_that_hold(when: When) -> None:
    """Every condition that is given must hold; one of its values is enough."""
    assert when.misses(CASE) == ""


@pytest.mark.parametrize(
    ("when", "why"),
    [
        (When(kinds=(Q, P)), "not question or praise"),
        (When(accounts=("acmehelp", "acmejp")), "not to @acmehelp or @acmejp"),
        (When(attributes=(("vip", "no"),)), "vip is not no"),
        (When(attributes=(("tier", "silver"),)), "tier is not silver"),
        (When(attributes=(("vip", YES), ("since", YES))), "the customer has no since"),
        (When((Q,), ("safety",), ("acme",), (("vip", YES),)), "not question"),
    ],
)
def test_why_a_condition_misses(when: When, why: str) -> None:
    """The first that does, in words that a manager can check."""
    assert why in when.misses(CASE)


@pytest.mark.parametrize("priorities", [("press",), ("press", "legal-threat"), (ANY,)])
def test_what_can_wait_has_no_priority(priorities: tuple[str, ...]) -> None:
    """`any` stands for whatever cannot wait, and not for everything."""
    when = When(priorities=priorities)
    assert when.misses(CASE._replace(priority=None)) != ""
    assert when.misses(CASE._replace(priority="press")) == ""


@pytest.mark.parametrize(
    ("value", "is_set"),
    [
        ("yes", True),
        ("1", True),
        ("gold", True),
        ("no", False),
        ("No", False),
        ("0", False),
        ("false", False),
        ("OFF", False),
        (None, False),
    ],
)
def test_yes_is_any_value_but_no(value: str | None, is_set: bool) -> None:
    """And whoever has no such attribute is taken for a no, however that is written."""
    known = {} if value is None else {"vip": value}
    case = Case(C, attributes=known)
    assert (When(attributes=(("vip", YES),)).misses(case) == "") is is_set
    assert (When(attributes=(("vip", "no"),)).misses(case) == "") is not is_set


def test_words_of_conditions() -> None:
    """As `sla list` shows them."""
    assert EVERYBODY.describe() == "everybody"
    assert When((C, Q), (ANY,), ("acme",), (("vip", "yes"), ("tier", "3"))).describe() == (
        "complaint or question, to @acme, any priority, customer vip = yes, customer tier = 3"
    )
    assert EVERYBODY.whom("complaint") == "every complaint"
    assert EVERYBODY.whom("other") == "anything else"
    assert EVERYBODY.whom("fast") == "everybody"
    assert When(kinds=(Q,)).whom("fast") == "question"


# --- the order ------------------------------------------------------------------------------------

VIP = named("vip", When(attributes=(("vip", YES),)))
PRESS = named("press", When(priorities=("press",)))
NIGHT = named("night", When(kinds=(C, Q)))
SETTINGS = Settings(special=(VIP, PRESS, NIGHT))


@pytest.mark.parametrize(
    ("case", "name"),
    [
        (Case(P, "press", "acme", {"vip": "yes"}), "vip"),
        (Case(P, "press", "acme", {"vip": "no"}), "press"),
        (Case(C), "night"),
        (Case(O), "other"),
        (Case(P, "safety"), "praise"),
    ],
)
def test_the_first_that_holds_is_taken(case: Case, name: str) -> None:
    """Special ones in their order, then that of the kind."""
    assert SETTINGS.policy_for(case).name == name
    tried = [(policy.name, bool(missed)) for policy, missed in SETTINGS.tried(case)]
    *others, last = (n for n, _ in tried)
    assert others == ["vip", "press", "night"][: len(others)]
    assert last == name
    assert [missed for _, missed in tried] == [True] * (len(tried) - 1) + [False]


def test_policies_by_name() -> None:
    """An old wait may name a policy that is gone: then it is its kind's."""
    assert SETTINGS.named("press", C) is PRESS
    assert SETTINGS.named("question", C).name == "question"
    assert SETTINGS.named("gone", Q) is SETTINGS.policies[Q]
    assert SETTINGS.named("", O) is SETTINGS.policies[O]
    assert [p.name for p in SETTINGS.in_order()] == ["vip", "press", "night", *Kind]


def test_calendars_by_name() -> None:
    """The one that never closes is always there, and nobody can take its name."""
    office = WeeklyCalendar("office", "UTC", (((540, 1080),),) * 7)
    snapshot = Settings(calendars={"office": office, ALWAYS: office})
    assert snapshot.calendar("office") is office
    assert snapshot.calendar(ALWAYS) is ALWAYS_OPEN
    assert snapshot.calendar_of(Policy(HOUR, calendar="office")) is office
    with pytest.raises(KeyError):
        snapshot.calendar("gone")


# --- spans and warnings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "first", "following"),
    [
        (Policy(HOUR), HOUR, HOUR),
        (Policy(HOUR, next_within=MINUTE), HOUR, MINUTE),
        (Policy(HOUR, next_within=None), HOUR, None),
        (Policy(None), None, None),
        (Policy(None, next_within=MINUTE), None, MINUTE),
        (Policy(HOUR, next_within=0), HOUR, 0),
    ],
)
def test_the_next_response(policy: Policy, first: int | None, following: int | None) -> None:
    """As long as the first unless it is said; none is something that can be said."""
    assert policy.within(is_next=False) == first
    assert policy.within(is_next=True) == following


@pytest.mark.parametrize(
    ("policy", "after"),
    [
        (Policy(HOUR), HOUR),
        (Policy(HOUR, warn_before=15 * MINUTE), 45 * MINUTE),
        (Policy(HOUR, warn_before=2 * HOUR), 0),
        (Policy(HOUR, warn_share=75), 45 * MINUTE),
        (Policy(HOUR, warn_share=0), 0),
        (Policy(HOUR, warn_before=MINUTE, warn_share=100), HOUR),
    ],
)
def test_when_it_warns(policy: Policy, after: int) -> None:
    """At the earliest when the customer has written; a share wins over a span."""
    assert policy.warn_after(HOUR) == after


@given(st.integers(0, 400 * DAY), st.integers(0, 400 * DAY), st.none() | st.integers(0, 100))
def test_a_warning_comes_within_the_time(within: int, before: int, share: int | None) -> None:
    """Whatever the policy says, also of the span for the next response."""
    after = Policy(HOUR, warn_before=before, warn_share=share).warn_after(within)
    assert 0 <= after <= within


# --- snapshots ------------------------------------------------------------------------------------

SPANS = st.integers(0, 3650 * DAY)
NAMES = st.text("abcdefgh- ", min_size=1, max_size=6)
KEYS = st.text("abcdefgh", min_size=1, max_size=4)
WHENS = st.builds(
    When,
    st.lists(st.sampled_from(Kind), max_size=2).map(tuple),
    st.lists(NAMES, max_size=2).map(tuple),
    st.lists(NAMES, max_size=2).map(tuple),
    st.lists(st.tuples(KEYS, st.text(max_size=4)), max_size=2).map(tuple),
)
POLICIES = st.builds(
    Policy,
    st.none() | SPANS,
    warn_before=SPANS,
    next_within=st.none() | SPANS | st.just(AS_FIRST),
    warn_share=st.none() | st.integers(0, 100),
    name=NAMES,
    calendar=NAMES | st.just(ALWAYS),
    when=WHENS,
    pauses=st.frozensets(st.sampled_from(HoldState)),
    alert_anytime=st.booleans(),
)
RANGES = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda r: (r[0], r[0] + r[1]))
HOURS = st.lists(RANGES, max_size=2).map(tuple)
DATES = st.dates().map(str)
CALENDARS = st.builds(
    WeeklyCalendar,
    st.just("?"),
    st.sampled_from(["UTC", "Europe/Madrid", "Asia/Kathmandu"]),
    st.tuples(*[HOURS] * 7).filter(any),
    st.dictionaries(DATES, st.builds(Day, st.text(max_size=5), HOURS), max_size=3),
)
SETTINGS_OF_ALL_SORTS = st.builds(
    Settings,
    policies=st.fixed_dictionaries(dict.fromkeys(Kind, POLICIES)),
    rules=st.dictionaries(KEYS, st.fixed_dictionaries({"weights": st.just({"other": 1.0})})),
    time_zone=st.sampled_from(["UTC", "Europe/Madrid"]),
    special=st.lists(POLICIES, max_size=3).map(tuple),
    calendars=st.dictionaries(NAMES.filter(lambda n: n != ALWAYS), CALENDARS, max_size=2).map(
        lambda found: {name: replace(calendar, name=name) for name, calendar in found.items()}
    ),
    account_zones=st.dictionaries(NAMES, st.just("Asia/Tokyo"), max_size=2),
)


@settings(max_examples=50)
@given(SETTINGS_OF_ALL_SORTS)
def test_a_snapshot_reads_back_as_it_was(snapshot: Settings) -> None:
    """Every policy, calendar and zone, and so its fingerprint too."""
    again = Settings.from_json(snapshot.to_json())
    assert again == snapshot
    assert again.fingerprint == snapshot.fingerprint
    assert snapshot.to_json().isascii()


@settings(max_examples=25)
@given(SETTINGS_OF_ALL_SORTS, SETTINGS_OF_ALL_SORTS)
def test_fingerprints_tell_settings_apart(one: Settings, other: Settings) -> None:
    """The same settings have the same, and others have others."""
    assert (one.fingerprint == other.fingerprint) == (one == other)


OLD = (
    '{"policies":{"complaint":{"respond_within":3600000,"warn_before":900000},'
    '"other":{"respond_within":86400000,"warn_before":7200000},'
    '"praise":{"respond_within":null,"warn_before":0},'
    '"question":{"respond_within":14400000,"warn_before":3600000}},'
    '"rules":{"late":{"weights":{"complaint":1.0}}},"time_zone":"Europe/Madrid"}'
)
"""A snapshot of the first version, which knew neither calendars nor special policies."""


def test_an_old_snapshot_means_what_it_meant() -> None:
    """Around the clock, with nothing that pauses it, and policies named by their kinds."""
    snapshot = Settings.from_json(OLD)
    assert snapshot == Settings(
        rules={"late": {"weights": {"complaint": 1.0}}}, time_zone="Europe/Madrid"
    )
    assert dict(snapshot.policies) == dict(DEFAULT_POLICIES)
    assert {p.name for p in snapshot.policies.values()} == set(Kind)
    assert snapshot.zone_of("acme") == "Europe/Madrid"


def test_an_old_snapshot_keeps_its_fingerprint() -> None:
    """Otherwise an upgrade alone would judge everybody anew."""
    assert Settings.from_json(OLD).to_json() == OLD
    assert Settings.from_json(OLD).fingerprint == hashlib.sha256(OLD.encode()).hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        Policy(HOUR, 15 * MINUTE, name="complaint", next_within=HOUR),
        Policy(HOUR, 15 * MINUTE, name="complaint", next_within=None),
        Policy(HOUR, 15 * MINUTE, name="complaint", warn_share=0),
        Policy(HOUR, 15 * MINUTE, name="complaint", calendar="office"),
        Policy(HOUR, 15 * MINUTE, name="complaint", pauses=frozenset({HoldState.SNOOZED})),
        Policy(HOUR, 15 * MINUTE, name="complaint", alert_anytime=True),
        Policy(HOUR, 15 * MINUTE, name="complaint", when=When(accounts=("acme",))),
    ],
)
def test_each_part_of_a_policy_is_in_the_fingerprint(changed: Policy) -> None:
    """A file that says something new is applied."""
    snapshot = Settings(policies={**DEFAULT_POLICIES, C: changed})
    assert snapshot.fingerprint != Settings().fingerprint
    assert Settings.from_json(snapshot.to_json()).policies[C] == changed


def test_the_order_of_special_policies_is_in_the_fingerprint() -> None:
    """That of calendars and accounts is not: it means nothing."""
    assert Settings(special=(VIP, PRESS)).fingerprint != Settings(special=(PRESS, VIP)).fingerprint
    zones = {"a": "UTC", "b": "Asia/Tokyo"}
    other = dict(reversed(zones.items()))
    assert Settings(account_zones=zones).fingerprint == Settings(account_zones=other).fingerprint


def test_rules_have_a_fingerprint_of_their_own() -> None:
    """Mentions are tagged again only where it differs."""
    rules = Settings(rules={"late": {"weights": {"complaint": 1.0}}})
    assert replace(rules, special=(VIP,)).rules_fingerprint == rules.rules_fingerprint
    assert rules.rules_fingerprint != Settings().rules_fingerprint
    assert json.loads(rules.to_json())["rules"] == dict(rules.rules)
