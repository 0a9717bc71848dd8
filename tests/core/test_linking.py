"""Who is the same person as whom, and what was noted of one and so of all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depth import deep
from triage.core.linking import Linked, Links, Noted, attributes_over_time, ever_linked
from triage.core.wait import About, Attribute

PEOPLE = range(1, 6)
KEYS = ("vip", "order")

Act = Noted | Linked


def acts_of(words: Sequence[tuple[str, int, int, str]]) -> list[Act]:
    """Acts as agents can make them: links join main customers alone, as `app.linking` does."""
    links = Links()
    made: list[Act] = []
    for number, (what, one, other, key) in enumerate(words, 1):
        act: Act
        if what == "note":
            act = Noted(number, 10 * number, one, key, f"v{other}" if other else None)
        elif what == "link":
            main, joined = links.main_of(one), links.main_of(other or 1)
            if main == joined:
                continue
            act = Linked(number, 10 * number, joined, main)
        else:
            act = Linked(number, 10 * number, one, None)
        if isinstance(act, Linked):
            links.add(act)
        made.append(act)
    return made


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["note", "note", "link", "link", "unlink"]),
        st.sampled_from(PEOPLE),
        st.integers(0, 5),
        st.sampled_from(KEYS),
    ),
    max_size=deep(20, 12),
).map(acts_of)


def parts(acts: Sequence[Act]) -> tuple[list[Noted], list[Linked]]:
    """What was noted, and who was linked."""
    return (
        [act for act in acts if isinstance(act, Noted)],
        [act for act in acts if isinstance(act, Linked)],
    )


def groups(linked: Sequence[Linked]) -> list[set[int]]:
    """Who is one person, told by joining sets of what stands: no trees."""
    stands: dict[int, int] = {}
    for link in linked:
        stands.pop(link.customer_id, None)
        if link.main_id is not None:
            stands[link.customer_id] = link.main_id
    found = [{person} for person in PEOPLE]
    for edge in stands.items():
        touched = [group for group in found if group & set(edge)]
        found = [group for group in found if not group & set(edge)] + [set().union(*touched)]
    return found


@given(ACTS)
def test_what_holds_in_the_end(acts: list[Act]) -> None:
    """The newest word on each key of whoever is in the group, however they came to be in it."""
    noted, linked = parts(acts)
    history = attributes_over_time(noted, linked, PEOPLE)
    for group in groups(linked):
        newest = {act.key: act.value for act in noted if act.customer_id in group}
        wanted = {key: value for key, value in newest.items() if value is not None}
        for person in group:
            assert About(attributes=history[person]).attributes_at(None) == wanted


@given(ACTS)
def test_what_was_known_before_an_act_stays(acts: list[Act]) -> None:
    """A later note, link or unlink only adds to the history: what had ended is as it was."""
    for first, second in pairwise(range(len(acts) + 1)):
        before = attributes_over_time(*parts(acts[:first]), PEOPLE)
        after = attributes_over_time(*parts(acts[:second]), PEOPLE)
        at = acts[second - 1].at
        for person in PEOPLE:
            known = before[person]
            assert after[person][: len(known)] == known
            assert all(change.at == at for change in after[person][len(known) :])


@given(ACTS)
def test_links_make_no_circle(acts: list[Act]) -> None:
    """Everybody has one main customer, who is nobody else, and whom all of a person share."""
    links = Links(parts(acts)[1])
    for group in groups(parts(acts)[1]):
        mains = {links.main_of(person) for person in group}
        assert len(mains) == 1
        assert mains <= group
        assert not links.is_joined(*mains)
    assert links.mains() == {
        person: links.main_of(person)
        for group in groups(parts(acts)[1])
        if len(group) > 1
        for person in group
    }


@given(ACTS)
def test_nobody_else_is_to_be_asked(acts: list[Act]) -> None:
    """What concerns somebody's history is noted of those whom `ever_linked` names."""
    noted, linked = parts(acts)
    whole = attributes_over_time(noted, linked, PEOPLE)
    for person in PEOPLE:
        among = ever_linked(linked, [person])
        some = [act for act in noted if act.customer_id in among]
        assert attributes_over_time(some, linked, [person]) == {person: whole[person]}


def test_a_circle_that_somebody_wrote_is_no_end() -> None:
    """Two processes that a program of ours never lets do so: the second link counts for nothing."""
    links = Links([Linked(1, 0, 1, 2), Linked(2, 0, 2, 1)])
    assert (links.main_of(1), links.main_of(2)) == (2, 2)
    alone = Links([Linked(1, 0, 1, 1)])
    assert alone.main_of(1) == 1


@pytest.mark.parametrize(("unlinked", "left"), [(2, {1, 4}), (4, {1, 2, 3})])
def test_who_had_been_linked_to_somebody_stays_theirs(unlinked: int, left: set[int]) -> None:
    """Parting one parts whoever came with them, and nobody else."""
    links = Links([Linked(1, 0, 3, 2), Linked(2, 0, 2, 1), Linked(3, 0, 4, 1)])
    assert {links.main_of(person) for person in (1, 2, 3, 4)} == {1}
    links.add(Linked(4, 0, unlinked, None))
    assert {person for person in (1, 2, 3, 4) if links.main_of(person) == 1} == left


def test_a_link_changes_what_is_known_from_its_own_time_on() -> None:
    """Ana was no VIP at 20; since 30 she is Bea, who is one; since 40 she is Bea no more."""
    noted = [Noted(1, 10, 2, "vip", "yes"), Noted(2, 11, 1, "order", "7")]
    linked = [Linked(3, 30, 1, 2), Linked(4, 40, 1, None)]
    history = attributes_over_time(noted, linked, [1])[1]
    assert history == [
        Attribute(11, "order", "7"),
        Attribute(30, "vip", "yes"),
        Attribute(40, "vip", None),
    ]
    about = About(attributes=history)
    assert about.attributes_at(20) == {"order": "7"}
    assert about.attributes_at(30) == {"order": "7", "vip": "yes"}
    assert about.attributes_at(40) == {"order": "7"}
