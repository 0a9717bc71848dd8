"""Lists of people hold whom they should, whatever the customers did, on both engines."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import Desk, tagger_for
from depth import deep
from engines import listening
from triage.app import linking, noting
from triage.app.naming import find_whom
from triage.core.marks import REPEAT_WITHIN, Marks
from triage.core.model import DAY, HOUR, Kind, WaitState
from triage.core.people import REMEMBERED, SILENT_FOR, Listed, PeopleFilter
from triage.core.records import WaitView
from triage.store import people_list

_WORDS = ("it is broken", "thanks a lot", "where are you?", "hm")
_HANDLES = ("ana", "bea", "cy", "dee", "eli", "fay", "gus", "hal")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty desk."""
    made = Desk(tmp_path)
    with made.store.tx():
        # Old mentions have clocks here.
        made.store.engine.execute("UPDATE account SET clocks_from_at = 0")
    yield made
    made.close()


def listed(desk: Desk, **asked: object) -> list[Listed]:
    """People of a filter."""
    return desk.store.people.people(PeopleFilter(desk.brand_id, desk.now, **asked))  # type: ignore[arg-type]


def handles(desk: Desk, **asked: object) -> list[str]:
    """The main customers of a list."""
    return [one.customer.handle for one in listed(desk, **asked)]


def talk(desk: Desk, handle: str, text: str, *, ago: int, answered: int | None = None) -> None:
    """Somebody writes, and is perhaps answered so long ago."""
    post = desk.write(handle, f"@acme {text}", ago=ago)
    if answered is not None:
        desk.write("acme", f"@{handle} done", ago=answered, in_reply_to=post.native_id)


def link(desk: Desk, one: str, other: str) -> None:
    """Two are one person."""
    first, second = (find_whom(desk.store, desk.brand_id, name) for name in (one, other))
    linking.link(desk.store, first, second, "kim", desk.now, tagger_for)


def test_whoever_wrote_last_comes_first(desk: Desk) -> None:
    """A limit takes the first of them; whoever is one person is one line, with their newest."""
    for hours, handle in enumerate(("ana", "bea", "cy", "dee"), 1):
        talk(desk, handle, "hm", ago=hours * HOUR)
    desk.fetch()
    assert handles(desk) == ["ana", "bea", "cy", "dee"]
    assert handles(desk, limit=2) == ["ana", "bea"]
    link(desk, "@dee", "@bea")
    assert handles(desk) == ["ana", "dee", "cy"]
    assert handles(desk, limit=2) == ["ana", "dee"]
    second = listed(desk)[1]
    assert (second.members, second.conversations) == (2, 2)
    assert second.last_at == desk.now - 2 * HOUR


def test_who_waits(desk: Desk) -> None:
    """In how many conversations, and since when; praise waits for nothing."""
    talk(desk, "ana", "it is broken", ago=3 * HOUR)
    talk(desk, "ana", "where are you?", ago=2 * HOUR)
    talk(desk, "bea", "thanks a lot", ago=HOUR)
    talk(desk, "cy", "it is broken", ago=5 * HOUR, answered=HOUR)
    desk.fetch()
    [ana] = listed(desk, waiting=True)
    assert (ana.customer.handle, ana.waiting, ana.waiting_since) == ("ana", 2, desk.now - 3 * HOUR)


def test_who_complains_again(desk: Desk) -> None:
    """In two conversations within 90 days; two complaints in one are one."""
    talk(desk, "ana", "it is broken", ago=REPEAT_WITHIN - DAY, answered=80 * DAY)
    talk(desk, "ana", "it is broken", ago=HOUR)
    first = desk.write("bea", "@acme it is broken", ago=3 * HOUR)
    desk.write("acme", "@bea done", ago=2 * HOUR, in_reply_to=first.native_id)
    desk.write("bea", "@acme broken still", ago=HOUR, in_reply_to=first.native_id)
    talk(desk, "cy", "it is broken", ago=REPEAT_WITHIN, answered=80 * DAY)
    talk(desk, "cy", "it is broken", ago=HOUR)
    desk.fetch_all_again()
    assert handles(desk, repeat=True) == ["ana"]
    assert [one.marks.complaints for one in listed(desk, repeat=True)] == [2]
    link(desk, "@bea", "@cy")
    assert set(handles(desk, repeat=True)) == {"ana", "bea"}


