"""Taking pictures and their words, and the refusals that X is known for."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from triage.sandbox import problems

if TYPE_CHECKING:
    from triage.sandbox.state import Post, State, User
    from triage.sandbox.wire import Call

LIVES_S = 86_400
MAX_BYTES = 5 * 1024 * 1024
MAX_ALT = 1_000
MAX_PICTURES = 4
INVALID_IDS = "Your media IDs are invalid."
NOT_A_PICTURE = "media type unrecognized."
_KEYS = frozenset({"media", "media_category", "media_type", "additional_owners", "shared"})
_CATEGORIES = frozenset({"tweet_image", "dm_image", "subtitles"})
"""Those that one request may carry; a GIF or a video takes several."""
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
Json = dict[str, Any]


def upload(call: Call) -> tuple[int, Json]:
    """Take a picture, base64 in JSON.

    Raises:
        problems.Problem: The body is not as the contract wants it, or is no picture, or is too
            large (400).
    """
    assert call.actor is not None  # noqa: S101 - the caller made sure
    host, body = call.spelling.problems, _object(call)
    for name in body:
        if name not in _KEYS:
            raise problems.invalid(host, f"$.{name}: is not defined in the schema", name, "")
    category = body.get("media_category")
    if category not in _CATEGORIES:
        message = "$.media_category: does not have a value in the enumeration"
        raise problems.invalid(host, message, "media_category", str(category))
    try:
        data = base64.b64decode(str(body.get("media", "")), validate=True)
    except binascii.Error as error:
        message = "$.media: is not base64"
        raise problems.invalid(host, message, "media", "") from error
    if not _is_picture(data):
        raise problems.plain(400, NOT_A_PICTURE)
    if len(data) > MAX_BYTES:
        raise problems.plain(400, f"File size exceeds {MAX_BYTES} bytes.")
    made = call.state.add_media(call.actor, len(data))
    answer = {
        "id": made.id,
        "media_key": made.key,
        "size": made.size,
        "expires_after_secs": LIVES_S,
    }
    return 200, {"data": answer}


def describe(call: Call) -> tuple[int, Json]:
    """Give an upload its words for those who cannot see it.

    Raises:
        problems.Problem: The body is not as the contract wants it, or there is no such upload of
            this account (400).
    """
    assert call.actor is not None  # noqa: S101 - the caller made sure
    host, body = call.spelling.problems, _object(call)
    media_id = body.get("id")
    usable(call.state, call.actor, [media_id])
    metadata = body.get("metadata")
    told = metadata.get("alt_text") if isinstance(metadata, dict) else None
    text = told.get("text") if isinstance(told, dict) else None
    if not isinstance(text, str) or len(text) > MAX_ALT:
        message = f"$.metadata.alt_text.text: must be at most {MAX_ALT} characters long"
        raise problems.invalid(host, message, "metadata.alt_text.text", "")
    call.state.media[str(media_id)].alt = text
    words = {"alt_text": {"text": text}}
    return 200, {"data": {"id": str(media_id), "associated_metadata": words}}


def usable(state: State, account: User, media_ids: list[Any]) -> None:
    """Make sure that an account has uploads, and that they have not expired.

    Raises:
        problems.Problem: One is not there, is another's, or is older than a day (400).
    """
    for media_id in media_ids:
        made = state.media.get(media_id) if isinstance(media_id, str) else None
        is_theirs = made is not None and made.owner_id == account.id
        if made is None or not is_theirs or state.now_ms() - made.at_ms >= LIVES_S * 1_000:
            raise problems.plain(400, INVALID_IDS)


def asked_for(body: Json, host: str) -> list[str]:
    """Read which uploads a post is to have. Raises `problems.Problem` if it is no such list."""
    if "media" not in body:
        return []
    holder = body["media"]
    ids = holder.get("media_ids") if isinstance(holder, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= MAX_PICTURES:
        message = f"$.media.media_ids: must have between 1 and {MAX_PICTURES} items"
        raise problems.invalid(host, message, "media.media_ids", str(ids))
    return ids


def included(state: State, posts: list[Post], fields: set[str]) -> list[Json]:
    """Give the pictures of posts with the fields that were asked for."""
    found: list[Json] = []
    for media_id in dict.fromkeys(i for post in posts for i in post.media):
        made = state.media[media_id]
        values = {"alt_text": made.alt, "url": f"https://pbs.twimg.com/media/{made.id}.jpg"}
        shown = {k: v for k, v in values.items() if k in fields and v}
        found.append({"media_key": made.key, "type": "photo", **shown})
    return found


def _is_picture(data: bytes) -> bool:
    return data.startswith(_STARTS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def _object(call: Call) -> Json:
    try:
        body = json.loads(call.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        host = call.spelling.problems
        raise problems.invalid(host, "The request body is not a JSON object", "", "")
    return body
