"""525 real conversations through the import: every figure is worked out independently."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
from pathlib import Path
from types import ModuleType

import pytest

from app.ibm_expectations import IBM, data_file
from builders import START, tagger_for
from triage.app.applying import apply_settings
from triage.app.importing import ImportOptions, ImportResult, import_posts
from triage.channels.importer import PostLine, read_posts
from triage.core.model import HOUR, Kind
from triage.core.policy import Policy, Settings
from triage.store.store import SqlStore

ALL_DEMAND = Settings(policies={kind: Policy(HOUR) for kind in Kind})


def _converter() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "convert_ibm.py"
    spec = importlib.util.spec_from_file_location("convert_ibm", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def lines(tmp_path: Path) -> tuple[Path, list[str]]:
    """The converted file and the handles of the accounts."""
    source = data_file()
    if not source.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{source} must be here in CI")
        pytest.skip(f"{source} is not here: set TRIAGE_SHARED")
    converter = _converter()
    dialogs = json.loads(source.read_text(encoding="utf-8"))
    target = tmp_path / "ibm.jsonl"
    rows = [json.dumps(line._asdict()) for line in converter.convert(dialogs)]
    target.write_text("\n".join(rows), encoding="utf-8")
    return target, converter.accounts(dialogs)


def _import(store: SqlStore, file: Path, handles: list[str]) -> ImportResult:
    applied = apply_settings(
        store,
        ALL_DEMAND,
        "",
        "ana",
        START,
        brand="all",
        accounts=[("import", handle) for handle in handles],
        tagger_for=tagger_for,
    )
    with file.open("rb") as stream:
        found = list(read_posts(stream, name=file.name))
    posts = [(line.post, line.context) for line in found if isinstance(line, PostLine)]
    assert len(posts) == len(found)
    return import_posts(
        store,
        applied.brand_id,
        applied.accounts,
        posts,
        ImportOptions(),
        lambda: START,
        tagger_for,
    )


def _count(store: SqlStore, what: str) -> int:
    return int(store.engine.query(f"SELECT count(*) FROM {what}")[0][0])  # noqa: S608


def _everything(store: SqlStore) -> list[list[tuple[object, ...]]]:
    tables = ("message", "customer", "conversation", "wait", "verdict", "activity", "unjudged")
    query = "SELECT * FROM {} ORDER BY 1, 2, 3"
    return [store.engine.query(query.format(name)) for name in tables]


def test_every_figure(tmp_path: Path, lines: tuple[Path, list[str]]) -> None:
    """Messages, threads, conversations, waits and response times come out as derived."""
    store = SqlStore.open(tmp_path / "t.db", create=True)
    result = _import(store, *lines)
    assert (result.saved.new_mentions, result.saved.new_own) == (IBM.inbound, IBM.outbound)
    assert _count(store, "account") == IBM.accounts
    assert _count(store, "message") == IBM.messages
    assert _count(store, "(SELECT DISTINCT thread_id FROM message) t") == IBM.threads
    assert _count(store, "customer") == IBM.customers
    assert _count(store, "conversation") == IBM.conversations
    assert _count(store, "wait WHERE state = 'answered'") == IBM.answered
    assert _count(store, "wait WHERE state = 'open'") == IBM.open
    mentions: dict[str, int] = dict(
        store.engine.query("SELECT state, sum(mentions) FROM wait GROUP BY state")
    )
    assert mentions == {"answered": IBM.mentions_answered, "open": IBM.mentions_open}
    spans = sorted(
        span
        for (span,) in store.engine.query(
            "SELECT ended_at - opened_at FROM wait WHERE state = 'answered'"
        )
    )
    assert statistics.median_low(spans) == IBM.median_ms
    assert spans[-(-len(spans) * 9 // 10) - 1] == IBM.p90_ms
    store.close()


def test_again_changes_nothing(tmp_path: Path, lines: tuple[Path, list[str]]) -> None:
    """The same file a second time leaves every row of every table as it was."""
    store = SqlStore.open(tmp_path / "t.db", create=True)
    _import(store, *lines)
    before = _everything(store)
    result = _import(store, *lines)
    assert (result.saved.known, result.judged.waits) == (IBM.messages, 0)
    assert _everything(store) == before
    store.close()
