"""Why a wait is due then; nothing is changed by asking."""

from __future__ import annotations

from triage.app.judging import default_accounts, settings_in_force
from triage.core.explaining import Explanation, explain
from triage.core.ports import Store
from triage.core.records import ConversationView
from triage.errors import NotFound


def explain_wait(
    store: Store, conversation: ConversationView, now: int, number: int | None = None
) -> Explanation:
    """Explain the open wait of a conversation; the last if none is open; or one by its number.

    Raises:
        NotFound: It has no such wait.
        ConfigError: No settings are in force.
    """
    current = settings_in_force(store)
    defaults = default_accounts(store, conversation.brand_id)
    threads = store.judging.read_threads(conversation.brand_id, [conversation.id], defaults)
    found = (explain(facts, conversation.id, current, now, number) for facts in threads)
    explanation = next((one for one in found if one is not None), None)
    if explanation is None:
        which = "no wait" if number is None else f"no wait {number}"
        raise NotFound(
            f"#{conversation.id} has {which}.",
            reason="Nothing in it has a clock." if number is None else "",
            hint=f"See `triage show {conversation.id}`.",
        )
    return explanation
