"""`[templates]`: languages and signs of the texts that agents send. Imports pydantic."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, StrictStr

from triage.config.table import Table
from triage.core.templates import LANGUAGE, as_language

_LONGEST_SIGN = 40


def _language(value: object) -> object:
    if isinstance(value, str) and not (as_language(value) and re.fullmatch(LANGUAGE, value)):
        raise ValueError('must be a language such as "en" or "pt-br"')
    return value


def _sign(value: object) -> object:
    if isinstance(value, str) and not (
        value.strip() and value.isprintable() and len(value) <= _LONGEST_SIGN
    ):
        raise ValueError(f"must be 1 to {_LONGEST_SIGN} printable characters")
    return value.strip() if isinstance(value, str) else value


Language = Annotated[StrictStr, BeforeValidator(_language)]


class TemplatesTable(Table):
    """`[templates]`: what the files beside the configuration cannot say."""

    language: Language = "en"
    languages: tuple[Language, ...] = ()
    signs: dict[StrictStr, Annotated[StrictStr, BeforeValidator(_sign)]] = Field(
        default_factory=dict
    )

    def sign_of(self, agent: str) -> str:
        """How an agent signs; empty if nobody said."""
        signs = {name.casefold(): sign for name, sign in self.signs.items()}
        return signs.get(agent.casefold(), "")
