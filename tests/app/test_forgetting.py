"""Somebody who is forgotten is a number: nothing says who it was, and every figure stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import forgettable
from builders import START, Desk, tagger_for
from engines import lite, on_a_server, rows_of, sqlite_only
from forgettable import HANDLE, SECRETS, Known, forget_at, in_files, in_rows, known
from triage.app import acting, linking, noting
from triage.app.forgetting import carry_on_all, find_person
from triage.app.judging import judge_pending
from triage.app.naming import find_whom
from triage.app.rejudging import recompute
from triage.app.reporting import load_report
from triage.app.syncing import sync_account
from triage.core.model import DAY, HOUR, MINUTE, Author, Post, Role, WaitState
from triage.core.outbox import ReplyState
from triage.core.ports import Incoming
from triage.core.privacy import mask
from triage.core.report.line import Dimension
from triage.core.report.query import ReportQuery
from triage.errors import NotFound, Refused, UsageError
from triage.store.store import SqlStore


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk at which one customer has left some of everything."""
    made = Desk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def who(desk: Desk) -> Known:
    """That customer."""
    return known(desk)


def figures(desk: Desk) -> object:
    """All that a report over everything says, however it is split."""
    query = ReportQuery(desk.brand_id, START - 2 * DAY, desk.now + 1, desk.now)
    told = [
        load_report(desk.store, replace(query, by=by))
        for by in (Dimension.KIND, Dimension.THEME, Dimension.AGENT, Dimension.LANGUAGE)
    ]
    return [(r.lines, r.total, r.reopened, r.turned, r.hours) for r in told]


def waits(desk: Desk) -> list[dict[str, object]]:
    """Every wait, as it is stored."""
    return sorted(rows_of(desk.store, "wait"), key=lambda row: str(row["id"]))


def test_nothing_is_left_in_any_row(desk: Desk, who: Known) -> None:
    """No word, name, handle or id; what others wrote stays but for the handle."""
    assert {*SECRETS} - {*in_rows(desk, SECRETS)} == (
        set() if on_a_server() else {"glorpfizzle"}
    ), "beside a file a picture is a file"
    done = forget_at(desk)
    assert done.done_at == desk.now
    assert in_rows(desk, SECRETS) == []
    texts = {row["text"] for row in rows_of(desk.store, "message")}
    assert f"@acme ask @{'*' * len(HANDLE)}: broken" in texts
    held = "\n".join(str(row) for table in _TABLES for row in rows_of(desk.store, table))
    # Where the stream was read to is a place, and the thread that others share keeps its id.
    assert [i for i in who.ids if f"'{i}'" in held] == []
    assert desk.store.problems() == []


_TABLES = (
    *("message", "message_version", "customer", "former_handle", "payload", "activity", "reply"),
    *("conversation", "attribute", "parent", "usage_seen", "reply_media", "unjudged"),
)


def test_a_name_that_only_begins_alike_stays(desk: Desk) -> None:
    """`@ana` is not `@ana2`, and an address is no handle."""
    desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.write("bo", "@acme @Ana, @ana2 and me@ana.example: broken", ago=HOUR)
    desk.fetch()
    forget_at(desk, "ana")
    (bo,) = desk.store.reading.thread(desk.conversation(2).id)
    assert bo.text == "@acme @***, @ana2 and me@ana.example: broken"
    assert mask("@Ana's, @ANA!", ["ana"]) == "@***'s, @***!"


@pytest.mark.parametrize("handle", ["___", "a_b_c", "İstanbul", "x"])
def test_whatever_they_are_called(desk: Desk, handle: str) -> None:
    """Also where the search has no word for it."""
    desk.write(handle, "@acme it is broken", ago=HOUR)
    desk.write("bo", f"@acme as @{handle} says: broken", ago=HOUR)
    desk.fetch()
    forget_at(desk, handle)
    texts = {row["text"] for row in rows_of(desk.store, "message")}
    assert texts == {"", f"@acme as @{'*' * len(handle)} says: broken"}


def test_nobody_is_meant_by_no_handle(desk: Desk) -> None:
    """Whose handle is not known is named by a post, and called by their id."""
    desk.channel.write(Author("4711"), "@acme it is broken", at=desk.now)
    desk.fetch()
    for said in ("@", "", "  "):
        with pytest.raises(UsageError, match="Nobody was named"):
            find_person(desk.store, desk.store.privacy, desk.brand_id, said)
    person = find_person(desk.store, desk.store.privacy, desk.brand_id, "1")
    assert person.label == "4711"
    forgettable.forget_one(desk, person)
    assert in_rows(desk, ["4711", "it is broken"]) == []


