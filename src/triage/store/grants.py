"""The rights of a team on a database of its own, as SQL that its administrator reads and runs.

Three roles: the owner changes tables, agents work with what is in them, a reader looks. What an
agent did cannot be changed by an agent, nor can whom the server had let in. What a migration makes
later is open to agents at once, and to the reader once it is named here and this has run again.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.errors import UsageError

FOR_GOOD = (
    *("activity", "attribute", "claim_before", "hold", "said_theme"),
    *("customer_link", "note", "promise", "promise_outcome"),
)
"""What people did: an agent adds rows, and changes none."""
SEALED = ("forgotten", "tombstone", "triage_migration")
"""What the owner alone writes."""
BY_THE_SERVER = "activity.db_user"
"""Filled in by the server: an agent cannot say who is signed in."""
READABLE = (
    *("alerts", "customers", "fetches", "mentions", "queue", "report_waits", "waits"),
    *("account", "brand", "gap", "run", "usage"),
)
"""Views and tables for readers: what was said in public, and figures."""
UNREAD = ("acts", "replies")
"""Views that are not for them: notes on customers, and drafts."""

_LONGEST = 63
"""Bytes of a name; the server cuts a longer one without a word."""
_TAKEN = ("public", "none", "current_role", "current_user", "session_user")


def grants(owner: str, agent: str, reader: str) -> str:
    """The SQL for three roles; it may be run as often as one likes.

    Raises:
        UsageError: A name cannot be one of a role, or two are the same.
    """
    names = (owner, agent, reader)
    for flag, name in zip(("--owner", "--agent", "--reader"), names, strict=True):
        _check(flag, name)
    if len(set(names)) < len(names):
        raise UsageError(
            "Two of the roles have the same name.",
            reason="Each is allowed something else.",
            hint="Give each a name of its own: --owner, --agent, --reader.",
        )
    return _SQL.format(
        owner=_quoted(owner),
        agent=_quoted(agent),
        reader=_quoted(reader),
        owner_text=_text(owner),
        agent_text=_text(agent),
        reader_text=_text(reader),
        mark=_mark(names),
        for_good=_texts(FOR_GOOD),
        sealed=_texts(SEALED),
        readable=_texts(READABLE),
        table=_text(BY_THE_SERVER.partition(".")[0]),
        column=_text(BY_THE_SERVER.partition(".")[2]),
    )


def _check(flag: str, name: str) -> None:
    if not name or not name.isprintable() or len(name.encode(errors="replace")) > _LONGEST:
        raise UsageError(
            f"{flag}: not a name of a role.",
            reason=f"It has to have 1 to {_LONGEST} bytes that can be printed.",
            hint="Write a name such as triage_agent.",
        )
    if name.startswith("pg_") or name.lower() in _TAKEN:
        raise UsageError(
            f"{flag} {name}: the server keeps this name for itself.",
            hint="Write a name such as triage_agent.",
        )


def _quoted(name: str) -> str:
    """A name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def _text(name: str) -> str:
    """A name as a string, which is read the same whatever the server is set to."""
    escaped = name.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'" if "\\" in name else f"'{escaped}'"


def _texts(names: Sequence[str]) -> str:
    return ", ".join(map(_text, names))


def _mark(names: Sequence[str]) -> str:
    """What stands around a block, so that no name ends it."""
    number = 0
    mark = "$triage$"
    while any(mark in name for name in names):
        number += 1
        mark = f"$triage{number}$"
    return mark


