"""The promises of `scenarios.toml`, in the core, in any order, and through a real store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from core.scenario_core import CoreRun, reversed_facts, shuffled_facts
from core.scenario_desk import ScenarioDesk, new_store
from core.scenario_events import Arrived
from core.scenario_table import Scenario, TableError, read_table, scenarios
from core.scenario_waits import told, told_steps, waiting
from triage.core.explaining import Explanation
from triage.core.kinds import WaitState
from triage.core.queue import Held
from triage.core.thread import ThreadFacts

PUBLIC_BUGS = {
    "second complaint after an answer",
    "an answer from another app",
    "three mentions in one wait",
    "an answer one second late but fetched in time",
    "one second early but fetched late",
    "escalation although the agent spoke last",
    "the clock at the autumn change",
    "a holiday on the due day",
    "an overnight shift",
    "a policy changed mid-wait",
    "a merge",
    "a reopened conversation",
    "a deleted mention",
    "an edited mention",
    "messages arriving in reverse",
    "a reply that failed",
}
"""What is public about others, in the words in which it was asked for."""

SEEDS = range(5)


def cases(chosen: Iterable[Scenario], *, stored: bool = False) -> list[ParameterSet]:
    """Scenarios as parameters; one that is known to fail must fail, and says why.

    Args:
        chosen: Which.
        stored: They are played through a store.
    """
    found = []
    for scenario in chosen:
        why = scenario.disputed or (scenario.disputed_in_store if stored else "")
        marks = [pytest.mark.xfail(raises=AssertionError, strict=True, reason=why)] if why else []
        found.append(pytest.param(scenario, id=scenario.name, marks=marks))
    return found


ALL = scenarios()
STORED = [s for s in ALL if not s.not_stored]
OF_POSTS = [s for s in STORED if all(isinstance(e, Arrived) for e in s.events)]
"""Where nothing happens but posts, they can come in whatever order."""

every = pytest.mark.parametrize("scenario", cases(ALL))
every_one = pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.name)
"""Also those that are known to fail: it holds of whatever the program makes of them."""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new store, to be copied: making one takes longer than most scenarios do."""
    return new_store(tmp_path_factory.mktemp("template") / "triage.db")


@pytest.fixture
def desk(tmp_path: Path, template: Path, scenario: Scenario) -> Iterator[ScenarioDesk]:
    """A desk to which nothing has happened yet."""
    made = ScenarioDesk(tmp_path, template, scenario)
    yield made
    made.close()


def expect(scenario: Scenario, found: Sequence[tuple[str, Explanation, str]]) -> None:
    """Compare waits with the table, in its own words."""
    lines = [(told(who, one, name, scenario.looked_at), one) for who, one, name in found]
    lines.sort(key=lambda line: (line[0].opened_at, line[0].customer, line[0].ended_at or 1 << 62))
    actual = [line for line, _ in lines]
    shown = [
        line.like(wanted).show(scenario.wall)
        for line, wanted in zip(actual, scenario.waits, strict=False)
    ]
    shown += [line.show(scenario.wall) for line in actual[len(shown) :]]
    assert shown == [wait.show(scenario.wall) for wait in scenario.waits]
    if scenario.steps is not None:
        steps = [step.show(scenario.wall) for step in told_steps(lines[0][1])]
        assert steps == [step.show(scenario.wall) for step in scenario.steps]


def expect_of_core(run: CoreRun, threads: Sequence[ThreadFacts]) -> None:
    """Compare what follows from facts with the table."""
    found = [(who, one, run.name_of(one.judge)) for who, one in run.explained(threads)]
    expect(run.scenario, found)


def expect_of_store(desk: ScenarioDesk, scenario: Scenario) -> None:
    """Compare what stands in the store with the table; it must be what follows from its facts."""
    found = desk.explained()
    assert all(one.is_stored for _, _, one in found)
    names = desk.settings_names
    expect(scenario, [(who, one, names[one.judge.settings_id]) for who, _, one in found])


