"""Addresses of heartbeats, as healthchecks.io and its like have them.

Whoever knows such an address can say that all is well, so no message repeats it.
"""

from urllib.parse import SplitResult, urlsplit

EXAMPLE = "https://hc-ping.com/UUID"


def trouble(url: str) -> str:
    """Why an address cannot be pinged, without repeating it; empty if it can be."""
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return f'must be an http or https address such as "{EXAMPLE}"'
    if "@" in parts.netloc:
        return "must not hold a name or a password"
    if parts.fragment:
        return "must not hold a #"
    return ""


def _split(url: str) -> SplitResult | None:
    if not (url.isascii() and url.isprintable()) or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def address(url: str, word: str) -> str:
    """Where to say a word: `start` or an exit status; it goes behind the path, before a query."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{word}").geturl()


def shown(url: str) -> str:
    """What may be shown of an address: scheme and host."""
    parts = _split(url)
    return f"{parts.scheme}://{parts.hostname}/..." if parts and not trouble(url) else "..."