@sqlite_only("looks into the file, its log and what lies beside it")
def test_nothing_is_left_in_the_file_either(desk: Desk, who: Known) -> None:
    """Not in free pages, the search index, the log or a picture, though SQLite would leave it."""
    del who
    forgettable.careless(desk)
    desk.channel.edit(desk.write("bo", "@acme and my sprunglewort?", ago=HOUR).native_id, "@acme ?")
    desk.fetch()
    folder = desk.folder
    assert in_files(folder, SECRETS) == list(SECRETS)
    forget_at(desk)
    assert in_files(folder, SECRETS) == []
    assert lite(desk.store).query("PRAGMA secure_delete") == [(0,)]
    assert lite(desk.store).query("PRAGMA journal_mode") == [("wal",)]


def test_every_figure_stays(desk: Desk, who: Known) -> None:
    """Reports add up to the last digit, and every wait is what it was."""
    del who
    before, waited = figures(desk), waits(desk)
    forget_at(desk)
    assert figures(desk) == before
    assert waits(desk) == waited
    desk.fetch_all_again()
    assert figures(desk) == before
    assert waits(desk) == waited


def test_judging_again_leaves_their_waits(desk: Desk, who: Known) -> None:
    """Though notes that a policy asked for are gone, and others go on in the same thread."""
    forget_at(desk)
    before = waits(desk)
    with desk.store.tx():
        for table in ("conversation",):
            for row in rows_of(desk.store, table):
                desk.store.judging.mark_conversation(row["id"])
    judge_pending(desk.store, desk.brand_id, tagger_for)
    recompute(desk.store, desk.brand_id, 0, "kim", desk.now, tagger_for)
    assert waits(desk) == before
    desk.now += MINUTE
    desk.write("bo", "@acme hello?", in_reply_to=who.posts[3].native_id)
    desk.fetch()
    assert [w for w in waits(desk) if w in before] == before


@pytest.mark.parametrize("way", ["overlap", "import", "context", "new version", "sync"])
def test_nothing_brings_them_back(desk: Desk, who: Known, way: str) -> None:
    """An overlapping fetch, a second import, a thread that is filled in: all is left out."""
    forget_at(desk)
    messages = len(rows_of(desk.store, "message"))
    if way == "overlap":
        desk.now += MINUTE
        desk.fetch_all_again()
    elif way == "sync":
        sync_account(desk.store, desk.channel, desk.account, 500, desk.clock)
    else:
        posts = who.posts
        role = Role.CONTEXT if way == "context" else Role.MENTION
        if way == "new version":
            posts = [replace(p, version_id=f"{p.native_id}9", text="quarble") for p in posts]
        with desk.store.tx():
            saved = desk.store.messages.save_posts(
                desk.brand_id,
                "memory",
                [Incoming(p, Role.OWN if p.author.handle == "acme" else role, None) for p in posts],
                desk.now,
            )
        assert (saved.left_out, saved.new_mentions, saved.new_own) == (len(posts), 0, 0)
    assert len(rows_of(desk.store, "message")) == messages
    assert in_rows(desk, SECRETS) == []


def test_an_import_that_knows_only_the_handle_is_recognised(desk: Desk, who: Known) -> None:
    """By the handle, up to the day when they were forgotten; a later namesake is somebody new."""
    del who
    forget_at(desk)
    nameless = Author(f"@{HANDLE.lower()}", HANDLE)
    old = Post("900", nameless, "@acme broken", desk.now - DAY)
    new = Post("901", nameless, "@acme broken", desk.now + MINUTE)
    named = Post("902", Author("77", HANDLE), "@acme broken", desk.now - DAY)
    with desk.store.tx():
        saved = desk.store.messages.save_posts(
            desk.brand_id, "memory", [Incoming(p, Role.MENTION, None) for p in (old, new, named)], 1
        )
    assert (saved.left_out, saved.new_mentions) == (1, 2)


def test_who_was_known_by_handle_alone_is_recognised_with_an_id(desk: Desk) -> None:
    """The channel tells later whose handle it was."""
    old = Post("900", Author("@zyx", "zyx"), "@acme broken", START - DAY)
    with desk.store.tx():
        desk.store.messages.save_posts(
            desk.brand_id, "memory", [Incoming(old, Role.MENTION, None)], 1
        )
    desk.fetch_nothing()
    forget_at(desk, "zyx")
    again = Post("905", Author("77", "Zyx"), "@acme broken", START - HOUR)
    with desk.store.tx():
        saved = desk.store.messages.save_posts(
            desk.brand_id, "memory", [Incoming(again, Role.MENTION, None)], 1
        )
    assert saved.left_out == 1


