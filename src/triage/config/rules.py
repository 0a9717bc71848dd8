"""Own rules over the rules that ship: added, replaced by id, switched off. Plain data only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from triage.config.problems import did_you_mean
from triage.config.raw import CHECK_AGAIN, RuleFile, parse_toml
from triage.core.rules_data import rule_from_data, rule_to_data
from triage.errors import ConfigError

RuleTables = Mapping[str, Mapping[str, Any]]
"""Rules as plain data, by id; `rules_to_data` makes them and `rules_from_data` takes them."""


class OwnRules(NamedTuple):
    """What one file says.

    Attributes:
        name: The file, as the configuration writes it.
        rules: Tables by id, not yet validated.
    """

    name: str
    rules: Mapping[str, Any]


def read_own_rules(files: Sequence[RuleFile], config_name: str) -> tuple[list[OwnRules], list[str]]:
    """Parse the rule files; what is wrong comes second, a sentence each."""
    own: list[OwnRules] = []
    problems: list[str] = []
    for file in files:
        if file.content is None:
            problems.append(
                f"{config_name}, [rules] files: {file.path} cannot be read ({file.problem})."
            )
            continue
        try:
            own.append(OwnRules(file.name, _rules_table(file, problems)))
        except ConfigError as error:
            problems.append(error.message)
    return own, problems


def _rules_table(file: RuleFile, problems: list[str]) -> Mapping[str, Any]:
    data = parse_toml(file.content or b"", file.path)
    problems.extend(
        f'{file.name}: unknown setting "{key}". Rules stand under [rules.ID].'
        for key in data
        if key != "rules"
    )
    table = data.get("rules", {})
    if not isinstance(table, dict):
        problems.append(f"{file.name}: write rules as tables, [rules.ID].")
        return {}
    return table


def merge_rules(
    default_rules: RuleTables, own: Sequence[OwnRules], off: Iterable[str], config: str
) -> dict[str, Mapping[str, Any]]:
    """Merge own rules into the default ones; ordered by id, in one spelling.

    A later file replaces a rule of an earlier one; `off = true` in a rule's table, or its id in
    `[rules] off`, takes it out.

    Args:
        default_rules: The rules that ship, or none.
        own: Own rules, in the order of the files.
        off: Ids of rules that are switched off.
        config: Name of the configuration file, for messages.

    Raises:
        ConfigError: Names every rule that cannot be used and every id that switches off nothing.
    """
    merged = dict(default_rules)
    problems: list[str] = []
    for file in own:
        for rule_id, table in file.rules.items():
            _merge_one(merged, file.name, rule_id, table, problems)
    problems += [
        f'{config}, [rules] off: no rule "{rule_id}". {nearest_rule(rule_id, merged)}'.rstrip()
        for rule_id in off
        if merged.pop(rule_id, None) is None
    ]
    if problems:
        raise ConfigError("\n".join(problems), hint=CHECK_AGAIN)
    return dict(sorted(merged.items()))


def nearest_rule(rule_id: str, known: Iterable[str]) -> str:
    """Name the nearest rule, if one is near; there are too many to list them all."""
    said = did_you_mean(rule_id, known)
    return said if said.startswith("Did") else ""


def _merge_one(
    merged: dict[str, Mapping[str, Any]],
    file: str,
    rule_id: str,
    table: object,
    problems: list[str],
) -> None:
    if isinstance(table, Mapping) and "off" in table:
        if table["off"] is not True or len(table) > 1:
            problems.append(f'{file}, rule "{rule_id}": "off = true" stands alone, without keys.')
        elif merged.pop(rule_id, None) is None:
            near = nearest_rule(rule_id, merged)
            problems.append(f'{file}: no rule "{rule_id}" to switch off. {near}'.rstrip())
        return
    try:
        merged[rule_id] = rule_to_data(rule_from_data(rule_id, table))
    except ConfigError as error:
        problems.append(f"{file}: {error.message} {error.hint}".strip())
