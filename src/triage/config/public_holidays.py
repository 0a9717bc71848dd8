"""Public holidays of countries and regions, by the library `holidays`.

They are compiled into the settings: a due time that was told once does not change because another
computer has another version of the library. So the years are fixed, and so is the language of the
names: the library would take that of the environment, and cron has none.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

YEARS = range(2010, 2046)
"""Of which years holidays are known; outside of them only weekdays count."""

_LANGUAGE = "en_US"


def holidays_of(code: str) -> Mapping[str, str]:
    """The names of the public holidays by ISO date.

    Args:
        code: A country by ISO 3166-1 (`ES`), with a region by ISO 3166-2 where that matters
            (`ES-MD`).

    Raises:
        ValueError: There is no such country or region here; the message says what is near.
    """
    import holidays

    country, dash, region = code.strip().upper().partition("-")
    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        raise ValueError(f"{code!r}: no country {country!r} is known{_near(country, list(known))}")
    regions = known[country]
    if dash and region not in regions:
        named = f": {', '.join(sorted(regions))}" if regions else ", it has none here"
        raise ValueError(f"{code!r}: no region {region!r} is known in {country}{named}")
    made = holidays.country_holidays(country, subdiv=region or None, years=YEARS)
    if _LANGUAGE in made.supported_languages:
        language: str | None = _LANGUAGE
    else:
        language = made.default_language
    told = holidays.country_holidays(country, subdiv=region or None, years=YEARS, language=language)
    return {day.isoformat(): name for day, name in sorted(told.items())}


def _near(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(
        word, [k for k in known if len(k) == len(word)], n=3, cutoff=0.5
    )
    return f"; near it: {', '.join(near)}" if near else ""
