"""Who is who: a person can be several customers, on several handles and channels."""

from __future__ import annotations

from collections.abc import Callable

from triage.core.linking import Links
from triage.core.ports import Store

WhoIs = Callable[[int], int]
"""Gives our id of the customer who stands for all that a customer is: for one alone, their own."""


def who_is_who(store: Store, brand_id: int) -> WhoIs:
    """Tell which customers of a brand are one person, as links say by now."""
    mains = Links(store.people.links(brand_id)).mains()
    return lambda customer_id: mains.get(customer_id, customer_id)
