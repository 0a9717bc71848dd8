"""Whatever was said by whom to whom: forgetting one moves no wait, and judging again moves none."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import Desk
from depth import deep
from engines import hurry, on_a_server, rows_of
from forgettable import forget_at, in_rows
from triage.core.model import HOUR, MINUTE, Post

PEOPLE = ("zyx", "bo", "carlos")
WORDS = ("broken", "why?", "thanks", "hm")


class Said(NamedTuple):
    """A post: by whom (3 is ourselves), what, and which earlier one it answers."""

    who: int
    what: int
    to: int | None


SAID = st.builds(
    Said, st.integers(0, 3), st.integers(0, 3), st.one_of(st.none(), st.integers(0, 20))
)


def tell(desk: Desk, history: list[Said]) -> None:
    """Write a history, minute by minute; each names us, and perhaps whom it answers."""
    posts: list[Post] = []
    for number, said in enumerate(history):
        to = posts[said.to % len(posts)] if said.to is not None and posts else None
        who = ("acme", *PEOPLE)[(said.who + 1) % 4]
        named = f"@{to.author.handle} " if to is not None else ""
        text = f"{named}post {number} {WORDS[said.what]} @acme"
        ago = 5 * HOUR - number * MINUTE
        reply = None if to is None else to.native_id
        posts.append(desk.write(who, text, ago=ago, in_reply_to=reply))


def waits(desk: Desk) -> list[tuple[object, ...]]:
    """Each wait by what it measures, whether or not it ended by being forgotten."""
    return [
        (w["conversation_id"], w["kind"], w["opened_at"], w["due_at"], w["mentions"], w["policy"])
        for w in sorted(
            rows_of(desk.store, "wait"), key=lambda w: (w["opened_at"], w["opening_id"])
        )
    ]


@settings(max_examples=deep(150, 8))
@given(history=st.lists(SAID, min_size=1, max_size=14))
def test_no_wait_moves(history: list[Said]) -> None:
    """Nor does one when all is judged anew, or the channel is read again from its beginning."""
    if on_a_server():
        return
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        try:
            hurry(desk.store)
            desk.write("zyx", "@acme hello", ago=6 * HOUR)
            tell(desk, history)
            desk.fetch()
            before, mine = waits(desk), len(desk.channel.posts)
            forget_at(desk, "zyx")
            ended = sorted(map(str, rows_of(desk.store, "wait")))
            assert waits(desk) == before
            assert in_rows(desk, ["@zyx", "'zyx'"]) == []
            with desk.store.tx():
                for row in rows_of(desk.store, "conversation"):
                    desk.store.judging.mark_conversation(row["id"])
            desk.fetch_nothing()
            assert sorted(map(str, rows_of(desk.store, "wait"))) == ended
            desk.fetch_all_again()
            assert sorted(map(str, rows_of(desk.store, "wait"))) == ended
            assert len(rows_of(desk.store, "message")) <= mine
            assert in_rows(desk, ["@zyx", "'zyx'"]) == []
        finally:
            desk.close()
