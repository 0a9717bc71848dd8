"""The marks of a move, in both stores: at no moment are both in use.

The source is marked before the first row is copied, and from then on opens for nobody but the
move. The target is marked as coming until all of it is there and compared. A file carries another
`application_id` meanwhile, so that the good case asks for nothing more than before; a database on
a server is asked for its marks when its version is.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import NamedTuple

from triage.errors import StoreBusy, StoreError
from triage.store.engine import Engine, Lite
from triage.store.migrations import APPLICATION_ID

MOVING_ID = 0x7472696D
"""`trim`: marks a SQLite file that was moved elsewhere, or is not all there yet."""

MOVED = "moved_to"
"""Mark of a store that is being moved, or was."""

COMING = "moved_from"
"""Mark of a store that another one is moved into, or was."""

HOME = "generation_home"
"""Mark of a store on a server: where it lives. Without it the outbox waits for our timeline."""

OWN = (MOVED, COMING, HOME, "min_client", "lock:")
"""How marks in `meta` begin that are about one store alone, and are not copied."""


class Mark(NamedTuple):
    """One side of a move.

    Attributes:
        move: Its id: the same in both stores.
        other: What the other store is called to people.
        at: When it began, UTC ms.
        known: Whether the machine that began it took the store for no restored copy.
        done: Whether it came to its end.
    """

    move: str
    other: str
    at: int
    known: bool
    done: bool = False


def read_mark(engine: Engine, key: str) -> Mark | None:
    """Read one of the marks; None if it is not there."""
    return _marks(engine).get(key)


def _marks(engine: Engine) -> dict[str, Mark]:
    rows = engine.query(
        "SELECT key, value FROM meta WHERE key IN (:moved, :coming)",
        {"moved": MOVED, "coming": COMING},
    )
    return {key: Mark(**json.loads(told)) for key, told in rows}


def write_mark(engine: Engine, key: str, mark: Mark | None) -> None:
    """Write one of the marks, or take it away; call it inside a transaction."""
    engine.execute("DELETE FROM meta WHERE key = :key", {"key": key})
    if mark is not None:
        engine.execute(
            "INSERT INTO meta (key, value) VALUES (:key, :value)",
            {"key": key, "value": json.dumps(mark._asdict(), sort_keys=True)},
        )
    if isinstance(engine, Lite):
        engine.execute(f"PRAGMA application_id = {_application_id(engine)}")


def _application_id(engine: Engine) -> int:
    marks = _marks(engine)
    coming = marks.get(COMING)
    is_open = MOVED not in marks and (coming is None or coming.done)
    return APPLICATION_ID if is_open else MOVING_ID


def refuse_moved(engine: Engine) -> None:
    """Refuse a store that is not in use: it was moved, or is not all there.

    Raises:
        StoreBusy: The move has not come to its end.
        StoreError: It has.
    """
    marks = _marks(engine)
    moved, coming = marks.get(MOVED), marks.get(COMING)
    if moved is not None and moved.done:
        raise StoreError(
            f"The store {engine.label} was moved to {moved.other}.",
            reason=f"That was on {_day(moved.at)}; nothing is read or written here since.",
            hint=f"Write `{line_of(moved.other)}` into config.toml.",
        )
    if moved is not None:
        raise _unfinished(engine.label, f"It is being moved to {moved.other}", moved.at)
    if coming is not None and not coming.done:
        raise _unfinished(engine.label, f"{coming.other} is being moved into it", coming.at)


def line_of(label: str) -> str:
    """The line of the configuration that names a store."""
    return f"store = {json.dumps(label, ensure_ascii=False)}"


def _unfinished(label: str, what: str, at: int) -> StoreBusy:
    return StoreBusy(
        f"The store {label} cannot be used.",
        reason=f"{what} since {_day(at)}.",
        hint="Wait for `triage store move`; if it was stopped, run it again, or with --back.",
    )


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%SZ}"
