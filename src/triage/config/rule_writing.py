"""Write weights of rules as an own rules file, for `triage rules learn`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from triage.config.rule_text import rule_text
from triage.config.writing import write_private
from triage.core.kinds import Kind
from triage.core.learning import Change, Weights

_HEAD = """\
# Weights learned by `triage rules learn`. Each table changes the weights of a rule and nothing
# else of it. Name this file last under [rules] files: a later file has the last word, and a rule
# under [rules.own] in the configuration itself over all files.
"""


def weights_text(weights: Weights, changes: Sequence[Change]) -> str:
    """The text of a rules file that gives rules other weights.

    Args:
        weights: All weights of each rule as they are to be, by id.
        changes: What is new of them, told in a comment above the rule.
    """
    parts = [_HEAD]
    for rule, by_kind in sorted(weights.items()):
        told = [change for change in changes if change.rule == rule]
        told.sort(key=lambda change: list(Kind).index(change.kind))
        table = {kind.value: float(by_kind[kind]) for kind in Kind if kind in by_kind}
        parts += [*map(_comment, told), rule_text(rule, {"weights": table})]
    return "\n".join(parts)


def _comment(change: Change) -> str:
    before, after = f"{change.before:.4g}", f"{change.after:.4g}"
    return f"# {change.kind.value}: {before} -> {after}, by {change.agree} of {change.posts} posts"


def write_weights(path: Path, text: str, *, force: bool = False) -> None:
    """Write a rules file, whole or not at all.

    Raises:
        Refused: There is one, and `force` was not said.
        TriageError: It cannot be written.
    """
    write_private(path, text, force=force)
