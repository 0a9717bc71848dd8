"""The part of the composition root that puts rules together: files, shipped rules and matcher.

Apart from `bootstrap`, whose `App` calls it, because it is needed by few commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage.errors import ConfigError

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.config.rules import Merged
    from triage.core.rules import Rule


def merged_rules(app: App) -> Merged:
    """The rules as the files say, with where each comes from.

    Without a configuration they are the shipped ones.

    Raises:
        ConfigError: The configuration or a rule cannot be used.
    """
    from triage.config.compile import compile_rules
    from triage.config.rules import merge_rules

    if not app.has_configuration:
        return merge_rules(app.shipped_rules(), (), (), "")
    merged = compile_rules(app.settings_file, app.shipped_rules(), refuse)
    merged.whole()
    return merged


def check_all(app: App) -> Merged:
    """The rules as the files say, with all that cannot be used; the others load.

    Raises:
        ConfigError: The configuration cannot even be read.
    """
    from triage.config.compile import check_rules

    if not app.has_configuration:
        return merged_rules(app)
    # A configuration that was read may still be one that cannot be used.
    raw = app.located.raw or app.located.require()
    return check_rules(raw, _trouble(app), app.shipped_rules(), refuse)


def _trouble(app: App) -> ConfigError | None:
    from triage.config.load import load_config

    try:
        load_config(app.located)
    except ConfigError as error:
        return error
    return None


def rules_of_files(app: App) -> tuple[Rule, ...]:
    """The rules as the files say, by id; what `config apply` would put in force.

    Raises:
        ConfigError: The configuration or a rule cannot be used.
    """
    from triage.core.rules_data import rules_from_data
    from triage.matching.defaults import load_default_rules

    if not app.has_configuration:
        return load_default_rules()
    return rules_from_data(merged_rules(app).whole())


def refuse(*rules: Rule) -> None:
    """Try the patterns of rules together; raises `ConfigError` if they cannot be compiled."""
    from triage.matching.defaults import make_tagger

    make_tagger(rules)
