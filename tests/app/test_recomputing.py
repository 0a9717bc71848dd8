"""Trying other promises on the past, which changes nothing, and judging it again for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import builders
from builders import START, Desk, tagger_for
from engines import Stopped, content, stopping_at
from triage.app import rejudging
from triage.app.applying import apply_settings
from triage.app.judging import judge_pending
from triage.app.rejudging import changes, recompute, what_if, with_promises
from triage.core.model import HOUR, MINUTE, Evidence, Kind, Verdict
from triage.core.policy import DEFAULT_POLICIES, Policy, Settings, When
from triage.core.ports import Tagger
from triage.core.records import WaitView
from triage.core.rejudging import Rejudged
from triage.core.waits import Judge
from triage.errors import UsageError

QUARTER = Settings(
    policies={**DEFAULT_POLICIES, Kind.COMPLAINT: Policy(15 * MINUTE, name="complaint")}
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Complaints: 1 answered after 20 min, 2 after 2 h; 3 is open since 30 min."""
    made = Desk(tmp_path)
    one = made.write("ana", "@acme broken", ago=10 * HOUR)
    made.write("acme", "@ana done", ago=9 * HOUR + 40 * MINUTE, in_reply_to=one.native_id)
    two = made.write("bo", "@acme broken", ago=5 * HOUR)
    made.write("acme", "@bo done", ago=3 * HOUR, in_reply_to=two.native_id)
    made.write("carlos", "@acme broken", ago=30 * MINUTE)
    made.fetch()
    yield made
    made.close()


def dump(desk: Desk) -> str:
    """Every row of every table."""
    return content(desk.store)


def apply(desk: Desk, settings: Settings) -> None:
    """Put settings in force."""
    apply_settings(
        desk.store,
        settings,
        "hash",
        "bo",
        desk.now,
        brand="acme",
        accounts=[("memory", "acme")],
        tagger_for=builders.tagger_for,
    )


def again(desk: Desk, since: int = 0) -> int:
    """Ana judges ended waits again."""
    return recompute(desk.store, desk.brand_id, since, "ana", desk.now, builders.tagger_for)


def expected(desk: Desk, since: int = 0) -> list[Rejudged]:
    """What that would change."""
    return list(changes(desk.store, desk.brand_id, since))


def waits(desk: Desk) -> list[WaitView]:
    """All waits, oldest first."""
    numbers = [row[0] for row in desk.store.engine.query("SELECT id FROM conversation ORDER BY id")]
    found = [wait for number in numbers for wait in desk.store.reading.waits(number)]
    return sorted(found, key=lambda w: w.opened_at)


