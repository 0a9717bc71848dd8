"""Renewing a sign-in: what is written when, and what happens when it goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from triage.app.renewing import RenewedKeys, renew
from triage.core.credentials import Credentials
from triage.core.model import HOUR, MINUTE, SECOND
from triage.core.signin import OAUTH2, Grant, RenewalUnknown, SignIn
from triage.errors import Busy, NetworkDown, SignInNeeded, TriageError

NOW = 1_790_000_000_000
KEY = "x:acme"


def held(left: int = -SECOND, **more: object) -> SignIn:
    """A sign-in of which `left` ms are left."""
    first = SignIn(
        KEY,
        OAUTH2,
        "acme",
        credentials=Credentials(user_token="a0"),  # noqa: S106 - of a test
        refresh_token="r0",  # noqa: S106
        scopes=("tweet.read",),
        expires_at=NOW + left,
    )
    return replace(first, **more)  # type: ignore[arg-type]


class Shelf:
    """A shelf in memory that keeps what was done to it."""

    def __init__(self, sign_in: SignIn | None, told: list[str], *, room: int = 9) -> None:
        self.kept = sign_in
        self.told = told
        self.room = room

    def get(self, _key: str) -> SignIn | None:
        """Give what is kept."""
        self.told.append("look")
        return self.kept

    def every(self) -> list[SignIn]:
        """Give all."""
        return [self.kept] if self.kept else []

    def put(self, sign_in: SignIn) -> None:
        """Keep it while there is room."""
        if not self.room:
            raise TriageError("The tokens cannot be written.")
        self.room -= 1
        self.kept = sign_in
        mark = " marked" if sign_in.renewing_since is not None else ""
        self.told.append(f"write {sign_in.refresh_token}{mark}")

    def remove(self, _key: str) -> None:
        """Forget it."""
        self.kept = None


class Authority:
    """One that gives numbered tokens, or raises what it is told."""

    def __init__(self, told: list[str], *errors: TriageError) -> None:
        self.told = told
        self.errors = list(errors)
        self.given = 0

    def refresh(self, token: str) -> Grant:
        """Trade a token."""
        self.told.append(f"ask with {token}")
        if self.errors:
            raise self.errors.pop(0)
        self.given += 1
        return Grant(f"a{self.given}", f"r{self.given}", expires_in=2 * HOUR)


class World:
    """A shelf, an authority and a lock that tell in which order they were used."""

    def __init__(self, sign_in: SignIn | None, *errors: TriageError, room: int = 9) -> None:
        self.told: list[str] = []
        self.now = NOW
        self.shelf = Shelf(sign_in, self.told, room=room)
        self.authority = Authority(self.told, *errors)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Tell when it is held."""
        self.told.append("lock")
        yield
        self.told.append("free")

    def renew(self) -> SignIn:
        """Renew what is due within five minutes."""
        return renew(
            self.shelf,
            KEY,
            self.authority,
            self.lock,
            lambda: self.now,
            due=lambda s: not s.holds(self.now, 5 * MINUTE),
        )

    def keys(self) -> RenewedKeys:
        """Keys over the shelf."""
        others = Credentials(bearer_token="b", user_token="a0")  # noqa: S106
        return RenewedKeys(
            self.shelf,
            KEY,
            lambda: self.now,
            lambda due: renew(
                self.shelf, KEY, self.authority, self.lock, lambda: self.now, due=due
            ),
            others,
        )


def test_the_order_of_things() -> None:
    """Under the lock: look, mark, ask, write; nobody has the token before it is written."""
    world = World(held())
    renewed = world.renew()
    assert world.told == [
        "lock",
        "look",
        "write r0 marked",
        "ask with r0",
        "write r1",
        "free",
    ]
    assert renewed == world.shelf.kept
    assert renewed.credentials.user_token == "a1"  # noqa: S105
    assert renewed.expires_at == NOW + 2 * HOUR
    assert renewed.scopes == ("tweet.read",)


def test_another_process_was_first() -> None:
    """What is found renewed once the lock is held is taken, without a request."""
    world = World(held(2 * HOUR))
    assert world.renew().refresh_token == "r0"  # noqa: S105
    assert world.told == ["lock", "look", "free"]


