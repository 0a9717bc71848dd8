"""Settings with a calendar, a special policy and clocks that stand, for tests of commands."""

from __future__ import annotations

from dataclasses import replace

from builders import Desk, tagger_for
from triage.app.applying import apply_settings
from triage.core.calendar import Day, WeeklyCalendar
from triage.core.holds import HoldState
from triage.core.model import MINUTE
from triage.core.policy import DEFAULT_POLICIES, Policy, Settings, When

OFFICE = WeeklyCalendar(
    "office",
    "Europe/Madrid",
    (((540, 840), (900, 1080)),) * 5 + (((600, 840),), ()),
    {"2026-03-03": Day("Fair")},
)
"""Monday to Friday from nine to two and from three to six, Saturdays from ten to two."""
PAUSES = frozenset({HoldState.WAITING_ON_CUSTOMER, HoldState.ON_HOLD})
VIP = Policy(
    15 * MINUTE,
    next_within=30 * MINUTE,
    warn_share=50,
    name="vip",
    when=When(attributes=(("vip", "yes"),)),
    pauses=frozenset({HoldState.WAITING_ON_CUSTOMER}),
    alert_anytime=True,
)
"""A quarter of an hour around the clock for whoever is noted as a VIP."""
PROMISES = Settings(
    policies={
        kind: replace(policy, calendar="office", pauses=PAUSES)
        for kind, policy in DEFAULT_POLICIES.items()
    },
    special=(VIP,),
    calendars={"office": OFFICE},
    time_zone="Europe/Madrid",
)
"""The default spans in the hours of an office, where clocks stand on hold."""


def put_in_force(desk: Desk, settings: Settings = PROMISES) -> None:
    """As `config apply` does."""
    apply_settings(
        desk.store,
        settings,
        "hash",
        "bo",
        desk.now,
        brand="acme",
        accounts=[("memory", "acme")],
        tagger_for=tagger_for,
    )
