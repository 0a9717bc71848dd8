"""Carrying out the faults: answers instead of the real one, and real ones spoilt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from triage.sandbox import garble, pages, problems
from triage.sandbox.faults import GARBLED, Kind, Rule
from triage.sandbox.wire import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from triage.sandbox.wire import Call

_PAGE = b"<!DOCTYPE html><html><head><title>One moment</title></head><body>Checking.</body></html>"
_RESET = "x-rate-limit-reset"
_SPENT = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0"}
_NULLABLE = ("lang", "entities", "in_reply_to_user_id", "withheld", "geo", "attachments")


def instead(rule: Rule, call: Call, token: Callable[[int, int], str]) -> Response:
    """Give the answer of a fault that keeps the request from being carried out."""
    response = _instead(rule, call, token)
    response.fault = rule.kind
    return response


def after(
    rule: Rule, response: Response, bump: Callable[[str], str], query: Mapping[str, str]
) -> Response:
    """Spoil the answer to a request that was carried out; one that failed anyway stays."""
    if response.status >= 400:  # noqa: PLR2004
        return response
    response.fault = rule.kind
    if rule.kind in GARBLED:
        garble.spoil(rule, response, query)
        return response
    return _spoil(rule, response, bump)


def _spoil(rule: Rule, response: Response, bump: Callable[[str], str]) -> Response:
    match rule.kind:
        case Kind.UNAVAILABLE_AFTER:
            headers = {k: v for k, v in response.headers.items() if k.startswith("x-rate")}
            response = _problem(problems.plain(503), headers)
            response.fault = rule.kind
        case Kind.CLOSE_AFTER:
            response.close = True
        case Kind.HANG_AFTER:
            response.close, response.hold_s = True, rule.hold_s
        case Kind.TRUNCATED:
            response.body = response.body[: len(response.body) * 2 // 3]
        case Kind.CUT_SHORT:
            response.cut = len(response.body) // 2
        case Kind.HTML_AFTER:
            response.headers["content-type"] = "text/html; charset=utf-8"
            response.body = _PAGE
        case Kind.BAD_RESET:
            response.headers[_RESET] = "soon"
        case _ if "json" in response.headers.get("content-type", ""):
            body = json.loads(response.body)
            _spoil_page(rule, body, bump)
            response.body = json.dumps(body).encode()
    return response


_PROBLEMS = {
    Kind.ERROR: problems.plain(500),
    Kind.UNAVAILABLE: problems.plain(503),
    Kind.UNAUTHORIZED: problems.plain(401),
    Kind.CREDITS: problems.no_credits(),
    Kind.RATE_LIMITED: problems.plain(429),
    Kind.RATE_LIMITED_NO_RESET: problems.plain(429),
    Kind.RATE_LIMITED_BAD_RESET: problems.plain(429),
    Kind.TIMED_OUT: problems.plain(408),
    Kind.TOO_EARLY: problems.plain(425),
    Kind.BAD_GATEWAY: problems.plain(502),
    Kind.GATEWAY_TIMEOUT: problems.plain(504),
}


def _instead(rule: Rule, call: Call, token: Callable[[int, int], str]) -> Response:
    reset = str(call.state.now_ms() // 1_000 + rule.reset_after_s)
    if rule.kind in (Kind.RATE_LIMITED, Kind.RATE_LIMITED_TEXT):
        headers = {**_SPENT, _RESET: reset}
    elif rule.kind is Kind.RATE_LIMITED_BAD_RESET:
        headers = {**_SPENT, _RESET: "soon"}
    else:
        headers = {}
    name, host = "pagination_token", call.spelling.problems
    problem = _PROBLEMS.get(rule.kind)
    if rule.kind is Kind.TOKEN_EXPIRED:
        problem = pages.bad_token(call.query[name], name, host)
    if problem is not None:
        return _problem(problem, headers)
    if rule.kind is Kind.EMPTY_PAGE:
        return _empty_page(call, token)
    return _strange(rule, headers, host)


def _strange(rule: Rule, headers: dict[str, str], host: str) -> Response:
    """Answers that are no problem documents, and no answers at all."""
    match rule.kind:
        case Kind.RATE_LIMITED_TEXT:
            made = _make(429, headers, b"Rate limit exceeded\n", "text/plain")
        case Kind.HTML:
            made = _make(200, {}, _PAGE, "text/html")
        case Kind.ODD_BODY:
            made = _make(rule.status, {}, json.dumps(rule.body).encode(), "application/json")
        case Kind.REDIRECT:
            made = _make(302, {"location": "http://127.0.0.1:9/sign-in"}, _PAGE, "text/html")
        case Kind.ERRORS_ONLY:
            body = {"errors": [problems.not_found(host, "list", "id", "17")]}
            made = _make(200, {}, json.dumps(body).encode(), "application/json")
        case Kind.NO_HTTP:
            made = Response(0, raw=garble.NO_HTTP)
        case _:
            # What is left ends the connection: at once, or after a hang.
            made = Response(0, close=True, hold_s=rule.hold_s if rule.kind is Kind.HANG else 0.0)
    return made


def _empty_page(call: Call, token: Callable[[int, int], str]) -> Response:
    host, generation = call.spelling.problems, call.state.token_generation
    try:
        window = pages.window(call.query, smallest=5, generation=generation, host=host)
    except problems.Problem as problem:
        return _problem(problem, {})
    highest = 1 << 63
    place = token(highest if window.before is None else window.before, generation)
    body = {"meta": {"result_count": 0, "next_token": place}}
    return _make(200, {}, json.dumps(body).encode(), "application/json")


def _spoil_page(rule: Rule, body: dict[str, Any], bump: Callable[[str], str]) -> None:
    data = body.get("data")
    if not isinstance(data, list):
        return
    if rule.kind is Kind.OUT_OF_ORDER:
        body["data"] = data[1::2] + data[::2]
    elif rule.kind is Kind.NULLS:
        body["errors"] = None
        for post in data:
            for name in _NULLABLE:
                post.setdefault(name, None)
            post.update(dict.fromkeys(rule.fields))
    elif rule.kind is Kind.DUPLICATE:
        meta = body["meta"]
        if "next_token" in meta:
            meta["next_token"] = bump(meta["next_token"])
        else:
            data.append(data[-1])


def _problem(problem: problems.Problem, headers: dict[str, str]) -> Response:
    body = json.dumps(problem.body).encode()
    return _make(problem.status, headers, body, "application/problem+json")


def _make(status: int, headers: dict[str, str], body: bytes, kind: str) -> Response:
    return Response(status, {"content-type": f"{kind}; charset=utf-8", **headers}, body)
