"""The figures of a report worked out a second time, from `docs/metrics.md` and from the tables.

Slow and literal on purpose: it reads whole tables, walks through time minute by minute and counts
anew for every figure. It shares no code with what it checks but the values that reports consist of.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from engines import rows_of
from triage.core.report.line import Dimension
from triage.core.report.model import Report
from triage.core.report.query import ReportQuery
from triage.store.store import SqlStore

Row = dict[str, Any]
MINUTE = 60_000
KINDS = ("complaint", "question", "other", "praise")
FIGURES = (
    "waits",
    "answered",
    "outside",
    "settled",
    "dismissed",
    "withdrawn",
    "open",
    "overdue",
    "met",
    "missed",
)


def counts(figure: str, w: Row, now: int) -> bool:
    """Whether a wait is in a figure."""
    if figure == "overdue":
        return is_overdue(w, now)
    if figure in {"met", "missed"}:
        return is_kept(w) is (figure == "met")
    if figure == "outside":
        return bool(w["outside"])
    return figure in {"waits", w["state"]}


def is_overdue(w: Row, now: int) -> bool:
    """It is open, and due now or before."""
    return w["state"] == "open" and w["due_at"] is not None and w["due_at"] <= now


def is_kept(w: Row) -> bool | None:
    """Answered before the due time, at it or after it; None if there is nothing to tell."""
    if w["state"] != "answered" or w["due_at"] is None:
        return None
    return bool(w["ended_at"] < w["due_at"])


def table(store: SqlStore, name: str) -> list[Row]:
    """All rows of a table."""
    return rows_of(store, name)


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """A report as plain data, without its advice."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items() if key != "advice"}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Dimension) else value


def told(report: Report) -> Any:  # noqa: ANN401 - JSON
    """The same of a report."""
    return plain(asdict(report))


