"""Four accounts of one app in one cron: no window ever holds too much, and nobody starves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import START, Desk
from depth import deep
from triage.app.metering import Payer, Terms, UsageMeter
from triage.core.kinds import DAY, MINUTE, SECOND
from triage.core.ratebudget import Told
from triage.core.usage import Ask, Call
from triage.errors import RateLimited

SPAN = 15 * MINUTE
ACCOUNTS = ("a", "b", "c", "d")
NEWS = Ask("mentions", as_app=True)

_worlds = count()


class World:
    """An app, its accounts, and a channel that counts their requests.

    Attributes:
        now: UTC ms.
        refused: Requests that the channel refused.
        read_at: When each account's mentions were last read, by its id.
        pages: How many pages each had read.
    """

    def __init__(self, desk: Desk, limit: int) -> None:
        self.desk = desk
        self.limit = limit
        number = next(_worlds)
        self.now = START + number * 3 * DAY
        self.app = f"app-{number}"
        with desk.store.tx():
            self.ids = [
                desk.store.accounts.add(desk.brand_id, "memory", f"{a}{number}", None, START).id
                for a in ACCOUNTS
            ]
        self.waits_until = dict.fromkeys(self.ids, 0)
        self.read_at = dict.fromkeys(self.ids, self.now)
        self.pages = dict.fromkeys(self.ids, 0)
        self.refused = 0
        self._ends = self._used = 0

    def run(self, backlog: dict[int, int], lost: Iterator[bool], way: int = SECOND) -> None:
        """One run of `fetch`: so many pages of each account, as far as it may."""
        last = self.desk.store.usage.last_read(self.ids)
        order = sorted(self.ids, key=lambda i: (last.get(i, 0), i))
        for turn, account in enumerate(order):
            if self.waits_until[account] > self.now:
                continue
            meter = UsageMeter(
                lambda: self.desk.store,
                Payer(account, self.desk.brand_id, self.app),
                Terms(limits={"mentions": (self.limit, self.limit)}),
                lambda: self.now,
                lambda turn=turn: len(order) - turn,  # type: ignore[misc]
            )
            try:
                for _ in range(backlog[account]):
                    meter.allow(NEWS)
                    self.now += way
                    meter.note(self._answer(is_lost=next(lost)))
                    self.read_at[account] = self.now
                    self.pages[account] += 1
            except RateLimited as stopped:
                self.waits_until[account] = stopped.reset_at

    def _answer(self, *, is_lost: bool) -> Call:
        if self.now >= self._ends:
            self._ends, self._used = self.now + SPAN, 0
        if self._used >= self.limit:
            self.refused += 1
        self._used += 1
        told = Told(self.limit, max(0, self.limit - self._used), -(-self._ends // SECOND) * SECOND)
        return Call(NEWS, 200, told=None if is_lost else told)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One store for all examples, each at days of its own."""
    made = Desk(Path(tmp_path_factory.mktemp("sharing")))
    yield made
    made.close()


PAUSES = st.integers(0, 20 * MINUTE) | st.integers(-3, 3).map(lambda n: SPAN + n * 10 * SECOND)
RUNS = st.lists(
    st.tuples(PAUSES, st.lists(st.integers(0, 12), min_size=4, max_size=4)), min_size=1, max_size=8
)


@settings(max_examples=deep(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 20), RUNS, st.lists(st.booleans(), min_size=1, max_size=9), st.data())
def test_no_window_holds_more_than_the_limit(
    desk: Desk,
    limit: int,
    runs: list[tuple[int, list[int]]],
    losses: list[bool],
    data: st.DataObject,
) -> None:
    """For any schedule of runs, any backlog of each account, slow answers and lost headers."""
    world = World(desk, limit)
    lost = (losses[n % len(losses)] for n in count())
    way = data.draw(st.sampled_from([SECOND // 5, SECOND, 20 * SECOND]))
    for pause, pages in runs:
        world.now += pause
        world.run(dict(zip(world.ids, pages, strict=True)), lost, way)
    assert world.refused == 0


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 8, 40])
@pytest.mark.parametrize("losses", [[False], [True], [False, True, True]], ids=str)
def test_every_account_is_read_however_much_the_others_have(
    desk: Desk, limit: int, losses: list[bool]
) -> None:
    """Two have no end of mentions; within as many windows as it takes all others are read."""
    world = World(desk, limit)
    lost = (losses[n % len(losses)] for n in count())
    deep, also_deep, *shallow = world.ids
    backlog = {deep: 500, also_deep: 500, **dict.fromkeys(shallow, 1)}
    windows = -(-len(ACCOUNTS) // limit) + 1
    longest = windows * (SPAN + 8 * MINUTE)
    for _ in range(80):
        world.now += 5 * MINUTE
        world.run(backlog, lost)
        assert all(world.now - at <= longest for at in world.read_at.values())
    assert world.refused == 0


def test_two_deep_backlogs_go_down_alike(desk: Desk) -> None:
    """Whose turn comes first has no more of it in the end."""
    world = World(desk, 40)
    deep, also_deep, *shallow = world.ids
    backlog = {deep: 500, also_deep: 500, **dict.fromkeys(shallow, 1)}
    for _ in range(96):
        world.now += 5 * MINUTE
        world.run(backlog, iter(lambda: False, True))
    first, second = sorted([world.pages[deep], world.pages[also_deep]])
    assert first > 200
    assert second <= first * 5 // 4
