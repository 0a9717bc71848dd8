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
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from triage.config.alerts import AlertsTable
from triage.config.calendars import CalendarTable
from triage.config.cost import CostTable
from triage.config.events import EventsTable, Language
from triage.config.places import is_address
from triage.config.problems import ANY_NAME
from triage.config.retention import RetentionTable
from triage.config.rules import OwnRules
from triage.config.sla import SlaTables
from triage.config.spans import format_span
from triage.config.store_place import TWO_STORES, path_trouble, store_trouble, url_trouble
from triage.config.table import Table, read_span, read_zone, runnable
from triage.config.template_table import TemplatesTable
from triage.core.accounts import DEFAULT_STALE_AFTER
from triage.core.claims import LEASE, LONGEST
from triage.core.heartbeat import trouble
from triage.core.model import HOUR, MINUTE, SECOND, Kind
from triage.core.policy import Policy
from triage.core.telling import PAUSE, PER_HOUR, PER_RUN, WITHIN

MAX_NAME = 100
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,50}")


def _at_least(span: int) -> BeforeValidator:
    def check(value: object) -> int:
        found = read_span(value)
        if found < span:
            raise ValueError(f"must be at least {format_span(span)}")
        return found

    return BeforeValidator(check)


def _between(least: int, most: int) -> BeforeValidator:
    def check(value: object) -> int:
        found = read_span(value)
        if not least <= found <= most:
            raise ValueError(f"must be {format_span(least)} to {format_span(most)}")
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


