"""Made-up answers and texts that are as odd as can be; the same seed makes the same."""

from __future__ import annotations

import json
import random
from typing import Any

_NASTY = (
    "\x1b[2J\x1b[H", "\x1b]52;c;aGk=\x07", "\x1b]8;;http://evil.example\x07", "\x9b31m",
    "\x90q\x9c",
    "\r", "\r\n", "\n\n", "\t", "\0", "\x07\x08\x7f", "\u202e", "\u2066\u2069", "\u200f", "\u061c",
    "\u2028", "\u2029", "\ufeff", "\u00ad", "\u200b", "\ud800", "\udfff", "\U000e0001", "\ufff9",
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=2", "\r=3", '=HYPERLINK("http://evil.example")', "|cmd",
    "[link=http://evil.example]x[/link]", "[/x]", "[bold]", "%s%n", "{0}", "{{ 7*7 }}", "${HOME}",
    "'; DROP TABLE message; --", '"', "'", "\\", "*", "NEAR(a b)", "a AND OR", "NULL", "-", "^",
    "👨‍👩‍👧‍👦", "🇪🇸", "漢字かな", "שלום", "مرحبا", "é", "ﬀ", "🙂" * 40, "Z" + "\u0301" * 60,
    "&amp;lt;", "&#27;[2J", "<script>alert(1)</script>", "https://evil.example/?a=1&b=2",
    "never arrived", "broken", "thanks", "?", "@acme", "@acme@acme", "#", " " * 30, "x" * 300,
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 5, 10**30, -(10**30), 2**63, 2**63 - 1, 1.5, -0.0, 1e300,
    float("nan"), float("inf"), "", " ", "0", "-1", "1" * 19, "9" * 19, "9" * 40, "1e5", "١٢", "x",
    [], {}, [[]], [None], [{}], {"id": 5}, [{"id": {}}], {"": ""}, [5, "5"], "2026-13-45T99:00:00Z",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59Z",
)  # fmt: skip
_FIELDS = (
    "text", "author_id", "conversation_id", "created_at", "lang", "entities", "note_tweet",
    "note_post", "referenced_tweets", "referenced_posts", "edit_history_tweet_ids", "withheld",
    "in_reply_to_user_id", "public_metrics", "attachments", "source", "geo",
)  # fmt: skip
_PEOPLE = 97
FIRST_ID = 2_000_000_000_000_000_000


class Oddities:
    """Makes pages, texts and broken bytes.

    Attributes:
        posts: How many were made.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - it is to come again
        self.posts = 0

    def text(self) -> str:
        """A text of some odd pieces, with what is hard for a terminal at its beginning or end."""
        chance = self.chance
        pieces = [chance.choice(_NASTY) for _ in range(chance.randint(1, 6))]
        if chance.random() < 0.3:
            pieces.append("".join(chr(chance.randrange(0x11_0000)) for _ in range(6)))
        return chance.choice(("", " ", "\n")).join(pieces)

    def page(self, size: int, token: str | None) -> dict[str, Any]:
        """A page whose frame is good and whose posts, users and extras are not."""
        data = [self.post() for _ in range(size)]
        users = [self.user(number) for number in range(_PEOPLE)]
        meta: dict[str, Any] = {"result_count": size}
        if token is not None:
            meta["next_token"] = token
        included = [self.post() for _ in range(2)]
        return {
            "data": data,
            "includes": {"users": users, "tweets": included, "odd": self.value()},
            "errors": self.chance.choice((None, [], [self.value()], [{"detail": self.text()}])),
            "meta": meta,
        }

    def post(self) -> dict[str, Any]:
        """A post with some fields spoilt."""
        self.posts += 1
        chance = self.chance
        native_id = str(FIRST_ID - (self.posts << 22))
        post: dict[str, Any] = {
            "id": native_id,
            "text": f"@acme {self.text()}" if chance.random() < 0.5 else self.text(),
            "author_id": str(chance.randrange(_PEOPLE)),
            "conversation_id": native_id,
            "lang": chance.choice(("en", "es", "xx", self.text())),
        }
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            post[chance.choice(_FIELDS)] = self.value()
        return post

    def user(self, number: int) -> dict[str, Any]:
        """A user with a name and a handle as no user has."""
        chance = self.chance
        handle = f"fan{number}" if number % 2 else self.text()
        metrics = {"followers_count": self.value()}
        user = {"id": str(number), "username": handle, "name": self.text()}
        return {**user, "public_metrics": chance.choice((metrics, self.value()))}

    def value(self) -> Any:  # noqa: ANN401 - any JSON
        """Anything that JSON can hold, and numbers that it cannot."""
        return self.text() if self.chance.random() < 0.2 else self.chance.choice(_VALUES)

    def broken(self) -> tuple[int, dict[str, str], bytes]:
        """A whole answer that is odd anywhere: status, headers, frame, JSON, bytes."""
        chance = self.chance
        body: Any = self.page(2, chance.choice((None, "2")))
        for name in list(body):
            if chance.random() < 0.3:
                body[name] = self.value()
        if chance.random() < 0.2:
            body = self.value()
        data = bytearray(json.dumps(body).encode())
        for _ in range(chance.choice((0, 0, 1, 5))):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.2:
            del data[chance.randrange(len(data) + 1) :]
        status = chance.choice(
            (200, 200, 200, 200, 201, 302, 400, 401, 403, 404, 418, 429, 500, 503)
        )
        headers = {
            "content-type": chance.choice(("application/json", "text/plain", "text/html", "x")),
            "x-rate-limit-reset": chance.choice(("soon", "-1", "1e9", "9" * 30, "1790000000", "")),
            "x-rate-limit-remaining": chance.choice(("0", "1", "many", "")),
            "date": chance.choice(("never", "", "Thu, 01 Jan 1970 00:00:00 GMT", "0")),
        }
        return status, headers, bytes(data)
