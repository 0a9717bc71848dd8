"""The part of the composition root that signs in: X's endpoints, the shelf, the lock and the clock.

Apart from `bootstrap`, whose `App` calls it, because few commands need more of it than `keys_for`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from triage.core.signin import GIVEN, OAUTH2, SignIn
from triage.errors import ConfigError, SignInNeeded, TriageError, UsageError

if TYPE_CHECKING:
    from triage.app.renewing import Due, RenewedKeys
    from triage.bootstrap import App
    from triage.channels.x.oauth import Endpoint, XOAuth2
    from triage.channels.x.pin import XPin
    from triage.config.model import AccountTable
    from triage.config.shelf import TokenShelf
    from triage.core.credentials import Credentials
    from triage.core.model import Author
    from triage.core.signin import Keys

_LOCK_WAIT_S = 60.0
"""Longer than a renewal with its time-outs takes."""
NO_APP_HINT = (
    "Make an app in the X developer console (https://console.x.com), and set its Client ID as "
    "client_id under [auth] in the configuration; see docs/sign-in.md"
)


def shelf(app: App) -> TokenShelf:
    """Where this desk keeps its sign-ins."""
    from triage.config.shelf import shelf_at

    return shelf_at(app.located.places.tokens_file)


def lock(app: App) -> AbstractContextManager[None]:
    """Held while the shelf is written, and while a refresh token is used."""
    from triage.store.lock import hold

    path = app.located.places.tokens_file.with_suffix(".lock")
    return hold(path, "sign-in", started_at=app.now(), wait_s=_LOCK_WAIT_S)


def accounts(app: App) -> list[AccountTable]:
    """The configured accounts, less those that `--account` leaves out.

    Raises:
        ConfigError: There is none.
        UsageError: `--account` names another.
    """
    config = app.settings_file
    for handle in app.only_accounts:
        if config.account(handle) is None:
            known = ", ".join(f"@{a.handle}" for a in config.accounts) or "none"
            raise UsageError(
                f"There is no account @{handle.removeprefix('@')} in the configuration.",
                reason=f"It has {known}.",
                hint=f"Add an [[account]] to {config.path}.",
            )
    chosen = {h.removeprefix("@").lower() for h in app.only_accounts}
    found = [a for a in config.accounts if not chosen or a.handle.lower() in chosen]
    if not found:
        raise ConfigError(
            "The configuration has no account to sign in.",
            hint=f'Add [[account]] with channel = "x" and handle = "..." to {config.path}.',
        )
    return found


def the_account(app: App) -> AccountTable:
    """The one account that is meant. Raises as `accounts`, and `UsageError` if there are more."""
    found = accounts(app)
    if len(found) > 1:
        names = ", ".join(f"@{a.handle}" for a in found)
        raise UsageError(
            "It is not clear which account is meant.",
            reason=f"There are {names}.",
            hint="Name one: --account HANDLE",
        )
    return found[0]


def base_url(app: App, handle: str) -> str | None:
    """Where an account's requests go instead of X, if they do."""
    if app.demo:
        return app.start_sandbox().base_url
    told = app.settings_file.account(handle)
    return None if told is None else told.base_url


def key(app: App, handle: str) -> str:
    """How the shelf calls an account."""
    from triage.config.credentials import sign_in_key

    return sign_in_key(app.settings_file, handle)


def app_keys(app: App, handle: str) -> Credentials:
    """What identifies the app to X: the secrets of either kind."""
    from triage.config.credentials import app_credentials

    return app_credentials(app.settings_file, app.located.places, environment(app), handle)


def oauth2(app: App, handle: str, client_id: str | None = None) -> XOAuth2:
    """X's OAuth 2 endpoints for an app; the configured one if no `client_id` is given.

    Raises:
        ConfigError: The configuration has no `client_id`.
    """
    from triage.channels.x.oauth import XOAuth2

    client_id = client_id or app.settings_file.model.auth.client_id
    if not client_id:
        raise ConfigError("There is no app to sign in with.", hint=NO_APP_HINT)
    return XOAuth2(_endpoint(app, handle), client_id, app_keys(app, handle).client_secret)


