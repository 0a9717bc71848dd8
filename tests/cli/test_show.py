from __future__ import annotations

import json

import pytest

import builders
from builders import START, Desk
from screens import Runner, assert_golden
from triage.core.model import HOUR, MINUTE, Evidence, Kind, Verdict
from triage.core.policy import Settings
from triage.core.ports import Tagger
from triage.core.waits import Judge


@pytest.mark.parametrize("width", [60, 80, 120])
def test_screen(busy: Desk, run: Runner, width: int) -> None:
    """Who, the thread, why this kind, why due then, and what to do next."""
    ran = run("show", "3", tty=True, width=width)
    assert ran.code == 0
    assert_golden(f"show-{width}", ran.out)


@pytest.mark.parametrize(("number", "words"), [(1, "missed"), (2, "met"), (5, "no answer needed")])
def test_ended_waits(busy: Desk, run: Runner, number: int, words: str) -> None:
    """A wait that ended says how, and whether the promise was kept."""
    assert words in run("show", str(number), tty=True, width=120).out.splitlines()[0]


def test_clock_arithmetic(busy: Desk, run: Runner) -> None:
    """The due time is shown as a sum that a person can check."""
    out = run("show", "3", tty=True, width=120).out
    assert "due Mon 07:00 = 1h after 06:00 (complaint; open around the clock; UTC)" in out


def test_json_explains(busy: Desk, run: Runner) -> None:
    """The verdict's rules, matched words and weights, and the wait's times, stand in the JSON."""
    item = json.loads(run("show", "3", "--json").out)["items"][0]
    message = item["messages"][0]
    reason = message["because"][0]
    assert message["text"][reason["start"] : reason["end"]] == reason["text"]
    assert item["wait"]["respond_within_s"] == 3600
    assert item["wait"]["due_at"] == "2026-03-02T07:00:00Z"


@pytest.mark.parametrize("form", ["{id}", "#{id}", "{native}", "https://x.com/ana/status/{native}"])
def test_any_reference(busy: Desk, run: Runner, form: str) -> None:
    """A conversation is found by its id, by a post's id, and by a post's URL."""
    native = json.loads(run("show", "3", "--json").out)["items"][0]["messages"][0]["native_id"]
    found = json.loads(run("show", form.format(id=3, native=native), "--json").out)
    assert found["items"][0]["id"] == 3


@pytest.mark.parametrize("wrong", ["999", "-", "x" * 500, "9" * 40, "💥", "' OR 1=1 --"])
def test_wrong_ids(busy: Desk, run: Runner, wrong: str) -> None:
    """An id that is not there is a clear message and exit 1, whatever it looks like."""
    ran = run("show", "--", wrong)
    assert ran.code == 1
    assert "There is no conversation" in ran.err
    assert ran.out == ""


def test_earlier_waits(desk: Desk, run: Runner) -> None:
    """The customer's history stands below: how long they waited before."""
    first = desk.write("ana", "@acme broken", ago=9 * HOUR)
    desk.write("acme", "@ana fixed", ago=8 * HOUR, in_reply_to=first.native_id)
    desk.write("ana", "@acme broken again", ago=30 * MINUTE)
    desk.fetch()
    out = run("show", "2", tty=True).out
    assert "earlier: 1 wait, answered in 1h." in out
    assert "2nd complaint this month" in out


def test_a_correction_is_told(busy: Desk, run: Runner) -> None:
    """A kind that an agent set says so, and what the rules had said."""
    assert run("tag", "3", "question").code == 0
    out = run("show", "3", tty=True).out
    assert "question, as an agent tagged it; the rules said complaint" in out


def test_errors_fit_the_terminal(desk: Desk, run: Runner) -> None:
    """An error is broken between words at the terminal's width, and a path stays whole."""
    err = run("show", "999", tty=True, width=40).err
    assert max(map(len, err.splitlines())) <= 40
    assert err.startswith("There is no conversation '999'.\n  It is")


