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


class Places(NamedTuple):
    """Every place that the program uses; absolute paths that need not exist.

    Attributes:
        config_file: The configuration.
        data_dir: What must not be lost.
        state_dir: What may be: locks, marks, crash files.
        db: The store.
        credentials_file: The keys, beside the configuration.
        origins: Who said so, for each of the names above: `flag --db`,
            `environment TRIAGE_DB`, `config.toml [store] path` or `default`.
    """

    config_file: Path
    data_dir: Path
    state_dir: Path
    db: Path
    credentials_file: Path
    origins: Mapping[str, str] = MappingProxyType({})

    def rows(self) -> list[tuple[str, Path, str]]:
        """Name, path and origin of each, for `config path`."""
        names = ("config_file", "credentials_file", "db", "data_dir", "state_dir")
        return [(name, getattr(self, name), self.origins.get(name, DEFAULT)) for name in names]


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
    env: Mapping[str, str],
) -> Places:
    """Resolve every place: flag, then environment, then the file, then the default.

    Args:
        config: What `--config` said.
        db: What `--db` said; relative paths of flags start at the current directory.
        store_path: What the file's `[store] path` says; relative to the file's directory.
        env: The environment: TRIAGE_CONFIG, TRIAGE_DB, TRIAGE_STATE_DIR, XDG_*_HOME, HOME.

    Raises:
        ConfigError: The home directory is needed and not known.
    """
    config_file, config_origin = find_config_file(config, env)
    data_dir, data_origin = _base("data", env)
    if env.get("TRIAGE_STATE_DIR"):
        state_dir = expand(env["TRIAGE_STATE_DIR"], env)
        state_origin = "environment TRIAGE_STATE_DIR"
    else:
        state_dir, state_origin = _base("state", env)
    if db:
        db_path, db_origin = expand(db, env), "flag --db"
    elif env.get("TRIAGE_DB"):
        db_path, db_origin = expand(env["TRIAGE_DB"], env), "environment TRIAGE_DB"
    elif store_path:
        db_path = expand(store_path, env, config_file.parent)
        db_origin = f"{config_file.name} [store] path"
    else:
        db_path, db_origin = data_dir / DB_NAME, data_origin
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
    )


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
