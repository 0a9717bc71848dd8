"""Putting settings in force: what waits is judged again, what ended stays as it was judged."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from builders import START, Desk, tagger_for
from engines import Stopped, content, listening, stopping_at
from triage.app.applying import Applied, apply_settings
from triage.core.model import HOUR, Kind
from triage.core.policy import DEFAULT_POLICIES, Policy, Settings
from triage.store.store import SqlStore


def _apply(
    desk: Desk,
    settings: Settings,
    source: str = "new",
    *,
    brand: str = "acme",
    judging: bool = True,
) -> Applied:
    return apply_settings(
        desk.store,
        settings,
        source,
        "ana",
        desk.now,
        brand=brand,
        accounts=[("memory", brand)],
        tagger_for=tagger_for,
        judging=judging,
    )


def _stricter() -> Settings:
    return Settings(policies={**DEFAULT_POLICIES, Kind.QUESTION: Policy(HOUR)})


def test_the_first_makes_brand_and_accounts(tmp_path: Path) -> None:
    """On an empty store everything that is named is made, and an activity says who did it."""
    desk = Desk(tmp_path)
    applied = _apply(desk, _stricter())
    assert [a.handle for a in applied.accounts] == ["acme"]
    acts = desk.store.activity.log(desk.brand_id, None, None)
    assert [(a.what, a.agent) for a in acts] == [("config", "ana")]
    desk.close()


def test_the_same_settings_change_only_the_hash(tmp_path: Path) -> None:
    """A comment in the file is no reason to judge anything again."""
    desk = Desk(tmp_path)
    _apply(desk, _stricter())
    desk.write("ana", "@acme where is it?")
    desk.fetch()
    applied = _apply(desk, _stricter(), "other comment")
    assert not applied.changed
    assert applied.judged.threads == 0
    assert desk.store.settings.get("settings_source") == "other comment"
    assert len(desk.store.activity.log(desk.brand_id, None, None)) == 1
    desk.close()


def test_open_waits_are_judged_anew(tmp_path: Path) -> None:
    """A shorter promise moves the due time of who waits; who was answered keeps theirs."""
    desk = Desk(tmp_path)
    asked = desk.write("ana", "@acme where is it?", ago=2 * HOUR)
    desk.write("acme", "@ana here", ago=HOUR, in_reply_to=asked.native_id)
    desk.write("bo", "@acme and mine?", ago=HOUR)
    desk.fetch()
    applied = _apply(desk, _stricter())
    assert (applied.changed, applied.judged.waits) == (True, 1)
    rows = desk.store.engine.query("SELECT state, due_at - opened_at FROM wait ORDER BY opened_at")
    assert rows == [("answered", 4 * HOUR), ("open", HOUR)]
    desk.close()


def test_other_rules_tag_what_waits_again(tmp_path: Path) -> None:
    """With other rules the verdicts of who waits are made anew, and name the new snapshot."""
    desk = Desk(tmp_path)
    desk.write("ana", "@acme where is it?")
    desk.fetch()
    applied = _apply(desk, Settings(rules={"a-rule": {"phrases": ["x"], "weights": {"other": 1}}}))
    assert applied.retagged
    rows = desk.store.engine.query("SELECT settings_id FROM verdict")
    assert rows == [(applied.judge.settings_id,)]
    assert desk.now == START
    desk.close()


def _seen_from_outside(store: SqlStore) -> tuple[int, set[int]]:
    """The snapshot in force, and how long those who wait may do so, as another process sees it."""
    current = store.settings.current()
    assert current is not None
    rows = store.engine.query("SELECT due_at - opened_at FROM wait WHERE state = 'open'")
    return current.settings_id, {row[0] for row in rows}


def test_nobody_sees_new_settings_with_old_due_times(tmp_path: Path) -> None:
    """Whenever somebody else looks they see all as it was, or all as it is now."""
    desk = Desk(tmp_path)
    for name in ("ana", "bo", "carlos"):
        desk.write(name, "@acme where is it?")
    desk.fetch()
    seen = []
    with closing(SqlStore.open(desk.where)) as other:
        seen.append(_seen_from_outside(other))
        with listening(desk.store.engine, lambda: seen.append(_seen_from_outside(other))):
            applied = _apply(desk, _stricter())
        seen.append(_seen_from_outside(other))
    assert applied.judged.waits == 3
    assert len(seen) > 10
    before, after = seen[0], seen[-1]
    assert (before[1], after[1]) == ({4 * HOUR}, {HOUR})
    assert after[0] == applied.judge.settings_id
    assert all(one in (before, after) for one in seen)
    desk.close()


def test_what_fails_half_way_leaves_all_as_it_was(tmp_path: Path) -> None:
    """The second of two waits cannot be written: neither is, nor is the snapshot or the act."""
    desk = Desk(tmp_path)
    desk.write("ana", "@acme where is it?")
    desk.write("bo", "@acme and mine?")
    desk.fetch()
    before = content(desk.store)
    with stopping_at(desk.store.engine, 2), pytest.raises(Stopped):
        _apply(desk, _stricter())
    assert content(desk.store) == before
    assert _apply(desk, _stricter()).judged.waits == 2
    desk.close()


def test_more_waits_than_one_batch_are_judged_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many wait, they are of the same snapshot."""
    from triage.app import judging

    desk = Desk(tmp_path)
    for number in range(5):
        desk.write(f"customer{number}", "@acme where is it?")
    desk.fetch()
    # A default of a parameter: it was read when the module was.
    monkeypatch.setattr(judging.judge_all, "__defaults__", (2,))
    assert _apply(desk, _stricter()).judged == judging.Judged(threads=5, waits=5)
    rows = desk.store.engine.query("SELECT DISTINCT settings_id, due_at - opened_at FROM wait")
    assert [span for _, span in rows] == [HOUR]
    desk.close()


def test_every_brand_is_judged_by_the_new_settings(tmp_path: Path) -> None:
    """Snapshots are the store's: another brand in it does not stay behind."""
    desk = Desk(tmp_path)
    desk.write("ana", "@acme where is it?")
    desk.fetch()
    _apply(desk, _stricter(), brand="another")
    assert desk.store.engine.query("SELECT due_at - opened_at FROM wait") == [(HOUR,)]
    desk.close()


def test_without_judging_it_stays_marked(tmp_path: Path) -> None:
    """An import judges later, all at once; nothing is forgotten."""
    desk = Desk(tmp_path)
    desk.write("ana", "@acme where is it?")
    desk.fetch()
    _apply(desk, _stricter(), judging=False)
    assert desk.store.engine.query("SELECT due_at - opened_at FROM wait") == [(4 * HOUR,)]
    assert _apply(desk, _stricter()).judged.waits == 1
    assert desk.store.engine.query("SELECT due_at - opened_at FROM wait") == [(HOUR,)]
    desk.close()
