"""`[cost]` of the configuration: exact amounts, and words for what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.config.load import load_config
from triage.config.model import Config
from triage.config.origins import origins
from triage.config.places import resolve_places
from triage.core.usage import PRICES, PRICES_FROM
from triage.errors import ConfigError

BRAND = '[[account]]\nchannel = "x"\nhandle = "acme"\n'


def load(folder: Path, text: str) -> Config:
    """Load a configuration of this text."""
    path = folder / "config.toml"
    path.write_text(BRAND + text)
    env = {"HOME": str(folder), "USER": "ana"}
    return load_config(resolve_places(config=str(path), env=env), env)


def test_defaults(tmp_path: Path) -> None:
    """No cap, nobody owns the app, all accounts share one, and prices of a day that is named."""
    config = load(tmp_path, "")
    assert config.cost.monthly_cap is None
    assert config.cost.owned == ()
    assert config.cost.as_of == PRICES_FROM
    assert config.cost.prices.model_dump() == PRICES
    assert config.accounts[0].app == "app"


def test_amounts_are_exact(tmp_path: Path) -> None:
    """Whatever a float would make of them."""
    cost = load(
        tmp_path, "[cost]\nmonthly_cap = 25.1\n[cost.prices]\npost_read = 0.0003\nreply = 1\n"
    ).cost
    assert cost.monthly_cap == 25_100_000
    assert (cost.prices.post_read, cost.prices.reply) == (300, 1_000_000)


def test_the_day_of_the_prices(tmp_path: Path) -> None:
    """As a text or as TOML's own date."""
    for day in ('"2026-11-01"', "2026-11-01"):
        assert load(tmp_path, f"[cost]\nas_of = {day}\n").cost.as_of == "2026-11-01"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[cost]\nmonthly_cap = -1\n", "between 0 and a million"),
        ("[cost]\nmonthly_cap = true\n", "an amount of dollars"),
        ("[cost]\nmonthly_cap = inf\n", "an amount of dollars"),
        ("[cost.prices]\npost_read = 0.00000001\n", "finer than a millionth"),
        ('[cost.prices]\npost_read = "cheap"\n', "an amount of dollars"),
        ("[cost.prices]\npost_reed = 1\n", 'Did you mean "post_read"'),
        ('[cost]\nas_of = "soon"\n', "must be a day"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str, words: str) -> None:
    """With the key, and what is accepted."""
    with pytest.raises(ConfigError, match=words) as refused:
        load(tmp_path, text)
    assert "[cost" in refused.value.message


def test_amounts_are_shown_as_the_file_writes_them(tmp_path: Path) -> None:
    """In dollars, with who said so."""
    config = load(tmp_path, "[cost]\nmonthly_cap = 25\n")
    shown = {s.key: s for s in origins(config, resolve_places(env={"HOME": str(tmp_path)}))}
    assert shown["cost.monthly_cap"][1:] == ("25.00", "config.toml")
    assert shown["cost.prices.post_read"][1:] == ("0.005", "default")
    assert "cost.prices" not in shown
