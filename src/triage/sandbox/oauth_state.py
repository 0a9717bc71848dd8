"""What the sandbox knows of sign-in: apps, codes, refresh tokens and tickets for a PIN."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CLIENT_ID = "sandbox-client"
CONFIDENTIAL_CLIENT_ID = "sandbox-confidential-client"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 - opens nothing but this sandbox
CALLBACK = "http://127.0.0.1:8765/callback"


@dataclass(slots=True)
class Client:
    """An OAuth 2 app. A `secret` makes it a confidential one."""

    secret: str = ""
    redirect_uris: list[str] = field(default_factory=lambda: [CALLBACK])


@dataclass(slots=True)
class Code:
    """What the browser brings back: good once, until `expires_ms` (UTC epoch ms)."""

    client_id: str
    user_id: str
    redirect_uri: str
    scopes: list[str]
    challenge: str
    expires_ms: int
    used: bool = False


@dataclass(slots=True)
class Refresh:
    """A refresh token: good once. `access_token` ends with it."""

    client_id: str
    user_id: str
    scopes: list[str]
    access_token: str
    used: bool = False


@dataclass(slots=True)
class Ticket:
    """A sign-in by PIN on its way; `pin` and `user_id` are there once somebody said yes."""

    consumer_key: str
    pin: str = ""
    user_id: str = ""
    used: bool = False


def _clients() -> dict[str, Client]:
    return {CLIENT_ID: Client(), CONFIDENTIAL_CLIENT_ID: Client(secret=CLIENT_SECRET)}


@dataclass(slots=True)
class SignIns:
    """All of it, each by its name."""

    clients: dict[str, Client] = field(default_factory=_clients)
    codes: dict[str, Code] = field(default_factory=dict)
    refreshes: dict[str, Refresh] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SignIns:
        """Take it from JSON values."""
        return cls(
            clients={name: Client(**value) for name, value in data["clients"].items()},
            codes={name: Code(**value) for name, value in data["codes"].items()},
            refreshes={name: Refresh(**value) for name, value in data["refreshes"].items()},
            tickets={name: Ticket(**value) for name, value in data["tickets"].items()},
        )
