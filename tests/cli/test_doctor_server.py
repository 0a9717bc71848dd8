"""What `doctor` says of a server: the way to it, the clock, the schema, and the rights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from triage.app.checking import Finding
from triage.cli.doctor_server import check_server
from triage.cli.store_words import way_in_words
from triage.core.kinds import MINUTE
from triage.store.status import Facts

FAR = Facts(
    engine="PostgreSQL",
    label="postgresql://ana@db.acme.example/desk",
    version="15.14",
    encoding="UTF8",
    database="desk",
    present=("m001",),
    missing=(),
    newer=(),
    bytes=1,
    tables=(),
    user="ana",
    may_upgrade=False,
    tls="TLSv1.3",
    sslmode="verify-full",
    is_near=False,
    skew=0,
)
"""As it should be."""


def found(facts: Facts) -> dict[str, Finding]:
    """What is said, by what it is about."""
    return {finding.what: finding for finding in check_server(facts)}


def test_all_is_well() -> None:
    """Nothing is to be mended, and nothing is advised."""
    said = found(FAR)
    assert {f.health for f in said.values()} == {"ok"}
    assert {f.hint for f in said.values()} == {""}
    assert said["rights"].text == "ana may read and write every table."


@pytest.mark.parametrize(
    ("facts", "words", "health"),
    [
        (replace(FAR, tls=None, is_near=True), "on this machine", "ok"),
        (replace(FAR, sslmode="prefer", is_near=True), "TLSv1.3, sslmode=prefer", "ok"),
        (FAR, "TLSv1.3, sslmode=verify-full", "ok"),
        (replace(FAR, tls=None), "not encrypted", "warn"),
        (
            replace(FAR, sslmode="require"),
            "TLSv1.3, sslmode=require: who the server is is not checked",
            "warn",
        ),
        (
            replace(FAR, sslmode="verify-ca"),
            "TLSv1.3, sslmode=verify-ca: who the server is is not checked",
            "warn",
        ),
    ],
)
def test_the_way(facts: Facts, words: str, health: str) -> None:
    """Over a network only verify-full knows whom it speaks to; on this machine any way will do."""
    assert way_in_words(facts) == words
    said = found(facts)["tls"]
    assert (said.health, words in said.text) == (health, True)
    assert ("verify-full" in said.hint) == (health == "warn")


@pytest.mark.parametrize(
    ("skew", "health"),
    [(2 * MINUTE, "ok"), (-2 * MINUTE, "ok"), (2 * MINUTE + 1, "warn"), (-2 * MINUTE - 1, "warn")],
)
def test_the_clock(skew: int, health: str) -> None:
    """Two minutes are borne, either way."""
    said = found(replace(FAR, skew=skew))["server clock"]
    assert said.health == health
    assert ("behind" if skew < 0 else "ahead") in said.text


@pytest.mark.parametrize(
    ("facts", "what", "words", "hint"),
    [
        (replace(FAR, missing=("m002",)), "schema", "lacks m002", "triage store upgrade"),
        (replace(FAR, newer=("m009",)), "schema", "newer triage", "Upgrade triage on this machine"),
        (replace(FAR, lacks_rights=("reply",)), "rights", "write reply", "triage store grants"),
        (replace(FAR, is_writable=False), "rights", "Nobody may write", "target_session_attrs"),
    ],
)
def test_what_must_be_mended(facts: Facts, what: str, words: str, hint: str) -> None:
    """It fails, with who can mend it and how."""
    said = found(facts)[what]
    assert said.health == "fail"
    assert words in said.text
    assert hint in said.hint
