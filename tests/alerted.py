"""An alert to tell: whom it is about is made up, each test changes what it is about."""

from __future__ import annotations

from triage.core.digest import AlertLevel, AlertLine
from triage.core.kinds import HOUR, Kind

NOW = 1_772_442_000_000
"""Monday 2 March 2026, 09:00 UTC."""

LINE = AlertLine(
    alert_id=1,
    conversation_id=41,
    level=AlertLevel.BREACH,
    number=0,
    kind=Kind.COMPLAINT,
    channel="x",
    account="acme",
    customer="ana_diaz",
    customer_name="Ana Díaz",
    text="Where is my order?\nIt never arrived",
    waiting_since_at=NOW - 7 * HOUR,
    due_at=NOW - HOUR,
    mentions=1,
    priority=None,
    assignee="",
    hold=None,
    hold_until=None,
    url="https://x.com/ana_diaz/status/1",
)
"""A complaint of seven hours ago, an hour overdue."""
