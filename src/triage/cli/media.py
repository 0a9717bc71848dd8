"""Pictures of a reply: read from files that a person names, checked, and listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from triage.cli import output
from triage.cli.files import opened
from triage.core.media import Picture, media_type_of, objection, size_words
from triage.errors import StoreError, UsageError

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.core.channel import Capabilities
    from triage.core.media import Attachment
    from triage.core.records import Reply


def read_pictures(
    files: Sequence[str], alts: Sequence[str], capabilities: Capabilities, *, no_alt: bool
) -> list[Picture]:
    """Read the files, and refuse what the channel would not take.

    Args:
        files: What `--media` said, in its order.
        alts: What `--alt` said: the first belongs to the first file, and so on.
        capabilities: Of the channel.
        no_alt: A picture may go without words.

    Raises:
        UsageError: A picture has no words, or cannot be sent.
        NotFound: A file cannot be read.
    """
    _check_numbers(files, alts, capabilities, no_alt=no_alt)
    words = [*alts, *("" for _ in files[len(alts) :])]
    return [
        _read(file, alt, capabilities, no_alt=no_alt)
        for file, alt in zip(files, words, strict=True)
    ]


def _check_numbers(
    files: Sequence[str], alts: Sequence[str], capabilities: Capabilities, *, no_alt: bool
) -> None:
    if len(files) > capabilities.max_media:
        raise UsageError(
            f"A reply can have {capabilities.max_media} pictures, not {len(files)}.",
            hint="Leave some out.",
        )
    if len(alts) > len(files):
        raise UsageError(
            "There are more --alt than --media.", hint='Give --media FILE --alt "TEXT" in pairs.'
        )
    if len(alts) < len(files) and not no_alt:
        raise _without_words(files[len(alts)])


def _without_words(file: str) -> UsageError:
    return UsageError(
        f"{file} has no words for those who cannot see it.",
        reason="A screen reader says nothing where a picture has none.",
        hint='Say what is on it: --alt "TEXT", or send it without: --no-alt.',
    )


def _read(file: str, alt: str, capabilities: Capabilities, *, no_alt: bool) -> Picture:
    alt = alt.strip()
    if not alt and not no_alt:
        raise _without_words(file)
    with opened(file) as (stream, size):
        # One byte more than may be is enough to know that it is too large.
        data = stream.read(capabilities.max_media_bytes + 1)
    wrong = objection(file, data, alt, capabilities, max(size or 0, len(data)))
    if wrong:
        raise UsageError(wrong, reason="Nothing was sent.", hint="Use another picture or words.")
    return Picture(_absolute(file), data, media_type_of(data), alt)


def _absolute(file: str) -> str:
    from pathlib import Path

    return str(Path(file).absolute())


def attach(app: App, draft: Reply, pictures: Sequence[Picture], kept: str) -> None:
    """Keep the pictures with a saved draft. Raises `StoreError`."""
    if not pictures:
        return
    try:
        with app.store.tx():
            app.store.media.attach(draft.id, pictures)
    except StoreError as error:
        error.reason = f"{error.reason} {kept}".strip()
        raise


def show_pictures(pictures: Sequence[Picture | Attachment]) -> None:
    """Print a line for each picture, with its words."""
    from pathlib import Path

    for picture in pictures:
        words = picture.alt or "no words for those who cannot see it"
        about = f"{picture.media_type}, {size_words(_size(picture))}"
        output.indented(f"[{Path(picture.path).name}, {about}] {words}")


def picture_items(pictures: Sequence[Picture | Attachment]) -> list[dict[str, object]]:
    """Pictures for scripts."""
    return [
        {"path": p.path, "media_type": p.media_type, "bytes": _size(p), "alt": p.alt}
        for p in pictures
    ]


def _size(picture: Picture | Attachment) -> int:
    return len(picture.data) if isinstance(picture, Picture) else picture.bytes