def test_a_full_disk_is_found_before_the_token_is_used_up() -> None:
    """Where the mark cannot be written, nothing is asked."""
    world = World(held(), room=0)
    with pytest.raises(TriageError, match="cannot be written"):
        world.renew()
    assert world.authority.told == ["lock", "look"]


def test_an_unclear_end_leaves_the_mark() -> None:
    """The next run tries the old token again; if X takes it, all is well."""
    world = World(held(), RenewalUnknown("no answer"))
    with pytest.raises(RenewalUnknown):
        world.renew()
    assert world.shelf.kept == held(renewing_since=NOW)
    assert world.renew().refresh_token == "r1"  # noqa: S105
    assert world.shelf.kept is not None
    assert world.shelf.kept.renewing_since is None


def test_a_refusal_after_an_unclear_end_says_what_happened() -> None:
    """The person reads that X's answer was lost, and how to go on."""
    world = World(held(renewing_since=NOW - HOUR), SignInNeeded("X refused", reason="Invalid."))
    with pytest.raises(SignInNeeded) as error:
        world.renew()
    assert "cut off" in error.value.reason
    assert "triage auth login" in error.value.hint
    assert world.shelf.kept == held(renewing_since=NOW - HOUR)


@pytest.mark.parametrize("error", [SignInNeeded("no"), NetworkDown("no")])
def test_a_clear_end_takes_the_mark_back(error: TriageError) -> None:
    """Nothing was used up unseen; the tokens stay as they were."""
    world = World(held(), error)
    with pytest.raises(type(error)):
        world.renew()
    assert world.shelf.kept == held()


def test_nothing_to_renew_with() -> None:
    """Without a refresh token, or signed out meanwhile, X is not asked."""
    for sign_in in (held(refresh_token=""), None):
        world = World(sign_in)
        with pytest.raises(SignInNeeded) as error:
            world.renew()
        assert "triage auth login" in error.value.hint
        assert "ask" not in " ".join(world.told)


@pytest.mark.parametrize(("left", "asked"), [(5 * MINUTE + 1, 0), (5 * MINUTE, 1), (-HOUR, 1)])
def test_keys_are_renewed_before_they_end(left: int, asked: int) -> None:
    """Five minutes before, so that a request is not begun with a token that ends under way."""
    world = World(held(left))
    keys = world.keys().current()
    assert keys.user_token == f"a{asked}"
    assert keys.bearer_token == "b"  # noqa: S105
    assert world.authority.given == asked


@pytest.mark.parametrize("error", [NetworkDown("no"), SignInNeeded("no"), Busy("no")])
def test_what_still_holds_is_used_up(error: TriageError) -> None:
    """A renewal that fails minutes before the end keeps nobody from answering."""
    world = World(held(2 * MINUTE), error)
    assert world.keys().current().user_token == "a0"  # noqa: S105
    world = World(held(20 * SECOND), error)
    with pytest.raises(type(error)):
        world.keys().current()


def test_a_refused_token_is_renewed_once() -> None:
    """Unless another process did it: then its tokens are taken."""
    world = World(held(HOUR))
    used = Credentials(user_token="a0")  # noqa: S106
    first = world.keys().after_refusal(used)
    assert first is not None
    assert first.user_token == "a1"  # noqa: S105
    again = world.keys().after_refusal(used)
    assert again == first
    assert world.authority.given == 1


def test_a_refused_token_that_cannot_be_renewed() -> None:
    """There are no others."""
    used = Credentials(user_token="a0")  # noqa: S106
    assert World(held(HOUR, refresh_token="")).keys().after_refusal(used) is None
    assert World(None).keys().after_refusal(used) is None


def test_tokens_without_an_end_are_left_alone() -> None:
    """X did not say how long they hold: they are used until it refuses them."""
    world = World(held(expires_at=None))
    assert world.keys().current().user_token == "a0"  # noqa: S105
    assert world.authority.given == 0


def test_signed_out_while_a_command_runs() -> None:
    """It says so instead of going on with what was ended."""
    with pytest.raises(SignInNeeded, match="signed out"):
        World(None).keys().current()


def test_nothing_shows_a_token() -> None:
    """A sign-in and a grant can be printed."""
    assert repr(held()) == "<SignIn: x:acme, oauth2>"
    assert "secret" not in repr(Grant("secret", "secret", ("tweet.read",)))
