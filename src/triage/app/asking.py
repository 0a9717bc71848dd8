"""Rules that ask for something noted of a customer: `customer = { vip = true }` in a rule.

They are tagged by what is noted when a mention is tagged. What waits is tagged again when it
changes; what has ended stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from triage.core.model import Verdict, WaitState
from triage.core.ports import Store, Tagger
from triage.core.retagging import Untagged

if TYPE_CHECKING:
    from triage.core.judging_ports import AskingTagger
    from triage.core.waits import Judge


def asked_for(judge: Judge) -> frozenset[str]:
    """The attributes that the rules of a snapshot ask for."""
    asking = (rule["customer"] for rule in judge.settings.rules.values() if "customer" in rule)
    return frozenset(key for table in asking for key in table)


def judge_all(
    store: Store, untagged: Sequence[Untagged], tagger: Tagger, judge: Judge
) -> list[tuple[int, Verdict]]:
    """Judge mentions, each by what is noted of its customer if any rule asks for that."""
    if not asked_for(judge):
        return [(u.message_id, tagger.judge(u.text, u.lang)) for u in untagged]
    asking = cast("AskingTagger", tagger)
    noted = _noted(store, untagged)
    return [
        (u.message_id, asking.judge(u.text, u.lang, noted.get(u.customer_id, {}))) for u in untagged
    ]


def _noted(store: Store, untagged: Sequence[Untagged]) -> Mapping[int | None, Mapping[str, str]]:
    customers = {u.customer_id for u in untagged if u.customer_id is not None}
    return {number: store.people.attributes(store.people.members(number)) for number in customers}


def mark_customer(store: Store, customer_id: int, keys: Iterable[str]) -> None:
    """Have what waits of a customer judged again, since something noted of them has changed.

    It is tagged again too if the rules ask for it. Call it inside `Store.tx()`.

    Args:
        store: The store.
        customer_id: Whose.
        keys: What has changed.
    """
    store.judging.mark_customer(customer_id)
    current = store.settings.current()
    if current is None or asked_for(current).isdisjoint(keys):
        return
    waits = store.reading.customer_waits([customer_id])
    opened = [w.opened_at for w in waits if w.state is WaitState.OPEN]
    if opened:
        store.judging.mark_customer_from(customer_id, min(opened))