def promised(desk: Desk) -> list[int]:
    """Minutes between opening and due time, of all waits."""
    return [((w.due_at or 0) - w.opened_at) // MINUTE for w in waits(desk)]


# --- what-if --------------------------------------------------------------------------------------


def test_trying_a_promise_writes_nothing(desk: Desk) -> None:
    """Not a row in any table is another one, and no thread is marked."""
    before = dump(desk)
    compared = what_if(desk.store, desk.brand_id, QUARTER, 0, desk.now)
    assert (compared.before[None].met, compared.after[None].met) == (1, 0)
    assert dump(desk) == before
    expected(desk)
    assert dump(desk) == before


def test_what_a_quarter_of_an_hour_would_have_done(desk: Desk) -> None:
    """The first would have been late, and who waits would be overdue."""
    compared = what_if(desk.store, desk.brand_id, QUARTER, 0, desk.now)
    complaints = compared.before[Kind.COMPLAINT], compared.after[Kind.COMPLAINT]
    assert [(t.met, t.missed, t.overdue, t.other) for t in complaints] == [
        (1, 1, 0, 1),
        (0, 2, 1, 0),
    ]
    assert [one.conversation_id for one in compared.newly_missed] == [1, 3]
    assert compared.newly_kept == []


def test_only_what_opened_since(desk: Desk) -> None:
    """At that time, or later."""
    for since, count in ((START - 5 * HOUR, 2), (START - 5 * HOUR + 1, 1), (START, 0)):
        compared = what_if(desk.store, desk.brand_id, QUARTER, since, desk.now)
        assert (compared.before[None].waits, compared.after[None].waits) == (count, count)


def test_only_waits_of_an_account(desk: Desk) -> None:
    """Others are left out of all figures."""
    store, brand = desk.store, desk.brand_id
    mine = what_if(store, brand, QUARTER, 0, desk.now, [desk.account.id])
    assert mine.before[None].waits == 3
    none = what_if(store, brand, QUARTER, 0, desk.now, [desk.account.id + 1])
    assert (none.before[None].waits, none.newly_missed) == (0, [])


def test_no_page_is_left_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few conversations are in memory at once."""
    whole = what_if(desk.store, desk.brand_id, QUARTER, 0, desk.now)
    monkeypatch.setattr(rejudging, "PAGE", 1)
    parts = what_if(desk.store, desk.brand_id, QUARTER, 0, desk.now)
    assert parts == whole


def test_two_customers_in_one_thread_are_counted_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is asked for by their own conversation, also if those are on two pages."""
    desk.now += 3 * HOUR
    first = desk.write("dee", "@acme broken", ago=2 * HOUR)
    desk.write("eve", "broken here too @acme, hello", ago=HOUR, in_reply_to=first.native_id)
    desk.fetch()
    for page in (200, 1):
        monkeypatch.setattr(rejudging, "PAGE", page)
        compared = what_if(desk.store, desk.brand_id, QUARTER, START + HOUR, desk.now)
        assert compared.before[None].waits == 2
        assert compared.after[None].overdue == 2


# --- promises as they are typed -------------------------------------------------------------------

VIP = Policy(10 * MINUTE, name="Gold customers", when=When(attributes=(("vip", "yes"),)))
ALL = Settings(
    policies={**DEFAULT_POLICIES, Kind.QUESTION: Policy(HOUR, next_within=MINUTE)}, special=(VIP,)
)


def minutes(text: str, name: str) -> int:
    """Reads `30m`; anything else is refused with what it was for."""
    if not text.removesuffix("m").isdigit():
        raise UsageError(f"{name} {text}: not a span of time.")
    return int(text.removesuffix("m")) * MINUTE


def test_the_order_of_promises_does_not_matter() -> None:
    """Nor does one for the first response take back one for the next."""
    said = ["complaint.next=20m", "complaint=30m"]
    one, other = with_promises(ALL, said, minutes), with_promises(ALL, said[::-1], minutes)
    assert one == other
    policy = one.policies[Kind.COMPLAINT]
    spans = (policy.within(is_next=False), policy.within(is_next=True))
    assert spans == (30 * MINUTE, 20 * MINUTE)


@pytest.mark.parametrize(
    ("said", "kind", "spans"),
    [
        ("complaint=30m", Kind.COMPLAINT, (30, 30)),
        (" complaint = 30m ", Kind.COMPLAINT, (30, 30)),
        ("complaint.next=20m", Kind.COMPLAINT, (60, 20)),
        ("complaint=none", Kind.COMPLAINT, (None, None)),
        ("complaint.next=none", Kind.COMPLAINT, (60, None)),
        ("question=30m", Kind.QUESTION, (30, 1)),
        ("question.next=30m", Kind.QUESTION, (60, 30)),
        ("praise=5m", Kind.PRAISE, (5, 5)),
    ],
)
def test_promises_to_kinds(said: str, kind: Kind, spans: tuple[int | None, int | None]) -> None:
    """A promise is for both responses, unless it or the settings name the next one."""
    settings = with_promises(ALL, [said], minutes)
    policy = settings.policies[kind]
    found = policy.within(is_next=False), policy.within(is_next=True)
    assert found == tuple(None if span is None else span * MINUTE for span in spans)
    others = {k: p for k, p in settings.policies.items() if k is not kind}
    assert others == {k: p for k, p in ALL.policies.items() if k is not kind}
    assert settings.special == ALL.special


def test_promises_to_some() -> None:
    """By the name of the policy; several are laid one upon the other."""
    settings = with_promises(ALL, ["Gold customers=5m", "Gold customers.next=2m"], minutes)
    (vip,) = settings.special
    assert (vip.respond_within, vip.next_within, vip.when) == (5 * MINUTE, 2 * MINUTE, VIP.when)
    assert settings.policies == ALL.policies


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("complaint", "complaint: not understood."),
        ("complaint=", "complaint=: not understood."),
        ("=30m", "=30m: not understood."),
        ("", ": not understood."),
        ("complain=30m", "complain: no kind and no policy."),
        ("complaint.last=30m", "complaint.last: no kind and no policy."),
        ("gold customers=30m", "gold customers: no kind and no policy."),
        ("complaint=soon", "complaint soon: not a span of time."),
    ],
)
def test_promises_that_are_not_understood(said: str, words: str) -> None:
    """Say what is wrong, and which names there are."""
    with pytest.raises(UsageError) as error:
        with_promises(ALL, [said], minutes)
    assert error.value.message == words
    if "no kind" in words:
        assert error.value.hint == ("Known: complaint, question, other, praise, Gold customers.")


