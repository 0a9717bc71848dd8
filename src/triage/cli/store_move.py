"""`triage store move`: from a file to a server, back, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import check_within, examples
from triage.cli.output import Column
from triage.cli.progress import stages
from triage.config.places import Places, resolve_places
from triage.errors import Refused, UsageError

if TYPE_CHECKING:
    # Only the move itself loads what opens stores.
    from triage.store.engine import Engine
    from triage.store.generation import Generation
    from triage.store.generation_pg import SharedGeneration
    from triage.store.moving import Moved, Options

_DAY_S = 86_400.0
_WORDS = {
    "moved": "Moved to {target}; all counts and checksums are the same. {source} is not used now.",
    "identical": "It was moved to {target} before; both are identical.",
    "in use": "It was moved to {target} before, which has been written to since.",
    "back": "{source} is in use again.",
}

To = Annotated[
    str,
    typer.Option("--to", metavar="STORE", help="An empty database on a server, or a new file."),
]
From = Annotated[
    str, typer.Option("--from", metavar="STORE", help="By default the one that is configured.")
]
Back = Annotated[bool, typer.Option("--back", help="Use the old store again.")]
Lost = Annotated[bool, typer.Option("--lost", help="With --back: the new store is gone for good.")]
Wait = Annotated[
    float, typer.Option(metavar="SECONDS", help="How long to wait for those who have it open.")
]


def add_to(group: typer.Typer) -> None:
    """Add the command to its noun."""
    command(
        group,
        "move",
        epilog=examples(
            "triage store move --to 'postgresql://triage_owner@db.acme.example/triage'",
            "triage store move --from 'postgresql://?service=triage' --to triage.db",
            "triage store move --back",
        ),
    )(move)


def move(
    context: typer.Context,
    to: To = "",
    source: From = "",
    back: Back = False,
    lost: Lost = False,
    wait: Wait = 5.0,
) -> None:
    """Move everything to another database; the old store then says where it went.

    Ids stay as they are. From its first row on the old store opens for nobody, the new one does
    when counts and checksums of every table are the same: nothing is answered twice. If it is
    stopped, run it again, and it goes on; --back gives it up, or takes it back as long as nothing
    was written to the new store.
    """
    _check_flags(to, back=back, lost=lost, wait=wait)
    flags = globals_of(context)
    app = flags.app
    here = _places(app, source) if source else _configured(app)
    there = _places(app, to) if to else None
    with _held(app, here, wait), stages() as tell:
        done = _run(here, there, _options(app, here, there, tell, wait), back=back, lost=lost)
    if flags.as_json:
        output.document(
            [_item(each) for each in done.sums],
            outcome=done.outcome.value,
            source=done.source,
            target=done.target,
            config=_line(done),
        )
        return
    columns: list[Column[Any]] = [
        Column("table", lambda each: each.table, "TABLE"),
        Column("rows", lambda each: each.rows, "ROWS", right=True),
        Column("sha256", lambda each: each.sha256, "SHA256", cell=lambda each: each.sha256[:12]),
        Column("counter", lambda each: each.counter),
    ]
    output.rows(done.sums, columns, flags.form())
    narrate.say(_WORDS[done.outcome.value].format(source=done.source, target=done.target))
    narrate.say(f"Write this into config.toml: {_line(done)}")


def _check_flags(to: str, *, back: bool, lost: bool, wait: float) -> None:
    if not to and not back:
        raise UsageError("Say where to move it.", hint="Such as: triage store move --to STORE")
    if lost and (to or not back):
        raise UsageError(
            "--lost goes with --back, and without --to.",
            hint="Such as: triage store move --back --lost",
        )
    check_within(wait, "--wait", 0, _DAY_S)


def _configured(app: App) -> Places:
    """The places of this run. Raises `ConfigError` if the file would say, and cannot be read."""
    assert app.store_place  # noqa: S101 - asked for what it raises
    return app.located.places


def _places(app: App, told: str) -> Places:
    """The places that go with a store that a flag names."""
    return resolve_places(config=app.config, db=told, env=app.env)


def _run(here: Places, there: Places | None, options: Options, *, back: bool, lost: bool) -> Moved:
    from triage.store import moving

    if back or there is None:
        return moving.back(here.store, there and there.store, options, lost=lost)
    _refuse_unsaved(here)
    return moving.move(here.store, there.store, options)


def _refuse_unsaved(here: Places) -> None:
    """What was typed and is not in the store would not be found beside the new one."""
    from triage.store.recovery import Recovery

    kept = Recovery(here.state_dir, here.store_key).all()
    if kept:
        raise Refused(
            f"Words that were typed are not in the store yet: {len(kept)}.",
            reason="They are kept beside it, and would stay behind.",
            hint="Send or drop them first: triage drafts",
        )


def _options(
    app: App,
    here: Places,
    there: Places | None,
    tell: Callable[[str, int, int], None],
    wait: float,
) -> Options:
    from triage.store.moving import Options
    from triage.store.store import SqlStore

    def generation(engine: Engine) -> Generation | SharedGeneration:
        of = there if there is not None and engine.label == there.store_name else here
        return SqlStore(engine).generation(of.state_dir, of.db)

    return Options(now=app.now, generation=generation, tell=tell, wait_s=wait)


@contextmanager
def _held(app: App, here: Places, wait: float) -> Iterator[None]:
    """Hold what runs by itself off a file; on a server each of them is seen by its connection."""
    from triage.store.lock import hold

    with ExitStack() as stack:
        for what in ("fetch", "send") if isinstance(here.store, Path) and here.db.exists() else ():
            path = here.db.with_name(f"{here.db.name}.{what}.lock")
            stack.enter_context(hold(path, what, started_at=app.now(), wait_s=wait))
        yield


def _item(each: Any) -> dict[str, Any]:  # noqa: ANN401 - a `Sum`, which is not loaded for a type
    return dict(each._asdict())


def _line(done: Moved) -> str:
    from triage.store.moving_marks import line_of

    return line_of(done.source if done.outcome.value == "back" else done.target)
