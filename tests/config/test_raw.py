"""Reading the file as it stands."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from triage.config.raw import read_raw
from triage.errors import ConfigError

ENV = {"HOME": "/nowhere"}


def write(folder: Path, content: bytes) -> Path:
    """Write a configuration."""
    path = folder / "config.toml"
    path.write_bytes(content)
    return path


def test_hash_is_of_the_bytes(tmp_path: Path) -> None:
    """Without rule files the hash is the file's own SHA-256; any byte changes it."""
    path = write(tmp_path, b'brand = "acme"\n')
    assert read_raw(path, ENV).source_hash == hashlib.sha256(b'brand = "acme"\n').hexdigest()
    first = read_raw(path, ENV).source_hash
    write(tmp_path, b'brand = "acme" \n')
    assert read_raw(path, ENV).source_hash != first


def test_hash_covers_rule_files(tmp_path: Path) -> None:
    """A rule file that changes, comes or goes changes the hash; nothing else does."""
    path = write(tmp_path, b'[rules]\nfiles = ["rules.toml"]\n')
    gone = read_raw(path, ENV)
    (tmp_path / "rules.toml").write_text("")
    empty = read_raw(path, ENV)
    (tmp_path / "rules.toml").write_text("[rules]\n")
    full = read_raw(path, ENV)
    assert len({gone.source_hash, empty.source_hash, full.source_hash}) == 3
    assert read_raw(path, ENV).source_hash == full.source_hash
    assert gone.rule_files[0].content is None
    assert full.rule_files[0].path == tmp_path / "rules.toml"


def test_missing(tmp_path: Path) -> None:
    """Whoever has no file is told the commands that help."""
    with pytest.raises(ConfigError) as error:
        read_raw(tmp_path / "config.toml", ENV)
    assert str(tmp_path / "config.toml") in error.value.reason
    assert "triage init" in error.value.hint
    assert "triage demo" in error.value.hint


def test_unreadable(tmp_path: Path) -> None:
    """A directory in its place is said to be one."""
    with pytest.raises(ConfigError, match="cannot be read") as error:
        read_raw(tmp_path, ENV)
    assert "directory" in error.value.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_no_permission(tmp_path: Path) -> None:
    """A file that may not be read is named with the system's reason."""
    path = write(tmp_path, b"")
    path.chmod(0)
    with pytest.raises(ConfigError, match="cannot be read") as error:
        read_raw(path, ENV)
    assert "Permission denied" in error.value.reason


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'brand = "a"\nagent = "\xff"\n', "line 2: not UTF-8"),
        (b'brand = "a"\nagent = \n', "line 2, column 9: not valid TOML"),
        (b"a = [", "end of document: not valid TOML"),
        (b"a = 1\na = 2\n", "line 2, column 6: not valid TOML"),
        (b"a = " + b"[" * 20_000, "nested too deeply"),
        (b"a = " + b"9" * 5_000, "not valid TOML"),
    ],
)
def test_broken(tmp_path: Path, content: bytes, place: str) -> None:
    """Broken text is named by file and place, with the command that checks it again."""
    path = write(tmp_path, content)
    with pytest.raises(ConfigError) as error:
        read_raw(path, ENV)
    assert error.value.message.startswith("config.toml, ")
    assert place in error.value.message
    assert str(path) in error.value.reason
    assert error.value.hint == "Check again: triage config check"


def test_byte_order_mark(tmp_path: Path) -> None:
    """A mark that an editor put there does no harm."""
    path = write(tmp_path, b'\xef\xbb\xbfbrand = "acme"\n')
    assert read_raw(path, ENV).data == {"brand": "acme"}


def test_repr_hides_the_content(tmp_path: Path) -> None:
    """Somebody may have put a secret where none belongs."""
    raw = read_raw(write(tmp_path, b'bearer_token = "hunter2hunter2"\n'), ENV)
    assert "hunter2" not in repr(raw)
    located = f"{(raw,)!r}"
    assert "hunter2" not in located
