"""The pages on which a person says yes or no to a sign-in."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from triage.sandbox.wire import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage.sandbox.state import State, User

NOT_REGISTERED = "The app or its callback address is not registered."


def page(status: int, title: str, text: str, shown: str = "") -> Response:
    """Make a page of a title, a sentence and something to copy."""
    code = f"<p><code>{escape(shown)}</code></p>" if shown else ""
    return _html(status, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>{code}")


def ask(target: str, scopes: Sequence[str], state: State) -> Response:
    """Make the page that asks; its form goes to where it came from."""
    wanted = "".join(f"<li>{escape(scope)}</li>" for scope in scopes)
    options = "".join(f"<option>{escape(user.username)}</option>" for user in accounts(state))
    return _html(
        200,
        "<h1>An app wants to use your account of the sandbox</h1>"
        f"<p>It asks for:</p><ul>{wanted}</ul>"
        f'<form method="post" action="{escape(target, quote=True)}">'
        f'<p><label>Account <select name="username">{options}</select></label></p>'
        '<p><button name="decision" value="approve">Authorize app</button> '
        '<button name="decision" value="deny">Cancel</button></p></form>',
    )


def accounts(state: State) -> list[User]:
    """Give whose password somebody here would know: the brand's, which are those with tokens."""
    theirs = {token.user_id for token in state.tokens.values()}
    owned = [user for user in state.users.values() if user.id in theirs]
    return owned or list(state.users.values())


def _html(status: int, body: str) -> Response:
    text = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Sandbox</title></head>'
        f"<body>{body}</body></html>"
    )
    sent = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
    return Response(status, sent, text.encode())
