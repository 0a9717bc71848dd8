"""Rules from and to plain data, and what is said of a broken one."""

import json

import pytest

from triage.core.model import Kind
from triage.core.rules import Act, Negation, Rule
from triage.core.rules_data import (
    MAX_WEIGHT,
    rule_from_data,
    rule_to_data,
    rules_from_data,
    rules_to_data,
)
from triage.core.signs import Sign
from triage.errors import ConfigError
from triage.matching.defaults import load_default_rules


def test_rules_survive_the_way_through_json() -> None:
    """A snapshot of the settings gives back the same rules."""
    rules = load_default_rules()
    assert rules_from_data(json.loads(json.dumps(rules_to_data(rules)))) == rules


def test_defaults_are_left_out_of_the_data() -> None:
    """What a rule does not say is not written."""
    rule = Rule("good", phrases=("happy", "thanks"), weights={Kind.PRAISE: 1.0})
    assert rule_to_data(rule) == {"phrases": ["happy", "thanks"], "weights": {"praise": 1.0}}


@pytest.mark.parametrize(
    ("data", "key", "hint"),
    [
        ({"phrasess": ["x"]}, "phrasess", '"phrases"'),
        ({"phrases": 1}, "phrases", 'phrases = ["..."]'),
        ({"phrases": ["x", " "]}, "phrases", "out"),
        ({"phrases": ["x" * 1001]}, "phrases", "Split"),
        ({"phrases": ["x"], "weights": {"complain": 1}}, "weights", '"complaint"'),
        ({"phrases": ["x"], "weights": {"praise": True}}, "weights.praise", "number"),
        ({"phrases": ["x"], "weights": {"praise": float("nan")}}, "weights.praise", "number"),
        ({"phrases": ["x"], "weights": 3}, "weights", "complaint"),
        ({"sign": "question"}, "sign", '"question-mark"'),
        ({"phrases": ["x"], "sign": "link"}, "rule", "phrases"),
        ({}, "rule", "phrases"),
        ({"phrases": ["x"], "negation": "flop"}, "negation", '"flip"'),
        ({"phrases": ["x"], "negation": "??"}, "negation", "Known: flip, drop, keep"),
        ({"phrases": ["x"], "lang": "English"}, "lang", "en"),
        ({"phrases": ["x"], "theme": "Late & lost"}, "theme", "billing"),
        ({"phrases": ["x"], "word_bounds": 1}, "word_bounds", "true or false"),
        ([], "rule", "[rules.mine]"),
        ({"phrases": ["x", 1]}, "phrases", 'phrases = ["..."]'),
        ({"phrases": {"x": 1}}, "phrases", 'phrases = ["..."]'),
        ({"phrases": "x" * 1001}, "phrases", "Split"),
        ({"phrases": ""}, "rule", "phrases"),
        ({"phrases": " ,\n, "}, "rule", "phrases"),
        ({"regex": "late"}, "regex", 'regex = ["..."]'),
        ({"regex": ["x", "  "]}, "regex", "out"),
        ({"phrases": "x", "acts": "negates"}, "acts", '"negate"'),
        ({"phrases": "x", "acts": 3}, "acts", "Known: negate, intensify"),
        ({"sign": "link", "acts": "negate"}, "acts", "one of the two"),
        ({"phrases": "x", "weights": {"praise": 20.5}}, "weights.praise", "1.5"),
        ({"phrases": "x", "weights": {"praise": "1"}}, "weights.praise", "number"),
        ({"phrases": "x", "weights": {"praise": float("inf")}}, "weights.praise", "number"),
        ({"phrases": "x", "weights": {3: 1}}, "weights", "Known: "),
        ({"phrases": "x", "priority": 1}, "priority", "safety"),
        ({"phrases": "x", "lang": "es-MX"}, "lang", "en"),
        ({3: "x"}, "3", "Known: phrases"),
        ({"phrases": "x", "customer": "vip"}, "customer", "customer = { vip = true }"),
        ({"phrases": "x", "customer": {"VIP": True}}, "customer", "triage customer set"),
        ({"phrases": "x", "customer": {"vip": 1.5}}, "customer.vip", "vip = true"),
        ({"phrases": "x", "customer": {"vip": " "}}, "customer.vip", "vip = true"),
    ],
)
def test_a_broken_rule_is_refused_by_name(data: object, key: str, hint: str) -> None:
    """With the key, the reason, and the nearest word that would do."""
    with pytest.raises(ConfigError) as caught:
        rule_from_data("mine", data)
    assert caught.value.message.startswith(f'Rule "mine", {key}: ')
    assert caught.value.reason
    assert hint in caught.value.hint


