"""Pictures with a reply, as a person sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders import Desk
from engines import pictures
from screens import Runner, assert_golden
from triage.bootstrap import App
from triage.core.outbox import ReplyState
from triage.errors import ConfigError, NetworkDown, SignInNeeded

TEXT = "It looks like this:"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 2_000
WORDS = "the parcel, torn open at one end"


@pytest.fixture
def photo(tmp_path: Path) -> str:
    """A picture."""
    path = tmp_path / "torn.png"
    path.write_bytes(PNG)
    return str(path)


def states(desk: Desk) -> list[str]:
    """The states of all replies."""
    return [r.state.value for r in desk.store.outbox.list_states(desk.brand_id, list(ReplyState))]


@pytest.mark.parametrize("width", [40, 80])
def test_the_picture_and_its_words_are_shown_before_it_is_public(
    busy: Desk, run: Runner, photo: str, width: int
) -> None:
    """The person sees name, type, size and words, and confirms all of it."""
    words = ("reply", "3", TEXT, "--media", photo, "--alt", WORDS)
    ran = run(*words, tty=True, width=width, keys="y\n")
    assert ran.code == 0, ran
    (upload,) = busy.channel.uploads.values()
    assert (upload.data, upload.alt) == (PNG, WORDS)
    assert_golden(f"reply-media-{width}", ran.out)


def test_words_are_asked_for(busy: Desk, run: Runner, photo: str) -> None:
    """A picture without words is refused before anything is saved; --no-alt is a decision."""
    ran = run("reply", "3", TEXT, "--media", photo, "-y")
    assert ran.code == 2
    assert "no words for those who cannot see it" in ran.err
    assert "--no-alt" in ran.err
    assert run("reply", "3", TEXT, "--media", photo, "--alt", "  ", "-y").code == 2
    assert states(busy) == []
    assert run("reply", "3", TEXT, "--media", photo, "--no-alt", "-y").code == 0
    assert [u.alt for u in busy.channel.uploads.values()] == [""]


def test_each_picture_has_its_own_words(
    busy: Desk, run: Runner, photo: str, tmp_path: Path
) -> None:
    """The first words belong to the first picture, and there are not more of them."""
    other = tmp_path / "label.jpg"
    other.write_bytes(b"\xff\xd8\xff" + b"1" * 10)
    both = ("--media", photo, "--media", str(other))
    ran = run("reply", "3", TEXT, *both, "--alt", "torn", "-y")
    assert (ran.code, "label.jpg has no words" in ran.err) == (2, True)
    three = ("--alt", "torn", "--alt", "label", "--alt", "what")
    assert run("reply", "3", TEXT, *both, *three, "-y").code == 2
    assert run("reply", "3", TEXT, *both, "--alt", "torn", "--alt", "label", "-y").code == 0
    assert [u.alt for u in busy.channel.uploads.values()] == ["torn", "label"]
    five = [word for _ in range(5) for word in ("--media", photo, "--alt", "x")]
    ran = run("reply", "4", TEXT, *five, "-y")
    assert (ran.code, "can have 4 pictures, not 5" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("it.png", b"GIF89a....", "is a GIF; JPEG, PNG and WebP can be sent"),
        ("it.png", b"hello", "is no picture"),
        ("it.png", b"", "is empty"),
        ("it.jpg", PNG.ljust(5 * 1024 * 1024 + 1, b"0"), "5.0 MB are taken at most"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_leaves(
    busy: Desk, run: Runner, tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    """By its content and its size, whatever its name says."""
    (tmp_path / name).write_bytes(data)
    ran = run("reply", "3", TEXT, "--media", str(tmp_path / name), "--alt", "x", "-y")
    assert ran.code == 2
    assert told in ran.err
    assert (states(busy), busy.channel.calls.count("upload")) == ([], 0)


def test_a_file_that_is_not_there(busy: Desk, run: Runner, tmp_path: Path) -> None:
    """Named with the reason."""
    ran = run("reply", "3", TEXT, "--media", str(tmp_path / "none.png"), "--alt", "x", "-y")
    assert (ran.code, "cannot be read" in ran.err) == (1, True)
    assert run("reply", "3", TEXT, "--media", str(tmp_path), "--alt", "x", "-y").code == 1
    assert states(busy) == []


def test_too_many_words(busy: Desk, run: Runner, photo: str) -> None:
    """X takes a thousand characters."""
    ran = run("reply", "3", TEXT, "--media", photo, "--alt", "x" * 1_001, "-y")
    assert (ran.code, "1001 characters" in ran.err) == (2, True)
    assert states(busy) == []


def test_a_queued_reply_is_sent_although_the_file_was_moved(
    busy: Desk, run: Runner, photo: str
) -> None:
    """A copy is kept until the reply is final."""
    busy.channel.fail_next("upload", NetworkDown("X could not be reached", reason="no route"))
    ran = run("reply", "3", TEXT, "--media", photo, "--alt", WORDS, "-y")
    assert ran.code == 75
    assert "X could not be reached: no route" in ran.err
    assert states(busy) == ["queued"]
    Path(photo).unlink()
    shown = run("drafts", "show", "1", tty=True).out
    assert f"[torn.png, image/png, 1 KB] {WORDS}" in " ".join(shown.split())
    assert run("drafts", "send", "1", "-y").code == 0
    assert [u.data for u in busy.channel.uploads.values()] == [PNG]
    assert list(pictures(busy.store).iterdir()) == []


def test_credentials_that_may_not_upload(busy: Desk, run: Runner, photo: str) -> None:
    """The exit code says that signing in mends it, and the reply waits for that."""
    busy.channel.fail_next("upload", SignInNeeded("X does not let these credentials upload"))
    ran = run("reply", "3", TEXT, "--media", photo, "--alt", WORDS, "-y")
    assert ran.code == 4
    assert states(busy) == ["held"]


def test_a_text_alone_is_saved_before_the_channel_is_asked(
    busy: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials that cannot be read keep no text from the drafts."""

    def broken(_app: App, _account: object) -> None:
        raise ConfigError("The credentials cannot be read.")

    monkeypatch.setattr(App, "channel", broken)
    assert run("reply", "3", TEXT, "-y").code == 78
    assert states(busy) == ["draft"]
    assert run("reply", "3", TEXT, "--split", "-y").code == 78
    assert states(busy) == ["draft", "draft"]


def test_dry_run_lists_the_pictures(busy: Desk, run: Runner, photo: str) -> None:
    """In JSON with their paths, types, sizes and words; nothing is kept or uploaded."""
    words = ("reply", "3", TEXT, "--media", photo, "--alt", WORDS, "--dry-run")
    (item,) = json.loads(run(*words, "--json").out)["items"]
    assert item["media"] == [
        {"path": photo, "media_type": "image/png", "bytes": len(PNG), "alt": WORDS}
    ]
    assert "[torn.png, image/png, 1 KB]" in run(*words, tty=True).out
    assert states(busy) == []
    assert not pictures(busy.store).exists()
    assert busy.channel.uploads == {}


def test_a_picture_goes_with_the_first_part_of_a_thread(
    busy: Desk, run: Runner, photo: str
) -> None:
    """It stands where the customer looks first."""
    words = ("reply", "3", "It goes on a while. " * 30, "--split")
    assert run(*words, "--media", photo, "--alt", WORDS, "-y").code == 0
    assert [len(a.media) for a in busy.channel.attempts] == [1, 0, 0]