_SQL = """\
-- Roles for a database that holds the store of triage and nothing else.
--
-- Once, as a superuser (or whoever may make roles and owns the database), before the first upgrade:
--     triage store grants | psql -X -v ON_ERROR_STOP=1 -d triage
-- then after each `triage store upgrade`, as the owner. Running it again does no harm.
--
-- A person:     CREATE ROLE ana LOGIN IN ROLE {agent};   then \\password ana
-- A dashboard:  CREATE ROLE charts LOGIN IN ROLE {reader};   then \\password charts
-- The owner's password:  \\password {owner}
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, pg_temp;

-- Who there is. The owner runs `triage store upgrade`; nobody signs in as the other two.
DO {mark} BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {owner_text}) THEN
        CREATE ROLE {owner} LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {agent_text}) THEN
        CREATE ROLE {agent} NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {reader_text}) THEN
        CREATE ROLE {reader} NOLOGIN;
    END IF;
    -- Who is no superuser gives things only to a role that they are in.
    IF NOT pg_has_role({owner_text}, 'MEMBER') THEN
        GRANT {owner} TO CURRENT_USER;
    END IF;
END {mark};

-- The database, its schema, and what somebody else made there by an upgrade, are the owner's.
DO {mark} DECLARE each record; BEGIN
    IF EXISTS (SELECT FROM pg_database WHERE datname = current_database()
            AND pg_get_userbyid(datdba) <> {owner_text}) THEN
        EXECUTE format('ALTER DATABASE %I OWNER TO %I', current_database(), {owner_text});
    END IF;
    IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public'
            AND pg_get_userbyid(nspowner) NOT IN ('pg_database_owner', {owner_text})) THEN
        ALTER SCHEMA public OWNER TO {owner};
    END IF;
    FOR each IN SELECT CAST(c.oid AS regclass) AS name
        FROM pg_class c JOIN pg_class m ON m.oid = to_regclass('public.triage_migration')
            AND m.relowner = c.relowner
        WHERE c.relnamespace = CAST('public' AS regnamespace) AND c.relkind IN ('r', 'v')
            AND pg_get_userbyid(c.relowner) <> {owner_text}
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %I', each.name, {owner_text});
    END LOOP;
    FOR each IN SELECT CAST(p.oid AS regprocedure) AS name FROM pg_proc p
        WHERE p.pronamespace = CAST('public' AS regnamespace)
            AND p.proname LIKE 'message!_fts!_%' ESCAPE '!'
            AND pg_get_userbyid(p.proowner) <> {owner_text}
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO %I', each.name, {owner_text});
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I, %I',
        current_database(), {agent_text}, {reader_text});
END {mark};
REVOKE ALL ON SCHEMA public FROM PUBLIC, {agent}, {reader};
GRANT USAGE ON SCHEMA public TO {agent}, {reader};
-- References are looked up as the owner, whoever the database is given to later.
GRANT USAGE, CREATE ON SCHEMA public TO {owner};

-- Agents: rows, and nothing of what holds them.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {agent}, {reader};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {agent}, {reader};
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC, {agent}, {reader};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {agent};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {agent};

-- What later upgrades make.
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {agent};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO {agent};

-- What agents do not change, and what the reader sees: no drafts and no notes.
DO {mark} DECLARE each record; BEGIN
    FOR each IN SELECT CAST(c.oid AS regclass) AS name, c.relname, c.relkind FROM pg_class c
        WHERE c.relnamespace = CAST('public' AS regnamespace) AND c.relkind IN ('r', 'v')
            AND pg_get_userbyid(c.relowner) = {owner_text}
    LOOP
        IF each.relname IN ({sealed}) OR each.relkind = 'v' THEN
            EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON %s FROM %I', each.name, {agent_text});
        END IF;
        IF each.relname IN ({for_good}) THEN
            EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM %I', each.name, {agent_text});
        END IF;
        IF each.relname IN ({readable}) THEN
            EXECUTE format('GRANT SELECT ON %s TO %I', each.name, {reader_text});
        END IF;
        -- The server says who was signed in; an agent says all but that.
        IF each.relname = {table} THEN
            EXECUTE format('REVOKE INSERT ON %s FROM %I', each.name, {agent_text});
            EXECUTE (SELECT format('GRANT INSERT (%s) ON %s TO %I',
                    string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
                    each.name, {agent_text})
                FROM pg_attribute a WHERE a.attrelid = each.name AND a.attnum > 0
                    AND NOT a.attisdropped AND a.attname <> {column});
            -- Acts go along with their messages to the thread that these turn out to be part of.
            EXECUTE format('GRANT UPDATE (conversation_id) ON %s TO %I', each.name, {agent_text});
        END IF;
    END LOOP;
END {mark};
COMMIT;
"""
