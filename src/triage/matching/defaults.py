"""The rules that come with the program."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from triage.core.rules import Rule, Tagger
from triage.core.rules_data import rules_from_data


@cache
def load_default_rules() -> tuple[Rule, ...]:
    """Read the shipped rules, ordered by id: one file for each language and purpose."""
    tables: dict[str, Any] = {}
    folder = resources.files("triage").joinpath("data/rules")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            tables |= tomllib.loads(file.read_text(encoding="utf-8"))["rules"]
    return rules_from_data(tables)


def make_tagger(rules: tuple[Rule, ...]) -> Tagger:
    """A tagger over these rules.

    Raises:
        ConfigError: For a pattern that cannot be used.
    """
    # google-re2 costs time to load, and reading the rules does not need it.
    from triage.matching.re2_matcher import Re2Matcher

    return Tagger(rules, Re2Matcher)


@cache
def default_tagger() -> Tagger:
    """The tagger over the shipped rules; made once."""
    return make_tagger(load_default_rules())
