"""A restored backup and a copied database say nothing again that was said since."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chaos.desk import MINUTE_MS, Desk, Maker, complaints, now_ms, published
from chaos.lives import TEXT, fetched, queued
from chaos.oracle import assert_complete, assert_private
from triage.sandbox.faults import Kind, Rule

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

OTHER = "We have found it."


def parent_of(desk: Desk) -> str:
    """The post that is answered."""
    return complaints(desk.server)[0].id


def states(desk: Desk) -> list[str]:
    """Of the replies, oldest first."""
    return [row["state"] for row in desk.replies()]


def back_up(desk: Desk) -> Path:
    """Copy the database as people do it."""
    target = desk.root / "triage.db.backup"
    assert desk.run_here("db", "backup", str(target)).code == 0
    return target


def restore(desk: Desk, backup: Path) -> None:
    """Put a backup in the place of the database."""
    for suffix in ("-wal", "-shm"):
        Path(f"{desk.db}{suffix}").unlink(missing_ok=True)
    shutil.copy(backup, desk.db)


def test_what_was_sent_since_the_backup_is_found(make_desk: Maker) -> None:
    """Queued in a backup from before anything was ever sent, it is not sent again."""
    desk = queued(make_desk)
    backup = back_up(desk)
    assert desk.run_here("fetch").code == 0
    assert states(desk) == ["sent"]
    restore(desk, backup)
    assert states(desk) == ["queued"]
    second = complaints(desk.server)[1].id
    refused = desk.run_here("reply", second, OTHER, "-y")
    assert refused.code == 1
    assert "our own timeline must be read first" in refused.err
    assert published(desk.server, OTHER, second) == []
    assert states(desk) == ["held", "draft"]
    ran = desk.run_here("fetch")
    assert ran.code == 0, ran
    assert "Reply 1 was found on our timeline: it was sent." in ran.err
    assert states(desk) == ["sent", "draft"]
    assert len(published(desk.server, TEXT, parent_of(desk))) == 1
    assert desk.run_here("fetch") == (0, "", "")
    assert desk.run_here("drafts", "send", "2", "-y").code == 0
    assert_complete(desk)
    assert_private(desk)


def test_what_was_not_sent_since_goes_out_once(make_desk: Maker) -> None:
    """After our own timeline was read, what is not on it is sent."""
    desk = queued(make_desk)
    backup = back_up(desk)
    second = complaints(desk.server)[1].id
    assert desk.run_here("reply", second, OTHER, "-y").code == 0
    restore(desk, backup)
    assert desk.run_here("fetch").code == 0
    assert states(desk) == ["sent"]
    assert len(published(desk.server, TEXT, parent_of(desk))) == 1
    assert len(published(desk.server, OTHER, second)) == 1
    assert_complete(desk)


def test_what_was_scheduled_keeps_its_time(make_desk: Maker) -> None:
    """Looked for like the rest, and then it waits for its time as before."""
    desk = queued(make_desk)
    later = now_ms() + 60 * MINUTE_MS
    desk.change("UPDATE reply SET state = 'scheduled', schedule = 'at', send_at = :at", at=later)
    backup = back_up(desk)
    second = complaints(desk.server)[1].id
    assert desk.run_here("reply", second, OTHER, "-y").code == 0
    restore(desk, backup)
    assert desk.run_here("fetch").code == 0
    (row,) = desk.replies()
    assert (row["state"], row["send_at"]) == ("scheduled", later)
    assert published(desk.server, TEXT, parent_of(desk)) == []


def test_a_timeline_that_cannot_be_read_holds_everything(make_desk: Maker) -> None:
    """Without having looked, nothing is sent, however often it is tried."""
    desk = queued(make_desk)
    backup = back_up(desk)
    assert desk.run_here("fetch").code == 0
    restore(desk, backup)
    desk.server.fail(Rule("own", Kind.UNAUTHORIZED, times=None))
    for _ in range(3):
        assert desk.run_here("fetch").code == 4
        assert states(desk) == ["held"]
    desk.server.api.faults.clear()
    assert desk.run_here("fetch").code == 0
    assert states(desk) == ["sent"]
    assert len(published(desk.server, TEXT, parent_of(desk))) == 1


def test_a_backup_made_while_a_reply_was_in_the_air(make_desk: Maker) -> None:
    """It was being sent then; it is found, and stays said once."""
    desk = fetched(make_desk)
    desk.server.fail(Rule("create", Kind.HANG_AFTER))
    process = desk.start("reply", parent_of(desk), TEXT, "-y")
    desk.kill_when(process, answered=1, wanted=lambda r: r.method == "POST")
    assert desk.end(process).code == -9
    desk.server.watch()
    backup = back_up(desk)
    assert states(desk) == ["sending"]
    desk.fetch_to_the_end()
    assert desk.run_here("reply", complaints(desk.server)[1].id, OTHER, "-y").code == 0
    restore(desk, backup)
    desk.fetch_to_the_end()
    assert states(desk) == ["sent"]
    assert len(published(desk.server, TEXT, parent_of(desk))) == 1
    assert_complete(desk)


def copied(desk: Desk, tmp_path: Path, *, other_machine: bool) -> Desk:
    """The same database at another path, or at the same on another machine: another state dir."""
    copy = Desk(tmp_path / "copy", desk.server, settings=desk.settings)
    backup = back_up(desk)
    if other_machine:
        copy.where = copy.db = desk.root / "moved" / "triage.db"
        copy.db.parent.mkdir()
    shutil.copy(backup, copy.db)
    if not other_machine:
        shutil.copytree(desk.root / "state", copy.root / "state", dirs_exist_ok=True)
    return copy


@pytest.mark.parametrize("other_machine", [True, False], ids=["machine", "path"])
@pytest.mark.parametrize("copy_first", [True, False], ids=["copy-first", "original-first"])
def test_a_copy_and_its_original_say_it_once(
    make_desk: Maker, tmp_path: Path, *, other_machine: bool, copy_first: bool
) -> None:
    """Both believe a reply queued: whoever comes second finds it public, and asks at most."""
    desk = queued(make_desk)
    copy = copied(desk, tmp_path, other_machine=other_machine)
    first, second = (copy, desk) if copy_first else (desk, copy)
    assert first.run_here("fetch").code == 0
    assert states(first) == ["sent"]
    assert second.run_here("fetch").code == 0
    assert states(second) == (["held"] if copy_first else ["sent"])
    for either in (copy, desk):
        assert either.run_here("fetch").code == 0
        assert_complete(either)
    assert len(published(desk.server, TEXT, parent_of(desk))) == 1
