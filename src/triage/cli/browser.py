"""Opening a browser with a window."""

from __future__ import annotations

import os
import sys


def open_window(url: str) -> bool:
    """Open a browser with a window; one in this terminal would take it over.

    Returns:
        Whether there is one.
    """
    import webbrowser

    windows = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    return windows and webbrowser.open(url)
