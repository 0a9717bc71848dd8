"""Templates filled in for a customer of the desk: their values, their language, no holes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from builders import START, Desk, busy_desk, tagger_for
from triage.app.filling import Author, Wishes, choose_for, facts_of, fill, wishes_of
from triage.app.noting import note
from triage.core.model import HOUR, MINUTE
from triage.core.templates import Shelf, Template
from triage.core.templating import BrokenTemplate, MissingValue
from triage.delivery.templating import render

AUTHOR = Author("ana", "^AD", "Acme")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The busy desk."""
    return busy_desk(tmp_path)


def text(
    desk: Desk,
    *sources: str,
    number: int = 3,
    author: Author = AUTHOR,
    given: Mapping[str, str] | None = None,
) -> str:
    """Templates filled in for a conversation."""
    made = [Template(f"t{n}", "", source, f"t{n}.txt") for n, source in enumerate(sources, 1)]
    facts = facts_of(desk.store, desk.conversation(number), author, given or {})
    return fill(made, facts, render, desk.now)


def set_(desk: Desk, key: str, value: str) -> None:
    """Note something of ana."""
    note(desk.store, desk.conversation(3), key, value, "bo", desk.now, tagger_for)


@pytest.mark.parametrize(
    ("source", "filled"),
    [
        ("{{ customer.first_name }}, {{ customer.name }}, {{ customer.handle }}", "Ana, Ana, ana"),
        ("{{ agent.name }} {{ agent.sign }}", "ana ^AD"),
        ("{{ brand.name }}", "Acme"),
        ("{{ wait.kind }} since {{ wait.since }}", "complaint since 2026-03-02 06:00"),
        ("due {{ wait.due }}, {{ wait.hours }} h", "due 2026-03-02 07:00, 3 h"),
        ("{% if wait.days %}days{% else %}hours{% endif %}", "hours"),
    ],
)
def test_what_is_known(desk: Desk, source: str, filled: str) -> None:
    """Of the customer, who answers, and the wait."""
    assert text(desk, source) == filled


def test_attributes_and_values_by_hand(desk: Desk) -> None:
    """What is given by hand stands over what is noted, under three names, and is not noted."""
    set_(desk, "order", "1")
    set_(desk, "order-id", "2")
    assert text(desk, "{{ attributes.order }} {{ attributes.order_id }}") == "1 2"
    source = "{{ attributes.order }} {{ vars.order }} {{ order }}"
    assert text(desk, source, given={"order": "8841"}) == "8841 8841 8841"
    assert text(desk, "{{ attributes.order }}") == "1"


def test_everything_without_a_value_is_named_at_once(desk: Desk) -> None:
    """Over all templates; the first with how it gets one."""
    with pytest.raises(MissingValue) as raised:
        text(desk, "{{ attributes.order }} {{ customer.handle }}", "{{ attributes.day }} {{ x }}")
    assert raised.value.names == ("attributes.order", "attributes.day", "x")
    assert raised.value.message == ("attributes.order, attributes.day and x have no value here.")
    assert "--var order=..., note it: triage customer set 3 order=..." in raised.value.hint


@pytest.mark.parametrize(
    ("source", "number", "name", "hint"),
    [
        ("{{ agent.sign }}", 3, "agent.sign", "[templates] signs"),
        ("{{ wait.due }}", 2, "wait.due", "only while the customer waits"),
        ("{{ vars.order }}", 3, "vars.order", "--var order=..."),
        ("{{ custmer.first_name }}", 3, "custmer", "spelled right"),
        ("{{ customer.frist_name }}", 3, "customer.frist_name", "spelled right"),
        ("{% if attributes.n > 3 %}x{% endif %}", 3, "attributes.n", "--var n=..."),
    ],
)
def test_how_to_give_a_value(desk: Desk, source: str, number: int, name: str, hint: str) -> None:
    """Said by what it is that has none."""
    with pytest.raises(MissingValue) as raised:
        text(desk, source, number=number, author=AUTHOR._replace(sign=""))
    assert raised.value.name == name
    assert hint in raised.value.hint


def test_a_default_is_no_hole(desk: Desk) -> None:
    """The template says itself what stands there then."""
    source = (
        "Hi{% if attributes.x is defined %} {{ attributes.x }}{% endif %} {{ y | default('') }}"
    )
    assert text(desk, source) == "Hi"


def test_what_is_wrong_is_told_with_the_line_of_the_file(desk: Desk) -> None:
    """The head counts."""
    one = Template("sorry", "", "Hi\n{% if %}", "sorry.txt", first_line=5)
    facts = facts_of(desk.store, desk.conversation(3), AUTHOR, {})
    with pytest.raises(BrokenTemplate, match="sorry cannot be read: line 6"):
        fill([one], facts, render, desk.now)


def test_hostile_values(desk: Desk) -> None:
    """No value is read as a template, and none reaches a post with what commands a terminal."""
    set_(desk, "order", "{{ agent.name }}\x1b[2J")
    assert text(desk, "{{ attributes.order }}") == "{{ agent.name }}[2J"
    with pytest.raises(BrokenTemplate, match="holds several values"):
        text(desk, "{{ attributes }}")


def write_in(desk: Desk, lang: str) -> None:
    """Ana writes once more, in a language."""
    post = desk.write("ana", "@acme still broken")
    desk.channel.posts[post.native_id] = replace(post, lang=lang)


SHELF = Shelf([Template("sorry", lang, "x", "x") for lang in ("", "es", "fr")])


def test_the_language_of_the_last_post(tmp_path: Path) -> None:
    """As the channel tells it; what it says of pictures is none."""
    desk = Desk(tmp_path)
    write_in(desk, "es")
    desk.fetch()
    number = desk.waiting()[0].id
    talk = desk.conversation(number)
    assert wishes_of(desk.store, talk) == Wishes(("es",))
    note(desk.store, talk, "language", "French", "bo", desk.now, tagger_for)
    wishes = wishes_of(desk.store, talk)
    assert wishes == Wishes(("fr", "es"))
    assert choose_for(SHELF, ["sorry"], wishes, "en").lang == "fr"
    assert choose_for(SHELF, ["sorry"], wishes, "en", "en").templates[0].lang == ""
    note(desk.store, talk, "language", "the one of her mother", "bo", desk.now, tagger_for)
    assert wishes_of(desk.store, talk) == Wishes(("es",), "the one of her mother")


def test_times_are_those_of_the_account(desk: Desk) -> None:
    """Waits are told in the zone in which people of the account read times."""
    assert desk.now == START
    assert text(desk, "{{ wait.since }}", number=6) == "2026-03-02 08:50"
    desk.now += 2 * HOUR + 10 * MINUTE
    assert text(desk, "{{ wait.hours }}", number=6) == "2"
