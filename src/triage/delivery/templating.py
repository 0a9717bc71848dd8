"""Templates of texts that go out: Jinja2 in a sandbox, strict about what has no value.

Templates are the team's own files, and what fills them is a customer's: names and attributes are
values and never read as a template.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2.exceptions import UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from triage.core.templating import BrokenTemplate, MissingValue, Values


class _Hole(StrictUndefined):
    """Says by its full name what has no value."""

    @property
    def _full_name(self) -> str:
        name = str(self._undefined_name)
        return name if self._undefined_obj is missing else f"{self._of()}{name}"

    def _of(self) -> str:
        told = getattr(self._undefined_obj, "name_in_templates", "")
        return f"{told}." if told else ""

    @property
    def _undefined_message(self) -> str:
        return self._full_name


class _Named(dict[str, Any]):
    """A mapping that knows what templates call it, so that a hole in it can be told."""

    def __init__(self, name: str, values: Values) -> None:
        super().__init__({k: _named(f"{name}.{k}" if name else k, v) for k, v in values.items()})
        self.name_in_templates = name


def _named(name: str, value: object) -> object:
    return _Named(name, value) if isinstance(value, dict) else value


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    # Text for a post and not HTML: escaping it would be seen.
    made = ImmutableSandboxedEnvironment(
        undefined=_Hole, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    made.globals = {}
    return made


def render(source: str, values: Values, *, name: str = "") -> str:
    """Fill a template in; see `core.templating.Render`."""
    told = f" {name}" if name else ""
    try:
        return _environment().from_string(source).render(_Named("", values)).strip()
    except UndefinedError as error:
        raise MissingValue(str(error.message), template=name) from error
    except TemplateSyntaxError as error:
        raise BrokenTemplate(
            f"The template{told} cannot be read: line {error.lineno}: {error.message}.",
            hint="A value is written {{ like.this }}, a default {{ like.this | default('...') }}.",
        ) from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, OverflowError) as error:
        raise BrokenTemplate(
            f"The template{told} cannot be filled in: {error}.",
            hint="A value is written {{ like.this }}, a default {{ like.this | default('...') }}.",
        ) from error


def names_in(source: str) -> frozenset[str]:
    """Tell which values a template asks for at its top: `customer`, not `customer.first_name`.

    Raises:
        BrokenTemplate: It cannot be read.
    """
    try:
        return frozenset(meta.find_undeclared_variables(_environment().parse(source)))
    except TemplateSyntaxError as error:
        raise BrokenTemplate(
            f"The template cannot be read: line {error.lineno}: {error.message}.",
            hint="A value is written {{ like.this }}, a default {{ like.this | default('...') }}.",
        ) from error
