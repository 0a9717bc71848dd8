"""`[cost]` of `config.toml`: what requests cost, and how much they may. Imports pydantic.

Amounts are US dollars in the file, and whole millionths of a dollar here.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, StrictStr

from triage.config.table import Table
from triage.core.money import micros_of
from triage.core.usage import PRICES, PRICES_FROM


def _day(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError('must be a day such as "2026-08-22"') from None


Money = Annotated[int, BeforeValidator(micros_of)]


class PricesTable(Table):
    """`[cost.prices]`: for one of each."""

    post_read: Money = PRICES["post_read"]
    owned_read: Money = PRICES["owned_read"]
    user_read: Money = PRICES["user_read"]
    included_post: Money = PRICES["included_post"]
    included_user: Money = PRICES["included_user"]
    reply: Money = PRICES["reply"]
    post: Money = PRICES["post"]
    post_with_url: Money = PRICES["post_with_url"]
    delete: Money = PRICES["delete"]
    media_upload: Money = PRICES["media_upload"]
    media_metadata: Money = PRICES["media_metadata"]


class CostTable(Table):
    """`[cost]`.

    Attributes:
        monthly_cap: For a UTC month; None without one.
        owned: Handles of accounts that own the app whose keys they use.
        as_of: The day on which the prices were looked up.
        prices: For one of each.
    """

    monthly_cap: Money | None = None
    owned: tuple[StrictStr, ...] = ()
    as_of: Annotated[StrictStr, BeforeValidator(_day)] = PRICES_FROM
    prices: PricesTable = PricesTable()
