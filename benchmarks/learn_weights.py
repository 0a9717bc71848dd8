"""Learn the weights of the shipped rules and write them back as text.

`triage.core.learning` over what the engine itself finds in a post, with each weight held near a
first guess (`first_guesses.toml`). It learns from nothing but our own made-up posts
(`own_examples/`) and the rows of `mentions-labelled.jsonl` whose source is `ibm-customer-care`
(Apache-2.0), and of those only from the half that may be read (`tagging.is_read`); all other
rows measure. Weights of the experimental languages stay guesses.

    python benchmarks/learn_weights.py            # cross-validate, show, change nothing
    python benchmarks/learn_weights.py --write    # and write src/triage/data/rules/
"""

from __future__ import annotations

import argparse
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tagging import LEARNABLE, Row, figures, is_read, rows_of_shared

from triage.core.learning import Labelled, Weights, cross_validate, examples, learn, rounded
from triage.core.model import Kind
from triage.core.rules import Rule, Tagger
from triage.matching.defaults import load_default_rules, make_tagger

HERE = Path(__file__).parent
RULES = HERE.parent / "src" / "triage" / "data" / "rules"
GUESSES = HERE / "first_guesses.toml"
OWN = HERE / "own_examples"
EXPERIMENTAL = ("spanish", "french", "german")
HOLD = 0.04
"""How strongly a weight is held at its guess, per post of the material.

Chosen on the half of the labelled rows that may be read, where 0.03 to 0.05 did best.
"""
LEAN_RULE = "rather-a-complaint"
LEAN = 0.5
"""What that rule is given on top: a missed complaint costs more than a false one.

Chosen on the same half, so that nine of ten complaints are found there.
"""


def own_rows() -> list[Row]:
    """Our made-up posts in English."""
    found: list[Row] = []
    for file in sorted(OWN.glob("*.jsonl")):
        if file.stem not in EXPERIMENTAL:
            with file.open(encoding="utf-8") as lines:
                items = [json.loads(line) for line in lines]
            found += [Row("own", item["text"], item["kind"]) for item in items]
    return found


def labelled(rows: Sequence[Row]) -> list[Labelled]:
    """Rows as the learner takes them."""
    return [Labelled(row.text, Kind(row.kind), "en") for row in rows]


def guesses_of(rules: Sequence[Rule]) -> dict[str, dict[Kind, float]]:
    """The first guesses; a rule without one is held at what it weighs now."""
    known = tomllib.loads(GUESSES.read_text(encoding="utf-8"))
    plain = {rule.id: {k.value: w for k, w in rule.weights.items()} for rule in rules}
    return {
        rule_id: {Kind(kind): weight for kind, weight in known.get(rule_id, now).items()}
        for rule_id, now in plain.items()
    }


def with_weights(rules: Sequence[Rule], weights: Weights) -> Tagger:
    """A tagger with other weights."""
    return make_tagger(tuple(replace(rule, weights=weights[rule.id]) for rule in rules))


def leaning(weights: Mapping[str, Mapping[Kind, float]]) -> dict[str, dict[Kind, float]]:
    """Weights with `LEAN` added."""
    changed = {rule_id: dict(by_kind) for rule_id, by_kind in weights.items()}
    lean = changed[LEAN_RULE]
    lean[Kind.COMPLAINT] = round(lean.get(Kind.COMPLAINT, 0.0) + LEAN, 1)
    return changed


def pairs_of(tagger: Tagger, rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Label and verdict of each row."""
    return [(row.kind, tagger.judge(row.text, "en").kind.value) for row in rows]


def told(name: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Print two figures."""
    found = figures(pairs)
    recall = next(k.recall for k in found.kinds if k.kind is Kind.COMPLAINT)
    print(f"  {name}: macro-F1 {found.macro_f1:.3f}, complaint recall {recall:.3f}")


def write(weights: Mapping[str, Mapping[Kind, float]]) -> None:
    """Put the weights into the rules' files, and change nothing else in them."""
    for file in sorted(RULES.glob("*.toml")):
        rule_id = ""
        lines: list[str] = []
        for line in file.read_text(encoding="utf-8").splitlines():
            heading = re.fullmatch(r"\[rules\.([a-z0-9-]+)\]", line)
            rule_id = heading[1] if heading else rule_id
            if line.startswith("weights = "):
                inner = ", ".join(f"{kind} = {w:.1f}" for kind, w in weights[rule_id].items())
                lines.append(f"weights = {{ {inner} }}" if inner else "weights = {}")
            else:
                lines.append(line)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Cross-validate, learn, measure, and write if asked to."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help="change the rules' files")
    asked = arguments.parse_args()
    rules = load_default_rules()
    guesses = guesses_of(rules)
    tagger = with_weights(rules, guesses)
    rows = rows_of_shared()
    read = [row for row in rows if is_read(row)]
    material = labelled([row for row in read if row.source == LEARNABLE] + own_rows())
    posts = examples(material, tagger)
    hold = HOLD * len(posts)
    compared = cross_validate(
        material, posts, guesses, tagger, lambda weights: with_weights(rules, weights), hold
    )
    print(f"{len(posts)} learnable posts, cross-validated, without the lean:")
    told("first guesses", [(c.label.value, c.now.value) for c in compared])
    told("learned", [(c.label.value, c.learned.value) for c in compared])
    outcome = leaning(rounded(learn(posts, guesses, hold)))
    print("rows of the half that may be read, but for the learnable ones:")
    measured = [row for row in read if row.source != LEARNABLE]
    told("first guesses", pairs_of(tagger, measured))
    told("learned, leaning", pairs_of(with_weights(rules, outcome), measured))
    if asked.write:
        write(outcome)
        print(f"written: {RULES.name}/ ({len(outcome)} rules)")


if __name__ == "__main__":
    main()
