"""Every setting with its value and who said so, for `config show --origin`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import BaseModel

from triage.config.model import Config, Model, SlaTable
from triage.config.places import DEFAULT, Places
from triage.config.spans import format_span
from triage.core.model import Kind

Value = str | int | bool | list[str] | None


class Setting(NamedTuple):
    """One setting in force.

    Attributes:
        key: Such as `fetch.page_size` or `account.1.handle`.
        value: As the file would write it: spans as `1h30m`; None where nothing is set.
        origin: The file's name, `environment NAME`, `flag --NAME` or `default`.
    """

    key: str
    value: Value
    origin: str


SPANS = frozenset({"since", "deadline", "overlap", "timeout", "same_text_within"})


def origins(config: Config, places: Places) -> list[Setting]:
    """List every key of the model with its value and origin, in the order of the file."""
    return list(_settings(config, places))


def _settings(config: Config, places: Places) -> Iterator[Setting]:
    file, model = config.path.name, config.model
    yield Setting("brand", config.brand, file if model.brand else _first_account(config))
    yield Setting("agent", config.agent, config.agent_origin)
    yield Setting("time_zone", model.time_zone, _origin(model, "time_zone", file))
    yield Setting("store.path", str(places.db), places.origins.get("db", DEFAULT))
    for number, account in enumerate(model.account, 1):
        yield from _plain(f"account.{number}", account, file)
    for kind in Kind:
        yield from _sla(config, kind, file)
    for name in ("fetch", "reply", "rules"):
        yield from _plain(name, getattr(model, name), file)
    yield _token_command(model, file)


def _first_account(config: Config) -> str:
    return f"{config.path.name} [[account]] 1 handle"


def _origin(table: BaseModel, key: str, file: str) -> str:
    return file if key in table.model_fields_set else DEFAULT


def _plain(prefix: str, table: BaseModel, file: str) -> Iterator[Setting]:
    for key in type(table).model_fields:
        value = getattr(table, key)
        if key in SPANS:
            value = format_span(value)
        elif isinstance(value, tuple):
            value = list(value)
        yield Setting(f"{prefix}.{key}", value, _origin(table, key, file))


def _sla(config: Config, kind: Kind, file: str) -> Iterator[Setting]:
    table: SlaTable = getattr(config.model.sla, kind.value)
    policy = table.policy(kind)
    within = "none" if policy.respond_within is None else format_span(policy.respond_within)
    yield Setting(f"sla.{kind}.respond_within", within, _origin(table, "respond_within", file))
    warn = format_span(policy.warn_before)
    yield Setting(f"sla.{kind}.warn_before", warn, _origin(table, "warn_before", file))


def _token_command(model: Model, file: str) -> Setting:
    words = model.credentials.token_command
    # Only the program is shown: somebody may have put a secret among its arguments.
    value = [words[0], *(["..."] if len(words) > 1 else [])] if words else None
    return Setting(
        "credentials.token_command", value, _origin(model.credentials, "token_command", file)
    )