def test_who_praises(desk: Desk) -> None:
    """Twice, or after a complaint; not whoever complained since, and nobody for one thanks."""
    for handle, words in {
        "ana": ("thanks", "thanks"),
        "bea": ("it is broken", "thanks"),
        "cy": ("thanks",),
        "dee": ("thanks", "thanks", "it is broken"),
        "eli": ("it is broken", "hm"),
    }.items():
        for number, text in enumerate(words):
            talk(desk, handle, text, ago=(10 - number) * HOUR)
    desk.fetch()
    assert set(handles(desk, advocates=True)) == {"ana", "bea"}
    desk.now += REMEMBERED
    assert handles(desk, advocates=True) == []


def test_who_fell_silent(desk: Desk) -> None:
    """After an answer to a complaint, for a week; not whoever wrote since, or still waits."""
    talk(desk, "ana", "it is broken", ago=9 * DAY, answered=8 * DAY)
    talk(desk, "bea", "it is broken", ago=9 * DAY, answered=8 * DAY)
    talk(desk, "bea", "thanks", ago=2 * DAY)
    talk(desk, "cy", "it is broken", ago=7 * DAY, answered=6 * DAY)
    talk(desk, "dee", "where are you?", ago=9 * DAY, answered=8 * DAY)
    talk(desk, "eli", "where are you?", ago=10 * DAY)
    talk(desk, "eli", "it is broken", ago=9 * DAY, answered=8 * DAY)
    desk.fetch_all_again()
    assert handles(desk, silent_for=SILENT_FOR) == ["ana"]
    assert handles(desk, silent_for=6 * DAY) == ["cy", "ana"]
    assert handles(desk, silent_for=9 * DAY) == []
    link(desk, "@ana", "@bea")
    assert handles(desk, silent_for=SILENT_FOR) == []


def test_filters_add_up_and_accounts_leave_some(desk: Desk) -> None:
    """Who waits and complains again; and nobody of an account that is not named."""
    for ago in (2, 1):
        talk(desk, "ana", "it is broken", ago=ago * HOUR)
        talk(desk, "bea", "it is broken", ago=ago * DAY, answered=ago * HOUR)
    desk.fetch()
    assert set(handles(desk, repeat=True)) == {"ana", "bea"}
    assert handles(desk, repeat=True, waiting=True) == ["ana"]
    assert handles(desk, account_ids=[desk.account.id]) == ["ana", "bea"]
    assert handles(desk, account_ids=[99], repeat=True) == []
    assert handles(desk, account_ids=[99]) == []


def test_what_is_noted_and_marked(desk: Desk) -> None:
    """The newest word of whoever is the same person; a no makes no VIP."""
    for handle in ("ana", "bea"):
        talk(desk, handle, "it is broken", ago=HOUR)
    desk.fetch()
    link(desk, "@ana", "@bea")

    def say(handle: str, value: str | None) -> None:
        whom = find_whom(desk.store, desk.brand_id, handle)
        noting.note_of(desk.store, whom, "vip", value, "kim", desk.now, tagger_for)

    for handle, value, is_vip in (
        ("@bea", "yes", True),
        ("@ana", "no", False),
        ("@bea", "gold", True),
        ("@ana", None, False),
    ):
        say(handle, value)
        [one] = listed(desk)
        marks = desk.store.marks([1, 2], desk.now - REPEAT_WITHIN)
        assert one.marks.is_vip is is_vip
        assert marks == {1: one.marks, 2: one.marks}
        assert one.attributes == ({} if value is None else {"vip": value})


