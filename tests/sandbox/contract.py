"""Holding recorded traffic against the X API contract.

    with Sandbox(record=True) as sandbox:
        ...
        for exchange in sandbox.exchanges:
            contract.check_exchange(exchange)

The two documents are not ours to ship: they are looked for in `$TRIAGE_SHARED/data/x-openapi`,
by default `../shared` beside the repository. Each request is held against the document of its own
spelling. Where a document contradicts what X is known to send, it is changed here, narrowly and
with the reason.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.protocols import Request, Response

from triage.sandbox.oauth import endpoint_of
from triage.sandbox.server import Exchange

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TRIAGE_SHARED", ROOT.parent / "shared"))
DOCUMENTS = {"tweets": "openapi.json", "posts": "openapi-2.167.json"}
_OF_UPLOADS = frozenset({"associated_metadata", "expires_after_secs", "media_key", "size"})
_NEWER = frozenset({"referenced_posts", "edit_history_post_ids", "username"})


class BreachError(AssertionError):
    """A request or an answer does not keep the contract."""


def available() -> bool:
    """Tell whether the documents are there."""
    return all((SHARED / "data" / "x-openapi" / name).is_file() for name in DOCUMENTS.values())


def check(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    status: int,
    response_headers: Mapping[str, str],
    response_body: bytes,
    *,
    document: str | None = None,
) -> None:
    """Hold one request and its answer against the contract.

    Args:
        method: Such as `GET`.
        url: Whole or only the target; the host does not matter.
        headers: Of the request.
        body: Of the request.
        status: Of the answer.
        response_headers: Of the answer.
        response_body: Of the answer.
        document: `tweets` or `posts`; None follows the spelling of the request.

    Raises:
        BreachError: With the request and what is wrong.
    """
    check_request(method, url, headers, body, document=document)
    check_response(
        method, url, headers, body, status, response_headers, response_body, document=document
    )


def check_exchange(exchange: Exchange) -> None:
    """Hold one recorded exchange against the contract; where a fault spoilt it, the request only.

    What signs in is left out: the documents do not describe it.

    Raises:
        BreachError: With the request and what is wrong.
    """
    seen = exchange
    if endpoint_of(seen.method, urlsplit(seen.url).path) is not None:
        return
    check_request(seen.method, seen.url, seen.headers, seen.body)
    if seen.fault is None:
        check_response(
            seen.method,
            seen.url,
            seen.headers,
            seen.body,
            seen.status,
            seen.response_headers,
            seen.response_body,
        )


def check_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    document: str | None = None,
) -> None:
    """Hold only the request against the contract. Raises `BreachError`."""
    request = _Request(method, url, headers, body)
    chosen = document or spelling_of(url)
    _check_what_the_library_does_not(request, chosen)
    try:
        with warnings.catch_warnings():
            # The library checks that a token is there, but not OAuth 2's scopes, and says so.
            warnings.filterwarnings("ignore", message="Unsupported scheme type")
            _openapi(chosen).validate_request(request)
    except OpenAPIError as error:
        raise BreachError(_told(f"{method} {url}", error)) from error


def check_response(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    status: int,
    response_headers: Mapping[str, str],
    response_body: bytes,
    *,
    document: str | None = None,
) -> None:
    """Hold only the answer against the contract. Raises `BreachError`."""
    chosen = document or spelling_of(url)
    where = f"{method} {url} -> {status}"
    if status >= 400 and _unlisted_problem(response_body, chosen, where):
        return
    request = _Request(method, url, headers, body)
    response = _Response(status, response_headers, response_body)
    try:
        _openapi(chosen).validate_response(request, response)
    except OpenAPIError as error:
        raise BreachError(_told(where, error)) from error
    if status < 400:
        _only_known_fields(json.loads(response_body), chosen, where)


def spelling_of(url: str) -> str:
    """Tell which document a request speaks: `posts` if it shows a new name, else `tweets`."""
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    newer = "post.fields" in query or _NEWER & set(query.get("expansions", "").split(","))
    return "posts" if newer else "tweets"


class _Request(Request):
    def __init__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> None:
        parts = urlsplit(url)
        self._method = method.lower()
        self._path = parts.path
        self._body = body
        self.headers = dict(headers)
        self.parameters = RequestParameters(
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            header=self.headers,
            cookie={},
        )

    @property
    def host_url(self) -> str:
        return "https://api.x.com"

    @property
    def path(self) -> str:
        return self._path

    @property
    def method(self) -> str:
        return self._method

    @property
    def body(self) -> bytes | None:
        return self._body or None

    @property
    def content_type(self) -> str:
        lower = {name.lower(): value for name, value in self.headers.items()}
        return lower.get("content-type", "").partition(";")[0]


class _Response(Response):
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._status = status
        self._headers = dict(headers)
        self._body = body

    @property
    def status_code(self) -> int:
        return self._status

    @property
    def content_type(self) -> str:
        lower = {name.lower(): value for name, value in self._headers.items()}
        return lower.get("content-type", "").partition(";")[0]

    @property
    def headers(self) -> Mapping[str, Any]:
        return self._headers

    @property
    def data(self) -> bytes | None:
        return self._body


@cache
def document_of(name: str) -> dict[str, Any]:
    """Read one of the documents, changed where it has to be."""
    path = SHARED / "data" / "x-openapi" / DOCUMENTS[name]
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    # Only what we use: checking 130 paths costs seconds and proves nothing about us.
    used = ("/2/users/", "/2/tweets")
    media = ("/2/media/upload", "/2/media/metadata")
    document["paths"] = {
        p: v for p, v in document["paths"].items() if p.startswith(used) or p in media
    }
    if name == "tweets":
        # It demands a `meta` of an upload's answer that it does not describe.
        document["components"]["schemas"]["MediaUploadResponse"].pop("required")
    return document


@cache
def _openapi(name: str) -> OpenAPI:
    # The library reads only plain JSON by itself.
    readers: dict[str, Callable[[bytes], Any]] = {"application/problem+json": json.loads}
    return OpenAPI.from_dict(
        document_of(name), config=Config(extra_media_type_deserializers=readers)
    )


def _unlisted_problem(body: bytes, name: str, where: str) -> bool:
    """Tell whether this is an error that X was seen to send although the document omits it.

    The later document has no problem without a type of its own (`about:blank`), neither has one
    for spent credits, and the refusal of a reply comes without any type.
    """
    try:
        problem = json.loads(body)
    except ValueError as error:
        raise BreachError(f"{where}: no JSON") from error
    listed = document_of(name)["components"]["schemas"]["Problem"]["discriminator"]["mapping"]
    if not isinstance(problem, dict) or problem.get("type") in listed:
        return False
    if not problem.get("title") or not problem.get("detail"):
        raise BreachError(f"{where}: a problem without title and detail")
    return True


def _check_what_the_library_does_not(request: _Request, name: str) -> None:
    # Documents list what there is; the library lets anything else pass.
    operation = _operation(request, name)
    shared = document_of(name)["components"]["parameters"]
    known = set()
    for parameter in operation.get("parameters", []):
        reference = parameter.get("$ref", "").rpartition("/")[2]
        known.add((shared[reference] if reference else parameter)["name"])
    lower = {name.lower() for name in request.headers}
    # The library passes any request where one of the schemes is OAuth 2.
    if operation.get("security") and "authorization" not in lower:
        raise BreachError(f"{request.method} {request.path}: no Authorization")
    if unknown := set(request.parameters.query) - known:
        raise BreachError(f"{request.method} {request.path}: {sorted(unknown)} is in no document")


def _operation(request: _Request, name: str) -> dict[str, Any]:
    for template, methods in document_of(name)["paths"].items():
        if request.method in methods and _fits(template, request.path):
            found: dict[str, Any] = methods[request.method]
            return found
    raise BreachError(f"{request.method} {request.path} is in no document")


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    same = all(w == g or (w.startswith("{") and g) for w, g in zip(wanted, given, strict=False))
    # A fixed path wins over one with a parameter, as in any router.
    return len(wanted) == len(given) and same and not (given[-1] == "me" and "{" in wanted[-1])


def _only_known_fields(body: dict[str, Any], name: str, where: str) -> None:
    schemas = document_of(name)["components"]["schemas"]
    posts, users = schemas["Post" if name == "posts" else "Tweet"], schemas["User"]
    included = body.get("includes", {})
    data = body.get("data", [])
    items = data if isinstance(data, list) else [data]
    for item in [*items, *included.get("posts", []), *included.get("tweets", [])]:
        # A made post and an account stand in `data` too.
        known = set(posts["properties"]) | set(users["properties"]) | {"deleted"} | _OF_UPLOADS
        if unknown := set(item) - known:
            raise BreachError(f"{where}: {sorted(unknown)} is no field of a post")
    for user in included.get("users", []):
        if unknown := set(user) - set(users["properties"]):
            raise BreachError(f"{where}: {sorted(unknown)} is no field of a user")
    if name == "posts" and "tweets" in included:
        raise BreachError(f"{where}: includes in the older spelling")


def _told(where: str, error: BaseException) -> str:
    # The library keeps what is wrong in the causes, and there behind the whole value.
    causes: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        wrong = list(getattr(seen, "schema_errors", ()))
        causes += [f"{e.json_path}: {e.message}"[:600] for e in wrong]
        causes += [] if wrong else [f"{type(seen).__name__}: {seen}"[:200]]
        seen = seen.__cause__
    return "\n".join([where, *causes])
