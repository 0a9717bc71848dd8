"""Addresses of stores on a server, as libpq has them: `postgresql://USER@HOST:PORT/DATABASE`.

Such an address may hold a password, so nobody is shown one as it is written: `shown` leaves out
what could be secret. What cannot be read might hold it anywhere, and is not shown at all.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

SCHEMES = ("postgresql:", "postgres:")
EXAMPLE = "postgresql://USER@HOST/DATABASE"
PASSFILE_HINT = (
    "Put it into ~/.pgpass (mode 0600), or name a service of ~/.pg_service.conf: "
    "postgresql://?service=NAME"
)

_URL = re.compile(
    r"""
    postgres(?:ql)?://
    (?: (?P<user>[^:@/?]*) (?: : (?P<password>[^@/]*) )? @ )?
    (?P<hosts>[^@/?]*)
    (?: / (?P<dbname>[^@/?]*) )?
    (?: \? (?P<params>[^@?]*) )?
    """,
    re.VERBOSE,
)
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(?P<port>\d*))?")
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_SHOWN = frozenset(
    {
        "application_name",
        "channel_binding",
        "connect_timeout",
        "dbname",
        "gssencmode",
        "host",
        "hostaddr",
        "options",
        "passfile",
        "port",
        "require_auth",
        "service",
        "sslcert",
        "sslcrl",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslrootcert",
        "target_session_attrs",
        "user",
    }
)
"""Parameters that name no secret themselves; any other is left out of what is shown."""
_DEFAULT_PORT = "5432"


class Parts(NamedTuple):
    """An address taken apart; texts are as they are meant, without %XX.

    Attributes:
        user: Who signs in; empty if nobody is named.
        password: None if there is none.
        hosts: Each with its port, which is empty if none is named.
        dbname: The database; empty if none is named.
        params: What stands behind the question mark.
    """

    user: str
    password: str | None
    hosts: tuple[tuple[str, str], ...]
    dbname: str
    params: Mapping[str, str]

    def __repr__(self) -> str:
        """Leave out the password."""
        return f"<Parts: {self.hosts} {self.dbname}>"


def is_url(text: str) -> bool:
    """Whether this is meant as an address of a server, and not as a path."""
    return text.startswith(SCHEMES)


def trouble(url: str) -> str:
    """Why an address cannot be used, without repeating it; empty if it can be."""
    if _split(url) is None:
        return f"must be an address such as {EXAMPLE}, special characters as %XX"
    return ""


def split(url: str) -> Parts:
    """Take an address apart.

    Raises:
        ValueError: It is none; the words do not repeat it.
    """
    found = _split(url)
    if found is None:
        raise ValueError(trouble(url))
    return found


def shown(url: str) -> str:
    """What may be shown of an address: all but what could be secret, as it is written."""
    found, parts = _URL.fullmatch(url), _split(url)
    if found is None or parts is None:
        return "postgresql://..."
    user = f"{found['user']}@" if found["user"] else ""
    name = "" if found["dbname"] is None else f"/{found['dbname']}"
    said = (found["params"] or "").split("&")
    kept = [pair for pair in said if pair.partition("=")[0] in _SHOWN]
    return f"postgresql://{user}{found['hosts']}{name}{'?' if kept else ''}{'&'.join(kept)}"


def holds_password(url: str) -> bool:
    """Whether a password stands in an address, or that of a key; not so if it cannot be read."""
    parts = _split(url)
    if parts is None:
        return False
    return bool(parts.password or parts.params.get("password") or parts.params.get("sslpassword"))


def key(url: str, env: Mapping[str, str]) -> str:
    """What a machine calls a database among others, whoever signs in: server, port and name.

    Args:
        url: The address.
        env: The environment, which libpq asks for what the address leaves out.

    Raises:
        ValueError: It is no address.
    """
    parts = split(url)
    service = parts.params.get("service") or env.get("PGSERVICE", "")
    # What a service says is not looked up: its name stands for it.
    env = {} if service else env
    hosts = ",".join(f"{host}:{port}" for host, port in _servers(parts, env))
    user = parts.user or parts.params.get("user") or env.get("PGUSER", "")
    name = parts.dbname or parts.params.get("dbname") or env.get("PGDATABASE", "")
    whole = f"postgresql://{hosts}/{name or ('' if service else user)}"
    return f"{whole}?service={service}" if service else whole


def _servers(parts: Parts, env: Mapping[str, str]) -> list[tuple[str, str]]:
    named = [pair for pair in parts.hosts if pair != ("", "")]
    host = parts.params.get("host") or parts.params.get("hostaddr") or env.get("PGHOST", "")
    port = parts.params.get("port") or env.get("PGPORT") or _DEFAULT_PORT
    return [(h.lower() or host.lower(), p or port) for h, p in named or [("", "")]]


def _split(url: str) -> Parts | None:
    found = _URL.fullmatch(url)
    if found is None or not url.isprintable() or " " in url or _BROKEN.search(url):
        return None
    hosts = [_HOST.fullmatch(each) for each in found["hosts"].split(",")]
    pairs = [pair.partition("=") for pair in (found["params"] or "").split("&") if pair]
    if None in hosts or not all(equals for _, equals, _ in pairs):
        return None
    password = found["password"]
    return Parts(
        user=unquote(found["user"] or ""),
        password=None if password is None else unquote(password),
        hosts=tuple((unquote(each["host"]), each["port"] or "") for each in hosts if each),
        dbname=unquote(found["dbname"] or ""),
        params={unquote(name): unquote(value) for name, _, value in pairs},
    )
