"""Two customers that are one person, and what that changes for what waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from builders import START, Desk, tagger_for
from engines import rows_of
from triage.app import linking, noting
from triage.app.naming import find_whom
from triage.app.showing import load_shown
from triage.core.linking import Links
from triage.core.model import HOUR, MINUTE
from triage.core.people import Whom
from triage.core.policy import Policy, Settings, When
from triage.core.records import WaitView
from triage.errors import Refused

VIP = Policy(10 * MINUTE, name="vip", when=When(attributes=(("vip", "yes"),)))
ANA, BEA, CY = 1, 2, 3


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Ana, Bea and Cy complained five minutes ago; VIPs have ten minutes, others an hour."""
    made = Desk(tmp_path, settings=Settings(special=(VIP,)))
    for handle in ("ana", "bea", "cy"):
        made.write(handle, "@acme it is broken", ago=5 * MINUTE)
    made.fetch()
    yield made
    made.close()


def whom(desk: Desk, name: str) -> Whom:
    """Somebody."""
    return find_whom(desk.store, desk.brand_id, name)


def link(desk: Desk, one: str, other: str) -> linking.Joined:
    """Kim says that the other is the same person."""
    pair = whom(desk, one), whom(desk, other)
    return linking.link(desk.store, *pair, "kim", desk.now, tagger_for)


def unlink(desk: Desk, name: str) -> linking.Joined:
    """Kim says that they are not."""
    return linking.unlink(desk.store, whom(desk, name), "kim", desk.now, tagger_for)


def say(desk: Desk, name: str, value: str | None = "yes") -> None:
    """Kim notes whether somebody is a VIP."""
    noting.note_of(desk.store, whom(desk, name), "vip", value, "kim", desk.now, tagger_for)


def waits(desk: Desk, number: int) -> list[WaitView]:
    """The waits of a conversation."""
    return desk.store.reading.waits(number)


def policies(desk: Desk) -> list[str]:
    """Under which policies ana, bea and cy wait."""
    return [waits(desk, number)[-1].policy for number in (ANA, BEA, CY)]


def test_what_is_noted_of_one_counts_for_both(desk: Desk) -> None:
    """From the link on, whichever of them it was noted of, before it or after; and not any more."""
    say(desk, "@bea")
    assert policies(desk) == ["complaint", "vip", "complaint"]
    link(desk, "@ana", "@bea")
    assert policies(desk) == ["vip", "vip", "complaint"]
    assert noting.attributes_of(desk.store, whom(desk, "@ana")) == {"vip": "yes"}
    say(desk, "@ana", None)
    assert policies(desk) == ["complaint", "complaint", "complaint"]
    say(desk, "@ana", "yes")
    unlink(desk, "@bea")
    assert policies(desk) == ["vip", "vip", "complaint"]
    say(desk, "@bea", None)
    assert policies(desk) == ["vip", "complaint", "complaint"]


def test_what_had_ended_stays_as_it_was_judged(desk: Desk) -> None:
    """Neither a link nor its end changes a wait that was over, nor does judging all again."""
    post = next(p for p in desk.channel.posts.values() if p.author.handle == "ana")
    desk.write("acme", "@ana done", in_reply_to=post.native_id)
    desk.fetch()
    say(desk, "@bea")
    before = waits(desk, ANA)
    desk.now += MINUTE
    link(desk, "@bea", "@ana")
    assert waits(desk, ANA) == before
    desk.now += HOUR
    answered = desk.write("ana", "@acme broken again")
    desk.fetch()
    desk.write("acme", "@ana done", in_reply_to=answered.native_id)
    desk.fetch()
    number = desk.conversation(answered.native_id).id
    ended = waits(desk, number)
    assert [w.policy for w in ended] == ["vip"]
    desk.now += MINUTE
    unlink(desk, "@ana")
    desk.fetch_all_again()
    assert waits(desk, ANA) == before
    assert waits(desk, number) == ended


def test_persons_are_joined_as_wholes(desk: Desk) -> None:
    """Whichever names are used, the main customers are linked: nobody can make a circle."""
    link(desk, "@ana", "@bea")
    joined = link(desk, "@cy", "@bea")
    assert joined.main.handle == "cy"
    assert {c.handle for c in joined.members} == {"cy", "ana", "bea"}
    assert joined.linked_id == whom(desk, "@ana").customer_id
    for one, other in (("@ana", "@cy"), ("@bea", "@ana"), ("@bea", "@bea")):
        with pytest.raises(Refused, match="are one person already"):
            link(desk, one, other)
    assert {row["main_id"] for row in rows_of(desk.store, "person")} == {joined.main.id}