def test_what_they_write_later_is_new(desk: Desk, who: Known) -> None:
    """They come back as somebody who was never here, and can be forgotten once more."""
    forget_at(desk)
    desk.now += MINUTE
    desk.write(HANDLE, "@acme it is broken again")
    desk.fetch()
    back = find_person(desk.store, desk.store.privacy, desk.brand_id, f"@{HANDLE}")
    assert back.handle == HANDLE
    assert len(desk.store.privacy.conversations(back.id)) == 1
    forget_at(desk)
    desk.fetch_all_again()
    assert in_rows(desk, SECRETS) == []
    assert who.ids[-1] not in str(rows_of(desk.store, "customer"))


def test_whoever_repeats_them_repeats_nothing(desk: Desk) -> None:
    """A copy of their post under another name loses its words as well."""
    post = desk.write("zyx", "@acme my grimplesnook is broken", ago=HOUR)
    copy = Post(
        "555", desk.author("bo"), f"RT @zyx: {post.text}", desk.now - MINUTE, is_retweet=True
    )
    incoming = [Incoming(copy, Role.RETWEET, None)]
    desk.fetch()
    with desk.store.tx():
        desk.store.messages.save_posts(desk.brand_id, "memory", incoming, 1)
    forget_at(desk, "zyx")
    assert in_rows(desk, ["grimplesnook"]) == []
    again = replace(copy, native_id="556")
    with desk.store.tx():
        saved = desk.store.messages.save_posts(
            desk.brand_id, "memory", [Incoming(again, Role.RETWEET, None)], 1
        )
    assert saved.left_out == 1


def test_who_waits_waits_no_more(desk: Desk) -> None:
    """The wait is ended by an act that says why, and what could still be said is given up."""
    desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.fetch()
    draft = desk.draft(1, "we are sorry")
    forget_at(desk, "ana")
    (wait,) = desk.store.reading.waits(1)
    assert (wait.state, wait.ended_at) == (WaitState.DISMISSED, desk.now)
    acts = desk.store.activity.log(desk.brand_id, None, None)
    assert [(a.agent, a.what, a.after, a.detail) for a in acts] == [
        ("kim", "close", "no-answer", "forgotten"),
        ("kim", "forget", "forgotten-1", "posts 1, answers 0, notes 0"),
    ]
    left = desk.store.outbox.get(draft.id)
    assert left is not None
    assert (left.state, left.text) == (ReplyState.CANCELLED, "")
    assert desk.waiting() == []


@pytest.mark.parametrize(
    ("state", "words"),
    [("sending", "is being sent"), ("unknown", "Nobody knows"), ("sent", "taken back")],
)
def test_a_reply_on_its_way_comes_first(desk: Desk, state: str, words: str) -> None:
    """What became of it could not be told without its text: nothing is touched."""
    desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.fetch()
    draft = desk.draft(1, "we are sorry")
    desk.store.engine.execute(
        "UPDATE reply SET state = :state, undo_at = 5 WHERE id = :id",
        {"state": state, "id": draft.id},
    )
    with pytest.raises(Refused, match=words):
        forget_at(desk, "ana")
    assert in_rows(desk, ["we are sorry", "it is broken"]) != []
    assert rows_of(desk.store, "forgotten") == []


def test_twice_is_refused_and_a_stranger_is_not_found(desk: Desk, who: Known) -> None:
    """There is nothing to forget of either."""
    number = desk.conversation(who.posts[0].native_id).id
    forget_at(desk)
    again = find_person(desk.store, desk.store.privacy, desk.brand_id, str(number))
    with pytest.raises(Refused, match="forgotten already"):
        forget_at(desk, again.handle)
    with pytest.raises(NotFound):
        find_person(desk.store, desk.store.privacy, desk.brand_id, f"@{HANDLE}")


def test_found_by_handle_former_handle_conversation_or_post(desk: Desk, who: Known) -> None:
    """However a person names them; two who share a handle are told apart by a conversation."""
    desk.channel.write(Author(desk.author(HANDLE).native_id, "newname"), "@acme ?", at=desk.now)
    desk.fetch()
    holds = desk.store.privacy
    number = desk.conversation(who.posts[0].native_id).id
    found = {
        find_person(desk.store, holds, desk.brand_id, said).id
        for said in ("@newname", "NewName", f"@{HANDLE}", str(number), who.posts[2].native_id)
    }
    assert len(found) == 1
    desk.channel.write(Author("4711", "newname"), "@acme ?", at=desk.now)
    desk.fetch()
    with pytest.raises(Refused, match="@newname is 2 customers") as error:
        find_person(desk.store, holds, desk.brand_id, "@newname")
    assert "Name one by its id" in error.value.hint


