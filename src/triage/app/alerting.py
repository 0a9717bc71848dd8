"""Tell the brand's own people who waits too long: what is due, to whom, and whether it arrived.

An alert is written before it goes out, and so is what became of it: a crash repeats the message of
one run to one target at the most, and loses none. A target that cannot be reached has it again in
the next run, as far as it is still true then.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from triage.core.alerts import AlertCase, AlertOptions, Owed, choose_owed, decide_alerts
from triage.core.digest import AlertLine, Digest, Target, digest_uuid
from triage.core.policy import Settings
from triage.core.ports import Store
from triage.core.records import Activity
from triage.core.text import handle_key
from triage.errors import DeliveryFailed

PROGRAM = "triage"
"""Who acts where no person does."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a message to a target.

    Attributes:
        target: Its name.
        lines: Of whom it told.
        problem: Why it did not arrive; None if it did.
    """

    target: str
    lines: Sequence[AlertLine]
    problem: DeliveryFailed | None = None


def send_alerts(
    store: Store,
    brand_id: int,
    brand: str,
    targets: Sequence[Target],
    options: AlertOptions,
    now: int,
) -> list[Delivered]:
    """Decide which alerts are due, and deliver what each target lacks: one message to each.

    Without a target nothing is decided. One that is new hears of everybody who waits too long.

    Args:
        store: The store.
        brand_id: Whose waits.
        brand: Its name.
        targets: Whom to tell.
        options: Of what.
        now: UTC ms.

    Returns:
        One for each target that there was something for.
    """
    if not targets:
        return []
    with store.tx():
        cases = store.alerts.cases(brand_id, now)
        due = decide_alerts(cases, _settings(store, cases), options, now)
        store.alerts.add(brand_id, due, now)
    sent = [_deliver(store, brand_id, brand, target, now) for target in targets]
    return [one for one in sent if one is not None]


def preview(
    store: Store, brand_id: int, targets: Sequence[str], options: AlertOptions, now: int
) -> list[AlertLine]:
    """What `send_alerts` would tell now, to whichever target; nothing is written."""
    cases = store.alerts.cases(brand_id, now)
    settings = _settings(store, cases)
    of = {case.conversation_id: case for case in cases}
    told = {}
    for alert in decide_alerts(cases, settings, options, now):
        case = of[alert.conversation_id]
        told[case.conversation_id] = Owed(0, *alert, now, case.policy, case.kind, case.settings_id)
    for target in targets:
        decided = store.alerts.decided(brand_id, target, now)
        for one in choose_owed(decided, settings, now)[0]:
            told.setdefault(one.conversation_id, one)
    return store.alerts.lines(list(told.values()), now)


def _settings(store: Store, judged: Iterable[AlertCase] | Iterable[Owed]) -> Mapping[int, Settings]:
    """The snapshots that judged them, by id."""
    return {one: store.judging.judge(one).settings for one in {j.settings_id for j in judged}}


def _deliver(store: Store, brand_id: int, brand: str, target: Target, now: int) -> Delivered | None:
    with store.tx():
        store.alerts.mark(store.alerts.over(brand_id, target.name), target.name, "moot", now)
        decided = store.alerts.decided(brand_id, target.name, now)
        told, covered = choose_owed(decided, _settings(store, decided), now)
        numbers = [one.alert_id for one in told]
        store.alerts.mark(numbers, target.name, "sending", now)
        lines = store.alerts.lines(told, now)
        ours = tuple(handle_key(a.handle) for a in store.accounts.accounts(brand_id))
    if not lines:
        return None
    known_by = digest_uuid(target.name, ((one.alert_id, one.decided_at) for one in told))
    digest = Digest(known_by, brand, now, tuple(lines), ours=ours)
    try:
        target.deliver(digest)
    except DeliveryFailed as problem:
        with store.tx():
            store.alerts.mark(numbers, target.name, "pending", now)
        return Delivered(target.name, lines, problem)
    with store.tx():
        store.alerts.mark(numbers, target.name, "sent", now)
        store.alerts.mark([one.alert_id for one in covered], target.name, "covered", now)
        for one in told:
            act = Activity(
                uuid=uuid.uuid4().hex,
                at=now,
                agent=PROGRAM,
                what="alert",
                conversation_id=one.conversation_id,
                message_id=one.message_id,
                after=one.level.value,
                detail=target.name,
            )
            store.activity.add(brand_id, act)
    return Delivered(target.name, lines)
