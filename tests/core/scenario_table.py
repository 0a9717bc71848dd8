"""Reads `scenarios.toml`: promises, calendars, histories, and the waits that must follow.

Whatever cannot be read names the line of the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from core.scenario_events import ACCOUNTS, Applied, Arrived, Event, Mistake, Post, Replied
from core.scenario_history import HistoryReader
from core.scenario_times import Wall
from core.scenario_waits import StepLine, WaitLine, WaitReader, read_steps
from triage.config.compile import compile_settings
from triage.config.model import Config, Model
from triage.core.policy import Settings

FILE = Path(__file__).parent / "scenarios.toml"
_ZONE = "Europe/Madrid"
_PROMISES = "standard"
_KEYS = {
    "name": str,
    "why": str,
    "covers": list,
    "zone": str,
    "promises": str,
    "history": list,
    "looked_at": str,
    "waits": list,
    "steps": list,
    "names_threads": bool,
    "not_stored": str,
    "disputed": str,
    "disputed_in_store": str,
}
_BEGIN = "[[scenario]]"
_NEEDED = ("name", "why", "history", "waits")


class TableError(ValueError):
    """The file is wrong; the message names the line."""


@dataclass(frozen=True)
class Scenario:
    """A named story, and what must follow from it.

    Attributes:
        name: A sentence.
        why: What goes wrong elsewhere, or what it proves.
        covers: Which of the bugs that are public about others it is.
        wall: The clock by which its times are told.
        settings: The promises that it knows, by name; those at the beginning are the first.
        events: What happened, in the order in which we got to know it.
        looked_at: When the waits are looked at, UTC ms, or None.
        waits: What must follow, in the order in which they opened.
        steps: Each stretch of the clock of the first of them; None is not compared.
        names_threads: The channel says to which thread a post belongs.
        not_stored: Why it cannot be played through a store; empty if it can.
        disputed: Why it is known to fail; empty if it is not.
        disputed_in_store: The same for what fails only where it is played through a store.
    """

    name: str
    why: str
    covers: Sequence[str]
    wall: Wall
    settings: Mapping[str, Settings]
    events: Sequence[Event]
    looked_at: int | None
    waits: Sequence[WaitLine]
    steps: Sequence[StepLine] | None
    names_threads: bool
    not_stored: str
    disputed: str
    disputed_in_store: str

    @property
    def promises(self) -> str:
        """Which promises were in force at the beginning."""
        return next(iter(self.settings))


class _Named:
    """The promises and calendars of the file, compiled as `config.toml` is."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.calendars: Mapping[str, Any] = data.get("calendar", {})
        self.promises: Mapping[str, Any] = data.get("promises", {})

    @cache  # noqa: B019 - as long as the table
    def settings(self, name: str, zone: str) -> Settings:
        """Promises by name, for a configuration with this time zone. Raises `KeyError`."""
        sla = self.promises[name]
        used = {sla.get("calendar"), *(t.get("calendar") for t in _tables(sla))}
        data = {
            "brand": "Acme",
            "time_zone": zone,
            "account": [{"channel": "x", "handle": handle} for handle in ACCOUNTS],
            "sla": sla,
            "calendar": {c: table for c, table in self.calendars.items() if c in used},
        }
        config = Config(Model.model_validate(data), "Acme", "kim", "test", FILE, "")
        return compile_settings(config, {})


