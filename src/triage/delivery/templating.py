"""Templates of texts that go out: Jinja2 in a sandbox, strict about what has no value.

Templates are the team's own files, and what fills them is a customer's: names and attributes are
values and never read as a template.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from triage.core.templating import BrokenTemplate, MissingValue, Values

_HINT = "A value is written {{ like.this }}, a default {{ like.this | default('...') }}."
_FAILURES = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
)
"""How filters and operators say that they were handed something else than they work on."""


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

    def __str__(self) -> str:
        """Refuse to be written: a template means one of its values."""
        known = ", ".join(f"{self.name_in_templates}.{key}" for key in self) or "nothing"
        raise TypeError(f"{self.name_in_templates} holds several values: {known}")


def _named(name: str, value: object) -> object:
    return _Named(name, value) if isinstance(value, dict) else value


class _Sandbox(ImmutableSandboxedEnvironment):
    """Also without what makes a short template as long as a memory."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Work out a product of small numbers, or repeat a text a few times; format nothing."""
        for first, second in ((left, right), (right, left)):
            if operator == "*" and isinstance(first, str) and isinstance(second, int):
                if len(first) * second <= _LONGEST:
                    return super().call_binop(context, operator, left, right)
                raise SecurityError(f"the text would be longer than {_LONGEST} characters")
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if not numbers or abs(left) > _GREATEST or abs(right) > _GREATEST:  # type: ignore[arg-type]
            raise SecurityError(f"{operator} works on numbers up to {_GREATEST}")
        return super().call_binop(context, operator, left, right)


_LONGEST = 25_000
"""As the longest post that any account may write."""
_GREATEST = 1_000
"""That a template may multiply: far more than a post has days or characters."""
_ENDLESS = ("center", "format", "indent", "batch", "slice", "wordwrap", "urlize", "xmlattr")
"""Filters that fill up or format: their widths could be anything."""


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    # Text for a post and not HTML: escaping it would be seen.
    made = _Sandbox(undefined=_Hole, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    made.globals = {}
    for name in _ENDLESS:
        made.filters.pop(name, None)
    return made


def render(source: str, values: Values, *, name: str = "") -> str:
    """Fill a template in; see `core.templating.Render`."""
    told = f" {name}" if name else ""
    try:
        return _environment().from_string(source).render(_Named("", values)).strip()
    except UndefinedError as error:
        raise MissingValue(str(error.message), template=name) from error
    except TemplateSyntaxError as error:
        raise _unreadable(error, told) from error
    except _FAILURES as error:
        words = _sentence(error)
        raise BrokenTemplate(
            f"The template{told} cannot be filled in: {words}", what=words, hint=_HINT
        ) from error


def _unreadable(error: TemplateSyntaxError, told: str = "") -> BrokenTemplate:
    words = _sentence(error)
    message = f"The template{told} cannot be read: line {error.lineno}: {words}"
    return BrokenTemplate(message, what=words, line=error.lineno, hint=_HINT)


def names_in(source: str) -> frozenset[str]:
    """Tell which values a template asks for at its top: `customer`, not `customer.first_name`.

    Raises:
        BrokenTemplate: It cannot be read.
    """
    return frozenset(meta.find_undeclared_variables(_parsed(source)))


def paths_in(source: str) -> dict[str, int]:
    """Tell which values a template asks for, in full, and in which line first.

    Raises:
        BrokenTemplate: It cannot be read, or asks for a filter that there is not.
    """
    tree = _parsed(source)
    asked = meta.find_undeclared_variables(tree)
    found: dict[str, int] = {}
    inner: set[int] = set()
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)):
        path = _path(node)
        if id(node) in inner or path is None or path.partition(".")[0] not in asked:
            continue
        while isinstance(node, nodes.Getattr | nodes.Getitem):
            node = node.node  # noqa: PLW2901 - down to the name
            inner.add(id(node))
        found.setdefault(path, node.lineno)
    return found


def _path(node: nodes.Node) -> str | None:
    """Such as `customer.first_name`; None where it is worked out only when it is filled in."""
    if isinstance(node, nodes.Name):
        return node.name if node.ctx == "load" else None
    if isinstance(node, nodes.Getattr):
        before, name = _path(node.node), node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        before, name = _path(node.node), str(node.arg.value)
    else:
        return None
    return None if before is None else f"{before}.{name}"


def _parsed(source: str) -> nodes.Template:
    try:
        tree = _environment().parse(source)
        # What the parser lets pass and the compiler does not: filters and tests by name.
        _environment().compile(tree, defer_init=True)
        return _environment().parse(source)
    except TemplateSyntaxError as error:
        raise _unreadable(error) from error
    except RecursionError as error:
        words = _sentence(error)
        raise BrokenTemplate(f"The template cannot be read: {words}", what=words) from error


def _sentence(error: Exception) -> str:
    words = str(getattr(error, "message", None) or error or type(error).__name__)
    return words if words.endswith((".", "?")) else f"{words}."
