"""A report as a page in a file, on stdout, or in the browser."""

from __future__ import annotations

from pathlib import Path

from triage import __version__
from triage.bootstrap import App
from triage.cli import narrate, output
from triage.core.report.model import Report
from triage.errors import UsageError

_NAME = "report.html"


def write_page(app: App, report: Report, file: str | None, *, open_it: bool) -> None:
    """Write it, readable by its owner alone, and say where it is.

    Args:
        app: The program.
        report: What it shows.
        file: Where; `-` is stdout, and None a file beside our own state.
        open_it: Show it in a browser too.

    Raises:
        UsageError: The file is none that can be written.
    """
    from triage.delivery.page import render_page

    if file == "-" and open_it:
        raise UsageError("--open needs a file.", hint="Name one with --html, or leave it out.")
    path = None if file == "-" else _path(app, file)
    page = render_page(report, generated_at=app.now(), version=__version__)
    if path is None:
        output.raw(page)
        return
    from triage.config.writing import write_private

    write_private(path, page, force=True)
    if open_it and not _opens(path):
        narrate.warn(f"There is no browser with a window here. Open it yourself: {path}")
    else:
        narrate.say(f"The page is {path}")


def _path(app: App, file: str | None) -> Path:
    if file is None:
        return app.located.places.state_dir / _NAME
    path = Path(file).expanduser()
    if path.is_dir():
        path /= _NAME
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.", hint="Name a file in one that is.")
    if path.exists() and not path.is_file():
        # It would be replaced: a device, or the pipe of `>(...)`.
        raise UsageError(f"{path} is no file.", hint="Name a file, or write to stdout: --html -")
    return path.absolute()


def _opens(path: Path) -> bool:
    from triage.cli.browser import open_window

    return open_window(path.as_uri())
