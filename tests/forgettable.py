"""A customer with some of everything that can be held of one, and looking for what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from builders import Desk, tagger_for
from engines import content, lite
from triage.app import acting, noting, remembering, theming
from triage.app.forgetting import Privacy, find_person, forget
from triage.app.replying import send
from triage.core.media import Picture
from triage.core.model import HOUR, MINUTE, CloseReason, Kind, Post
from triage.core.people import Outcome
from triage.core.privacy import Forgetting, Person

HANDLE = "Zyx_Quarble"
SECRETS = (
    *("zyx_quarble", "quarble", "womblenaught", "grimplesnook", "flabberquux", "snorkelwump"),
    *("thribbletok", "mumblecrust", "glorpfizzle", "wobbletwig", "flumpwhistle", "grobnickel"),
)
"""Words that stand nowhere else: a handle, a name, posts, answers, notes, drafts."""
PNG = b"\x89PNG\r\n\x1a\n" + b"glorpfizzle" * 9


def raw(post: Post) -> Post:
    """As the channel sent it: the payload repeats what is in it."""
    return replace(post, raw=f'{{"id": "{post.native_id}", "text": "{post.text}"}}')


class Known:
    """What the desk knows of one customer.

    Attributes:
        posts: Everything that they wrote, and that was answered to them.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.posts: list[Post] = []

    @property
    def ids(self) -> list[str]:
        """Ids of the posts and of the author."""
        return [p.native_id for p in self.posts] + [self.desk.author(HANDLE).native_id]


def known(desk: Desk) -> Known:
    """Somebody complained, was answered twice, edited, was noted, closed, corrected and drafted to.

    In a thread of their own and in one that they share with bo, who names them. They wait nowhere.
    """
    who = Known(desk)
    author = replace(desk.author(HANDLE), name="Womblenaught Q.")
    desk._authors[HANDLE] = author

    def write(text: str, ago: int, to: str | None = None, by: str = HANDLE) -> Post:
        post = raw(desk.write(by, text, ago=ago, in_reply_to=to))
        desk.channel.add(post)
        return post

    first = write("@acme my grimplesnook is broken", 9 * HOUR)
    ours = write(f"@{HANDLE} we know about your grimplesnook", 8 * HOUR, first.native_id, "acme")
    second = write("@acme still no flabberquux?", 7 * HOUR, ours.native_id)
    bo = write("@acme where is my order?", 6 * HOUR, by="bo")
    third = write("mine never came, @acme, snorkelwump", 5 * HOUR, bo.native_id)
    write(f"@acme as @{HANDLE.lower()} says?", 4 * HOUR, third.native_id, "bo")
    write(f"@acme ask @{HANDLE}: broken", 4 * HOUR, by="carlos")
    desk.fetch()
    desk.channel.edit(second.native_id, "@acme still no thribbletok?")
    desk.fetch_all_again()
    who.posts = [first, ours, second, third]
    _act(desk, who)
    return who


def _act(desk: Desk, who: Known) -> None:
    first, _, second, third = who.posts
    talk = desk.conversation(first.native_id)
    desk.now += MINUTE
    noting.note(desk.store, talk, "order", "mumblecrust 7", "kim", desk.now, tagger_for)
    noting.note(desk.store, talk, "vip", "yes", "kim", desk.now, tagger_for)
    whom = noting.whom_of(desk.store, talk)
    remembering.remark(desk.store, whom, "calls it a flumpwhistle", "kim", desk.now)
    due = desk.now + HOUR
    kept = remembering.promise(desk.store, whom, "a new grobnickel", due, "kim", desk.now)
    remembering.settle(desk.store, desk.brand_id, kept.id, Outcome.KEPT, "kim", desk.now)
    theming.say_theme(desk.store, talk, "refund", "kim", desk.now)
    acting.tag(desk.store, talk, Kind.COMPLAINT, "kim", desk.now, tagger_for, second.native_id)
    desk.now += MINUTE
    sent = send(desk.sender, desk.draft(talk.id, f"@{HANDLE} your thribbletok left").id)
    who.posts.append(desk.channel.posts[sent.native_id or ""])
    shared = desk.conversation(third.native_id)
    desk.now += MINUTE
    acting.close(
        *(desk.store, shared, CloseReason.PRIVATE, "kim", desk.now, tagger_for),
        note="called wobbletwig",
    )
    draft = desk.draft(talk.id, "and another snorkelwump")
    with desk.store.tx():
        desk.store.media.attach(draft.id, [Picture("wobbletwig.png", PNG, "image/png", "quarble")])


def privacy(desk: Desk) -> Privacy:
    """What forgetting needs, with no drafts outside of the store."""
    return Privacy(desk.store, desk.store.privacy, lambda _: (), desk.clock)


def forget_at(desk: Desk, handle: str = HANDLE) -> Forgetting:
    """Kim forgets somebody."""
    return forget_one(
        desk, find_person(desk.store, desk.store.privacy, desk.brand_id, f"@{handle}")
    )


def forget_one(desk: Desk, person: Person) -> Forgetting:
    """Kim forgets a customer."""
    return forget(privacy(desk), person, "kim", tagger_for)[0]


def in_rows(desk: Desk, words: Sequence[str]) -> list[str]:
    """Which of the words stand in a row of any table."""
    rows = content(desk.store).lower()
    return [word for word in words if word.lower() in rows]


def in_files(folder: Path, words: Sequence[str]) -> list[str]:
    """Which of the words stand in a file of the store: database, log, index of the log, media."""
    files = [f for f in folder.rglob("triage.db*") if f.is_file()]
    files += [f for f in folder.rglob("triage.db.media/*") if f.is_file()]
    blob = b"\n".join(f.read_bytes() for f in files).lower()
    return [word for word in words if word.lower().encode() in blob]


def careless(desk: Desk) -> None:
    """Let the database leave what was deleted where it stood, as SQLite does by default."""
    lite(desk.store).query("PRAGMA secure_delete = OFF")