def expect_of_queue(desk: ScenarioDesk, at: int) -> None:
    """Compare the queue with the waits: what rests is apart, what is promised nothing is not there.

    The states of single waits are compared with the table elsewhere.
    """
    found = [(number, waiting(one), one.wait) for _, number, one in desk.explained()]
    waits = [(n, w) for n, w, full in found if full.state is WaitState.OPEN and full.needs_answer]
    views: tuple[tuple[Held, tuple[bool, ...]], ...] = (
        ("without", (False,)),
        ("only", (True,)),
        ("with", (False, True)),
    )
    for held, rests in views:
        shown = [(item.id, item.state, item.due_at) for item in desk.queue(at, held)]
        wanted = [(n, w.sla(at), w.due_at) for n, w in waits if w.rests(at) in rests]
        assert sorted(shown) == sorted(wanted)


# Played in the core.


@every
def test_what_must_follow_follows(scenario: Scenario) -> None:
    """Facts in the order in which they came give the waits of the table."""
    run = CoreRun(scenario)
    expect_of_core(run, run.threads())


@every
def test_facts_in_reverse_give_the_same(scenario: Scenario) -> None:
    """The last that came is the first that is looked at."""
    run = CoreRun(scenario)
    expect_of_core(run, reversed_facts(run.threads()))


@every
def test_facts_in_any_order_give_the_same(scenario: Scenario) -> None:
    """Shuffled five times."""
    run = CoreRun(scenario)
    for seed in SEEDS:
        expect_of_core(run, shuffled_facts(run.threads(), seed))


@every_one
def test_what_is_counted_is_what_was_promised(scenario: Scenario) -> None:
    """The steps lead from the mention to the due time without a gap, and add up to the promise."""
    run = CoreRun(scenario)
    for _, found in run.explained(run.threads()):
        if found.wait.due_at is None:
            continue
        counted = sum(step.end_at - step.start_at for step in found.steps if step.counts)
        assert counted == found.counted == found.within == found.wait.promised
        edges = [found.mention.posted_at, *(step.end_at for step in found.steps)]
        assert edges[:-1] == [step.start_at for step in found.steps]
        assert edges[-1] == found.wait.due_at


@every_one
def test_met_is_whoever_was_answered_before_the_promise_was_used_up(scenario: Scenario) -> None:
    """What the table says of its own lines: less counted than promised is met, and only that."""
    for wait in scenario.waits:
        measured = wait.state is WaitState.ANSWERED and wait.promised is not None
        assert (wait.met is not None) == measured
        if wait.met is not None and wait.counted is not None and wait.promised is not None:
            assert wait.met == (wait.counted < wait.promised)


# Played through a store.


@pytest.mark.parametrize("scenario", cases(STORED, stored=True))
def test_a_real_store_gives_the_same(desk: ScenarioDesk, scenario: Scenario) -> None:
    """Fetched, answered, closed, held and noted by the functions of the program.

    The queue shows who waits and does not rest, and to judge everything once more changes nothing.
    """
    desk.play()
    expect_of_store(desk, scenario)
    if scenario.looked_at is not None:
        expect_of_queue(desk, scenario.looked_at)
    before = [one.wait for _, _, one in desk.explained()]
    desk.judge_again()
    assert [one.wait for _, _, one in desk.explained()] == before


@pytest.mark.parametrize("scenario", cases(OF_POSTS, stored=True))
def test_posts_that_come_in_one_by_one_in_reverse_give_the_same(
    desk: ScenarioDesk, scenario: Scenario
) -> None:
    """Each with a fetch of its own, the newest first; only when they were fetched differs."""
    desk.play_in_reverse()
    waits = [wait._replace(known_at=None) for wait in scenario.waits]
    expect_of_store(desk, replace(scenario, waits=waits))


