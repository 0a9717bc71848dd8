"""What `doctor` finds out about a store on a server, before it looks into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from triage.app.checking import Finding, Health
from triage.cli.store_words import is_checked, listed, way_in_words
from triage.core.clockwatch import TOLERANCE
from triage.core.kinds import SECOND

if TYPE_CHECKING:
    # Only what is asked about a server loads what connects to it.
    from triage.store.status import Facts

_VERIFY = "Add sslmode=verify-full and sslrootcert=FILE to its address: docs/postgresql.md."


def check_server(found: Facts) -> Iterator[Finding]:
    """Look at the server, the way to it, and what we may do there."""
    yield Finding(Health.OK, "postgresql", f"PostgreSQL {found.version}, as {found.user}.")
    yield _way(found)
    yield _clock(found.skew or 0)
    if found.is_told:
        yield _schema(found)
    yield from _rights(found)


def _way(found: Facts) -> Finding:
    words = f"The way to the server: {way_in_words(found)}."
    if is_checked(found):
        return Finding(Health.OK, "tls", words)
    return Finding(Health.WARN, "tls", words, _VERIFY)


def _clock(skew: int) -> Finding:
    words = f"The server's is {abs(skew) / SECOND:.1f} s {'ahead' if skew >= 0 else 'behind'}."
    if abs(skew) <= TOLERANCE:
        return Finding(Health.OK, "server clock", words)
    return Finding(
        Health.WARN, "server clock", words, "Set both clocks by NTP: times are compared."
    )


def _schema(found: Facts) -> Finding:
    if found.newer:
        return Finding(
            Health.FAIL,
            "schema",
            f"A newer triage upgraded it: {', '.join(found.newer)}.",
            "Upgrade triage on this machine.",
        )
    if found.missing:
        return Finding(
            Health.FAIL,
            "schema",
            f"It lacks {listed(found.missing)}.",
            "Have its owner run: triage store upgrade",
        )
    return Finding(Health.OK, "schema", f"Up to date, {len(found.present)} migrations.")


def _rights(found: Facts) -> Iterator[Finding]:
    if not found.is_writable:
        yield Finding(
            Health.FAIL,
            "rights",
            "Nobody may write there: it follows another server.",
            "Name the server that it follows, or add target_session_attrs=read-write.",
        )
    elif found.lacks_rights:
        yield Finding(
            Health.FAIL,
            "rights",
            f"{found.user} may not read and write {listed(found.lacks_rights)}.",
            "Have its owner run what `triage store grants` prints.",
        )
    elif found.present:
        more = ", and may upgrade it" if found.may_upgrade else ""
        yield Finding(Health.OK, "rights", f"{found.user} may read and write every table{more}.")
