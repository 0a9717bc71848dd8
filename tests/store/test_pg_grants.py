"""The rights that `triage store grants` prints, tried on a server: what agents can, and cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import teams
from builders import Desk, tagger_for
from teams import Team, refused, run
from triage.app import acting, claiming, linking, noting, remembering
from triage.app.forgetting import Privacy, find_person, forget
from triage.app.replying import send
from triage.app.reporting import load_report
from triage.app.retention import let_go
from triage.core.model import DAY, MINUTE, CloseReason
from triage.core.outbox import ReplyState
from triage.core.people import Outcome
from triage.core.report.query import ReportQuery
from triage.core.retention import Data
from triage.errors import Refused, StoreError, StoreUnfit, UpgradeNeeded, UsageError
from triage.store import opening_pg
from triage.store.grants import FOR_GOOD, READABLE, grants
from triage.store.status import facts
from triage.store.store import SqlStore

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def team(request: pytest.FixtureRequest) -> Iterator[Team]:
    """A database that the superuser upgraded, and names for its roles."""
    yield from teams.made(odd=getattr(request, "param", False))


@pytest.fixture
def new_team() -> Iterator[Team]:
    """An empty database, and names for its roles."""
    yield from teams.made(empty=True)


@pytest.fixture
def at_work(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk whose database user is in the role of agents, and no more."""
    yield from teams.desk_of(team, tmp_path, monkeypatch)


def test_an_agent_does_all_that_agents_do(at_work: Desk) -> None:
    """Fetch, queue, claim, reply, note, close, purge, search, report: nothing is refused."""
    desk, store = at_work, at_work.store
    assert [item.id for item in desk.waiting()] == [3, 6, 4]
    ana = desk.conversation(3)
    held = claiming.claim(store, ana, "ana", desk.now, 60_000)
    assert held.agent == "ana"
    sent = send(desk.sender, desk.draft(3, "@ana we look into it").id)
    assert sent.state is ReplyState.SENT
    noting.note(store, ana, "order", "8841", "ana", desk.now, tagger_for)
    bo = desk.conversation(4)
    pair = noting.whom_of(store, ana), noting.whom_of(store, bo)
    linking.link(store, pair[0], pair[1], "ana", desk.now, tagger_for)
    linking.unlink(store, pair[1], "ana", desk.now, tagger_for)
    remembering.remark(store, pair[0], "a regular", "ana", desk.now)
    made = remembering.promise(store, pair[0], "a call", desk.now + 1, "ana", desk.now)
    remembering.settle(store, desk.brand_id, made.id, Outcome.KEPT, "ana", desk.now)
    acting.close(store, bo, CloseReason.NOT_US, "ana", desk.now, tagger_for)
    assert [item.id for item in desk.waiting()] == [6]
    gone = desk.write("gus", "@acme broken again and again")
    desk.fetch()
    assert store.purge(desk.brand_id, desk.now) == 0
    with store.tx():
        store.messages.mark_deleted(desk.brand_id, "memory", [gone.native_id], desk.now)
    desk.fetch_nothing()
    assert store.purge(desk.brand_id, desk.now) == 1
    assert store.reading.search(desk.brand_id, "login", 10)
    report = load_report(store, ReportQuery(desk.brand_id, 0, desk.now + 1, desk.now))
    assert report.total.waits.answered == 3
    assert store.problems() == []


def test_who_was_signed_in_stands_beside_each_act(at_work: Desk, team: Team) -> None:
    """The server fills it in, whatever an agent is called; none can say or change it."""
    ana = at_work.conversation(3)
    acting.close(at_work.store, ana, CloseReason.SPAM, "eve", at_work.now, tagger_for)
    person = f"{team.agent[:40]}_person"
    assert run(team.url, "SELECT DISTINCT agent, db_user FROM activity WHERE what = 'close'") == [
        ("eve", person)
    ]
    logged = at_work.store.activity.log(at_work.brand_id, 3, None)
    assert {(act.agent, act.db_user) for act in logged} == {("eve", person)}
    url = team.as_user(person)
    forged = (
        "INSERT INTO activity (uuid, brand_id, at, agent, what, detail, db_user) "
        "VALUES ('u', 1, 0, 'ana', 'close', '', 'somebody else')"
    )
    assert "activity" in refused(url, forged)
    for name in FOR_GOOD:
        column = "detail" if name == "activity" else "activity_id"
        assert name in refused(url, f"UPDATE {name} SET {column} = {column}")  # noqa: S608
        assert name in refused(url, f"DELETE FROM {name}")  # noqa: S608 - as above, ours


def test_status_takes_an_agent_for_one(team: Team) -> None:
    """Nothing is lacking to an agent, who may not upgrade; all that is hidden is to a reader."""
    run(team.url, team.sql())
    found = facts(team.person(team.agent))
    assert (found.lacks_rights, found.may_upgrade) == ([], False)
    lacking = facts(team.person(team.reader)).lacks_rights
    assert {"message", "payload", "reply"} <= set(lacking)
    assert facts(team.as_user(team.owner)).may_upgrade


