"""Which alerts are due: one for each wait and level, in the hours of its policy.

- A wait is warned of when it is due soon, and told of again when it is overdue; only the gravest of
  what it has come to is told, and nobody is warned of what was told already.
- While it stays overdue it is repeated, each time after so much open time since the last alert.
- While the calendar of its policy is closed nothing is told, unless the policy says otherwise; what
  came meanwhile is told when it opens.
- The customer's next wait begins anew. An alert hangs on the conversation and on the mention that
  it was about, never on a wait, so facts that arrive late neither repeat nor swallow it.
- Each target is owed the gravest alert of every open wait until it has it: one that could not be
  reached, one that is new, and one whose wait was ended and opened again meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from triage.core.digest import AlertLevel
from triage.core.kinds import HOUR, Kind
from triage.core.policy import Policy, Settings

_RANK = {AlertLevel.WARNING: 0, AlertLevel.BREACH: 1, AlertLevel.REPEAT: 2}


class AlertOptions(NamedTuple):
    """Of what people want to be told.

    Attributes:
        levels: Which levels.
        repeat_every: How much open time after the last alert a repeat comes, ms; None for never.
        repeat_at_most: How many repeats there are at the most.
    """

    levels: Collection[AlertLevel] = tuple(AlertLevel)
    repeat_every: int | None = 4 * HOUR
    repeat_at_most: int = 3


class Told(NamedTuple):
    """An alert that was decided about an open wait before.

    Attributes:
        level: Which.
        number: Of a repeat, from 1; 0 for the others.
        at: When it was decided, UTC ms.
    """

    level: AlertLevel
    number: int
    at: int


class AlertCase(NamedTuple):
    """An open wait that has come to its warning or its due time.

    Attributes:
        conversation_id: Our id.
        message_id: The mention that demands its due time.
        due_at: UTC ms; None while its clock stands.
        warn_at: UTC ms, or None.
        policy: Name of the policy that gave it.
        kind: Of the wait.
        settings_id: The snapshot that judged it.
        told: What was told of it before, in any order.
    """

    conversation_id: int
    message_id: int
    due_at: int | None
    warn_at: int | None
    policy: str
    kind: str
    settings_id: int
    told: Sequence[Told] = ()


class Alert(NamedTuple):
    """An alert that is due.

    Attributes:
        conversation_id: Our id.
        message_id: The mention that it is about.
        level: Which.
        number: Of a repeat, from 1; 0 for the others.
    """

    conversation_id: int
    message_id: int
    level: AlertLevel
    number: int = 0


def decide_alert(
    case: AlertCase, policy: Policy, settings: Settings, options: AlertOptions, now: int
) -> Alert | None:
    """Tell whether a wait is to be told of now.

    Args:
        case: The wait.
        policy: That gave its due time.
        settings: That judged it.
        options: Of what people want to be told.
        now: UTC ms.
    """
    if is_quiet(policy, settings, now):
        return None
    level, number = _level(case, now), 0
    if level is None:
        return None
    told = {t.level for t in case.told}
    if level is AlertLevel.BREACH and (
        AlertLevel.BREACH in told or AlertLevel.BREACH not in options.levels
    ):
        last = max((t.at for t in case.told), default=None)
        number = 1 + max((t.number for t in case.told), default=0)
        if not _repeats(options, number) or last is None:
            return None
        if settings.calendar_of(policy).between(last, now) < (options.repeat_every or 0):
            return None
        level = AlertLevel.REPEAT
    elif level not in options.levels or (level is AlertLevel.WARNING and case.told):
        return None
    return Alert(case.conversation_id, case.message_id, level, number)


def is_quiet(policy: Policy, settings: Settings, now: int) -> bool:
    """Whether nobody is to be told now of what falls under a policy: its calendar is closed."""
    return not policy.alert_anytime and not settings.calendar_of(policy).is_open(now)


def _level(case: AlertCase, now: int) -> AlertLevel | None:
    if case.due_at is not None and case.due_at <= now:
        return AlertLevel.BREACH
    if case.warn_at is not None and case.warn_at <= now:
        return AlertLevel.WARNING
    return None


def _repeats(options: AlertOptions, number: int) -> bool:
    return (
        AlertLevel.REPEAT in options.levels
        and options.repeat_every is not None
        and number <= options.repeat_at_most
    )


def decide_alerts(
    cases: Iterable[AlertCase],
    settings_by_id: Mapping[int, Settings],
    options: AlertOptions,
    now: int,
) -> list[Alert]:
    """Tell which waits are to be told of now, in the order of the cases; see `decide_alert`."""
    found = []
    for case in cases:
        settings = settings_by_id[case.settings_id]
        policy = settings.named(case.policy, Kind(case.kind))
        alert = decide_alert(case, policy, settings, options, now)
        if alert is not None:
            found.append(alert)
    return found


class Owed(NamedTuple):
    """An alert about an open wait, and whether a target has it.

    Attributes:
        alert_id: Our id.
        conversation_id: Our id.
        message_id: The mention that it is about.
        level: Which.
        number: Of a repeat, from 1; 0 for the others.
        decided_at: UTC ms.
        policy: Name of the policy that gave the due time of the wait.
        kind: Of the wait.
        settings_id: The snapshot that judged it.
        has: The target has it.
    """

    alert_id: int
    conversation_id: int
    message_id: int
    level: AlertLevel
    number: int
    decided_at: int
    policy: str
    kind: str
    settings_id: int
    has: bool = False

    @property
    def gravity(self) -> tuple[int, int]:
        """How grave it is among those about the same wait."""
        return _RANK[self.level], self.number


def choose_owed(
    alerts: Iterable[Owed], settings_by_id: Mapping[int, Settings], now: int
) -> tuple[list[Owed], list[Owed]]:
    """Tell which alerts a target is to have now, and which of them those cover.

    Of several about one conversation the gravest is told, if it is graver than all that the target
    has, and covers the others. Where the calendar is closed again, they stay owed until it opens.

    Returns:
        What is to be told, and what it covers; both oldest first.
    """
    gravest: dict[int, Owed] = {}
    owed = []
    for one in sorted(alerts, key=lambda alert: alert.alert_id):
        settings = settings_by_id[one.settings_id]
        if not one.has:
            if is_quiet(settings.named(one.policy, Kind(one.kind)), settings, now):
                continue
            owed.append(one)
        other = gravest.get(one.conversation_id)
        if other is None or (other.gravity, other.has) <= (one.gravity, one.has):
            gravest[one.conversation_id] = one
    told = [one for one in owed if gravest[one.conversation_id] is one]
    by_conversation = {one.conversation_id: one for one in told}
    covered = [one for one in owed if by_conversation.get(one.conversation_id, one) is not one]
    return told, covered
