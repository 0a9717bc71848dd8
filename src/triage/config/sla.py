"""`[sla]`: how long whom may wait. Imports pydantic. Spans are whole milliseconds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple

from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)

from triage.config.spans import format_span
from triage.config.table import Table, read_span
from triage.core.holds import HoldState
from triage.core.hours import ALWAYS
from triage.core.model import Kind
from triage.core.policy import AS_FIRST, ATTRIBUTE_NAME, DEFAULT_POLICIES, Policy, When
from triage.core.text import handle_key
from triage.core.truths import YES

_SHARE = re.compile(r"(\d{1,3})\s*%")
_THREE_QUARTERS = 75
_NAME = re.compile(r"\w[\w -]{0,49}")


def _span_or_none(value: object) -> int | None:
    if isinstance(value, str) and value.strip().lower() == "none":
        return None
    try:
        return read_span(value)
    except ValueError as error:
        raise ValueError(f'{error}, or "none" where no answer is due') from None


class Share(NamedTuple):
    """A part of the time, in percent."""

    left: int


def _warning(value: object) -> int | Share:
    found = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        try:
            return read_span(value)
        except ValueError as error:
            raise ValueError(f'{error}, or a share of the time such as "25%"') from None
    if int(found[1]) > 100:  # noqa: PLR2004 - percent
        raise ValueError(f"{value!r} is more than the whole time")
    return Share(int(found[1]))


def _several(value: object) -> object:
    """One may be written without brackets."""
    return [value] if isinstance(value, str) else value


def _worth(value: object) -> object:
    if not isinstance(value, bool | int | str):
        raise ValueError("must be true, false, a whole number or a text in quotes")  # noqa: TRY004
    return value


Worth = Annotated[StrictBool | StrictInt | StrictStr, BeforeValidator(_worth)]
SpanOrNone = Annotated[int | None, BeforeValidator(_span_or_none)]
Warning_ = Annotated[int | Share, BeforeValidator(_warning)]
Kinds = Annotated[tuple[Kind, ...], BeforeValidator(_several)]
Names = Annotated[tuple[StrictStr, ...], BeforeValidator(_several)]
Holds = Annotated[tuple[HoldState, ...], BeforeValidator(_several)]


class PromiseTable(Table):
    """What a policy promises; the parts that every table of `[sla]` has."""

    respond_within: SpanOrNone = None
    next_response_within: SpanOrNone = None
    warn_before: Warning_ | None = None
    calendar: StrictStr | None = None
    pauses: Holds | None = None
    alert_when_closed: StrictBool | None = None

    @model_validator(mode="after")
    def _warn_in_time(self) -> PromiseTable:
        within, warn = self.respond_within, self.warn_before
        if isinstance(warn, int) and warn and within and warn > within:
            raise ValueError("warn_before must not be longer than respond_within")
        return self

    def promise(self, defaults: SlaTables, base: Policy | None, name: str, when: When) -> Policy:
        """The policy.

        A warning that is left out comes at the default of the kind, or at a quarter of
        `respond_within` where the file sets that.

        Args:
            defaults: What `[sla]` says for all.
            base: The kind's own default, if it is the policy of a kind.
            name: What it is called.
            when: Whom it is for.
        """
        is_said = base is None or "respond_within" in self.model_fields_set
        within = self.respond_within if is_said or base is None else base.respond_within
        has_next = "next_response_within" in self.model_fields_set
        warn, share = (within or 0) // 4, None
        if isinstance(self.warn_before, Share):
            warn, share = 0, 100 - self.warn_before.left
        elif self.warn_before is not None:
            warn = self.warn_before
        elif has_next:
            # A quarter of either span, whichever it is that counts.
            warn, share = 0, _THREE_QUARTERS
        elif base is not None and not is_said:
            warn = base.warn_before
        pauses = defaults.pauses if self.pauses is None else self.pauses
        anytime = defaults.alert_when_closed
        return Policy(
            respond_within=within,
            warn_before=min(warn, within or 0),
            next_within=self.next_response_within if has_next else AS_FIRST,
            warn_share=share,
            name=name,
            calendar=self.calendar or defaults.calendar,
            when=when,
            pauses=frozenset(pauses),
            alert_anytime=anytime if self.alert_when_closed is None else self.alert_when_closed,
        )


class KindTable(PromiseTable):
    """`[sla.KIND]`: what a kind of mention is promised. What is left out is the kind's default."""

    def policy(self, kind: Kind, defaults: SlaTables) -> Policy:
        """The promise to a kind."""
        return self.promise(defaults, DEFAULT_POLICIES[kind], kind.value, When())


class PolicyTable(PromiseTable):
    """`[[sla.policy]]`: a promise to some, which comes before those to a kind."""

    name: StrictStr
    respond_within: SpanOrNone
    kind: Kinds = ()
    priority: Names = ()
    account: Names = ()
    customer: dict[StrictStr, Worth] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        if not _NAME.fullmatch(value) or value in set(Kind):
            raise ValueError(
                f"{value!r} is no name for a policy: up to 50 letters, digits and -, not a kind"
            )
        return value

    @field_validator("customer")
    @classmethod
    def _can_be_noted(cls, value: dict[str, bool | int | str]) -> dict[str, bool | int | str]:
        for key in value:
            if not re.fullmatch(ATTRIBUTE_NAME, key):
                raise ValueError(
                    f"{key!r} is no name for an attribute: up to 40 small letters, digits, - and "
                    "_, a letter first"
                )
        return value

    @property
    def policy_when(self) -> When:
        """Whom it is for."""
        return When(
            tuple(self.kind),
            tuple(self.priority),
            tuple(handle_key(account) for account in self.account),
            tuple((key, _value(value)) for key, value in sorted(self.customer.items())),
        )

    def policy(self, defaults: SlaTables) -> Policy:
        """The promise."""
        return self.promise(defaults, None, self.name, self.policy_when)


def _value(value: bool | int | str) -> str:
    if isinstance(value, bool):
        return YES if value else "no"
    return str(value).strip()


class SlaTables(Table):
    """`[sla]`: a table for each kind, those for some, and what holds for all of them."""

    calendar: StrictStr = ALWAYS
    pauses: Holds = ()
    alert_when_closed: StrictBool = False
    complaint: KindTable = KindTable()
    question: KindTable = KindTable()
    other: KindTable = KindTable()
    praise: KindTable = KindTable()
    policy: tuple[PolicyTable, ...] = ()

    @field_validator("policy")
    @classmethod
    def _names(cls, value: tuple[PolicyTable, ...]) -> tuple[PolicyTable, ...]:
        names = [table.name for table in value]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f'the name "{twice}" is given twice')
        return value

    @property
    def by_kind(self) -> Mapping[Kind, Policy]:
        """What each kind is promised."""
        return {kind: getattr(self, kind.value).policy(kind, self) for kind in Kind}

    @property
    def special(self) -> tuple[Policy, ...]:
        """What is promised to some, in the order of the file."""
        return tuple(table.policy(self) for table in self.policy)

    def tables(self) -> Iterator[tuple[str, PromiseTable, Policy]]:
        """Each policy with the table that says it, and how an error names that."""
        for number, table in enumerate(self.policy, 1):
            yield f"[[sla.policy]] {number}", table, table.policy(self)
        for kind, policy in self.by_kind.items():
            yield f"[sla.{kind.value}]", getattr(self, kind.value), policy


def describe_warning(policy: Policy) -> str:
    """The warning point as the file would say it."""
    if policy.warn_share is not None:
        return f"{100 - policy.warn_share}%"
    return format_span(policy.warn_before)
