"""Every body that X was recorded to send, fetched over HTTP into a store."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from captures import captures, posts_in

from builders import Desk
from counted import Count
from triage.app.fetching import Fetched, FetchOptions, fetch_account
from triage.channels.x.channel import XChannel
from triage.core.credentials import Credentials
from triage.errors import TriageError
from triage.sandbox.server import Sandbox
from triage.sandbox.wire import Request, Response

pytestmark = pytest.mark.enable_socket

NOW = 1_790_000_000_000
_JSON = {"content-type": "application/json"}
_GOOD = 400


class Replay(Sandbox):
    """Gives one body as the page of mentions, and its posts again where they are asked for by id.

    Attributes:
        body: The recorded body.
        account_id: Of whoever is looked up.
    """

    body: Any = None
    account_id = 0

    def answer(self, request: Request) -> Response:
        """Answer as the path asks."""
        parts = urlsplit(request.target)
        status = 200
        body: Any = {"meta": {"result_count": 0}}
        if "/by/username/" in parts.path:
            handle = parts.path.rpartition("/")[2]
            body = {"data": {"id": str(self.account_id), "username": handle, "name": handle}}
        elif parts.path == "/2/tweets":
            ids = parse_qs(parts.query)["ids"][0].split(",")
            body = {"data": [p for p in posts_in(self.body) if p["id"] in ids]}
        elif parts.path.endswith("/mentions") and "pagination_token" not in parts.query:
            body = self.body
            told = body.get("status") if isinstance(body, dict) else None
            status = told if isinstance(told, int) else 200
        return Response(status, dict(_JSON), json.dumps(body).encode())


def as_page(body: Any) -> Any:  # noqa: ANN401 - any JSON
    """A body of one post as the page that it would stand on."""
    data = body.get("data") if isinstance(body, dict) else None
    return {**body, "data": [data]} if isinstance(data, dict) and "text" in data else body


def fetch(desk: Desk, server: Replay, number: int) -> Fetched:
    """Fetch into an account of its own."""
    handle = f"acme{number}"
    server.account_id = 1_000 + number
    with desk.store.tx():
        account = desk.store.accounts.add(desk.brand_id, "x", handle, None, NOW)
    channel = XChannel(
        Credentials(bearer_token="made-up"),  # noqa: S106
        now=lambda: NOW,
        base_url=server.base_url,
        attempts=1,
        account_handle=handle,
    )
    return fetch_account(desk.store, channel, account, FetchOptions(), lambda: NOW)


def test_every_recorded_body(desk: Desk, count: Count) -> None:
    """A post with an author is a row, any other has a reason; what is no page has one too."""
    counts: Counter[str] = Counter()
    with Replay() as server:
        for number, (name, body) in enumerate(captures()):
            server.body = as_page(body)
            counts["bodies"] += 1
            fetched = fetch(desk, server, number)
            stored = {row[0] for row in desk.store.engine.query("SELECT native_id FROM message")}
            stored |= {
                row[0] for row in desk.store.engine.query("SELECT version_id FROM message_version")
            }
            reasons = {p.split(":")[0].removeprefix("post ") for p in fetched.problems}
            posts = posts_in(body)
            for post in posts:
                if fetched.error is None and post.get("author_id") is not None:
                    assert post["id"] in stored, name
                    counts["posts that became rows"] += 1
                elif fetched.error is None:
                    assert post["id"] in reasons, name
                    counts["posts with a reason"] += 1
            if fetched.error is not None:
                assert isinstance(fetched.error, TriageError)
                assert fetched.error.reason, name
                assert fetched.error.hint, name
                assert posts == [], name
                counts["bodies with a reason"] += 1
    assert counts["posts that became rows"] > 50
    assert counts["posts with a reason"] > 50
    for group, number in counts.items():
        count(f"recorded {group}", number)
