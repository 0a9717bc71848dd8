"""Reports made by hand, for whoever shows one: a busy month, an empty one, and a hostile one.

They are true in themselves: the days, the hours and the kinds add up to the total, and the missed
are as many as the figures say; of the period before, the kinds and the total are of their own.
Nothing here is computed by the code that the tests are about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from triage.core.kinds import DAY, HOUR, MINUTE
from triage.core.report.line import FIGURES, Dimension, Line, Response, Spread, Waits
from triage.core.report.model import (
    Advice,
    Agent,
    Customer,
    Day,
    Fetching,
    GapSeen,
    Hour,
    Missed,
    Report,
    Theme,
    Turn,
)

ZONE = "Europe/Madrid"
FIRST = date(2026, 3, 1)
"""A month whose clocks go forward: its 29th has 23 hours."""
DAYS = 31
KINDS = ("complaint", "question", "other", "praise")
MISSED = 40
"""How many of the sample's waits were not answered in time."""
OVERDUE = 5
"""How many of them still wait."""

_WEEKLY = (12, 14, 13, 13, 11, 6, 5)
"""How the week's days compare, Monday first."""
_DAILY = (1, 0, 0, 0, 0, 1, 3, 6, 10, 14, 15, 14, 11, 10, 11, 13, 14, 13, 11, 10, 9, 7, 5, 3)
"""How the day's hours compare."""
_OVERDUE = (0, 1, 0, 2, 3, 1, 8, 11, 4, 2)
_OPEN = range(9, 18)

_WRITTEN = (
    "@acme my parcel has been “out for delivery” for three days, where is it?",
    "@acme ¿Alguien me puede decir por qué me han cobrado dos veces este mes?",
    "@acmehelp der Techniker kam nicht, und niemand geht ans Telefon. Was soll das?",
    "@acme the app signs me out each time I open it. Again. Please fix this at last!",
    "@acme order 8841 came with the lid broken, and the form for returns is down",
    "@acmehelp no internet in all of Getafe since 7 in the morning #outage",
    "@acme cancelled in January, still charged in March 😡",
    "@acme 注文した商品がまだ届きません。いつ届きますか?",
)
_PEOPLE = (
    *("ana_diaz", "b_okafor", "carla.m", "deniz_k", "eva_lund", "franc0", "g_moreau", "hiro_t"),
    *("ines_ruiz", "jo_barr", "kofi_a", "lena_w", "marta_v", "nils_o", "olu_ade", "pia_r"),
    *("quinn_x", "rosa_pg", "sam_t", "tomasz_b"),
)
_AGENTS = ("", "Ana", "Ben", "Chidi", "Dora", "Émile")
_THEMES = (
    ("delivery", 71, 44),
    ("billing", 48, 52),
    ("outage", 39, 6),
    ("app", 27, 31),
    ("staff", 15, 15),
    ("returns", 12, 19),
)


def at(day: date, hour: int = 0, minute: int = 0, *, zone: str = ZONE) -> int:
    """A time of a day in the report's zone, UTC ms."""
    moment = datetime.combine(day, time(hour, minute), ZoneInfo(zone))
    return int(moment.astimezone(UTC).timestamp()) * 1000


