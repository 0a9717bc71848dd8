"""What the import of the 525 real conversations must come to, worked out without the program.

The derivation below reads the dialogs themselves and follows the rules of the clock literally, in
quadratic time, with nothing of `triage`. `test_ibm_expectations.py` derives the numbers anew from
the data; the test of the import compares the store with them.

All kinds demand an answer here, so that the numbers do not depend on tagging. The 24 accounts are
one brand; every post of anybody else is a mention. A thread is all posts under one topmost
ancestor; a conversation is one customer in one thread.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657


@dataclass(frozen=True)
class Expected:
    """The figures. Durations are milliseconds from the first unanswered mention to the answer.

    `median_ms` and `p90_ms` are by nearest rank: the smallest value that at least half, or nine
    tenths, of the values do not exceed. `median_mean_ms` is the mean of the two middle values
    where their number is even.
    """

    accounts: int
    messages: int
    inbound: int
    outbound: int
    threads: int
    customers: int
    conversations: int
    answered: int
    open: int
    mentions_answered: int
    mentions_open: int
    median_ms: int
    median_mean_ms: int
    p90_ms: int


IBM = Expected(
    accounts=24,
    messages=1205,
    inbound=622,
    outbound=583,
    threads=523,
    customers=539,
    conversations=542,
    answered=583,
    open=17,
    mentions_answered=605,
    mentions_open=17,
    median_ms=4_028_942,
    median_mean_ms=4_028_942,
    p90_ms=200_094_918,
)
"""The figures of ibm-conversations-dev.json."""


class _Post(NamedTuple):
    id: int
    author: str
    is_ours: bool
    parent: int | None

    @property
    def at(self) -> int:
        return (self.id >> 22) + SNOWFLAKE_EPOCH_MS


def data_file() -> Path:
    """Where the conversations are; `$TRIAGE_SHARED` names the folder that has `data/`."""
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    return Path(os.environ.get("TRIAGE_SHARED", beside)) / "data" / "ibm-conversations-dev.json"


def derive(source: Path) -> Expected:
    """Work the figures out from the file."""
    dialogs = json.loads(source.read_text(encoding="utf-8"))
    posts = _posts(dialogs)
    inbound = [post for post in posts.values() if not post.is_ours]
    outbound = [post for post in posts.values() if post.is_ours]
    conversations = {(post.author, _top(post, posts)) for post in inbound}
    responses, left, mentions_left = [], 0, 0
    for author, top in conversations:
        theirs = [p for p in inbound if p.author == author and _top(p, posts) == top]
        answers = [p for p in outbound if _answered(p, posts) in theirs]
        first_answers = [min((a for a in answers if a.id > m.id), default=None) for m in theirs]
        for answer in set(first_answers) - {None}:
            waited = [m for m, a in zip(theirs, first_answers, strict=True) if a == answer]
            assert answer is not None
            responses.append(answer.at - min(waited).at)
        mentions_left += first_answers.count(None)
        left += None in first_answers
    responses.sort()
    half, nine_tenths = -(-len(responses) // 2), -(-len(responses) * 9 // 10)
    middle = responses[(len(responses) - 1) // 2], responses[len(responses) // 2]
    return Expected(
        accounts=len({p.author for p in outbound}),
        messages=len(posts),
        inbound=len(inbound),
        outbound=len(outbound),
        threads=len({_top(p, posts) for p in posts.values()}),
        customers=len({p.author for p in inbound}),
        conversations=len(conversations),
        answered=len(responses),
        open=left,
        mentions_answered=len(inbound) - mentions_left,
        mentions_open=mentions_left,
        median_ms=responses[half - 1],
        median_mean_ms=sum(middle) // 2,
        p90_ms=responses[nine_tenths - 1],
    )


def _posts(dialogs: list[dict[str, Any]]) -> dict[int, _Post]:
    posts: dict[int, _Post] = {}
    for dialog in dialogs:
        company = dialog["dialogHeader"]["company"].casefold()
        written = [
            (int(post["tweet_ID"]), (set(post) - {"datetime", "message", "tweet_ID"}).pop(), post)
            for post in dialog["dialogContent"]
        ]
        flow = [(i, post[key].casefold(), key == "agent") for i, key, post in written]
        flow.append((int(dialog["agentURL"]["tweet_ID"]), company, True))
        for place, (native, author, is_ours) in enumerate(flow):
            before = [i for i, _, ours in flow[:place] if not (is_ours and ours)]
            posts[native] = _Post(native, author, is_ours, before[-1] if before else None)
    return posts


def _top(post: _Post, posts: dict[int, _Post]) -> int:
    while post.parent is not None:
        post = posts[post.parent]
    return post.id


def _answered(answer: _Post, posts: dict[int, _Post]) -> _Post | None:
    """The nearest ancestor that a customer wrote."""
    post: _Post | None = answer
    while post is not None and post.is_ours:
        post = posts[post.parent] if post.parent is not None else None
    return post
