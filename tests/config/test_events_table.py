"""`[events]` of the configuration, and the language of an account."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.config.load import load_config
from triage.config.model import Config
from triage.config.places import resolve_places
from triage.core.events import SpikePolicy
from triage.core.model import DAY, MINUTE
from triage.errors import ConfigError

BRAND = '[[account]]\nchannel = "x"\nhandle = "acme"\n'


def load(folder: Path, text: str) -> Config:
    """Load a configuration of this text."""
    path = folder / "config.toml"
    path.write_text(BRAND + text)
    env = {"HOME": str(folder), "USER": "ana"}
    return load_config(resolve_places(config=str(path), env=env), env)


def test_defaults_are_those_of_the_core(tmp_path: Path) -> None:
    """Ten complaints in an hour, three times as many as usual; said in English."""
    config = load(tmp_path, "")
    assert config.events.spikes == SpikePolicy()
    assert config.accounts[0].language == "en"


def test_all_of_it(tmp_path: Path) -> None:
    """Each key comes through."""
    config = load(
        tmp_path,
        'language = "pt-BR"\n[events]\nspike_complaints = 0\nspike_factor = 1.5\n'
        'spike_window = "30m"\nspike_usual = "7d"\n',
    )
    assert config.events.spikes == SpikePolicy(0, 1.5, 30 * MINUTE, 7 * DAY)
    assert config.accounts[0].language == "pt-BR"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('language = "tlh"\n', "must be one of de, en, es, fr, it, nl, pt, not 'tlh'"),
        ("[events]\nspike_complaints = -1\n", "spike_complaints"),
        ("[events]\nspike_factor = nan\n", "spike_factor"),
        ('[events]\nspike_window = "2s"\n', "must be 1m to 1d"),
        ('[events]\nspike_usual = "1h"\n', "must be 1d to 90d"),
        ("[events]\nspike_complaint = 3\n", 'Did you mean "spike_complaints"'),
    ],
)
def test_what_is_none_is_told(tmp_path: Path, text: str, words: str) -> None:
    """With the key, and what is accepted."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert words in f"{caught.value.message} {caught.value.reason}"
