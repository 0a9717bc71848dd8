"""A thread that is killed between and inside its parts: no part twice, none missing in the end."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from chaos.desk import Desk, complaints, seeded
from chaos.oracle import assert_sound, stored_waits
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.wire import Request

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

ROUNDS = max(2, int(os.environ.get("TRIAGE_CHAOS", "0")) // 4)
KILLED = -9
SPLIT = ("--split",)
TEXT = "\n\n".join(
    f"Paragraph {n} of what we found out about your order & parcel. " + "It goes on a while. " * 9
    for n in ("one", "two", "three")
)


def is_create(request: Request) -> bool:
    """Whether it is the request that posts."""
    return request.method == "POST" and request.target.startswith("/2/tweets")


def is_upload(request: Request) -> bool:
    """Whether it is the request that uploads."""
    return request.target.startswith("/2/media/upload")


def chain(desk: Desk, parent: str) -> list[str]:
    """The numbers of our posts under that post, each under the one before it."""
    with desk.server.read() as state:
        ours = [p for p in state.current() if state.users[p.author_id].username == "acme"]
    found: list[str] = []
    while under := [p for p in ours if p.reply_to == parent]:
        assert len(under) == 1, "a part is public twice"
        found.append(under[0].text.rsplit(" ", 1)[1])
        parent = under[0].id
    return found


def start(desk: Desk, parent: str) -> subprocess.Popen[str]:
    """Start answering a post with a thread of three."""
    return desk.start("reply", parent, TEXT, "--split", "-y")


def end_right(desk: Desk, parent: str) -> None:
    """Fetches and a person's word for what is not public bring the thread to its end.

    Raises:
        AssertionError: A part is missing or twice there, or a wait ended wrongly.
    """
    assert chain(desk, parent) == [f"{n}/3" for n in range(1, len(chain(desk, parent)) + 1)]
    for _ in range(4):
        assert desk.run_here("fetch").code == 0
        rows = desk.replies()
        stuck = next((r for r in rows if r["state"] in ("unknown", "draft")), None)
        if stuck is None:
            continue
        assert stuck["text"].rsplit(" ", 1)[1] not in chain(desk, parent)
        if stuck["state"] == "draft":
            words = ("drafts", "send", str(stuck["id"]), "-y", *(() if stuck["parts"] else SPLIT))
        else:
            words = ("outbox", "settle", str(stuck["id"]), "--resend", "-y")
        resent = desk.run_here(*words)
        assert resent.code == 0, resent
    assert [r["state"] for r in desk.replies()] == ["sent"] * 3
    assert chain(desk, parent) == ["1/3", "2/3", "3/3"]
    wait = next(w for w in stored_waits(desk) if w.opening == parent)
    assert (wait.state, wait.ended_by) == ("answered", desk.replies()[0]["native_id"])
    assert_sound(desk)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_a_seeded_moment(desk: Desk, seed: int) -> None:
    """Killed a moment after a part's request came, or after it was answered."""
    chance = seeded(seed)
    parent = complaints(desk.server)[0].id
    process = start(desk, parent)
    part, delay_s = chance.randint(1, 3), chance.uniform(0, 0.06)
    if chance.random() < 0.5:
        desk.kill_when(process, arrives=part, delay_s=delay_s, wanted=is_create)
    else:
        desk.kill_when(process, answered=part, delay_s=delay_s, wanted=is_create)
    assert desk.end(process).code in (KILLED, 0)
    desk.server.watch()
    end_right(desk, parent)


@pytest.mark.thin(3)
@pytest.mark.parametrize("part", [1, 2, 3])
@pytest.mark.parametrize("kind", [Kind.HANG, Kind.HANG_AFTER])
def test_killed_while_a_part_hangs(desk: Desk, part: int, kind: Kind) -> None:
    """Whether X had taken the part or not: what is public is found, what is not is asked about."""
    desk.server.fail(Rule("create", kind, skip=part - 1))
    parent = complaints(desk.server)[0].id
    process = start(desk, parent)
    desk.kill_when(process, answered=part, delay_s=0.01, wanted=is_create)
    assert desk.end(process).code == KILLED
    desk.server.watch()
    assert len(chain(desk, parent)) == part - (kind is Kind.HANG)
    end_right(desk, parent)


