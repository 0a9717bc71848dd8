"""Own rules over the rules that ship: added, changed key by key, switched off. Plain data only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, NoReturn, Protocol

from triage.config.lines import line_of
from triage.config.problems import did_you_mean
from triage.config.raw import Raw, RuleFile, parse_toml
from triage.core.folding import fold_phrase
from triage.core.rule import Rule
from triage.core.rules_data import KEYS, rule_from_data, rule_to_data
from triage.errors import ConfigError

RuleTables = Mapping[str, Mapping[str, Any]]
"""Rules as plain data, by id; `rules_to_data` makes them and `rules_from_data` takes them."""

LISTS = ("phrases", "regex")
"""The keys that hold patterns, which an own rule may also add to (`add_`) and drop from."""
OWN_KEYS = (*KEYS, *(f"{verb}_{key}" for key in LISTS for verb in ("add", "drop")), "off")
"""The keys of an own rule."""

CHECK_RULES = "Check again: triage rules check"

_PLACE = re.compile(r"line (\d+)(?:, (?=column)|: )")


class OwnRules(NamedTuple):
    """What one file says.

    Attributes:
        name: The file, as the configuration writes it.
        rules: Tables by id, not yet validated.
        source: The text of the file, to tell lines.
        under: The table in which the rules stand.
    """

    name: str
    rules: Mapping[str, Any]
    source: str = ""
    under: tuple[str, ...] = ("rules",)

    def line(self, rule_id: str, key: str = "") -> int | None:
        """The line of a rule's key, or of its heading."""
        return line_of(self.source, (*self.under, rule_id), key)

    def heading(self, rule_id: str) -> str:
        """Such as `[rules.own.late]`."""
        return f"[{'.'.join((*self.under, rule_id))}]"


class Problem(NamedTuple):
    """Why something that was written about rules cannot be used.

    Attributes:
        file: The file, as the configuration writes it; empty where the text says it.
        line: Counted from 1; None where it is not known.
        rule: Id of the rule, or None.
        key: Its key, or None.
        text: What is wrong, in sentences.
    """

    file: str
    line: int | None
    rule: str | None
    key: str | None
    text: str

    @property
    def place(self) -> str:
        """Such as `rules.toml, line 7`."""
        return self.file if self.line is None else f"{self.file}, line {self.line}"

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.file else self.text


class Origin(StrEnum):
    """Where a rule comes from."""

    DEFAULT = "default"
    """It ships."""
    CHANGED = "changed"
    """It ships, and an own table changes it."""
    OWN = "own"
    """It is in an own table alone."""
    OFF = "off"
    """It is switched off."""


