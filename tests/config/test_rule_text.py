"""Rules written as TOML, and lines found in it."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from triage.config.lines import line_of
from triage.config.rule_text import changes, rule_text, rules_text, value_text
from triage.core.rules_data import rules_from_data, rules_to_data
from triage.matching.defaults import load_default_rules

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


def test_shipped_rules_survive() -> None:
    """Written and read again they are the same rules, whatever their keys."""
    rules = load_default_rules()
    text = rules_text(rules_to_data(rules))
    assert rules_from_data(tomllib.loads(text)["rules"]) == rules
    assert max(map(len, text.splitlines())) < 2_000


@given(st.lists(TEXT, max_size=8))
def test_any_patterns_survive(texts: list[str]) -> None:
    """In characters that a terminal shows as they stand, on lines that fit where they can."""
    text = rule_text("a", {"phrases": texts})
    assert tomllib.loads(text) == {"rules": {"a": {"phrases": texts}}}
    assert text.replace("\n", "").isprintable()
    assert all(len(line) <= 100 for line in text.splitlines() if line.count('", "'))


def test_values() -> None:
    """Each type as TOML writes it."""
    assert value_text("word_bounds", value=False) == "false"
    assert value_text("customer", {"vip": "yes", "tier": 'a "b"'}) == (
        '{ vip = "yes", tier = "a \\"b\\"" }'
    )
    assert value_text("weights", {"complaint": 2.0, "praise": -0.5}) == (
        "{ complaint = 2.0, praise = -0.5 }"
    )
    assert value_text("weights", {}) == "{}"
    assert value_text("theme", 'a"\x1b\U000e0001') == '"a\\"\\u001B\\U000E0001"'


def test_changes() -> None:
    """What was added, what was dropped, and what a key was before; nothing where nothing is."""
    before = {"phrases": ["a", "b"], "weights": {"other": 1.0}, "theme": "t"}
    after = {"phrases": ["B", "c"], "theme": "u", "lang": "en"}
    assert list(changes(before, after)) == [
        'phrases added: "c"',
        'phrases dropped: "a"',
        "weights was { other = 1.0 }",
        'theme was "t"',
        "lang was not set",
    ]
    assert list(changes(before, before)) == []


SOURCE = """\
# [rules.commented]
[rules.late]  # a remark
phrases = [
    "theme = no",
    '''
[rules.fake
''']
theme = "a"

[ rules . "two words" ]
weights.praise = 1
[rules.late.weights]
complaint = 2
[rules]
inline = { phrases = ["x"] }
"""


def test_lines() -> None:
    """A key is found where it is set, under any spelling of its heading; else its table is."""
    assert line_of(SOURCE, ("rules", "late")) == 2
    assert line_of(SOURCE, ("rules", "late"), "theme") == 8
    assert line_of(SOURCE, ("rules", "late"), "weights") == 12
    assert line_of(SOURCE, ("rules", "late"), "weights.complaint") == 13
    assert line_of(SOURCE, ("rules", "late"), "lang") == 2
    assert line_of(SOURCE, ("rules", "two words"), "weights.praise") == 11
    assert line_of(SOURCE, ("rules", "inline"), "phrases") == 15
    assert line_of(SOURCE, ("rules", "commented")) is None
    assert line_of(SOURCE, ("rules", "fake")) is None


@given(TEXT)
def test_lines_of_anything(text: str) -> None:
    """No text, TOML or not, is more than not found."""
    assert line_of(text, ("rules", "never there")) is None
