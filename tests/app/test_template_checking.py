"""What is wrong with a template is told before anybody needs it."""

from __future__ import annotations

import pytest

from builders import START
from triage.app.template_checking import Tools, check
from triage.core.templates import Problem, Shelf, Template
from triage.delivery.templating import paths_in, render

TOOLS = Tools(render, paths_in, len, 40)


def wrong(*made: Template, languages: tuple[str, ...] = (), sign: str = "") -> list[str]:
    """All problems of some templates, as they are told."""
    found = check(Shelf(made), TOOLS, sign, "en", languages, ["delivery", "refund"], START)
    return [str(problem) for problem in found]


def make(source: str, name: str = "sorry", lang: str = "", **more: object) -> Template:
    """A template of that text."""
    file = f"{name}.{lang}.txt" if lang else f"{name}.txt"
    return Template(name, lang, source, f"/x/{file}", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "source",
    [
        "Hi {{ customer.first_name }} {{ agent.sign }}",
        "{{ attributes.order }} {{ vars.x }}",
        "{{ attributes['order'] | default('?') }}",
        "{% set n = wait.days %}{% if n > 1 %}{{ n }}{% endif %}",
        "{% for c in customer.handle %}{{ c | upper }}{% endfor %}",
        "{{ customer.first_name.upper() }}",
        "Hi {{ brand.name }} {{ wait.since }}",
    ],
)
def test_what_is_in_order(source: str) -> None:
    """Known names, whatever stands behind a given one, and names of its own."""
    assert wrong(make(source)) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "sorry.txt: there is no text in it."),
        ("a\n{{ x", "sorry.txt, line 2: unexpected end of template"),
        ("a\n{% include 'x' %}", "sorry.txt: no loader for this environment specified."),
        ("{{ customer.handle | shout }}", "sorry.txt, line 1: No filter named 'shout'."),
        (
            "\n{{ custmer.first_name }}",
            (
                "sorry.txt, line 2: nothing is called custmer.first_name. "
                "Did you mean customer.first_name?"
            ),
        ),
        (
            "{{ agent.nam }}",
            "sorry.txt, line 1: nothing is called agent.nam. Did you mean agent.name?",
        ),
        (
            "{{ customer }}",
            (
                "sorry.txt, line 1: customer holds several values; name one, such as "
                "customer.first_name."
            ),
        ),
        (
            "{{ order }}",
            (
                "sorry.txt, line 1: nothing is called order. Write attributes.order, or, if --var "
                'gives it, name it in the head: vars = ["order"].'
            ),
        ),
    ],
)
def test_what_cannot_be_used_or_is_not_meant(source: str, said: str) -> None:
    """With its line and what it should have been."""
    assert any(told.startswith(said) for told in wrong(make(source))), wrong(make(source))


def test_values_that_a_head_names() -> None:
    """Are given by hand."""
    assert wrong(make("{{ order }}", variables=("order",))) == []


def test_a_line_is_that_of_the_file() -> None:
    """Behind its head."""
    assert wrong(make("{{ x", first_line=4))[0].startswith("sorry.txt, line 4: ")


def test_texts_that_are_too_long() -> None:
    """With usual values in them: a long name, an order number, the longest sign."""
    assert wrong(make("x" * 40)) == []
    assert wrong(make("x" * 41)) == ["sorry.txt: 41/40 with usual values, 1 too many."]
    source = "{{ customer.first_name }} {{ attributes.order }} {{ agent.sign }}" + "x" * 13
    assert wrong(make(source)) == []
    told = wrong(make(source), sign="^Alexandra")
    assert told == ["sorry.txt: 42/40 with usual values, 2 too many."]


def test_languages_that_are_missing() -> None:
    """Those of the configuration, or those that the template names itself."""
    both = (make("x"), make("x", lang="es"))
    assert wrong(*both, languages=("en", "es")) == []
    assert wrong(*both, languages=("en", "de", "fr")) == [
        "sorry.txt: sorry is not there in de and fr."
    ]
    own = make("x", languages=("en", "fr"))
    assert wrong(own, languages=("en", "es")) == ["sorry.txt: sorry is not there in fr."]


def test_two_files_in_one_language() -> None:
    """Somebody would edit the one that is not used."""
    assert wrong(make("x"), make("x", lang="en")) == [
        "sorry.txt: sorry.txt and sorry.en.txt are both in en; only the second is used."
    ]


def test_themes_that_no_rule_tells() -> None:
    """It would never be suggested."""
    assert wrong(make("x", themes=("delivry",))) == [
        'sorry.txt: no rule tells the theme "delivry". Did you mean delivery?'
    ]


def test_what_cannot_be_read_is_told_with_the_rest() -> None:
    """In the order of the files."""
    broken = Problem("bad.txt", 2, "not UTF-8 text.")
    found = check(Shelf([make("")], [broken]), TOOLS, "", "en", (), (), START)
    assert [p.file for p in found] == ["bad.txt", "sorry.txt"]
