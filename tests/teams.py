"""A database on a server of tests with the roles of a team, and people in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import pytest

import postgres
from builders import Desk, busy_desk
from triage.store.grants import grants

ODD = """O'Brien "$triage$" \\ ä"""
"""A name in which every way of quoting could end too early."""


class Team(NamedTuple):
    """A database with roles.

    Attributes:
        url: As its superuser.
        owner: The role that upgrades.
        agent: The role that people are in.
        reader: The role that looks.
    """

    url: str
    owner: str
    agent: str
    reader: str

    def sql(self) -> str:
        """The SQL for its roles."""
        return grants(self.owner, self.agent, self.reader)

    def as_user(self, name: str) -> str:
        """Its URL for somebody; the socket lets everybody in."""
        host = urlsplit(self.url).netloc.rpartition("@")[2]
        return urlunsplit(urlsplit(self.url)._replace(netloc=f"{quote(name, safe='')}@{host}"))

    def person(self, role: str) -> str:
        """The URL for a person who is in a role, made for this."""
        name = f"{role[:40]}_person"
        run(self.url, f'CREATE ROLE "{doubled(name)}" LOGIN IN ROLE "{doubled(role)}"')
        return self.as_user(name)


def doubled(name: str) -> str:
    """A name as it stands between double quotes."""
    return name.replace('"', '""')


def run(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Run SQL as it is, and give the rows of its last statement."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []


def refused(url: str, sql: str) -> str:
    """Run SQL that may not be run; give what the server says."""
    import psycopg

    with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
        run(url, sql)
    return str(caught.value)


def made(*, empty: bool = False, odd: bool = False) -> Iterator[Team]:
    """A database with our tables, or an empty one, and names for its roles; dropped at the end."""
    postgres.need()
    if postgres.is_named():
        pytest.skip("needs a server of the tests' own: it makes roles that sign in by the socket")
    url = postgres.clone(None if empty else postgres.template())
    name = urlsplit(url).path.lstrip("/")
    roles = [f"{name}{'_' + ODD if odd else ''}_{each}" for each in ("owner", "agent", "reader")]
    yield Team(url, *roles)
    postgres.drop(url)
    server = postgres.url_of("postgres")
    for (role,) in run(server, "SELECT rolname FROM pg_roles"):
        if role.startswith(f"{name}_"):
            run(server, f'DROP ROLE "{doubled(role)}"')


def desk_of(team: Team, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk whose database user is in the role of agents, and no more."""
    run(team.url, team.sql())
    where = team.person(team.agent)
    patch.setattr(postgres, "is_chosen", lambda: True)
    patch.setattr(postgres, "database", lambda _folder: where)
    desk = busy_desk(folder)
    yield desk
    desk.close()