def pin(app: App, handle: str, keys: Credentials | None = None) -> XPin:
    """X's OAuth 1.0a endpoints. Raises `SignInNeeded` without the app's keys."""
    from triage.channels.x.pin import XPin

    keys = keys or app_keys(app, handle)
    if not keys.consumer_key or not keys.consumer_secret:
        raise SignInNeeded(
            "There is no app to sign in with by PIN.",
            reason="consumer_key and consumer_secret are missing.",
            hint=f"Put them under [x] into {app.located.places.credentials_file} (mode 0600); the "
            "X developer console shows them as API Key and Secret.",
        )
    return XPin(_endpoint(app, handle), keys)


def _endpoint(app: App, handle: str) -> Endpoint:
    from triage.channels.x.oauth import Endpoint

    return Endpoint(
        now=app.now,
        base_url=base_url(app, handle),
        timeout_s=(5.0, app.settings_file.fetch.timeout / 1000),
    )


def renewer(app: App, handle: str) -> Callable[[Due], SignIn]:
    """`app.renewing.renew` for one account, with all but what is due."""

    def renewed(due: Due) -> SignIn:
        from triage.app.renewing import renew

        kept, name = shelf(app), key(app, handle)
        found = kept.get(name)
        authority = oauth2(app, handle, found.client_id if found else None)
        return renew(kept, name, authority, lambda: lock(app), app.now, due=due)

    return renewed


def keys_for(app: App, handle: str, credentials: Credentials) -> RenewedKeys | None:
    """What keeps an account's credentials good; None if their user token is of no sign-in."""
    found = held(app, handle, credentials)
    if found is None or not found.credentials.user_token:
        return None
    from triage.app.renewing import RenewedKeys

    return RenewedKeys(shelf(app), key(app, handle), app.now, renewer(app, handle), credentials)


def environment(app: App) -> Mapping[str, str]:
    """The environment, as far as it may hold keys: somebody's own are not for the sandbox."""
    if not app.demo:
        return app.env
    return {k: v for k, v in app.env.items() if not k.startswith("TRIAGE_X_")}


def held(app: App, handle: str, credentials: Credentials) -> SignIn | None:
    """The account's sign-in, if these credentials are of it and not of another source.

    Another process may have renewed it since they were read. Then they still are of it: only the
    environment goes before the sign-in.

    Raises:
        TriageError: The shelf cannot be read.
    """
    found = shelf(app).get(key(app, handle))
    if found is None:
        return None
    own, told = found.credentials, environment(app).values()
    token = credentials.user_token
    if own.user_token and token and token not in {value.strip() for value in told}:
        return found
    names = ("user_token", "access_token", "bearer_token")
    used = [n for n in names if getattr(own, n) and getattr(own, n) == getattr(credentials, n)]
    return found if used else None


def ended(app: App, handle: str, credentials: Credentials) -> SignInNeeded | None:
    """What is known without X: that a token has ended which cannot be renewed."""
    found = held(app, handle, credentials)
    if found is None or found.holds(app.now()) or found.refresh_token:
        return None
    return SignInNeeded("The token has ended.", hint="Sign in: triage auth login")


def whose(
    app: App, account: AccountTable, credentials: Credentials, keys: Keys | None = None
) -> Author:
    """Ask X whose credentials these are, renewed by `keys`. Raises what `Channel.me` does."""
    from triage.channels import load

    channel = load(account.channel)(
        credentials,
        now=app.now,
        base_url=base_url(app, account.handle),
        timeout_s=(5.0, app.settings_file.fetch.timeout / 1000),
        account_handle=account.handle,
        keys=keys,
    )
    return channel.me()


def keep(app: App, sign_in: SignIn) -> None:
    """Put a sign-in on the shelf. Raises `TriageError`."""
    with lock(app):
        shelf(app).put(sign_in)


def forget(app: App, name: str) -> None:
    """Take a sign-in off the shelf. Raises `TriageError`."""
    with lock(app):
        shelf(app).remove(name)


def revoke(app: App, handle: str, sign_in: SignIn) -> None:
    """End a sign-in at X: its refresh token first, which could make others.

    Raises:
        TriageError: X may still accept it.
    """
    keys = sign_in.credentials
    if sign_in.method == GIVEN:
        raise TriageError(
            "Tokens that were handed over are not ended here.",
            hint="End them in the X developer console.",
        )
    if sign_in.method != OAUTH2:
        pin(app, handle, keys).revoke(keys)
        return
    authority = oauth2(app, handle, sign_in.client_id)
    for token in (sign_in.refresh_token, keys.user_token):
        if token:
            authority.revoke(token)
