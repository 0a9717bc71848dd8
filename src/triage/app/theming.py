"""What mentions are about: said by agents, and counted."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from triage.app.acting import find_mention, gravest
from triage.app.persons import who_is_who
from triage.core.action_ports import ActionStore
from triage.core.records import Activity, ConversationView, MessageView
from triage.core.themes import LONGEST_NAME, NAME, Raised, ThemeLine, theme_lines
from triage.errors import UsageError


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent said of a mention.

    Attributes:
        message: The mention.
        before: What it was about until then; None if about nothing.
        act: Our id of the act that says so.
    """

    message: MessageView
    before: str | None
    act: int


def check_name(name: str) -> str:
    """A theme's name as it is kept. Raises `UsageError` for what cannot be one."""
    plain = name.strip().lower()
    if not NAME.fullmatch(plain) or len(plain) > LONGEST_NAME:
        raise UsageError(
            f"{name[:LONGEST_NAME]!r} is no name for a theme.",
            reason=f"It has up to {LONGEST_NAME} small letters and digits, with - between words.",
            hint="Write it like refund or late-delivery.",
        )
    return plain


def say_theme(
    store: ActionStore,
    conversation: ConversationView,
    theme: str | None,
    agent: str,
    now: int,
    post: str | None = None,
) -> Said:
    """Say what a mention is about; it wins over the rules and survives re-tagging.

    Args:
        conversation: Where it stands.
        theme: What it is about; None: about nothing.
        agent: Who says so.
        now: UTC ms.
        post: Native id or URL of the mention; without it the gravest of the newest wait.

    Raises:
        NotFound: The post is not a mention of this conversation.
    """
    message = (
        gravest(store, conversation) if post is None else find_mention(store, conversation, post)
    )
    with store.tx():
        before = store.themes.of(message.id)
        act = Activity(
            uuid=uuid.uuid4().hex,
            at=now,
            agent=agent,
            what="theme",
            conversation_id=conversation.id,
            message_id=message.id,
            before=before,
            after=theme,
            detail="" if theme is not None else "about no theme",
        )
        number = store.activity.add(conversation.brand_id, act)
        store.themes.say(conversation.brand_id, message.id, theme, number)
    return Said(message, before, number)


def themes_of_period(
    store: ActionStore, brand_id: int, from_at: int, to_at: int, account_ids: Sequence[int] = ()
) -> list[ThemeLine]:
    """The themes of a period, beside the period before it, which is as long."""
    themes = store.themes
    span = to_at - from_at
    return theme_lines(
        themes.raised(brand_id, from_at, to_at, None, account_ids),
        themes.raised(brand_id, from_at - span, from_at, None, account_ids),
        themes.complaints(brand_id, from_at, to_at, account_ids),
        who_is_who(store, brand_id),
    )


def raised(
    store: ActionStore,
    brand_id: int,
    theme: str,
    from_at: int,
    to_at: int,
    account_ids: Sequence[int] = (),
) -> list[Raised]:
    """Mentions of a period that are about a theme, oldest first."""
    return store.themes.raised(brand_id, from_at, to_at, theme, account_ids)


def known_themes(store: ActionStore, brand_id: int) -> set[str]:
    """Themes that the rules in force give, and those that agents named."""
    current = store.settings.current()
    rules = current.settings.rules.values() if current is not None else ()
    ruled = {str(rule["theme"]) for rule in rules if rule.get("theme")}
    return ruled | set(store.themes.known(brand_id))
