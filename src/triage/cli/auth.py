"""`triage auth`: who is signed in, until when, and the end of it; `auth_login` signs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from triage import signing
from triage.cli import narrate, output
from triage.cli.auth_login import login
from triage.cli.context import globals_of
from triage.cli.exits import code_of
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.output import Column, Format, iso
from triage.core.queue import rough_span
from triage.core.signin import GIVEN, OAUTH1, OAUTH2
from triage.errors import NotFound, SignInNeeded, TriageError

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.config.model import AccountTable
    from triage.core.credentials import Credentials
    from triage.core.signin import SignIn

METHODS = {
    OAUTH2: "OAuth 2, by browser",
    OAUTH1: "OAuth 1.0a, by PIN",
    GIVEN: "handed over on stdin",
    "": "keys of yours",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Sign in to X, see who is signed in, renew it, and end it.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples("triage auth login", "triage auth status"),
    )
    command(
        group,
        "login",
        epilog=examples(
            "triage auth login",
            "triage auth login --no-browser --account acmehelp",
            "pass show x | triage auth login --with-token --store file",
        ),
    )(login)
    command(
        group,
        "status",
        epilog=examples("triage auth status", "triage auth status --offline --json"),
    )(status)
    command(
        group,
        "refresh",
        epilog=examples("triage auth refresh", "triage auth refresh --account acme"),
    )(refresh)
    command(
        group, "logout", epilog=examples("triage auth logout", "triage auth logout --account acme")
    )(logout)
    app.add_typer(group, name="auth")


@dataclass(frozen=True, slots=True)
class Standing:
    """How one account stands.

    Attributes:
        origin: Where its tokens are.
        accepted: Whether X took them; None if it was not asked or could not be.
        problem: What keeps it from working.
    """

    handle: str
    method: str = ""
    origin: str = ""
    scopes: tuple[str, ...] = ()
    expires_at: int | None = None
    renews: bool = False
    renewing_since: int | None = None
    can_post: bool = False
    accepted: bool | None = None
    problem: TriageError | None = None


def status(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask X.")] = False,
) -> None:
    """Show how each account signs in, until when, and whether X accepts it; exit 4 if not.

    X is asked once for each account, unless --offline; what is about to end is renewed first.
    """
    flags = globals_of(context)
    app = flags.app
    found = [_standing(app, account, offline=offline) for account in signing.accounts(app)]
    form = flags.form()
    if form is Format.TERMINAL:
        for standing in found:
            _show(standing, app.now())
    else:
        _write(found, form)
    problems = [s.problem for s in found if s.problem is not None]
    # An account that must be signed in is worse than one that could not be asked about.
    for problem in sorted(problems, key=lambda p: not isinstance(p, SignInNeeded))[:1]:
        raise typer.Exit(code_of(problem))


def _standing(app: App, account: AccountTable, *, offline: bool) -> Standing:
    from triage.config.credentials import describe, load_credentials

    handle, shelf = account.handle, signing.shelf(app)
    config, places, env = app.settings_file, app.located.places, signing.environment(app)
    try:
        known = describe(config, places, env, handle)
        keys = load_credentials(config, places, env, handle)
        held = signing.held(app, handle, keys)
    except TriageError as error:
        return Standing(handle, problem=error)
    accepted: bool | None = None
    problem: TriageError | None = signing.ended(app, handle, keys)
    if not offline:
        accepted, problem = _ask(app, account, keys)
        # It may have been renewed for that.
        held = shelf.get(signing.key(app, handle)) if held else None
    return Standing(
        handle,
        method=held.method if held else "",
        origin=", ".join(dict.fromkeys(f.origin for f in known)),
        scopes=held.scopes if held else (),
        expires_at=held.expires_at if held else None,
        renews=bool(held and held.refresh_token),
        renewing_since=held.renewing_since if held else None,
        can_post=keys.can_post,
        accepted=accepted,
        problem=problem,
    )


def _ask(
    app: App, account: AccountTable, keys: Credentials
) -> tuple[bool | None, TriageError | None]:
    handle = account.handle
    try:
        me = signing.whose(app, account, keys, signing.keys_for(app, handle, keys))
    except SignInNeeded as error:
        return False, error
    except TriageError as error:
        return None, error
    if me.handle.lower() == handle.lower():
        return True, None
    return True, SignInNeeded(
        f"The tokens are of @{me.handle}, not of @{handle}.",
        hint=f"Sign in as @{handle}: triage auth login --account {handle}",
    )


def _show(standing: Standing, now: int) -> None:
    output.line(f"@{standing.handle}  {_verdict(standing)}")
    rows = [
        ("method", METHODS.get(standing.method, standing.method)) if standing.origin else None,
        ("kept in", standing.origin),
        ("may", " ".join(standing.scopes)),
        ("until", _until(standing, now)),
    ]
    for row in rows:
        if row is not None and row[1]:
            output.line(f"  {row[0]:<8} {row[1]}")
    if standing.problem is not None:
        for text in (standing.problem.message, standing.problem.reason, standing.problem.hint):
            if text:
                output.indented(text)


def _verdict(standing: Standing) -> str:
    if standing.accepted and standing.problem is None:
        return "signed in" if standing.can_post else "can read, but not post"
    if standing.problem is None:
        return "not asked at X"
    if isinstance(standing.problem, SignInNeeded):
        return "must sign in"
    return "could not be asked at X"


def _until(standing: Standing, now: int) -> str:
    if standing.expires_at is None:
        return ""
    left = standing.expires_at - now
    when = f"{rough_span(left)} from now" if left > 0 else "ended"
    then = "; renewed by itself" if standing.renews else "; then somebody must sign in"
    cut = ""
    if standing.renewing_since is not None:
        cut = "; a renewal was cut off, and is tried again"
    return f"{iso(standing.expires_at)}, {when}{then}{cut}"


def _write(found: list[Standing], form: Format) -> None:
    columns: list[Column[Standing]] = [
        Column("account", lambda s: s.handle),
        Column("signed_in", lambda s: s.problem is None),
        Column("accepted", lambda s: s.accepted),
        Column("method", lambda s: s.method or None),
        Column("kept_in", lambda s: s.origin or None),
        Column("scopes", lambda s: list(s.scopes) if form is Format.JSON else " ".join(s.scopes)),
        Column("expires_at", lambda s: iso(s.expires_at)),
        Column("renews", lambda s: s.renews),
        Column("can_post", lambda s: s.can_post),
        Column("problem", lambda s: s.problem.message if s.problem else None),
        Column("hint", lambda s: s.problem.hint if s.problem else None),
    ]
    output.rows(found, columns, form)


def refresh(context: typer.Context) -> None:
    """Renew the tokens now; fetch and reply do it by themselves when it is time."""
    flags = globals_of(context)
    app = flags.app
    done: list[SignIn] = []
    failed: list[TriageError] = []
    for account in signing.accounts(app):
        held = signing.shelf(app).get(signing.key(app, account.handle))
        if held is None or held.method != OAUTH2:
            narrate.warn(f"@{account.handle} has nothing to renew: {_why_not(held)}.")
            continue
        try:
            done.append(signing.renewer(app, account.handle)(lambda _: True))
        except TriageError as error:
            failed.append(error)
    if not done and not failed:
        raise NotFound(
            "No account has tokens that can be renewed.", hint="Sign in: triage auth login"
        )
    if flags.as_json:
        items = [{"account": s.handle, "expires_at": iso(s.expires_at)} for s in done]
        output.document(items)
    else:
        for one in done:
            until = f", good until {iso(one.expires_at)}" if one.expires_at is not None else ""
            output.line(f"Renewed @{one.handle}{until}.")
    for other in failed[1:]:
        narrate.warn(_words(other))
    if failed:
        raise failed[0]


def _why_not(held: SignIn | None) -> str:
    return "it is not signed in" if held is None else METHODS[held.method]


def logout(context: typer.Context) -> None:
    """End the sign-in at X, and remove it here; it is removed even if X cannot be reached."""
    flags = globals_of(context)
    app = flags.app
    account = signing.the_account(app)
    name, shelf = signing.key(app, account.handle), signing.shelf(app)
    kept = next((s for s in shelf.every() if s.key == name), None)
    if kept is None:
        raise NotFound(
            f"@{account.handle} is not signed in here.",
            reason="Keys in credentials.toml, the environment or a token_command are yours.",
            hint="Remove them there.",
        )
    problem: TriageError | None = None
    try:
        held = shelf.get(name)
        if held is not None:
            signing.revoke(app, account.handle, held)
    except TriageError as error:
        problem = error
    signing.forget(app, name)
    if flags.as_json:
        output.document([{"account": account.handle, "revoked": problem is None}])
    else:
        output.line(f"Signed out @{account.handle}.")
    if problem is not None:
        _still_good(_words(problem))


def _words(problem: TriageError) -> str:
    return " ".join(f"{part.rstrip('.')}." for part in (problem.message, problem.reason) if part)


def _still_good(words: str) -> None:
    narrate.warn(f"The tokens are removed here, but X may still accept them. {words}")
    narrate.warn("End them at X: https://x.com/settings/connected_apps")
