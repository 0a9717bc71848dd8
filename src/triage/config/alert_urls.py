"""The URLs of alert targets: from the environment, a command, or a file that nobody else may read.

Such an URL is a key in itself. No message, no representation and no exception of this module
carries one.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from triage.config.alerts import is_target_name, variable_of
from triage.config.credentials import ALERTS, from_command, from_file, refuse_unknown
from triage.core.credentials import SecretUrl
from triage.errors import ConfigError

if TYPE_CHECKING:
    from triage.config.model import Config
    from triage.config.places import Places


class FoundUrl(NamedTuple):
    """The URL of a target.

    Attributes:
        url: Hides itself.
        origin: Such as `environment TRIAGE_ALERT_DESK` or `credentials.toml [alerts]`.
    """

    url: SecretUrl
    origin: str


class AlertUrls(NamedTuple):
    """What was found for the targets of the configuration.

    Attributes:
        urls: By target, in the order of the configuration.
        lacking: Why the others have none, by target.
    """

    urls: Mapping[str, FoundUrl]
    lacking: Mapping[str, ConfigError]


def find_alert_urls(
    config: Config, places: Places, env: Mapping[str, str] | None = None
) -> AlertUrls:
    """Look for the URL of every target that the configuration names.

    Each comes from the environment, else from `token_command`, else from `credentials.toml`; a
    source is asked only while an URL is lacking.

    Args:
        config: The configuration.
        places: Where `credentials.toml` is.
        env: The environment; the process's own if left out.

    Raises:
        ConfigError: The file's mode, owner or content is not acceptable, or what should be an URL
            is none.
        SignInNeeded: The command failed.
    """
    targets = config.alerts.targets
    found: _Urls = {}
    others: set[str] = set()
    for source in _sources(config, places, os.environ if env is None else env, others):
        if len(found) == len(targets):
            break
        for target, url in source().items():
            found.setdefault(target, url)
    return AlertUrls(
        {target: found[target] for target in targets if target in found},
        {target: _lacks(target, others, places) for target in targets if target not in found},
    )


def _lacks(target: str, others: set[str], places: Places) -> ConfigError:
    near = difflib.get_close_matches(target.lower(), sorted(others), n=1)
    instead = f' There is one for "{near[0]}".' if near else ""
    return ConfigError(
        f'The alert target "{target}" has no URL.',
        reason=f"Neither {variable_of(target)}, nor a token_command, nor "
        f"{places.credentials_file} has one.{instead}",
        hint=f'Put {target} = "..." under [{ALERTS}] into {places.credentials_file} (mode 0600), '
        f'or take "{target}" out of config.toml, [{ALERTS}] targets.',
    )


_Urls = dict[str, FoundUrl]


def _sources(
    config: Config, places: Places, env: Mapping[str, str], others: set[str]
) -> Iterator[Callable[[], _Urls]]:
    targets = config.alerts.targets
    yield lambda: _from_environment(targets, env)
    command = config.model.credentials.token_command
    if command:
        yield lambda: from_command(
            command, places, lambda data: _from_data(data, targets, others, "token_command")
        )
    path = places.credentials_file
    yield lambda: from_file(path, lambda data: _from_data(data, targets, others, path.name))


def _from_environment(targets: tuple[str, ...], env: Mapping[str, str]) -> _Urls:
    variables = {target: variable_of(target) for target in targets}
    return {
        target: _url(env[name], f"environment {name}", "")
        for target, name in variables.items()
        if env.get(name, "").strip()
    }


def _from_data(
    data: Mapping[str, object], targets: tuple[str, ...], others: set[str], origin: str
) -> _Urls:
    """The URLs of targets in data like `credentials.toml`; other names go into `others`."""
    for section in data:
        refuse_unknown(section, origin)
    table = next((table for name, table in data.items() if name.lower() == ALERTS), {})
    if not isinstance(table, dict):
        raise ConfigError(f"{origin}: [{ALERTS}] must be a table.", hint=_EXAMPLE)
    # A name that cannot be one of a target's may be a misplaced secret.
    others |= {name for name in table if is_target_name(name) and name not in targets}
    return {
        name: _url(value, f"{origin} [{ALERTS}]", name)
        for name, value in table.items()
        if name in targets
    }


_EXAMPLE = 'Write it like desk = "slack://..." under [alerts].'


def _url(value: object, origin: str, name: str) -> FoundUrl:
    text = value.strip() if isinstance(value, str) else ""
    scheme, separator, _ = text.partition("://")
    if not separator or not scheme.isascii() or not text.isprintable() or " " in text:
        where = f"{origin}, {name}" if name else origin
        raise ConfigError(f"{where}: what stands there is no URL in quotes.", hint=_EXAMPLE)
    return FoundUrl(SecretUrl(text), origin)
