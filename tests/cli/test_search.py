"""`triage search`: messages by their words."""

from __future__ import annotations

import json

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.model import HOUR


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.usefixtures("busy")
def test_screen(run: Runner, width: int) -> None:
    """Newest first; the id, the time and the words stand at every width."""
    ran = run("search", "broken", tty=True, width=width)
    assert ran.code == 0
    assert_golden(f"search-{width}", ran.out)


@pytest.mark.usefixtures("busy")
def test_json(run: Runner) -> None:
    """All words must occur, in any order and case; the last may go on."""
    items = json.loads(run("search", "ORDER", "brok", "--json").out)["items"]
    assert [(i["id"], i["author"], i["kind"]) for i in items] == [(3, "ana", "complaint")]
    assert items[0]["posted_at"] == "2026-03-02T06:00:00Z"
    assert items[0]["url"].startswith("https://memory.invalid/ana/")


@pytest.mark.usefixtures("busy")
def test_ours_are_found_too(run: Runner) -> None:
    """What we said is searched like what they said."""
    lines = run("search", "Lyon").out.splitlines()
    assert len(lines) == 1
    assert "acme\town" in lines[0]


@pytest.mark.usefixtures("busy")
def test_nothing_found(run: Runner) -> None:
    """No find is a success, with a sentence on a terminal alone."""
    assert run("search", "zebra") == (0, "", "")
    assert json.loads(run("search", "zebra", "--json").out)["items"] == []
    ran = run("search", "zebra", tty=True)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "No message holds these words: zebra\n"


@pytest.mark.parametrize(
    "words", ['"', "AND OR", "a*b", "!!!", "text:x", "\udcff", "-x", "(", "x'"]
)
@pytest.mark.usefixtures("busy")
def test_any_words_are_only_words(run: Runner, words: str) -> None:
    """What the search engine would read as an operator, or cannot hold, is looked for or missed."""
    assert run("search", "--", words).code == 0


@pytest.mark.usefixtures("busy")
def test_no_words(run: Runner) -> None:
    """Nothing to look for is a usage error."""
    assert run("search", " ").code == 2


@pytest.mark.usefixtures("busy")
def test_limit(run: Runner) -> None:
    """-L gives the newest so many; a pipe gets all."""
    assert len(run("search", "broken").out.splitlines()) == 3
    ran = run("search", "broken", "-L", "1")
    assert ran.out.splitlines()[0].split("\t")[2] == "finn"
    shown = run("search", "broken", "-L", "1", tty=True)
    assert "triage search -L 5 broken" in shown.err


def test_hostile_text_is_harmless(desk: Desk, run: Runner) -> None:
    """Escapes, bidi overrides and markup come out as plain text, and formulas as words."""
    desk.write("eve", "@acme \x1b[2J\x9b broken \u202eevil [link=x]y[/z] \ud800", ago=HOUR)
    desk.fetch()
    for width in (40, 80):
        ran = run("search", "broken", tty=True, width=width)
        assert ran.code == 0
        assert not {"\x1b", "\x9b", "\u202e"} & set(ran.out)
    assert ",'@acme" in run("search", "broken", "--csv").out
