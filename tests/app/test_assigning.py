"""Whose a conversation is: an act, and what follows from the acts, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from both import ENGINES, busy_on
from builders import START, Desk
from triage.app import replying
from triage.app.assigning import Handed, assign, find_agent
from triage.app.claiming import Press
from triage.core.model import DAY, HOUR, MINUTE
from triage.core.outbox import ReplyState
from triage.core.records import Activity
from triage.core.team import Assignment
from triage.errors import NotFound, UsageError

ANA, BO, FINN = 3, 4, 6


@pytest.fixture(params=ENGINES)
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """The busy desk, in a file and on a server whose clock is moved by hand too."""
    yield from busy_on(request.param, tmp_path, monkeypatch)


def give(
    desk: Desk, to: str | None, *, by: str = "ana", why: str = "", number: int = ANA
) -> Handed:
    """Somebody gives a conversation to somebody."""
    return assign(desk.store, desk.conversation(number), to, by, desk.now, why)


def acts(desk: Desk) -> list[Activity]:
    """Who gave what to whom."""
    log = desk.store.activity.log(desk.brand_id, None, None)
    return [act for act in log if act.what == "assign"]


@pytest.mark.enable_socket
def test_handed_over_with_a_reason(desk: Desk) -> None:
    """Each change is one act with before, after and why; what stands is the last one."""
    assert give(desk, "bo") == Handed(None, "bo")
    desk.now += MINUTE
    assert give(desk, "eve", by="bo", why="knows the carrier") == Handed("bo", "eve")
    found = desk.store.team.assignment(ANA)
    assert found == Assignment(ANA, "eve", "bo", START + MINUTE, "knows the carrier")
    assert [(a.agent, a.before, a.after, a.detail) for a in acts(desk)] == [
        ("ana", None, "bo", ""),
        ("bo", "bo", "eve", "knows the carrier"),
    ]
    assert give(desk, None) == Handed("eve", None)
    assert desk.store.team.assignment(ANA) is None
    assert desk.store.team.assignments(desk.brand_id) == {}


@pytest.mark.enable_socket
def test_what_is_theirs_already_is_no_act(desk: Desk) -> None:
    """To the same person again, or to nobody what is nobody's: nothing is written."""
    assert not give(desk, None).is_news
    give(desk, "bo")
    assert not give(desk, "bo", why="again").is_news
    assert len(acts(desk)) == 1


@pytest.mark.enable_socket
def test_it_can_be_computed_again(desk: Desk) -> None:
    """The table follows from the acts: taken away or falsified, it comes back as it was."""
    give(desk, "bo")
    give(desk, "eve", number=BO)
    give(desk, "bo", number=FINN)
    give(desk, None, number=FINN)
    before = desk.store.team.assignments(desk.brand_id)
    assert before == {ANA: "bo", BO: "eve"}
    for damage in (
        "DELETE FROM assignment",
        "UPDATE assignment SET agent = 'mallory'",
        "INSERT INTO assignment SELECT 6, brand_id, 'eve', activity_id FROM assignment LIMIT 1",
    ):
        desk.store.engine.execute(damage)
        with desk.store.tx():
            assert desk.store.team.rebuild(desk.brand_id) == 2
        assert desk.store.team.assignments(desk.brand_id) == before


@pytest.mark.enable_socket
def test_who_answers_is_credited(desk: Desk) -> None:
    """Assigned to ana, answered by bo: the answer is bo's, and it stays ana's to look after."""
    give(desk, "ana")
    draft = desk.draft(ANA, "Sorry!", agent="bo")
    assert replying.send(desk.sender, draft.id, Press("bo")).state is ReplyState.SENT
    [wait] = desk.store.reading.waits(ANA)
    assert wait.agent == "bo"
    assert desk.store.team.assignments(desk.brand_id) == {ANA: "ana"}


@pytest.mark.enable_socket
def test_a_thread_that_becomes_part_of_another_takes_it_along(desk: Desk) -> None:
    """Its acts go with its messages, and whose the whole is follows from them: the last word."""
    desk.now += MINUTE
    second = desk.write("ana", "@acme it is still broken")
    desk.fetch()
    number = desk.conversation(second.native_id).id
    assert number != ANA
    give(desk, "bo", number=number)
    give(desk, "eve")
    give(desk, "kim", number=number)
    with desk.store.tx():
        desk.store.engine.execute(
            "UPDATE message SET thread_id = (SELECT t.thread_id FROM conversation t "
            "WHERE t.id = :ana) WHERE conversation_id = :n",
            {"ana": ANA, "n": number},
        )
        desk.store.judging.mark_conversation(ANA)
    desk.fetch_nothing()
    assert desk.store.team.assignments(desk.brand_id) == {ANA: "kim"}
    assert desk.conversation(number).id == ANA


@pytest.mark.enable_socket
def test_whom_a_name_means(desk: Desk) -> None:
    """Who is in the roster or has worked here; a mistyped name is told, with the likely one."""
    give(desk, "bo", by="Anabel")

    def find(who: str) -> str:
        return find_agent(desk.store, desk.brand_id, who, {"kim"}, desk.now)

    assert (find("kim"), find("Anabel"), find(" Anabel ")) == ("kim", "Anabel", "Anabel")
    with pytest.raises(NotFound) as caught:
        find("anabell")
    assert caught.value.message == "Nobody called anabell works here."
    assert caught.value.reason == "Known: Anabel, bo, kim."
    assert "Did you mean Anabel?" in caught.value.hint
    with pytest.raises(NotFound) as caught:
        find("zz")
    assert "Did you mean" not in caught.value.hint
    assert find("bo") == "bo", "something is his, though he has done nothing yet"
    for odd in ("", "  ", "a\x1b[2Jb", "x" * 101):
        with pytest.raises(UsageError):
            find(odd)
    # Somebody who was there long ago is still known, but not listed.
    desk.now += 40 * DAY + HOUR
    assert find("Anabel") == "Anabel"
    with pytest.raises(NotFound) as caught:
        find("zz")
    assert caught.value.reason == "Known: bo, kim."
