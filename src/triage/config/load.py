"""From the file to values: validated as a whole, every problem said at once. Imports pydantic."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from triage.config.model import AccountTable, FetchTable, Model, ReplyTable, known_keys
from triage.config.places import Places
from triage.config.problems import describe_errors
from triage.config.raw import CHECK_AGAIN, Raw, read_raw
from triage.config.rules import OwnRules, RuleTables, merge_rules, read_own_rules
from triage.core.model import Kind
from triage.core.policy import Policy, Settings
from triage.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration that can be used.

    Attributes:
        model: Every key of the file, validated; spans in ms.
        brand: Who is written to.
        agent: Who works at this terminal.
        agent_origin: Who said so.
        path: The file.
        source_hash: Of the bytes of the file and of the rule files that it names.
        own_rules: What the rule files say; `compile_settings` validates it.
    """

    model: Model
    brand: str
    agent: str
    agent_origin: str
    path: Path
    source_hash: str
    own_rules: tuple[OwnRules, ...] = field(default=(), repr=False)

    @property
    def accounts(self) -> tuple[AccountTable, ...]:
        """The brand's accounts, in the order of the file."""
        return self.model.account

    @property
    def time_zone(self) -> str:
        """IANA name of the zone in which people read times."""
        return self.model.time_zone

    @property
    def fetch(self) -> FetchTable:
        """How mentions are read."""
        return self.model.fetch

    @property
    def reply(self) -> ReplyTable:
        """Guards before something is posted."""
        return self.model.reply

    @property
    def policies(self) -> Mapping[Kind, Policy]:
        """What each kind is promised."""
        return {kind: getattr(self.model.sla, kind.value).policy(kind) for kind in Kind}


def load_config(
    places: Places, *, raw: Raw | None = None, env: Mapping[str, str] | None = None
) -> Config:
    """Read and validate the configuration.

    Args:
        places: Where it is.
        raw: It has been read already; see `triage.config.raw.locate`.
        env: The environment; the process's own if left out.

    Raises:
        ConfigError: Its message has one line for each problem, all of them.
    """
    env = os.environ if env is None else env
    raw = raw or read_raw(places.config_file, env)
    model, problems = _validate(raw.data, raw.path.name, places.credentials_file)
    own, of_rules = read_own_rules(raw.rule_files, raw.path.name)
    problems += of_rules
    if model is None or problems:
        raise ConfigError("\n".join(problems), reason=f"The file is {raw.path}.", hint=CHECK_AGAIN)
    agent, origin = find_agent(model.agent, raw.path.name, env)
    brand = model.brand or model.account[0].handle
    return Config(model, brand, agent, origin, raw.path, raw.source_hash, tuple(own))


def _validate(
    data: Mapping[str, Any], name: str, credentials: Path
) -> tuple[Model | None, list[str]]:
    try:
        return Model.model_validate(dict(data)), []
    except ValidationError as error:
        errors = [dict(found) for found in error.errors(include_url=False, include_input=False)]
        return None, describe_errors(errors, known_keys(), name, str(credentials))


def find_agent(said: str | None, file: str, env: Mapping[str, str]) -> tuple[str, str]:
    """Who works here, and who said so: the environment, the file, or the system's login."""
    if env.get("TRIAGE_AGENT", "").strip():
        return env["TRIAGE_AGENT"].strip(), "environment TRIAGE_AGENT"
    if said:
        return said, file
    for variable in ("USER", "LOGNAME"):
        if env.get(variable, "").strip():
            return env[variable].strip(), f"environment {variable}"
    return _login(), "default"


def _login() -> str:
    # cron may leave USER out, and a container may have no entry for its user.
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user-{os.getuid()}"


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
