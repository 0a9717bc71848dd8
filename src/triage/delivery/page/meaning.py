"""What stands on the page beside the figures: sections, names of rows, and what each means."""

from __future__ import annotations

from collections.abc import Sequence

CONTENTS: Sequence[tuple[str, str]] = (
    ("kinds", "Kinds"),
    ("lines", ""),
    ("response", "How long answers took"),
    ("missed", "Not answered in time"),
    ("days", "Day by day"),
    ("hours", "Hours of the week"),
    ("themes", "Themes"),
    ("turns", "Turned and reopened"),
    ("agents", "Who answered"),
    ("customers", "Customers"),
    ("fetching", "How mentions reached us"),
    ("meaning", "What the figures mean"),
)
"""The sections in their order; that of the lines is named after what they are split by."""

WAIT_ROWS: Sequence[tuple[str, str, int]] = (
    ("Waits", "opened", 0),
    ("Answered", "answered", 1),
    ("in other apps", "outside", 2),
    ("Settled privately", "settled", 1),
    ("Dismissed", "dismissed", 1),
    ("Taken back", "withdrawn", 1),
    ("Open", "open", 1),
    ("overdue", "overdue", 2),
    ("Met", "met", 1),
    ("Missed", "missed", 1),
)
"""Name, figure, and depth: 0 is a sum, 2 a part of the one above."""

DEFINITIONS: Sequence[tuple[str, str]] = (
    ("Mention", "A post of a customer to an account, whether or not it demands an answer."),
    (
        "Wait",
        (
            "From a customer's first unanswered mention that demands an answer to the answer. "
            "Several mentions are one wait; a conversation can have several, one after another."
        ),
    ),
    (
        "Answered",
        "Ended by a post of ours that everybody can see, whoever wrote it and in whatever app.",
    ),
    (
        "Settled, dismissed, taken back",
        (
            "Ended by a private answer, closed by an agent without one, or deleted by its author; "
            "never counted as answered, nor as met."
        ),
    ),
    ("Overdue", "Still open at the time of the report, and past its due time."),
    ("Met, missed", "Answered before its due time; answered at it or after it."),
    (
        "In time",
        (
            "Within the SLA: met, as a share of all that was met, missed or is overdue. Who still "
            "waits in time is not judged yet. Cut to whole percent: 99.6 % is not everybody."
        ),
    ),
    (
        "First, later answers",
        "Answers to the first wait of a conversation, and to its other waits.",
    ),
    (
        "As customers saw it, as the team could",
        (
            "From when a mention was written, and from when it was fetched, to the answer. "
            "The two are never mixed."
        ),
    ),
    ("Opening hours", "Only the time in which the calendar of the wait's policy is open."),
    (
        "Median, 9 of 10, 19 of 20",
        "The time within which half of the answers came, and so on: always a time that really was.",
    ),
    (
        "Wait, median",
        (
            "The time within which half of all who waited had an answer. Those who still wait "
            "count with the time so far (Kaplan-Meier), so ignoring people does not improve it."
        ),
    ),
    ("Turned", "The first and the last mention of a conversation are praise and a complaint."),
    ("Reopened", "The customer wrote again after an end, and had to wait again."),
    ("After hours", "Answers that were given outside the opening hours."),
)
"""Short, for who reads the page; `docs/metrics.md` is exact."""
