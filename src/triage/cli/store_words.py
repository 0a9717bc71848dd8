"""What several commands say of the store, wherever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from triage.config.places import Places

if TYPE_CHECKING:
    # Only what is asked about a store loads what opens it.
    from triage.store.status import Facts

_OF_LIBPQ = (
    "PGDATABASE",
    "PGHOST",
    "PGPASSFILE",
    "PGPORT",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGSSLCERT",
    "PGSSLKEY",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGUSER",
)
"""Variables by which a server is found; none of them is a secret."""

_NAMED = 4
"""So many of a list are named."""


def password_told(places: Places) -> tuple[str, str] | None:
    """That a password stands in the store's address, and what to do; None if there is none."""
    if not places.url:
        return None
    from triage.core.store_url import PASSFILE_HINT, holds_password

    if not holds_password(places.url):
        return None
    origin = places.origins.get("db", "")
    return f"The address of the store holds a password ({origin}).", PASSFILE_HINT


def libpq_variables(env: Mapping[str, str]) -> dict[str, str]:
    """What the environment says of servers, for a command that runs without it."""
    return {name: env[name] for name in _OF_LIBPQ if env.get(name)}


def listed(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def is_checked(found: Facts) -> bool:
    """Whether nobody on the way could pass for the server, or read along."""
    return found.is_near or (found.tls is not None and found.sslmode == "verify-full")


def way_in_words(found: Facts) -> str:
    """How the server is reached, and how sure it is that it is the one."""
    if found.tls is None:
        return "on this machine" if found.is_near else "not encrypted"
    return f"{found.tls}, sslmode={found.sslmode}" + (
        "" if is_checked(found) else ": who the server is is not checked"
    )