# --- recompute ------------------------------------------------------------------------------------


def test_ended_waits_are_judged_by_the_settings_in_force(desk: Desk) -> None:
    """Applying left them alone; now they are what `changes` said they would be."""
    apply(desk, QUARTER)
    assert promised(desk) == [60, 60, 15]
    told = expected(desk)
    assert [(one.conversation_id, one.after and one.after.is_met) for one in told] == [
        (1, False),
        (2, False),
    ]
    assert again(desk) == 2
    assert promised(desk) == [15, 15, 15]
    assert [w.is_met for w in waits(desk)] == [False, False, None]
    assert len({w.settings_id for w in waits(desk)}) == 1


def test_only_what_ended_since_is_judged_again(desk: Desk) -> None:
    """At that time, or later: the first had ended before."""
    apply(desk, QUARTER)
    assert [one.conversation_id for one in expected(desk, START - 3 * HOUR)] == [2]
    assert again(desk, START - 3 * HOUR) == 1
    assert promised(desk) == [60, 15, 15]
    assert again(desk, START - 3 * HOUR + 1) == 0


def test_since_parts_the_waits_of_a_conversation(desk: Desk) -> None:
    """What had ended before stays under the settings that judged it then."""
    first = next(p for p in desk.channel.posts.values() if p.author.handle == "ana")
    desk.now += 3 * HOUR
    more = desk.write("ana", "@acme broken again", ago=2 * HOUR, in_reply_to=first.native_id)
    desk.write("acme", "@ana done", ago=HOUR, in_reply_to=more.native_id)
    desk.fetch()
    apply(desk, QUARTER)
    again(desk, START)
    spans = [(w.due_at or 0) - w.opened_at for w in desk.store.reading.waits(1)]
    assert spans == [HOUR, 15 * MINUTE]


def test_twice_is_once(desk: Desk) -> None:
    """The second time nothing is left to change."""
    apply(desk, QUARTER)
    again(desk)
    before = dump_of_facts(desk)
    assert expected(desk) == []
    again(desk)
    assert dump_of_facts(desk) == before


def dump_of_facts(desk: Desk) -> list[object]:
    """All waits and verdicts, and that nothing is left to be judged."""
    query = desk.store.engine.query
    assert query("SELECT count(*) FROM unjudged") == [(0,)]
    return [
        *waits(desk),
        *query("SELECT * FROM verdict ORDER BY message_id"),
        *query("SELECT * FROM former_verdict ORDER BY 1, 2"),
    ]


def test_what_was_judged_again_stays_so(desk: Desk) -> None:
    """A later fetch into the same thread, or another judging, does not bring the old back."""
    apply(desk, QUARTER)
    again(desk)
    with desk.store.tx():
        desk.store.judging.mark_conversation(1)
    judge_pending(desk.store, desk.brand_id, builders.tagger_for)
    assert promised(desk) == [15, 15, 15]


