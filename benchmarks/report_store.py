"""Make a store of N messages over some months, in the database itself: ten million take minutes.

Ten messages are four conversations: two that were answered, one that was answered twice, and one
whose two mentions wait or were closed. So six of ten messages are mentions, and five are waits.

Usage: python benchmarks/report_store.py MESSAGES MONTHS OUT
"""

# ruff: noqa: S608 - statements are put together from constants of this file

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from triage.core.calendar import WeeklyCalendar
from triage.core.kinds import DAY, HOUR, MINUTE, Kind
from triage.core.policy import DEFAULT_POLICIES, Policy, Settings
from triage.store.store import SqlStore

END = 1_772_323_200_000
"""1 March 2026, 00:00 UTC: the last of the months ends here."""
MONTH = 30 * DAY
_GROUP = 10
_BATCH = 20_000
"""Groups of ten messages that are written in one transaction."""
OFFICE = WeeklyCalendar(
    "office", "Europe/Madrid", (((9 * 60, 14 * 60), (15 * 60, 19 * 60)),) * 5 + ((), ())
)
_WITHIN = {Kind.COMPLAINT: 2 * HOUR, Kind.QUESTION: 4 * HOUR, Kind.OTHER: 9 * HOUR}

# Of each group of ten, by the number of the message in it: which of its four conversations, whether
# it is ours, and which message it answers.
_PLACES = """
(0, 0, 0, 0), (1, 0, 1, 0), (2, 1, 0, 2), (3, 1, 1, 2), (4, 2, 0, 4), (5, 2, 1, 4),
(6, 2, 0, 6), (7, 2, 1, 6), (8, 3, 0, 8), (9, 3, 0, 8)
"""
# A number from 0 to 9,999 that looks like chance, and how long an answer took: most come within
# hours, some after days.
_CHANCE = "((g.g * 7919 + p.answers * 104729) % 10007 * 7907 % 10000)"
_TOOK = f"""
CASE WHEN {_CHANCE} % 100 < 4 THEN 172800000 + {_CHANCE} * 60000
    WHEN {_CHANCE} % 100 < 30 THEN 3600000 + {_CHANCE} * 6000 ELSE 60000 + {_CHANCE} * 500 END
"""
_GROUPS = f"""
WITH RECURSIVE g (g) AS (
    SELECT CAST(:first AS INTEGER) UNION ALL SELECT g + 1 FROM g WHERE g + 1 < :last
), p (n, part, ours, answers) AS (VALUES {_PLACES}), rows AS (
    SELECT g.g AS g, p.n AS n, p.part AS part, p.ours AS ours, p.answers AS answers,
        g.g * 10 + p.n + 1 AS id, g.g * 4 + p.part + 1 AS conversation,
        (g.g * 4 + p.part) * 3 / 4 / 2 + 1 AS customer, {_CHANCE} AS chance,
        :begin + g.g * :step + p.answers * (:step / 10)
            + CASE WHEN p.n = 9 THEN 90000 WHEN p.ours = 1 THEN {_TOOK} ELSE 0 END AS at,
        {_TOOK} AS took
    FROM g CROSS JOIN p
)
"""
_KIND = (
    "CASE WHEN chance % 10 < 4 THEN 'complaint' WHEN chance % 10 < 7 THEN 'question' "
    "WHEN chance % 10 < 9 THEN 'other' ELSE 'praise' END"
)
_THEME = (
    "CASE WHEN chance % 10 < 4 THEN CASE chance % 50 / 10 WHEN 0 THEN 'delivery' "
    "WHEN 1 THEN 'billing' WHEN 2 THEN 'outage' WHEN 3 THEN 'app' END END"
)
_CUSTOMERS = f"""
INSERT INTO customer (id, brand_id, channel, native_id, handle, handle_key, name, first_at, seen_at)
{_GROUPS} SELECT customer, 1, 'x', CAST(10000000 + customer AS TEXT), 'customer_' || customer,
    'customer_' || customer, 'Somebody', min(at), max(at)
FROM rows GROUP BY customer ON CONFLICT DO NOTHING
"""
_CONVERSATIONS = f"""
INSERT INTO conversation (id, brand_id, account_id, channel, thread_id, customer_id)
{_GROUPS} SELECT conversation, 1, 1, 'x', CAST(1900000000000000000 + min(id) * 4194304 AS TEXT),
    min(customer) FROM rows GROUP BY conversation
"""
_MESSAGES = f"""
INSERT INTO message (id, brand_id, account_id, channel, native_id, version_id, role, customer_id,
    conversation_id, text, lang, posted_at, fetched_at, thread_id, in_reply_to, url, visibility,
    is_history)
{_GROUPS} SELECT id, 1, 1, 'x', CAST(1900000000000000000 + id * 4194304 AS TEXT),
    CAST(1900000000000000000 + id * 4194304 AS TEXT),
    CASE ours WHEN 1 THEN 'own' ELSE 'mention' END,
    CASE ours WHEN 1 THEN NULL ELSE customer END, conversation,
    '@acme my parcel of last week has not come, nobody answers the phone and I need it #' || id,
    CASE WHEN chance % 8 = 0 THEN 'es' ELSE 'en' END, at, at + 60000 + chance * 40,
    CAST(1900000000000000000 + (g * 10 + 1) * 4194304 AS TEXT), NULL,
    'https://x.com/i/status/' || (1900000000000000000 + id * 4194304), 'public', 0
FROM rows
"""
_VERDICTS = f"""
INSERT INTO verdict (message_id, settings_id, kind, scores, because, confidence, theme)
{_GROUPS} SELECT id, 1, {_KIND},
    '{{"complaint": 0.7312, "question": 0.1204, "other": 0.1, "praise": 0.0484}}',
    '[{{"rule": "late-parcel", "text": "has not come", "start": 29, "end": 41, '
        || '"weights": {{"complaint": 2.5}}}}]', 0.6108, {_THEME}
FROM rows WHERE ours = 0
"""
# Of what nobody answered the newest waits still, and what is older was closed.
_WAITS = f"""
INSERT INTO wait (brand_id, account_id, conversation_id, state, kind, priority, needs_answer,
    opening_id, last_id, mentions, opened_at, fetched_at, due_at, due_by, warn_at, settings_id,
    ended_at, agent, outside, is_met, policy, promised)
{_GROUPS}, judged AS (SELECT r.*, {_KIND} AS kind,
    part = 3 AND (g + 1) * 10 > :messages - :open * 10 AS is_open FROM rows r
    WHERE ours = 0 AND n <> 9)
SELECT 1, 1, conversation, CASE WHEN is_open THEN 'open' WHEN part = 3 THEN 'dismissed'
        ELSE 'answered' END, kind, 0, kind <> 'praise', id,
    CASE part WHEN 3 THEN id + 1 ELSE id END, CASE part WHEN 3 THEN 2 ELSE 1 END, at,
    at + 60000 + chance * 40, CASE WHEN kind <> 'praise' THEN at + 14400000 END,
    CASE WHEN kind <> 'praise' THEN id END, CASE WHEN kind <> 'praise' THEN at + 7200000 END, 1,
    CASE WHEN NOT is_open THEN at + took END,
    CASE WHEN part = 3 OR chance % 3 > 0 THEN CASE chance % 5 WHEN 0 THEN 'ana' WHEN 1 THEN 'bo'
        WHEN 2 THEN 'carla' WHEN 3 THEN 'dmitri' ELSE 'eve' END ELSE '' END,
    part <> 3 AND chance % 3 = 0,
    CASE WHEN part <> 3 AND kind <> 'praise' THEN took < 14400000 END,
    CASE WHEN kind <> 'praise' THEN kind ELSE '' END,
    CASE WHEN kind <> 'praise' THEN 7200000 END
FROM judged
"""


