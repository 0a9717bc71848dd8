"""`triage auth login`: by browser, by PIN, or with tokens on stdin."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from triage import signing
from triage.cli import narrate, output
from triage.cli.browser import open_window
from triage.cli.context import Globals, globals_of
from triage.cli.output import iso
from triage.core.credentials import Credentials
from triage.core.signin import (
    GIVEN,
    IN_FILE,
    IN_KEYRING,
    MEDIA,
    OAUTH1,
    OAUTH2,
    READ_AND_ANSWER,
    SignIn,
)
from triage.errors import Refused, SignInNeeded, TriageError, UsageError

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.config.model import AccountTable
    from triage.core.model import Author

_LONGEST = 64 * 1024
"""So much is read of stdin at most, characters."""


def login(
    context: typer.Context,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Show the address, and take the answer by hand.")
    ] = False,
    pin: Annotated[
        bool, typer.Option("--pin", help="By OAuth 1.0a and a PIN, with the app's older keys.")
    ] = False,
    with_token: Annotated[
        bool,
        typer.Option(
            "--with-token",
            help="Read a user token, or TOML like credentials.toml, from stdin.",
        ),
    ] = False,
    store: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Where tokens are kept: file or keyring.")
    ] = None,
    no_media: Annotated[
        bool, typer.Option("--no-media", help="Do not ask for the right to upload pictures.")
    ] = False,
) -> None:
    """Sign an account in to X, and keep its tokens."""
    flags = globals_of(context)
    app = flags.app
    if app.demo:
        raise UsageError("The demo needs no sign-in.", hint="Try: triage --demo queue")
    if pin and with_token:
        raise UsageError("--pin and --with-token exclude each other.", hint="Say one of them.")
    account = signing.the_account(app)
    kept_in = _place(flags, account, store)
    if with_token:
        found = _given(flags, account)
    elif pin:
        found = _by_pin(flags, account)
    else:
        found = _by_browser(flags, account, no_browser=no_browser, media=not no_media)
    found = _checked(app, account, found, kept_in)
    signing.keep(app, found)
    _tell(flags, found)


def _place(flags: Globals, account: AccountTable, store: str | None) -> str:
    """Find out where the tokens will be kept, before anything is done."""
    from triage.config import ring

    app = flags.app
    if store is not None:
        if store not in (IN_FILE, IN_KEYRING):
            raise UsageError(f"--store {store}: unknown.", hint="Say file or keyring.")
        why = ring.problem() if store == IN_KEYRING else ""
        if why:
            raise TriageError(
                "The keyring cannot keep the tokens.",
                reason=why,
                hint=f"{ring.INSTALL}. Or keep them in a file: --store file",
            )
        return store
    name = signing.key(app, account.handle)
    before = next((s for s in signing.shelf(app).every() if s.key == name), None)
    if before is not None:
        return before.kept_in
    if app.settings_file.model.credentials.token_command:
        raise UsageError(
            "It must be said where the tokens are kept.",
            reason="The token_command is only read: what it prints cannot be changed here.",
            hint="Say --store file or --store keyring.",
        )
    return _asked_place(flags, has_keyring=not ring.problem())


def _asked_place(flags: Globals, *, has_keyring: bool) -> str:
    path = flags.app.located.places.tokens_file
    if not flags.may_ask:
        raise UsageError(
            "It must be said where the tokens are kept.",
            reason="Nobody can be asked here.",
            hint="Say --store file (only you can read it) or --store keyring.",
        )
    if has_keyring:
        question = "Keep the tokens in the keyring, or in a file that only you can read? [K/f] "
        places = {"": IN_KEYRING, "k": IN_KEYRING, "f": IN_FILE}
    else:
        question = f"Keep the tokens in {path}, which only you can read? [Y/n] "
        places = {"": IN_FILE, "y": IN_FILE, "f": IN_FILE}
    answer = _line(question)
    if answer is not None and answer[:1].lower() in places:
        return places[answer[:1].lower()]
    raise Refused(
        "Nobody was signed in.",
        reason="Without a place for the tokens there is no use in it.",
        hint="A keyring needs: pip install 'triage[keyring]'",
    )


def _given(flags: Globals, account: AccountTable) -> SignIn:
    from triage.config.credentials import read_given

    if sys.stdin is None or not sys.stdin.isatty():
        text = sys.stdin.read(_LONGEST) if sys.stdin is not None else ""
    elif flags.no_input:
        raise UsageError("Nobody can be asked with --no-input.", hint="Give the token on stdin.")
    else:
        import getpass

        # On the terminal itself, where it is not shown, wherever the output goes.
        text = getpass.getpass("The user token (it is not shown): ")
    if not text.strip():
        raise UsageError(
            "Nothing came on stdin.", hint="As in: pass show x | triage auth login --with-token"
        )
    keys = read_given(text, flags.app.settings_file, account.handle)
    return SignIn("", GIVEN, account.handle, credentials=keys)


def _by_pin(flags: Globals, account: AccountTable) -> SignIn:
    from triage.channels.x.pin import authorize_url

    app = flags.app
    x = signing.pin(app, account.handle)
    ticket = x.begin()
    _show_address(flags, authorize_url(ticket, signing.base_url(app, account.handle)))
    keys = x.finish(ticket, _typed(flags, "The PIN that X shows: "))
    return SignIn("", OAUTH1, account.handle, credentials=keys)


def _by_browser(flags: Globals, account: AccountTable, *, no_browser: bool, media: bool) -> SignIn:
    from triage.channels.x import pkce

    app = flags.app
    settings = app.settings_file.model.auth
    x = signing.oauth2(app, account.handle)
    attempt = pkce.begin(settings.callback_port)
    scopes = (*READ_AND_ANSWER, *((MEDIA,) if media else ()))
    client_id = settings.client_id or ""
    url = pkce.authorize_url(attempt, client_id, scopes, signing.base_url(app, account.handle))
    if no_browser:
        _show_address(flags, url)
        narrate.say(
            "Say yes there. The browser then goes to an address on 127.0.0.1, where nothing may "
            "answer; copy the whole address."
        )
        answer = _typed(flags, "The address, or the code in it: ")
    else:
        answer = _from_browser(flags, attempt, url, settings.timeout / 1000)
    grant = x.redeem(attempt, pkce.code_of(attempt, answer))
    lacking = set(READ_AND_ANSWER) - set(grant.scopes or scopes)
    if lacking:
        narrate.warn(f"X did not grant {' '.join(sorted(lacking))}: not everything will work.")
    first = SignIn("", OAUTH2, account.handle, client_id=client_id, scopes=scopes)
    return first.renewed(grant, app.now())


def _from_browser(flags: Globals, attempt: object, url: str, timeout_s: float) -> str:
    from triage.channels.x.callback import listening
    from triage.channels.x.pkce import Attempt

    assert isinstance(attempt, Attempt)  # noqa: S101 - imported where it is used
    with listening(attempt) as callback:
        _show_address(flags, url)
        if open_window(url):
            narrate.say("The browser should open it now. Ctrl-C gives up.")
        else:
            narrate.say("There is no browser here; open it on this computer. Ctrl-C gives up.")
        return callback.wait(timeout_s)


def _show_address(flags: Globals, url: str) -> None:
    narrate.say("Open this address, and sign in as the account:")
    if flags.as_json:
        narrate.warn(url)
    else:
        output.line(url)
        output.flush()


def _typed(flags: Globals, question: str) -> str:
    """Read a line from whoever is there: a person, or a script that has one."""
    if flags.no_input:
        raise UsageError("Nobody can be asked with --no-input.", hint="Leave --no-input out.")
    text = _line(question if flags.may_ask else "")
    if not text:
        raise UsageError("Nothing was typed; nobody was signed in.")
    return text


def _line(question: str) -> str | None:
    """Ask for a line; None if nothing comes any more."""
    output.raw(question)
    output.flush()
    line = sys.stdin.readline(_LONGEST) if sys.stdin is not None else ""
    return line.strip() if line else None


def _checked(app: App, account: AccountTable, found: SignIn, kept_in: str) -> SignIn:
    """Ask X whose tokens these are; those of somebody else are ended and not kept."""
    from dataclasses import replace

    try:
        me = signing.whose(app, account, found.credentials)
    except TriageError:
        _end(app, account, found)
        raise
    if me.handle.lower() != account.handle.lower():
        ended = _end(app, account, found)
        raise _another(app, account, me, ended=ended)
    return replace(
        found,
        key=signing.key(app, account.handle),
        handle=me.handle,
        user_id=me.native_id,
        saved_at=app.now(),
        kept_in=kept_in,
    )


def _end(app: App, account: AccountTable, found: SignIn) -> bool:
    if found.method == GIVEN:
        return False
    try:
        signing.revoke(app, account.handle, found)
    except TriageError:
        return False
    return True


def _another(app: App, account: AccountTable, me: Author, *, ended: bool) -> SignInNeeded:
    known = app.settings_file.account(me.handle) is not None
    return SignInNeeded(
        f"X signed in @{me.handle}, and this was to be @{account.handle}; nothing was kept.",
        reason="The tokens were ended at X." if ended else "",
        hint=f"For that account: triage auth login --account {me.handle}"
        if known
        else f"Sign out of @{me.handle} in the browser, and sign in as @{account.handle}.",
    )


def _tell(flags: Globals, found: SignIn) -> None:
    app = flags.app
    place = "the keyring" if found.kept_in == IN_KEYRING else str(app.located.places.tokens_file)
    if flags.as_json:
        item = {
            "account": found.handle,
            "method": found.method,
            "kept_in": found.kept_in,
            "scopes": list(found.scopes),
            "expires_at": iso(found.expires_at),
        }
        output.document([item])
    else:
        output.line(f"Signed in as @{found.handle}; the tokens are in {place}.")
    if not found.credentials.can_post:
        narrate.warn("These can read, but not post: they are of an app, not of the account.")
    _warn_of_environment(app, found.credentials)
    narrate.say("Next: triage doctor, then triage fetch")


def _warn_of_environment(app: App, keys: Credentials) -> None:
    from triage.config.credentials import ENVIRONMENT

    for name in ("user_token", "access_token"):
        told = app.env.get(ENVIRONMENT[name], "").strip()
        if told and told != getattr(keys, name):
            narrate.warn(f"{ENVIRONMENT[name]} is set, and wins over this sign-in.")
