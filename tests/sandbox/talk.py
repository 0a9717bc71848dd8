"""Speaking HTTP to a sandbox, for its own tests."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from triage.sandbox.server import Sandbox
from triage.sandbox.state import APP_TOKEN, USER_TOKEN, Clock, Post, State, User, fresh
from triage.sandbox.wire import Options

NOW_MS = 1_790_000_000_000
"""The time of these tests, UTC epoch ms."""
APP = {"Authorization": f"Bearer {APP_TOKEN}"}
USER = {"Authorization": f"Bearer {USER_TOKEN}"}


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower case) and the JSON body; None if there was no JSON."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the body. Raises `ValueError`."""
        body: dict[str, Any] = json.loads(self.raw)
        return body

    @property
    def ids(self) -> list[str]:
        """The ids of the posts, in order."""
        return [post["id"] for post in self.body.get("data", [])]


@dataclass
class Talk:
    """A client of one sandbox, and the account `@acme` in it."""

    sandbox: Sandbox

    @property
    def us(self) -> User:
        """The account `@acme`."""
        with self.sandbox.read() as state:
            user = state.user_named("acme")
        assert user is not None
        return user

    def send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Make one request on a connection of its own."""
        host = urlsplit(self.sandbox.base_url)
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=60)
        target = path + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        sent = dict(APP if headers is None else headers)
        if data is not None:
            sent["Content-Type"] = "application/json"
        try:
            connection.request(method, target, body=data, headers=sent)
            response = connection.getresponse()
            got = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, got, response.read())
        finally:
            connection.close()

    def get(self, path: str, **query: str) -> Answer:
        """GET with the app's token."""
        return self.send("GET", path, query=query)

    def mentions(self, **query: str) -> Answer:
        """GET a page of mentions of `@acme`; `__` in a name stands for a dot."""
        wanted = {name.replace("__", "."): value for name, value in query.items()}
        return self.send("GET", f"/2/users/{self.us.id}/mentions", query=wanted)

    def own(self, **query: str) -> Answer:
        """GET a page of the posts of `@acme`."""
        wanted = {name.replace("__", "."): value for name, value in query.items()}
        return self.send("GET", f"/2/users/{self.us.id}/tweets", query=wanted)

    def post(self, text: str, *, to: str | None = None, **more: object) -> Answer:
        """POST as `@acme`."""
        body: dict[str, object] = {"text": text, **more}
        if to is not None:
            body["reply"] = {"in_reply_to_tweet_id": to}
        return self.send("POST", "/2/tweets", body=body, headers=USER)

    def said(
        self,
        username: str,
        text: str,
        *,
        at_ms: int | None = None,
        lang: str = "en",
        reply_to: str | None = None,
        quote_of: str | None = None,
        shy: bool = False,
    ) -> Post:
        """Put a post of anyone into the state."""
        with self.sandbox.change() as state:
            return state.add_post(
                state.add_user(username),
                text,
                at_ms=at_ms,
                lang=lang,
                reply_to=reply_to,
                quote_of=quote_of,
                shy=shy,
            )

    def count(self) -> int:
        """How many posts `@acme` has made."""
        with self.sandbox.read() as state:
            return len(state.timeline(self.us))


def still(now_ms: int = NOW_MS) -> State:
    """An empty state whose clock stands still."""
    return fresh(clock=Clock("fixed", now_ms))


@contextmanager
def talking(
    *,
    state: State | None = None,
    state_path: Path | None = None,
    options: Options | None = None,
    record: bool = False,
) -> Iterator[Talk]:
    """Run a sandbox whose clock stands still, and talk to it."""
    with Sandbox(state_path, state=state or still(), options=options, record=record) as sandbox:
        yield Talk(sandbox)
