"""What customers and X do with posts afterwards, over real HTTP, with the real commands."""

from __future__ import annotations

import json

import pytest

from chaos.desk import Desk, Maker, now_ms
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.state import Post, State, User, fresh

pytestmark = pytest.mark.enable_socket

MINUTE = 60_000
OFTEN = 'sweep_every = "1s"\n[sync]\nevery = "0s"\n'


def ago(minutes: int) -> int:
    """So many minutes before now, UTC ms."""
    return now_ms() - minutes * MINUTE


def with_help(state: State) -> tuple[User, User, User]:
    """The brand's two accounts and a customer; nothing has happened yet."""
    from triage.sandbox.seeds import HELP_TOKEN
    from triage.sandbox.state import Token

    acme = state.user_named("acme")
    assert acme is not None
    helpers = state.add_user("acmehelp")
    state.tokens[HELP_TOKEN] = Token("user", helpers.id)
    return acme, helpers, state.add_user("ana")


def waits(desk: Desk) -> list[tuple[str, int]]:
    """Every wait: how it stands, and whether it was ended in another app."""
    rows = desk.rows("SELECT state, outside FROM wait ORDER BY opened_at, id")
    return [(row["state"], row["outside"]) for row in rows]


@pytest.mark.thin(2)
@pytest.mark.parametrize("fields", ["tweet", "post"])
@pytest.mark.parametrize("how", ["quote", "other account", "under our own", "newer version"])
def test_answers_from_other_apps_are_found(make_desk: Maker, how: str, fields: str) -> None:
    """As a quote, by the other account, in a thread of our own, and to an edited mention."""
    state = fresh()
    acme, helpers, ana = with_help(state)
    first = state.add_post(ana, "@acme my order never came, it is broken", at_ms=ago(60))
    if how == "quote":
        state.add_post(acme, "We are on it", at_ms=ago(30), quote_of=first.id)
    elif how == "other account":
        state.add_post(helpers, "Sorry!", at_ms=ago(30), reply_to=first.id)
    elif how == "newer version":
        newer = state.edit(first.id, "@acme my order never came, it is all broken", at_ms=ago(50))
        state.add_post(acme, "Sorry!", at_ms=ago(30), reply_to=newer.id)
    else:
        mine = state.add_post(acme, "Sorry!", at_ms=ago(40), reply_to=first.id)
        state.add_post(ana, "@acme still broken", at_ms=ago(35), reply_to=mine.id)
        state.add_post(acme, "Second part", at_ms=ago(30), reply_to=mine.id)
    desk = make_desk(state, settings=f'fields = "{fields}"\n', help_too=True)
    assert desk.run_here("fetch").code == 0
    if how == "under our own":
        # The second part goes on under ours, to ana: it answers what she wrote in between.
        assert waits(desk) == [("answered", 1), ("answered", 1)]
    else:
        assert waits(desk) == [("answered", 1)]


def test_a_shy_mention_is_found_by_a_sweep(make_desk: Maker) -> None:
    """X leaves it out wherever `since_id` is used; one line in the log of the cron, once."""
    state = fresh()
    ana = state.add_user("ana")
    state.add_post(ana, "@acme do you open?", at_ms=ago(60))
    desk = make_desk(state, settings=OFTEN)
    assert desk.run_here("fetch") == (0, "", "")
    with desk.server.change() as kept:
        kept.add_post(kept.add_user("bo"), "@acme it is broken", at_ms=ago(30), shy=True)
        kept.clock.mode, kept.clock.ms = "offset", 0
    desk.change("UPDATE checkpoint SET completed_at = 0 WHERE stream = 'mentions-sweep'")
    ran = desk.run_here("fetch")
    assert ran == (0, "", "@acme: a sweep found 1 mention that X had left out before.\n")
    starts = [q for q in desk.server.seen("/mentions") if "start_time" in q]
    assert all("since_id" not in q for q in starts)
    desk.change("UPDATE checkpoint SET completed_at = 0 WHERE stream = 'mentions-sweep'")
    assert desk.run_here("fetch") == (0, "", "")
    rows = desk.rows("SELECT missed FROM run ORDER BY id")
    assert [row["missed"] for row in rows] == [0, 1, 0]


def edited_desk(make_desk: Maker, fields: str) -> tuple[Desk, Post]:
    """A desk with an open question that was fetched."""
    state = fresh()
    ana = state.add_user("ana")
    post = state.add_post(ana, "@acme when do you open?", at_ms=ago(50))
    desk: Desk = make_desk(state, settings=f'fields = "{fields}"\n')
    assert desk.run_here("fetch").code == 0
    return desk, post


