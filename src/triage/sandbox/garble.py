"""Answers that no server should give: broken on the wire, or in what their JSON says."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

from triage.sandbox.faults import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from triage.sandbox.faults import Rule
    from triage.sandbox.state import State
    from triage.sandbox.wire import Response

NO_HTTP = b"220 mail.example ESMTP\r\n\x00\x01\x02\xff\r\n\r\n"
"""What a server of another kind says first."""

_BLOWN_UP = 10 * 1024 * 1024 + 1
_DEPTH = 100_000
_HEADERS = 300
_DAYS_AHEAD_MS = 2 * 24 * 3_600_000
_PLACE = ("pagination_token", "since_id", "until_id")
_TOP = ("data", "meta", "includes", "errors")


def spoil(rule: Rule, response: Response, query: Mapping[str, str]) -> None:
    """Spoil a good answer.

    Args:
        rule: Whose kind is one of `faults.GARBLED`.
        response: The answer; it is changed.
        query: What was asked.
    """
    if rule.kind is Kind.ELSEWHERE:
        return  # it was asked for something else before: see `elsewhere`
    if rule.kind in _ON_THE_WIRE:
        _spoil_wire(rule, response)
    elif rule.kind in _IN_TEXT:
        response.body = _spoil_text(rule.kind, response.body)
    elif "json" in response.headers.get("content-type", ""):
        body = json.loads(response.body)
        _spoil_json(rule, body, query)
        response.body = json.dumps(body).encode()


_ON_THE_WIRE = frozenset(
    {
        Kind.NO_HTTP_AFTER,
        Kind.MANY_HEADERS,
        Kind.DRIP,
        Kind.BIG_BODY,
        Kind.BAD_GZIP,
        Kind.CUT_GZIP,
        Kind.GZIP_BOMB,
        Kind.BAD_CHUNKS,
        Kind.SHORT_LENGTH,
    }
)
_IN_TEXT = frozenset({Kind.BAD_UTF8, Kind.DEEP, Kind.ODD_NUMBERS, Kind.TWICE})


def _spoil_wire(rule: Rule, response: Response) -> None:
    body = response.body
    match rule.kind:
        case Kind.NO_HTTP_AFTER:
            response.raw = NO_HTTP
        case Kind.MANY_HEADERS:
            response.headers |= {f"x-more-{n}": "1" for n in range(_HEADERS)}
        case Kind.DRIP:
            response.raw, response.drip_s = _as_bytes(response, len(body), body), rule.hold_s
        case Kind.BIG_BODY:
            response.body = body + b" " * _BLOWN_UP
        case Kind.BAD_GZIP:
            response.headers["content-encoding"] = "gzip"
            response.body = b"\x1f\x8b\x08\x00" + body
        case Kind.CUT_GZIP:
            response.headers["content-encoding"] = "gzip"
            packed = gzip.compress(body)
            response.body = packed[: len(packed) * 2 // 3]
        case Kind.GZIP_BOMB:
            response.headers["content-encoding"] = "gzip"
            squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
            response.body = squeeze.compress(body + b" " * _BLOWN_UP) + squeeze.flush()
        case Kind.BAD_CHUNKS:
            half = len(body) // 2
            chunk = f"{half:x}\r\n".encode() + body[:half] + b"\r\nmany\r\n" + body[half:]
            response.raw = _as_bytes(response, None, chunk)
        case Kind.SHORT_LENGTH:
            response.raw = _as_bytes(response, len(body) // 2, body)


def _as_bytes(response: Response, length: int | None, body: bytes) -> bytes:
    headers = dict(response.headers)
    if length is None:
        headers["transfer-encoding"] = "chunked"
    else:
        headers["content-length"] = str(length)
    lines = [f"HTTP/1.1 {response.status} Status", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _spoil_text(kind: Kind, body: bytes) -> bytes:
    inner = body.strip().removesuffix(b"}")
    match kind:
        case Kind.BAD_UTF8:
            return inner + b', "note": "\xff\xfe\xc3("}'
        case Kind.DEEP:
            return inner + b', "note": ' + b"[" * _DEPTH + b"]" * _DEPTH + b"}"
        case Kind.TWICE:
            return inner + b', "meta": {}, "data": []}'
    huge = b"9" * 1_000
    body = inner + b', "note": [NaN, Infinity, -Infinity, 1e999, -0, ' + huge + b"]}"
    return body.replace(b'_count": ', b'_count": ' + huge[:400])


def _spoil_json(rule: Rule, body: dict[str, Any], query: Mapping[str, str]) -> None:
    data = body.get("data")
    match rule.kind:
        case Kind.SAME_TOKEN:
            if "pagination_token" in query and "meta" in body:
                body["meta"]["next_token"] = query["pagination_token"]
        case Kind.FUTURE_ID:
            if isinstance(data, list) and data:
                data.insert(0, _from_the_future(data[0]))
        case Kind.NUMERIC_IDS:
            _number_ids(body)
        case _:
            _change_types(rule, body)


def _from_the_future(post: dict[str, Any]) -> dict[str, Any]:
    later = str(int(post["id"]) + (_DAYS_AHEAD_MS << 22))
    histories = [name for name in post if name.startswith("edit_history_")]
    return {**post, "id": later, "text": "from the future", **{n: [later] for n in histories}}


def _number_ids(value: object) -> None:
    """Make numbers of all ids, wherever they stand."""
    if isinstance(value, list):
        for item in value:
            _number_ids(item)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        if (name == "id" or name.endswith("_id")) and isinstance(item, str) and item.isdigit():
            value[name] = int(item)
        elif name.endswith("_ids") and isinstance(item, list):
            value[name] = [int(i) if str(i).isdigit() else i for i in item]
        else:
            _number_ids(item)


def _change_types(rule: Rule, body: dict[str, Any]) -> None:
    data = body.get("data")
    holders = [*(data if isinstance(data, list) else [data])]
    for included in (body.get("includes") or {}).values():
        holders += included
    for name in rule.fields:
        if name in _TOP:
            body[name] = rule.body
        elif name.startswith("meta."):
            body.setdefault("meta", {})[name.removeprefix("meta.")] = rule.body
        else:
            for holder in holders:
                if isinstance(holder, dict) and (name in holder or name != "id"):
                    holder[name] = rule.body


def elsewhere(
    state: State, endpoint: str, query: dict[str, str], path: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Turn a question into one for something else of the same kind."""
    if endpoint == "user":
        others = [u.username for u in state.users.values() if u.username != path["username"]]
        return query, {**path, "username": others[-1]}
    if endpoint == "posts":
        asked = query.get("ids", "").split(",")
        other = next(p.id for p in state.current() if p.id not in asked)
        return {**query, "ids": other}, path
    return {k: v for k, v in query.items() if k not in _PLACE}, path
