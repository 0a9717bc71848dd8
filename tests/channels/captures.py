"""What X really answered, as others recorded it; no part of the project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shared import shared


def captures() -> Iterator[tuple[str, Any]]:
    """Give each recorded body, with where it was found."""
    folder = shared("x-captures")
    for path in sorted(folder.rglob("*.json")):
        body = json.loads(path.read_text("utf-8"))
        if path.name in {"tweet-responses.json", "error-bodies.json"}:
            entries = body.items()
            yield from (
                (f"{path.name}: {name}", entry.get("body"))
                for name, entry in entries
                if isinstance(entry, dict)
            )
        else:
            yield path.name, body.get("body", body) if isinstance(body, dict) else body


def posts_in(body: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """Give the posts that a body holds."""
    data = body.get("data") if isinstance(body, dict) else None
    entries = data if isinstance(data, list) else [data]
    return [e for e in entries if isinstance(e, dict) and "text" in e and "id" in e]
