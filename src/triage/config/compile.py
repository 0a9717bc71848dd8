"""From a configuration to the snapshot that judges mentions and waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from triage.config.raw import Raw
from triage.config.rules import Merged, Problem, Refuse, RuleTables, merge_rules, read_own_rules
from triage.core.policy import Settings
from triage.core.rules_data import rules_from_data
from triage.errors import ConfigError

if TYPE_CHECKING:
    from triage.config.model import Config


def compile_settings(
    config: Config, default_rules: RuleTables, refuse: Refuse | None = None
) -> Settings:
    """Compile what judges mentions and waits: policies, rules and the time zone.

    Args:
        config: The configuration.
        default_rules: The rules that ship; see `compile_rules`.
        refuse: Tries the expressions of an own rule.

    Returns:
        A snapshot; its rules are plain data by id.

    Raises:
        ConfigError: Names every own rule that cannot be used.
    """
    rules = compile_rules(config, default_rules, refuse).whole()
    return Settings(policies=config.policies, rules=rules, time_zone=config.time_zone)


def compile_rules(
    config: Config, default_rules: RuleTables, refuse: Refuse | None = None
) -> Merged:
    """Lay the own rules of a configuration over the shipped ones.

    Args:
        config: The configuration.
        default_rules: The rules that ship, as plain data by id (`rules_to_data` makes them).
            Left out where `[rules] defaults = false`.
        refuse: Tries the expressions of an own rule: the matcher's part, which is not known
            here. Without it they are not tried.
    """
    table = config.model.rules
    shipped = default_rules if table.defaults else {}
    return merge_rules(shipped, config.own_rules, table.off, config.path.name, refuse)


def check_rules(
    raw: Raw, trouble: ConfigError | None, default_rules: RuleTables, refuse: Refuse
) -> Merged:
    """Lay own rules over the shipped ones as far as a configuration tells them, broken or not.

    Args:
        raw: The configuration.
        trouble: Why it cannot be used as a whole, if it cannot.
        default_rules: As for `compile_rules`.
        refuse: As for `compile_rules`; in the end it tries all rules together.
    """
    own, problems = read_own_rules(raw)
    told = {str(problem) for problem in problems}
    lines = trouble.message.splitlines() if trouble else []
    problems += [Problem("", None, None, None, line) for line in lines if line not in told]
    table = raw.data.get("rules")
    table = table if isinstance(table, Mapping) else {}
    off = table.get("off")
    ids = [rule_id for rule_id in off if isinstance(rule_id, str)] if isinstance(off, list) else []
    shipped = {} if table.get("defaults") is False else default_rules
    merged = merge_rules(shipped, own, ids, raw.path.name, refuse)
    merged.problems[:0] = problems
    try:
        refuse(*rules_from_data(merged.rules))
    except ConfigError as error:
        merged.problems.append(Problem("", None, None, None, f"{error.message} {error.hint}"))
    return merged
