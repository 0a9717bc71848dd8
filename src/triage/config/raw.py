"""The configuration file as it stands: read once, parsed, hashed, not yet validated.

Reads of the store need no more than this: where the store is, and whether the files differ from
the settings in force. Standard library only.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from triage.config.places import Places, expand, find_config_file, resolve_places
from triage.errors import ConfigError

CHECK_AGAIN = "Check again: triage config check"
NO_CONFIG_HINT = "Write one: triage init. Or try everything without an account: triage demo"

_PLACE = r"(.*) \(at (line \d+, column \d+|end of document)\)"


class RuleFile(NamedTuple):
    """A file of rules that the configuration names.

    Attributes:
        name: As the configuration writes it.
        path: Where it is.
        content: Its bytes; None if it could not be read.
        problem: Why it could not be read.
    """

    name: str
    path: Path
    content: bytes | None
    problem: str = ""


class Raw(NamedTuple):
    """One reading of the configuration and of the rule files that it names.

    Attributes:
        path: The file.
        data: What it says, as plain data.
        source_hash: SHA-256 of the bytes of all the files, in hex.
        rule_files: In the order of the configuration.
        content: The bytes of the file, to tell lines.
    """

    path: Path
    data: Mapping[str, Any]
    source_hash: str
    rule_files: tuple[RuleFile, ...] = ()
    content: bytes = b""

    def __repr__(self) -> str:
        """Leave out the content: somebody may have put a secret where none belongs."""
        return f"<Raw: {self.path}>"


class Located(NamedTuple):
    """The places, and the configuration if there is a readable one.

    Attributes:
        places: Resolved as far as can be told without the file.
        raw: None when there is no configuration or it cannot be read.
        problem: Why `raw` is None, or why the place of the store cannot be taken from it.
    """

    places: Places
    raw: Raw | None
    problem: ConfigError | None = None

    def require(self) -> Raw:
        """Give the configuration, or raise the `ConfigError` that says why there is none."""
        if self.raw is None or self.problem is not None:
            raise self.problem or ConfigError("There is no configuration.", hint=NO_CONFIG_HINT)
        return self.raw


def locate(*, config: str | None, db: str | None, env: Mapping[str, str]) -> Located:
    """Find and read the configuration, and resolve every place.

    A missing or broken file is no error here but a `problem`: `config path`, `doctor` and the
    like must work all the same. Whoever needs the configuration calls `require`.

    Args:
        config: What `--config` said.
        db: What `--db` said.
        env: The environment.

    Raises:
        ConfigError: The home directory is needed and not known.
    """
    raw, problem, store, key = None, None, None, ""
    try:
        raw = read_raw(find_config_file(config, env)[0], env)
        store, key = _store(raw)
    except ConfigError as error:
        problem = error
    places = resolve_places(config=config, db=db, store_path=store, store_key=key, env=env)
    return Located(places, raw, problem)


def _store(raw: Raw) -> tuple[str | None, str]:
    """What the file says of the store, and where."""
    said = raw.data.get("store")
    if said is None:
        return None, ""
    from triage.config.store_place import said_of_store

    found, key, problem = said_of_store(said)
    if not problem:
        return found, key
    raise ConfigError(
        f"{raw.path.name}, {key}: {problem}.",
        reason=f"The file is {raw.path}.",
        hint=CHECK_AGAIN,
    )


def read_raw(path: Path, env: Mapping[str, str]) -> Raw:
    """Read and parse the configuration file.

    Raises:
        ConfigError: It is missing, cannot be read, is not UTF-8 or not TOML.
    """
    content = _read_config(path)
    # Not needed where there is no configuration.
    import hashlib

    data = parse_toml(content, path)
    rule_files = tuple(_read_rule_files(data, path.parent, env))
    digest = hashlib.sha256(content)
    for file in rule_files:
        digest.update(b"\0%d\0" % (-1 if file.content is None else len(file.content)))
        digest.update(file.content or b"")
    return Raw(path, data, digest.hexdigest(), rule_files, content)


def _read_config(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            "There is no configuration yet.",
            reason=f"No file {path}.",
            hint=NO_CONFIG_HINT,
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path.name} cannot be read.",
            reason=f"{path}: {_why(error)}.",
            hint="Mend the file's place or mode, or name another: --config FILE",
        ) from error


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def parse_toml(content: bytes, path: Path, *, quote: bool = True) -> dict[str, Any]:
    """Parse the bytes of a TOML file.

    Args:
        content: UTF-8, with or without a byte order mark.
        path: Only to name the file in messages.
        quote: Let messages carry the parser's words, which may hold a part of the content.

    Raises:
        ConfigError: It is not UTF-8 or not TOML; with line and column.
    """
    problem = ""
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"line {line}: not UTF-8 text"
    else:
        import tomllib

        try:
            return tomllib.loads(text)
        except RecursionError:
            problem = "nested too deeply"
        except ValueError as error:  # TOMLDecodeError, and numbers of thousands of digits
            problem = _at(str(error), quote=quote)
    # Raised out here so that what carries the content is not chained to it.
    raise ConfigError(
        f"{path.name}, {problem}.",
        reason=f"The file is {path}.",
        hint=CHECK_AGAIN,
    )


def _at(message: str, *, quote: bool) -> str:
    found = re.fullmatch(_PLACE, message, re.DOTALL)
    if not found:
        return f"not valid TOML: {message}" if quote else "not valid TOML"
    what, place = found.groups()
    return f"{place}: not valid TOML ({what})" if quote else f"{place}: not valid TOML"


def _read_rule_files(
    data: Mapping[str, Any], folder: Path, env: Mapping[str, str]
) -> list[RuleFile]:
    table = data.get("rules")
    names = table.get("files") if isinstance(table, dict) else None
    # What is wrong with the types is said by the validation, with every other problem.
    files = []
    for name in names if isinstance(names, list) else []:
        if isinstance(name, str):
            path = expand(name, env, folder)
            try:
                files.append(RuleFile(name, path, path.read_bytes()))
            except (OSError, ValueError) as error:
                files.append(RuleFile(name, path, None, _why(error)))
    return files
