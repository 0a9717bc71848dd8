"""What agents say mentions are about, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import START, Desk, busy_desk, tagger_for
from triage.app import retagging
from triage.app.theming import check_name, known_themes, say_theme, themes_of_period
from triage.core.model import DAY, MINUTE, Kind
from triage.core.themes import ThemeLine
from triage.errors import NotFound, UsageError

ANA, BO, CARLOS, FINN = 3, 4, 2, 6
"""Conversations of `busy_desk`: ana, carlos and finn complain, bo asks."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with some of everything."""
    made = busy_desk(tmp_path)
    yield made
    made.close()


def say(desk: Desk, number: int, theme: str | None, *, agent: str = "ana") -> str | None:
    """Say what a conversation is about; a minute passes. Give what it was about before."""
    said = say_theme(desk.store, desk.conversation(number), theme, agent, desk.now)
    desk.now += MINUTE
    return said.before


def lines(desk: Desk, span: int = DAY) -> dict[str, ThemeLine]:
    """The themes of the last day, by name."""
    found = themes_of_period(desk.store, desk.brand_id, desk.now - span, desk.now)
    return {line.name: line for line in found}


def mention(desk: Desk, number: int) -> int:
    """The id of a conversation's first mention."""
    return desk.store.reading.thread(number)[0].id


def test_said_and_logged(desk: Desk) -> None:
    """The newest word counts, and the log has every one, with what it was before."""
    assert say(desk, ANA, "delivery") is None
    assert say(desk, ANA, "refund", agent="bo") == "delivery"
    assert desk.store.themes.of(mention(desk, ANA)) == "refund"
    acts = [a for a in desk.store.activity.log(desk.brand_id, ANA, None) if a.what == "theme"]
    assert [(a.agent, a.before, a.after) for a in acts] == [
        ("ana", None, "delivery"),
        ("bo", "delivery", "refund"),
    ]


def test_about_nothing(desk: Desk) -> None:
    """That it is about no theme is a word too, and wins over the rules."""
    number = mention(desk, ANA)
    desk.store.engine.execute("UPDATE verdict SET theme = 'delivery'")
    assert desk.store.themes.of(number) == "delivery"
    assert say(desk, ANA, None) == "delivery"
    assert desk.store.themes.of(number) is None
    assert lines(desk)["delivery"].mentions == 5


def test_it_survives_retagging(desk: Desk) -> None:
    """The rules may say what they like: what an agent said stays."""
    say(desk, ANA, "refund")
    retagging.retag(desk.store, desk.brand_id, 0, "bo", desk.now, tagger_for)
    verdict = desk.store.reading.verdict(mention(desk, ANA))
    assert verdict is not None
    assert (verdict.kind, verdict.theme) == (Kind.COMPLAINT, "refund")


def test_a_post_of_another_conversation_is_refused(desk: Desk) -> None:
    """What is named must stand there."""
    theirs = desk.store.reading.thread(BO)[0].native_id
    with pytest.raises(NotFound, match="is not a mention in #3"):
        say_theme(desk.store, desk.conversation(ANA), "refund", "ana", desk.now, theirs)


@pytest.mark.parametrize("name", ["", "late delivery", "réfund", "a" * 41, "--", "x\x1b[2J"])
def test_what_cannot_be_a_name(name: str) -> None:
    """A theme is spelled as in rules."""
    with pytest.raises(UsageError, match="no name for a theme"):
        check_name(name)


def test_names_are_folded() -> None:
    """Whoever types capitals means the same theme."""
    assert check_name(" Refund ") == "refund"


def test_figures_of_a_period(desk: Desk) -> None:
    """Volume, complaints, their share, people, quotes; and the period before it."""
    say(desk, ANA, "refund")
    say(desk, BO, "refund")
    say(desk, CARLOS, "app")
    found = lines(desk)
    refund = found["refund"]
    assert (refund.mentions, refund.complaints, refund.people, refund.before) == (2, 1, 2, 0)
    assert refund.share == 1 / 3
    assert [q.conversation_id for q in refund.quotes] == [BO, ANA]
    assert list(found) == ["refund", "app"]
    desk.now = START + DAY
    later = lines(desk)["refund"]
    assert (later.mentions, later.before, later.complaints_before) == (0, 2, 1)
    assert (later.share, later.quotes, later.last_at) == (0.0, (), None)


def test_of_one_account_alone(desk: Desk) -> None:
    """Another account's mentions are not counted."""
    say(desk, ANA, "refund")
    mine = themes_of_period(desk.store, desk.brand_id, 0, desk.now, [desk.account.id])
    assert [line.mentions for line in mine] == [1]
    assert themes_of_period(desk.store, desk.brand_id, 0, desk.now, [999]) == []


def test_what_is_gone_is_counted_and_not_quoted(desk: Desk) -> None:
    """Its author took it back: it was raised all the same."""
    say(desk, ANA, "refund")
    native_id = desk.store.reading.thread(ANA)[0].native_id
    with desk.store.tx():
        desk.store.messages.mark_deleted(desk.brand_id, "memory", [native_id], desk.now)
    refund = lines(desk)["refund"]
    assert (refund.mentions, refund.quotes) == (1, ())


def test_one_person_is_quoted_once(desk: Desk) -> None:
    """The newest of what they wrote, and they are one."""
    first = desk.write("gus", "@acme my refund never came")
    desk.now += MINUTE
    second = desk.write("gus", "@acme my refund is still not here, never")
    desk.now += MINUTE
    desk.fetch()
    for post in (first.native_id, second.native_id):
        say_theme(desk.store, desk.conversation(post), "refund", "ana", desk.now)
    refund = lines(desk)["refund"]
    assert (refund.mentions, refund.people, len(refund.quotes)) == (2, 1, 1)


def test_known_themes(desk: Desk) -> None:
    """Those of agents; a store whose settings have no rules has no others."""
    assert known_themes(desk.store, desk.brand_id) == set()
    say(desk, ANA, "refund")
    assert known_themes(desk.store, desk.brand_id) == {"refund"}
