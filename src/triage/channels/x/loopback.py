"""Where requests may go instead of X: to this computer, and nowhere else."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from triage.errors import ConfigError


def loopback_base(base_url: str) -> str:
    """Check a base URL: it is given credentials, so it must not leave this computer.

    Raises:
        ConfigError: It is no plain `http(s)://HOST:PORT` of a loopback address.
    """
    try:
        parts = urlsplit(base_url)
        netloc, host, _ = parts.netloc, parts.hostname or "", parts.port
    except ValueError:
        parts, netloc, host = urlsplit(""), "", ""
    plain = parts.path in {"", "/"} and not parts.query and not parts.fragment
    if (
        parts.scheme not in {"http", "https"}
        or "@" in netloc
        or not plain
        or not _is_loopback(host)
    ):
        raise ConfigError(
            f"The base URL of X may only be a loopback address, not {base_url!r}",
            reason="Requests carry credentials",
            hint="Use http://127.0.0.1:PORT for the sandbox, or leave it out for X itself",
        )
    return f"{parts.scheme}://{netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
