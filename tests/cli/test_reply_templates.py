"""`triage reply -t`: templates filled in, joined, looked at and sent as any reply is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.model import DAY
from triage.core.outbox import ReplyState

SORRY = "Hi Ana, we are sorry about that."
TRACKING = "Your order 8841 is on its way."


@pytest.fixture
def desk(busy: Desk, home: Path) -> Desk:
    """The busy desk with templates, where ana signs."""
    config = home / ".config" / "triage" / "config.toml"
    config.write_text(f'{config.read_text()}[templates]\nsigns = {{ ana = "^AD" }}\n')
    folder = config.parent / "templates"
    folder.mkdir()
    for name, text in {
        "sorry": "Hi {{ customer.first_name }}, we are sorry about that.",
        "sorry.es": "Hola {{ customer.first_name }}, lo sentimos mucho.",
        "tracking": "Your order {{ attributes.order }} is on its way.",
        "bye": "Have a nice day. {{ agent.sign }}",
        "signed": "We look into it. {{ agent.sign }}",
        "long": "{% for c in 'x' * 30 %}We are looking into it. {% endfor %}",
    }.items():
        (folder / f"{name}.txt").write_text(f"{text}\n")
    return busy


def rows(desk: Desk) -> list[tuple[str, str]]:
    """All texts and states."""
    replies = desk.store.outbox.list_states(desk.brand_id, list(ReplyState))
    return [(r.text, r.state.value) for r in replies]


def test_two_templates_are_one_reply(desk: Desk, run: Runner) -> None:
    """In their order, with values by hand; sent once."""
    words = ("-t", "sorry", "-t", "tracking", "--var", "order=8841")
    assert run("reply", "3", *words, "-y").code == 0
    assert len(desk.public(f"{SORRY} {TRACKING}")) == 1


def test_the_screen_shows_the_length_of_what_goes_out(desk: Desk, run: Runner) -> None:
    """Filled in, before anybody is asked."""
    ran = run("reply", "3", "-t", "sorry", "-t", "bye", tty=True, keys="p\n")
    assert ran.code == 0
    assert_golden("reply-template-80", ran.out)
    assert rows(desk) == [(f"{SORRY} Have a nice day. ^AD", "draft")]


def test_a_hole_is_not_sent(desk: Desk, run: Runner) -> None:
    """It is named with what to type, exit code 1; nothing is saved, claimed or sent."""
    ran = run("reply", "3", "-t", "tracking", "-y")
    assert (ran.code, ran.out) == (1, "")
    assert "attributes.order of the template tracking has no value here." in ran.err
    assert "--var order=..., note it: triage customer set 3 order=..." in ran.err
    assert rows(desk) == []
    assert desk.store.claims.get(3, desk.now) is None


def test_what_is_noted_fills_it(desk: Desk, run: Runner) -> None:
    """An order that somebody noted need not be typed."""
    assert run("customer", "set", "3", "order=8841").code == 0
    assert run("reply", "3", "-t", "tracking", "-y").code == 0
    assert len(desk.public(TRACKING)) == 1


def test_a_text_stands_behind_the_templates(desk: Desk, run: Runner) -> None:
    """And the sign behind both."""
    assert run("reply", "3", "It will take a day.", "-t", "signed", "-y").code == 0
    assert rows(desk)[0][0] == "We look into it. It will take a day. ^AD"


@pytest.mark.parametrize("said", ["es", "Spanish"])
def test_the_language_of_the_customer(desk: Desk, run: Runner, said: str) -> None:
    """As it is noted; --language wins over it."""
    run("customer", "set", "3", f"language={said}")
    show = ("reply", "3", "-t", "sorry", "--dry-run")
    assert run(*show).out == "Hola Ana, lo sentimos mucho.\n"
    assert run(*show, "--language", "en").out == f"{SORRY}\n"
    ran = run("reply", "3", "-t", "sorry", "-t", "bye", "--dry-run")
    assert ran.out.startswith("Hi Ana")
    assert "Not all of the templates are there in es; this is en." in ran.err
    ran = run("reply", "3", "-t", "bye", "--language", "es", "-y")
    assert (ran.code, ran.out) == (1, "")
    assert "The template bye is not there in es." in ran.err
    assert desk.public("Have a nice day. ^AD") == []


@pytest.mark.usefixtures("desk")
def test_a_language_that_is_none_is_told(run: Runner) -> None:
    """It was noted in vain."""
    run("customer", "set", "3", "language=that of her mother")
    ran = run("reply", "3", "-t", "sorry", "--dry-run")
    assert "not understood: that of her mother." in ran.err
    assert ran.out == f"{SORRY}\n"


def test_split_and_at(desk: Desk, run: Runner) -> None:
    """A template that is too long becomes a thread; any can wait for its time."""
    assert "too many" in run("reply", "3", "-t", "long", "-y").err
    assert run("reply", "3", "-t", "long", "--split", "-y").code == 0
    ours = [p for p in desk.channel.posts.values() if p.author.handle == "acme"]
    assert sum("We are looking into it." in p.text for p in ours) == 3
    assert run("reply", "4", "-t", "bye", "-y", "--at", "2h").code == 0
    assert rows(desk)[-1] == ("Have a nice day. ^AD", "scheduled")


def test_the_editor_opens_on_it(
    desk: Desk, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --edit, or e: what is changed there is what goes out."""
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nsed -i "s/sorry/very sorry/" "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("TRIAGE_EDITOR", str(script))
    assert run("reply", "3", "-t", "sorry", "--edit", tty=True, keys="p\n").code == 0
    very = SORRY.replace("sorry", "very sorry")
    assert rows(desk) == [(very, "draft")]
    assert run("reply", "3", "-t", "sorry", tty=True, keys="e\ny\n").code == 0
    assert len(desk.public(very)) == 1


