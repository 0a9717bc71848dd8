"""From the file to values: validated as a whole, every problem said at once. Imports pydantic."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from triage.config.model import Config, Model, known_keys
from triage.config.places import Places
from triage.config.problems import describe_errors
from triage.config.raw import CHECK_AGAIN, Located, read_raw
from triage.config.rules import read_own_rules
from triage.errors import ConfigError


def load_config(where: Places | Located, env: Mapping[str, str] | None = None) -> Config:
    """Read and validate the configuration.

    Args:
        where: What `locate` found, which is not read again, or the places.
        env: The environment; the process's own if left out.

    Raises:
        ConfigError: Its message has one line for each problem, all of them.
    """
    env = os.environ if env is None else env
    places = where.places if isinstance(where, Located) else where
    # A wrong `[store] path` is no reason to stop here: it is told with the other problems.
    found = where.raw or where.require() if isinstance(where, Located) else None
    raw = found or read_raw(places.config_file, env)
    model, problems = _validate(raw.data, raw.path.name, places.credentials_file)
    own, of_rules = read_own_rules(raw)
    problems += map(str, of_rules)
    if model is None or problems:
        raise ConfigError("\n".join(problems), reason=f"The file is {raw.path}.", hint=CHECK_AGAIN)
    agent, origin = find_agent(model.agent, raw.path.name, env)
    brand = model.brand or model.account[0].handle
    return Config(model, brand, agent, origin, raw.path, raw.source_hash, tuple(own))


def _validate(
    data: Mapping[str, Any], name: str, credentials: Path
) -> tuple[Model | None, list[str]]:
    try:
        return Model.model_validate(_without_own_rules(data)), []
    except ValidationError as error:
        errors = [dict(found) for found in error.errors(include_url=False, include_input=False)]
        keys = known_keys()
        keys["rules"]["own"] = None
        return None, describe_errors(errors, keys, name, str(credentials))


def _without_own_rules(data: Mapping[str, Any]) -> dict[str, Any]:
    """The model ends where rules begin: `config.rules` validates them, wherever they stand."""
    rules = data.get("rules")
    if not isinstance(rules, Mapping):
        return dict(data)
    return {**data, "rules": {key: value for key, value in rules.items() if key != "own"}}


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