DDL = (
    "CREATE TABLE mine (id BIGINT)",
    "CREATE TEMPORARY TABLE mine (id BIGINT)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE FUNCTION mine() RETURNS INT LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA mine",
    "DROP TABLE message CASCADE",
    "ALTER TABLE message ADD COLUMN mine TEXT",
    "ALTER TABLE activity ALTER COLUMN db_user DROP DEFAULT",
    "ALTER TABLE message DISABLE TRIGGER ALL",
    "CREATE INDEX mine ON message (text)",
    "TRUNCATE message CASCADE",
    "DROP INDEX reply_in_flight",
    "CREATE ROLE mine",
    "UPDATE triage_migration SET name = name",
    "INSERT INTO triage_migration (name, applied_at) VALUES ('m999', 0)",
)


def test_an_agent_changes_no_table(team: Team) -> None:
    """Nothing that makes, changes, empties or drops what holds rows, nor the upgrades."""
    run(team.url, team.sql())
    url = team.person(team.agent)
    for sql in DDL:
        assert refused(url, sql), sql


def test_an_agent_does_not_upgrade(team: Team) -> None:
    """`store upgrade` says who does, in our words, whether anything is missing or not."""
    run(team.url, team.sql())
    url = team.person(team.agent)
    with pytest.raises(StoreError) as caught:
        opening_pg.upgrade(url)
    assert "may not upgrade" in caught.value.message
    assert team.owner in caught.value.reason
    assert "its owner" in caught.value.hint
    run(team.url, "DELETE FROM triage_migration WHERE name = 'm005_server'")
    with pytest.raises(StoreError, match="may not upgrade"):
        opening_pg.upgrade(url)
    with pytest.raises(UpgradeNeeded) as lacking:
        SqlStore.open(url)
    assert "its owner" in lacking.value.hint


def test_a_reader_sees_what_is_public(team: Team) -> None:
    """The views and tables that are named, no payload, draft, note or act; it writes nothing."""
    run(team.url, team.sql())
    url = team.person(team.reader)
    named = (
        "SELECT relname FROM pg_class c WHERE relkind IN ('r', 'v') AND "
        "relnamespace = 'public'::regnamespace"
    )
    there = {name for (name,) in run(team.url, named)}
    seen = {name for (name,) in run(url, f"{named} AND has_table_privilege(c.oid, 'SELECT')")}
    assert seen == there & set(READABLE)
    assert {"mentions", "waits", "queue", "alerts", "usage"} <= seen
    for name in sorted(seen):
        run(url, f"SELECT * FROM {name} LIMIT 1")  # noqa: S608 - a name of ours
    for sql in ("SELECT 1 FROM payload", "SELECT 1 FROM reply", "SELECT 1 FROM activity"):
        assert refused(url, sql)
    for sql in ("UPDATE run SET detail = ''", "DELETE FROM usage", *DDL[:5]):
        assert refused(url, sql)


def test_a_stranger_does_not_get_in(team: Team) -> None:
    """Who is in none of the roles is told so in our words."""
    run(team.url, team.sql())
    stranger = f"{team.agent}_stranger"
    run(team.url, f'CREATE ROLE "{stranger}" LOGIN')
    with pytest.raises(StoreUnfit) as caught:
        SqlStore.open(team.as_user(stranger))
    assert "does not let this user in" in caught.value.reason


def test_from_an_empty_database_to_agents(new_team: Team) -> None:
    """Roles, upgrade and roles again, the latter two by the owner; then an agent is at work."""
    team = new_team
    run(team.url, team.sql())
    owner = team.as_user(team.owner)
    agent = team.person(team.agent)
    assert opening_pg.upgrade(owner)
    assert opening_pg.upgrade(owner) == []
    with closing(SqlStore.open(agent)) as store, store.tx():
        store.accounts.brand("acme")
    run(owner, team.sql())
    with closing(SqlStore.open(agent)) as store, store.tx():
        assert store.accounts.brand("bcme") == 2
    owners = run(
        team.url,
        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace",
    )
    assert owners == [(team.owner,)]


def test_what_an_upgrade_adds(team: Team) -> None:
    """Agents use a new table at once; a reader sees a view made anew once the SQL has run again."""
    run(team.url, team.sql())
    owner, agent = team.as_user(team.owner), team.person(team.agent)
    reader = team.person(team.reader)
    run(owner, "CREATE TABLE later (id BIGINT GENERATED BY DEFAULT AS IDENTITY, words TEXT)")
    run(owner, "DROP VIEW queue")
    run(owner, "CREATE VIEW queue AS SELECT id FROM later")
    run(owner, "ALTER TABLE activity ADD COLUMN mood TEXT")
    run(agent, "INSERT INTO later (words) VALUES ('x')")
    assert refused(reader, "SELECT 1 FROM queue")
    run(owner, team.sql())
    assert run(reader, "SELECT * FROM queue") == [(1,)]
    assert refused(reader, "SELECT 1 FROM later")
    assert run(agent, "SELECT has_column_privilege('activity', 'mood', 'INSERT')") == [(True,)]


