"""Ended waits under other settings: trying a promise on the past, and judging it again for good."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from triage.app.judging import TaggerFor, default_accounts, judge_all, settings_in_force
from triage.core.model import Kind
from triage.core.policy import Policy, Settings
from triage.core.ports import Store
from triage.core.records import Activity
from triage.core.rejudging import Compared, Rejudged, compare, rejudge
from triage.core.thread import ThreadFacts
from triage.core.wait import Judge
from triage.errors import UsageError

PAGE = 200
"""Conversations in memory, and in one transaction, at once."""

_WORD = re.compile(r"([^=]+)=(.+)")


def what_if(
    store: Store,
    brand_id: int,
    settings: Settings,
    since: int,
    now: int,
    account_ids: Sequence[int] = (),
) -> Compared:
    """Compare what the settings in force and others make of the waits that opened since a time.

    What is stored is left out of it: it may be by settings of long ago. Nothing is written.

    Args:
        store: Where they are.
        brand_id: Whose.
        settings: The other settings.
        since: UTC ms.
        now: What is open and due by now is overdue.
        account_ids: Only waits of these accounts; of all if empty.
    """
    current, other = settings_in_force(store), Judge(0, settings)
    compared = Compared()
    for facts in _threads(store, brand_id, since, account_ids, ended=False):
        compared.watch(compare(facts, current, other), since, now)
    return compared


def changes(store: Store, brand_id: int, since: int) -> Iterator[Rejudged]:
    """What judging by the settings in force would change in waits that ended since, UTC ms."""
    judge = settings_in_force(store)
    for facts in _threads(store, brand_id, since, (), ended=True):
        for found in rejudge(facts, judge, since):
            wait = found.before or found.after
            ended_at = wait.ended_at if wait else None
            if found.differs and ended_at is not None and ended_at >= since:
                yield found


def recompute(
    store: Store,
    brand_id: int,
    since: int,
    by: str,
    now: int,
    tagger_for: TaggerFor,
) -> int:
    """Judge waits that ended since a time by the settings in force; give how many conversations.

    A page of conversations is one transaction. Stopped half-way, the same command again does the
    rest.
    """
    wanted = store.judging.conversations_with_waits(brand_id, since, (), ended=True)
    for first in range(0, len(wanted), PAGE):
        with store.tx():
            store.judging.mark_closed(wanted[first : first + PAGE], since)
            judge_all(store, brand_id, tagger_for)
    total = len(wanted)
    with store.tx():
        act = Activity(uuid.uuid4().hex, now, by, "recompute", detail=f"{total} conversations")
        store.activity.add(brand_id, act)
    return total


def _threads(
    store: Store, brand_id: int, since: int, account_ids: Sequence[int], *, ended: bool
) -> Iterator[ThreadFacts]:
    """Threads in which waits opened, or ended; each conversation of one that it was asked for."""
    defaults = default_accounts(store, brand_id)
    numbers = store.judging.conversations_with_waits(brand_id, since, account_ids, ended=ended)
    for first in range(0, len(numbers), PAGE):
        page = numbers[first : first + PAGE]
        wanted = set(page)
        for facts in store.judging.read_threads(brand_id, page, defaults):
            mine = {
                customer: c
                for customer, c in facts.conversations.items()
                if c.conversation_id in wanted and not c.is_final
            }
            yield replace(facts, conversations=mine)


def with_promises(
    settings: Settings, said: Sequence[str], read_span: Callable[[str, str], int]
) -> Settings:
    """Settings with other promises.

    Args:
        settings: Those to begin with.
        said: Such as `complaint=30m`, `vip=none`, or `complaint.next=1h` for the next response.
        read_span: Reads a span, ms; it is given the text and what to call it in an error.

    Raises:
        UsageError: One is not understood, or names no kind and no policy.
    """
    policies = dict(settings.policies)
    special = {policy.name: policy for policy in settings.special}
    for words in said:
        found = _WORD.fullmatch(words.strip())
        if found is None:
            raise UsageError(f"{words}: not understood.", hint="Write it like complaint=30m.")
        name, value = found[1].strip(), found[2].strip()
        within = None if value == "none" else read_span(value, name)
        is_next = name.endswith(".next")
        name = name.removesuffix(".next")
        if name in special:
            special[name] = _promising(special[name], within, is_next=is_next)
        elif name in set(Kind):
            kind = Kind(name)
            policies[kind] = _promising(policies[kind], within, is_next=is_next)
        else:
            known = ", ".join([*Kind, *special])
            raise UsageError(f"{name}: no kind and no policy.", hint=f"Known: {known}.")
    return replace(settings, policies=policies, special=tuple(special.values()))


def _promising(policy: Policy, within: int | None, *, is_next: bool) -> Policy:
    if is_next:
        return replace(policy, next_within=within)
    return replace(policy, respond_within=within)
