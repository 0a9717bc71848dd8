"""Pictures that go with a reply: what they are, and whether they may go. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from triage.core.channel import Capabilities
from triage.core.model import HOUR

UPLOAD_LIVES = 23 * HOUR
"""An upload that is younger is used. X keeps one for 24 hours (`expires_after_secs`)."""

PICTURES = ("image/jpeg", "image/png", "image/webp")
"""What can be sent. X takes these in one request; a GIF or a video would need several, and time
to be processed."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture of a reply, as the store keeps it.

    Attributes:
        position: From 1.
        path: Where the file was when it was attached.
        sha256: Of its bytes; a copy of them is kept under this name until the reply is final.
        bytes: How many.
        media_type: Such as `image/png`, told by its content.
        alt: What somebody hears who cannot see it; empty if a person wanted none.
        native_id: The channel's id of the upload.
        uploaded_at: When that was made, UTC ms.
    """

    position: int
    path: str
    sha256: str
    bytes: int
    media_type: str
    alt: str
    native_id: str | None = None
    uploaded_at: int | None = None

    def is_uploaded(self, now: int) -> bool:
        """Whether the channel still has it."""
        made = self.uploaded_at
        return self.native_id is not None and made is not None and now - made < UPLOAD_LIVES


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in hand: from where it came, what it is, its bytes, and its words."""

    path: str
    data: bytes
    media_type: str
    alt: str


def media_type_of(data: bytes) -> str:
    """Tell by its first bytes what a file is, whatever its name says; empty if nobody knows."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return "video/mp4"
    return next((kind for start, kind in _SIGNATURES if data.startswith(start)), "")


def objection(name: str, data: bytes, alt: str, able: Capabilities, size: int) -> str:
    """Say what is wrong with a picture; empty if it may go.

    Args:
        name: As the person wrote it.
        data: Its bytes.
        alt: Its words for those who cannot see it.
        able: What the channel takes.
        size: How many bytes it has in all, if `data` is only its beginning.
    """
    kind = media_type_of(data)
    if not data:
        return f"{name} is empty."
    if kind not in PICTURES:
        what = {"image/gif": "a GIF", "": "no picture"}.get(kind, kind)
        return f"{name} is {what}; JPEG, PNG and WebP can be sent."
    if size > able.max_media_bytes:
        most = size_words(able.max_media_bytes)
        return f"{name} has {size_words(size)}; {most} are taken at most."
    if len(alt) > able.max_alt:
        return f"The words for {name} have {len(alt)} characters; {able.max_alt} are taken at most."
    return ""


def size_words(size: int) -> str:
    """A size for people, such as `214 KB` or `5.2 MB`."""
    kilo = 1024
    if size < kilo:
        return f"{size} bytes"
    if size < kilo * kilo:
        return f"{size // kilo} KB"
    return f"{size / kilo / kilo:.1f} MB"
