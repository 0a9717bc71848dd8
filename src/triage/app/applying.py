"""Put settings in force: the one hand that does it, called by `fetch`, `import`, `config apply`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.app.judging import Judged, TaggerFor, judge_all, judge_pending
from triage.core.accounts import Account
from triage.core.policy import Settings
from triage.core.ports import Store
from triage.core.records import Activity
from triage.core.waits import Judge


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying changed.

    Attributes:
        brand_id: The brand, made if it was new.
        accounts: The accounts that were named, made if they were new, in the order given.
        judge: The snapshot in force now.
        changed: It differs from the one before.
        first: There was none before.
        retagged: The rules differ, so what waits was tagged anew.
        judged: What was computed again.
    """

    brand_id: int
    accounts: Sequence[Account]
    judge: Judge
    changed: bool
    first: bool
    retagged: bool
    judged: Judged


def apply_settings(
    store: Store,
    settings: Settings,
    source_hash: str,
    by: str,
    now: int,
    *,
    brand: str,
    accounts: Sequence[tuple[str, str]],
    tagger_for: TaggerFor,
    marks: Mapping[str, str] | None = None,
    judging: bool = True,
) -> Applied:
    """Put a snapshot in force; where it differs, judge what waits again.

    Settings that are in force already change nothing but the hash of their files. Threads that
    were left to be judged earlier are judged now in any case. The snapshot and all that it changes
    in what waits are written together or not at all.

    Args:
        store: The store.
        settings: The compiled settings.
        source_hash: Hash of the files that they came from, for reads to compare.
        by: Who applies them.
        now: UTC ms.
        brand: Name of the brand, made if it is new.
        accounts: Channel and handle of each of its accounts, made where they are new.
        tagger_for: Gives the rule engine of a snapshot.
        marks: Marks of the store that reads need and that judge nobody; put there with it.
        judging: Judge what is to be judged; otherwise it stays marked.
    """
    judged = Judged()
    with store.tx():
        brand_id = store.accounts.brand(brand)
        known = [store.accounts.add(brand_id, c, handle, None, now) for c, handle in accounts]
        before = store.settings.current()
        judge = store.settings.apply(settings, source_hash, by, now)
        for key, value in (marks or {}).items():
            store.settings.put(key, value)
        changed = before is None or before.settings_id != judge.settings_id
        retag = (
            changed
            and before is not None
            and before.settings.rules_fingerprint != settings.rules_fingerprint
        )
        if changed:
            # Snapshots are the store's, not a brand's: whoever waits is judged by the new one.
            for each in store.accounts.brands():
                store.judging.mark_open(each, retag=retag)
            store.activity.add(brand_id, _act(before, judge, by, now))
            if judging:
                # In the same transaction: nobody sees the new settings with the old due times.
                for each in store.accounts.brands():
                    judged += judge_all(store, each, tagger_for)
        elif (last := store.activity.last_at("config")) is not None and last > now:
            # Told by a clock that was ahead: what ends until then must not have the old settings.
            store.activity.add(brand_id, _act(before, judge, by, now))
    if judging:
        judged += judge_pending(store, brand_id, tagger_for)
    return Applied(brand_id, known, judge, changed, before is None, retag, judged)


def _act(before: Judge | None, after: Judge, by: str, now: int) -> Activity:
    return Activity(
        uuid=str(uuid.uuid4()),
        at=now,
        agent=by,
        what="config",
        before=None if before is None else str(before.settings_id),
        after=str(after.settings_id),
    )
