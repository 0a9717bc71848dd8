"""From a configuration to the snapshot that judges mentions and waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage.config.rules import RuleTables, merge_rules
from triage.core.policy import Settings

if TYPE_CHECKING:
    from triage.config.model import Config


def compile_settings(config: Config, default_rules: RuleTables) -> Settings:
    """Compile what judges mentions and waits: policies, rules and the time zone.

    Args:
        config: The configuration.
        default_rules: The rules that ship, as plain data by id (`rules_to_data` makes them).
            Left out where `[rules] defaults = false`.

    Returns:
        A snapshot; its rules are plain data by id. Patterns are not compiled here: the matcher
        refuses what it cannot use.

    Raises:
        ConfigError: Names every own rule that cannot be used.
    """
    table = config.model.rules
    shipped = default_rules if table.defaults else {}
    rules = merge_rules(shipped, config.own_rules, table.off, config.path.name)
    return Settings(policies=config.policies, rules=rules, time_zone=config.time_zone)
