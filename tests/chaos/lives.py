"""The lives of commands that chance ends, and what must be true after each.

A command is added by one line of `LIVES`: how the desk stands before, and its words.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from chaos.desk import Desk, Maker, Ran, complaints, now_ms, published, waiting_customers
from chaos.older import to_older
from chaos.oracle import assert_complete, assert_never_ahead, assert_private, stored_waits
from chaos.telling import TEXT as TOLD_TEXT
from chaos.telling import assert_all_drafted, assert_all_told, decided, reviewed
from triage.sandbox import seeds
from triage.sandbox.faults import Kind, Rule

KILLED = -9
TEXT = "We are sorry & it is on its way today."
DOOMED = Path(__file__).with_name("doomed.py")
SORTS = ("sql", "network", "file")

LIMITED = """\
import resource, sys
from triage.cli.main import main
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
main()
"""
"""The command, with no file of it allowed to grow beyond so many bytes."""

Before = Callable[[Maker], Desk]
StepsOf = Callable[[str], Mapping[str, int]]
"""Tells how many steps of each sort a life has."""


class Life(NamedTuple):
    """A command and how the desk stands when it starts.

    Attributes:
        before: Makes the desk.
        words: Of the command; `POST` stands for the post that is answered, `AT` for a time in five
            hours.
        answers: Whether it may post `TEXT` under that post.
        posts: Whether it may post `TEXT` to nobody, for an event.
        healed: Says that the next runs bring all to its right end, if that is its own.
    """

    before: Before
    words: Sequence[str]
    answers: bool = False
    posts: bool = False
    healed: Callable[[Desk], None] | None = None


def new(make: Maker) -> Desk:
    """Two customers wait, and nothing was fetched: the store is made by the command itself."""
    return make(waiting_customers(), settings='timeout = "1s"\n')


def busy(make: Maker) -> Desk:
    """Two accounts and small pages, nothing fetched yet."""
    return make(seeds.demo(now_ms()), settings="page_size = 10\n", help_too=True)


def fetched(make: Maker) -> Desk:
    """It was fetched, and customers have written again since."""
    desk = new(make)
    assert desk.run_here("fetch").code == 0
    with desk.server.change() as state:
        writer = state.add_user("newcomer")
        first = state.add_post(writer, "@acme where is my box?")
        state.add_post(writer, "@acme I am still waiting", reply_to=first.id)
    return desk


def queued(make: Maker) -> Desk:
    """A reply is queued, since X asked to wait, and the time is over."""
    desk = fetched(make)
    desk.server.fail(Rule("create", Kind.RATE_LIMITED))
    assert desk.run_here("reply", answered(desk), TEXT, "-y").code == 75
    desk.change("UPDATE reply SET retry_at = 0")
    desk.pass_limits()
    return desk


def drafted(make: Maker) -> Desk:
    """A reply was refused once and waits in the drafts."""
    desk = fetched(make)
    desk.server.fail(Rule("create", Kind.UNAUTHORIZED))
    assert desk.run_here("reply", answered(desk), TEXT, "-y").code == 4
    return desk


def lost(make: Maker) -> Desk:
    """A reply was posted, and the answer never came."""
    desk = fetched(make)
    desk.server.fail(Rule("create", Kind.CLOSE_AFTER))
    assert desk.run_here("reply", answered(desk), TEXT, "-y").code == 5
    return desk


def _two(make: Maker) -> Desk:
    """Two customers wait and were fetched; what is told of an action goes without a pause."""
    desk = make(waiting_customers(), settings='timeout = "1s"\n[tell]\npause = "0s"\n')
    assert desk.run_here("fetch").code == 0
    return desk


def done(make: Maker) -> Desk:
    """What the two had asked for is done."""
    desk = _two(make)
    decided(desk)
    return desk


def batch(make: Maker) -> Desk:
    """A message to each of the two was let pass."""
    desk = _two(make)
    reviewed(desk)
    return desk


def older(make: Maker) -> Desk:
    """The version before this one has written it, with a reply queued."""
    desk = queued(make)
    to_older(desk.db)
    return desk


STEP = "5h"
ADD = ("event", "add", "sale", "--at", "AT", "--countdown", STEP, "--late", "send", "--text", TEXT)
"""An event five hours ahead: its one post is due at once, and until then not too late."""


def planned(make: Maker) -> Desk:
    """An event's post waits to be reviewed, and is due."""
    desk = fetched(make)
    ran = desk.run_here(*words_of(desk, Life(fetched, ADD)))
    assert ran.code == 0, ran
    return desk


def due(make: Maker) -> Desk:
    """An event's post was reviewed, and is due."""
    desk = planned(make)
    ran = desk.run_here("event", "review", "1", "--approve", STEP)
    assert ran.code == 0, ran
    return desk


