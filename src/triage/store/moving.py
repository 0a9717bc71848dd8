"""Moving a store from one database to another: everything, with its ids, and never both in use.

The source is marked, and nobody opens it any more; the rows go over table by table, in batches in
the order of their keys, each in one transaction. The last row that is there says how far it got,
so a move that was killed goes on from it. Then the counters and the search index, and only when
both sides have the same counts and checksums the target is opened to everybody.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from triage.errors import NotFound, Refused, StoreError, TryLater
from triage.store.engine import Engine, Lite
from triage.store.generation import Generation
from triage.store.moving_copy import Tell, copy
from triage.store.moving_marks import COMING, HOME, MOVED, Mark, read_mark, write_mark
from triage.store.moving_open import Where, opened, wait_until_alone
from triage.store.moving_sums import Sum, sums
from triage.store.moving_tables import (
    META,
    Table,
    batches,
    last_key,
    refuse_unlike,
)

if TYPE_CHECKING:
    from triage.store.generation_pg import SharedGeneration

BATCH = 5_000
"""Rows that are held at once."""

_SEEDED = frozenset({"parents_through"})
"""Marks that the migrations of a new store write."""


class Outcome(StrEnum):
    """How a move ended."""

    MOVED = "moved"
    IDENTICAL = "identical"
    IN_USE = "in use"
    BACK = "back"


class Moved(NamedTuple):
    """What came of a move.

    Attributes:
        outcome: How it ended.
        source: What the source is called to people.
        target: What the target is called.
        sums: Counts and checksums, which are those of both; none where the target is in use.
    """

    outcome: Outcome
    source: str
    target: str
    sums: tuple[Sum, ...]


class Options(NamedTuple):
    """How to move.

    Attributes:
        now: The clock, UTC ms.
        generation: Of a store that is open, on this machine; None where nothing is remembered.
        tell: Told what is being done and how many rows are, and how many there are.
        wait_s: How long to wait for others who have a store open, seconds.
        batch: How many rows to hold at once.
    """

    now: Callable[[], int]
    generation: Callable[[Engine], Generation | SharedGeneration | None] = lambda _: None
    tell: Tell = lambda _what, _done, _total: None
    wait_s: float = 0.0
    batch: int = BATCH


def move(where: Where, to: Where, options: Options) -> Moved:
    """Move a store, or go on with a move that was stopped.

    Args:
        where: The store as it is.
        to: An empty one, a file that is not there, or what the stopped move began to fill.
        options: How.

    Raises:
        Refused: The target holds something else, or the source is being moved elsewhere.
        Busy: Somebody has one of them open.
        StoreError: One of them cannot be used, or what was copied is not the same.
    """
    with opened(where) as source, opened(to, create=True) as target:
        tables = refuse_unlike(source, target)
        _refuse_unready(source, target, tables)
        coming = read_mark(target, COMING)
        if coming is not None and coming.done:
            return _look_again(source, target, tables, coming, options)
        mark = _begin(source, target, tables, options)
        copy(source, target, tables, options.tell, options.batch)
        found = _compare(source, target, tables, options)
        _finish(source, target, mark, options)
        return Moved(Outcome.MOVED, source.label, target.label, found)


def back(where: Where, to: Where | None, options: Options, *, lost: bool = False) -> Moved:
    """Take a store up again that was moved, or was about to be.

    Args:
        where: The store that was moved.
        to: Where to; by default what its mark says.
        options: How.
        lost: The other store is gone for good: it is not asked, and nothing is sent until our own
            timeline was read.

    Raises:
        Refused: It was not moved, or the other store has been written to since.
        StoreError: The other store cannot be opened, and is not said to be lost.
    """
    with opened(where) as source:
        mark = read_mark(source, MOVED)
        if mark is None:
            raise Refused(f"The store {source.label} was not moved.", hint="It is in use.")
        found: tuple[Sum, ...] = ()
        if not lost:
            with _opened_other(to or mark.other) as target:
                found = _close_again(source, target, mark, options)
        if mark.known and not lost:
            _remember(options.generation(source), is_known=True)
        with source.tx():
            write_mark(source, MOVED, None)
            if lost:
                # As one that was moved here: whatever waits in it may have left from the other.
                source.execute("DELETE FROM meta WHERE key = :key", {"key": HOME})
        return Moved(Outcome.BACK, source.label, mark.other, found)


@contextmanager
def _opened_other(where: Where) -> Iterator[Engine]:
    with ExitStack() as stack:
        try:
            target = stack.enter_context(opened(where))
        except (NotFound, StoreError, TryLater) as error:
            raise StoreError(
                "The store that it was moved to cannot be asked whether it was written to.",
                reason=" ".join(filter(None, (error.message, error.reason))),
                hint="Name it with --to; or say that it is gone for good, with --lost.",
            ) from error
        yield target


def _refuse_unready(source: Engine, target: Engine, tables: Sequence[Table]) -> None:
    moved, coming = read_mark(source, MOVED), read_mark(target, COMING)
    half = read_mark(source, COMING)
    if half is not None and not half.done:
        raise Refused(
            f"The store {source.label} is not all there.",
            reason=f"{half.other} is being moved into it.",
            hint="Bring that to its end first: triage store move.",
        )
    away = read_mark(target, MOVED)
    if away is not None:
        raise Refused(
            f"The store {target.label} was moved itself, to {away.other}.",
            hint="Name an empty store.",
        )
    if coming is not None and (moved is None or moved.move != coming.move):
        what = "in use" if coming.done else "half filled by another move"
        raise Refused(
            f"The store {target.label} is not empty.",
            reason=f"It is {what}, which began with {coming.other}.",
            hint="Name an empty store, or remove that one and make it anew.",
        )
    if coming is None and moved is not None and moved.other != target.label:
        raise Refused(
            f"The store {source.label} is being moved to {moved.other} already.",
            hint="Name that one, or take it back first: triage store move --back.",
        )
    if coming is None:
        _refuse_filled(target, tables)


def _refuse_filled(target: Engine, tables: Sequence[Table]) -> None:
    for table in tables:
        keys = batches(target, table, 1_000) if table.name == META else iter(())
        foreign = any(row[0] not in _SEEDED for rows in keys for row in rows)
        if foreign or (table.name != META and last_key(target, table) is not None):
            raise Refused(
                f"The store {target.label} is not empty.",
                reason=f"There are rows in {table.name}, which this move did not write.",
                hint="Name an empty store, or a file that is not there yet.",
            )


def _begin(source: Engine, target: Engine, tables: Sequence[Table], options: Options) -> Mark:
    """Mark both, the source first: from then on nobody opens it."""
    mark = read_mark(source, MOVED)
    if mark is None:
        _refuse_broken(source)
        mark = _mark_source(source, target.label, options)
    else:
        wait_until_alone(source, options.wait_s)
    # A backup of it that is restored later is no store to send from: this one has gone on.
    _remember(options.generation(source), is_known=False)
    if read_mark(target, COMING) is None:
        with target.tx():
            _refuse_filled(target, tables)
            write_mark(target, COMING, mark._replace(other=source.label))
    wait_until_alone(target, options.wait_s)
    return mark


def _refuse_broken(source: Engine) -> None:
    """A server looks up every reference; a file may have been written without."""
    broken = source.query("PRAGMA foreign_key_check") if isinstance(source, Lite) else []
    if broken:
        raise StoreError(
            f"The store {source.label} is not sound.",
            reason=f"{len(broken)} rows refer to rows that are not there.",
            hint="See `triage db check`.",
        )


def _mark_source(source: Engine, other: str, options: Options) -> Mark:
    generation = options.generation(source)
    known = generation is None or generation.is_known()
    mark = Mark(uuid.uuid4().hex, other, options.now(), known)
    with source.tx():
        write_mark(source, MOVED, mark)
    try:
        wait_until_alone(source, options.wait_s)
    except BaseException:
        # Ctrl-C too: nothing was begun, and the store is everybody's again.
        with source.tx():
            write_mark(source, MOVED, None)
        raise
    return mark


def _remember(generation: Generation | SharedGeneration | None, *, is_known: bool) -> None:
    """Beside a file; a store on a server tells by itself that it was restored or moved."""
    if not isinstance(generation, Generation):
        return
    try:
        if is_known:
            generation.confirm()
        else:
            generation.forget()
    except OSError as error:
        raise StoreError(
            "What this machine knows of the store cannot be written down.",
            reason=f"{error.filename}: {error.strerror}.",
            hint="Mend that and run the command again.",
        ) from error


def _compare(
    source: Engine, target: Engine, tables: Sequence[Table], options: Options
) -> tuple[Sum, ...]:
    found = []
    for number, (here, there) in enumerate(_both(source, target, tables, options), 1):
        options.tell("comparing", number, len(tables) + 1)
        if here != there:
            raise StoreError(
                f"{target.label} does not hold what {source.label} does; neither is in use.",
                reason=f"{here.table}: {_differing(here, there)}.",
                hint="Remove the new one, take the old one back with --back, and begin anew.",
            )
        found.append(here)
    return tuple(found)


def _both(
    source: Engine, target: Engine, tables: Sequence[Table], options: Options
) -> Iterator[tuple[Sum, Sum]]:
    size = options.batch
    return zip(sums(source, tables, size), sums(target, tables, size), strict=True)


def _differing(here: Sum, there: Sum) -> str:
    if here.rows != there.rows:
        return f"{here.rows} rows against {there.rows}"
    if here.sha256 != there.sha256:
        return f"checksum {here.sha256[:12]} against {there.sha256[:12]}"
    return f"ids were given out up to {here.counter} against {there.counter}"


def _finish(source: Engine, target: Engine, mark: Mark, options: Options) -> None:
    """Open the target; the source was closed when it began."""
    if not isinstance(target, Lite):
        from triage.store.moving_pg import analyze

        analyze(target)
    if mark.known:
        _remember(options.generation(target), is_known=True)
    with target.tx():
        write_mark(target, COMING, mark._replace(other=source.label, done=True))
    with source.tx():
        write_mark(source, MOVED, mark._replace(done=True))


def _look_again(
    source: Engine, target: Engine, tables: Sequence[Table], coming: Mark, options: Options
) -> Moved:
    """It was moved before: is it still the same? The source is closed, if a crash left it ajar."""
    mark = coming._replace(other=target.label)
    if read_mark(source, MOVED) != mark:
        with source.tx():
            write_mark(source, MOVED, mark)
    pairs = list(_both(source, target, tables, options))
    if all(here == there for here, there in pairs):
        found = tuple(here for here, _ in pairs)
        return Moved(Outcome.IDENTICAL, source.label, target.label, found)
    return Moved(Outcome.IN_USE, source.label, target.label, ())


def _close_again(source: Engine, target: Engine, mark: Mark, options: Options) -> tuple[Sum, ...]:
    """Close the target, if it came into use; what was written there would be lost."""
    coming = read_mark(target, COMING)
    if coming is None or coming.move != mark.move or not coming.done:
        return ()
    tables = refuse_unlike(source, target)
    away = read_mark(target, MOVED)
    closed = Mark(mark.move, source.label, options.now(), mark.known)
    if away is None:
        with target.tx():
            write_mark(target, MOVED, closed)
    try:
        wait_until_alone(target, options.wait_s)
        pairs = list(_both(source, target, tables, options))
        differing = [here.table for here, there in pairs if here != there]
        if differing:
            raise Refused(
                f"The store {target.label} has been written to since.",
                reason=f"What is in {', '.join(differing)} would be lost.",
                hint=f"Move it: triage store move --from {target.label} --to A-NEW-FILE.",
            )
    except BaseException:
        # Ctrl-C too: a store that was not given up stays in use.
        if away is None:
            with target.tx():
                write_mark(target, MOVED, None)
        raise
    with target.tx():
        write_mark(target, MOVED, closed._replace(done=True))
    return tuple(here for here, _ in pairs)