def test_the_database_may_be_given_to_somebody_else(team: Team) -> None:
    """Rows that refer to others are written all the same: the tables' owner looks them up."""
    run(team.url, team.sql())
    agent = team.person(team.agent)
    run(team.url, f"ALTER DATABASE {urlsplit(team.url).path.lstrip('/')} OWNER TO postgres")
    with closing(SqlStore.open(agent)) as store, store.tx():
        account = store.accounts.add(store.accounts.brand("acme"), "x", "acme", "1", 0)
        assert account.handle == "acme"


def test_running_it_again_changes_nothing(team: Team) -> None:
    """The rights are the same after the second run, by the superuser or by the owner."""
    rights = (
        "SELECT relname, relowner, relacl::text, (SELECT string_agg(attacl::text, ',' "
        "ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid) FROM pg_class c "
        "WHERE relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    run(team.url, team.sql())
    first = run(team.url, rights)
    run(team.url, team.sql())
    assert run(team.url, rights) == first
    run(team.as_user(team.owner), team.sql())
    assert run(team.url, rights) == first


@pytest.mark.parametrize("team", [True], indirect=True)
def test_names_are_quoted(team: Team) -> None:
    """Names with every sort of quote make roles of these names, and nothing else."""
    run(team.url, team.sql())
    made = run(team.url, "SELECT rolname FROM pg_roles ORDER BY rolname")
    assert {(team.owner,), (team.agent,), (team.reader,)} <= set(made)
    agent = team.person(team.agent)
    with closing(SqlStore.open(agent)) as store:
        assert store.engine.query("SELECT count(*) FROM message") == [(0,)]
    assert refused(agent, "CREATE TABLE mine (id BIGINT)")


@pytest.mark.parametrize(
    "name", ["", "a\nb", "a\x00b", "\u202eagent", "ä" * 32, "pg_agent", "PUBLIC", "Current_User"]
)
def test_names_that_are_none(name: str) -> None:
    """What the server would cut, keep for itself or show as something else is refused."""
    with pytest.raises(UsageError, match="--agent"):
        grants("triage_owner", name, "triage_reader")


def test_two_roles_are_two() -> None:
    """One name for two roles is refused."""
    with pytest.raises(UsageError, match="same name"):
        grants("triage", "agents", "triage")


def test_no_name_ends_a_block() -> None:
    """Whatever stands around a block occurs in no name."""
    sql = grants("$triage$", "$triage1$", "reader")
    marks = set(re.findall(r"^DO (\S+) ", sql, re.MULTILINE))
    assert marks == {"$triage2$"}


def test_forgetting_and_acts_are_the_owners(at_work: Desk, team: Team) -> None:
    """An agent is refused before anything is touched; a fetch of theirs leaves it to the owner."""
    desk = at_work
    person = find_person(desk.store, desk.store.privacy, desk.brand_id, "@ana")
    needs = Privacy(desk.store, desk.store.privacy, lambda _: (), desk.clock)
    with pytest.raises(Refused, match="cannot be forgotten by whom the server let in"):
        forget(needs, person, "eve", tagger_for)
    assert run(team.url, "SELECT count(*) FROM forgotten") == [(0,)]
    assert not desk.store.retention.may_take(Data.ACTIVITY)
    assert desk.store.retention.may_take(Data.PAYLOADS)
    limits = {Data.ACTIVITY: DAY, Data.NOTES: DAY, Data.TEXTS: DAY, Data.PAYLOADS: DAY}
    at = desk.now + 40 * DAY
    gone = let_go(desk.store, desk.store.retention, desk.brand_id, limits, "eve", at)
    assert [one.data for one in gone] == [Data.TEXTS]
    for name in ("forgotten", "tombstone"):
        assert name in refused(
            team.as_user(f"{team.agent[:40]}_person"),
            f"DELETE FROM {name}",  # noqa: S608
        )
    with closing(SqlStore.open(team.as_user(team.owner))) as store:
        owners = Privacy(store, store.privacy, lambda _: (), desk.clock)
        assert forget(owners, person, "owner", tagger_for)[0].done_at is not None
    assert run(team.url, "SELECT count(*) FROM customer WHERE handle = 'ana'") == [(0,)]
    assert desk.store.privacy.unfinished(desk.brand_id) == []


def test_an_agents_fetch_joins_threads(at_work: Desk) -> None:
    """Acts go along with the mentions that turn out to stand in another thread; no more of them."""
    desk = at_work
    root = desk.write("zoe", "@acme the app is broken", ago=30 * MINUTE)
    middle = desk.write("ana", "@acme mine too", ago=20 * MINUTE, in_reply_to=root.native_id)
    last = desk.write("ana", "@acme still broken", ago=MINUTE, in_reply_to=middle.native_id)
    del desk.channel.posts[root.native_id], desk.channel.posts[middle.native_id]
    desk.channel.posts[last.native_id] = replace(last, thread_id=None)
    desk.fetch()
    talk = desk.conversation(last.native_id)
    acting.close(desk.store, talk, CloseReason.SPAM, "ana", desk.now, tagger_for)
    desk.now += MINUTE
    desk.channel.add(root, middle)
    desk.fetch_all_again()
    assert desk.conversation(last.native_id).id != talk.id
