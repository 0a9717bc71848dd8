"""What is told on stderr: broken between words for a person, one line for a script."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from triage.cli import narrate

LINE = "  three mentions would change their kind: triage rules retag"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A narrow terminal, and somebody who reads along."""
    narrate.set_quiet(quiet=False)
    monkeypatch.setenv("COLUMNS", "24")
    monkeypatch.setattr(narrate, "on_terminal", lambda: True)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("tell", [narrate.say, narrate.warn])
def test_words_stay_whole(tell: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is broken between words, and set in as far as it begins."""
    tell(LINE)
    assert capsys.readouterr().err.splitlines() == [
        "  three mentions would",
        "  change their kind:",
        "  triage rules retag",
    ]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("text", ["", "a  b    c", "  a\n\n b", "/a/path/that/is/longer-than/it"])
def test_what_fits_stays_as_it_is(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Empty lines and columns too; a path stays whole, to be copied."""
    narrate.say(text)
    assert capsys.readouterr().err == f"{text}\n"


def test_a_script_gets_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """However narrow the terminal that started it is."""
    narrate.set_quiet(quiet=False)
    monkeypatch.setenv("COLUMNS", "24")
    narrate.warn(LINE)
    assert capsys.readouterr().err == f"{LINE}\n"


@pytest.mark.usefixtures("terminal")
def test_hostile_text_stays_text(capsys: pytest.CaptureFixture[str]) -> None:
    """What commands a terminal is taken out before the line is measured."""
    narrate.warn("a\x1b[2J\u202eb\x9b2J")
    assert capsys.readouterr().err == "a[2Jb2J\n"


@pytest.mark.usefixtures("terminal")
def test_a_command_stays_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """It stands beside what was done where both fit, and else below: it is to be copied."""
    narrate.say_beside("#2 woken.", "wake 2")
    narrate.say_beside("#2 snoozed until Mon.", "back: triage wake 2")
    narrate.say_beside("#2 is open again.", "")
    assert capsys.readouterr().err.splitlines() == [
        "#2 woken.      wake 2",
        "#2 snoozed until Mon.",
        "  back: triage wake 2",
        "#2 is open again.",
    ]
