"""The look before a reply is sent: what happened in its thread since it was last read?

One post is looked up, and one page of our own posts and one of the mentions are read, both only as
far as they are new. It is over within a span of its own, whatever the network does: what came until
then is stored as a fetch would, so that every guard sees it; what did not is said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from triage.app.fetching import keep_page
from triage.app.judging import TaggerFor, judge_pending
from triage.core.accounts import Account
from triage.core.channel import Channel, Lookup, Page, PageRequest, Stream
from triage.core.model import SECOND, Post, id_key
from triage.core.ports import Store
from triage.core.records import Reply
from triage.errors import RateLimited, TriageError

_POSTS = "posts"
"""The endpoint that re-reads posts by id, as channels name it in `RateLimited`."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the channel said of a thread.

    Attributes:
        at: When it was asked, UTC ms.
        post: The post to be answered, as it stands now; None if the channel did not show it.
        is_hidden: It stands, and is not shown to our account.
        problem: What could not be asked, and why; empty if all was.
        known_at: When our own posts were last read to the end before, UTC ms; None if never.
    """

    at: int
    post: Post | None = None
    is_hidden: bool = False
    problem: str = ""
    known_at: int | None = None


class _Question(NamedTuple):
    """One call; `endpoint` names its rate limit."""

    endpoint: str
    ask: Callable[[Channel], Page | Lookup]


@dataclass(slots=True)
class _Asked:
    """What came back so far; the thread that asks writes, and stops when it is told to."""

    answers: list[Page | Lookup] = field(default_factory=list)
    error: Exception | None = None
    is_over: bool = False


def look(
    store: Store,
    channel: Channel,
    account: Account,
    reply: Reply,
    now: int,
    tagger_for: TaggerFor,
    within: int = SECOND,
) -> Look:
    """Ask what became of a thread, store and judge it; never longer than `within` ms on the way.

    It raises nothing that the channel or the network did: that is in `Look.problem`.
    """
    known_at = store.accounts.checkpoint(account.id, Stream.OWN.value).completed_at
    if reply.follows_id is not None:
        # It goes on with an answer that was begun: the thread was looked at before that.
        return Look(at=now, known_at=known_at)
    waiting, questions = _questions(store, account, reply, now)
    answers, problem = _ask(channel, questions, within)
    if isinstance(problem, RateLimited):
        with store.tx():
            store.accounts.set_rate_limit(account.id, problem.endpoint, problem.reset_at)
    for answer in answers:
        _keep(store, channel, account, answer, now)
    judge_pending(store, account.brand_id, tagger_for)
    store.index_search()
    found = next((a for a in answers if isinstance(a, Lookup)), Lookup())
    wanted = reply.in_reply_to or ""
    words = waiting if problem is None else _words(problem)
    return Look(
        at=now,
        post=next((p for p in found.posts if wanted in (p.native_id, p.current_id)), None),
        is_hidden=wanted in found.hidden,
        problem=words,
        known_at=known_at,
    )


def _words(problem: TriageError) -> str:
    parts = (problem.message.rstrip("."), problem.reason.rstrip("."))
    return ": ".join(part for part in parts if part)


def _questions(
    store: Store, account: Account, reply: Reply, now: int
) -> tuple[str, list[_Question]]:
    """What is to be asked, and why not more: a limit that is known to be spent is not asked."""
    wanted: list[_Question] = []
    target = reply.in_reply_to
    if target is not None:
        wanted.append(_Question(_POSTS, lambda channel: channel.lookup([target])))
    who = account.native_id
    if who is None:
        return "the account was never fetched", wanted
    for stream in (Stream.OWN, Stream.MENTIONS):
        since = _newest_known(store, account, stream, reply)
        wanted.append(_Question(stream.value, _page_of(stream, who, since)))
    allowed = [q for q in wanted if not _is_spent(store, account, q.endpoint, now)]
    spent = ", ".join(q.endpoint for q in wanted if q not in allowed)
    return (f"it asked to wait before more of {spent} is read" if spent else ""), allowed


def _page_of(stream: Stream, who: str, since: str | None) -> Callable[[Channel], Page]:
    return lambda channel: channel.page(stream, who, PageRequest(since_id=since))


def _newest_known(store: Store, account: Account, stream: Stream, reply: Reply) -> str | None:
    """What is older is stored already, or was before the agent's eyes."""
    reached = store.accounts.checkpoint(account.id, stream.value).reached_id
    return max((i for i in (reached, reply.seen_id) if i), key=id_key, default=None)


def _is_spent(store: Store, account: Account, endpoint: str, now: int) -> bool:
    reset_at = store.accounts.rate_limit(account.id, endpoint)
    return reset_at is not None and reset_at > now


def _ask(
    channel: Channel, questions: list[_Question], within: int
) -> tuple[list[Page | Lookup], TriageError | None]:
    """Ask in a thread of its own: nothing else ends a name that is not resolved, or a slow body."""
    if not questions:
        return [], None
    try:
        hurried = channel.within(within / SECOND)
    except TriageError as error:
        return [], error
    asked = _Asked()
    worker = threading.Thread(target=_work, args=(hurried, questions, asked), daemon=True)
    worker.start()
    worker.join(within / SECOND)
    asked.is_over = True
    answers, failed = list(asked.answers), asked.error
    if failed is not None and not isinstance(failed, TriageError):
        raise failed
    if failed is None and len(answers) < len(questions):
        return answers, TriageError(f"no answer within {within / SECOND:g} s")
    return answers, failed


def _work(channel: Channel, questions: list[_Question], asked: _Asked) -> None:
    try:
        for question in questions:
            if asked.is_over:
                return
            asked.answers.append(question.ask(channel))
    except Exception as error:  # noqa: BLE001 - it belongs to whoever waits for the thread
        asked.error = error


def _keep(
    store: Store, channel: Channel, account: Account, answer: Page | Lookup, now: int
) -> None:
    if isinstance(answer, Lookup):
        # As context: a post that is known keeps its role, and one that is not has none by itself.
        answer = Page((), context=answer.posts, gone=answer.gone)
    keep_page(store, channel, account, answer, now)
