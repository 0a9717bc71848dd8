"""Every setting with its value and who said so, for `config show --origin`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from triage.config.hours import read_week
from triage.config.model import Config, Model
from triage.config.places import DEFAULT, Places
from triage.config.sla import PromiseTable, describe_warning
from triage.config.spans import format_span
from triage.core.calendar import describe_week
from triage.core.heartbeat import shown
from triage.core.money import written
from triage.core.policy import Policy

Value = str | int | bool | Sequence[str] | None


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


SPANS = frozenset(
    {
        "since",
        "deadline",
        "overlap",
        "timeout",
        "sweep",
        "sweep_every",
        "stale_after",
        "every",
        "same_text_within",
        "look_within",
        "late_after",
        "within",
        "pause",
    }
)


def origins(config: Config, places: Places, env: Mapping[str, str] | None = None) -> list[Setting]:
    """List every key of the model with its value and origin, in the order of the file.

    Args:
        config: The configuration.
        places: Where everything lies.
        env: The environment, where it may say something that is in no file; nothing if left out.
    """
    return list(_settings(config, places, env or {}))


def _settings(config: Config, places: Places, env: Mapping[str, str]) -> Iterator[Setting]:
    file, model = config.path.name, config.model
    yield Setting("brand", config.brand, file if model.brand else _first_account(config))
    yield Setting("agent", config.agent, config.agent_origin)
    yield Setting("agents", list(model.agents), _origin(model, "agents", file))
    yield Setting("time_zone", model.time_zone, _origin(model, "time_zone", file))
    name = "store.url" if places.url else "store.path"
    yield Setting(name, places.store_name, places.origins.get("db", DEFAULT))
    for number, account in enumerate(model.account, 1):
        yield from _plain(f"account.{number}", account, file)
    yield from _policies(model, file)
    yield from _calendars(model, file)
    yield from _plain("fetch", model.fetch, file)
    yield from _plain("sync", model.sync, file)
    yield _ping_url(model, file, env)
    for name in ("reply", "tell", "rules"):
        yield from _plain(name, getattr(model, name), file)
    yield from _templates(model, file)
    yield from _alerts(model, file)
    yield from _cost(model, file)
    for data, limit in model.retention.limits.items():
        origin = _origin(model.retention, data.value, file)
        yield Setting(f"retention.{data.value}", _span(limit), origin)
    yield _token_command(model, file)
    yield from _plain("auth", model.auth, file)


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


def _sla(prefix: str, table: PromiseTable, policy: Policy, file: str) -> Iterator[Setting]:
    """What a policy promises; spans and shares as the file writes them."""
    next_within = policy.within(is_next=True)
    values: dict[str, Value] = {
        "respond_within": _span(policy.respond_within),
        "next_response_within": _span(next_within),
        "warn_before": describe_warning(policy),
        "calendar": policy.calendar,
        "pauses": sorted(policy.pauses),
        "alert_when_closed": policy.alert_anytime,
    }
    for key, value in values.items():
        yield Setting(f"{prefix}.{key}", value, _origin(table, key, file))


def _policies(model: Model, file: str) -> Iterator[Setting]:
    sla = model.sla
    yield Setting("sla.calendar", sla.calendar, _origin(sla, "calendar", file))
    yield Setting("sla.pauses", list(sla.pauses), _origin(sla, "pauses", file))
    anytime = sla.alert_when_closed
    yield Setting("sla.alert_when_closed", anytime, _origin(sla, "alert_when_closed", file))
    for kind, policy in sla.by_kind.items():
        yield from _sla(f"sla.{kind}", getattr(sla, kind.value), policy, file)
    for number, (table, policy) in enumerate(zip(sla.policy, sla.special, strict=True), 1):
        prefix = f"sla.policy.{number}"
        yield Setting(f"{prefix}.name", policy.name, file)
        yield Setting(f"{prefix}.for", policy.when.describe(), file)
        yield from _sla(prefix, table, policy, file)


def _calendars(model: Model, file: str) -> Iterator[Setting]:
    for name, table in model.calendar.items():
        zone = table.time_zone or model.time_zone
        yield Setting(f"calendar.{name}.time_zone", zone, _origin(table, "time_zone", file))
        hours = describe_week(read_week(table.hours))
        yield Setting(f"calendar.{name}.hours", hours, file)
        for key in ("holidays", "closed"):
            value = list(getattr(table, key))
            yield Setting(f"calendar.{name}.{key}", value, _origin(table, key, file))
        special = [
            f"{s.date} {' '.join(s.hours) or 'closed'} {s.name}".strip() for s in table.special
        ]
        yield Setting(f"calendar.{name}.special", special, _origin(table, "special", file))


def _span(span: int | None) -> str:
    return "none" if span is None else format_span(span)


def _ping_url(model: Model, file: str, env: Mapping[str, str]) -> Setting:
    url, origin = model.heartbeat.ping_url, _origin(model.heartbeat, "ping_url", file)
    if env.get("TRIAGE_PING_URL"):
        url, origin = env["TRIAGE_PING_URL"], "environment TRIAGE_PING_URL"
    return Setting("heartbeat.ping_url", shown(url) if url else None, origin)


def _templates(model: Model, file: str) -> Iterator[Setting]:
    for setting in _plain("templates", model.templates, file):
        if setting.key == "templates.signs":
            signs = [f"{agent} {sign}" for agent, sign in model.templates.signs.items()]
            yield setting._replace(value=signs)
        else:
            yield setting


def _alerts(model: Model, file: str) -> Iterator[Setting]:
    table = model.alerts
    every = "none" if table.repeat_every is None else format_span(table.repeat_every)
    shown_as: dict[str, Value] = {
        "repeat_every": every,
        "alert_command": _program(table.alert_command),
    }
    for setting in _plain("alerts", table, file):
        name = setting.key.removeprefix("alerts.")
        yield setting._replace(value=shown_as.get(name, setting.value))


def _cost(model: Model, file: str) -> Iterator[Setting]:
    """Amounts as the file writes them, in dollars."""
    table = model.cost
    for setting in _plain("cost", table, file):
        if setting.key == "cost.monthly_cap":
            cap = table.monthly_cap
            yield setting._replace(value=None if cap is None else written(cap))
        elif setting.key != "cost.prices":
            yield setting
    for setting in _plain("cost.prices", table.prices, file):
        price = getattr(table.prices, setting.key.removeprefix("cost.prices."))
        yield setting._replace(value=written(price))


def _token_command(model: Model, file: str) -> Setting:
    table = model.credentials
    origin = _origin(table, "token_command", file)
    return Setting("credentials.token_command", _program(table.token_command), origin)


def _program(words: tuple[str, ...] | None) -> Value:
    """Only the program is shown: somebody may have put a secret among its arguments."""
    return [words[0], *(["..."] if len(words) > 1 else [])] if words else None
