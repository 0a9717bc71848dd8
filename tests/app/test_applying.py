"""Putting settings in force: what waits is judged again, what ended stays as it was judged."""

from __future__ import annotations

from pathlib import Path

from builders import START, Desk, tagger_for
from triage.app.applying import Applied, apply_settings
from triage.core.model import HOUR, Kind
from triage.core.policy import DEFAULT_POLICIES, Policy, Settings


def _apply(desk: Desk, settings: Settings, source: str = "new") -> Applied:
    return apply_settings(
        desk.store,
        settings,
        source,
        "ana",
        desk.now,
        brand="acme",
        accounts=[("memory", "acme")],
        tagger_for=tagger_for,
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