def _tables(sla: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [t for t in sla.values() if isinstance(t, Mapping)] + list(sla.get("policy", []))


class _Reader:
    """Reads the file.

    Args:
        text: What stands in it.
        name: How errors call it.
    """

    def __init__(self, text: str, name: str) -> None:
        self.lines = text.splitlines()
        self.name = name
        data = tomllib.loads(text)
        unknown = set(data) - {"calendar", "promises", "scenario"}
        if unknown:
            raise TableError(f"{name}: unknown table {min(unknown)!r}")
        self.named = _Named(data)
        self.tables: list[Any] = data.get("scenario", [])

    def scenarios(self) -> list[Scenario]:
        """All of them, in the order of the file. Raises `TableError`."""
        at = 0
        found = []
        for table in self.tables:
            at = next(i for i in range(at, len(self.lines)) if self.lines[i] == _BEGIN) + 1
            found.append(self._scenario(table, at))
        return found

    def _scenario(self, table: dict[str, Any], at: int) -> Scenario:
        self._check_keys(table, at)
        zone = table.get("zone", _ZONE)
        wall = Wall(zone)
        try:
            events = HistoryReader(wall).read(table["history"])
        except Mistake as error:
            raise self._wrong_line(at, table, "history", error) from None
        posts = _posts(events)
        if not posts:
            raise self._wrong(at, "history", "nobody writes anything")
        first = wall.date_of(min(p.at for p in posts))
        looked = self._looked(table, wall, first, at)
        promises = self._promises(table, events, at)
        reader = WaitReader(wall, first, looked=looked is not None, settings=promises[0])
        waits = self._waits(table, reader, at)
        return Scenario(
            name=table["name"],
            why=table["why"],
            covers=tuple(table.get("covers", ())),
            wall=wall,
            settings={name: self.named.settings(name, zone) for name in promises},
            events=events,
            looked_at=looked,
            waits=waits,
            steps=self._steps(table, wall, waits, at),
            names_threads=table.get("names_threads", True),
            not_stored=table.get("not_stored", ""),
            disputed=table.get("disputed", ""),
            disputed_in_store=table.get("disputed_in_store", ""),
        )

    def _check_keys(self, table: dict[str, Any], at: int) -> None:
        for key, value in table.items():
            if key not in _KEYS:
                raise self._wrong(at, key, f'unknown key "{key}"')
            if not isinstance(value, _KEYS[key]):
                raise self._wrong(at, key, f'"{key}" is no {_KEYS[key].__name__}')
        missing = next((key for key in _NEEDED if key not in table), None)
        if missing is not None:
            raise self._wrong(at, "", f'"{missing}" is missing')

    def _promises(self, table: dict[str, Any], events: Sequence[Event], at: int) -> list[str]:
        """The promises at the beginning, then those that are put in force."""
        begin = table.get("promises", _PROMISES)
        named = [begin, *(e.name for e in events if isinstance(e, Applied))]
        for name in named:
            if name not in self.named.promises:
                raise self._wrong(at, name, f'there are no promises "{name}"')
        return named

    def _looked(self, table: dict[str, Any], wall: Wall, first: date, at: int) -> int | None:
        if "looked_at" not in table:
            return None
        try:
            return wall.read(table["looked_at"], first)
        except ValueError as error:
            raise self._wrong(at, "looked_at", f"{error}") from None

    def _waits(self, table: dict[str, Any], reader: WaitReader, at: int) -> list[WaitLine]:
        waits = []
        for number, text in enumerate(table["waits"], 1):
            try:
                waits.append(reader.read(text))
            except ValueError as error:
                mistake = Mistake(number, f"{error}")
                raise self._wrong_line(at, table, "waits", mistake) from None
        return waits

    def _steps(
        self, table: dict[str, Any], wall: Wall, waits: Sequence[WaitLine], at: int
    ) -> Sequence[StepLine] | None:
        if "steps" not in table:
            return None
        if not waits:
            raise self._wrong(at, "steps", "there is no wait whose steps they could be")
        try:
            return read_steps(table["steps"], wall, wall.date_of(waits[0].opened_at))
        except Mistake as error:
            raise self._wrong_line(at, table, "steps", error) from None

    def _wrong_line(self, at: int, table: dict[str, Any], key: str, error: Mistake) -> TableError:
        return self._wrong(at, str(table[key][error.number - 1]), str(error))

    def _wrong(self, at: int, text: str, message: str) -> TableError:
        """An error at the first line of a scenario that holds a text."""
        lines, begin = self.lines, at
        end = next((i for i in range(at, len(lines)) if lines[i] == _BEGIN), len(lines))
        found = (i for i in range(begin, end) if text and text in lines[i])
        return TableError(f"{self.name}:{next(found, at - 1) + 1}: {message}")


def _posts(events: Sequence[Event]) -> list[Post]:
    return [e.post for e in events if isinstance(e, Arrived | Replied)]


def read_table(text: str, name: str = FILE.name) -> list[Scenario]:
    """Read a table of scenarios.

    Args:
        text: TOML.
        name: How errors call the file.

    Raises:
        TableError: Something cannot be read; the message names the line.
    """
    return _Reader(text, name).scenarios()


@cache
def scenarios() -> list[Scenario]:
    """The scenarios of the file."""
    return read_table(FILE.read_text(encoding="utf-8"))
