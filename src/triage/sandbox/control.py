"""The sandbox's own interface under `/sandbox/`: what X has no endpoint for.

People and tests of other processes post as anyone, set the clock, make things go wrong and look
at the state. It is served on loopback only, like everything here, and only to requests that name
a loopback host, so that no web page can reach it through a name of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from triage.sandbox.faults import Limit, Rule
from triage.sandbox.oauth_state import Client
from triage.sandbox.state import Clock
from triage.sandbox.wire import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from triage.sandbox.api import Api
    from triage.sandbox.wire import Request

Json = dict[str, Any]


class Control:
    """The handlers, by method and path."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._handlers: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "/sandbox/health"): self._health,
            ("GET", "/sandbox/state"): self._state,
            ("POST", "/sandbox/posts"): self._post,
            ("POST", "/sandbox/edits"): self._edit,
            ("POST", "/sandbox/deletions"): self._delete,
            ("POST", "/sandbox/withholdings"): self._withhold,
            ("POST", "/sandbox/users"): self._user,
            ("POST", "/sandbox/clock"): self._clock,
            ("POST", "/sandbox/tokens"): self._token,
            ("POST", "/sandbox/clients"): self._client,
            ("POST", "/sandbox/page-tokens/expire"): self._expire,
            ("POST", "/sandbox/limits"): self._limits,
            ("GET", "/sandbox/faults"): self._faults,
            ("POST", "/sandbox/faults"): self._add_faults,
            ("DELETE", "/sandbox/faults"): self._clear_faults,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request for a path under `/sandbox/`; mistakes are 400 with `error`."""
        host = request.headers.get("host", "").rpartition(":")[0]
        if host not in ("127.0.0.1", "localhost"):
            return _answer(403, {"error": "only for loopback hosts"})
        handler = self._handlers.get((request.method, urlsplit(request.target).path))
        if handler is None:
            paths = sorted(f"{method} {path}" for method, path in self._handlers)
            return _answer(404, {"error": "no such path", "paths": paths})
        try:
            return _answer(200, handler(json.loads(request.body or b"{}")))
        except KeyError as error:
            return _answer(400, {"error": f"missing or unknown: {error}"})
        except (ValueError, TypeError, AttributeError) as error:
            return _answer(400, {"error": str(error)})
        except OSError as error:
            return _answer(500, {"error": f"cannot keep the state: {error.strerror}"})

    def _health(self, _: Json) -> Json:
        with self._api.file.read() as state:
            return {"now_ms": state.now_ms(), "posts": len(state.posts), "users": len(state.users)}

    def _state(self, _: Json) -> Json:
        with self._api.file.read() as state:
            return state.to_json() | {"now_ms": state.now_ms()}

    def _post(self, body: Json) -> Json:
        with self._api.file.change() as state:
            known = state.user_named(body["username"])
            author = known or state.add_user(
                body["username"],
                body.get("name", ""),
                followers_count=body.get("followers_count", 0),
            )
            post = state.add_post(
                author,
                body["text"],
                at_ms=body.get("at_ms"),
                lang=body.get("lang", "en"),
                reply_to=body.get("reply_to"),
                quote_of=body.get("quote_of"),
                repost_of=body.get("repost_of"),
                carry=body.get("carry", False),
                shy=body.get("shy", False),
            )
            post.reply_settings = body.get("reply_settings", post.reply_settings)
            return {"id": post.id, "author_id": author.id, "conversation_id": post.conversation_id}

    def _edit(self, body: Json) -> Json:
        with self._api.file.change() as state:
            post = state.edit(body["id"], body["text"], at_ms=body.get("at_ms"))
            return {"id": post.id, "history": post.history}

    def _delete(self, body: Json) -> Json:
        with self._api.file.change() as state:
            state.delete(body["id"])
        return {"deleted": True}

    def _withhold(self, body: Json) -> Json:
        withheld = bool(body.get("withheld", True))
        with self._api.file.change() as state:
            state.withhold(body["id"], withheld=withheld)
        return {"withheld": withheld}

    def _user(self, body: Json) -> Json:
        with self._api.file.change() as state:
            user = state.add_user(body["username"], body.get("name", ""))
            user.protected = bool(body.get("protected", user.protected))
            user.suspended = bool(body.get("suspended", user.suspended))
            for name in ("blocks", "lets_in"):
                if name in body:
                    setattr(user, name, [state.add_user(other).id for other in body[name]])
            return {
                "id": user.id,
                "protected": user.protected,
                "suspended": user.suspended,
                "blocks": user.blocks,
            }

    def _clock(self, body: Json) -> Json:
        with self._api.file.change() as state:
            if "now_ms" in body:
                state.clock = Clock("fixed", int(body["now_ms"]))
            elif "advance_ms" in body:
                moved = state.clock
                mode = "offset" if moved.mode == "real" else moved.mode
                state.clock = Clock(mode, moved.ms + int(body["advance_ms"]))
            elif "offset_ms" in body:
                state.clock = Clock("offset", int(body["offset_ms"]))
            elif body.get("real"):
                state.clock = Clock()
            else:
                raise ValueError("give now_ms, advance_ms, offset_ms or real")
            return {"now_ms": state.now_ms()}

    def _token(self, body: Json) -> Json:
        with self._api.file.change() as state:
            token = state.tokens[body["token"]]
            token.revoked = bool(body.get("revoked", token.revoked))
            token.expires_ms = body.get("expires_ms", token.expires_ms)
            return {"revoked": token.revoked, "expires_ms": token.expires_ms}

    def _client(self, body: Json) -> Json:
        with self._api.file.change() as state:
            clients = state.sign_ins.clients
            client = clients.setdefault(body["client_id"], Client(redirect_uris=[]))
            client.secret = str(body.get("client_secret", client.secret))
            client.redirect_uris = [str(u) for u in body.get("redirect_uris", client.redirect_uris)]
            return {"client_id": body["client_id"], "redirect_uris": client.redirect_uris}

    def _expire(self, _: Json) -> Json:
        with self._api.file.change() as state:
            state.token_generation += 1
            return {"generation": state.token_generation}

    def _limits(self, body: dict[str, Json]) -> Json:
        for endpoint, limit in body.items():
            self._api.limits.table[endpoint] = Limit(int(limit["app"]), int(limit["user"]))
        self._api.limits.forget()
        return {name: {"app": x.app, "user": x.user} for name, x in self._api.limits.table.items()}

    def _faults(self, _: Json) -> list[Json]:
        return [
            {"endpoint": rule.endpoint, "kind": rule.kind, "skip": rule.skip, "times": rule.times}
            for rule in self._api.faults.pending()
        ]

    def _add_faults(self, body: Json | list[Json]) -> list[Json]:
        rules = body if isinstance(body, list) else [body]
        self._api.faults.add(*(Rule.from_json(rule) for rule in rules))
        return self._faults({})

    def _clear_faults(self, _: Json) -> list[Json]:
        self._api.faults.clear()
        return []


def _answer(status: int, body: object) -> Response:
    sent = {"content-type": "application/json; charset=utf-8"}
    return Response(status, sent, json.dumps(body).encode())
