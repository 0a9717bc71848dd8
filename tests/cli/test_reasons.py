"""The reasons of a verdict in words, as every command shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens import Runner
from triage.cli import reasons
from triage.core.kinds import Kind
from triage.core.model import Evidence

C, P = Kind.COMPLAINT, Kind.PRAISE


def reason(text: str = "late", note: str = "", **weights: float) -> Evidence:
    """A reason of the rule `late`."""
    weighed = {Kind(kind): weight for kind, weight in weights.items()}
    return Evidence("late", text, 0, len(text), weighed, note)


@pytest.mark.parametrize(
    ("toward", "words"),
    [
        (None, 'late "late" praise -1.5 (negated)'),
        (C, 'late "late" +0.5 (negated)'),
        (P, 'late "late" -1.5 (negated)'),
        (Kind.OTHER, 'late "late" praise -1.5 (negated)'),
    ],
)
def test_in_words(toward: Kind | None, words: str) -> None:
    """The weight toward the kind in question; else the strongest, with its kind."""
    assert reasons.in_words(reason(note="negated", complaint=0.5, praise=-1.5), toward) == words


def test_what_is_missing_is_left_out() -> None:
    """No weight, no words, no note: no empty quotes and no nought."""
    assert reasons.in_words(reason(note="negated", complaint=0.0)) == 'late "late" (negated)'
    assert reasons.in_words(reason(text="", complaint=1.0)) == "late complaint +1.0"
    assert reasons.cells(reason(text="")) == ["late", "", "nothing"]


def test_cells() -> None:
    """Every weight, the strongest first."""
    found = reasons.cells(reason(note="softened", complaint=0.5, praise=-1.5))
    assert found == ["late", '"late"', "praise -1.50, complaint +0.50 (softened)"]


def test_words_of_a_post_are_cut_and_cleaned() -> None:
    """They stand on one line and command nothing."""
    post = "a\x1b[2J\nb " + "c" * 50
    assert reasons.quoted(reason(text=post)) == f'"a[2J b {"c" * 23}…"'
    assert "\x1b" not in reasons.in_words(reason(text=post, complaint=1.0))


def test_classify_shows_the_same_words(home: Path, run: Runner) -> None:
    """In a pipe and on a terminal: what `rules why` says of a match, with its note."""
    rule = '[rules.own.late]\nphrases = ["late"]\nweights = { complaint = 0.5 }\n'
    with (home / ".config/triage/config.toml").open("a") as config:
        config.write(f"\n[rules]\ndefaults = false\n{rule}")
    (home / "texts").write_text("late, late\n")
    words = 'late "late" complaint +0.5, late "late" complaint +0.2 (repeated)'
    for tty in (False, True):
        assert words in run("classify", str(home / "texts"), tty=tty).out
