"""A progress bar on stderr, for a terminal alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from triage.cli import narrate


@contextmanager
def bar(what: str, total: int | None) -> Iterator[Callable[[int], None] | None]:
    """Show how far something is while inside.

    Args:
        what: What is being done, in one word.
        total: How much there is; None where nobody knows.

    Yields:
        A function that takes how much is done; None where nobody watches.
    """
    if not narrate.is_heard():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show one thing after the other, and how far each is.

    Yields:
        A function that takes what is being done, how much of it is, and how much there is.
    """
    if not narrate.is_heard():
        yield _unseen
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def show(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        yield show


def _unseen(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""
