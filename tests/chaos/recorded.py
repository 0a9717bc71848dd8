"""What a sandbox recorded, held against X's documents: each kind of request once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

import contract

from triage.sandbox.oauth import endpoint_of
from triage.sandbox.server import Exchange

_seen: set[tuple[object, ...]] = set()


def check_recorded(exchanges: Iterable[Exchange]) -> int:
    """Check the requests that are not like one that was checked; tell how many these were.

    Without the documents there is nothing to check against.

    Raises:
        contract.BreachError: With the request and what is wrong.
    """
    if not contract.available():
        return 0
    checked = 0
    for seen in exchanges:
        if endpoint_of(seen.method, urlsplit(seen.url).path) is not None:
            continue  # what signs in is not in the documents
        kind = _kind(seen)
        if kind not in _seen:
            contract.check_request(seen.method, seen.url, seen.headers, seen.body)
            _seen.add(kind)
            checked += 1
    return checked


def _kind(seen: Exchange) -> tuple[object, ...]:
    """What two requests have in common that either keep the contract or do not."""
    parts = urlsplit(seen.url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    shaped = tuple((name, re.sub(r"\d+", "0", value)) for name, value in sorted(query))
    body = json.loads(seen.body) if seen.body else {}
    keys = tuple(sorted(body)) if isinstance(body, dict) else ()
    return seen.method, re.sub(r"\d+", "0", parts.path), shaped, keys
