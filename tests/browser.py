"""A real browser for tests: headless Chromium, where there is one.

It is Debian's `chromium` or whatever stands under one of its names; Playwright drives it and
downloads nothing. Where there is none, tests that need it are skipped by name; in CI they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """Where the browser is; without one the test is skipped, or fails in CI."""
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return found
    reason = "there is no chromium here: apt-get install chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def started(home: Path) -> Iterator[Browser]:
    """A browser with an empty profile and an empty home."""
    path = chromium()
    env: dict[str, str | float | bool] = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "TZ": "UTC",
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_FLAGS], env=env)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Looked:
    """A page that somebody looks at, and what it did meanwhile.

    Attributes:
        requests: What it asked for, itself included; only files of ours are given.
        messages: What it said on the console, errors of scripts included.
        dialogs: What it asked its reader.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def run(self, script: str) -> Any:  # noqa: ANN401 - what a script gives
        """Run a script of the test in the page."""
        return self.page.evaluate(script)


@contextmanager
def looked(browser: Browser, file: Path, **options: Any) -> Iterator[Looked]:  # noqa: ANN401
    """Open a file; `options` are those of a page of Playwright's."""
    page = browser.new_page(**options)
    seen = Looked(page)

    def route(asked: Route) -> None:
        seen.requests.append(asked.request.url)
        if asked.request.url == file.as_uri():
            asked.continue_()
        else:
            asked.abort()

    page.route("**/*", route)
    page.on("console", lambda message: seen.messages.append(message.text))
    page.on("pageerror", lambda error: seen.messages.append(str(error)))
    page.on("dialog", lambda dialog: seen.dialogs.append(dialog.message))
    try:
        page.goto(file.as_uri())
        yield seen
    finally:
        page.close()
