"""The look before a reply goes out, and what it says to whoever sends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from triage.cli import narrate
from triage.cli.sending import account_of, check_guards, target_message
from triage.cli.standing import OF_OTHERS
from triage.core.model import SECOND
from triage.errors import Refused

if TYPE_CHECKING:
    from triage.app.guards import Guard
    from triage.app.preflight import Look
    from triage.bootstrap import App
    from triage.core.records import Reply

_FRESH = 15 * SECOND
"""A look that is older than this is taken again when the person has decided, ms."""


class Checked(NamedTuple):
    """What stands against a reply, and the look that it was found by."""

    guards: list[Guard]
    look: Look


def check(app: App, reply: Reply) -> Checked:
    """Look at the thread, then tell what stands against the reply; what stops it comes first."""
    look = app.sender(account_of(app, reply)).look(reply)
    return Checked(check_guards(app, reply, target_message(app, reply), look), look)


def check_again(app: App, reply: Reply, before: Checked) -> Checked:
    """The same once the person has decided; a fresh look is not taken twice."""
    return before if app.now() - before.look.at < _FRESH else check(app, reply)


def news(before: Checked, after: Checked) -> list[Guard]:
    """What came up since a person was asked, and what they would want to be asked about."""
    return _new(before.guards, after.guards)


def _new(known: list[Guard], found: list[Guard]) -> list[Guard]:
    codes = {g.code for g in known}
    return [g for g in found if g.code not in codes and (g.stops or g.asks)]


def still_fine(app: App, checked: Checked, *, force: bool = False) -> Callable[[Reply], None]:
    """What is asked with the send lock held: did a colleague's reply go out meanwhile?

    The network is not asked again: only what this store knows by now.
    """

    def check_now(reply: Reply) -> None:
        found = check_guards(app, reply, target_message(app, reply), checked.look)
        for guard in _new(checked.guards, found):
            if guard.code in OF_OTHERS:
                continue  # it is asked once more where the reply is marked as leaving
            if guard.stops or not force:
                raise Refused(
                    guard.message,
                    reason=f"Nothing was sent. The text is kept as reply {reply.id}.",
                    hint=f"Look at it again: triage drafts send {reply.id}",
                )

    return check_now


def tell(guards: list[Guard]) -> None:
    """Tell a person who decides next."""
    for guard in guards:
        narrate.warn(guard.message + (f"  {guard.hint}" if guard.hint else ""))


def browser_url(guards: list[Guard]) -> str:
    """Where the person can answer by hand; empty if nothing speaks for it."""
    return next((g.url for g in guards if g.url), "")


def answer_in_browser(url: str, kept: str) -> None:
    """Open the channel's own page; what is posted there is found by the next fetch."""
    import webbrowser

    if not webbrowser.open(url):
        narrate.warn(f"No browser could be opened. Open it yourself: {url}")
    narrate.say("When you have posted it there, the next fetch finds it and ends the wait.")
    narrate.say(kept)
