"""What complaints were about, and what has become of it since the period before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from triage.core.kinds import Kind
from triage.core.report.model import Theme
from triage.core.report.rows import MentionRow

_COMPLAINT = Kind.COMPLAINT.value


def themes_of(mentions: Sequence[MentionRow], before: Mapping[str, int] | None) -> list[Theme]:
    """Themes of the period and of the one before it, most complaints first.

    Args:
        mentions: Those of the period.
        before: Complaints by theme in the period before; None if nobody asked.
    """
    complaints = [mention for mention in mentions if mention.kind == _COMPLAINT]
    all_complaints = len(complaints)
    counts = Counter([mention.theme for mention in complaints if mention.theme])
    ids: defaultdict[str, set[int | None]] = defaultdict(set)
    for mention in complaints:
        ids[mention.theme].add(mention.conversation_id)
    earlier = before or {}
    names = sorted(
        counts.keys() | earlier.keys(), key=lambda n: (-counts[n], -earlier.get(n, 0), n)
    )
    return [
        Theme(
            name=name,
            complaints=counts[name],
            before=None if before is None else earlier.get(name, 0),
            share=counts[name] / all_complaints if all_complaints else 0.0,
            ids=tuple(sorted(number for number in ids.get(name, ()) if number is not None)),
        )
        for name in names
    ]