def _client_id(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[\x21-\x7e]{1,200}", value):
        raise ValueError("must be the Client ID that the X developer console shows")
    return value


def _ping_url(value: object) -> object:
    if isinstance(value, str) and (problem := trouble(value)):
        raise ValueError(problem)
    return value


Span = Annotated[int, BeforeValidator(read_span)]
PositiveSpan = Annotated[int, _at_least(SECOND)]
Name = Annotated[StrictStr, BeforeValidator(_name)]
PathText = Annotated[StrictStr, BeforeValidator(_path)]


def _store_path(value: object) -> object:
    if isinstance(value, str) and (problem := path_trouble(value)):
        raise ValueError(problem)
    return value


def _store_url(value: object) -> object:
    if isinstance(value, str) and (problem := url_trouble(value)):
        raise ValueError(problem)
    return value


class StoreTable(Table):
    """`[store]`, or `store = "..."`: a path, or the address of a server, which may be secret."""

    path: Annotated[StrictStr, BeforeValidator(_store_path)] | None = None
    url: Annotated[StrictStr, BeforeValidator(_store_url)] | None = Field(default=None, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _in_short(cls, said: object) -> object:
        if isinstance(said, dict):
            return said
        if problem := store_trouble(said):
            raise ValueError(problem)
        return {"url" if is_address(str(said)) else "path": said}

    @model_validator(mode="after")
    def _one(self) -> StoreTable:
        if self.path is not None and self.url is not None:
            raise ValueError(f"url {TWO_STORES}")
        return self


class AccountTable(Table):
    """`[[account]]`: one identity of the brand on a channel."""

    channel: Literal["x"]
    handle: Annotated[StrictStr, BeforeValidator(_handle)]
    base_url: Annotated[StrictStr, BeforeValidator(_loopback)] | None = None
    time_zone: Annotated[StrictStr, BeforeValidator(read_zone)] | None = None
    language: Language = "en"
    app: Name = "app"

    @property
    def key(self) -> str:
        """How `credentials.toml` calls it, such as `x:acme`."""
        return f"{self.channel}:{self.handle.lower()}"


class FetchTable(Table):
    """`[fetch]`: how mentions are read. Spans in ms."""

    since: Span = 48 * HOUR
    deadline: PositiveSpan = 4 * MINUTE
    overlap: Span = 15 * MINUTE
    page_size: Annotated[StrictInt, Field(ge=5, le=100)] = 100
    fields: Literal["tweet", "post"] = "tweet"
    timeout: PositiveSpan = 20 * SECOND
    sweep_every: Span = 6 * HOUR
    sweep: PositiveSpan = 24 * HOUR
    context_budget: Annotated[StrictInt, Field(ge=0, le=1_000)] = 10
    stale_after: PositiveSpan = DEFAULT_STALE_AFTER


class SyncTable(Table):
    """`[sync]`: how stored posts are read again. Spans in ms."""

    every: Span = 6 * HOUR
    budget: Annotated[StrictInt, Field(ge=0, le=10_000)] = 25


class HeartbeatTable(Table):
    """`[heartbeat]`: who is told that fetches run. Whoever knows the address can say so too."""

    ping_url: Annotated[StrictStr, BeforeValidator(_ping_url)] | None = Field(
        default=None, repr=False
    )


class ReplyTable(Table):
    """`[reply]`: guards before something is posted. Spans in ms."""

    same_text_within: Span = HOUR
    look_within: PositiveSpan = SECOND
    late_after: PositiveSpan = 6 * HOUR
    lease: Annotated[int, _between(MINUTE, LONGEST)] = LEASE


class TellTable(Table):
    """`[tell]`: how people are told of what was done. Spans in ms."""

    within: PositiveSpan = WITHIN
    per_run: Annotated[StrictInt, Field(ge=1, le=500)] = PER_RUN
    per_hour: Annotated[StrictInt, Field(ge=1, le=1_000)] = PER_HOUR
    pause: Span = PAUSE


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
        if not runnable(self.token_command):
            raise ValueError("token_command must begin with the name of a program")
        return self


class AuthTable(Table):
    """`[auth]`: signing in to X; nothing here is secret. Spans in ms."""

    client_id: Annotated[StrictStr, BeforeValidator(_client_id)] | None = None
    callback_port: Annotated[StrictInt, Field(ge=1024, le=65535)] = 8765
    timeout: PositiveSpan = 5 * MINUTE


class Model(Table):
    """All of `config.toml`."""

    brand: Name | None = None
    agent: Name | None = None
    agents: tuple[Name, ...] = ()
    time_zone: Annotated[StrictStr, BeforeValidator(read_zone)] = "UTC"
    store: StoreTable = StoreTable()
    account: tuple[AccountTable, ...] = ()
    sla: SlaTables = SlaTables()
    calendar: dict[StrictStr, CalendarTable] = Field(default_factory=dict)
    fetch: FetchTable = FetchTable()
    sync: SyncTable = SyncTable()
    heartbeat: HeartbeatTable = HeartbeatTable()
    reply: ReplyTable = ReplyTable()
    tell: TellTable = TellTable()
    rules: RulesTable = RulesTable()
    templates: TemplatesTable = TemplatesTable()
    alerts: AlertsTable = AlertsTable()
    cost: CostTable = CostTable()
    events: EventsTable = EventsTable()
    retention: RetentionTable = RetentionTable()
    credentials: CredentialsTable = CredentialsTable()
    auth: AuthTable = AuthTable()

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
    def sync(self) -> SyncTable:
        """How stored posts are read again."""
        return self.model.sync

    @property
    def reply(self) -> ReplyTable:
        """Guards before something is posted."""
        return self.model.reply

    @property
    def templates(self) -> TemplatesTable:
        """Languages and signs of the texts that agents send."""
        return self.model.templates

    @property
    def tell(self) -> TellTable:
        """How people are told of what was done."""
        return self.model.tell

    @property
    def alerts(self) -> AlertsTable:
        """Of what somebody is told, how often, and where."""
        return self.model.alerts

    @property
    def cost(self) -> CostTable:
        """What requests cost, and how much they may."""
        return self.model.cost

    @property
    def events(self) -> EventsTable:
        """When nothing is promoted, since complaints are too many."""
        return self.model.events

    @property
    def retention(self) -> RetentionTable:
        """How long each kind of data is kept."""
        return self.model.retention

    @property
    def policies(self) -> Mapping[Kind, Policy]:
        """What each kind is promised."""
        return self.model.sla.by_kind


def known_keys(table: type[BaseModel] = Model) -> dict[str, Any]:
    """The keys of a table by name: None for a value, a dict for a table of its own.

    Where a person makes up the names of tables, they are under `*`.
    """
    known: dict[str, Any] = {}
    for name, info in table.model_fields.items():
        inner = _table_of(info.annotation)
        keys = known_keys(inner) if inner else None
        known[name] = {ANY_NAME: keys} if keys and _is_named(info.annotation) else keys
    return known


def _is_named(annotation: Any) -> bool:  # noqa: ANN401 - typing's own values
    return getattr(annotation, "__origin__", None) is dict


def _table_of(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - typing's own values
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
