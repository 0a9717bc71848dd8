"""Rules that ask for something noted of a customer: a VIP's words may weigh otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import START, Desk
from triage.app.acting import close
from triage.app.applying import apply_settings
from triage.app.judging import judge_pending
from triage.app.noting import note
from triage.app.retagging import changes
from triage.core.kinds import Kind
from triage.core.model import HOUR, MINUTE, CloseReason
from triage.core.policy import Settings
from triage.core.ports import Tagger
from triage.core.retagging import Difference
from triage.core.rule import Rule
from triage.core.rules_data import rules_from_data, rules_to_data
from triage.core.waits import Judge
from triage.matching.defaults import make_tagger

BROKEN = Rule("broken", phrases=("broken",), weights={Kind.COMPLAINT: 2.0})
PRESS = Rule(
    "press-asks",
    phrases=("comment",),
    weights={Kind.QUESTION: 12.0},
    priority="press",
    customer=(("journalist", "yes"),),
)
TIER = Rule("gold", sign=None, phrases=("hello",), theme="gold", customer=(("tier", "Gold"),))


def tagger_for(judge: Judge) -> Tagger:
    """The real engine over the rules of a snapshot."""
    return make_tagger(rules_from_data(judge.settings.rules))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Ana and Bo want a comment; one rule asks who wants it."""
    rules = rules_to_data([BROKEN, PRESS, TIER])
    made = Desk(tmp_path, settings=Settings(rules=rules))
    made.write("ana", "@acme a comment please, it is broken", ago=5 * MINUTE)
    made.write("bo", "@acme a comment please, it is broken", ago=5 * MINUTE)
    fetch(made)
    return made


def fetch(desk: Desk) -> None:
    """Bring in what was written, and judge it by the real engine."""
    desk.fetch_without_judging()
    judge_pending(desk.store, desk.brand_id, tagger_for)


def say(desk: Desk, key: str, value: str | None, number: int = 1) -> None:
    """Kim notes it of the customer of a conversation."""
    note(desk.store, desk.conversation(number), key, value, "kim", desk.now, tagger_for)


def taken_for(desk: Desk, number: int) -> list[tuple[str, str | None]]:
    """What the mentions of a conversation are taken for, with why they cannot wait."""
    found = [desk.store.reading.verdict(m.id) for m in desk.store.reading.thread(number)]
    return [(v.kind.value, v.priority) for v in found if v is not None]


def test_the_engine_leaves_out_what_asks_for_more() -> None:
    """Words, marks and reasons alike; conditions are read as those of policies are."""
    engine = make_tagger((BROKEN, PRESS, TIER))
    text = "hello, a comment please, it is broken"
    assert engine.judge(text).kind is Kind.COMPLAINT
    assert engine.judge(text, "en", {"journalist": "no"}) == engine.judge(text)
    pressed = engine.judge(text, "en", {"journalist": "El País"})
    assert (pressed.kind, pressed.priority, pressed.theme) == (Kind.QUESTION, "press", None)
    assert engine.judge(text, "en", {"tier": "GOLD"}).theme == "gold"
    assert engine.judge(text, "en", {"tier": "silver"}).theme is None


def test_a_sign_may_ask_too() -> None:
    """It is a rule like any other."""
    rule = Rule("marks", sign="question-mark", priority="press", customer=(("vip", "yes"),))  # type: ignore[arg-type]
    engine = make_tagger((rule, BROKEN))
    assert engine.judge("broken?").priority is None
    assert engine.judge("broken?", None, {"vip": "yes"}).priority == "press"


def test_what_waits_is_tagged_again_when_it_is_noted(desk: Desk) -> None:
    """At once, and only that customer's; taken back, it is as before."""
    assert taken_for(desk, 1) == taken_for(desk, 2) == [("complaint", None)]
    say(desk, "journalist", "yes")
    assert taken_for(desk, 1) == [("question", "press")]
    assert taken_for(desk, 2) == [("complaint", None)]
    (first, *_) = desk.waiting()
    assert (first.id, first.kind) == (1, Kind.QUESTION)
    say(desk, "journalist", None)
    assert taken_for(desk, 1) == [("complaint", None)]
    assert {i.kind for i in desk.waiting()} == {Kind.COMPLAINT}


def test_what_comes_later_is_tagged_by_it(desk: Desk) -> None:
    """In any conversation of theirs."""
    say(desk, "journalist", "yes")
    desk.now += HOUR
    desk.write("ana", "@acme still no comment? broken!")
    fetch(desk)
    last = max(item.id for item in desk.waiting())
    assert taken_for(desk, last)[-1] == ("question", "press")


def test_what_has_ended_stays(desk: Desk) -> None:
    """It was judged by what was known then; what no rule asks for tags nothing again."""
    talk = desk.conversation(1)
    close(desk.store, talk, CloseReason.SPAM, "kim", desk.now, tagger_for)
    say(desk, "journalist", "yes")
    assert taken_for(desk, 1) == [("complaint", None)]
    before = desk.store.reading.waits(1)
    say(desk, "colour", "red")
    assert desk.store.reading.waits(1) == before


def test_rules_that_come_to_ask_find_what_was_noted_before(desk: Desk) -> None:
    """Applying rules tags what waits by them and by what is known."""
    say(desk, "journalist", "yes")
    for rules, kind in (([BROKEN], "complaint"), ([BROKEN, PRESS], "question")):
        settings = Settings(rules=rules_to_data(rules))
        apply_settings(
            desk.store,
            settings,
            kind,
            "kim",
            START,
            brand="acme",
            accounts=[],
            tagger_for=tagger_for,
        )
        assert taken_for(desk, 1)[0][0] == kind
        assert taken_for(desk, 2)[0][0] == "complaint"


def test_a_look_at_other_rules_knows_the_customers(desk: Desk) -> None:
    """The rules in force change nothing, and without the one that asks its mention changes."""
    say(desk, "journalist", "yes")
    for rules, changed in (([BROKEN, PRESS, TIER], []), ([BROKEN], ["ana"])):
        seen = Difference(Settings(), desk.now)
        found = changes(desk.store, desk.brand_id, make_tagger(tuple(rules)), 0, seen)
        assert [c.mention.author for c in found] == changed