@sqlite_only("another process reads the file")
def test_a_log_that_is_read_is_emptied_by_the_next_run(
    desk: Desk, who: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that it is not finished; the next run finishes it."""
    del who
    monkeypatch.setattr("triage.store.erasing._CHECKPOINT_WAIT_S", 0)
    reader = SqlStore.open(desk.db)
    rows = reader.engine.stream("SELECT id FROM message")
    next(rows)
    begun = forget_at(desk)
    assert begun.done_at is None
    rows.close()  # type: ignore[attr-defined]
    reader.close()
    (done,) = carry_on_all(forgettable.privacy(desk), desk.brand_id)
    assert done.done_at is not None
    assert in_files(desk.folder, SECRETS) == []
    assert carry_on_all(forgettable.privacy(desk), desk.brand_id) == []


def test_stopped_after_any_statement_the_next_run_finishes(
    desk: Desk, who: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two writes: what was agreed is carried on, and comes to the same."""
    before = figures(desk)
    engine = desk.store.engine
    real, left = engine.many, [0]

    class Stop(Exception):
        pass

    def stopping(sql: str, rows: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Stop
        real(sql, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "many", stopping)
    for number in (4, 5, 6, 8, 11, 14, 17, 20, 22):
        left[0] = number
        try:
            if rows_of(desk.store, "forgotten"):
                carry_on_all(forgettable.privacy(desk), desk.brand_id)
            else:
                forget_at(desk)
        except Stop:
            continue
    left[0] = -1
    carry_on_all(forgettable.privacy(desk), desk.brand_id)
    assert [row["done_at"] is None for row in rows_of(desk.store, "forgotten")] == [False]
    assert in_rows(desk, SECRETS) == []
    assert figures(desk) == before
    held = "\n".join(str(row) for table in _TABLES for row in rows_of(desk.store, table))
    assert [i for i in who.ids if f"'{i}'" in held] == []


def test_whoever_is_the_same_person_is_forgotten_too(desk: Desk, who: Known) -> None:
    """All at once, begun in one transaction: of two linked customers neither is left."""
    desk.write("zyx_at_home", "@acme my snozzwanger is broken")
    desk.fetch()
    one, other = (
        find_whom(desk.store, desk.brand_id, name) for name in (f"@{HANDLE}", "@zyx_at_home")
    )
    linking.link(desk.store, one, other, "kim", desk.now, tagger_for)
    ended = forget_at(desk, "zyx_at_home")
    assert ended.done_at is not None
    assert in_rows(desk, [*SECRETS, "zyx_at_home", "snozzwanger"]) == []
    del who
    assert len(rows_of(desk.store, "forgotten")) == 2
    assert rows_of(desk.store, "person") == rows_of(desk.store, "customer_link") == []


def test_their_acts_stay_as_acts(desk: Desk, who: Known) -> None:
    """Who did what and when; a kind and a reason are our words, a note is not."""
    number = desk.conversation(who.posts[0].native_id).id
    other = desk.conversation(who.posts[3].native_id).id
    forget_at(desk)
    acts = desk.store.activity.log(desk.brand_id, number, None)
    acts += desk.store.activity.log(desk.brand_id, other, None)
    assert [(a.what, a.before, a.after, a.detail) for a in acts] == [
        ("note", None, None, ""),
        ("note", None, None, ""),
        ("remark", None, None, ""),
        ("promise", None, None, ""),
        ("promise", None, None, ""),
        ("theme", None, "refund", ""),
        ("tag", "question", "complaint", ""),
        ("reply", None, None, ""),
        ("close", "open", "private", ""),
    ]


def test_notes_can_be_taken_anew(desk: Desk, who: Known) -> None:
    """The number is a customer still, of whom nothing is known."""
    talk = desk.conversation(desk.conversation(who.posts[0].native_id).id)
    forget_at(desk)
    talk = desk.conversation(talk.id)
    assert talk.customer.startswith("forgotten-")
    assert desk.store.people.attributes([talk.customer_id]) == {}
    assert noting.note(desk.store, talk, "vip", "no", "kim", desk.now, tagger_for) is None
    with pytest.raises(Refused):
        acting.reopen(desk.store, talk, "kim", desk.now, tagger_for)
    assert on_a_server() or desk.db.exists()