def test_parting_one_takes_whoever_came_with_them(desk: Desk) -> None:
    """Ana and bea were one before cy joined; parted from cy they still are."""
    link(desk, "@ana", "@bea")
    link(desk, "@cy", "@ana")
    left = unlink(desk, "@ana")
    assert [c.handle for c in left.members] == ["cy"]
    ana, bea = whom(desk, "@ana"), whom(desk, "@bea")
    assert ana.members == bea.members == (ana.customer_id, bea.customer_id)
    unlink(desk, "@bea")
    assert rows_of(desk.store, "person") == []


def test_who_cannot_be_parted(desk: Desk) -> None:
    """Somebody who is linked to nobody, and the one whom the others are linked to."""
    with pytest.raises(Refused, match="@ana is linked to nobody"):
        unlink(desk, "@ana")
    link(desk, "@ana", "@bea")
    with pytest.raises(Refused, match="the others are linked to them") as refused:
        unlink(desk, "@ana")
    assert refused.value.hint.endswith(f"customer unlink {whom(desk, '@bea').reference}")


def test_their_history_is_shown_as_one(desk: Desk) -> None:
    """Earlier waits, complaints and marks count whoever of them wrote; nothing is moved."""
    messages = rows_of(desk.store, "message")
    link(desk, "@ana", "@bea")
    shown = load_shown(desk.store, desk.conversation(ANA), desk.now)
    assert [w.conversation_id for w in shown.earlier] == [BEA]
    assert (shown.complaints, shown.marks.complaints) == (2, 2)
    assert rows_of(desk.store, "message") == messages
    unlink(desk, "@bea")
    assert load_shown(desk.store, desk.conversation(ANA), desk.now).earlier == []


def test_who_said_so_stands_in_the_log(desk: Desk) -> None:
    """Who was linked to whom, and parted from whom, by ids that stay."""
    link(desk, "@ana", "@bea")
    unlink(desk, "@bea")
    acts = [a for a in desk.store.activity.log(desk.brand_id, None, None) if "link" in a.what]
    ana, bea = whom(desk, "@ana").reference, whom(desk, "@bea").reference
    assert [(a.agent, a.at, a.what, a.detail, a.before, a.after) for a in acts] == [
        ("kim", START, "link", bea, None, ana),
        ("kim", START, "unlink", bea, ana, None),
    ]


def test_somebody_else_linked_them_meanwhile(desk: Desk) -> None:
    """Two agents at once, with what each had read before: one person comes of it, told as such."""
    ana, bea, cy = (whom(desk, name) for name in ("@ana", "@bea", "@cy"))
    linking.link(desk.store, ana, cy, "kim", desk.now, tagger_for)
    joined = linking.link(desk.store, bea, ana, "bo", desk.now, tagger_for)
    assert {c.handle for c in joined.members} == {"ana", "bea", "cy"}
    assert {row["main_id"] for row in rows_of(desk.store, "person")} == {bea.customer_id}
    noting.note_of(desk.store, cy, "vip", "yes", "kim", desk.now, tagger_for)
    assert policies(desk) == ["vip", "vip", "vip"]
    linking.unlink(desk.store, ana, "bo", desk.now, tagger_for)
    assert len(rows_of(desk.store, "person")) == 2
    assert policies(desk) == ["vip", "complaint", "vip"]


def test_persons_are_what_the_links_say(desk: Desk) -> None:
    """The computed table agrees with the acts, whatever was joined and parted in between."""
    names = ("@ana", "@bea", "@cy")
    for one, other in ((0, 1), (2, 0), (None, 0), (1, 0), (None, 1), (1, 2), (None, 2), (0, 2)):
        with suppress(Refused):
            if one is None:
                unlink(desk, names[other])
            else:
                link(desk, names[one], names[other])
        rows = {r["customer_id"]: r["main_id"] for r in rows_of(desk.store, "person")}
        assert rows == Links(desk.store.people.links(desk.brand_id)).mains()
