"""What X is told and says about pictures: requests and answers of `/2/media`. Pure.

One request carries a whole picture, base64 in JSON, as both versions of the contract have it. A
second one gives it its words. Neither is public before a post refers to it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from triage.channels.x import answers
from triage.channels.x.answers import Answer, Json
from triage.core.channel import Upload
from triage.errors import ChannelError, SignInNeeded, TriageError

UPLOAD_ROUTE = "/2/media/upload"
METADATA_ROUTE = "/2/media/metadata"
MAX_PICTURES = 4
"""Pictures in one post; `maxItems` of `media_ids`."""
MAX_PICTURE_BYTES = 5 * 1024 * 1024
"""https://docs.x.com/x-api/media/introduction: images 5 MB."""
MAX_ALT = 1_000
"""Characters of `alt_text.text` in the contract."""

_ID = re.compile(r"[0-9]{1,19}")


def upload_body(upload: Upload) -> dict[str, Any]:
    """The body that brings a picture to X."""
    data = base64.b64encode(upload.data).decode("ascii")
    return {"media": data, "media_category": "tweet_image"}


def words_body(native_id: str, alt: str) -> dict[str, Any]:
    """The body that gives a picture its words."""
    return {"id": native_id, "metadata": {"alt_text": {"text": alt}}}


def id_of(body: Json) -> str:
    """The id of an upload. Raises `ChannelError` if the answer has none."""
    data = body.get("data")
    native_id = data.get("id") if isinstance(data, Mapping) else None
    text = "" if isinstance(native_id, bool) else str(native_id or "")
    if _ID.fullmatch(text) is None:
        raise ChannelError("X gave no id for the picture", reason=answers.said(body))
    return text


def error(answer: Answer, endpoint: str, now: int) -> TriageError:
    """Give the error that a refused upload means; `now` in UTC epoch ms."""
    if answer.status == answers.FORBIDDEN:
        return SignInNeeded(
            "X does not let these credentials upload pictures",
            reason=answers.detail(answer),
            hint="Sign in with the scope media.write, or use OAuth 1.0a keys that may write",
        )
    if answer.status in (answers.BAD_REQUEST, answers.TOO_LARGE):
        return ChannelError("X did not take the picture", reason=answers.detail(answer))
    return answers.error(answer, endpoint, now)
