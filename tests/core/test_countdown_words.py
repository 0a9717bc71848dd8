"""How a countdown is said."""

from __future__ import annotations

from datetime import date

import pytest

from triage.core.countdown_words import (
    LANGUAGES,
    date_words,
    mend,
    says_none,
    speaks_of_days,
    speaks_of_hours,
    weekday_words,
    when_words,
    words_of,
)
from triage.errors import UsageError


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["today", "tomorrow", "in 3 days", "in 1 hour", "in 12 hours", "10 December"]),
        ("es", ["hoy", "mañana", "en 3 días", "en 1 hora", "en 12 horas", "10 de diciembre"]),
        (
            "fr",
            [
                "aujourd'hui",
                "demain",
                "dans 3 jours",
                "dans 1 heure",
                "dans 12 heures",
                "10 décembre",
            ],
        ),
        ("de", ["heute", "morgen", "in 3 Tagen", "in 1 Stunde", "in 12 Stunden", "10. Dezember"]),
        ("pt-BR", ["hoje", "amanhã", "em 3 dias", "em 1 hora", "em 12 horas", "10 de dezembro"]),
        ("it", ["oggi", "domani", "tra 3 giorni", "tra 1 ora", "tra 12 ore", "10 dicembre"]),
        ("nl", ["vandaag", "morgen", "over 3 dagen", "over 1 uur", "over 12 uur", "10 december"]),
    ],
)
def test_it_is_said_in_the_language(language: str, said: list[str]) -> None:
    """Today, tomorrow, days ahead, hours ahead, the date."""
    ahead = [when_words(language, n, 24 * n, in_hours=False) for n in (0, 1, 3)]
    hours = [when_words(language, 1, n, in_hours=True) for n in (1, 12)]
    assert [*ahead, *hours, date_words(language, date(2026, 12, 10))] == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_whole(language: str) -> None:
    """Twelve months and seven days of the week, and a first of the month."""
    words = words_of(language)
    assert (len(words.months), len(words.weekdays)) == (12, 7)
    assert date_words(language, date(2026, 5, 1)).startswith("1")
    assert weekday_words(language, date(2026, 12, 10)) == words.weekdays[3]


@pytest.mark.parametrize(
    ("language", "text", "right"),
    [
        ("en", "1 days until it", "1 day until it"),
        ("en", "Only 1 DAYS, 1 Hours", "Only 1 DAY, 1 Hour"),
        ("en", "11 days, 21 days, 0.1 days, 1:1 days", "11 days, 21 days, 0.1 days, 1:1 days"),
        ("de", "Noch 1 Tage, in 1 Tagen", "Noch 1 Tag, in 1 Tag"),
        ("es", "Faltan 1 días", "Faltan 1 día"),
        ("fr", "1 jours", "1 jour"),
    ],
)
def test_one_of_many_is_mended(language: str, text: str, right: str) -> None:
    """And what is right is left alone."""
    assert mend(language, text) == right
    assert mend(language, right) == right


def test_none_of_many_is_told() -> None:
    """Nobody says so; 10 days are some."""
    assert says_none("en", "Only 0 days until it") == "0 days"
    assert says_none("en", "Only 10 days until it, 0 daylight") == ""


def test_an_unknown_language_is_refused_with_those_that_are_known() -> None:
    """Not said in English instead."""
    with pytest.raises(UsageError) as caught:
        words_of("tlh")
    assert "en" in caught.value.hint


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_text_counts_is_seen(language: str) -> None:
    """Whatever a template can write of days or hours; and a number alone is neither."""
    for days, hours in ((0, 0), (1, 24), (3, 72)):
        assert speaks_of_days(language, f"X: {when_words(language, days, hours, in_hours=False)}!")
        assert speaks_of_hours(language, f"X {when_words(language, 0, hours, in_hours=True)}.")
    assert not speaks_of_days(language, "Only 3, at 10 of 12")
    assert not speaks_of_hours(language, when_words(language, 3, 72, in_hours=False))
