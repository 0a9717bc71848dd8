"""Saying that two customers are one person, and that they are not.

Nothing of a customer is changed by it: messages, conversations and waits stay where they are. What
is noted of one counts for all from then on, so what waits is judged again; what has ended is not.
"""

from __future__ import annotations

import uuid
from typing import NamedTuple

from triage.app.asking import mark_customer
from triage.app.judging import TaggerFor, judge_pending
from triage.core.linking import Links
from triage.core.people import Customer, Whom, reference_of
from triage.core.ports import Store
from triage.core.records import Activity
from triage.core.text import one_line
from triage.errors import Refused


class Joined(NamedTuple):
    """A person after a link was made or ended.

    Attributes:
        main: The main customer of it.
        members: All of it, the main one first.
        linked_id: Who was linked or parted, or only asked for.
    """

    main: Customer
    members: tuple[Customer, ...]
    linked_id: int


def link(
    store: Store, one: Whom, other: Whom, agent: str, now: int, tagger_for: TaggerFor
) -> Joined:
    """Say that `other` is the same person as `one`, whose main customer stays the main one.

    Both persons are joined as wholes: only their main customers are linked, so no circle can come.

    Raises:
        Refused: They are one person already.
    """
    with store.tx():
        links = Links(store.people.links(one.brand_id))
        main, joined = links.main_of(one.customer_id), links.main_of(other.customer_id)
        if main == joined:
            raise Refused(
                f"@{one.handle} and @{other.handle} are one person already.",
                reason=f"Nothing was changed; their main customer is {reference_of(main)}.",
                hint=f"See them: triage customer {reference_of(main)}",
            )
        act = _act(one, "link", agent, now, joined, after=main)
        store.people.add_link(store.activity.add(one.brand_id, act), joined, main)
        _follow(store, one.brand_id, links, main, joined)
    judge_pending(store, one.brand_id, tagger_for)
    return joined_of(store, main)._replace(linked_id=joined)


def unlink(store: Store, whom: Whom, agent: str, now: int, tagger_for: TaggerFor) -> Joined:
    """Say that a customer is not the same person as the one that they were linked to.

    Who had been linked to them stays theirs.

    Returns:
        The person that they were of, without them.

    Raises:
        Refused: They are linked to nobody, or are the main customer of a person.
    """
    with store.tx():
        links = Links(store.people.links(whom.brand_id))
        main = links.main_of(whom.customer_id)
        if not links.is_joined(whom.customer_id):
            raise _not_joined(store, whom)
        act = _act(whom, "unlink", agent, now, whom.customer_id, before=main)
        store.people.add_link(store.activity.add(whom.brand_id, act), whom.customer_id, None)
        _follow(store, whom.brand_id, links, main, whom.customer_id)
    judge_pending(store, whom.brand_id, tagger_for)
    return joined_of(store, main)


def joined_of(store: Store, customer_id: int) -> Joined:
    """The person that a customer is of."""
    customers = store.people.customers(store.people.members(customer_id))
    return Joined(customers[0], tuple(customers), customer_id)


def _follow(store: Store, brand_id: int, before: Links, *mains: int) -> None:
    """Bring what is computed of links up to date, and have what waits judged by it.

    Args:
        before: The links as they stood; read in this transaction, so nobody has come between.
        mains: The main customers of the persons that are changed.
    """
    among = {number for number, main in before.mains().items() if main in mains}
    changed = sorted(among.union(mains))
    store.people.set_persons(changed, Links(store.people.links(brand_id)).mains())
    noted = store.people.attributes(changed)
    for customer_id in changed:
        mark_customer(store, customer_id, noted)


def _not_joined(store: Store, whom: Whom) -> Refused:
    others = [c for c in store.people.customers(whom.members) if c.id != whom.customer_id]
    if not others:
        return Refused(
            f"@{whom.handle} is linked to nobody.",
            reason="Nothing was changed.",
            hint="Say who is the same person: triage customer link WHO OTHER",
        )
    names = ", ".join(f"{reference_of(c.id)} (@{one_line(c.handle)})" for c in others)
    return Refused(
        f"@{whom.handle} is the main customer: the others are linked to them.",
        reason=f"The others are {names}.",
        hint=f"Part one of these: triage customer unlink {reference_of(others[0].id)}",
    )


def _act(
    whom: Whom,
    what: str,
    agent: str,
    now: int,
    customer_id: int,
    *,
    before: int | None = None,
    after: int | None = None,
) -> Activity:
    return Activity(
        uuid=uuid.uuid4().hex,
        at=now,
        agent=agent,
        what=what,
        conversation_id=whom.conversation_id,
        before=None if before is None else reference_of(before),
        after=None if after is None else reference_of(after),
        detail=reference_of(customer_id),
    )
