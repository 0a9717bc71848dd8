"""Learned weights as a rules file: what is written is what the configuration reads."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from triage.config.rule_writing import weights_text, write_weights
from triage.config.rules import OwnRules, merge_rules
from triage.core.learning import Change, Weights
from triage.core.model import Kind
from triage.core.rules_data import rules_from_data, rules_to_data
from triage.errors import Refused
from triage.matching.defaults import load_default_rules

CHANGES = [
    Change("shouting", Kind.PRAISE, 0.0, -0.3, 1, 2),
    Change("late-refund", Kind.QUESTION, 0.4, 0.0, 3, 4),
    Change("late-refund", Kind.COMPLAINT, 1.25, 1.6, 12, 14),
]
WEIGHTS: Weights = {
    "shouting": {Kind.PRAISE: -0.3, Kind.COMPLAINT: 0.55},
    "late-refund": {Kind.COMPLAINT: 1.6},
    "silent": {},
}


def test_the_text() -> None:
    """A table for each rule, with what is new and who spoke for it."""
    text = weights_text(WEIGHTS, CHANGES)
    head, _, tables = text.partition("\n\n")
    assert all(line.startswith("# ") for line in head.splitlines())
    assert tables == (
        "# complaint: 1.25 -> 1.6, by 12 of 14 posts\n"
        "# question: 0.4 -> 0, by 3 of 4 posts\n"
        "[rules.late-refund]\n"
        "weights = { complaint = 1.6 }\n"
        "\n"
        "# praise: 0 -> -0.3, by 1 of 2 posts\n"
        "[rules.shouting]\n"
        "weights = { complaint = 0.55, praise = -0.3 }\n"
        "\n"
        "[rules.silent]\n"
        "weights = {}\n"
    )


def test_the_configuration_reads_the_very_weights() -> None:
    """Laid over the shipped rules, the file changes these weights and nothing else."""
    shipped = {rule.id: rule for rule in load_default_rules()}
    some = [rule for rule in shipped.values() if len(rule.weights) > 1][:20]
    weights = {rule.id: {Kind.OTHER: -1.7, Kind.COMPLAINT: 0.1 * n} for n, rule in enumerate(some)}
    tables = tomllib.loads(weights_text(weights, []))["rules"]
    own = [OwnRules("learned.toml", tables)]
    merged = merge_rules(rules_to_data(shipped.values()), own, (), "config.toml")
    for rule in rules_from_data(merged.whole()):
        was = shipped[rule.id]
        assert dict(rule.weights) == weights.get(rule.id, dict(was.weights))
        assert (rule.phrases, rule.expressions, rule.sign) == (
            was.phrases,
            was.expressions,
            was.sign,
        )
        assert (rule.theme, rule.priority, rule.lang) == (was.theme, was.priority, was.lang)


def test_a_file_is_not_overwritten_unasked(tmp_path: Path) -> None:
    """What is there stays, to the last byte, until somebody says --force."""
    path = tmp_path / "deep" / "learned.toml"
    write_weights(path, "# one\n")
    with pytest.raises(Refused, match="exists already"):
        write_weights(path, "# two\n")
    assert path.read_text() == "# one\n"
    write_weights(path, "# two\n", force=True)
    assert path.read_text() == "# two\n"
    assert list(path.parent.iterdir()) == [path]