LIVES: dict[str, Life] = {
    "first fetch": Life(new, ("fetch",)),
    "long fetch": Life(busy, ("fetch",)),
    "later fetch": Life(fetched, ("fetch",)),
    "reply": Life(fetched, ("reply", "POST", TEXT, "-y"), answers=True),
    "fetch that sends": Life(queued, ("fetch",), answers=True),
    "fetch that migrates": Life(older, ("fetch",), answers=True),
    "drafts send": Life(drafted, ("drafts", "send", "1", "-y"), answers=True),
    "sync": Life(fetched, ("sync",)),
    "outbox settle": Life(lost, ("outbox", "settle", "1"), answers=True),
    "event add": Life(fetched, ADD, posts=True),
    "event review": Life(planned, ("event", "review", "1", "--approve", STEP), posts=True),
    "event run": Life(due, ("event", "run"), posts=True),
    "fetch that posts": Life(due, ("fetch",), posts=True),
    "action send": Life(batch, ("action", "send", "1", "-y"), healed=assert_all_told),
    "action tell": Life(
        done, ("action", "tell", "1", "--text", TOLD_TEXT), healed=assert_all_drafted
    ),
}
"""Every command that writes to X or to what X told us."""


def run_limited(desk: Desk, most: int, *words: str) -> Ran:
    """Run a command whose files end at so many bytes."""
    program = (sys.executable, "-c", LIMITED, str(most))
    return desk.end(desk.start(*words, program=program))


SHORT = (
    *("first fetch", "reply", "fetch that sends", "fetch that migrates"),
    *("event run", "action send"),
)
"""The lives of the suite; the long form goes through all of them."""


def names() -> Sequence[str]:
    """The lives among which a seed chooses."""
    return list(LIVES) if "TRIAGE_CHAOS" in os.environ else SHORT


def answered(desk: Desk) -> str:
    """The post that is answered."""
    return complaints(desk.server)[0].id


def parent_of(desk: Desk, life: Life) -> str | None:
    """Under which post it may post `TEXT`; None for an event, which answers nobody."""
    return None if life.posts else answered(desk)


def words_of(desk: Desk, life: Life) -> list[str]:
    """What is typed, with the post and the time that it is about."""
    at = datetime.fromtimestamp(now_ms() / 1000, UTC) + timedelta(hours=5)
    said = {"POST": answered(desk), "AT": f"{at:%Y-%m-%d %H:%M}"}
    return [said.get(word, word) for word in life.words]


def start(desk: Desk, life: Life, *arming: str) -> Ran:
    """Run the command under watch, to its end."""
    words = words_of(desk, life)
    return desk.end(desk.start(*arming, *words, program=(sys.executable, str(DOOMED))))


def steps(desk: Desk, life: Life) -> Mapping[str, int]:
    """How many steps of each sort it makes when nobody ends it."""
    told = desk.root / "steps.json"
    ran = start(desk, life, "count", str(told))
    assert ran.code == 0, ran
    counted: dict[str, int] = json.loads(told.read_text())
    return counted


def moment(
    rng: random.Random, counted: Mapping[str, int], name: str = "SIGKILL"
) -> tuple[str, str]:
    """When a signal comes: each sort of step as likely, and of it each step as likely."""
    sort = rng.choice([s for s in SORTS if counted.get(s)])
    return f"{name}:{sort}", str(rng.randint(1, counted[sort]))


def in_the_air(desk: Desk) -> bool:
    """Whether a reply was between the commit before the request and the one after it."""
    return desk.is_made and any(r["state"] == "sending" for r in desk.replies())


def assert_nothing_lost(desk: Desk) -> None:
    """What holds right after the kill, before anything mends anything."""
    assert_private(desk)
    if desk.is_made:
        assert_never_ahead(desk)


def assert_reviewed_or_kept(desk: Desk) -> None:
    """What was reviewed and is due went out, or may have; what was not is a draft."""
    (post,) = desk.rows("SELECT reviewed FROM event_post")
    (reply,) = desk.replies()
    assert reply["state"] == ("draft" if post["reviewed"] is None else "unknown")


def assert_healed(desk: Desk, life: Life) -> None:
    """The next runs bring all to its right end, and one more changes nothing."""
    if life.healed is not None:
        life.healed(desk)
        return
    parent = parent_of(desk, life)
    before = published(desk.server, TEXT, parent)
    assert len(before) <= 1, "said twice"
    replies = desk.replies() if desk.is_made else []
    if before:
        assert [r["text"] for r in replies] == [TEXT], "public, and forgotten here"
    desk.fetch_to_the_end()
    assert_complete(desk)
    public = published(desk.server, TEXT, parent)
    assert len(public) <= 1, "said twice"
    after = [(r["state"], r["native_id"], r["text"]) for r in desk.replies()]
    assert len(after) >= len(replies), "a text was lost"
    if life.answers:
        (wait,) = (w for w in stored_waits(desk) if w.opening == parent)
        assert (wait.state, wait.ended_by) == (
            ("answered", public[0]) if public else ("open", None)
        )
    if public:
        assert after == [("sent", public[0], TEXT)]
    else:
        assert {state for state, _, _ in after} <= {"draft", "failed", "unknown"}, after
    if life.posts and after and not public:
        assert_reviewed_or_kept(desk)
    assert desk.run_here("fetch").code == 0
    assert [(r["state"], r["native_id"], r["text"]) for r in desk.replies()] == after
    assert published(desk.server, TEXT, parent) == public
    assert_private(desk)
