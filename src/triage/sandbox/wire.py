"""What passes between the server, the endpoints and the faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from triage.sandbox.faults import Kind
    from triage.sandbox.spelling import Spelling
    from triage.sandbox.state import State, User


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. `target` is the path with the query; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class Response:
    """What goes out.

    Attributes:
        close: End the connection instead of answering.
        hold_s: Wait so long first, or until the server is released.
        cut: Send only so many bytes of the body that was announced, then end the connection.
        raw: These bytes are sent instead of status, headers and body; then the connection ends.
        drip_s: Seconds between two bytes of `raw`.
        fault: What was made to go wrong, if anything.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    close: bool = False
    hold_s: float = 0.0
    cut: int | None = None
    raw: bytes | None = None
    drip_s: float = 0.0
    fault: Kind | None = None


@dataclass(slots=True)
class Call:
    """One request on its way through an endpoint."""

    state: State
    spelling: Spelling
    query: dict[str, str]
    path: dict[str, str]
    actor: User | None
    body: bytes


@dataclass(slots=True)
class Options:
    """How the sandbox behaves where X may behave in several ways.

    Attributes:
        alter_text: Put names before replies, shorten links and escape, as X does.
        automatic_names_count: A reply may be sent to a post that names the account only in its
            automatic leading names.
        page_size: Pages are no longer than this, whatever was asked for.
        standing_tokens: The keys that are there from the beginning are accepted; False leaves
            only those of a sign-in.
    """

    alter_text: bool = True
    automatic_names_count: bool = True
    page_size: int = 100
    standing_tokens: bool = True