class Hours:
    """Open minutes of a calendar around some weeks, told one by one.

    Args:
        zone: IANA name.
        week: Ranges of minutes by weekday; they end on the day on which they begin.
        closed: Dates that are closed.
        first: UTC ms, a whole minute: nothing before it is asked.
        minutes: How many minutes are told.
    """

    def __init__(
        self,
        zone: str,
        week: Sequence[Sequence[tuple[int, int]]],
        closed: Iterable[str],
        first: int,
        minutes: int,
    ) -> None:
        found = ZoneInfo(zone)
        shut = set(closed)
        self.first = first
        self.flags = []
        for number in range(minutes):
            at = datetime.fromtimestamp(first // 1000 + number * 60, UTC).astimezone(found)
            minute = at.hour * 60 + at.minute
            ranges = [] if at.date().isoformat() in shut else week[at.weekday()]
            self.flags.append(any(begin <= minute < end for begin, end in ranges))
        self.sums = [0, *accumulate(MINUTE if flag else 0 for flag in self.flags)]

    def is_open(self, at: int) -> bool:
        """Whether it is open at a moment."""
        return self.flags[(at - self.first) // MINUTE]

    def upto(self, at: int) -> int:
        """Open ms before a moment."""
        number, rest = divmod(at - self.first, MINUTE)
        return self.sums[number] + (rest if self.flags[number] else 0)

    def between(self, begin: int, end: int) -> int:
        """Open ms of a stretch."""
        return self.upto(end) - self.upto(begin) if begin < end else 0


class Always:
    """Around the clock."""

    def is_open(self, at: int) -> bool:
        """Always."""
        return at is not None

    def between(self, begin: int, end: int) -> int:
        """All of it."""
        return max(0, end - begin)


AnyHours = Hours | Always
Judged = Callable[[Row], tuple[AnyHours, frozenset[str]]]
"""Gives the hours of the policy that judged a wait, and in which rests its clock stands."""


class Oracle:
    """What a report must say.

    Args:
        store: Whose tables are read.
        judged: What the policy of a wait says.
        office: The hours that the hours of the week are held against.
        zone: IANA name.
        step: Days and hours are told from moments that are so far apart, ms.
    """

    def __init__(
        self,
        store: SqlStore,
        judged: Judged,
        office: AnyHours,
        zone: str,
        step: int = 15 * MINUTE,
    ) -> None:
        self.step = step
        self.judged = judged
        self.office = office
        self.zone = zone
        self.accounts = table(store, "account")
        self.customers = {row["id"]: row for row in table(store, "customer")}
        self.conversations = {row["id"]: row for row in table(store, "conversation")}
        self.messages = {row["id"]: row for row in table(store, "message")}
        self.activity = sorted(table(store, "activity"), key=lambda a: a["id"])
        self.holds = {row["activity_id"]: row for row in table(store, "hold")}
        self.replies = table(store, "reply")
        self.runs = table(store, "run")
        self.gaps = table(store, "gap")
        self.brands = {row["id"]: row["name"] for row in table(store, "brand")}
        verdicts = {row["message_id"]: row for row in table(store, "verdict")}
        tags = {a["message_id"]: a["after"] for a in self.activity if a["what"] == "tag"}
        for number, message in self.messages.items():
            verdict = verdicts.get(number, {"kind": "other", "theme": None})
            message["kind"] = tags.get(number, verdict["kind"])
            message["theme"] = verdict["theme"] or ""
            talk = self.conversations.get(message["conversation_id"])
            message["asked"] = message["account_id"] or (talk and talk["account_id"])
        self.waits = [row for row in table(store, "wait") if row["needs_answer"]]
        for wait in self.waits:
            self._measure(wait)

    def _measure(self, wait: Row) -> None:
        opening = self.messages[wait["opening_id"]]
        customer = self.customers[self.conversations[wait["conversation_id"]]["customer_id"]]
        wait.update(theme=opening["theme"], lang=opening["lang"] or "", customer=customer)
        earlier = [
            w
            for w in self.waits
            if w["conversation_id"] == wait["conversation_id"]
            and (w["opened_at"], w["id"]) < (wait["opened_at"], wait["id"])
        ]
        wait["first"] = not earlier
        wait["again"] = any(
            w["ended_at"] is not None and w["ended_at"] <= wait["opened_at"] for w in earlier
        )
        wait["seen"] = wait["seen_open"] = wait["team"] = wait["team_open"] = None
        if wait["state"] != "answered":
            return
        end = wait["ended_at"]
        wait["seen"] = end - wait["opened_at"]
        wait["seen_open"] = self._open(wait, wait["opened_at"], end)
        if wait["fetched_at"] <= end:
            wait["team"] = end - wait["fetched_at"]
            wait["team_open"] = self._open(wait, wait["fetched_at"], end)

    def _open(self, wait: Row, begin: int, end: int) -> int:
        hours, pauses = self.judged(wait)
        counted = hours.between(begin, end)
        for state, rests, goes_on in self._rests(wait["conversation_id"]):
            if state in pauses:
                counted -= hours.between(max(begin, rests), min(end, goes_on))
        return counted

    def _rests(self, conversation_id: int) -> list[tuple[str, int, int]]:
        """When a conversation rested: up to the first of five ends."""
        acts = [
            a
            for a in self.activity
            if a["conversation_id"] == conversation_id and a["what"] in {"hold", "wake"}
        ]
        acts.sort(key=lambda a: (a["at"], a["id"]))
        found = []
        for number, act in enumerate(acts):
            hold = self.holds[act["id"]]
            if hold["state"] is None:
                continue
            ends = [a["at"] for a in acts[number + 1 : number + 2]]
            ends += [end for end in self._ends(conversation_id) if end >= act["at"]]
            if hold["until_at"] is not None:
                ends.append(hold["until_at"])
            if not hold["stays"]:
                seen = (act["seen_at"], len(act["seen_id"]), act["seen_id"])
                ends += [
                    max(m["posted_at"], act["at"])
                    for m in self._written(conversation_id)
                    if (m["posted_at"], len(m["native_id"]), m["native_id"]) > seen
                ]
            found.append((hold["state"], act["at"], min(ends, default=1 << 60)))
        return found

    def _written(self, conversation_id: int) -> list[Row]:
        return [
            m
            for m in self.messages.values()
            if m["conversation_id"] == conversation_id and m["role"] == "mention"
        ]

    def _ends(self, conversation_id: int) -> list[int]:
        """When we answered here, and when somebody closed it."""
        theirs = {m["native_id"] for m in self._written(conversation_id)}
        answers = [
            m["posted_at"]
            for m in self.messages.values()
            if m["role"] == "own" and m["in_reply_to"] in theirs and m["deleted_at"] is None
        ]
        void = {a["voids_id"] for a in self.activity if a["what"] == "reopen"}
        closes = [
            max(a["at"], a["seen_at"])
            for a in self.activity
            if a["what"] == "close"
            and a["conversation_id"] == conversation_id
            and a["id"] not in void
        ]
        return answers + closes

    # The report.

    def report(self, query: ReportQuery, before: ReportQuery | None = None) -> Any:  # noqa: ANN401
        """What the report must say, as plain data; with the period before if one is given."""
        period = _Period(self, query)
        earlier = None if before is None else self.report(before)
        return plain(period.report(earlier))


class _Period:
    def __init__(self, oracle: Oracle, query: ReportQuery) -> None:
        self.oracle, self.query, self.now = oracle, query, query.now
        self.zone = ZoneInfo(oracle.zone)
        ours = set(query.account_ids)
        messages = [
            m
            for m in oracle.messages.values()
            if m["brand_id"] == query.brand_id and self._within(m["posted_at"])
        ]
        self.mentions = sorted(
            (
                m
                for m in messages
                if m["role"] in {"mention", "incidental"} and (not ours or m["asked"] in ours)
            ),
            key=lambda m: (m["posted_at"], len(m["native_id"]), m["native_id"]),
        )
        self.sent = [
            m for m in messages if m["role"] == "own" and (not ours or m["account_id"] in ours)
        ]
        self.everybody = [
            w
            for w in oracle.waits
            if w["brand_id"] == query.brand_id and (not ours or w["account_id"] in ours)
        ]
        self.waits = [w for w in self.everybody if self._within(w["opened_at"])]
        self.ended = [
            w for w in self.everybody if w["ended_at"] is not None and self._within(w["ended_at"])
        ]

    def _within(self, at: int) -> bool:
        return self.query.from_at <= at < self.query.to_at

    def _local(self, at: int) -> datetime:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).astimezone(self.zone)

    def report(self, earlier: Any) -> Row:  # noqa: ANN401 - JSON
        query, oracle = self.query, self.oracle
        ours = [a for a in oracle.accounts if not query.account_ids or a["id"] in query.account_ids]
        return {
            "brand": oracle.brands[query.brand_id],
            "accounts": [a["handle"] for a in ours],
            "zone": oracle.zone,
            "from_at": query.from_at,
            "to_at": query.to_at,
            "as_of_at": query.now,
            "by": query.by,
            "lines": self.lines(query.by),
            "total": self.line("all", self.waits, len(self.mentions), len(self.sent)),
            "kinds": self.lines(Dimension.KIND),
            "missed": [] if query.brief else self.missed(),
            "days": self.days(),
            "hours": self.hours(),
            "themes": self.themes(earlier),
            "reopened": [] if query.brief else _ids(w for w in self.waits if w["again"]),
            "turned": [] if query.brief else self.turned(),
            "agents": [] if query.brief else self.agents(),
            "customers": [] if query.brief else self.customers(),
            "fetching": self.fetching(),
            "previous": earlier,
        }

    # Lines.

    def lines(self, by: Dimension) -> list[Row]:
        of_wait, of_mention, of_sent = self._keys(by)
        keys: list[Any] = []
        if by is Dimension.KIND:
            keys = list(KINDS)
        elif by is Dimension.DAY:
            keys = [date for date, _, _ in self._days]
        elif by is Dimension.HOUR:
            keys = [str(hour) for hour in range(24)]
        else:
            found = {of_wait(w) for w in self.waits}
            found |= {of_mention(m) for m in self.mentions} if of_mention else set()
            found |= {of_sent(m) for m in self.sent} if of_sent else set()
            keys = sorted(found, key=lambda key: (not _shown(key), key))
            if by in {Dimension.CUSTOMER, Dimension.THEME}:
                keys.sort(key=lambda key: -sum(of_mention(m) == key for m in self.mentions))
        return [
            self.line(
                _shown(key),
                [w for w in self.waits if of_wait(w) == key],
                sum(of_mention(m) == key for m in self.mentions) if of_mention else 0,
                sum(of_sent(m) == key for m in self.sent) if of_sent else 0,
            )
            for key in keys
        ]

    def _keys(self, by: Dimension) -> Any:  # noqa: ANN401 - three functions, or None for two
        if by in {Dimension.DAY, Dimension.HOUR}:
            form = (
                (lambda d: d.date().isoformat()) if by is Dimension.DAY else lambda d: str(d.hour)
            )
            return (
                lambda w: form(self._local(w["opened_at"])),
                lambda m: form(self._local(m["posted_at"])),
                lambda m: form(self._local(m["posted_at"])),
            )
        names = {a["id"]: self._account(a) for a in self.oracle.accounts}
        customers = self.oracle.customers
        return {
            Dimension.KIND: (lambda w: w["kind"], lambda m: m["kind"], None),
            Dimension.AGENT: (lambda w: w["agent"], None, self._sender),
            Dimension.CUSTOMER: (
                lambda w: (w["customer"]["handle"], w["customer"]["id"]),
                lambda m: (customers[m["customer_id"]]["handle"], m["customer_id"]),
                None,
            ),
            Dimension.THEME: (lambda w: w["theme"], lambda m: m["theme"], None),
            Dimension.ACCOUNT: (
                lambda w: names.get(w["account_id"], ""),
                lambda m: names.get(m["asked"], ""),
                lambda m: names.get(m["account_id"], ""),
            ),
            Dimension.LANGUAGE: (
                lambda w: w["lang"],
                lambda m: m["lang"] or "",
                lambda m: m["lang"] or "",
            ),
            Dimension.POLICY: (lambda w: w["policy"], None, None),
        }[by]

    def _account(self, account: Row) -> str:
        alike = [a for a in self.oracle.accounts if a["handle"] == account["handle"]]
        handle: str = account["handle"]
        return handle if len(alike) == 1 else f"{handle} ({account['channel']})"

    def _sender(self, message: Row) -> str:
        agents = [r["agent"] for r in self.oracle.replies if r["native_id"] == message["native_id"]]
        return max(agents, default="")

    def line(self, key: str, waits: Sequence[Row], mentions: int, sent: int) -> Row:
        answered = [w for w in waits if w["state"] == "answered"]
        ids = {name: _ids(w for w in waits if counts(name, w, self.now)) for name in FIGURES}
        return {
            "key": key,
            "mentions": mentions,
            "sent": sent,
            "waits": self._waits(waits),
            "first": _response([w for w in answered if w["first"]]),
            "next": _response([w for w in answered if not w["first"]]),
            "ids": {n: i for n, i in ids.items() if i} if self.query.with_ids else {},
        }

    def _waits(self, waits: Sequence[Row]) -> Row:
        found: Row = {n: sum(counts(n, w, self.now) for w in waits) for n in FIGURES}
        found["opened"] = found.pop("waits")
        spans = [
            (max(0, (w["ended_at"] or self.now) - w["opened_at"]), w["state"] == "answered")
            for w in waits
        ]
        left, lasting = Fraction(1), None
        for at in sorted({span for span, is_answer in spans if is_answer}):
            n = sum(span >= at for span, _ in spans)
            d = sum(span == at and is_answer for span, is_answer in spans)
            left *= Fraction(n - d, n)
            if left <= Fraction(1, 2):
                lasting = at / 1000
                break
        longest = max((span for span, _ in spans), default=None)
        is_longer = lasting is None and longest is not None
        return {
            **found,
            "lasting_s": lasting,
            "lasting_from_s": longest / 1000 if is_longer and longest is not None else None,
        }

    def missed(self) -> list[Row]:
        late = []
        for w in self.waits:
            if is_kept(w) is False or is_overdue(w, self.now):
                end = self.now if w["state"] == "open" else w["ended_at"]
                late.append((w["due_at"] - end, w["conversation_id"], w["id"], w))
        return [
            self._missed(-early, w) for early, _, _, w in sorted(late, key=lambda x: x[:3])[:500]
        ]

    def _missed(self, late: int, w: Row) -> Row:
        post = self.oracle.messages[w["opening_id"]]
        return {
            "conversation_id": w["conversation_id"],
            "customer": w["customer"]["handle"],
            "kind": w["kind"],
            "opened_at": w["opened_at"],
            "due_at": w["due_at"],
            "ended_at": w["ended_at"],
            "late_s": late / 1000,
            "is_open": w["state"] == "open",
            "agent": w["agent"],
            "text": "" if post["absent"] else post["text"],
            "url": post["url"],
        }

    # Days and hours.

    @property
    def _days(self) -> list[tuple[str, int, int]]:
        return [(key, begin, end) for key, begin, end, _ in self._stretches(_date)]

    @cache  # noqa: B019 - as long as a test
    def _stretches(self, of: Callable[[datetime], str]) -> list[tuple[str, int, int, int]]:
        """Stretches of the period that have the same name, walked through step by step."""
        found: list[tuple[str, int, int, int]] = []
        at = self.query.from_at
        while at < self.query.to_at:
            end = min(self.query.to_at, (at // self.oracle.step + 1) * self.oracle.step)
            name = of(self._local(at))
            if found and found[-1][0] == name:
                found[-1] = (name, found[-1][1], end, 0)
            else:
                found.append((name, at, end, 0))
            at = end
        return found

    def days(self) -> list[Row]:
        return [self._day(*day) for day in self._days]

    def _day(self, date: str, begin: int, end: int) -> Row:
        moment = min(end, self.now)
        waiting = [
            w
            for w in self.everybody
            if w["opened_at"] < moment and (w["ended_at"] is None or w["ended_at"] >= moment)
        ]
        came = [m for m in self.mentions if begin <= m["posted_at"] < end]
        given = [w["ended_at"] for w in self.ended if w["state"] == "answered"]
        return {
            "date": date,
            "from_at": begin,
            "to_at": end,
            "mentions": {kind: sum(m["kind"] == kind for m in came) for kind in KINDS},
            "opened": sum(begin <= w["opened_at"] < end for w in self.waits),
            "answered": sum(begin <= at < end for at in given),
            "waiting": len(waiting),
            "overdue": sum(w["due_at"] is not None and w["due_at"] <= moment for w in waiting),
        }

    def hours(self) -> list[Row]:
        found = []
        stretches: dict[str, list[tuple[int, int]]] = {}
        for name, begin, end, _ in self._stretches(_hour):
            stretches.setdefault(name, []).append((begin, end))
        came = Counter(_hour(self._local(m["posted_at"])) for m in self.mentions)
        answers = [w["ended_at"] for w in self.ended if w["seen"] is not None]
        given = Counter(_hour(self._local(at)) for at in answers)
        for weekday in range(7):
            for hour in range(24):
                mine = stretches.get(f"{weekday} {hour}", [])
                span = sum(e - b for b, e in mine)
                is_open = sum(self.oracle.office.between(b, e) for b, e in mine)
                found.append(
                    {
                        "weekday": weekday,
                        "hour": hour,
                        "mentions": came[f"{weekday} {hour}"],
                        "answers": given[f"{weekday} {hour}"],
                        "is_open": is_open / span if span else 0.0,
                    }
                )
        return found

    # The rest.

    def themes(self, earlier: Any) -> list[Row]:  # noqa: ANN401 - JSON
        complaints = [m for m in self.mentions if m["kind"] == "complaint"]
        before = {} if earlier is None else {t["name"]: t["complaints"] for t in earlier["themes"]}
        names = {m["theme"] for m in complaints if m["theme"]} | set(before)
        rows = []
        for name in names:
            about = [m for m in complaints if m["theme"] == name]
            rows.append(
                {
                    "name": name,
                    "complaints": len(about),
                    "before": None if earlier is None else before.get(name, 0),
                    "share": len(about) / len(complaints) if complaints else 0.0,
                    "ids": _ids(m for m in about if m["conversation_id"] is not None),
                }
            )
        return sorted(rows, key=lambda r: (-r["complaints"], -before.get(r["name"], 0), r["name"]))

    def turned(self) -> list[Row]:
        found = []
        for number in _ids(m for m in self.mentions if m["conversation_id"] is not None):
            said = [m for m in self.mentions if m["conversation_id"] == number]
            before, after = said[0]["kind"], said[-1]["kind"]
            if (before, after) not in {("complaint", "praise"), ("praise", "complaint")}:
                continue
            last_old = max(i for i, m in enumerate(said) if m["kind"] == before)
            turning = next(m for m in said[last_old:] if m["kind"] == after)
            found.append(
                {
                    "conversation_id": number,
                    "customer": self.oracle.customers[said[0]["customer_id"]]["handle"],
                    "before": before,
                    "after": after,
                    "at": turning["posted_at"],
                }
            )
        return found

    def agents(self) -> list[Row]:
        by_hand = [w for w in self.ended if w["state"] in {"answered", "dismissed", "settled"}]
        rows = []
        for name in sorted({w["agent"] for w in by_hand}):
            theirs = [w for w in by_hand if w["agent"] == name]
            answers = [w for w in theirs if w["state"] == "answered"]
            late = [w for w in answers if not self.oracle.judged(w)[0].is_open(w["ended_at"])]
            rows.append(
                {
                    "agent": name,
                    "answers": len(answers),
                    "closed": len(theirs) - len(answers),
                    "after_hours": len(late),
                    "first": _response([w for w in answers if w["first"]]),
                    "next": _response([w for w in answers if not w["first"]]),
                    "ids": _ids(theirs),
                }
            )
        return rows

    def customers(self) -> list[Row]:
        rows = [self._customer(number) for number in sorted(self.oracle.customers)]
        wrote = [r for r in rows if r["mentions"]]
        waited = [r for r in rows if r["longest_s"] is not None]
        most = sorted(wrote, key=lambda r: -r["mentions"])[:20]
        longest = sorted(waited, key=lambda r: -r["longest_s"])[:20]
        return sorted(
            (r for r in rows if r in most or r in longest),
            key=lambda r: (-r["mentions"], r["handle"]),
        )

    def _customer(self, number: int) -> Row:
        row = self.oracle.customers[number]
        mentions = [m for m in self.mentions if m["customer_id"] == number]
        waits = [w for w in self.waits if w["customer"]["id"] == number]
        spans = [
            max(0, (w["ended_at"] or self.now) - w["opened_at"])
            for w in waits
            if w["state"] in {"answered", "settled", "open"}
        ]
        placed = [m for m in mentions if m["conversation_id"] is not None]
        return {
            "handle": row["handle"],
            "channel": row["channel"],
            "mentions": len(mentions),
            "complaints": sum(m["kind"] == "complaint" for m in mentions),
            "waits": len(waits),
            "longest_s": max(spans) / 1000 if spans else None,
            "waiting": any(w["state"] == "open" for w in waits),
            "ids": _ids([*placed, *waits]),
        }

    def fetching(self) -> Row:
        accounts = {
            a["id"]: self._account(a)
            for a in self.oracle.accounts
            if not self.query.account_ids or a["id"] in self.query.account_ids
        }
        runs = [
            r
            for r in self.oracle.runs
            if r["account_id"] in accounts and self._within(r["started_at"])
        ]
        lags = [
            max(0, m["fetched_at"] - m["posted_at"])
            for m in self.mentions
            if not m["is_history"] and m["account_id"] is not None
        ]
        gaps = [
            g
            for g in self.oracle.gaps
            if g["account_id"] in accounts and self._within(g["found_at"])
        ]
        return {
            "lag": _spread(lags),
            "runs": len(runs),
            "failed": sum(r["outcome"] != "ok" for r in runs),
            "gaps": [
                {
                    "account": accounts[g["account_id"]],
                    "stream": g["stream"],
                    "from_at": g["after_at"],
                    "to_at": g["before_at"],
                    "found_at": g["found_at"],
                    "about": g["about"],
                }
                for g in gaps
                if g["closed_at"] is None
            ],
        }


def _date(at: datetime) -> str:
    return at.date().isoformat()


def _hour_of_day(at: datetime) -> str:
    return str(at.hour)


def _hour(at: datetime) -> str:
    return f"{at.weekday()} {at.hour}"


def _shown(key: Any) -> str:  # noqa: ANN401 - a name, or a handle with what tells it from others
    return str(key[0] if isinstance(key, tuple) else key)


def _ids(rows: Iterable[Row]) -> list[int]:
    return sorted({row["conversation_id"] for row in rows})


def _response(waits: Sequence[Row]) -> Row:
    return {
        name: _spread([w[name] for w in waits if w[name] is not None])
        for name in ("seen", "seen_open", "team", "team_open")
    }


def _spread(spans: Sequence[int]) -> Row:
    """Each percentile is the least span that so many percent do not exceed."""
    ordered = sorted(spans)

    def least(percent: int) -> float | None:
        enough = (s for s in ordered if bisect_right(ordered, s) * 100 >= percent * len(ordered))
        found = next(enough, None)
        return None if found is None else found / 1000

    return {
        "n": len(spans),
        "median_s": least(50),
        "p90_s": least(90),
        "p95_s": least(95),
        "slowest_s": least(100),
        "quartiles_s": [least(25), least(75)] if spans else None,
    }
