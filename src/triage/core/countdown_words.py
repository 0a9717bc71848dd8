"""How a countdown is said: "tomorrow", "in 3 days", "1 day", in the language of an account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from triage.errors import UsageError


class Words(NamedTuple):
    """A language.

    Attributes:
        today: The day itself.
        tomorrow: The day before it looks ahead so.
        ahead: With `{}` for a span: `in {}`.
        day: One, and several as they stand alone: "3 days".
        hour: The same of hours.
        days_ahead: Several days as they stand behind `ahead`, where that differs.
        date: With `{day}` and `{month}`.
        months: From January on.
        weekdays: From Monday on.
    """

    today: str
    tomorrow: str
    ahead: str
    day: tuple[str, str]
    hour: tuple[str, str]
    days_ahead: str
    date: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LANGUAGES: Mapping[str, Words] = {
    "en": Words(
        "today",
        "tomorrow",
        "in {}",
        ("day", "days"),
        ("hour", "hours"),
        "days",
        "{day} {month}",
        _split(
            "January February March April May June July August September October November December"
        ),
        _split("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    ),
    "es": Words(
        "hoy",
        "mañana",
        "en {}",
        ("día", "días"),
        ("hora", "horas"),
        "días",
        "{day} de {month}",
        _split(
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
            "diciembre"
        ),
        _split("lunes martes miércoles jueves viernes sábado domingo"),
    ),
    "fr": Words(
        "aujourd'hui",
        "demain",
        "dans {}",
        ("jour", "jours"),
        ("heure", "heures"),
        "jours",
        "{day} {month}",
        _split(
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
        ),
        _split("lundi mardi mercredi jeudi vendredi samedi dimanche"),
    ),
    "de": Words(
        "heute",
        "morgen",
        "in {}",
        ("Tag", "Tage"),
        ("Stunde", "Stunden"),
        "Tagen",
        "{day}. {month}",
        _split(
            "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
        ),
        _split("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"),
    ),
    "pt": Words(
        "hoje",
        "amanhã",
        "em {}",
        ("dia", "dias"),
        ("hora", "horas"),
        "dias",
        "{day} de {month}",
        _split(
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
            "dezembro"
        ),
        _split("segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo"),
    ),
    "it": Words(
        "oggi",
        "domani",
        "tra {}",
        ("giorno", "giorni"),
        ("ora", "ore"),
        "giorni",
        "{day} {month}",
        _split(
            "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
            "dicembre"
        ),
        _split("lunedì martedì mercoledì giovedì venerdì sabato domenica"),
    ),
    "nl": Words(
        "vandaag",
        "morgen",
        "over {}",
        ("dag", "dagen"),
        ("uur", "uur"),
        "dagen",
        "{day} {month}",
        _split(
            "januari februari maart april mei juni juli augustus september oktober november "
            "december"
        ),
        _split("maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"),
    ),
}
"""By their two letters."""

_ORDINAL_FIRST = {"fr": "1er"}


def words_of(language: str) -> Words:
    """The words of a language such as `en` or `pt-BR`. Raises `UsageError`."""
    found = LANGUAGES.get(language.lower().replace("_", "-").split("-")[0])
    if found is None:
        raise UsageError(
            f"{language[:20]!r}: no language that countdowns are said in.",
            hint=f"Use one of {', '.join(sorted(LANGUAGES))}.",
        )
    return found


def span_words(count: int, forms: tuple[str, str]) -> str:
    """`1 day`, `3 days`."""
    return f"{count} {forms[0] if count == 1 else forms[1]}"


def when_words(language: str, days_left: int, hours_left: int, *, in_hours: bool) -> str:
    """`today`, `tomorrow`, `in 3 days`; of hours `in 12 hours`."""
    words = words_of(language)
    if in_hours:
        return words.ahead.format(span_words(hours_left, words.hour))
    if days_left <= 1:
        return words.tomorrow if days_left == 1 else words.today
    return words.ahead.format(f"{days_left} {words.days_ahead}")


def date_words(language: str, day: date) -> str:
    """`10 December`, as the language writes it."""
    words = words_of(language)
    base = language.lower().replace("_", "-").split("-")[0]
    number = _ORDINAL_FIRST.get(base, "1") if day.day == 1 else str(day.day)
    return words.date.format(day=number, month=words.months[day.month - 1])


def weekday_words(language: str, day: date) -> str:
    """`Thursday`."""
    return words_of(language).weekdays[day.weekday()]


def mend(language: str, text: str) -> str:
    """Write "1 day" where a text says "1 days", and the like of hours."""
    words = words_of(language)
    pairs = {words.day[1]: words.day[0], words.hour[1]: words.hour[0]}
    pairs.setdefault(words.days_ahead, words.day[0])
    several = "|".join(map(re.escape, pairs))
    # Not behind a digit or a mark within a number: 11 days, 0.1 days, 10:01 hours.
    one = re.compile(rf"(?<![\d.,:/-])1(\s)({several})\b", re.IGNORECASE)
    return one.sub(lambda found: f"1{found[1]}{_like(found[2], pairs)}", text)


def _like(said: str, pairs: Mapping[str, str]) -> str:
    """The singular in the case of what was said."""
    single = next(s for p, s in pairs.items() if p.lower() == said.lower())
    if said.isupper():
        return single.upper()
    return single.capitalize() if said[:1].isupper() else single


def says_none(language: str, text: str) -> str:
    """The words in a text that say "0 days", which nobody says; empty if there are none."""
    words = words_of(language)
    several = "|".join(map(re.escape, {*words.day, *words.hour}))
    found = re.search(rf"(?<![\d.,:/-])0\s(?:{several})\b", text, re.IGNORECASE)
    return found[0] if found else ""


def speaks_of_days(language: str, text: str) -> bool:
    """Whether a text counts days, or says today or tomorrow."""
    words = words_of(language)
    several = "|".join(map(re.escape, {*words.day, words.days_ahead}))
    named = "|".join(map(re.escape, (words.today, words.tomorrow)))
    return re.search(rf"\b(?:\d+\s(?:{several})|{named})\b", text, re.IGNORECASE) is not None


def speaks_of_hours(language: str, text: str) -> bool:
    """Whether a text counts hours."""
    several = "|".join(map(re.escape, {*words_of(language).hour}))
    return re.search(rf"\b\d+\s(?:{several})\b", text, re.IGNORECASE) is not None
