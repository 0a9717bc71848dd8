"""Rules that ask for something noted of a customer: `customer = { vip = true }` in a rule.

They are tagged by what is noted when a mention is tagged. What waits is tagged again when it
changes; what has ended stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from triage.core.model import Verdict, WaitState
from triage.core.ports import Store, Tagger

if TYPE_CHECKING:
    from triage.core.retagging import Tagged, Untagged
    from triage.core.waits import Judge


def judge_with(store: Store, tagger: Tagger) -> Callable[[Tagged | Untagged], Verdict]:
    """Give what judges stored mentions, each by what is noted of its customer.

    Nothing is looked up where no rule asks for anything; what is looked up is remembered.
    """
    from triage.core.rules import Tagger as RuleTagger

    if not isinstance(tagger, RuleTagger) or not tagger.asks:
        return lambda mention: tagger.judge(mention.text, mention.lang)
    engine, known = tagger, dict[int | None, Mapping[str, str]]({None: {}})

    def judge(mention: Tagged | Untagged) -> Verdict:
        number = mention.customer_id
        if number is not None and number not in known:
            members = store.people.members(number)
            known[number] = store.people.attributes(members)
        return engine.judge(mention.text, mention.lang, known[number])

    return judge


def asked_for(judge: Judge) -> frozenset[str]:
    """The attributes that the rules of a snapshot ask for."""
    asking = (rule["customer"] for rule in judge.settings.rules.values() if "customer" in rule)
    return frozenset(key for table in asking for key in table)


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
