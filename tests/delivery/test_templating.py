"""Templates are filled in strictly and in a sandbox."""

from __future__ import annotations

import pytest

from triage.core.templating import BrokenTemplate, MissingValue
from triage.delivery.templating import names_in, paths_in, render

VALUES = {"customer": {"first_name": "Ana & Co"}, "attributes": {"order": "{{ agent }}"}}


def test_values_are_put_in_as_they_are() -> None:
    """Nothing is escaped, and what a customer wrote is not read as a template."""
    text = render("Hi {{ customer.first_name }}: {{ attributes.order }}\n", VALUES)
    assert text == "Hi Ana & Co: {{ agent }}"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{{ attributes.colour }}", "attributes.colour"),
        ("{{ attributes.colour | upper }}", "attributes.colour"),
        ("{% if attributes.vip == 'yes' %}x{% endif %}", "attributes.vip"),
        ("{{ agent.sign }}", "agent"),
        ("{{ nobody }}", "nobody"),
    ],
)
def test_what_has_no_value_is_named(source: str, name: str) -> None:
    """In full, as the template writes it."""
    with pytest.raises(MissingValue) as raised:
        render(source, VALUES, name="sorry")
    assert raised.value.name == name
    assert name in raised.value.message
    assert "sorry" in raised.value.message


def test_a_default_fills_the_hole() -> None:
    """The template says so itself."""
    assert render("{{ attributes.colour | default('grey') }}", VALUES) == "grey"


@pytest.mark.parametrize(
    "source",
    [
        "{{ customer.first_name",
        "{% for x in %}",
        "{{ customer.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ 1 // 0 }}",
        "{{ customer.first_name | nosuchfilter }}",
        "{% include 'x' %}",
    ],
)
def test_what_templates_may_not_is_a_clear_error(source: str) -> None:
    """No traceback, and no way out of the sandbox."""
    with pytest.raises((BrokenTemplate, MissingValue)):
        render(source, VALUES)


def test_the_names_that_a_template_asks_for() -> None:
    """At the top alone."""
    assert names_in("{{ customer.x }}{% set y = 1 %}{{ y }}{{ z }}") == {"customer", "z"}


def test_the_paths_that_a_template_asks_for() -> None:
    """In full, with the line in which each stands first; not what it names itself."""
    source = (
        "Hi {{ customer.first_name }}\n{{ attributes['order'] | default('x') }}"
        "{% if wait.days > 1 %}{{ order }}{% endif %}\n{% set a = 1 %}{{ a }}{{ wait.days }}"
    )
    assert paths_in(source) == {
        "customer.first_name": 1,
        "attributes.order": 2,
        "wait.days": 2,
        "order": 2,
    }


@pytest.mark.parametrize(
    ("source", "line"), [("a\n{{ x | nosuch }}", 2), ("\n\n{% if %}", 3), ("{{" * 300, None)]
)
def test_what_cannot_be_read_has_a_line(source: str, line: int | None) -> None:
    """Where that is known; looking at a template refuses what filling it in would."""
    with pytest.raises(BrokenTemplate) as raised:
        paths_in(source)
    assert raised.value.line == line


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ customer }}", "customer holds several values: customer.first_name."),
        ("{{ 'abc' | truncate(-1) }}", "expected length >= 3, got -1."),
        ("{{ 'abc' | round }}", "doesn't define __round__ method."),
    ],
)
def test_what_a_filter_cannot_do_is_told(source: str, said: str) -> None:
    """In its own words, and never as a mistake of ours."""
    with pytest.raises(BrokenTemplate) as raised:
        render(source, VALUES, name="sorry")
    assert said in raised.value.message


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10000000000 }}",
        "{{ 10000000000 * 'a' }}",
        "{{ 9 ** 99999999 }}",
        "{{ '%10000000000d' % 1 }}",
        "{{ 'a' | center(10000000000) }}",
        "{{ '%10000000000d' | format(1) }}",
    ],
)
def test_a_short_template_fills_no_memory(source: str) -> None:
    """Whatever would make much of little is refused; small numbers and repeats are worked out."""
    with pytest.raises(BrokenTemplate):
        render(source, {})
    assert render("{{ days * 2 }}{{ '-' * 3 }}", {"days": 7}) == "14---"