class Explainer:
    """Gives a verdict with all that one can have: `smoke`, `fire`, `leave`, or praise in doubt."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """A complaint about safety, a threat to leave, or what may be irony."""
        del lang
        if "smoke" in text:
            return self._smoke(text)
        if "fire" in text:
            reason = _reason(text, "burning", "fire", {Kind.COMPLAINT: 2.0})
            return Verdict(Kind.COMPLAINT, _shares(0.9, 0.1), (reason,), 0.8, None, "safety")
        if "leave" in text:
            reason = _reason(text, "leaving", "leave", {Kind.COMPLAINT: 1.5})
            return Verdict(Kind.COMPLAINT, _shares(0.8, 0.1), (reason,), 0.7, None, "churn-threat")
        praise = _reason(text, "bravo", "bravo", {Kind.PRAISE: 0.4})
        return Verdict(Kind.PRAISE, _shares(0.38, 0.1, 0.41), (praise,), 0.03)

    def _smoke(self, text: str) -> Verdict:
        because = (
            _reason(text, "smoke-on-board", "smoke", {Kind.COMPLAINT: 2.1}),
            _reason(text, "where-is", "where is", {Kind.QUESTION: 0.6}, "softened"),
            _reason(text, "calm", "calmly", {Kind.COMPLAINT: -0.3, Kind.OTHER: 0.1}),
            _reason(text, "thanks", "thanks", {}, "negated"),
        )
        shares = _shares(0.97, 0.02)
        return Verdict(Kind.COMPLAINT, shares, because, 0.95, "equipment", "safety")


def _shares(complaint: float, question: float, praise: float = 0.0) -> dict[Kind, float]:
    other = round(1 - complaint - question - praise, 4)
    return dict(zip(Kind, (complaint, question, other, praise), strict=True))


def _reason(
    text: str, rule: str, words: str, weights: dict[Kind, float], note: str = ""
) -> Evidence:
    at = text.index(words)
    return Evidence(rule, words, at, at + len(words), weights, note)


RULES = {
    "smoke-on-board": {"phrases": ["smoke"], "priority": "safety"},
    "burning": {"phrases": ["fire"], "priority": "safety"},
    "leaving": {"phrases": ["leave"], "priority": "churn-threat"},
}
SMOKE = "@acme where is somebody? I ask calmly, there is smoke and no thanks to you"


@pytest.fixture
def explained(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk where ana (1) smells smoke, bo (2) threatens to leave, and dee (3) may be ironic."""

    def tagger_for(judge: Judge) -> Tagger:
        del judge
        return Explainer()

    monkeypatch.setattr(builders, "tagger_for", tagger_for)
    with desk.store.tx():
        desk.store.settings.apply(Settings(rules=RULES), "test", "test", START)
    desk.write("ana", SMOKE, ago=3 * MINUTE)
    desk.write("bo", "@acme I leave", ago=2 * MINUTE)
    desk.write("dee", "@acme bravo, three weeks", ago=MINUTE)
    desk.fetch()
    return desk


@pytest.mark.parametrize("width", [60, 80, 120])
def test_screen_of_a_verdict_with_everything(explained: Desk, run: Runner, width: int) -> None:
    """First in the queue and why; what speaks for the kind, against it, and what does not count."""
    ran = run("show", "1", tty=True, width=width)
    assert all(len(line) <= width for line in ran.out.splitlines())
    assert_golden(f"show-verdict-{width}", ran.out)


def test_why_it_is_first(explained: Desk, run: Runner) -> None:
    """The priority, the rule that gave it, and the words that the rule found."""
    out = run("show", "1", tty=True, width=120).out
    assert 'first in the queue: safety (rule smoke-on-board "smoke")\n' in out
    out = run("show", "2", tty=True, width=120).out
    assert 'churn-threat (rule leaving "leave"): waits its turn\n' in out
    assert "first in the queue" not in out


