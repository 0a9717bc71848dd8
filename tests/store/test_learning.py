"""An archive may tell less of a post than the channel does later."""

from __future__ import annotations

from dataclasses import replace

from builders import START, Desk, tagger_for
from triage.app.judging import judge_pending
from triage.core.model import HOUR, Author, Post, Role
from triage.core.ports import Incoming
from triage.core.roles import decide_role

ANA = Author("7", "ana", "Ana")
BO = Author("8", "bo", "Bo")
WHOLE = Post(
    "500",
    BO,
    "@acme @ana mine is broken too?",
    START - HOUR,
    thread_id="400",
    in_reply_to="450",
    in_reply_to_author="7",
    lang="en",
    url="https://x.com/bo/status/500",
)
BARE = replace(WHOLE, thread_id=None, in_reply_to_author=None, lang=None, url=None)


def _save(desk: Desk, *posts: Post) -> None:
    for post in posts:
        role = decide_role(post, {"1"}, {"acme"})
        with desk.store.tx():
            desk.store.messages.save_posts(
                desk.brand_id, "x", [Incoming(post, role, desk.account.id)], START
            )
        judge_pending(desk.store, desk.brand_id, tagger_for)


def _known(desk: Desk) -> list[tuple[object, ...]]:
    return desk.store.engine.query(
        "SELECT m.native_id, m.role, m.thread_id, m.in_reply_to_author, m.lang, m.url, "
        "(SELECT count(*) FROM wait w WHERE w.conversation_id = m.conversation_id) "
        "FROM message m ORDER BY 1"
    )


def test_what_the_channel_tells_later_is_learnt(desk: Desk) -> None:
    """The archive's post, then the channel's, are stored as the channel's alone would be."""
    _save(desk, BARE)
    assert _known(desk)[0][1:3] == (Role.MENTION, "450")
    _save(desk, WHOLE)
    expected = ("500", Role.INCIDENTAL, "400", "7", "en", "https://x.com/bo/status/500", 0)
    assert _known(desk) == [expected]


def test_what_the_archive_leaves_out_is_not_forgotten(desk: Desk) -> None:
    """The channel's post, then the archive's, stay as the channel told."""
    _save(desk, WHOLE, BARE)
    expected = ("500", Role.INCIDENTAL, "400", "7", "en", "https://x.com/bo/status/500", 0)
    assert _known(desk) == [expected]


def test_replies_move_along(desk: Desk) -> None:
    """What stood under the provisional thread follows when the channel tells the real one."""
    child = Post("510", ANA, "@acme me too, broken", START, in_reply_to="500")
    _save(desk, BARE, child, WHOLE)
    assert [row[2] for row in _known(desk)] == ["400", "400"]
