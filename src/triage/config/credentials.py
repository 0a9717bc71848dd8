"""The keys to a channel: from the environment, a command, or a file that nobody else may read.

No message, no representation and no exception of this module carries a secret, what a command
printed, or a part of the file.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from triage.config.places import Places
from triage.config.problems import did_you_mean
from triage.config.raw import parse_toml
from triage.core.credentials import Credentials
from triage.errors import ConfigError, SignInNeeded, TriageError

if TYPE_CHECKING:
    from pathlib import Path

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

    Each comes from the environment, else from `token_command`, else from `credentials.toml`; a
    source is asked only while the ones before it do not suffice to read and to post.

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
            reason="Neither the environment, nor a token_command, nor "
            f"{places.credentials_file} has any.",
            hint=f'Put bearer_token = "..." under [x] into {places.credentials_file} (mode 0600),'
            f" or set {ENVIRONMENT['bearer_token']}. To try without an account: triage demo",
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


def _credentials(found: _Secrets) -> Credentials:
    return Credentials(**{name: secret for name, (secret, _) in found.items()})


def _gather(config: Config, places: Places, env: Mapping[str, str], handle: str | None) -> _Secrets:
    if handle is None and config.accounts:
        handle = config.accounts[0].handle
    key = f"x:{(handle or '').removeprefix('@').lower()}"
    found: _Secrets = {}
    for source in _sources(config, places, env, key):
        for name, secret in source().items():
            found.setdefault(name, secret)
        so_far = _credentials(found)
        if so_far.can_read and so_far.can_post:
            break
    return found


def _sources(
    config: Config, places: Places, env: Mapping[str, str], key: str
) -> Iterator[Callable[[], _Secrets]]:
    yield lambda: _from_environment(env)
    command = config.model.credentials.token_command
    if command:
        yield lambda: from_command(
            command, places, lambda data: _of_account(data, key, "token_command")
        )
    path = places.credentials_file
    yield lambda: from_file(path, lambda data: _of_account(data, key, path.name))


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
    content = _read_private(path)
    return read({} if content is None else _parse(content, path))


def _read_private(path: Path) -> bytes | None:
    try:
        # Not blocking: somebody may have put a pipe there.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"{path.name} cannot be read.",
            reason=f"{path}: {error.strerror}.",
            hint=f"Mend it: chmod 600 {shlex.quote(str(path))}",
        ) from error
    with os.fdopen(handle, "rb") as file:
        # The file that is open is the one that is checked.
        _refuse_shared(path, os.fstat(file.fileno()))
        return file.read()


def _refuse_shared(path: Path, status: os.stat_result) -> None:
    name = shlex.quote(str(path))
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"{path.name} is not a file.", reason=f"It is at {path}.")
    if status.st_uid != os.geteuid():
        raise ConfigError(
            f"{path.name} is refused: it belongs to another user.",
            reason=f"{path} belongs to user id {status.st_uid}, and you are {os.geteuid()}.",
            hint=f"Make it yours: sudo chown {os.geteuid()} {name} && chmod 600 {name}",
        )
    if status.st_mode & 0o077:
        raise ConfigError(
            f"{path.name} is refused: other users may read or change it.",
            reason=f"{path} has mode {stat.S_IMODE(status.st_mode):04o}.",
            hint=f"Close it: chmod 600 {name}",
        )


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