def portions(total: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers in the proportion of some weights, with exactly that sum."""
    whole, given, made = sum(weights), 0, 0
    parts = []
    for weight in weights:
        given += weight
        upto = total * given // whole
        parts.append(upto - made)
        made = upto
    return parts


def spread(n: int, median_s: float) -> Spread:
    """Spans as answers are spread: most are quick, and the tail is long."""
    if n == 0:
        return Spread()
    return Spread(
        n,
        median_s=median_s,
        p90_s=median_s * 3.4,
        p95_s=median_s * 5.2,
        slowest_s=median_s * 11,
        quartiles_s=(median_s * 0.45, median_s * 1.9),
    )


def response(n: int, median_s: float) -> Response:
    """How long answers took, if customers see more of it than the team."""
    return Response(
        seen=spread(n, median_s),
        seen_open=spread(n, median_s * 0.5),
        team=spread(n, median_s * 0.92),
        team_open=spread(n, median_s * 0.42),
    )


def line(key: str, mentions: int, waits: Waits, median_s: float, *, sent: int = 0) -> Line:
    """A line with the conversations behind each of its figures."""
    first = waits.answered * 3 // 4
    counts = {
        name: waits.opened if name == "waits" else int(getattr(waits, name)) for name in FIGURES
    }
    ids = {name: tuple(range(11, 11 + count)) for name, count in counts.items() if count}
    return Line(
        key,
        mentions=mentions,
        sent=sent,
        waits=waits,
        first=response(first, median_s),
        next=response(waits.answered - first, median_s * 0.6),
        ids=ids,
    )


def _waits(missed: int) -> Mapping[str, tuple[Waits, float]]:
    """Waits by kind with their median answer; what is missed beyond the usual are complaints."""
    more = missed - MISSED
    complaints = Waits(
        opened=212 + more,
        answered=181 + more,
        outside=12,
        settled=9,
        dismissed=11,
        withdrawn=2,
        open=9,
        overdue=3,
        met=162,
        missed=19 + more,
        lasting_s=5_820.0,
    )
    questions = Waits(
        opened=344,
        answered=311,
        outside=21,
        settled=6,
        dismissed=15,
        withdrawn=1,
        open=11,
        overdue=2,
        met=297,
        missed=14,
        lasting_s=9_960.0,
    )
    other = Waits(
        opened=41,
        answered=19,
        outside=1,
        settled=0,
        dismissed=16,
        withdrawn=0,
        open=6,
        overdue=0,
        met=17,
        missed=2,
        lasting_s=None,
        lasting_from_s=88_200.0,
    )
    return {
        "complaint": (complaints, 4_380.0),
        "question": (questions, 7_740.0),
        "other": (other, 30_600.0),
        "praise": (Waits(), 0.0),
    }


def add_up(parts: Sequence[Waits], lasting_s: float | None) -> Waits:
    """The waits of several lines together."""
    sums = {
        name: sum(int(getattr(w, name)) for w in parts)
        for name in ("opened", *(f for f in FIGURES if f != "waits"))
    }
    return Waits(**sums, lasting_s=lasting_s)


def _kinds(missed: int) -> list[Line]:
    written = {"complaint": 255, "question": 396, "other": 518, "praise": 203}
    return [
        line(kind, written[kind] + (missed - MISSED if kind == "complaint" else 0), waits, median_s)
        for kind, (waits, median_s) in _waits(missed).items()
    ]


def _days(first: date, kinds: Sequence[Line], total: Line) -> list[Day]:
    dates = [first + timedelta(days=i) for i in range(DAYS)]
    weights = [_WEEKLY[d.weekday()] + (9 if i == DAYS // 2 else i % 3) for i, d in enumerate(dates)]
    mentions = {k.key: portions(k.mentions, weights) for k in kinds}
    waits = total.waits
    a_day_later = [0, *weights[:-2], weights[-2] + weights[-1]]
    opened = portions(waits.opened, weights)
    answered = portions(waits.answered, a_day_later)
    closed = portions(waits.settled + waits.dismissed + waits.withdrawn, a_day_later)
    waiting, days = 0, []
    for i, day in enumerate(dates):
        waiting += opened[i] - answered[i] - closed[i]
        days.append(
            Day(
                date=day.isoformat(),
                from_at=at(day),
                to_at=at(day + timedelta(days=1)),
                mentions={kind: mentions[kind][i] for kind in KINDS},
                opened=opened[i],
                answered=answered[i],
                waiting=waiting,
                overdue=waits.overdue if i == DAYS - 1 else min(waiting, _OVERDUE[i % 10]),
            )
        )
    return days


def _hours(total: Line) -> list[Hour]:
    weights = [day * hour for day in _WEEKLY for hour in _DAILY]
    office = [
        _DAILY[h] * (1 if day < 5 and h in _OPEN else 0) * 4 + _DAILY[h] // 5
        for day in range(7)
        for h in range(24)
    ]
    mentions = portions(total.mentions, weights)
    answers = portions(total.waits.answered, office)
    return [
        Hour(day, h, mentions[day * 24 + h], answers[day * 24 + h], _is_open(day, h))
        for day in range(7)
        for h in range(24)
    ]


def _is_open(weekday: int, hour: int) -> float:
    if weekday == 5:
        return 1.0 if hour in (10, 11, 12) else 0.5 if hour == 13 else 0.0
    return 1.0 if weekday < 5 and hour in _OPEN else 0.0


def _as_of(first: date) -> int:
    """The morning after the period."""
    return at(first + timedelta(days=DAYS), 8, 30)


def missed_waits(count: int, first: date = FIRST) -> list[Missed]:
    """Waits that were not answered in time, most late first; the first five still wait."""
    made = []
    for i in range(count):
        promise = 4 * HOUR if i % 3 else 24 * HOUR
        late = (count - i) * 11 * MINUTE + 40_000
        is_open = i < OVERDUE
        opened_at = at(first + timedelta(days=i % (DAYS - 2)), 8 + i % 11, 7 * i % 60)
        if is_open:
            opened_at = _as_of(first) - late - promise
        made.append(
            Missed(
                conversation_id=41 + 3 * i,
                customer=_PEOPLE[i % len(_PEOPLE)],
                kind=("complaint", "question", "complaint", "other")[i % 4],
                opened_at=opened_at,
                due_at=opened_at + promise,
                ended_at=None if is_open else opened_at + promise + late,
                late_s=late / 1000,
                is_open=is_open,
                agent="" if is_open else _AGENTS[i % len(_AGENTS)],
                text=_WRITTEN[i % len(_WRITTEN)],
                url=None
                if i % 9 == 8
                else f"https://x.com/u/status/19{93_000_000_000_000_000 + i}",
            )
        )
    return made


def _agents(total: Line) -> list[Agent]:
    answers = [total.waits.outside]
    answers += portions(total.waits.answered - total.waits.outside, (31, 24, 19, 15, 8))
    closed = [0, 14, 21, 9, 12, 3]
    return [
        Agent(
            agent=name,
            answers=answers[i],
            closed=closed[i],
            after_hours=answers[i] * (3, 11, 4, 30, 0, 45)[i] // 100,
            first=response(answers[i] * 3 // 4, 3_600.0 + 900 * i),
            next=response(answers[i] - answers[i] * 3 // 4, 2_400.0 + 300 * i),
            ids=tuple(range(50 + i, 50 + i + 6 * min(answers[i], 20), 6)),
        )
        for i, name in enumerate(_AGENTS)
    ]


def _customers() -> list[Customer]:
    return [
        Customer(
            handle=handle,
            channel="x" if i % 4 else "mastodon",
            mentions=31 - i,
            complaints=(31 - i) // 3,
            waits=(31 - i) // 2,
            longest_s=None if i == 19 else 2_400.0 + 13_700 * (i * 7 % 11),
            waiting=i in (1, 4, 12),
            ids=tuple(range(41 + i, 41 + i + 20 * (1 + i % 4), 20)),
        )
        for i, handle in enumerate(_PEOPLE)
    ]


def _themes(compared: bool) -> list[Theme]:
    return [
        Theme(
            name,
            complaints=now,
            before=before if compared else None,
            share=now / 255,
            ids=tuple(range(13 + i, 13 + i + 7 * now, 7)),
        )
        for i, (name, now, before) in enumerate(_THEMES)
    ]


def _turned(first: date) -> list[Turn]:
    return [
        Turn(59, "carla.m", "complaint", "praise", at(first + timedelta(days=4), 17, 5)),
        Turn(62, "deniz_k", "praise", "complaint", at(first + timedelta(days=9), 8, 40)),
        Turn(98, "olu_ade", "complaint", "praise", at(first + timedelta(days=22), 12, 0)),
    ]


def _fetching(first: date) -> Fetching:
    began = at(first + timedelta(days=11), 2, 10)
    gaps = (
        GapSeen("acme", "mentions", began, began + 3 * HOUR, began + 4 * HOUR, about=120),
        GapSeen("acmehelp", "timeline", None, None, began + DAY, about=None),
    )
    return Fetching(spread(1372, 140.0), runs=8_916, failed=23, gaps=gaps)


_ADVICE = (
    Advice(
        "5 people are overdue; the longest waits 7h20m longer than promised.",
        "Answer them first.",
        "queue --overdue",
        (41, 44, 47, 50, 53),
    ),
    Advice(
        "Complaints about outage rose from 6 to 39.",
        "Say publicly what happened and when it ends.",
        "report --by theme --ids",
        (15, 22, 29),
    ),
    Advice(
        "A third of the mentions come when nobody is there, most of them on weekdays 18:00-20:00.",
        "Open two hours longer, or say the hours in the profile.",
        "report --by hour",
    ),
    Advice("About 120 mentions may be missing on 12 March.", "Look at them.", "doctor"),
)


def split(by: Dimension, kinds: Sequence[Line], total: Line) -> list[Line]:
    """Lines of a report that is split by something, with the keys that belong to it."""
    if by is Dimension.KIND:
        return list(kinds)
    days = [(FIRST + timedelta(days=i)).isoformat() for i in range(DAYS)]
    keys: Mapping[Dimension, Sequence[str]] = {
        Dimension.DAY: days,
        Dimension.HOUR: [str(h) for h in range(24)],
        Dimension.AGENT: _AGENTS,
        Dimension.CUSTOMER: _PEOPLE,
        Dimension.THEME: ["", *sorted(name for name, _, _ in _THEMES)],
        Dimension.ACCOUNT: ("acme", "acmehelp"),
        Dimension.LANGUAGE: ("", "de", "en", "es", "ja"),
        Dimension.POLICY: ("", "complaint", "question"),
    }
    names = keys[by]
    weights = [3 + (i * 5) % 7 for i in range(len(names))]
    mentions, met = portions(total.mentions, weights), portions(total.waits.met, weights)
    missed, waiting = portions(total.waits.missed, weights), portions(total.waits.open, weights)
    return [
        line(
            name,
            mentions[i],
            Waits(
                opened=met[i] + missed[i] + waiting[i],
                answered=met[i] + missed[i],
                open=waiting[i],
                met=met[i],
                missed=missed[i],
                lasting_s=7_200.0,
            ),
            6_000.0 + 60 * i,
        )
        for i, name in enumerate(names)
    ]


def _month(first: date, *, missed: int, by: Dimension, previous: Report | None) -> Report:
    kinds = _kinds(missed)
    together = add_up([k.waits for k in kinds], lasting_s=8_580.0)
    total = line("all", sum(k.mentions for k in kinds), together, 6_060.0, sent=688)
    end = first + timedelta(days=DAYS)
    return Report(
        brand="Acme",
        accounts=("acme", "acmehelp"),
        zone=ZONE,
        from_at=at(first),
        to_at=at(end),
        as_of_at=_as_of(first),
        by=by,
        lines=split(by, kinds, total),
        total=total,
        kinds=kinds,
        missed=missed_waits(missed, first),
        days=_days(first, kinds, total),
        hours=_hours(total),
        themes=_themes(previous is not None),
        reopened=(44, 57, 71, 112, 140, 233),
        turned=_turned(first),
        agents=_agents(total),
        customers=_customers(),
        fetching=_fetching(first),
        advice=_ADVICE,
        previous=previous,
    )


def sample_report(
    *, by: Dimension = Dimension.KIND, missed: int = MISSED, compared: bool = True
) -> Report:
    """A busy month with something of everything.

    Args:
        by: What its lines are split by.
        missed: How many waits were not answered in time, 40 or more.
        compared: With the period before it, in which fewer came too late and more were in time.
    """
    before = None
    if compared:
        earlier = FIRST - timedelta(days=DAYS)
        before = _month(earlier, missed=MISSED, by=by, previous=None)
        kinds = [_later(kind) for kind in before.kinds]
        before = replace(before, kinds=kinds, total=_quieter(before.total), advice=())
    return _month(FIRST, missed=missed, by=by, previous=before)


def _later(kind: Line) -> Line:
    """The same waits of which one in twenty more came too late."""
    late, waits = kind.waits.met // 20, kind.waits
    return replace(kind, waits=replace(waits, met=waits.met - late, missed=waits.missed + late))


def _quieter(total: Line) -> Line:
    """A total of the month before: fewer mentions, and fewer of them in time."""
    waits = Waits(
        opened=520,
        answered=455,
        outside=30,
        settled=22,
        dismissed=39,
        withdrawn=4,
        open=0,
        overdue=0,
        met=409,
        missed=46,
        lasting_s=9_420.0,
    )
    return line("all", 1_190, waits, 7_380.0, sent=total.sent - 121)


def empty_report() -> Report:
    """A day in which nobody wrote, nothing was fetched and nobody worked."""
    whole = Line("all")
    return Report(
        brand="Acme",
        accounts=("acme",),
        zone="UTC",
        from_at=at(FIRST, zone="UTC"),
        to_at=at(FIRST + timedelta(days=1), zone="UTC"),
        as_of_at=at(FIRST + timedelta(days=1), zone="UTC"),
        by=Dimension.KIND,
        lines=[Line(kind) for kind in KINDS],
        total=whole,
        kinds=[Line(kind) for kind in KINDS],
        missed=(),
        days=[
            Day(
                date=FIRST.isoformat(),
                from_at=at(FIRST, zone="UTC"),
                to_at=at(FIRST + timedelta(days=1), zone="UTC"),
                mentions=dict.fromkeys(KINDS, 0),
                opened=0,
                answered=0,
                waiting=0,
                overdue=0,
            )
        ],
        hours=[Hour(day, h, 0, 0, 0.0) for day in range(7) for h in range(24)],
        themes=(),
        reopened=(),
        turned=(),
        agents=(),
        customers=(),
        fetching=Fetching(Spread(), runs=0, failed=0, gaps=()),
        advice=(Advice("Nobody wrote in this period."),),
    )


HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">",
    "\"><svg onload=document.title='owned'>' onmouseover='document.title=1'",
    "]]><!--<style>*{display:none}</style>--><title>x</title>&lt;b&gt;&#x3c;i&#x3e;",
    "{{ 7 * 7 }}{% raw %}{{ self.__init__.__globals__ }}\x1b]8;;https://evil.example\x07here",
    "\x1b[2J\x1b[31mred\x00\x07\u202etxt.exe\u2066\u2028second\u2029third\ufeff",
    "W" + "W" * 400,
    "汉字" * 120,
    "👨‍👩‍👧‍👦👩🏽‍💻🏳️‍🌈" * 20,
    "\ud800lone\udfff e\u0301\u0301\u0301\u0301 \u200b\u00ad\u2060",
    '@everyone =HYPERLINK("http://evil.example","x") javascript:alert(1)',
)
"""Texts that try to be something else than text."""

URLS = (
    "javascript:document.title='owned'",
    "data:text/html,<script>document.title='owned'</script>",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "//evil.example/x",
    "file:///etc/passwd",
    "https://x.com/u/status/1\" onclick=\"document.title='owned'",
    "https://x.com/u/status/1</a><script>document.title='owned'</script>",
    "https://x.com/\u202egro.live/1",
    "vbscript:x",
)
"""Addresses that are none, or that try to be more."""


def _of(values: Sequence[str], i: int) -> str:
    return values[i % len(values)]


def hostile_report() -> Report:
    """The busy month as written by attackers: whatever is text is hostile."""
    report = sample_report()
    return replace(
        report,
        brand=HOSTILE[0],
        accounts=(HOSTILE[1], HOSTILE[4]),
        by=Dimension.THEME,
        lines=[replace(k, key=_of(HOSTILE, i)) for i, k in enumerate([*report.kinds] * 3)],
        missed=[
            replace(
                m,
                customer=_of(HOSTILE, i),
                agent=_of(HOSTILE, i + 1),
                text=_of(HOSTILE, i + 2),
                url=_of(URLS, i),
            )
            for i, m in enumerate(report.missed)
        ],
        themes=[replace(t, name=_of(HOSTILE, i)) for i, t in enumerate(report.themes)],
        turned=[replace(t, customer=_of(HOSTILE, i)) for i, t in enumerate(report.turned)],
        agents=[replace(a, agent=_of(HOSTILE, i)) for i, a in enumerate(report.agents)],
        customers=[replace(c, handle=_of(HOSTILE, i)) for i, c in enumerate(report.customers)],
        fetching=replace(
            report.fetching,
            gaps=[replace(g, account=_of(HOSTILE, i)) for i, g in enumerate(report.fetching.gaps)],
        ),
        advice=[
            replace(a, what=_of(HOSTILE, i), do=_of(HOSTILE, i + 3), command=_of(HOSTILE, i + 4))
            for i, a in enumerate(report.advice)
        ],
    )
