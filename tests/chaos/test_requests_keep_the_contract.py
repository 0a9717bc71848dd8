"""Every request that the program makes, against X's own documents, in both spellings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import contract
import pytest
from shared import shared

from chaos.bench import Bench
from chaos.calls import CALLS, Call
from chaos.desk import Server
from chaos.recorded import check_recorded
from counted import Count
from triage.sandbox.state import fresh

pytestmark = pytest.mark.enable_socket
DOCUMENTS = {"tweet": "tweets", "post": "posts"}


@pytest.fixture(params=DOCUMENTS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A desk that speaks one of the spellings."""
    shared("x-openapi/openapi.json")
    with Server(fresh()) as server:
        yield Bench(tmp_path / "desk", server, settings=f'fields = "{request.param}"\n')


@pytest.mark.thin(3)
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_requests_of_a_call(count: Count, bench: Bench, call: Call) -> None:
    """Each registered call is made, and is one that the documents allow, in either spelling."""
    spelling = "post" if '"post"' in bench.desk.settings else "tweet"
    call.before(bench)
    bench.server.exchanges.clear()
    ran = call.run(bench)
    assert ran.code == 0, ran
    made = [e for e in bench.server.exchanges if call.is_made_by(e)]
    assert len(made) > call.skip, "the call was not made"
    for seen in bench.server.exchanges:
        contract.check_request(
            seen.method, seen.url, seen.headers, seen.body, document=DOCUMENTS[spelling]
        )
    count("requests held against X's documents", len(bench.server.exchanges))


def test_what_is_recorded_is_checked(bench: Bench) -> None:
    """The check behind every other test of faults finds a request that the documents forbid."""
    bench.fetch()
    assert check_recorded(bench.server.exchanges) > 0
    wrong = bench.server.exchanges[-1]
    object.__setattr__(wrong, "url", f"{wrong.url}&colour=red")
    with pytest.raises(contract.BreachError):
        check_recorded([wrong])