def test_a_priority_whose_rule_is_gone(explained: Desk, run: Runner) -> None:
    """The name alone is told when the rules in force do not know the reason any more."""
    with explained.store.tx():
        explained.store.settings.apply(Settings(), "test", "test", START)
        explained.store.judging.mark_open(explained.brand_id, retag=False)
    explained.fetch()
    out = run("show", "1", tty=True, width=120).out
    assert "first in the queue: safety\n" in out


def test_the_words_that_cannot_wait_are_their_own(explained: Desk, run: Runner) -> None:
    """Not those of somebody else in the thread, nor of a mention that was answered before."""
    first = json.loads(run("show", "1", "--json").out)["items"][0]["messages"][0]["native_id"]
    hal = explained.write("hal", "@ana you hear, @acme? I leave", in_reply_to=first, ago=2)
    explained.write("eve", "@ana mine is on fire, @acme", in_reply_to=first, ago=1)
    explained.write("hal", f"@ana me too, {SMOKE}", in_reply_to=first)
    explained.fetch()
    assert '(rule smoke-on-board "smoke")' in run("show", hal.native_id, tty=True, width=120).out
    explained.now += MINUTE
    explained.write("acme", "@ana coming", in_reply_to=first)
    explained.now += MINUTE
    explained.write("ana", "@acme now it is on fire", in_reply_to=first)
    explained.fetch()
    assert '(rule burning "fire")' in run("show", "1", tty=True, width=120).out


def test_nobody_is_first_who_was_answered(explained: Desk, run: Runner) -> None:
    """What was urgent once is in the JSON, and no longer on the screen."""
    assert run("close", "1", "--as", "private").code == 0
    assert "first in the queue" not in run("show", "1", tty=True).out
    item = json.loads(run("show", "1", "--json").out)["items"][0]
    assert item["wait"]["priority"] == "safety"


def test_doubt_is_in_words(explained: Desk, run: Runner) -> None:
    """How sure the rules are, and what it is if it is not that."""
    out = run("show", "3", tty=True, width=120).out
    assert "praise 0.41, unsure 0.03; complaint 0.38\n" in out
    assert 'because  bravo "bravo" +0.4\n' in out
    assert "complaint 0.97, sure 0.95; question 0.02; about equipment\n" in (
        run("show", "1", tty=True, width=120).out
    )


def test_another_mention_in_doubt_is_named(explained: Desk, run: Runner) -> None:
    """Beside the one that rules the wait, with the command that settles it."""
    first = json.loads(run("show", "1", "--json").out)["items"][0]["messages"][0]
    post = explained.write("ana", "@acme bravo", in_reply_to=first["native_id"])
    explained.fetch()
    out = run("show", "1", tty=True, width=160).out
    assert (
        '"@acme bravo": praise 0.41, unsure 0.03; complaint 0.38; '
        f"what it is: triage tag 1 KIND --post {post.native_id}\n" in out
    )
    assert run("tag", "1", "other", "--post", post.native_id).code == 0
    assert "what it is" not in run("show", "1", tty=True, width=160).out


def test_json_of_a_verdict(explained: Desk, run: Runner) -> None:
    """Confidence, runner-up, theme and priority, and of each reason place, weights and note."""
    message = json.loads(run("show", "1", "--json").out)["items"][0]["messages"][0]
    assert (message["confidence"], message["runner_up"]) == (0.95, "question")
    assert (message["theme"], message["priority"]) == ("equipment", "safety")
    softened = message["because"][1]
    assert softened == {
        "rule": "where-is",
        "text": "where is",
        "start": SMOKE.index("where is"),
        "end": SMOKE.index("where is") + len("where is"),
        "weights": {"question": 0.6},
        "note": "softened",
    }


def test_json_of_what_has_no_verdict(busy: Desk, run: Runner) -> None:
    """Our own posts have the same keys, empty."""
    messages = json.loads(run("show", "1", "--json").out)["items"][0]["messages"]
    ours = next(m for m in messages if m["role"] == "own")
    assert list(ours) == list(messages[0])
    assert (ours["confidence"], ours["because"]) == (None, [])
