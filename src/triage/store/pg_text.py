"""Between our statements and psycopg: names of parameters, and values as SQLite gives them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from psycopg.adapt import Buffer, Loader
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown, TextLoader

_PARTS = re.compile(
    r"""
    '(?:[^']|'')*'          # a string
    | "(?:[^"]|"")*"          # a quoted name
    | \$(\w*)\$.*?\$\1\$      # the body of a function
    | --[^\n]*                # a comment
    | /\*.*?\*/
    | ::                      # a cast
    | :(?P<name>[A-Za-z_]\w*)
    | %
    """,
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=1024)
def named(sql: str) -> str:
    """A statement as psycopg reads it: `:name` is `%(name)s`, and a per cent sign stands twice."""
    return _PARTS.sub(_translated, sql)


def _translated(found: re.Match[str]) -> str:
    name = found["name"]
    return f"%({name})s" if name else found.group().replace("%", "%%")


class _TextDumper(StrDumperUnknown):
    """Text without NUL, which the server does not store; its type follows from where it stands."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\x00", "\N{REPLACEMENT CHARACTER}"))


class _TruthDumper(Int8Dumper):
    """A truth is 0 or 1."""

    def dump(self, obj: Any) -> Buffer | None:  # noqa: ANN401 - as the base class has it
        return super().dump(int(obj))


class _TruthLoader(Loader):
    """0 or 1."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data) == b"t")


class _NumberLoader(Loader):
    """A `numeric`: a sum of whole numbers is one."""

    def load(self, data: Buffer) -> int | float:
        digits = bytes(data)
        return float(digits) if b"." in digits or digits == b"NaN" else int(digits)


def adapt(adapters: Any) -> None:  # noqa: ANN401 - psycopg's map, of a connection or a cursor
    """Have values sent and read as SQLite would."""
    adapters.register_dumper(str, _TextDumper)
    # One size: what a number is to be compared with decides no plan.
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(bool, _TruthDumper)
    adapters.register_loader("bool", _TruthLoader)
    adapters.register_loader("numeric", _NumberLoader)
    for name in ("json", "jsonb"):
        adapters.register_loader(name, TextLoader)