def test_ids_are_readable() -> None:
    """Kebab-case, so that they can be typed and read."""
    with pytest.raises(ConfigError, match='Rule "No Way", id'):
        rules_from_data({"No Way": {"phrases": ["x"]}})


def test_phrases_may_be_one_text() -> None:
    """Between commas and line breaks; what is empty between them is nothing."""
    one = rule_from_data("mine", {"phrases": "late, too late\n\n  never   came ,,"})
    assert one.phrases == ("late", "too late", "never   came")
    assert rule_from_data("mine", {"phrases": ["a, b"]}).phrases == ("a, b",)


def test_every_key_of_a_rule_is_read() -> None:
    """And written back as it was."""
    data = {
        "phrases": ["late"],
        "regex": ["la+te"],
        "acts": "suppose",
        "weights": {"complaint": -MAX_WEIGHT},
        "theme": "delivery",
        "priority": "our-own",
        "lang": "es",
        "negation": "drop",
        "word_bounds": False,
        "customer": {"tier": "Gold", "vip": "yes"},
    }
    rule = rule_from_data("mine", data)
    assert rule == Rule(
        id="mine",
        phrases=("late",),
        expressions=("la+te",),
        acts=Act.SUPPOSE,
        weights={Kind.COMPLAINT: -MAX_WEIGHT},
        theme="delivery",
        priority="our-own",
        lang="es",
        negation=Negation.DROP,
        word_bounds=False,
        customer=(("tier", "Gold"), ("vip", "yes")),
    )
    assert rule_to_data(rule) == data
    sign = rule_from_data("mine", {"sign": "link"})
    assert (sign.sign, rule_to_data(sign)) == (Sign.LINK, {"sign": "link"})


def test_what_a_rule_asks_of_the_customer() -> None:
    """Is written as a policy's condition is: true, a number or a text."""
    rule = rule_from_data("mine", {"phrases": "x", "customer": {"vip": True, "n": 3, "a": False}})
    assert rule.customer == (("a", "no"), ("n", "3"), ("vip", "yes"))


@pytest.mark.parametrize("act", list(Act))
def test_every_act_may_be_written(act: Act) -> None:
    """A rule with an act needs no weights."""
    rule = rule_from_data("mine", {"phrases": "x", "acts": act.value})
    assert (rule.acts, dict(rule.weights)) == (act, {})


@pytest.mark.parametrize("rule_id", ["", "Late", "late_one", "late--one", "-late", "late-", "löst"])
def test_an_id_is_kebab_case(rule_id: str) -> None:
    """Anything else is refused, with an example."""
    with pytest.raises(ConfigError) as caught:
        rule_from_data(rule_id, {"phrases": "x"})
    assert caught.value.message == f'Rule "{rule_id}", id: is not kebab-case.'
    assert "never-arrived" in caught.value.hint


def test_rules_come_in_the_order_of_their_ids() -> None:
    """In whatever order the file has them."""
    tables = {"b": {"phrases": "x"}, "a": {"phrases": "y"}}
    assert [rule.id for rule in rules_from_data(tables)] == ["a", "b"]
    assert list(rules_to_data(reversed(rules_from_data(tables)))) == ["a", "b"]
