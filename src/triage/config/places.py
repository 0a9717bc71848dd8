"""Where things lie, and who said so: a flag, the environment, the file, or nobody.

On the way of every command, so nothing heavy is imported here; named tuples, because a dataclass
costs a millisecond to make.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from triage.errors import ConfigError

DEFAULT = "default"
"""The origin of what nobody said."""
CONFIG_NAME = "config.toml"
CREDENTIALS_NAME = "credentials.toml"
DB_NAME = "triage.db"
TOKENS_NAME = "tokens.json"


class Places(NamedTuple):
    """Every place that the program uses; absolute paths that need not exist.

    Attributes:
        config_file: The configuration.
        data_dir: What must not be lost.
        state_dir: What may be: locks, marks, crash files, and tokens, which a new sign-in replaces.
        db: The store, where it is a file. Where it is on a server, what stands for it on this
            machine: beside it lie locks.
        credentials_file: The keys, beside the configuration.
        origins: Who said so, for each of the names above: `flag --db`,
            `environment TRIAGE_STORE`, `config.toml [store] path` or `default`.
        url: The address of a store on a server; empty where it is a file. It may hold a password.
    """

    config_file: Path
    data_dir: Path
    state_dir: Path
    db: Path
    credentials_file: Path
    origins: Mapping[str, str] = MappingProxyType({})
    url: str = ""

    def __repr__(self) -> str:
        """Leave out the address, which may hold a password."""
        return f"<Places: {self.config_file}, {self.store_name}>"

    @property
    def store(self) -> Path | str:
        """What the store is opened by: a file, or the address of a server."""
        return self.url or self.db

    @property
    def store_name(self) -> str:
        """What the store is called to people; never with a password."""
        if not self.url:
            return str(self.db)
        from triage.core.store_url import shown

        return shown(self.url)

    @property
    def store_key(self) -> str:
        """What this machine files the store under; the same whoever signs in to it."""
        return f"postgresql:{self.db.name}" if self.url else str(self.db.resolve())

    @property
    def tokens_file(self) -> Path:
        """Where sign-ins are kept by the program: the tokens, or that a keyring has them."""
        return self.state_dir / TOKENS_NAME

    def rows(self) -> list[tuple[str, Path | str, str]]:
        """Name, path and origin of each, for `config path`; the store's may be an address."""
        names = ("config_file", "credentials_file", "db", "data_dir", "state_dir")
        rows = [(name, getattr(self, name), self.origins.get(name, DEFAULT)) for name in names]
        rows.append(("tokens_file", self.tokens_file, self.origins.get("state_dir", DEFAULT)))
        if self.url:
            rows[2] = ("db", self.store_name, self.origins.get("db", DEFAULT))
        return rows


def home_dir(env: Mapping[str, str]) -> Path:
    """The person's home; cron may not say where, then the system knows.

    Raises:
        ConfigError: Nobody knows.
    """
    home = env.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - pathlib raises RuntimeError
    if not os.path.isabs(home):  # noqa: PTH117 - a text, and cheaper
        raise ConfigError(
            "Your home directory is not known.",
            reason="HOME is not set to an absolute path.",
            hint="Set HOME, or name the files: --config FILE --db FILE.",
        )
    return Path(home)


def expand(text: str, env: Mapping[str, str], base: Path | None = None) -> Path:
    """Make a path of what a person wrote: `~` is the home, a relative path starts at `base`.

    Args:
        text: The path as written.
        env: The environment.
        base: A directory; the current one if it is left out.
    """
    if text == "~" or text.startswith("~/"):
        return home_dir(env) / text[2:]
    return (base or Path.cwd()) / text


def is_address(text: str) -> bool:
    """Whether a store is on a server, and this is no path."""
    if not text.startswith("postgres"):
        return False
    from triage.core.store_url import is_url

    return is_url(text)


def said_by_env(env: Mapping[str, str]) -> tuple[str, str]:
    """What the environment says of the store, and which variable; empty if it says nothing.

    Raises:
        ConfigError: Two variables say it differently.
    """
    db, store = env.get("TRIAGE_DB", ""), env.get("TRIAGE_STORE", "")
    if db and store and db != store:
        raise ConfigError(
            "TRIAGE_DB and TRIAGE_STORE name different stores.",
            reason="Both say where the store is, and neither wins over the other.",
            hint="Unset one of them.",
        )
    return (db, "environment TRIAGE_DB") if db else (store, "environment TRIAGE_STORE")


