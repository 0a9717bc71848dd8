"""What business time costs: many waits beside `workclock`, and ten years beside a day.

    python benchmarks/clock.py [N] [--rounds R]     # 100,000 open waits, 15 rounds by default

The calendar is that of a shop in Madrid: Monday to Friday from 9 to 14 and from 15 to 18, Saturday
from 10 to 14, closed on the public holidays of the region. Ours gives the due time and the warning
of each wait, and then decides all of it, as happens when new settings are applied. Theirs is the
loop that asks `Schedule.add` once for each wait, from UTC ms and back, and for the due time alone.
All begin with an empty calendar and take turns in one process, and the run ends if their due times
differ. Needs the extra `test`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from random import Random
from statistics import median

import holidays
from workclock import Holidays, Schedule, WorkDay

from triage.core.calendar import Day, WeeklyCalendar
from triage.core.kinds import DAY, HOUR, Kind
from triage.core.policy import Policy, Settings
from triage.core.waits import Judge, Mention, decide_waits

ZONE = "Europe/Madrid"
WEEKDAY = ((9 * 60, 14 * 60), (15 * 60, 18 * 60))
WEEK = (*[WEEKDAY] * 5, ((10 * 60, 14 * 60),), ())
NOW = int(datetime(2026, 11, 25, 9, 30, tzinfo=UTC).timestamp()) * 1000
"""A Wednesday, half past ten in Madrid."""
SPANS = {Kind.COMPLAINT: HOUR, Kind.QUESTION: 4 * HOUR, Kind.OTHER: 24 * HOUR}
OLDEST = 30 * DAY
TEN_YEARS = 3652 * DAY
YEARS = range(2025, 2040)
LIMIT = 0.5
MS = timedelta(milliseconds=1)


def public_holidays() -> dict[date, str]:
    """Of Madrid."""
    return dict(holidays.country_holidays("ES", subdiv="MD", years=YEARS))


def our_calendar(closed: dict[date, str]) -> WeeklyCalendar:
    """An empty one: nothing has been asked of it."""
    days = {day.isoformat(): Day(name) for day, name in closed.items()}
    return WeeklyCalendar("shop", ZONE, WEEK, days)


def their_schedule(closed: dict[date, str]) -> Schedule:
    """The same hours."""
    rules = [
        WorkDay(_clock(start), _clock(end), [weekday])
        for weekday, ranges in enumerate(WEEK)
        for start, end in ranges
    ]
    return Schedule([*rules, Holidays(closed)], time_zone=ZONE)


def _clock(minutes: int) -> clock_time:
    return clock_time(minutes // 60, minutes % 60)


def open_waits(count: int) -> list[Mention]:
    """Waits of all kinds that were opened within the last month, in no order."""
    random = Random(1)  # noqa: S311 - made-up waits, no secrets
    return [
        Mention(number, str(number), at, at, random.choice(list(SPANS)))
        for number, at in enumerate(NOW - random.randrange(OLDEST) for _ in range(count))
    ]


def snapshot(closed: dict[date, str]) -> Judge:
    """Settings that were just made."""
    policies = {kind: Policy(span, span // 4, calendar="shop") for kind, span in SPANS.items()}
    return Judge(1, Settings(policies=policies, calendars={"shop": our_calendar(closed)}))


def ours(waits: Sequence[Mention], closed: dict[date, str]) -> list[int | None]:
    """Due times, computed with the warnings under a snapshot that was just made."""
    judge = snapshot(closed)
    dues = [judge.due(wait) for wait in waits]
    return [due and due.due_at for due in dues]


def ours_decided(waits: Sequence[Mention], closed: dict[date, str]) -> list[int | None]:
    """The same with all else that is decided about a wait."""
    judge = snapshot(closed)
    decided = [decide_waits([wait], (), (), lambda _: judge) for wait in waits]
    return [wait.due_at for (wait,) in decided]


def theirs(waits: Sequence[Mention], closed: dict[date, str]) -> list[int | None]:
    """Due times by the loop."""
    schedule = their_schedule(closed)
    spans = {kind: span * MS for kind, span in SPANS.items()}
    add = schedule.add
    found: list[int | None] = []
    for wait in waits:
        start = datetime.fromtimestamp(wait.posted_at / 1000, UTC)
        found.append(round(add(start, spans[wait.kind]).timestamp() * 1000))
    return found


SIDES = (
    ("workclock, Schedule.add for each", theirs),
    ("triage, due and warning for each", ours),
    ("triage, the whole wait decided", ours_decided),
)


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of a piece of work."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def print_waits(count: int, rounds: int, closed: dict[date, str]) -> None:
    """Print what the due times of many waits cost."""
    waits = open_waits(count)
    results = [side(waits, closed) for _, side in SIDES]
    if any(result != results[0] for result in results):
        sys.exit("the due times differ")
    spent: list[list[float]] = [[] for _ in SIDES]
    for _ in range(rounds):
        for times, (_, side) in zip(spent, SIDES, strict=True):
            times.append(seconds(partial(side, waits, closed)))
    print(f"{count:,} open waits, median of {rounds} rounds, CPU ms")
    for (name, _), times in zip(SIDES, spent, strict=True):
        ratio = median(ours / theirs for ours, theirs in zip(times, spent[0], strict=True))
        bound = "" if times is spent[0] else f"   (bound {LIMIT:.2f})"
        print(f"  {name:<34} {median(times) * 1e3:>8.1f}   {ratio:.2f}{bound}")


def seconds_of_add(calendar: WeeklyCalendar, span: int, times: int) -> float:
    """CPU seconds of one due time, asked so many times."""

    def ask() -> None:
        for _ in range(times):
            calendar.add(NOW, span)

    return seconds(ask) / times


def print_distance(rounds: int, closed: dict[date, str]) -> None:
    """Print what one due time costs by how far away it is."""
    known = our_calendar(closed)
    spans = [known.between(NOW, NOW + far) for far in (DAY, TEN_YEARS)]
    first, again = [], []
    for _ in range(rounds):
        first.append([seconds_of_add(our_calendar(closed), span, 1) for span in spans])
        again.append([seconds_of_add(known, span, 200) for span in spans])
    print(f"\none due time, a day and ten years away, median of {rounds} rounds, CPU ms")
    for name, tried in (("asked of an empty calendar", first), ("asked again", again)):
        day, years = (median(column) * 1e3 for column in zip(*tried, strict=True))
        ratio = median(years / day for day, years in tried)
        print(f"  {name:<34} {day:>8.4f}   1.00")
        print(f"  {'':<34} {years:>8.4f}   {ratio:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("count", metavar="N", type=int, nargs="?", default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    closed = public_holidays()
    print_waits(options.count, options.rounds, closed)
    print_distance(options.rounds, closed)


if __name__ == "__main__":
    main()
