"""Rules from and to plain data: the `[rules]` table of a TOML file, or a snapshot's JSON."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from triage.core.folding import fold_phrase
from triage.core.model import Kind
from triage.core.rule import Act, Negation, Rule
from triage.core.signs import Sign
from triage.errors import ConfigError

KEYS = (
    "phrases",
    "regex",
    "sign",
    "acts",
    "weights",
    "theme",
    "priority",
    "lang",
    "negation",
    "word_bounds",
    "customer",
)
"""The keys of a rule."""

MAX_WEIGHT = 20.0
"""The greatest weight, either way: shares are 1 and 0 long before it."""
MAX_PATTERN = 1_000
"""The longest phrase or expression, in characters."""

_Word = TypeVar("_Word", bound=StrEnum)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_BETWEEN = re.compile(r"[,\n]")
_LANG = re.compile(r"[a-z]{2,3}")
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
"""As `core.policy.ATTRIBUTE_NAME`, with which those who only judge texts load calendars."""


def _refuse(rule: str, key: str, reason: str, hint: str = "") -> NoReturn:
    raise ConfigError(f'Rule "{rule}", {key}: {reason}.', reason=reason, hint=hint)


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(known)}."


def _phrases(rule: str, value: object) -> tuple[str, ...]:
    """A list of phrases, or one text that holds them between commas and line breaks."""
    if isinstance(value, str):
        value = [phrase for phrase in map(str.strip, _BETWEEN.split(value)) if phrase]
    return _strings(rule, "phrases", value)


def _strings(rule: str, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        _refuse(rule, key, "must be a list of texts", f'Write {key} = ["..."].')
    for item in value:
        if not fold_phrase(item):
            _refuse(rule, key, "holds an empty text", "Take it out.")
        if len(item) > MAX_PATTERN:
            _refuse(rule, key, f"holds a text of more than {MAX_PATTERN} characters", "Split it.")
    return tuple(value)


def _choice(rule: str, key: str, value: object, known: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in known:
        _refuse(rule, key, f"unknown value {value!r}", _nearest(str(value), known))
    return value


def _member(rule: str, key: str, value: object, known: type[_Word]) -> _Word | None:
    if value is None:
        return None
    return known(_choice(rule, key, value, tuple(word.value for word in known)))


def _name(rule: str, key: str, value: object, form: re.Pattern[str], example: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        _refuse(rule, key, f"{value!r} is not of the form {example}", f"Write it like {example}.")
    return value


def _weights(rule: str, value: object) -> Mapping[Kind, float]:
    if not isinstance(value, Mapping):
        _refuse(rule, "weights", "must be a table", "Write weights = {complaint = 2.1}.")
    kinds = tuple(kind.value for kind in Kind)
    weights: dict[Kind, float] = {}
    for kind in kinds:
        if kind in value:
            weights[Kind(kind)] = _weight(rule, kind, value[kind])
    for key in value:
        if key not in kinds:
            _refuse(rule, "weights", f'unknown kind "{key}"', _nearest(str(key), kinds))
    return MappingProxyType(weights)


def _weight(rule: str, kind: str, value: object) -> float:
    key = f"weights.{kind}"
    # True is an int to Python, never to the person who wrote it.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(rule, key, f"{value!r} is not a number", "Write a number such as 1.5.")
    if not math.isfinite(value) or abs(value) > MAX_WEIGHT:
        _refuse(rule, key, f"{value!r} is beyond {MAX_WEIGHT:g}", "Write a number such as 1.5.")
    return float(value)


def _customer(rule: str, value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        _refuse(rule, "customer", "must be a table", "Write customer = { vip = true }.")
    return tuple(sorted((_attribute(rule, key), _worth(rule, key, value[key])) for key in value))


def _attribute(rule: str, key: object) -> str:
    if not isinstance(key, str) or not _ATTRIBUTE.fullmatch(key):
        reason = f"{key!r} is no name for an attribute"
        _refuse(rule, "customer", reason, "Write it as `triage customer set` takes it: vip.")
    return key


def _worth(rule: str, key: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, (str, int)) or not str(value).strip():
        reason = "must be true, false, a whole number or a text"
        _refuse(rule, f"customer.{key}", reason, f"Write customer = {{ {key} = true }}.")
    return str(value).strip()


def rule_from_data(rule_id: str, data: object) -> Rule:
    """Make a rule of its table.

    Raises:
        ConfigError: With the rule, the key, the reason and, for an unknown word, the nearest
            known one. Expressions are checked later, by the matcher that compiles them.
    """
    if not isinstance(rule_id, str) or not _NAME.fullmatch(rule_id):
        _refuse(str(rule_id), "id", "is not kebab-case", "Write it like never-arrived.")
    if not isinstance(data, Mapping):
        _refuse(rule_id, "rule", "must be a table", f"Write [rules.{rule_id}] above its keys.")
    for key in data:
        if key not in KEYS:
            _refuse(rule_id, str(key), "unknown key", _nearest(str(key), KEYS))
    get = data.get
    phrases = _phrases(rule_id, get("phrases", ()))
    expressions = _strings(rule_id, "regex", get("regex", ()))
    sign = _member(rule_id, "sign", get("sign"), Sign)
    negation = _member(rule_id, "negation", get("negation"), Negation)
    acts = _member(rule_id, "acts", get("acts"), Act)
    if (sign is None) == (not phrases and not expressions):
        _refuse(
            rule_id,
            "rule",
            "needs either patterns (phrases, regex) or a sign",
            'Write phrases = ["..."].',
        )
    if acts is not None and sign is not None:
        _refuse(rule_id, "acts", "needs patterns, not a sign", "Take out one of the two.")
    named = {
        key: None if get(key) is None else _name(rule_id, key, get(key), form, example)
        for key, form, example in (
            ("theme", _NAME, "billing"),
            ("priority", _NAME, "safety"),
            ("lang", _LANG, "en"),
        )
    }
    bounds = get("word_bounds", True)
    if not isinstance(bounds, bool):
        _refuse(rule_id, "word_bounds", f"{bounds!r} is not true or false", "Write true or false.")
    return Rule(
        id=rule_id,
        phrases=phrases,
        expressions=expressions,
        sign=sign,
        acts=acts,
        weights=_weights(rule_id, get("weights", {})),
        theme=named["theme"],
        priority=named["priority"],
        lang=named["lang"],
        negation=negation,
        word_bounds=bounds,
        customer=_customer(rule_id, get("customer", {})),
    )


def rules_from_data(data: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Make the rules of a `[rules]` table, ordered by id.

    Raises:
        ConfigError: At the first rule that cannot be used; see `rule_from_data`.
    """
    return tuple(rule_from_data(rule_id, data[rule_id]) for rule_id in sorted(data))


def rule_to_data(rule: Rule) -> dict[str, Any]:
    """The table of a rule, without its id and without what is left at its default."""
    data: dict[str, Any] = {}
    if rule.phrases:
        data["phrases"] = list(rule.phrases)
    if rule.expressions:
        data["regex"] = list(rule.expressions)
    if rule.sign is not None:
        data["sign"] = rule.sign.value
    if rule.acts is not None:
        data["acts"] = rule.acts.value
    if rule.weights:
        data["weights"] = {kind.value: weight for kind, weight in rule.weights.items()}
    named = {"theme": rule.theme, "priority": rule.priority, "lang": rule.lang}
    data |= {key: value for key, value in named.items() if value is not None}
    if rule.negation is not None:
        data["negation"] = rule.negation.value
    if not rule.word_bounds:
        data["word_bounds"] = False
    if rule.customer:
        data["customer"] = dict(rule.customer)
    return data


def rules_to_data(rules: Iterable[Rule]) -> dict[str, dict[str, Any]]:
    """The `[rules]` table of some rules, by id; `rules_from_data` takes it back."""
    return {rule.id: rule_to_data(rule) for rule in sorted(rules, key=lambda rule: rule.id)}
