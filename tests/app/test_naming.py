"""Whom an agent means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import Desk, busy_desk, tagger_for
from triage.app import linking
from triage.app.naming import find_whom
from triage.core.model import HOUR, MINUTE, Author
from triage.core.people import Whom
from triage.errors import NotFound, Refused, UsageError

ANA, BO, FINN = 3, 4, 6


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The busy desk."""
    made = busy_desk(tmp_path)
    yield made
    made.close()


def find(desk: Desk, reference: str) -> Whom:
    """Whom this means."""
    return find_whom(desk.store, desk.brand_id, reference)


def test_every_name_of_a_customer(desk: Desk) -> None:
    """A handle, an id of ours, a conversation, a post, and the URLs of a post or profile."""
    ana = find(desk, "@ana")
    post = next(p for p in desk.channel.posts.values() if p.author.handle == "ana")
    for name in (
        *("ana", " @ANA ", ana.reference, ana.reference.upper(), str(ANA), f"#{ANA}"),
        *(post.native_id, f"https://x.com/ana/status/{post.native_id}?s=20"),
        *("https://x.com/ana", "x.com/Ana/", "https://twitter.com/ana?lang=es#top"),
        *("https://mastodon.social/@ana", "https://bsky.app/profile/ana"),
    ):
        assert find(desk, name) == ana, name
    assert (ana.handle, ana.conversation_id, ana.members) == ("ana", ANA, (ana.customer_id,))
    assert find(desk, "@bo") != ana


def test_a_number_is_a_conversation_and_names_it(desk: Desk) -> None:
    """What is written down then hangs on that one, not on their newest."""
    desk.now += MINUTE
    desk.write("ana", "@acme broken, something else")
    desk.fetch()
    assert find(desk, "@ana").conversation_id == 7
    assert find(desk, str(ANA)).conversation_id == ANA


def test_a_handle_of_digits_needs_its_sign(desk: Desk) -> None:
    """`3` is a conversation; `@3` is somebody called so, and so is a handle like an id."""
    desk.write("3", "@acme it is broken")
    desk.write("c1", "@acme it is broken")
    desk.fetch()
    assert find(desk, "@3").handle == "3"
    assert find(desk, "3").handle == "ana"
    assert find(desk, "@c1").handle == "c1"
    assert find(desk, "c1").customer_id == 1


def test_a_former_handle_leads_to_whoever_had_it(desk: Desk) -> None:
    """Unless somebody has it now."""
    ana = desk.author("ana")
    desk._authors["ana"] = Author(ana.native_id, "ana_b", "Ana")
    desk.now += HOUR
    desk.write("ana", "@acme broken still")
    desk.fetch()
    assert find(desk, "@ANA").handle == "ana_b"
    desk._authors["ana"] = Author("977", "ana", "Another")
    desk.write("ana", "@acme broken as well")
    desk.fetch()
    assert find(desk, "@ana").handle == "ana"
    assert find(desk, "@ana_b").customer_id != find(desk, "@ana").customer_id


def twins(desk: Desk) -> tuple[Whom, Whom]:
    """Two customers with one handle, as after an import of another channel."""
    desk._authors["twin"] = Author("977", "ana", "Ana Díaz")
    desk.write("twin", "@acme it is broken")
    desk.fetch()
    first, second = desk.store.people.by_handle(desk.brand_id, "ana")
    return find(desk, f"c{first.id}"), find(desk, f"c{second.id}")


def test_a_handle_of_two_is_refused_with_their_ids(desk: Desk) -> None:
    """Nobody guesses whose notes these are."""
    first, second = twins(desk)
    with pytest.raises(Refused) as refused:
        find(desk, "@ana")
    told = f"@ana is 2 customers: {first.reference} on memory, {second.reference} on memory."
    assert refused.value.message == told
    assert f"triage customer link {first.reference} {second.reference}" in refused.value.hint


def test_once_they_are_one_person_it_is_theirs(desk: Desk) -> None:
    """The main customer is meant."""
    first, second = twins(desk)
    linking.link(desk.store, second, first, "kim", desk.now, tagger_for)
    found = find(desk, "@ana")
    assert found.customer_id == second.customer_id
    assert found.members == (second.customer_id, first.customer_id)


def test_nobody_was_named(desk: Desk) -> None:
    """An empty name is a mistake of whoever typed it."""
    for name in ("", "  ", "@", "#", "@@"):
        with pytest.raises(UsageError, match="Nobody was named"):
            find(desk, name)


def test_nobody_is_called_so(desk: Desk) -> None:
    """It says where names come from, and repeats nothing that a terminal would obey."""
    for name in (
        *("zed", "@zed", "c999", "c" + "9" * 30, "999", "9" * 40, "#0", "-1", "acme"),
        *("https://x.com/zed", "https://x.com/ana/status/1", "https://x.com/", "x.com/?q=1"),
        *("\x1b[2J", "a\x00b", "\udcff", "%", "' OR 1=1 --", "@" + "é" * 500, "c\u0661"),
    ):
        with pytest.raises(NotFound) as missing:
            find(desk, name)
        assert missing.value.message.startswith("There is no customer ")
        assert "\x1b" not in missing.value.message
        assert len(missing.value.message) < 120
        assert "triage customer list" in missing.value.hint


def test_another_brands_customer_is_not_found(desk: Desk) -> None:
    """One store, two brands: an id of ours of the other one names nobody."""
    ana = find(desk, "@ana")
    with desk.store.tx():
        other = desk.store.accounts.brand("other")
    for name in ("@ana", ana.reference, str(ANA)):
        with pytest.raises(NotFound):
            find_whom(desk.store, other, name)
