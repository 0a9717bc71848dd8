"""One run of an activity at a time: a file's lock on one machine, the server's lock on several."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.bootstrap import App


def lock(app: App, what: str, wait_s: float = 0.0) -> AbstractContextManager[None]:
    """Hold the lock of an activity, such as `fetch` or `send`, while inside.

    Raises:
        Busy: Somebody else holds it, and did not let go of it in time.
    """
    place = app.store_place
    if isinstance(place, str):
        from triage.store import lock_pg

        name = lock_pg.Name(what, _brand(app))
        return lock_pg.hold(
            app.store.engine, place, name, agent=app.agent, started_at=app.now(), wait_s=wait_s
        )
    from triage.store.lock import hold

    return hold(lock_path(app, what), what, started_at=app.now(), wait_s=wait_s)


def holder(app: App, what: str) -> str | None:
    """Who holds the lock of an activity, in words; None if nobody does."""
    if isinstance(app.store_place, str):
        from triage.store import lock_pg

        return lock_pg.holder(app.store.engine, lock_pg.Name(what, _brand(app)))
    from triage.store.lock import holder as holder_of_file

    return holder_of_file(lock_path(app, what))


def lock_path(app: App, what: str) -> Path:
    """The lock file of an activity; beside the store, so that two configurations share it."""
    db = app.located.places.db
    return db.with_name(f"{db.name}.{what}.lock")


def _brand(app: App) -> str:
    """The name of `App.brand_id`, or what it is going to be: every computer must say the same."""
    brands = app.store.accounts.brands()
    return next(iter(brands.values())) if len(brands) == 1 else app.brand_name
