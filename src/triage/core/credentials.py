"""The keys to a channel or an alert target, as values that never show them."""

from __future__ import annotations

from dataclasses import dataclass, fields

_OAUTH1 = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
_SHORTEST_SECRET = 4
HIDDEN = "[hidden]"


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What an account may hold; empty is the same as missing.

    Attributes:
        bearer_token: The app's own token: reads.
        consumer_key: With the other three, OAuth 1.0a keys: read and post.
        consumer_secret: See `consumer_key`.
        access_token: See `consumer_key`.
        access_token_secret: See `consumer_key`.
        user_token: An OAuth 2 token of the account: reads and posts, for about two hours.
        client_secret: Of a confidential OAuth 2 app: signing in and renewing need it.
    """

    bearer_token: str = ""
    consumer_key: str = ""
    consumer_secret: str = ""
    access_token: str = ""
    access_token_secret: str = ""
    user_token: str = ""
    client_secret: str = ""

    @property
    def oauth1(self) -> bool:
        """All four OAuth 1.0a keys are there."""
        return all(getattr(self, name) for name in _OAUTH1)

    @property
    def can_read(self) -> bool:
        """Something is there to read with."""
        return bool(self.bearer_token or self.user_token or self.oauth1)

    @property
    def can_post(self) -> bool:
        """Something is there that acts as the account; the app's own token does not."""
        return bool(self.user_token or self.oauth1)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the OAuth 1.0a keys that lack although others of the four are there."""
        absent = tuple(name for name in _OAUTH1 if not getattr(self, name))
        return absent if len(absent) < len(_OAUTH1) else ()

    @property
    def unusable(self) -> tuple[str, ...]:
        """Names of those that hold a character which no token has, such as a line end."""
        return tuple(
            name
            for name, value in self._given()
            if not (value.isascii() and value.isprintable() and " " not in value)
        )

    def redact(self, text: str) -> str:
        """Take every one of these secrets out of a text."""
        for _, value in sorted(self._given(), key=lambda item: -len(item[1])):
            for secret in {value, value.strip()}:
                if len(secret) >= _SHORTEST_SECRET:
                    text = text.replace(secret, HIDDEN)
        return text

    def _given(self) -> list[tuple[str, str]]:
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [(name, value) for name, value in values if value]

    def __repr__(self) -> str:
        """Tell which are there, never what they are."""
        names = ", ".join(name for name, _ in self._given()) or "none"
        return f"<Credentials: {names}>"


@dataclass(frozen=True, slots=True, repr=False)
class SecretUrl:
    """An URL that is a key in itself, such as a webhook's.

    Attributes:
        value: The URL.
    """

    value: str

    def __repr__(self) -> str:
        """Never tell it."""
        return f"<SecretUrl: {HIDDEN}>"
