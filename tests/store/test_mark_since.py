"""Marking stored mentions to be tagged again, page by page."""

from __future__ import annotations

from builders import Desk
from engines import lite, sqlite_only
from triage.core.model import MINUTE
from triage.core.retagging import Place

MENTIONS, PAGE = 400, 10


def _mark(desk: Desk, since: int, after: Place) -> tuple[Place | None, int]:
    """Mark a page; give where it ends, and in how many steps SQLite did it."""
    connection = lite(desk.store).connection
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with desk.store.tx():
        connection.set_progress_handler(count, 1)
        place = desk.store.judging.mark_since(desk.brand_id, since, after, PAGE)
        connection.set_progress_handler(None, 1)
    return place, steps


@sqlite_only("counts the steps of SQLite's machine")
def test_a_late_page_costs_no_more_than_the_first(desk: Desk) -> None:
    """What was looked at is not read again, or an archive would take the square of its size."""
    for number in range(MENTIONS):
        desk.write("ana", f"@acme number {number}", ago=number * MINUTE)
    desk.fetch()
    place: Place | None = (-1, 0)
    steps = []
    while place is not None:
        place, taken = _mark(desk, 0, place)
        steps.append(taken)
    assert len(steps) == MENTIONS // PAGE + 1
    assert max(steps[1:]) < 2 * steps[0]
    marks = "SELECT count(*), min(retag_from), max(retag_from) FROM unjudged"
    assert desk.store.engine.query(marks) == [(MENTIONS, 0, 0)]
