"""Which threads a statement is about: those that are marked to be judged, or some others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from triage.store.engine import Params, any_of

BATCH = """
(SELECT brand_id, channel, thread_id, retag_from, rejudge_from FROM unjudged
 WHERE brand_id = :brand_id ORDER BY channel, thread_id LIMIT :many)
"""
"""The threads that are to be judged next."""


class Source(NamedTuple):
    """Which threads to load.

    Attributes:
        sql: A sub-select like `BATCH`, which takes its place in every statement.
        params: What it needs.
    """

    sql: str
    params: Params


def marked(brand_id: int, many: int) -> Source:
    """The next threads that are to be judged."""
    return Source(BATCH, {"brand_id": brand_id, "many": many})


def marked_of(brand_id: int, conversation_id: int) -> Source:
    """The thread of a conversation, if it is to be judged."""
    return Source(
        "(SELECT x.brand_id, x.channel, x.thread_id, x.retag_from, x.rejudge_from "
        "FROM conversation t JOIN unjudged x ON x.brand_id = t.brand_id "
        "AND x.channel = t.channel AND x.thread_id = t.thread_id "
        "WHERE t.brand_id = :brand_id AND t.id = :conversation_id)",
        {"brand_id": brand_id, "conversation_id": conversation_id},
    )


def chosen(brand_id: int, conversation_ids: Sequence[int]) -> Source:
    """The threads of these conversations."""
    params: dict[str, object] = {"brand_id": brand_id}
    among = any_of("t.id", "t", conversation_ids, params)
    return Source(
        "(SELECT DISTINCT t.brand_id, t.channel, t.thread_id, CAST(NULL AS BIGINT) AS retag_from, "
        "CAST(NULL AS BIGINT) AS rejudge_from FROM conversation t "
        f"WHERE t.brand_id = :brand_id AND {among})",
        params,
    )
