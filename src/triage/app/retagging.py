"""Other rules and what is stored: what they would change, and changing it.

Marking what is to be tagged comes after the rules are in force: whoever judges meanwhile would work
off earlier marks by the rules of before. Stopped half-way, the same command again does the rest.
What was marked already is done by whoever judges next (`app.judging`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from triage.app.asking import judge_with
from triage.app.judging import BATCH, Judged, TaggerFor, judge_pending
from triage.core.model import Kind
from triage.core.policy import Settings
from triage.core.ports import Store, Tagger
from triage.core.records import Activity
from triage.core.retagging import Change, Difference, Place

PAGE = 500
"""Mentions in memory at once."""
MARKS = 5_000
"""Messages looked at in one transaction that marks their threads."""

_BEFORE_ALL: Place = (-1, 0)
_AFTER_ALL: Place = (1 << 62, 0)


def changes(
    store: Store,
    brand_id: int,
    tagger: Tagger,
    since: int,
    difference: Difference,
    kind: Kind | None = None,
    account_ids: Sequence[int] = (),
) -> Iterator[Change]:
    """Find what other rules would change, newest first; nothing is written.

    Args:
        store: The store.
        brand_id: Whose mentions.
        tagger: The other rules.
        since: The oldest `posted_at`, UTC ms.
        difference: What is counted on the way; complete once all was read.
        kind: Only what changes from, to or within this kind.
        account_ids: Only mentions to these accounts; to all if empty.
    """
    judge, place = judge_with(store, tagger), _AFTER_ALL
    while page := store.reading.tagged(brand_id, since, place, PAGE, account_ids):
        yield from difference.watch(page, judge, kind)
        place = page[-1].place


def count_changes(
    store: Store, brand_id: int, tagger: Tagger, since: int, settings: Settings, now: int
) -> Difference:
    """Count what other rules would change; nothing is written.

    Args:
        store: The store.
        brand_id: Whose mentions.
        tagger: The other rules.
        since: The oldest `posted_at`, UTC ms.
        settings: The policies that say which mentions demand an answer.
        now: UTC ms.
    """
    difference = Difference(settings, now)
    for _ in changes(store, brand_id, tagger, since, difference):
        pass
    return difference


def retag(
    store: Store,
    brand_id: int,
    since: int,
    by: str,
    now: int,
    tagger_for: TaggerFor,
    many: int = BATCH,
) -> Judged:
    """Tag stored mentions by the rules in force, in short transactions.

    What agents said stays, and waits that had ended stay as they were judged: only open ones are
    computed again.

    Args:
        store: The store.
        brand_id: Whose mentions.
        since: The oldest `posted_at`, UTC ms.
        by: Who asked for it.
        now: UTC ms.
        tagger_for: Gives the rule engine of a snapshot.
        many: Threads in one transaction.
    """
    place: Place | None = _BEFORE_ALL
    while place is not None:
        with store.tx():
            place = store.judging.mark_since(brand_id, since, place, MARKS)
    judged = judge_pending(store, brand_id, tagger_for, many)
    with store.tx():
        words = f"{judged.tagged} tagged, {judged.changed} changed kind"
        store.activity.add(brand_id, Activity(str(uuid.uuid4()), now, by, "retag", detail=words))
    return judged
