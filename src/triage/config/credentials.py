"""The keys to a channel: from the environment, a command, or a file that nobody else may read.

No message, no representation and no exception of this module carries a secret, what a command
printed, or a part of the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from triage.config.places import Places
from triage.config.private import read_private
from triage.config.problems import did_you_mean
from triage.config.raw import parse_toml
from triage.config.shelf import shelf_at
from triage.core.credentials import Credentials
from triage.errors import ConfigError, SignInNeeded, TriageError

if TYPE_CHECKING:
    from triage.config.model import Config

T = TypeVar("T")

NAMES: tuple[str, ...] = Credentials.__slots__
"""The fields of `Credentials`, as the file spells them."""

ENVIRONMENT: Mapping[str, str] = {name: f"TRIAGE_X_{name.upper()}" for name in NAMES}
"""Which variable holds which."""

COMMAND_TIMEOUT_S = 30

ALERTS = "alerts"
"""The section that `alert_urls` reads."""
_SECTIONS = ("x", ALERTS)
_SECTIONS_HINT = (
    'Sections are [x], for every account, ["x:HANDLE"], for one, and [alerts], for the URLs of '
    "alert targets."
)

_OF_THE_ACCOUNT = frozenset({"access_token", "access_token_secret", "user_token"})
"""Those that act as one account: a section of another account must never lend them."""

_OF_THE_APP = frozenset({"client_secret", "consumer_key", "consumer_secret"})
"""Those that identify the app, and open nothing by themselves."""


class FoundCredential(NamedTuple):
    """That a credential exists, and where; never what it is.

    Attributes:
        name: Such as `bearer_token`.
        origin: Such as `environment TRIAGE_X_BEARER_TOKEN` or `credentials.toml [x]`.
    """

    name: str
    origin: str


_Secrets = dict[str, tuple[str, str]]  # name -> (secret, origin)


def load_credentials(
    config: Config,
    places: Places,
    env: Mapping[str, str] | None = None,
    handle: str | None = None,
) -> Credentials:
    """Gather the keys of an account.

    Each comes from the environment, else from the sign-in, else from `token_command`, else from
    `credentials.toml`; a source is asked only while the ones before it do not suffice to read and
    to post.

    Args:
        config: The configuration.
        places: Where `credentials.toml` is.
        env: The environment; the process's own if left out.
        handle: Whose, on X; the first account's if left out.

    Raises:
        SignInNeeded: There are none, or the command failed.
        ConfigError: The file's mode, owner or content is not acceptable.
    """
    found = _gather(config, places, os.environ if env is None else env, handle)
    if not found:
        raise SignInNeeded(
            "There are no credentials for X.",
            reason="Nobody is signed in, and neither the environment, nor a token_command, nor "
            f"{places.credentials_file} has any.",
            hint="Sign in: triage auth login. To try without an account: triage demo",
        )
    if found.keys() <= _OF_THE_APP:
        raise SignInNeeded(
            "Nobody is signed in to X.",
            reason=f"There are keys of the app ({', '.join(sorted(found))}), and none of an "
            "account.",
            hint="Sign in: triage auth login",
        )
    return _credentials(found)


def describe(
    config: Config,
    places: Places,
    env: Mapping[str, str] | None = None,
    handle: str | None = None,
) -> list[FoundCredential]:
    """Tell which credentials exist and from where, without showing them; empty if none do.

    Raises:
        SignInNeeded: The command failed.
        ConfigError: As `load_credentials`.
    """
    found = _gather(config, places, os.environ if env is None else env, handle)
    return [FoundCredential(name, found[name][1]) for name in NAMES if name in found]


def app_credentials(
    config: Config,
    places: Places,
    env: Mapping[str, str] | None = None,
    handle: str | None = None,
) -> Credentials:
    """Gather what identifies the app, from every source but the sign-in itself.

    Raises: as `load_credentials`, but nothing is no error.
    """
    found: _Secrets = {}
    command, file = _written(config, places, account_key(config, handle))
    environment = _from_environment(os.environ if env is None else env)
    for secrets in (environment, command(), file()):
        for name, secret in secrets.items():
            found.setdefault(name, secret)
    return _credentials(found)


def account_key(config: Config, handle: str | None) -> str:
    """How `credentials.toml` calls an account; the first one if no handle is given."""
    if handle is None and config.accounts:
        handle = config.accounts[0].handle
    return f"x:{(handle or '').removeprefix('@').lower()}"


def sign_in_key(config: Config, handle: str | None) -> str:
    """How the shelf calls an account: what a sandbox gave is never shown to X, nor the reverse."""
    key = account_key(config, handle)
    account = config.account(key.partition(":")[2])
    return key if account is None or account.base_url is None else f"sandbox{key[1:]}"


def _credentials(found: _Secrets) -> Credentials:
    return Credentials(**{name: secret for name, (secret, _) in found.items()})


def _gather(config: Config, places: Places, env: Mapping[str, str], handle: str | None) -> _Secrets:
    found: _Secrets = {}
    sources: tuple[Callable[[], _Secrets], ...] = (
        lambda: _from_environment(env),
        lambda: _signed_in(places, sign_in_key(config, handle)),
        *_written(config, places, account_key(config, handle)),
    )
    for source in sources:
        for name, secret in source().items():
            found.setdefault(name, secret)
        so_far = _credentials(found)
        if so_far.can_read and so_far.can_post:
            break
    return found


def _signed_in(places: Places, key: str) -> _Secrets:
    shelf = shelf_at(places.tokens_file)
    found = shelf.get(key)
    if found is None:
        return {}
    origin = f"sign-in, {shelf.place_of(found)}"
    values = ((name, getattr(found.credentials, name)) for name in NAMES)
    return {name: (value, origin) for name, value in values if value}


def _written(
    config: Config, places: Places, key: str
) -> tuple[Callable[[], _Secrets], Callable[[], _Secrets]]:
    """What a person wrote: through the `token_command`, and in `credentials.toml`."""
    command, path = config.model.credentials.token_command, places.credentials_file

    def by_command() -> _Secrets:
        if not command:
            return {}
        return from_command(command, places, lambda data: _of_account(data, key, "token_command"))

    return by_command, lambda: from_file(path, lambda data: _of_account(data, key, path.name))


def _from_environment(env: Mapping[str, str]) -> _Secrets:
    return {
        name: (env[variable].strip(), f"environment {variable}")
        for name, variable in ENVIRONMENT.items()
        if env.get(variable, "").strip()
    }


def from_command(
    command: tuple[str, ...], places: Places, read: Callable[[Mapping[str, object]], T]
) -> T:
    """Give what `read` makes of what a token_command prints, which is like `credentials.toml`.

    Raises:
        SignInNeeded: It failed, or what it printed cannot be used.
    """
    output = _run(command, places.config_file.parent)
    try:
        return read(_parse(output, places.credentials_file))
    except TriageError as error:
        said = error.message
    raise SignInNeeded(
        f"What the token_command ({command[0]}) printed cannot be used.",
        reason=said,
        hint='It must print TOML like credentials.toml: [x] and bearer_token = "...".',
    )


def _run(command: tuple[str, ...], folder: Path) -> bytes:
    import subprocess

    failure = ""
    try:
        # stdin and stderr are closed: it must not eat a reply's text, nor print a secret.
        done = subprocess.run(  # noqa: S603 - the person's own command, without a shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
            cwd=folder if folder.is_dir() else None,
        )
    except subprocess.TimeoutExpired:
        failure = f"It did not end within {COMMAND_TIMEOUT_S} s."
    except OSError as error:
        failure = f"It could not be started: {error.strerror or 'unknown reason'}."
    else:
        if done.returncode == 0:
            return done.stdout
        failure = f"It ended with exit code {done.returncode}."
    # Raised out here so that the output, which the exception holds, is not chained to it.
    raise SignInNeeded(
        f"The token_command ({command[0]}) failed.",
        reason=failure,
        hint="Run it yourself to see what it says; it is in config.toml, [credentials].",
    )


def from_file(path: Path, read: Callable[[Mapping[str, object]], T]) -> T:
    """Give what `read` makes of `credentials.toml`; of nothing if there is no such file.

    Raises:
        ConfigError: Its mode, owner or content is not acceptable.
    """
    content = read_private(path)
    return read({} if content is None else _parse(content, path))


def _parse(content: bytes, path: Path) -> dict[str, object]:
    # The parser's own words may hold a piece of the text: not here.
    try:
        return dict(parse_toml(content, path, quote=False))
    except ConfigError as error:
        said, reason = error.message, error.reason
    raise ConfigError(said, reason=reason, hint='Write it like [x] and bearer_token = "...".')


def _of_account(data: Mapping[str, object], key: str, origin: str) -> _Secrets:
    """The secrets of one account: its own section, and what `[x]` may lend it."""
    channel = key.partition(":")[0]
    sections = {name.lower(): _section(name, table, origin) for name, table in data.items()}
    own, lent = sections.get(key), dict(sections.get(channel, {}))
    if own is None:
        return lent
    for name in _OF_THE_ACCOUNT:
        lent.pop(name, None)
    return {**lent, **own}


def read_given(text: str, config: Config, handle: str) -> Credentials:
    """Read what was handed over on stdin: a user token alone, or TOML like `credentials.toml`.

    Raises:
        ConfigError: It is neither, or it holds nothing for the account.
    """
    stripped = text.strip()
    if "=" not in stripped and len(stripped.split()) == 1:
        return Credentials(user_token=stripped)
    data = _parse(text.encode("utf-8", "replace"), Path("stdin"))
    found = _credentials(_of_account(data, account_key(config, handle), "stdin"))
    if not found.can_read:
        raise ConfigError(
            f"What came on stdin holds no whole set of keys for @{handle}.",
            hint='Give a user token alone, or TOML like [x] and user_token = "...".',
        )
    return found


def refuse_unknown(name: str, origin: str) -> None:
    """Refuse a section that nothing reads. Raises `ConfigError`."""
    if name.lower() in _SECTIONS or name.lower().startswith("x:"):
        return
    # A secret may stand at the top as well: its key is told, its value is not.
    if name in NAMES:
        raise ConfigError(f'{origin}: "{name}" must stand under [x].', hint=_SECTIONS_HINT)
    raise ConfigError(f"{origin}: unknown section [{name}].", hint=_SECTIONS_HINT)


def _section(name: str, table: object, origin: str) -> _Secrets:
    refuse_unknown(name, origin)
    if name.lower() == ALERTS:
        return {}
    shown = f"[{name}]" if ":" not in name else f'["{name}"]'
    if not isinstance(table, dict):
        raise ConfigError(f"{origin}: {shown} must be a table.", hint=_SECTIONS_HINT)
    found: _Secrets = {}
    for key, value in table.items():
        if key not in NAMES:
            raise ConfigError(
                f'{origin}, {shown}: unknown setting "{key}". {did_you_mean(key, NAMES)}',
            )
        if not isinstance(value, str):
            raise ConfigError(f"{origin}, {shown} {key}: must be a text in quotes.")
        if value.strip():
            found[key] = (value.strip(), f"{origin} {shown}")
    return found
