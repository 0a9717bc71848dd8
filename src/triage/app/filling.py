"""Fill templates in for a customer: their values, their language, and nothing with a hole in it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from triage.app.acting import newest_mention, open_wait
from triage.app.noting import attributes_of, whom_of
from triage.app.showing import zone_of
from triage.core.ports import Store
from triage.core.records import ConversationView
from triage.core.template_values import Facts, put, values_of
from triage.core.templates import Chosen, Shelf, Template, as_language, choose, joined
from triage.core.templating import BrokenTemplate, MissingValue, Render

_HOLE = "…"
_MOST_HOLES = 20


class Author(NamedTuple):
    """Who answers, and for whom.

    Attributes:
        name: The agent.
        sign: How they sign; empty if nobody said.
        brand: Who is written to.
    """

    name: str
    sign: str
    brand: str


class Wishes(NamedTuple):
    """In which language a customer is answered.

    Attributes:
        langs: The most wished first.
        unread: What is noted of them as their language and is none; empty if all is well.
    """

    langs: tuple[str, ...]
    unread: str = ""


def facts_of(
    store: Store, conversation: ConversationView, author: Author, given: Mapping[str, str]
) -> Facts:
    """What a text to the customer of a conversation is filled with."""
    wait = open_wait(store, conversation.id)
    return Facts(
        handle=conversation.customer,
        name=conversation.customer_name,
        attributes=attributes_of(store, whom_of(store, conversation)),
        agent=author.name,
        sign=author.sign,
        brand=author.brand,
        kind=wait.kind.value if wait else "",
        since=wait.opened_at if wait else None,
        due=wait.due_at if wait else None,
        zone=zone_of(store, conversation),
        given=given,
        conversation=conversation.id,
    )


def wishes_of(store: Store, conversation: ConversationView) -> Wishes:
    """The languages that a customer would be answered in: the noted one, then their last post's."""
    noted = attributes_of(store, whom_of(store, conversation)).get("language", "")
    newest = newest_mention(store, conversation)
    langs = [as_language(noted), as_language(newest.lang if newest else None)]
    unread = noted if noted and not langs[0] else ""
    return Wishes(tuple(dict.fromkeys(lang for lang in langs if lang)), unread)


def choose_for(
    shelf: Shelf, names: Sequence[str], wishes: Wishes, default: str, told: str = ""
) -> Chosen:
    """Choose the language of some templates; see `core.templates.choose`.

    Args:
        shelf: All templates.
        names: Which are to be joined.
        wishes: The customer's.
        default: That of files that name none.
        told: A language that whoever answers has chosen; nothing else will do then.
    """
    return choose(shelf, names, [told] if told else wishes.langs, default, strict=bool(told))


def fill(templates: Sequence[Template], facts: Facts, render: Render, now: int) -> str:
    """Fill templates in and join them.

    Args:
        templates: In their order, in one language.
        facts: What they are filled with.
        render: What fills one in.
        now: UTC ms.

    Raises:
        MissingValue: Something has no value; it names all of it.
        BrokenTemplate: One cannot be read.
    """
    values = values_of(facts, now)
    holes: dict[str, str] = {}
    parts = []
    for one in templates:
        part, missing = _fill_one(one, values, render)
        holes |= dict.fromkeys(missing, one.name)
        parts.append(part)
    if holes:
        first, *others = holes
        names = set(holes.values())
        raise MissingValue(
            first,
            template=names.pop() if len(names) == 1 else "",
            others=others,
            hint=_hint(first, facts.conversation),
        )
    return joined(parts, facts.sign)


def sample(template: Template, facts: Facts, render: Render, now: int, worth: str) -> str:
    """A template filled in with made-up values, to see how long it becomes.

    Args:
        template: Which.
        facts: Of somebody made up.
        render: What fills it in.
        now: UTC ms.
        worth: What stands for whatever else it asks for.

    Raises:
        BrokenTemplate: It cannot be filled in like that.
    """
    return _fill_one(template, values_of(facts, now), render, worth)[0]


def _fill_one(
    template: Template, values: dict[str, object], render: Render, worth: str = _HOLE
) -> tuple[str, list[str]]:
    """One template filled in, and the names of what has no value and was given one."""
    missing: list[str] = []
    while True:
        try:
            return render(template.in_place, values, name=template.name), missing
        except BrokenTemplate:
            # What stands for a value may be of another sort: the hole is what is told.
            if not missing:
                raise
            return "", missing
        except MissingValue as hole:
            values = copy.deepcopy(values)
            if len(missing) >= _MOST_HOLES or not put(values, hole.name, worth):
                if not missing:
                    raise
                return "", missing
            missing.append(hole.name)


def _hint(name: str, conversation: int) -> str:
    """How something gets a value."""
    table, _, key = name.partition(".")
    if table == "attributes" and key:
        return f"Give it: --var {key}=..., note it: triage customer set {conversation} {key}=..."
    if table == "vars":
        return f"Give it: --var {key}=..."
    if not key:
        return f"Give it: --var {name}=..., see that it is spelled right: triage templates check"
    if name == "agent.sign":
        return 'Say how you sign in the configuration: [templates] signs = { NAME = "^AD" }'
    if table == "wait":
        return "It is known only while the customer waits for an answer that is due"
    return "Is it spelled right? triage templates check"
