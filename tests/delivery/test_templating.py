"""Templates are filled in strictly and in a sandbox."""

from __future__ import annotations

import pytest

from triage.core.templating import BrokenTemplate, MissingValue
from triage.delivery.templating import names_in, render

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
