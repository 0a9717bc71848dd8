"""Themes as a support person and a script see them, and `tag --theme`."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.app.theming import say_theme
from triage.core.model import DAY, MINUTE

ANA, BO, CARLOS, FINN = 3, 4, 2, 6
EVIL = "@acme \x1b[2J\x9b1mmy \u202eorder [link=https://x]never[/x] came\x07"


def say(desk: Desk, number: int | str, theme: str | None) -> None:
    """Say what a conversation is about."""
    say_theme(desk.store, desk.conversation(number), theme, "ana", desk.now)


@pytest.fixture
def themed(busy: Desk) -> Desk:
    """Two of last month about refunds; ten days on somebody writes twice, with a hostile text."""
    for number, theme in ((ANA, "refund"), (BO, "refund"), (CARLOS, "app-login")):
        say(busy, number, theme)
    busy.now += 10 * DAY
    for text in (EVIL, "@acme and it is still broken"):
        post = busy.write("mal", text)
        busy.now += MINUTE
        busy.fetch()
        say(busy, post.native_id, "refund")
    return busy


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.usefixtures("themed")
def test_themes(run: Runner, width: int) -> None:
    """Volume, trend, share, people and a sample, cleaned."""
    ran = run("themes", "--since", "10d", tty=True, width=width)
    assert_golden(f"themes-{width}", ran.out)
    assert "next: triage themes show refund" in ran.err


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.usefixtures("themed")
def test_a_theme(run: Runner, width: int) -> None:
    """By week, who raised it, and what they wrote."""
    ran = run("themes", "show", "refund", tty=True, width=width)
    assert_golden(f"themes-show-{width}", ran.out)


@pytest.mark.usefixtures("themed")
def test_for_scripts(run: Runner) -> None:
    """Rows of cells in a pipe, objects in JSON, and no control character in either."""
    rows = [line.split("\t") for line in run("themes", "--since", "10d").out.splitlines()]
    assert rows[0] == [
        *("refund", "2", "2", "0", "2", "1", "1.0", "1"),
        "2026-03-12T09:01:00Z",
        "8",
    ]
    shown = json.loads(run("themes", "--since", "10d", "--json").out)
    [refund, login] = shown["items"]
    assert (refund["mentions"], refund["before"], refund["people"]) == (2, 2, 1)
    assert refund["quotes"][0]["text"] == "@acme and it is still broken"
    assert (login["theme"], login["mentions"], login["before"]) == ("app-login", 0, 1)
    assert shown["from_at"] == "2026-03-02T09:02:00Z"
    ran = run("themes", "show", "refund")
    assert [line.split("\t")[0] for line in ran.out.splitlines()] == ["8", "7", "4", "3"]
    assert not set(ran.out) & {"\x1b", "\x9b", "\u202e", "\x07"}
    [item] = json.loads(run("themes", "show", "refund", "--since", "10d", "--json").out)["items"]
    assert [p["customer"] for p in item["people"]] == ["mal"]
    assert sum(w["mentions"] for w in item["weeks"]) == 2
    assert run("themes", "--csv").out.startswith("theme,mentions,before,trend,")


@pytest.mark.usefixtures("themed")
def test_up_to_a_day(run: Runner) -> None:
    """A day counts to its end, a time to itself."""
    assert run("themes", "--until", "2026-03-01").out == ""
    whole = json.loads(run("themes", "--until", "2026-03-02", "--json").out)
    assert [(i["theme"], i["mentions"]) for i in whole["items"]] == [
        ("refund", 2),
        ("app-login", 1),
    ]
    assert whole["to_at"] == "2026-03-03T00:00:00Z"
    assert run("themes", "--until", "2026-03-02T01:00").out == ""


@pytest.mark.usefixtures("busy")
def test_nothing(run: Runner) -> None:
    """An empty list is one, with a sentence where somebody reads."""
    assert run("themes").out == ""
    assert json.loads(run("themes", "--json").out)["items"] == []
    assert "is about a theme" in run("themes", tty=True).err
    assert run("themes", "show", "refund", tty=True).code == 0


BAD: Sequence[tuple[tuple[str, ...], str]] = (
    (("themes", "--since", "5x"), "--since '5x' is not understood"),
    (("themes", "--since", "99999999d"), "longer than a hundred years"),
    (("themes", "--until", "2020-01-01", "--since", "2021-01-01"), "ends before it begins"),
    (("themes", "show", "no such"), "no name for a theme"),
    (("themes", "show", "\x1b[2J"), "no name for a theme"),
    (("tag", "3"), "Say what it is, or what it is about."),
    (("tag", "3", "--theme", "x y"), "no name for a theme"),
    (("tag", "3", "--theme", "refund", "--no-theme"), "exclude one another"),
)
"""Words, and what is said."""


@pytest.mark.usefixtures("busy")
def test_bad_input(run: Runner) -> None:
    """Each says what is wrong, and is a usage error."""
    for words, says in BAD:
        ran = run(*words)
        assert (ran.code, says in ran.err) == (2, True), (words, ran.err)
        assert "\x1b" not in ran.err


def test_tag_theme(busy: Desk, run: Runner) -> None:
    """Alone or with a kind; the theme stands in `show`, and a new name is told."""
    ran = run("tag", "3", "--theme", "Refund", tty=True)
    assert ran.err == (
        "refund is a new theme: no rule and nobody has named it before.\n#3: it is about refund.\n"
    )
    assert "about refund" in run("show", "3", tty=True).out
    [item] = json.loads(run("tag", "3", "question", "--theme", "refunds", "--json").out)["items"]
    assert (item["kind"], item["before"]) == ("question", "complaint")
    assert (item["theme"], item["theme_before"]) == ("refunds", "refund")
    assert run("tag", "3", "--no-theme", tty=True).err == "#3: it is not about refunds.\n"
    assert busy.store.themes.of(busy.store.reading.thread(3)[0].id) is None
    assert "theme, refund to refunds" in run("log", "3", tty=True).out


def test_a_theme_near_another(busy: Desk, run: Runner) -> None:
    """Whoever mistypes is told what they may have meant."""
    say(busy, ANA, "refund")
    assert "Did you mean refund?" in run("tag", "4", "--theme", "refnd").err
    assert "Did you mean refund?" in run("themes", "show", "refudn", tty=True).err


def test_many_from_a_pipe(busy: Desk, run: Runner) -> None:
    """Ids on standard input; one that is not there keeps no other."""
    ran = run("tag", "-", "--theme", "refund", keys="3\n999\n4\n")
    assert ran.code == 1
    assert [busy.store.themes.of(busy.store.reading.thread(n)[0].id) for n in (3, 4)] == [
        "refund",
        "refund",
    ]


def test_reports_count_by_what_agents_said(busy: Desk, run: Runner) -> None:
    """A report by theme goes by the same word."""
    say(busy, ANA, "refund")
    shown = json.loads(run("report", "--since", "1d", "--by", "theme", "--json").out)
    assert "refund" in json.dumps(shown)