class Source(NamedTuple):
    """Where a rule comes from, and the line that says so last; no place for a shipped rule."""

    origin: Origin
    file: str = ""
    line: int | None = None

    @property
    def place(self) -> str:
        """Such as `rules.toml:7`; empty for what ships."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass
class Merged:
    """Rules after own tables were laid over them.

    Attributes:
        rules: What tags, by id, in one spelling; without any rule that cannot be used.
        off: What is switched off.
        sources: Where each of both comes from.
        problems: All that cannot be used.
    """

    rules: dict[str, Mapping[str, Any]]
    off: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def whole(self) -> dict[str, Mapping[str, Any]]:
        """The rules by id, in its order.

        Raises:
            ConfigError: Anything cannot be used: then nothing is.
        """
        if self.problems:
            raise ConfigError("\n".join(map(str, self.problems)), hint=CHECK_RULES)
        return dict(sorted(self.rules.items()))


class Refuse(Protocol):
    """Tries rules in a matcher."""

    def __call__(self, *rules: Rule) -> None:
        """Try them together; raises `ConfigError` for what cannot be used."""
        ...


def read_own_rules(raw: Raw) -> tuple[list[OwnRules], list[Problem]]:
    """Read what the rule files say, and the configuration itself under `[rules.own]`, last.

    What is wrong with a file as a whole comes second.
    """
    own: list[OwnRules] = []
    problems: list[Problem] = []
    config = raw.path.name
    source, under = _decoded(raw.content), ("rules", "own")
    for file in raw.rule_files:
        if file.content is None:
            text = f"[rules] files: {file.path} cannot be read ({file.problem})."
            line = line_of(source, ("rules",), "files")
            problems.append(Problem(config, line, None, "files", text))
        else:
            own += _read_file(file, file.content, problems)
    table = raw.data.get("rules")
    rules = table.get("own", {}) if isinstance(table, Mapping) else {}
    if isinstance(rules, Mapping):
        own.append(OwnRules(config, rules, source, under))
    else:
        text = "write own rules as tables, [rules.own.ID]."
        problems.append(Problem(config, line_of(source, under), None, None, text))
    return own, problems


def _read_file(file: RuleFile, content: bytes, problems: list[Problem]) -> Iterator[OwnRules]:
    """What a file says, unless it is broken as a whole; add what is wrong with it."""
    try:
        data = parse_toml(content, file.path)
    except ConfigError as error:
        problems.append(_broken(file, error))
        return
    source = _decoded(content)
    for key in data:
        if key != "rules":
            text = f'unknown setting "{key}". Rules stand under [rules.ID].'
            problems.append(Problem(file.name, line_of(source, (key,)), None, None, text))
    rules = data.get("rules", {})
    if isinstance(rules, dict):
        yield OwnRules(file.name, rules, source)
    else:
        text = "write rules as tables, [rules.ID]."
        problems.append(Problem(file.name, line_of(source, ("rules",)), None, None, text))


def _broken(file: RuleFile, error: ConfigError) -> Problem:
    """A refusal such as `own.toml, line 1, column 7: not valid TOML.`, with its place apart."""
    text = error.message.removeprefix(f"{file.path.name}, ")
    found = _PLACE.match(text)
    if found is None:
        return Problem(file.name, None, None, None, text)
    return Problem(file.name, int(found.group(1)), None, None, text[found.end() :])


def _decoded(content: bytes) -> str:
    return content.decode(errors="replace").removeprefix("\ufeff")


def merge_rules(
    default_rules: RuleTables,
    own: Sequence[OwnRules],
    off: Iterable[str],
    config: str,
    refuse: Refuse | None = None,
) -> Merged:
    """Lay own rules over the default ones.

    A table whose id is known changes the keys that it names; `add_phrases`, `drop_phrases`,
    `add_regex` and `drop_regex` change single patterns. A table with another id adds a rule.
    `off = true` in a table, or the id in `[rules] off`, takes a rule out.

    Args:
        default_rules: The rules that ship, or none.
        own: Own rules; a later file has the last word.
        off: Ids of rules that are switched off.
        config: Name of the configuration file, for messages.
        refuse: Tries the expressions of an own rule; without it they are not tried.
    """
    shipped = {rule_id: Source(Origin.DEFAULT) for rule_id in default_rules}
    merged = Merged(dict(default_rules), sources=shipped)
    for file in own:
        for rule_id, table in file.rules.items():
            merged.problems += _merge_one(merged, file, rule_id, table, refuse)
            merged.sources.setdefault(rule_id, Source(Origin.OWN, file.name))
    broken = {problem.rule for problem in merged.problems}
    written = next((file.source for file in own if file.name == config), "")
    line = line_of(written, ("rules", "off"))
    for rule_id in dict.fromkeys(off):
        if not _switch_off(merged, rule_id, Source(Origin.OFF, config, line)):
            near = nearest_rule(rule_id, [*merged.rules, *merged.off])
            text = f'[rules] off: no rule "{rule_id}". {near}'
            merged.problems.append(Problem(config, line, rule_id, "off", text.rstrip()))
    # Only now, so that a later table is not refused for what is wrong with an earlier one.
    merged.rules = {rule: table for rule, table in merged.rules.items() if rule not in broken}
    return merged


def nearest_rule(rule_id: str, known: Iterable[str]) -> str:
    """Name the nearest rule, if one is near; there are too many to list them all."""
    said = did_you_mean(rule_id, known)
    return said if said.startswith("Did") else ""


def _switch_off(merged: Merged, rule_id: str, source: Source) -> bool:
    """Take a rule out; False if there is none."""
    if rule_id not in merged.rules:
        # Twice is once, and what cannot be used is told already.
        return rule_id in merged.sources
    merged.off[rule_id] = merged.rules.pop(rule_id)
    merged.sources[rule_id] = source
    return True


def _merge_one(
    merged: Merged, file: OwnRules, rule_id: str, table: object, refuse: Refuse | None
) -> Iterator[Problem]:
    """Lay one table over the rule of its id; give what is wrong with it."""

    def problem(key: str, text: str) -> Problem:
        return Problem(file.name, file.line(rule_id, key), rule_id, key or None, text.rstrip())

    if isinstance(table, Mapping) and "off" in table:
        if table["off"] is not True or len(table) > 1:
            yield problem("off", f'Rule "{rule_id}": "off = true" stands alone, without keys.')
        elif not _switch_off(merged, rule_id, Source(Origin.OFF, file.name, file.line(rule_id))):
            near = nearest_rule(rule_id, merged.rules)
            yield problem("off", f'no rule "{rule_id}" to switch off. {near}')
        return
    try:
        if not isinstance(table, Mapping):
            above = f"Write {file.heading(rule_id)} above its keys."
            _refuse(rule_id, "rule", "must be a table", above)
        rule = _changed(rule_id, table, merged.rules)
        if refuse is not None and rule.expressions:
            refuse(rule)
    except ConfigError as error:
        yield problem(_key_of(error, rule_id, table), f"{error.message} {error.hint}")
        return
    was = merged.sources.get(rule_id, Source(Origin.OWN)).origin
    origin = Origin.CHANGED if was in (Origin.DEFAULT, Origin.CHANGED) else Origin.OWN
    merged.off.pop(rule_id, None)
    merged.rules[rule_id] = rule_to_data(rule)
    merged.sources[rule_id] = Source(origin, file.name, file.line(rule_id))


def _changed(rule_id: str, table: Mapping[str, Any], known: RuleTables) -> Rule:
    """The rule that a table makes of the known one of its id, or by itself."""
    for key in table:
        if key not in OWN_KEYS:
            _refuse(rule_id, str(key), "unknown key", did_you_mean(str(key), OWN_KEYS))
    if rule_id not in known:
        _refuse_edits(rule_id, table, known)
    data = {**known.get(rule_id, {}), **{key: table[key] for key in table if key in KEYS}}
    for key in LISTS:
        if f"add_{key}" in table or f"drop_{key}" in table:
            data[key] = _edited(rule_id, key, data.get(key, []), table)
    return rule_from_data(rule_id, data)


def _refuse_edits(rule_id: str, table: Mapping[str, Any], known: RuleTables) -> None:
    """Refuse a table that can only be meant to change a rule, since there is no such rule."""
    near = nearest_rule(rule_id, known)
    makes_one = any(key in table for key in (*LISTS, "sign"))
    if any(key not in KEYS for key in table) or (near and not makes_one):
        hint = f"{near} A new rule needs phrases, regex or a sign.".lstrip()
        raise ConfigError(f'Rule "{rule_id}": there is no such rule to change.', hint=hint)


def _edited(rule_id: str, key: str, have: object, table: Mapping[str, Any]) -> object:
    """A list of patterns, less those that the table drops, with those that it adds."""
    dropped, added = (_texts(rule_id, f"{verb}_{key}", table) for verb in ("drop", "add"))
    if not isinstance(have, list) or not all(isinstance(text, str) for text in have):
        return have  # refused along with every other mistake of its kind
    same = fold_phrase if key == "phrases" else str
    kept = {same(text): text for text in have}
    for text in dropped:
        if kept.pop(same(text), None) is None:
            reason = f"{text!r} is not among its {key}"
            _refuse(rule_id, f"drop_{key}", reason, nearest_rule(text, kept))
    for text in added:
        kept.setdefault(same(text), text)
    return list(kept.values())


def _texts(rule_id: str, key: str, table: Mapping[str, Any]) -> list[str]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        _refuse(rule_id, key, "must be a list of texts", f'Write {key} = ["..."].')
    return found


def _refuse(rule_id: str, key: str, reason: str, hint: str) -> NoReturn:
    raise ConfigError(f'Rule "{rule_id}", {key}: {reason}.', reason=reason, hint=hint)


def _key_of(error: ConfigError, rule_id: str, table: object) -> str:
    """The key of a table that a refusal such as `Rule "late", weights.praise: ...` is about."""
    _, _, words = error.message.partition(f'Rule "{rule_id}", ')
    key = re.split(r"[: ]", words, maxsplit=1)[0]
    if not isinstance(table, Mapping) or key.partition(".")[0] in table:
        return key
    # What an edited list holds is refused under the name of the list.
    return next((name for name in (f"add_{key}", f"drop_{key}") if name in table), "")
