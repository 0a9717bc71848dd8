"""From a request to an answer, without a socket: routes, sign-in, limits, endpoints."""

from __future__ import annotations

import itertools
import json
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from triage.sandbox import media, oauth, pages, problems, spelling, spoil
from triage.sandbox.faults import AFTER, Faults, Kind, Limits
from triage.sandbox.garble import elsewhere
from triage.sandbox.posting import create, remove
from triage.sandbox.state import STANDING
from triage.sandbox.views import View
from triage.sandbox.wire import Call, Options, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from triage.sandbox.state import Post, State, Token, User
    from triage.sandbox.statefile import StateFile

_ROUTES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("me", "GET", re.compile(r"/2/users/me")),
    ("user", "GET", re.compile(r"/2/users/by/username/(?P<username>[^/]+)")),
    ("mentions", "GET", re.compile(r"/2/users/(?P<id>[^/]+)/mentions")),
    ("own", "GET", re.compile(r"/2/users/(?P<id>[^/]+)/tweets")),
    ("search", "GET", re.compile(r"/2/tweets/search/recent")),
    ("post", "GET", re.compile(r"/2/tweets/(?P<id>[^/]+)")),
    ("posts", "GET", re.compile(r"/2/tweets")),
    ("create", "POST", re.compile(r"/2/tweets")),
    ("upload", "POST", re.compile(r"/2/media/upload")),
    ("metadata", "POST", re.compile(r"/2/media/metadata")),
    ("delete", "DELETE", re.compile(r"/2/tweets/(?P<id>[^/]+)")),
)
_WALK = frozenset(
    {"max_results", "pagination_token", "since_id", "until_id", "start_time", "end_time"}
)
_OBJECTS = frozenset({"expansions", "user.fields"})
_POST_OBJECTS = _OBJECTS | {"media.fields", "poll.fields", "place.fields"}
_PARAMETERS: Mapping[str, frozenset[str]] = {
    "me": _OBJECTS,
    "user": _OBJECTS,
    "mentions": _WALK | _POST_OBJECTS,
    "own": _WALK | _POST_OBJECTS | {"exclude"},
    "search": _WALK | _POST_OBJECTS | {"query", "next_token", "sort_order"},
    "post": _POST_OBJECTS,
    "posts": _POST_OBJECTS | {"ids"},
    "create": frozenset(),
    "delete": frozenset(),
    "upload": frozenset(),
    "metadata": frozenset(),
}
_CHANGING = frozenset({"create", "delete", "upload", "metadata"})
_ACTING = _CHANGING | {"me"}
_MAX_IDS = 100
_ID = re.compile(r"[0-9]{1,19}")
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")
_OAUTH1 = re.compile(r'([a-z_]+)="([^"]*)"')


