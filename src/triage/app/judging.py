"""Bring verdicts and waits up to date with the facts, in short transactions.

Whatever changes a fact marks the thread; this works the marks off. A crash in between leaves marks,
and the next run works them off: no fact can be stored and then forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from triage.app.asking import judge_with
from triage.core.ports import Store, Tagger
from triage.core.retagging import Untagged
from triage.core.thread import decide_thread
from triage.core.waits import Judge
from triage.errors import ConfigError

BATCH = 200
"""Threads in one transaction: short enough that a reply never waits long for the lock."""

TaggerFor = Callable[[Judge], Tagger]
"""Gives the rule engine of a snapshot."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a pass changed.

    Attributes:
        threads: How many were judged.
        tagged: Mentions that were tagged, or tagged again.
        waits: Waits that are new or different.
        changed: Mentions that are of another kind than before.
        corrected: Mentions that would be, had an agent not said what they are.
    """

    threads: int = 0
    tagged: int = 0
    waits: int = 0
    changed: int = 0
    corrected: int = 0

    def __add__(self, other: Judged) -> Judged:
        return Judged(
            self.threads + other.threads,
            self.tagged + other.tagged,
            self.waits + other.waits,
            self.changed + other.changed,
            self.corrected + other.corrected,
        )


def settings_in_force(store: Store) -> Judge:
    """The snapshot in force. Raises `ConfigError` before the first was applied."""
    current = store.settings.current()
    if current is None:
        raise ConfigError(
            "No settings are in force yet.",
            reason="The store was made, but no configuration was compiled into it.",
            hint="Run `triage config apply`, or `triage fetch`, which does it too.",
        )
    return current


def judge_pending(store: Store, brand_id: int, tagger_for: TaggerFor, many: int = BATCH) -> Judged:
    """Judge every marked thread of a brand, `many` to a transaction."""
    total = Judged()
    while True:
        with store.tx():
            done = judge_batch(store, brand_id, tagger_for, many)
        if not done.threads:
            return total
        total += done


def judge_all(store: Store, brand_id: int, tagger_for: TaggerFor, many: int = BATCH) -> Judged:
    """Judge every marked thread of a brand; call it inside a transaction."""
    total = Judged()
    current = settings_in_force(store)
    while (done := judge_batch(store, brand_id, tagger_for, many, current)).threads:
        total += done
    return total


def judge_batch(
    store: Store,
    brand_id: int,
    tagger_for: TaggerFor,
    many: int,
    current: Judge | None = None,
    conversation_id: int | None = None,
) -> Judged:
    """Judge up to `many` marked threads; call it inside a transaction.

    Args:
        store: The store.
        brand_id: Whose threads.
        tagger_for: Gives the rule engine of a snapshot.
        many: How many threads at most.
        current: The settings in force, if the caller has them.
        conversation_id: Judge the thread of this conversation alone.
    """
    if not store.judging.has_unjudged(brand_id):
        return Judged()
    current = current or settings_in_force(store)
    untagged = store.judging.untagged(brand_id, many, conversation_id)
    tagged = _tag(store, untagged, tagger_for, current) if untagged else Judged()
    edited = store.judging.untagged_versions(brand_id, many, current.settings_id, conversation_id)
    if edited:
        tagger = tagger_for(current)
        former = [(i, version, tagger.judge(text, lang)) for i, version, text, lang in edited]
        store.judging.save_version_verdicts(former, current.settings_id)
    defaults = default_accounts(store, brand_id)
    threads = store.judging.load_threads(brand_id, many, defaults, conversation_id)
    decided = ((facts, decide_thread(facts, current)) for _, facts in threads)
    waits = store.judging.save_threads(brand_id, decided)
    store.judging.done(brand_id, [key for key, _ in threads])
    return tagged + Judged(threads=len(threads), waits=waits)


def judge_conversation(
    store: Store, brand_id: int, conversation_id: int, tagger_for: TaggerFor
) -> Judged:
    """Judge a conversation's thread at once, however many others are marked.

    Call it inside a transaction. The others stay marked for the next fetch.
    """
    store.judging.mark_conversation(conversation_id)
    return judge_batch(store, brand_id, tagger_for, 1, conversation_id=conversation_id)


def _tag(store: Store, untagged: Sequence[Untagged], tagger_for: TaggerFor, judge: Judge) -> Judged:
    """Write verdicts; give how many there are, and how many of them are of another kind.

    What ended waits were judged by is kept beside the new verdict.
    """
    tagger = tagger_for(judge)
    verdict_of = judge_with(store, tagger)
    verdicts = [(u.message_id, verdict_of(u)) for u in untagged]
    again = [
        (u, v)
        for u, (_, v) in zip(untagged, verdicts, strict=True)
        if u.kind is not None and u.differs(v)
    ]
    store.judging.keep_former([u.message_id for u, _ in again])
    store.judging.save_verdicts(verdicts, judge.settings_id)
    other = [u.corrected for u, v in again if u.kind != v.kind.value]
    return Judged(tagged=len(verdicts), changed=other.count(False), corrected=other.count(True))


def default_accounts(store: Store, brand_id: int) -> dict[str, int]:
    """By channel: whom to count a conversation under if nothing tells."""
    first: dict[str, int] = {}
    for account in store.accounts.accounts(brand_id):
        first.setdefault(account.channel, account.id)
    return first