def test_who_did_it_stands_in_the_log(desk: Desk) -> None:
    """Reports of the past change by it."""
    apply(desk, QUARTER)
    again(desk)
    act = desk.store.activity.log(desk.brand_id, None, None)[-1]
    assert (act.agent, act.what, act.at, act.conversation_id) == ("ana", "recompute", START, None)
    assert "2 conversations" in act.detail


def test_stopped_between_pages_the_same_again_does_the_rest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page is done and stays so; the second was not, and is as it was."""
    apply(desk, QUARTER)
    monkeypatch.setattr(rejudging, "PAGE", 1)
    with stopping_at(desk.store.engine, 2), pytest.raises(Stopped):
        again(desk)
    assert promised(desk) == [15, 60, 15]
    assert [one.conversation_id for one in expected(desk)] == [2]
    assert desk.store.engine.query("SELECT count(*) FROM unjudged") == [(0,)]
    again(desk)
    assert promised(desk) == [15, 15, 15]
    assert [a.what for a in desk.store.activity.log(desk.brand_id, None, None)].count(
        "recompute"
    ) == 1


# --- with other rules -----------------------------------------------------------------------------


class Soft:
    """Rules that take what is broken for praise."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """The same for every text."""
        del lang
        reason = Evidence("soft", text[:1], 0, 1, {Kind.PRAISE: 1.0})
        shares = {**dict.fromkeys(Kind, 0.0), Kind.PRAISE: 1.0}
        return Verdict(Kind.PRAISE, shares, (reason,))


SOFT = Settings(rules={"soft": {"phrases": ["broken"], "weights": {"praise": 1}}})


@pytest.fixture
def softened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Bo wrote again in his thread, and other rules took all of that thread for praise."""
    second = next(p for p in desk.channel.posts.values() if p.author.handle == "bo")
    desk.write("bo", "@acme broken again", ago=MINUTE, in_reply_to=second.native_id)
    desk.fetch()

    def soft_for(judge: Judge) -> Tagger:
        return Soft() if judge.settings.rules else tagger_for(judge)

    monkeypatch.setattr(builders, "tagger_for", soft_for)
    apply(desk, SOFT)
    return desk


def test_what_ended_keeps_the_rules_of_then_until_it_is_judged_again(softened: Desk) -> None:
    """Bo's first wait was a complaint's; the rules in force say that it is praise."""
    ended, still = softened.store.reading.waits(2)
    assert (ended.kind, ended.is_met) == (Kind.COMPLAINT, False)
    assert (still.kind, still.needs_answer) == (Kind.PRAISE, False)
    again(softened)
    ended, still = softened.store.reading.waits(2)
    assert (ended.kind, ended.is_met, ended.needs_answer) == (Kind.PRAISE, None, False)


def test_what_ended_before_the_date_keeps_them_for_good(softened: Desk) -> None:
    """Ana's was not tagged again, Bo's was: neither changes by what is judged behind it."""
    before = softened.store.reading.waits(2)
    again(softened, START)
    assert softened.store.reading.waits(2) == before
    with softened.store.tx():
        softened.store.judging.mark_conversation(2)
    judge_pending(softened.store, softened.brand_id, builders.tagger_for)
    assert [w.kind for w in softened.store.reading.waits(2)] == [Kind.COMPLAINT, Kind.PRAISE]


def test_a_correction_holds_under_all_settings(softened: Desk) -> None:
    """What an agent said is no matter of rules."""
    from triage.app.acting import tag

    first = next(p for p in softened.channel.posts.values() if p.author.handle == "bo")
    talk = softened.conversation(2)
    tag(
        softened.store,
        talk,
        Kind.QUESTION,
        "kim",
        START,
        builders.tagger_for,
        first.native_id,
    )
    again(softened)
    ended, _ = softened.store.reading.waits(2)
    assert (ended.kind, ended.is_met) == (Kind.QUESTION, True)
