"""Exact money: whole millionths of a US dollar, never a float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

MICROS = 1_000_000
"""Millionths in a dollar."""

_CENT = MICROS // 100
_MILL = MICROS // 1_000
_SMALL = 10 * _CENT


def dollars(micros: int) -> str:
    """Say an amount, such as `$0.010`, `$0.20` or `$12.35`.

    Under a dollar the third decimal is shown where it matters; from a dollar on it is rounded, a
    half up.
    """
    sign = "-" if micros < 0 else ""
    amount = abs(micros)
    if amount < MICROS and (amount < _SMALL or amount % _CENT):
        mills = (amount + _MILL // 2) // _MILL
        if amount and not mills:
            return f"{sign}<$0.001"
        return f"{sign}${mills // 1000}.{mills % 1000:03}"
    cents = (amount + _CENT // 2) // _CENT
    return f"{sign}${cents // 100:,}.{cents % 100:02}"


def in_mills(micros: int) -> str:
    """Say an amount to be shown under others, such as `$1,234.500`; rounded, a half up."""
    mills = (micros + _MILL // 2) // _MILL
    return f"${mills // 1000:,}.{mills % 1000:03}"


def micros_of(value: object) -> int:
    """Read an amount of dollars, such as `0.005` or `"25"`, as it is written.

    Raises:
        ValueError: It is no amount, less than nothing, or finer than a millionth.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("must be an amount of dollars such as 0.005")  # noqa: TRY004 - of a file
    try:
        # A float's own words are those of the file: 0.005 is not 0.00500000000000000010.
        amount = Decimal(str(value)) * MICROS
        whole = int(amount)
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError("must be an amount of dollars such as 0.005") from None
    if not 0 <= whole <= MICROS * MICROS:
        raise ValueError("must be between 0 and a million dollars")
    if whole != amount:
        raise ValueError("must not be finer than a millionth of a dollar")
    return whole


def written(micros: int) -> str:
    """An amount as a file of settings has it, exactly: `0.005` or `25.00`."""
    whole, part = divmod(micros, MICROS)
    return f"{whole}.{f'{part:06}'.rstrip('0'):0<2}"
