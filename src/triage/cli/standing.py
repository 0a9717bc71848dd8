"""What a second agent is told: who else is at a conversation, before typing and before sending."""

from __future__ import annotations

from triage.app.claiming import Press, Standing, standing
from triage.app.guards import Guard
from triage.app.showing import Shown, zone_of
from triage.bootstrap import App
from triage.cli import narrate, times
from triage.cli.output import iso
from triage.cli.sending import STATE_WORDS
from triage.core.claims import Claim
from triage.core.outbox import ReplyState
from triage.core.queue import rough_span
from triage.core.records import ConversationView, Reply

OF_OTHERS = frozenset({"claimed", "begun"})
"""Guards that tell what other agents do."""


def at_it(app: App, conversation: ConversationView, claim: Claim) -> str:
    """Such as `ana has been at it for 3m (until 14:20)`; no full stop."""
    times.set_zone(zone_of(app.store, conversation))
    now = app.now()
    until = f"(until {times.day_or_clock(claim.until_at, now)})"
    since = rough_span(now - claim.claimed_at)
    if claim.taken_from is not None and claim.taken_from == app.agent:
        return f"{claim.agent} took #{conversation.id} over from you {since} ago {until}"
    return f"{claim.agent} has been at #{conversation.id} for {since} {until}"


def warn_of_claim(app: App, conversation: ConversationView, claim: Claim | None) -> None:
    """Tell whoever looks at a conversation that somebody else is at it."""
    if claim is not None and claim.agent != app.agent:
        narrate.warn(f"{at_it(app, conversation, claim)}.")


def who_is_at_it(shown: Shown, now: int) -> str:
    """Whose a conversation is, who has claimed it and who has a draft there; the zone is set."""
    parts = []
    if shown.assignment is not None:
        parts.append(f"assigned to {shown.assignment.agent}")
    if shown.claim is not None:
        until = times.day_or_clock(shown.claim.until_at, now)
        parts.append(f"claimed by {shown.claim.agent} until {until}")
    if shown.drafts:
        parts.append(f"draft {shown.drafts[-1].id} by {shown.drafts[-1].agent}")
    return ", ".join(parts)


def claim_item(claim: Claim) -> dict[str, object]:
    """A claim for JSON."""
    return {
        "agent": claim.agent,
        "claimed_at": iso(claim.claimed_at),
        "until_at": iso(claim.until_at),
        "taken_from": claim.taken_from,
    }


def look(app: App, reply: Reply) -> Standing:
    """What others do where a reply is to go."""
    return standing(app.store, reply, app.agent, app.now())


def pressed(app: App, reply: Reply, *, force: bool = False) -> Press:
    """Who sends, and what they are about to be told: take it before the guards are shown."""
    return Press(app.agent, look(app, reply), insists=force)


def standing_guards(app: App, reply: Reply) -> list[Guard]:
    """What others do, as guards; what they have sent is told by the thread itself."""
    found = look(app, reply)
    guards = []
    talk = app.store.reading.conversation(reply.conversation_id or 0)
    if found.claim is not None and talk is not None:
        guards.append(Guard("claimed", f"{at_it(app, talk, found.claim)}.", stops=False))
    for other in found.begun:
        if other.state is not ReplyState.SENT:
            words = f"Reply {other.id} of {other.agent} there is {STATE_WORDS[other.state]}."
            guards.append(Guard("begun", words, stops=False))
    return guards
