"""Thousands of odd answers and texts through channel, store, screens, CSV, TSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import builders
from counted import Count
from depth import deep
from oddities import FIRST_ID, Oddities
from screens import Ran, Runner
from triage.app.fetching import FetchOptions, fetch_account
from triage.app.judging import judge_pending
from triage.channels.x.channel import XChannel
from triage.channels.x.payload import snowflake_ms
from triage.core.channel import Outgoing, PageRequest, Stream
from triage.core.credentials import Credentials
from triage.errors import TriageError
from triage.sandbox.server import Sandbox
from triage.sandbox.wire import Request, Response

pytestmark = [pytest.mark.enable_socket, pytest.mark.deep]

PAGES, SIZE, BROKEN = deep(190, 30), 100, deep(1_200, 300)
NOW = (snowflake_ms(str(FIRST_ID)) or 0) + 1_000
SEED = 20
KEYS = Credentials(bearer_token="made-up", user_token="made-up-too")  # noqa: S106
_ACTED_ON = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Odd(Sandbox):
    """Answers with a walk of odd pages, or with broken answers.

    Attributes:
        pages: How many the walk has; 0 gives broken answers.
    """

    def __init__(self, made: Oddities, pages: int = 0) -> None:
        super().__init__()
        self.made = made
        self.pages = pages
        self._page: dict[str, Any] = {}

    def answer(self, request: Request) -> Response:
        """Answer as the path asks."""
        if not self.pages:
            return Response(*self.made.broken())
        parts = urlsplit(request.target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body: Any = {"meta": {"result_count": 0}}
        if parts.path == "/2/tweets":
            asked = query["ids"].split(",")
            body = {**self._page, "data": [p for p in self._page["data"] if p["id"] in asked]}
        elif parts.path.endswith("/mentions"):
            number = int(query.get("pagination_token", "0")) + 1
            self._page = self.made.page(SIZE, str(number) if number < self.pages else None)
            body = self._page
        return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())


def channel(server: Odd) -> XChannel:
    """The channel, asking once."""
    return XChannel(KEYS, now=lambda: NOW, base_url=server.base_url, attempts=1, retry_wait_s=0)


def test_broken_answers(count: Count) -> None:
    """Whatever comes back, each call ends in its value or in one of our errors, in clean words."""
    hints = refused = 0
    with Odd(Oddities(SEED)) as server:
        x = channel(server)
        for number in range(BROKEN):
            outcome, told = "", ""
            try:
                match number % 5:
                    case 0:
                        x.page(Stream.MENTIONS, "1", PageRequest())
                    case 1:
                        x.account("acme")
                    case 2:
                        x.lookup(["5"])
                    case 3:
                        outcome = x.post(Outgoing("hello", "5")).detail
                    case _:
                        x.delete("5")
            except TriageError as error:
                outcome, told = error.message, f"{error.reason} {error.hint}"
                hints += bool(error.hint)
                refused += 1
            assert not _ACTED_ON.search(outcome + told), repr(outcome + told)
    assert hints == refused > BROKEN / 4
    count("odd answers and texts", BROKEN)


@pytest.fixture
def flooded(desk: builders.Desk) -> builders.Desk:
    """A desk that has read nothing but odd posts."""
    made = Oddities(SEED + 1)
    with Odd(made, PAGES) as server:
        fetched = fetch_account(
            desk.store, channel(server), desk.account, FetchOptions(), lambda: NOW
        )
    assert fetched.error is None, fetched.error.reason
    desk.now = NOW
    judge_pending(desk.store, desk.brand_id, builders.tagger_for)
    desk.store.index_search()
    return desk


SCREENS = (
    ("queue", "--all", "-L", "100000"),
    ("search", "broken", "-L", "100000"),
    ("search", "thanks OR @acme"),
    ("customer", "fan1"),
)


def test_odd_texts(flooded: builders.Desk, run: Runner, count: Count) -> None:
    """What is stored comes out of every screen and format as text that nothing acts on."""
    ((rows,),) = flooded.store.engine.query("SELECT count(*) FROM message")
    assert rows > 0.9 * PAGES * SIZE
    assert flooded.store.problems() == []
    numbers = [str(r[0]) for r in flooded.store.engine.query("SELECT id FROM conversation")]
    some = [("show", number) for number in numbers[:: len(numbers) // 15]]
    for words in (*SCREENS, *some):
        assert_quiet(run(*words, tty=True, width=100))
    for words in some:
        assert_quiet(run(*words))
        json.loads(assert_quiet(run(*words, "--json")).out)
    for words in SCREENS[:2]:
        assert_quiet(run(*words))
        json.loads(assert_quiet(run(*words, "--json")).out)
        assert_lines(run(*words))
        assert_cells(run(*words, "--csv"))
    count("odd answers and texts", PAGES * SIZE)


def assert_quiet(ran: Ran) -> Ran:
    """Nothing crashed, and nothing that was said does anything to a terminal."""
    assert ran.code in {0, 1, 2}, ran.err
    found = _ACTED_ON.search(ran.out + ran.err)
    assert found is None, repr((ran.out + ran.err)[max(0, found.start() - 40) : found.end() + 20])
    return ran


def assert_cells(ran: Ran) -> None:
    """No cell is one that a spreadsheet would run."""
    assert_quiet(ran._replace(out=ran.out.replace("\r\n", "\n")))  # as rows of CSV end
    for row in csv.reader(io.StringIO(ran.out)):
        for cell in row:
            assert not cell.startswith(_FORMULA) or is_number(cell), repr(cell)


def is_number(cell: str) -> bool:
    """A plain number is no formula, whatever its sign."""
    return re.fullmatch(r"-?\d+(\.\d+)?", cell) is not None


def assert_lines(ran: Ran) -> None:
    """Each line of a pipe has the same number of fields: no text brings its own."""
    assert_quiet(ran)
    assert len({line.count("\t") for line in ran.out.splitlines()}) <= 1