def find_config_file(flag: str | None, env: Mapping[str, str]) -> tuple[Path, str]:
    """Where the configuration is, and who said so."""
    if flag:
        return expand(flag, env), "flag --config"
    if env.get("TRIAGE_CONFIG"):
        return expand(env["TRIAGE_CONFIG"], env), "environment TRIAGE_CONFIG"
    folder, origin = _base("config", env)
    return folder / CONFIG_NAME, origin


def resolve_places(
    *,
    config: str | None = None,
    db: str | None = None,
    store_path: str | None = None,
    store_key: str = "[store] path",
    env: Mapping[str, str],
) -> Places:
    """Resolve every place: flag, then environment, then the file, then the default.

    Args:
        config: What `--config` said.
        db: What `--db` said; relative paths of flags start at the current directory.
        store_path: What the file says of the store; relative to the file's directory.
        store_key: Where the file says it.
        env: The environment: TRIAGE_CONFIG, TRIAGE_DB, TRIAGE_STORE, TRIAGE_STATE_DIR,
            XDG_*_HOME, HOME.

    Raises:
        ConfigError: The home directory is needed and not known, two variables name different
            stores, or the address of a server cannot be read.
    """
    config_file, config_origin = find_config_file(config, env)
    data_dir, data_origin = _base("data", env)
    if env.get("TRIAGE_STATE_DIR"):
        state_dir = expand(env["TRIAGE_STATE_DIR"], env)
        state_origin = "environment TRIAGE_STATE_DIR"
    else:
        state_dir, state_origin = _base("state", env)
    said, db_origin = (db, "flag --db") if db else said_by_env(env)
    base = None
    if not said and store_path:
        said, db_origin = store_path, f"{config_file.name} {store_key}"
        base = config_file.parent
    url = ""
    if not said:
        db_path, db_origin = data_dir / DB_NAME, data_origin
    elif is_address(said):
        url, db_path = said, _stand_in(said, state_dir, env, db_origin)
    else:
        db_path = expand(said, env, base)
    return Places(
        config_file=config_file,
        data_dir=data_dir,
        state_dir=state_dir,
        db=db_path,
        credentials_file=config_file.parent / CREDENTIALS_NAME,
        origins={
            "config_file": config_origin,
            "data_dir": data_origin,
            "state_dir": state_origin,
            "db": db_origin,
            "credentials_file": config_origin,
        },
        url=url,
    )


def _stand_in(url: str, state_dir: Path, env: Mapping[str, str], origin: str) -> Path:
    """What stands on this machine for a store on a server."""
    from hashlib import sha256

    from triage.core.store_url import key, trouble

    problem = trouble(url)
    if problem:
        raise ConfigError(
            f"The address of the store {problem}.",
            reason=f"It comes from: {origin}.",
            hint="See docs/postgresql.md.",
        )
    return state_dir / "servers" / sha256(key(url, env).encode()).hexdigest()[:16]


_XDG = {
    "config": ("XDG_CONFIG_HOME", ".config"),
    "data": ("XDG_DATA_HOME", ".local/share"),
    "state": ("XDG_STATE_HOME", ".local/state"),
}


def _base(which: str, env: Mapping[str, str]) -> tuple[Path, str]:
    variable, under_home = _XDG[which]
    said = env.get(variable, "")
    # The XDG specification says that a relative path is to be ignored.
    if os.path.isabs(said):  # noqa: PTH117 - a text, and cheaper
        return Path(said) / "triage", f"environment {variable}"
    if sys.platform == "darwin":  # pragma: no cover - the other system
        return _mac_base(which), DEFAULT
    return home_dir(env) / under_home / "triage", DEFAULT


def _mac_base(which: str) -> Path:
    # Off the way of Linux, where the four lines above do without it.
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("triage", appauthor=False)
    if which == "config":
        return dirs.user_config_path
    return dirs.user_data_path if which == "data" else dirs.user_state_path
