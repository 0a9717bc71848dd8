"""What must be true of a batch that tells people of an action, wherever chance ended it."""

from __future__ import annotations

from typing import Any

from chaos.desk import Desk, published
from chaos.oracle import assert_complete, assert_private

NUMBER = 2
"""So many people are told."""
TEXT = "Hello {{ customer.handle }}, you said it, we did it: {{ action.title }}."
TOLD = """
SELECT d.customer_id, r.id, r.state, r.text, r.in_reply_to, r.native_id FROM told d
JOIN reply r ON r.id = d.reply_id ORDER BY d.id
"""


def decided(desk: Desk) -> None:
    """An action is done, and the two who had asked for it are to be told."""
    theme = desk.rows("SELECT v.theme FROM verdict v ORDER BY v.message_id LIMIT 1")[0]["theme"]
    for words in (
        ("action", "add", "All orders arrive now", "--theme", str(theme)),
        ("action", "done", "1"),
    ):
        ran = desk.run_here(*words)
        assert ran.code == 0, ran


def reviewed(desk: Desk) -> None:
    """A message to each was drafted, read and let pass."""
    decided(desk)
    assert desk.run_here("action", "tell", "1", "--text", TEXT).code == 0
    numbers = [str(row["id"]) for row in desk.rows(TOLD)]
    assert len(numbers) == NUMBER, numbers
    words = [word for number in numbers for word in ("--approve", number)]
    assert desk.run_here("action", "review", "1", *words).code == 0


def assert_nobody_twice(desk: Desk) -> list[dict[str, Any]]:
    """Each person has one row and one message, which is public at most once; give the rows."""
    told = desk.rows(TOLD)
    assert len({row["customer_id"] for row in told}) == len(told), "told twice"
    for row in told:
        assert len(published(desk.server, row["text"], row["in_reply_to"])) <= 1, "said twice"
    texts = [row["text"] for row in told]
    kept = desk.rows("SELECT text FROM reply WHERE text LIKE 'Hello %'")
    assert sorted(row["text"] for row in kept) == sorted(texts), "a draft of nobody"
    return told


def assert_all_told(desk: Desk) -> None:
    """The next runs tell everybody who is left, or know of whom they do not know it."""
    assert_nobody_twice(desk)
    desk.fetch_to_the_end()
    assert_complete(desk)
    assert desk.run_here("action", "send", "1", "-y").code == 0
    desk.fetch_to_the_end()
    told = assert_nobody_twice(desk)
    assert len(told) == NUMBER, "somebody was lost"
    for row in told:
        public = published(desk.server, row["text"], row["in_reply_to"])
        assert (row["state"], public) in (("sent", [row["native_id"]]), ("unknown", [])), row
    assert desk.run_here("action", "send", "1", "-y").code == 0
    assert assert_nobody_twice(desk) == told
    assert_private(desk)


def assert_all_drafted(desk: Desk) -> None:
    """Drafting once more gives whoever is left a message, and nobody a second."""
    assert_nobody_twice(desk)
    assert desk.run_here("action", "tell", "1", "--text", TEXT).code == 0
    told = assert_nobody_twice(desk)
    assert [row["state"] for row in told] == ["draft"] * NUMBER
    assert all(not published(desk.server, r["text"], r["in_reply_to"]) for r in told), "unread"
    assert_private(desk)