def test_the_same_sentence_is_told(desk: Desk, run: Runner) -> None:
    """Whoever answers a second time sees that it was said, and decides."""
    assert run("reply", "3", "-t", "sorry", "-y").code == 0
    desk.now += 2 * DAY
    desk.write("ana", "@acme it is broken again")
    desk.fetch()
    told = '@ana was told the same 2d ago: "Hi Ana, we are sorry about that."'
    last = next(str(item.id) for item in desk.waiting() if item.customer == "ana")
    ran = run("reply", last, "-t", "sorry", "--dry-run")
    assert told in ran.err
    item = json.loads(run("reply", last, "-t", "sorry", "--dry-run", "--json").out)["items"][0]
    assert [g["code"] for g in item["guards"]] == ["said-before"]
    ran = run("reply", last, "-t", "sorry", "-y")
    assert ran.code == 0
    assert told in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--var", "order=1"), "--var is for templates, and none is named."),
        (("--language", "es"), "--language is for templates, and none is named."),
        (("-t", "sorry", "--var", "order"), "--var order: not KEY=VALUE."),
        (("-t", "sorry", "--var", "order="), "--var order: a value has 1 to 500 characters."),
        (("-t", "sorry", "--var", "agent=x"), "templates have something else under that name"),
        (("-t", "sorry", "--language", "klingonisch"), "--language klingonisch: no language."),
        (("-t", "sorry", "--edit"), "--edit needs a terminal"),
        (("-t", "sorry", "-t", "sorry"), "-t sorry is there twice."),
    ],
)
def test_mistakes(desk: Desk, run: Runner, words: tuple[str, ...], said: str) -> None:
    """Are usage errors, and nothing is saved."""
    ran = run("reply", "3", "-y", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert rows(desk) == []


def test_words_that_were_given_are_kept(desk: Desk, run: Runner) -> None:
    """Where a template cannot be filled in, what stood beside it is not lost, and is offered."""
    ran = run("reply", "3", "Long words of mine.", "-t", "tracking", "-y")
    assert (ran.code, rows(desk)) == (1, [])
    assert "What you wrote is kept in" in ran.err
    ran = run("reply", "3", tty=True, keys="x\n")
    assert 'Unsaved words of yours from 09:00: "Long words of mine."' in ran.out + ran.err


def test_no_such_template(desk: Desk, run: Runner) -> None:
    """The nearest is named."""
    ran = run("reply", "3", "-t", "sory", "-y")
    assert (ran.code, ran.out) == (1, "")
    assert "Did you mean sorry?" in ran.err
    assert rows(desk) == []
