"""Who acts at this terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.app.actions import Actor
    from triage.bootstrap import App


def actor_of(app: App) -> Actor:
    """Who acts here and now, for which brand."""
    from triage.app.actions import Actor

    return Actor(app.brand_id, app.agent, app.now())
