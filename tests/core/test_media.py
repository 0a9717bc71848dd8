"""What a picture is, told by its content, and what keeps one from going out."""

from __future__ import annotations

import pytest

from triage.core.channel import Capabilities
from triage.core.media import UPLOAD_LIVES, Attachment, media_type_of, objection, size_words

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
ABLE = Capabilities(max_media=4, max_media_bytes=5 * 1024 * 1024, max_alt=1_000)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0JFIF", "image/jpeg"),
        (PNG, "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"GIF89a....", "image/gif"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"RIFF\x00\x00\x00\x00WAVE", ""),
        (b"<html>", ""),
        (b"", ""),
    ],
)
def test_the_content_tells_what_a_file_is(data: bytes, kind: str) -> None:
    """A name says nothing: only the first bytes do."""
    assert media_type_of(data) == kind


@pytest.mark.parametrize(
    ("data", "alt", "size", "told"),
    [
        (PNG, "a button", 108, ""),
        (b"", "a button", 0, "it.png is empty."),
        (b"GIF89a", "it moves", 6, "it.png is a GIF; JPEG, PNG and WebP can be sent."),
        (b"%PDF-1.7", "a page", 8, "it.png is no picture; JPEG, PNG and WebP can be sent."),
        (PNG, "a button", 5 * 1024 * 1024, ""),
        (PNG, "a button", 5 * 1024 * 1024 + 52_429, "it.png has 5.1 MB; 5.0 MB are taken at most."),
        (PNG, "x" * 1_000, 108, ""),
        (
            PNG,
            "x" * 1_001,
            108,
            "The words for it.png have 1001 characters; 1000 are taken at most.",
        ),
    ],
)
def test_what_keeps_a_picture_from_going_out(data: bytes, alt: str, size: int, told: str) -> None:
    """Each reason is told in one sentence; without one there is none."""
    assert objection("it.png", data, alt, ABLE, size) == told


def test_an_upload_is_used_for_less_than_a_day() -> None:
    """X forgets an upload after 24 hours; it is made anew an hour before."""
    made = Attachment(1, "/it.png", "ab", 3, "image/png", "", "77", 1_000)
    assert made.is_uploaded(1_000 + UPLOAD_LIVES - 1)
    assert not made.is_uploaded(1_000 + UPLOAD_LIVES)
    assert not Attachment(1, "/it.png", "ab", 3, "image/png", "").is_uploaded(0)


def test_sizes_for_people() -> None:
    """Bytes, KB and MB."""
    assert [size_words(n) for n in (12, 2_048, 3 * 1024 * 1024)] == ["12 bytes", "2 KB", "3.0 MB"]
