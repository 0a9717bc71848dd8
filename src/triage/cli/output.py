"""The one module that writes stdout: data, in the shape that its reader can use.

On a terminal a table cut to width; in a pipe tab-separated lines without a header; with --json and
--csv what their names say. Rich is imported only where a table is drawn. Text from outside is
cleaned here, once, on its way out.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

from triage.core.text import clean, one_line, spreadsheet
from triage.errors import TriageError

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC by name; without a zone it prints twice as fast
_GAP = 2
SCHEMA = 1
"""Version of the JSON documents; grows when a key changes its meaning or goes."""


class Format(StrEnum):
    """How rows leave."""

    TERMINAL = "terminal"
    TSV = "tsv"
    JSON = "json"
    CSV = "csv"


class Column(NamedTuple, Generic[T]):
    """One column of a table.

    Attributes:
        key: Its name in JSON and CSV.
        value: What JSON, CSV and TSV show; times as RFC 3339 (see `iso`).
        header: Its head on a terminal; empty leaves it out there.
        cell: What a terminal shows; by default the value.
        style: Colour on a terminal; state is in words as well.
        wide: Takes what width is left, and is cut with an ellipsis.
        at_least: Terminal width below which it is left out, so that nothing else is cut.
    """

    key: str
    value: Callable[[T], Any]
    header: str = ""
    cell: Callable[[T], str] | None = None
    style: Callable[[T], str] | None = None
    wide: bool = False
    right: bool = False
    at_least: int = 0


def iso(ms: int | None) -> str | None:
    """A time as RFC 3339 in UTC, such as `2026-03-01T09:30:00Z`; None stays None."""
    if ms is None:
        return None
    seconds, fraction = divmod(ms, 1000)
    when = (_EPOCH + timedelta(seconds=seconds)).isoformat()
    return f"{when}.{fraction:03}Z" if fraction else f"{when}Z"


def stdout_is_terminal() -> bool:
    """Whether a person reads stdout."""
    return bool(sys.stdout is not None and sys.stdout.isatty())


def choose(*, as_json: bool, as_csv: bool = False) -> Format:
    """What the flags and the kind of stdout ask for."""
    if as_json:
        return Format.JSON
    if as_csv:
        return Format.CSV
    return Format.TERMINAL if stdout_is_terminal() else Format.TSV


def rows(items: Sequence[T], columns: Sequence[Column[T]], form: Format) -> None:
    """Write rows in the chosen form."""
    if form is Format.JSON:
        document([{c.key: c.value(i) for c in columns} for i in items])
    elif form is Format.CSV:
        _csv(items, columns)
    elif form is Format.TSV:
        values = [c.value for c in columns]
        _write("".join([_tsv([v(item) for v in values]) for item in items]))
    elif items:
        _table(items, columns)


def many_rows(items: Iterable[T], columns: Sequence[Column[T]], form: Format) -> None:
    """Write rows as `rows` does, and hold no more of them at a time than the form needs."""
    if form is Format.JSON or form is Format.TERMINAL:
        rows(list(items), columns, form)
        return
    left, head = iter(items), True
    while (batch := list(islice(left, _BATCH))) or head:
        if form is Format.CSV:
            _csv(batch, columns, head=head)
        else:
            rows(batch, columns, form)
        head = False


_BATCH = 1000


def _tsv(values: Sequence[Any]) -> str:
    """A row of tab-separated cells, each clean and on one line.

    A script asks for a thousand at once: the cells are looked at together, and one by one only
    where there is something to clean.
    """
    cells = [
        v
        if v.__class__ is str
        else ""
        if v is None
        else str(v)
        if v.__class__ is int
        else _plain(v)
        for v in values
    ]
    whole = f"|{'|'.join(cells)}|"
    if whole.isprintable() and not ("  " in whole or "| " in whole or " |" in whole):
        return "\t".join(cells) + "\n"
    return "\t".join(map(one_line, cells)) + "\n"


def document(items: Sequence[Any], **more: Any) -> None:  # noqa: ANN401 - JSON values
    """Write `{"schema": 1, "items": [...]}`; further keys stand beside the items."""
    import json

    value = {"schema": SCHEMA, **more, "items": items}
    line(json.dumps(value, ensure_ascii=True, indent=2), cleaned=True)


def line(text: str = "", *, cleaned: bool = False) -> None:
    """Write one line."""
    _write((text if cleaned else clean(text)) + "\n")


def lines(texts: Iterable[str]) -> None:
    """Write several lines."""
    for text in texts:
        line(text)


def raw(text: str) -> None:
    """Write text of our own making as it is."""
    _write(text)


def flush() -> None:
    """Hand on what was written, for a reader who waits for it."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _write(text: str) -> None:
    if _paging is not None:
        _paging.append(text)
        return
    if sys.stdout is None:
        return
    try:
        _write_encodable(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise TriageError(
            "The output could not be written.", reason=error.strerror or str(error)
        ) from error


def _write_encodable(text: str) -> None:
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        # A locale that cannot say it: say what it can rather than nothing.
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def _flat(value: Any) -> str:  # noqa: ANN401 - JSON values
    return one_line(value) if isinstance(value, str) else _plain(value)


def _plain(value: Any) -> str:  # noqa: ANN401 - JSON values
    """What a value says, not yet cleaned."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _csv(items: Sequence[T], columns: Sequence[Column[T]], *, head: bool = True) -> None:
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if head:
        writer.writerow([c.key for c in columns])
    for item in items:
        values = [c.value(item) for c in columns]
        writer.writerow([spreadsheet(v) if isinstance(v, str) else _plain(v) for v in values])
    _write(buffer.getvalue())


def width() -> int:
    """Columns of the terminal; COLUMNS wins, 80 where nothing tells."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80


def _table(items: Sequence[T], columns: Sequence[Column[T]]) -> None:
    from rich.table import Table
    from rich.text import Text

    console = console_for_stdout()
    shown = [c for c in columns if c.header and console.width >= c.at_least]
    table = Table(box=None, expand=True, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in shown:
        table.add_column(
            column.header,
            ratio=1 if column.wide else None,
            no_wrap=True,
            overflow="ellipsis",
            justify="right" if column.right else "left",
        )
    for item in items:
        table.add_row(
            *(
                Text(
                    one_line(c.cell(item) if c.cell else _flat(c.value(item))),
                    style=c.style(item) if c.style else "",
                )
                for c in shown
            )
        )
    _print(table)


def spread(left: str, right: str) -> None:
    """Write two texts to the edges of one line, or on two lines where they do not fit."""
    from rich.cells import cell_len

    left, right = one_line(left), one_line(right)
    gap = width() - cell_len(left) - cell_len(right)
    if not right:
        line(left, cleaned=True)
    elif gap >= _GAP:
        line(left + " " * gap + right, cleaned=True)
    else:
        wrapped(left)
        wrapped(right)


def wrapped(text: str) -> None:
    """Write a paragraph, broken between words at the terminal's width."""
    from rich.text import Text

    console = console_for_stdout()
    for part in Text(clean(text)).wrap(console, console.width):
        line(part.plain.rstrip(), cleaned=True)


def choices(hints: Sequence[str]) -> None:
    """Write hints on one line, or on a line each where they do not fit."""
    together = "   ".join(hints)
    lines([together] if len(together) <= width() else hints)


def indented(text: str, by: int = 2) -> None:
    """Write a paragraph as `wrapped` does, set in from the left."""
    from rich.text import Text

    console = console_for_stdout()
    for part in Text(clean(text)).wrap(console, max(1, console.width - by)):
        line(" " * by + part.plain.rstrip(), cleaned=True)


def grid(cells: Sequence[Sequence[str]], *, wide: int, styles: Sequence[str] | None = None) -> None:
    """Write rows whose column `wide` takes the width that is left, and is wrapped.

    Args:
        cells: Rows of texts.
        wide: Which column.
        styles: Colour of each row's first cell.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(expand=True, padding=(0, 2, 0, 0))
    for index in range(max((len(row) for row in cells), default=0)):
        table.add_column(ratio=1 if index == wide else None, no_wrap=index != wide)
    for row, style in zip(cells, styles or [""] * len(cells), strict=True):
        first, *others = row
        table.add_row(Text(clean(first), style=style), *(Text(clean(cell)) for cell in others))
    _print(table)


def _print(renderable: Any) -> None:  # noqa: ANN401 - anything that rich draws
    console = console_for_stdout()
    with console.capture() as capture:
        console.print(renderable)
    for row in capture.get().splitlines():
        line(row.rstrip(), cleaned=True)


_paging: list[str] | None = None


@contextmanager
def paged() -> Iterator[None]:
    """On a terminal, show what is longer than the screen in a pager; elsewhere change nothing.

    TRIAGE_PAGER, then PAGER, then `less`; `cat` or an empty value turns it off.
    """
    global _paging  # noqa: PLW0603 - one process, one command, one stdout
    if not stdout_is_terminal():
        yield
        return
    _paging = []
    try:
        yield
    finally:
        text, _paging = "".join(_paging), None
        if not _page(text):
            _write(text)


def _page(text: str) -> bool:
    import shlex
    import shutil
    import subprocess

    told = os.environ.get("TRIAGE_PAGER", os.environ.get("PAGER", "less"))
    words = shlex.split(told)
    lines_here = shutil.get_terminal_size().lines
    if not words or words == ["cat"] or text.count("\n") < lines_here:
        return False
    env = {"LESS": "FRX", **os.environ}
    try:
        subprocess.run(words, input=text.encode("utf-8", "replace"), env=env, check=False)  # noqa: S603 - the person's own pager
    except OSError:
        return False
    return True


def console_for_stdout() -> Any:  # noqa: ANN401 - rich is imported only here
    """A console on stdout that follows NO_COLOR, FORCE_COLOR, CLICOLOR, TERM and --color."""
    from rich.console import Console

    return Console(
        file=sys.stdout,
        width=width(),
        color_system=color_system(),
        force_terminal=True,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


_color = "auto"


def set_color(mode: str) -> None:
    """`auto`, `always` or `never`, from --color."""
    global _color  # noqa: PLW0603 - one process, one command, one stdout
    _color = mode


def color_system() -> Any:  # noqa: ANN401 - a literal type of rich's
    """What rich should use; None for no colour at all."""
    env = os.environ
    if _color == "never" or (_color == "auto" and env.get("NO_COLOR")):
        return None
    forced = _color == "always" or bool(env.get("FORCE_COLOR"))
    plain = env.get("TERM", "dumb") == "dumb" or env.get("CLICOLOR") == "0"
    if not forced and (plain or not stdout_is_terminal()):
        return None
    return "256" if "256" in env.get("TERM", "") else "standard"
