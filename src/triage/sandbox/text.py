"""What X does to the text of a post: shortened links, escapes, entities, truncation.

Positions in entities are counted in code points of the text that is returned, after escaping.
"""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

TEXT_UNITS = 280
"""A longer post is cut here in `text`; the whole is in `note_tweet`."""
REPOST_UNITS = 140
_URL = r"https?://[^\s<>\"]+"
_HANDLE = r"(?<![\w@/])@([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])"
_TAG = r"(?<![\w&/])#(\w*[^\W\d_]\w*)"
_PIECE = re.compile(f"(?P<url>{_URL})|{_HANDLE}|{_TAG}")
_TRAILING = ".,;:!?)]}'\u2026\u3002"
_DISPLAY = 30
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class Rendered:
    """A text as X returns it.

    Attributes:
        text: Escaped, with short links, cut to the limit.
        entities: Of `text`, only the kinds that occur.
        note: The whole text where `text` was cut, else None.
        note_entities: Of `note`.
        visible_from: Where the text after the automatic names begins.
    """

    text: str
    entities: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    note: str | None = None
    note_entities: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    visible_from: int = 0


def handle_list(text: str) -> list[str]:
    """Give the handles that a text names, in order, without `@`."""
    return [m.group(2) for m in _PIECE.finditer(text) if m.group(2)]


@lru_cache(maxsize=65_536)
def handles(text: str) -> frozenset[str]:
    """Give the handles that a text names, in lower case, without `@`."""
    return frozenset(name.lower() for name in handle_list(text))


def leading_handles(text: str) -> list[str]:
    """Give the handles that a text begins with."""
    run = re.match(r"(?:@[A-Za-z0-9_]{1,15}(?:\s+|$))*", text)
    return handle_list(run.group(0)) if run else []


def short_link(url: str) -> str:
    """Give the short form of a link; the same link always has the same."""
    number = int.from_bytes(hashlib.sha256(url.encode("utf-8", "surrogatepass")).digest()[:8])
    code = ""
    for _ in range(10):
        number, digit = divmod(number, len(_DIGITS))
        code += _DIGITS[digit]
    return f"https://t.co/{code}"


def render(plain: str, *, names: int = 0, repost: bool = False, alter: bool = True) -> Rendered:
    """Render a text as X returns it.

    Args:
        plain: The whole text with automatic names and full links.
        names: How many automatic names it begins with.
        repost: It repeats another post: cut shorter, and never a note.
        alter: Shorten links and escape; without it only positions and the cut are found.
    """
    whole, entities = _build(plain, alter=alter)
    rendered = Rendered(whole, entities)
    if names:
        mentions = entities.get("mentions", [])[:names]
        rendered.visible_from = min(mentions[-1]["end"] + 1, len(whole)) if mentions else 0
    limit = REPOST_UNITS if repost else TEXT_UNITS
    if len(whole) - rendered.visible_from <= limit:
        return rendered
    cut = _cut_at(whole, rendered.visible_from + limit - 1, entities)
    rendered.text = whole[:cut].rstrip() + "\u2026"
    rendered.entities = _within(entities, cut)
    if not repost:
        rendered.note, rendered.note_entities = whole, entities
    return rendered


def _build(plain: str, *, alter: bool) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    out: list[str] = []
    length = 0
    entities: dict[str, list[dict[str, Any]]] = {}

    def put(piece: str) -> None:
        nonlocal length
        out.append(piece)
        length += len(piece)

    def escaped(piece: str) -> str:
        return html.escape(piece, quote=False) if alter else piece

    position = 0
    for match in _PIECE.finditer(plain):
        put(escaped(plain[position : match.start()]))
        position, start = match.end(), length
        if url := match.group("url"):
            kept = url.rstrip(_TRAILING)
            position -= len(url) - len(kept)
            put(short_link(kept) if alter and not kept.startswith("https://t.co/") else kept)
            entity: dict[str, Any] = {"start": start, "end": length, "url": out[-1]}
            bare = kept.split("://", 1)[1].removeprefix("www.")
            shown = bare if len(bare) <= _DISPLAY else bare[: _DISPLAY - 1] + "\u2026"
            entity |= {"expanded_url": kept, "display_url": shown}
            entities.setdefault("urls", []).append(entity)
            continue
        put(match.group(0))
        kind, key, value = ("hashtags", "tag", match.group(3))
        if match.group(2):
            kind, key, value = ("mentions", "username", match.group(2))
        entities.setdefault(kind, []).append({"start": start, "end": length, key: value})
    put(escaped(plain[position:]))
    return "".join(out), entities


def _cut_at(whole: str, limit: int, entities: dict[str, list[dict[str, Any]]]) -> int:
    # Never inside a link, a name or an escape such as `&amp;`.
    cut = limit
    for entity in (e for kind in entities.values() for e in kind):
        if entity["start"] < cut < entity["end"]:
            cut = entity["start"]
    ampersand = whole.rfind("&", max(0, cut - 5), cut)
    if ampersand >= 0 and ";" not in whole[ampersand:cut]:
        cut = ampersand
    space = whole.rfind(" ", 0, cut + 1)
    return space if space > cut - 40 else cut


def _within(entities: dict[str, list[dict[str, Any]]], end: int) -> dict[str, list[dict[str, Any]]]:
    kept = {kind: [e for e in found if e["end"] <= end] for kind, found in entities.items()}
    return {kind: found for kind, found in kept.items() if found}