def test_the_marks_of_a_queue_are_one_query(desk: Desk) -> None:
    """However many lines there are, up to a hundred."""
    for handle in _HANDLES:
        talk(desk, handle, "it is broken", ago=HOUR)
    desk.fetch()
    ids = [item.id for item in desk.waiting()]
    with listening(desk.store.engine) as asked:
        marks = desk.store.marks(ids, desk.now - REPEAT_WITHIN)
    assert len(ids) == len(marks) == 8
    assert len(asked) == 1


def test_many_are_told_as_few_are(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a number everything is read at once: it says the same."""
    for number, handle in enumerate(_HANDLES):
        talk(desk, handle, "it is broken", ago=HOUR + number)
        talk(desk, handle, "thanks", ago=number)
    desk.fetch()
    link(desk, "@ana", "@bea")
    whom = find_whom(desk.store, desk.brand_id, "@bea")
    noting.note_of(desk.store, whom, "vip", "yes", "kim", desk.now, tagger_for)
    few = listed(desk)
    monkeypatch.setattr(people_list, "_MANY", 1)
    assert listed(desk) == few
    assert few[0].marks == Marks("yes", 2)


@pytest.mark.parametrize("seed", range(deep(12, 3)))
def test_against_a_plain_count(desk: Desk, seed: int) -> None:
    """Of histories by chance, with links by chance: what a loop over all waits finds."""
    chance = random.Random(seed)  # noqa: S311 - it need not be a secret
    for handle in _HANDLES:
        for _ in range(chance.randint(0, 4)):
            ago = chance.randint(2, 100) * DAY
            answered = chance.choice([None, ago - DAY, ago - 2 * HOUR])
            talk(desk, handle, chance.choice(_WORDS), ago=ago, answered=answered)
    desk.fetch_all_again()
    known = {c.handle for c in (one.customer for one in listed(desk))}
    for one, other in zip(sorted(known)[::3], sorted(known)[1::3], strict=False):
        link(desk, f"@{one}", f"@{other}")
    people = listed(desk)
    waits = {one.customer.handle: _waits(desk, one) for one in people}
    for asked, is_one in (
        ({"waiting": True}, _is_waiting),
        ({"repeat": True}, _is_repeat),
        ({"advocates": True}, _is_advocate),
        ({"silent_for": SILENT_FOR}, _is_silent),
    ):
        wanted = [
            one.customer.handle for one in people if is_one(desk, waits[one.customer.handle], one)
        ]
        assert handles(desk, **asked) == wanted, asked


def _waits(desk: Desk, one: Listed) -> list[WaitView]:
    return desk.store.reading.customer_waits(desk.store.people.members(one.customer.id))


def _is_waiting(_: Desk, waits: list[WaitView], one: Listed) -> bool:
    is_it = any(w.state is WaitState.OPEN and w.needs_answer for w in waits)
    assert (one.waiting > 0) == is_it
    return is_it


def _is_repeat(desk: Desk, waits: list[WaitView], one: Listed) -> bool:
    since = desk.now - REPEAT_WITHIN
    where = {w.conversation_id for w in waits if w.kind is Kind.COMPLAINT and w.opened_at > since}
    assert one.marks.complaints == len(where)
    return len(where) >= 2


def _is_advocate(_: Desk, waits: list[WaitView], one: Listed) -> bool:
    praised = [w for w in waits if w.kind is Kind.PRAISE]
    complained = [w.opened_at for w in waits if w.kind is Kind.COMPLAINT]
    assert one.praises == len({w.conversation_id for w in praised})
    if not praised or max(w.opened_at for w in praised) <= max(complained, default=0):
        return False
    return bool(complained) or one.praises >= 2


def _is_silent(desk: Desk, waits: list[WaitView], one: Listed) -> bool:
    if any(w.state is WaitState.OPEN and w.needs_answer for w in waits):
        return False
    return any(
        w.kind is Kind.COMPLAINT
        and w.state is WaitState.ANSWERED
        and one.last_at <= (w.ended_at or 0) <= desk.now - SILENT_FOR
        for w in waits
    )