class Api:
    """The endpoints over one state, with limits and faults. Safe to use from several threads."""

    def __init__(
        self,
        file: StateFile,
        *,
        faults: Faults | None = None,
        limits: Limits | None = None,
        options: Options | None = None,
    ) -> None:
        self.file = file
        self.faults = faults or Faults()
        self.limits = limits or Limits()
        self.options = options or Options()
        self._serials = itertools.count(1)
        self._endpoints: dict[str, Callable[[Call], tuple[int, dict[str, Any]]]] = {
            "me": self._me,
            "user": self._user,
            "mentions": self._mentions,
            "own": self._own,
            "search": self._search,
            "post": self._post,
            "posts": self._posts,
            "delete": remove,
            "upload": media.upload,
            "metadata": media.describe,
        }
        self._guard = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer one request. What was accepted is kept before this returns."""
        parts = urlsplit(request.target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        signing_in = oauth.endpoint_of(request.method, request.target)
        try:
            endpoint, path = (signing_in, {}) if signing_in else _route(request.method, parts.path)
        except problems.Problem as problem:
            return _answer(problem.status, problem.body)
        rule = self.faults.take(endpoint, query)
        if rule is not None and rule.kind not in AFTER:
            with self.file.read() as state:
                call = Call(state, spelling.of_request(query), query, path, None, b"")
                return spoil.instead(rule, call, self._token)
        if signing_in:
            response = self._sign_in(signing_in, request)
        elif rule is not None and rule.kind is Kind.ELSEWHERE:
            with self.file.read() as state:
                asked, aside = elsewhere(state, endpoint, query, path)
            response = self._serve(endpoint, request, asked, aside)
        else:
            response = self._serve(endpoint, request, query, path)
        return spoil.after(rule, response, self._bump, query) if rule is not None else response

    def _sign_in(self, endpoint: str, request: Request) -> Response:
        try:
            with self.file.change() as state:
                return oauth.serve(endpoint, request, state)
        except OSError as error:
            failure = problems.plain(500, f"The sandbox cannot keep its state: {error.strerror}")
            return _answer(failure.status, failure.body)

    def _serve(
        self, endpoint: str, request: Request, query: dict[str, str], path: dict[str, str]
    ) -> Response:
        headers: dict[str, str] = {}
        spelled = spelling.of_request(query)
        changing = endpoint in _CHANGING
        try:
            with self.file.change() if changing else self.file.read() as state:
                header = request.headers.get("authorization", "")
                token = _signed_in(state, header, standing=self.options.standing_tokens)
                who = token.user_id or "app"
                allowed, headers = self.limits.count(
                    endpoint, who, state.now_ms(), app=token.kind == "app"
                )
                if not allowed:
                    raise problems.plain(429)
                if endpoint in _ACTING and token.user_id is None:
                    raise problems.app_only()
                if token.scopes is not None and oauth.scopes_for(endpoint) - set(token.scopes):
                    raise problems.plain(403)
                _check_parameters(endpoint, query, spelled)
                actor = state.users[token.user_id] if token.user_id else None
                call = Call(state, spelled, query, path, actor, request.body)
                if endpoint == "create":
                    status, body = create(call, self.options)
                else:
                    status, body = self._endpoints[endpoint](call)
        except problems.Problem as problem:
            return _answer(problem.status, problem.body, headers)
        except OSError as error:
            # Nothing was accepted: the state in memory is forgotten with the block.
            failure = problems.plain(500, f"The sandbox cannot keep its state: {error.strerror}")
            return _answer(failure.status, failure.body, headers)
        return _answer(status, body, headers)

    def _view(self, call: Call) -> View:
        return View(
            state=call.state,
            spelling=call.spelling,
            fields=_listed(call.query, call.spelling.fields_parameter),
            user_fields=_listed(call.query, "user.fields"),
            expansions=_listed(call.query, "expansions"),
            alter=self.options.alter_text,
            media_fields=_listed(call.query, "media.fields"),
            viewer=call.actor,
        )

    def _me(self, call: Call) -> tuple[int, dict[str, Any]]:
        assert call.actor is not None  # noqa: S101 - `_serve` made sure
        return 200, {"data": self._view(call).user(call.actor)}

    def _user(self, call: Call) -> tuple[int, dict[str, Any]]:
        username = call.path["username"]
        host = call.spelling.problems
        if not _USERNAME.fullmatch(username):
            message = (
                f"The `username` query parameter value [{username}]"
                " does not match ^[A-Za-z0-9_]{1,15}$"
            )
            raise problems.invalid(host, message, "username", username)
        user = call.state.user_named(username)
        if user is None:
            return 200, {"errors": [problems.not_found(host, "user", "username", username)]}
        return 200, {"data": self._view(call).user(user)}

    def _mentions(self, call: Call) -> tuple[int, dict[str, Any]]:
        return self._timeline(call, call.state.mentions)

    def _own(self, call: Call) -> tuple[int, dict[str, Any]]:
        excluded = _listed(call.query, "exclude")
        if excluded - {"replies", "retweets"}:
            value = call.query["exclude"]
            message = f"The `exclude` query parameter value [{value}] is not valid"
            raise problems.invalid(call.spelling.problems, message, "exclude", value)
        return self._timeline(
            call,
            lambda user: [
                post
                for post in call.state.timeline(user)
                if not (post.reply_to and "replies" in excluded)
                and not (post.repost_of and "retweets" in excluded)
            ],
        )

    def _timeline(
        self, call: Call, posts_of: Callable[[User], list[Post]]
    ) -> tuple[int, dict[str, Any]]:
        user_id = _path_id(call)
        user = call.state.users.get(user_id)
        if user is None:
            entry = problems.not_found(call.spelling.problems, "user", "id", user_id)
            return 200, {"errors": [entry]}
        shown = [p for p in posts_of(user) if not call.state.is_hidden(p, call.actor)]
        return self._page(call, shown, smallest=5)

    def _search(self, call: Call) -> tuple[int, dict[str, Any]]:
        host = call.spelling.problems
        if not call.query.get("query"):
            raise problems.invalid(
                host, "The `query` query parameter can not be empty", "query", ""
            )
        # Validated before it is compared with a moment.
        pages.window(call.query, smallest=10, generation=call.state.token_generation, host=host)
        pages.recent_only(call.query, call.state.now_ms(), host)
        found = pages.search(call.state, call.query["query"], host)
        return self._page(call, found, smallest=10)

    def _page(
        self, call: Call, posts: Iterable[Post], *, smallest: int
    ) -> tuple[int, dict[str, Any]]:
        generation, host = call.state.token_generation, call.spelling.problems
        asked = pages.window(call.query, smallest=smallest, generation=generation, host=host)
        size = min(asked.size, self.options.page_size)
        window = pages.Window(asked.before, asked.after, asked.uses_since, size)
        found, more = window.cut(posts)
        body = self._view(call).body(found)
        meta: dict[str, Any] = {"result_count": len(found)}
        if found:
            meta |= {"newest_id": found[0].id, "oldest_id": found[-1].id}
        if more:
            meta["next_token"] = self._token(int(found[-1].id), generation)
        return 200, body | {"meta": meta}

    def _post(self, call: Call) -> tuple[int, dict[str, Any]]:
        post_id = _path_id(call)
        view = self._view(call)
        post = view.find(post_id, "id")
        return 200, view.body([] if post is None else [post], single=True)

    def _posts(self, call: Call) -> tuple[int, dict[str, Any]]:
        host, value = call.spelling.problems, call.query.get("ids", "")
        ids = value.split(",")
        if len(ids) > _MAX_IDS:
            message = f"The number of values in the `ids` query parameter list [{len(ids)}]"
            message += f" is not between 1 and {_MAX_IDS}"
            raise problems.invalid(host, message, "ids", value)
        for post_id in ids:
            if not _ID.fullmatch(post_id):
                message = f"The `ids` query parameter value [{post_id}] is not valid"
                raise problems.invalid(host, message, "ids", value)
        view = self._view(call)
        found: list[Post] = []
        for post_id in dict.fromkeys(ids):
            post = view.find(post_id, "ids")
            if post is not None:
                found.append(post)
        return 200, view.body(found)

    def _token(self, before: int, generation: int) -> str:
        with self._guard:
            serial = next(self._serials)
        return pages.make_token(before, generation, serial)

    def _bump(self, token: str) -> str:
        # The same place but one post earlier, so that the last post comes again.
        with self.file.read() as state:
            generation = state.token_generation
        return self._token(pages.read_token(token, generation, "", "") + 1, generation)


def _answer(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    kind = "application/json" if status < 400 else "application/problem+json"  # noqa: PLR2004
    sent = {"content-type": f"{kind}; charset=utf-8", "api-version": "2.167", **(headers or {})}
    return Response(status, sent, json.dumps(body).encode())


def endpoint_of(method: str, path: str) -> str | None:
    """Tell by which name faults and limits know a request; None if it is no endpoint."""
    try:
        return _route(method, path)[0]
    except problems.Problem:
        return None


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    known = False
    for endpoint, wanted, pattern in _ROUTES:
        if match := pattern.fullmatch(path):
            known = True
            if wanted == method:
                return endpoint, {k: unquote(v) for k, v in match.groupdict().items()}
    raise problems.plain(405 if known else 404)


def _signed_in(state: State, header: str, *, standing: bool) -> Token:
    scheme, _, rest = header.partition(" ")
    name, consumer_key = rest.strip(), None
    if scheme.lower() == "oauth":
        named = {k: unquote(v) for k, v in _OAUTH1.findall(rest)}
        name, consumer_key = named.get("oauth_token", ""), named.get("oauth_consumer_key", "")
    elif scheme.lower() != "bearer":
        raise problems.plain(401)
    token = state.tokens.get(name)
    if (
        token is None
        or token.revoked
        or (not standing and name.startswith(STANDING))
        or token.consumer_key != consumer_key
        or (token.expires_ms is not None and state.now_ms() >= token.expires_ms)
    ):
        raise problems.plain(401)
    return token


def _check_parameters(endpoint: str, query: dict[str, str], spelled: spelling.Spelling) -> None:
    host = spelled.problems
    reading = endpoint not in _CHANGING
    allowed = _PARAMETERS[endpoint] | ({spelled.fields_parameter} if reading else frozenset())
    for name, given in query.items():
        if name not in allowed:
            listed = ",".join(sorted(allowed))
            message = f"The query parameter [{name}] is not one of [{listed}]"
            raise problems.invalid(host, message, name, given)
    about_users = endpoint in ("me", "user")
    expansions = spelled.user_expansions if about_users else spelled.expansions
    for name, known in (
        (spelled.fields_parameter, spelled.fields),
        ("user.fields", spelled.user_fields),
        ("expansions", expansions),
    ):
        for value in query.get(name, "").split(",") if name in query else ():
            if value not in known:
                listed = ",".join(sorted(known))
                message = f"The `{name}` query parameter value [{value}] is not one of [{listed}]"
                raise problems.invalid(host, message, name, value)


def _path_id(call: Call) -> str:
    value = call.path["id"]
    if not _ID.fullmatch(value):
        message = f"The `id` query parameter value [{value}] is not valid"
        raise problems.invalid(call.spelling.problems, message, "id", value)
    return value


def _listed(query: Mapping[str, str], name: str) -> set[str]:
    return {value for value in query.get(name, "").split(",") if value}
