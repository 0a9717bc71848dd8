"""What the use cases ask of whatever fills templates in, without knowing what does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from triage.errors import Refused, TriageError

Values = Mapping[str, object]
"""What a template may name: plain values, and mappings of them to any depth."""


class MissingValue(Refused):
    """A template names something that has no value here; nothing goes out with a hole in it.

    Attributes:
        name: What has no value, as the template writes it: `attributes.order`.
        names: All that has none, where more was looked for.
    """

    def __init__(
        self, name: str, *, template: str = "", others: Sequence[str] = (), hint: str = ""
    ) -> None:
        names = (name, *others)
        of_it = f" of the template {template}" if template else ""
        listed = f"{', '.join(names[:-1])} and {names[-1]}" if others else name
        default = f'{{{{ {name} | default("...") }}}}'
        super().__init__(
            f"{listed}{of_it} {'have' if others else 'has'} no value here.",
            reason="A text with a hole in it is not sent.",
            hint=f"{hint or 'Give it one'}, or a default in the template: {default}",
        )
        self.name = name
        self.names = names


class BrokenTemplate(TriageError):
    """A template cannot be read, or does what templates may not.

    Attributes:
        what: What is wrong with it, without its name.
        line: Where, counted from 1; None where that is not known.
    """

    def __init__(
        self, message: str, *, what: str = "", line: int | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.what = what or message
        self.line = line


class Render(Protocol):
    """Fills a template in."""

    def __call__(self, source: str, values: Values, *, name: str = "") -> str:
        """Fill in; the ends of the text are stripped, as nobody means to send them.

        Args:
            source: The template.
            values: What it may name.
            name: What to call it in messages.

        Raises:
            MissingValue: It names something without a value and gives no default.
            BrokenTemplate: It cannot be read.
        """
        ...