@pytest.mark.thin(2)
@pytest.mark.parametrize("kind", [Kind.CLOSE, Kind.CLOSE_AFTER, Kind.RATE_LIMITED, Kind.CREDITS])
def test_a_fault_in_the_middle(desk: Desk, kind: Kind) -> None:
    """The part's fate has its own exit code, and the parts behind it wait."""
    desk.server.fail(Rule("create", kind, skip=1))
    parent = complaints(desk.server)[0].id
    codes = {Kind.RATE_LIMITED: 75, Kind.CREDITS: 1}
    ran = desk.run_here("reply", parent, TEXT, "--split", "-y")
    assert ran.code == codes.get(kind, 5), ran
    assert "Part 2 of 3" in ran.err
    assert [r["state"] for r in desk.replies()][2] == "held"
    desk.change("UPDATE reply SET retry_at = 0 WHERE retry_at IS NOT NULL")
    desk.pass_limits()
    if kind is Kind.CREDITS:
        assert desk.run_here("drafts", "send", "1", "-y").code == 0
    end_right(desk, parent)


def test_a_script_that_runs_it_again_says_nothing_twice(desk: Desk) -> None:
    """The same command again, while the thread is half out, is refused."""
    desk.server.fail(Rule("create", Kind.RATE_LIMITED, skip=1))
    parent = complaints(desk.server)[0].id
    assert desk.run_here("reply", parent, TEXT, "--split", "-y").code == 75
    again = desk.run_here("reply", parent, TEXT, "--split", "-y")
    assert again.code == 1, again
    assert chain(desk, parent) == ["1/3"]


def test_killed_while_a_picture_is_uploaded_it_is_sent_with_it_later(
    desk: Desk, tmp_path: Path
) -> None:
    """An upload is public to nobody: the reply is queued, and the next fetch sends it whole."""
    photo = tmp_path / "torn.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 1_000)
    desk.server.fail(Rule("upload", Kind.HANG))
    parent = complaints(desk.server)[0].id
    process = desk.start(
        "reply", parent, "Like this: 1/1", "--media", str(photo), "--alt", "torn", "-y"
    )
    desk.kill_when(process, answered=1, delay_s=0.01, wanted=is_upload)
    assert desk.end(process).code == KILLED
    desk.server.watch()
    assert [r["state"] for r in desk.replies()] == ["queued"]
    photo.unlink()
    assert desk.run_here("fetch").code == 0
    assert [r["state"] for r in desk.replies()] == ["sent"]
    with desk.server.read() as state:
        (post,) = [p for p in state.current() if p.reply_to == parent]
        assert [state.media[i].alt for i in post.media] == ["torn"]
    assert list(Path(f"{desk.db}.media").iterdir()) == []
    assert_sound(desk)


@pytest.mark.parametrize("kind", [Kind.HANG_AFTER, Kind.CLOSE_AFTER])
def test_a_lost_reply_with_a_picture_is_found(desk: Desk, tmp_path: Path, kind: Kind) -> None:
    """X puts a link behind its text; it is told as sent, and not said again."""
    photo = tmp_path / "torn.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 1_000)
    desk.server.fail(Rule("create", kind))
    parent = complaints(desk.server)[0].id
    words = ("reply", parent, "Like this & so:", "--media", str(photo), "--alt", "torn", "-y")
    assert desk.run_here(*words).code == 5
    assert desk.run_here("fetch").code == 0
    assert [r["state"] for r in desk.replies()] == ["sent"]
    with desk.server.read() as state:
        assert len([p for p in state.current() if p.reply_to == parent]) == 1
    assert_sound(desk)
