"""The error bodies of X, as they were seen in public traffic and in its documentation."""

from __future__ import annotations

from typing import Any

_INVALID_DETAIL = "One or more parameters to your request was invalid."
NOT_SUMMONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise"
    " engaged by the author of the post you are replying to."
)
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
REPLY_TO_NOTHING = "You attempted to reply to a Tweet that is deleted or not visible to you."
RESTRICTED = "The original Tweet author restricted who can reply to this Tweet."
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    425: "Too Early",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Problem(Exception):
    """A request ends with this status and body; named as in RFC 7807."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(f"{status}")
        self.status = status
        self.body = body


def plain(status: int, detail: str = "") -> Problem:
    """Make a problem without a type of its own."""
    title = _TITLES[status]
    body = {"title": title, "type": "about:blank", "status": status, "detail": detail or title}
    return Problem(status, body)


def invalid(problems: str, message: str, name: str, value: str) -> Problem:
    """Make the 400 that names the parameter which X did not like."""
    body = {
        "errors": [{"parameters": {name: [value]}, "message": message}],
        "title": "Invalid Request",
        "detail": _INVALID_DETAIL,
        "type": f"{problems}invalid-request",
    }
    return Problem(400, body)


def not_summoned() -> Problem:
    """Make the 403 for a reply to somebody who did not name or quote the account."""
    return Problem(403, {"title": "Forbidden", "detail": NOT_SUMMONED, "status": 403})


def no_credits() -> Problem:
    """Make the 402 for an account that has used up its credit."""
    body = {
        "type": "https://api.twitter.com/2/problems/credits",
        "title": "CreditsDepleted",
        "detail": "Your enrolled account [1000000000000000001] does not have any credits to"
        " fulfill this request.",
    }
    return Problem(402, body)


def app_only() -> Problem:
    """Make the 403 for an app's token where an account must act."""
    body = {
        "title": "Unsupported Authentication",
        "detail": "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint."
        "  Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context].",
        "type": "https://api.twitter.com/2/problems/unsupported-authentication",
        "status": 403,
    }
    return Problem(403, body)


_WORDS = {
    "disallowed-resource": ("Disallowed Resource", "This {resource} [{value}] is withheld."),
    "not-authorized-for-resource": (
        "Authorization Error",
        "Sorry, you are not authorized to see the {resource} with {parameter}: [{value}].",
    ),
    "suspended": ("Forbidden", "User has been suspended: {resource} [{value}]."),
}


def absent(problems: str, why: str, parameter: str, value: str) -> dict[str, Any]:
    """Make an entry of `errors` for a post that cannot be read; `why` as `State.absence` says."""
    entry = not_found(problems, "tweet", parameter, value)
    if why in _WORDS:
        title, words = _WORDS[why]
        detail = words.format(resource="Tweet", parameter=parameter, value=value)
        entry |= {"title": title, "detail": detail}
        if why != "suspended":
            entry["type"] = f"{problems}{why}"
    return entry


def not_found(problems: str, resource: str, parameter: str, value: str) -> dict[str, Any]:
    """Make an entry of `errors` for something that is deleted or was never there."""
    return {
        "value": value,
        "detail": f"Could not find {resource} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": value,
        "type": f"{problems}resource-not-found",
    }