def settings() -> Settings:
    """Hours on weekdays with a break: the slower case, since business time must be counted."""
    policies = {
        kind: Policy(_WITHIN.get(kind), 15 * MINUTE, name=kind.value, calendar="office")
        for kind in DEFAULT_POLICIES
    }
    return Settings(policies=policies, time_zone="Europe/Madrid", calendars={"office": OFFICE})


def make_report_store(messages: int, months: int, path: Path, open_waits: int = 1_000) -> None:
    """Write `messages` over `months` of 30 days up to `END`."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    store = SqlStore.open(path, create=True)
    with store.tx():
        store.accounts.add(store.accounts.brand("acme"), "x", "acme", "1", END)
        store.settings.apply(settings(), "", "bench", END)
    with store.bulk():
        for values in _batches(messages, months, open_waits):
            with store.tx():
                for sql in (_CUSTOMERS, _CONVERSATIONS, _MESSAGES, _VERDICTS, _WAITS):
                    names = ("first", "last", "begin", "step")
                    more = ("messages", "open") if sql is _WAITS else ()
                    store.engine.execute(sql, {n: values[n] for n in (*names, *more)})
    store.engine.execute("ANALYZE")
    store.close()


def _batches(messages: int, months: int, open_waits: int) -> Iterator[dict[str, int]]:
    groups = messages // _GROUP
    span = months * MONTH
    for first in range(0, groups, _BATCH):
        yield {
            "first": first,
            "last": min(first + _BATCH, groups),
            "begin": END - span,
            "step": span // groups,
            "messages": messages,
            "open": open_waits,
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", type=int)
    parser.add_argument("months", type=int)
    parser.add_argument("out", type=Path)
    told = parser.parse_args()
    make_report_store(told.messages, told.months, told.out)