@pytest.mark.parametrize("fields", ["tweet", "post"])
def test_an_edit_is_followed_in_either_spelling(make_desk: Maker, fields: str) -> None:
    """Asked for the version that is known, X gives that one; the newest is asked for then."""
    desk, post = edited_desk(make_desk, fields)
    with desk.server.change() as kept:
        kept.edit(post.id, "@acme your door is broken, worst service ever", at_ms=ago(40))
        kept.edit(post.id, "@acme your door is broken, worst service ever!!", at_ms=ago(35))
    (item,) = json.loads(desk.run_here("sync", "--json").out)["items"]
    assert item["edited"] == [post.id]
    (shown,) = json.loads(desk.run_here("show", post.id, "--json").out)["items"]
    (message,) = shown["messages"]
    assert message["text"].endswith("ever!!")
    first, second = message["versions"]
    assert (first["text"], first["kind"]) == ("@acme when do you open?", "question")
    assert (second["text"], second["written_at"]) == ("", None), "only its id was ever told"
    assert shown["wait"]["kind"] == "complaint"


@pytest.mark.thin(2)
@pytest.mark.parametrize("fields", ["tweet", "post"])
@pytest.mark.parametrize("why", ["deleted", "withheld", "protected", "suspended"])
def test_each_absence_is_told_apart_in_either_spelling(
    make_desk: Maker, why: str, fields: str
) -> None:
    """And what is kept back comes back, by the page as well as by asking."""
    desk, post = edited_desk(make_desk, fields)
    with desk.server.change() as kept:
        author = kept.users[post.author_id]
        if why == "deleted":
            kept.delete(post.id)
        elif why == "withheld":
            kept.withhold(post.id)
        else:
            setattr(author, why, True)
    (item,) = json.loads(desk.run_here("sync", "--json").out)["items"]
    assert {name: item[name] for name in ("deleted", "withheld", "protected", "suspended")} == {
        name: [post.id] if name == why else []
        for name in ("deleted", "withheld", "protected", "suspended")
    }
    assert waits(desk) == [("withdrawn" if why == "deleted" else "open", 0)]
    assert desk.rows("SELECT text FROM message") == [{"text": ""}]
    if why != "deleted":
        with desk.server.change() as kept:
            kept.users[post.author_id].protected = kept.users[post.author_id].suspended = False
            kept.withhold(post.id, withheld=False)
        (item,) = json.loads(desk.run_here("sync", "--json").out)["items"]
        assert item["shown_again"] == [post.id]
        assert desk.rows("SELECT text FROM message") == [{"text": post.text}]


ODD: list[object] = [
    None,
    [],
    {},
    {"errors": None},
    {"errors": [{"title": "Not Found Error", "type": "about:blank", "detail": "nothing here"}]},
    {"errors": [{"type": "https://api.x.com/2/problems/resource-not-found"}]},
    {"errors": [{"resource_type": "user", "type": "x/resource-not-found", "value": "ID"}]},
    {"errors": [{"resource_type": "tweet", "type": "x/resource-unavailable", "value": "ID"}]},
    {"data": [{"id": "ID"}]},
    {"data": [{"id": "ID", "text": ""}]},
]


@pytest.mark.thin(5)
@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("body", ODD, ids=lambda b: json.dumps(b)[:40])
def test_an_outage_takes_out_nothing(make_desk: Maker, body: object, status: int) -> None:
    """No body but one that names a post as gone, in a good answer, makes it so."""
    desk, post = edited_desk(make_desk, "tweet")
    wanted = json.loads(json.dumps(body).replace('"ID"', f'"{post.id}"'))
    rule = Rule("posts", Kind.ODD_BODY, times=None, status=status, body=wanted)
    desk.server.fail(rule)
    desk.run_here("sync")
    assert desk.rows("SELECT text, absent FROM message") == [{"text": post.text, "absent": None}]
    assert waits(desk) == [("open", 0)]


@pytest.mark.thin(2)
@pytest.mark.parametrize("kind", [Kind.HTML, Kind.TRUNCATED, Kind.CUT_SHORT, Kind.CLOSE])
def test_half_an_answer_takes_out_nothing(make_desk: Maker, kind: Kind) -> None:
    """An answer that is not whole says nothing, also where it begins with an error."""
    desk, post = edited_desk(make_desk, "tweet")
    with desk.server.change() as kept:
        kept.delete(post.id)
    desk.server.fail(Rule("posts", kind, times=None))
    assert desk.run_here("sync").code != 0
    assert desk.rows("SELECT text, absent FROM message") == [{"text": post.text, "absent": None}]
    desk.server.api.faults.clear()
    assert desk.run_here("sync").code == 0
    assert desk.rows("SELECT text, absent FROM message") == [{"text": "", "absent": "deleted"}]
