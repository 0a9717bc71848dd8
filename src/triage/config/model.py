"""The keys of `config.toml`, their types, limits and defaults. Imports pydantic.

Every table forbids keys that it does not know. Spans are whole numbers of milliseconds.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from triage.config.rules import OwnRules
from triage.config.spans import ACCEPTED, format_span, parse_span
from triage.core.model import HOUR, MINUTE, SECOND, Kind
from triage.core.policy import DEFAULT_POLICIES, Policy

MAX_NAME = 100
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,50}")


def _span(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError(f"must be {ACCEPTED}, in quotes")  # noqa: TRY004 - pydantic collects it
    return parse_span(value)


def _span_or_none(value: object) -> int | None:
    if isinstance(value, str) and value.strip().lower() == "none":
        return None
    try:
        return _span(value)
    except ValueError as error:
        raise ValueError(f'{error}, or "none" where no answer is due') from None


def _at_least(span: int) -> BeforeValidator:
    def check(value: object) -> int:
        found = _span(value)
        if found < span:
            raise ValueError(f"must be at least {format_span(span)}")
        return found

    return BeforeValidator(check)


def _name(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.strip() or len(value) > MAX_NAME or not value.isprintable():
        raise ValueError(f"must be a name of 1 to {MAX_NAME} printable characters")
    return value.strip()


def _handle(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _HANDLE.fullmatch(value.removeprefix("@")):
        raise ValueError(f'{value!r} is not a handle: letters, digits and "_", such as "acme"')
    return value.removeprefix("@")


def _path(value: object) -> object:
    if isinstance(value, str) and (not value.strip() or "\0" in value):
        raise ValueError("must be the path of a file")
    return value


def _time_zone(value: object) -> object:
    if not isinstance(value, str):
        return value
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(value)
    except (LookupError, ValueError, OSError):
        raise ValueError(f"unknown time zone {value!r}{_nearest_zone(value)}") from None
    return value


def _nearest_zone(name: str) -> str:
    import difflib
    import zoneinfo

    known = {zone.lower(): zone for zone in sorted(zoneinfo.available_timezones())}
    near = difflib.get_close_matches(name.lower(), known, n=1)
    if near:
        return f'. Did you mean "{known[near[0]]}"?'
    return ': write an IANA name such as "Europe/Madrid"'


def _loopback(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    plain = parts.path in {"", "/"} and not (parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in {"http", "https"} or not plain or not _is_loopback(host):
        raise ValueError(
            "may only be a loopback address such as http://127.0.0.1:8080 (the sandbox), "
            "because requests carry credentials; leave it out for X itself"
        )
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


Span = Annotated[int, BeforeValidator(_span)]
SpanOrNone = Annotated[int | None, BeforeValidator(_span_or_none)]
PositiveSpan = Annotated[int, _at_least(SECOND)]
Name = Annotated[StrictStr, BeforeValidator(_name)]
PathText = Annotated[StrictStr, BeforeValidator(_path)]


class Table(BaseModel):
    """A table of the file: nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class StoreTable(Table):
    """`[store]`."""

    path: PathText | None = None


class AccountTable(Table):
    """`[[account]]`: one identity of the brand on a channel."""

    channel: Literal["x"]
    handle: Annotated[StrictStr, BeforeValidator(_handle)]
    base_url: Annotated[StrictStr, BeforeValidator(_loopback)] | None = None

    @property
    def key(self) -> str:
        """How `credentials.toml` calls it, such as `x:acme`."""
        return f"{self.channel}:{self.handle.lower()}"


class SlaTable(Table):
    """`[sla.KIND]`: what a kind of mention is promised. What is left out is the kind's default."""

    respond_within: SpanOrNone = None
    warn_before: Span | None = None

    @model_validator(mode="after")
    def _warn_in_time(self) -> SlaTable:
        if self.warn_before and self.respond_within and self.warn_before > self.respond_within:
            raise ValueError("warn_before must not be longer than respond_within")
        return self

    def policy(self, kind: Kind) -> Policy:
        """The promise to a kind.

        A warning that is left out comes at the default of the kind, or at a quarter of
        `respond_within` where the file sets that.
        """
        default = DEFAULT_POLICIES[kind]
        within, warn = default.respond_within, default.warn_before
        if "respond_within" in self.model_fields_set:
            within = self.respond_within
            warn = (within or 0) // 4
        if self.warn_before is not None:
            warn = self.warn_before
        return Policy(within, min(warn, within or 0))


class SlaTables(Table):
    """`[sla]`: a table for each kind."""

    complaint: SlaTable = SlaTable()
    question: SlaTable = SlaTable()
    other: SlaTable = SlaTable()
    praise: SlaTable = SlaTable()


class FetchTable(Table):
    """`[fetch]`: how mentions are read. Spans in ms."""

    since: Span = 48 * HOUR
    deadline: PositiveSpan = 4 * MINUTE
    overlap: Span = 15 * MINUTE
    page_size: Annotated[StrictInt, Field(ge=5, le=100)] = 100
    fields: Literal["tweet", "post"] = "tweet"
    timeout: PositiveSpan = 20 * SECOND


class ReplyTable(Table):
    """`[reply]`: guards before something is posted. Spans in ms."""

    same_text_within: Span = HOUR


class RulesTable(Table):
    """`[rules]`: which rules tag the mentions."""

    defaults: StrictBool = True
    files: tuple[PathText, ...] = ()
    off: tuple[StrictStr, ...] = ()


class CredentialsTable(Table):
    """`[credentials]`: who knows the keys; never the keys."""

    token_command: Annotated[tuple[StrictStr, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _runnable(self) -> CredentialsTable:
        words = self.token_command
        if words is not None and (not words[0].strip() or any("\0" in word for word in words)):
            raise ValueError("token_command must begin with the name of a program")
        return self


class Model(Table):
    """All of `config.toml`."""

    brand: Name | None = None
    agent: Name | None = None
    time_zone: Annotated[StrictStr, BeforeValidator(_time_zone)] = "UTC"
    store: StoreTable = StoreTable()
    account: tuple[AccountTable, ...] = ()
    sla: SlaTables = SlaTables()
    fetch: FetchTable = FetchTable()
    reply: ReplyTable = ReplyTable()
    rules: RulesTable = RulesTable()
    credentials: CredentialsTable = CredentialsTable()

    @model_validator(mode="after")
    def _whose(self) -> Model:
        if self.brand is None and not self.account:
            raise ValueError(
                'names no brand: add [[account]] with channel = "x" and handle = "...", '
                'or brand = "..."'
            )
        keys = [account.key for account in self.account]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice:
            raise ValueError(f'names the account "{twice}" twice')
        return self


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

    def account(self, handle: str) -> AccountTable | None:
        """The account of a handle, whatever its case, with or without `@`; None if unknown."""
        wanted = handle.removeprefix("@").lower()
        return next((a for a in self.accounts if a.handle.lower() == wanted), None)

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


def known_keys(table: type[BaseModel] = Model) -> dict[str, Any]:
    """The keys of a table by name: None for a value, a dict for a table of its own."""
    known: dict[str, Any] = {}
    for name, info in table.model_fields.items():
        inner = _table_of(info.annotation)
        known[name] = known_keys(inner) if inner else None
    return known


def _table_of(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - typing's own values
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
