"""`[alerts]` of `config.toml`: which alerts there are and where they go. Imports pydantic."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, StrictInt, StrictStr, field_validator, model_validator

from triage.config.problems import did_you_mean
from triage.config.spans import format_span
from triage.config.table import Table, read_span, runnable
from triage.core.digest import AlertLevel
from triage.core.kinds import HOUR, MINUTE

COMMAND = "command"
"""What `alert_command` is called among the targets."""

_TARGET = re.compile(r"[A-Za-z0-9_-]{1,40}")


def is_target_name(name: str) -> bool:
    """Whether a target may be called so."""
    return bool(_TARGET.fullmatch(name))


def variable_of(target: str) -> str:
    """Which variable of the environment holds the URL of a target, such as TRIAGE_ALERT_DESK."""
    return f"TRIAGE_ALERT_{target.upper().replace('-', '_')}"


def _level(value: object) -> object:
    levels = [level.value for level in AlertLevel]
    if isinstance(value, str) and value not in levels:
        raise ValueError(
            f'there is no level "{value}". {did_you_mean(value, levels)}'.removesuffix(".")
        )
    return value


def _target(value: object) -> object:
    # It is not repeated: somebody may have put the URL here.
    if isinstance(value, str) and not is_target_name(value):
        raise ValueError(
            "must be a name of letters, digits, - and _; its URL is a secret and belongs in "
            "credentials.toml, [alerts]"
        )
    if isinstance(value, str) and value.lower() == COMMAND:
        raise ValueError(f'"{value}" is what alert_command is called; take another name')
    return value


def _every(value: object) -> int | None:
    if isinstance(value, str) and value.strip().lower() == "none":
        return None
    try:
        found = read_span(value)
    except ValueError as error:
        raise ValueError(f'{error}, or "none" for no repeats') from None
    if found < MINUTE:
        raise ValueError(f'must be at least {format_span(MINUTE)}, or "none" for no repeats')
    return found


class AlertsTable(Table):
    """`[alerts]`: of what somebody is told, how often, and where. Spans in ms."""

    levels: tuple[Annotated[StrictStr, BeforeValidator(_level)], ...] = tuple(
        level.value for level in AlertLevel
    )
    repeat_every: Annotated[int | None, BeforeValidator(_every)] = 4 * HOUR
    repeat_at_most: Annotated[StrictInt, Field(ge=0, le=100)] = 3
    alert_command: Annotated[tuple[StrictStr, ...], Field(min_length=1)] | None = Field(
        default=None, repr=False
    )
    targets: tuple[Annotated[StrictStr, BeforeValidator(_target)], ...] = ()

    @field_validator("targets")
    @classmethod
    def _distinct(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known: dict[str, str] = {}
        for name in names:
            variable = variable_of(name)
            if name in known.values():
                raise ValueError(f'"{name}" stands there twice')
            if variable in known:
                raise ValueError(
                    f'"{known[variable]}" and "{name}" are too alike: the URL of both is read from '
                    f"{variable}"
                )
            known[variable] = name
        return names

    @model_validator(mode="after")
    def _runnable(self) -> AlertsTable:
        if not runnable(self.alert_command):
            raise ValueError("alert_command must begin with the name of a program")
        return self
