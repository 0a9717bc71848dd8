"""Addresses of heartbeats: what is taken, what is asked for, and what is shown of them."""

from __future__ import annotations

import pytest

from triage.core.heartbeat import EXAMPLE, address, shown, trouble


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://hc-ping.com/abc", "https://hc-ping.com/abc/start"),
        ("https://hc-ping.com/abc/", "https://hc-ping.com/abc/start"),
        ("https://hc-ping.com/key/slug?create=1", "https://hc-ping.com/key/slug/start?create=1"),
        ("http://127.0.0.1:8000/ping/x", "http://127.0.0.1:8000/ping/x/start"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x/start"),
        (EXAMPLE, f"{EXAMPLE}/start"),
    ],
)
def test_a_word_goes_behind_the_path(url: str, asked: str) -> None:
    """Before the query, which stays."""
    assert trouble(url) == ""
    assert address(url, "start") == asked


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hc-ping.com/secret",
        "ftp://hc-ping.com/secret",
        "file:///etc/secret",
        "javascript:secret",
        "https:///secret",
        "https://ana:secret@hc-ping.com/x",
        "https://hc-ping.com/secret#x",
        "https://hc-ping.com/secret x",
        "https://hc-ping.com/secret\n",
        "https://hc-ping.com:secret/x",
        "https://[secret/x",
        "https://hc-ping.com/sécret",
    ],
)
def test_what_cannot_be_pinged(url: str) -> None:
    """It is told why, and neither that nor what is shown repeats the address."""
    assert trouble(url)
    assert "secret" not in trouble(url)
    assert shown(url) == "..."


def test_scheme_and_host_are_shown() -> None:
    """Nothing of the path, nor of the query."""
    assert shown("https://hc-ping.com/secret?create=1") == "https://hc-ping.com/..."