# The table itself.


def test_every_scenario_has_a_name_of_its_own() -> None:
    """A name is how people speak of it."""
    twice = [name for name, many in Counter(s.name for s in ALL).items() if many > 1]
    assert twice == []
    assert len(ALL) >= 70


def test_every_bug_that_is_public_about_others_is_in_the_table() -> None:
    """And nothing is said to cover what nobody asked for."""
    assert {covered for s in ALL for covered in s.covers} == PUBLIC_BUGS


def test_few_scenarios_are_not_played_through_a_store() -> None:
    """Each says why, in a sentence."""
    left_out = [s for s in ALL if s.not_stored]
    assert all(len(s.not_stored.split()) > 3 for s in left_out)
    assert len(left_out) <= len(ALL) // 10


GOOD = """\
[promises.standard]
complaint = { respond_within = "1h" }

[[scenario]]
name = "A name"
why = "A reason."
history = [
    "Mon 2026-03-02 09:00  ana complains",
    "Mon 09:20  acme answers ana",
]
looked_at = "Mon 10:00"
waits = ["ana's complaint, opened Mon 09:00, due 10:00, answered 09:20 outside, met"]
"""


def test_a_small_table_can_be_read() -> None:
    """The one that is broken below in one place after the other."""
    (scenario,) = read_table(GOOD)
    assert (scenario.name, len(scenario.events), len(scenario.waits)) == ("A name", 2, 1)


@pytest.mark.parametrize(
    ("good", "bad", "line", "message"),
    [
        ("09:20  acme", "09:20 acme", 9, "two blanks stand between"),
        ("acme answers ana", "acme anwsers ana", 9, '"acme anwsers ana" is not understood'),
        ("acme answers ana", "acme answers bo", 9, "bo has written no such post"),
        ("acme answers ana", "acme answers ana, quickly", 9, '"quickly" is not understood here'),
        ("acme answers ana", "ana complains", 9, '"again" or "in a new thread"'),
        ("Mon 09:20  ", "Mon 08:20  ", 9, "it stands behind what happened later"),
        ("Mon 09:20  ", "Mon 9:20  ", 9, '"Mon 9:20" is no time such as'),
        ("Mon 09:20  ", "Mon 2026-03-03 09:20  ", 9, "that is a Tue"),
        ("Mon 09:20  ", "Sun 2026-03-29 02:30  ", 9, "the clock skips that time"),
        ("Mon 09:20  ", "Sun 2026-10-25 02:30  ", 9, "add #1 or #2"),
        ("Mon 09:20  ", "Mon 09:20 #2  ", 9, "leave out #2"),
        ("Mon 2026-03-02 09:00  ana", "Mon 09:00  ana", 8, "the first line needs a date"),
        ("answers ana", "answers ana, fetched 09:10", 9, "cannot be fetched before it is written"),
        ("acme answers ana", "kim closes ana as boring", 9, "boring"),
        ("acme answers ana", "settings: none such", 9, 'there are no promises "none such"'),
        ("due 10:00, ", "", 12, "it does not say due"),
        ("ana's complaint", "ana complaint", 12, "is not like"),
        ("met", "kept", 12, '"kept" is not understood'),
        ("answered 09:20 outside, met", "open", 12, "how it stands"),
        ('why = "A reason."\n', "", 4, '"why" is missing'),
        ("looked_at", "lookedat", 11, 'unknown key "lookedat"'),
        ('"A name"', "7", 5, '"name" is no str'),
    ],
)
def test_a_mistake_is_told_with_its_line(good: str, bad: str, line: int, message: str) -> None:
    """Whoever adds a scenario is told where it is wrong."""
    assert good in GOOD
    with pytest.raises(TableError) as caught:
        read_table(GOOD.replace(good, bad, 1))
    assert str(caught.value).startswith(f"scenarios.toml:{line}: ")
    assert message in str(caught.value)
