"""The example at the root of the project, and what `init` writes."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.config.load import load_config
from triage.config.model import Config, known_keys
from triage.config.origins import origins
from triage.config.places import resolve_places
from triage.config.problems import ANY_NAME
from triage.config.writing import (
    commented_config,
    credentials_text,
    toml_string,
    write_config,
    write_credentials,
)
from triage.core.kinds import Kind
from triage.errors import Refused, TriageError

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SETTING = re.compile(r"^#(?=[a-z_]+ = |\[)", re.MULTILINE)


def full_text() -> str:
    """The example with every setting that is commented out put in."""
    return SETTING.sub("", EXAMPLE.read_text())


def flat(data: dict[str, Any], known: dict[str, Any], prefix: str = "") -> set[str]:
    """Every key of nested tables, dotted, as deep as the model has tables."""
    keys: set[str] = set()
    for key, value in data.items():
        name = ANY_NAME if ANY_NAME in known else key
        inner = value[0] if isinstance(value, list) and value else value
        if known.get(name):
            keys |= flat(inner, known[name], f"{prefix}{name}.")
        else:
            keys.add(prefix + name)
    return keys


def of_any_kind(keys: set[str]) -> set[str]:
    """What the table of one kind shows goes for all."""
    return {re.sub(rf"^sla\.({'|'.join(Kind)})\.", "sla.KIND.", key) for key in keys}


def load(folder: Path, text: str) -> Config:
    """Load a configuration of this text."""
    path = folder / "config.toml"
    path.write_text(text)
    env = {"HOME": "/home/ana", "USER": "ana"}
    return load_config(resolve_places(config=str(path), env=env), env)


def test_keys_are_the_models() -> None:
    """The example has every key of the model, and no other."""
    written = tomllib.loads(full_text())
    # Said in short, it stands for whichever key of the table is meant.
    said = flat({**written, "store": dict.fromkeys(("path", "url"), "")}, known_keys())
    assert isinstance(written["store"], str)
    assert of_any_kind(said) == of_any_kind(flat(known_keys(), known_keys()))


def test_example_loads(tmp_path: Path) -> None:
    """As it stands, and with every setting put in."""
    assert load(tmp_path, EXAMPLE.read_text()).time_zone == "Europe/Madrid"
    (tmp_path / "rules.toml").write_text("")
    full = load(tmp_path, full_text())
    assert full.agent == "ana"
    assert full.accounts[0].base_url == "http://127.0.0.1:8080"


def test_commented_settings_are_the_defaults(tmp_path: Path) -> None:
    """Putting in what stands behind # changes nothing, save where it is only an example."""
    (tmp_path / "rules.toml").write_text("")
    examples = {
        "agent",
        "account.1.base_url",
        "account.1.time_zone",
        "rules.files",
        "rules.off",
        "heartbeat.ping_url",
    }
    examples |= {"credentials.token_command", "store.path"}
    examples |= {"alerts.alert_command", "alerts.targets", "cost.monthly_cap", "cost.owned"}
    examples |= {"auth.client_id", "templates.languages", "templates.signs"}
    places = resolve_places(env={"HOME": "/home/ana"})
    plain = {s.key: s.value for s in origins(load(tmp_path, EXAMPLE.read_text()), places)}
    full = {s.key: s.value for s in origins(load(tmp_path, full_text()), places)}
    changed = {key for key in full if plain.get(key) != full[key]}
    made_up = {key for key in changed if key.startswith(("sla.policy.", "calendar.office."))}
    assert changed - made_up <= examples


def test_example_is_what_init_writes() -> None:
    """One text, in one place."""
    text = commented_config(brand="acme", handle="@acme", time_zone="Europe/Madrid")
    assert EXAMPLE.read_text() == text


def test_init_values_come_back(tmp_path: Path) -> None:
    """What init is told stands in the file, quotes and all."""
    text = commented_config(
        brand='A "quoted" {brand}',
        handle="@acme",
        agent="ána",
        base_url="http://127.0.0.1:1",
    )
    config = load(tmp_path, text)
    assert config.brand == 'A "quoted" {brand}'
    assert config.agent == "ána"
    assert config.accounts[0].base_url == "http://127.0.0.1:1"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_strings_survive(text: str) -> None:
    """Any text survives being written and read."""
    assert tomllib.loads(f"a = {toml_string(text)}") == {"a": text}


def test_files_are_private_and_kept(tmp_path: Path) -> None:
    """0600 from the start; what is there is replaced only on request, whole."""
    path = tmp_path / "new" / "config.toml"
    write_config(path, "a = 1\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(Refused, match="exists already") as error:
        write_config(path, "a = 2\n")
    assert "--force" in error.value.hint
    assert path.read_text() == "a = 1\n"
    path.chmod(0o644)
    write_config(path, "a = 2\n", force=True)
    assert path.read_text() == "a = 2\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """A file that lives among somebody's dotfiles is replaced there."""
    real, link = tmp_path / "real.toml", tmp_path / "config.toml"
    real.write_text("")
    link.symlink_to(real)
    write_config(link, "a = 1\n", force=True)
    assert link.is_symlink()
    assert real.read_text() == "a = 1\n"


def test_unwritable(tmp_path: Path) -> None:
    """A file in the way of the directory, and half a character, are said to be so."""
    (tmp_path / "file").write_text("")
    with pytest.raises(TriageError, match="cannot be written"):
        write_config(tmp_path / "file" / "config.toml", "")
    with pytest.raises(TriageError, match="cannot be written"):
        write_config(tmp_path / "config.toml", "\ud800")
    assert not (tmp_path / "config.toml").exists()


def test_credentials_file(tmp_path: Path) -> None:
    """Sections and names as they are read again."""
    sections = {"x": {"bearer_token": "b"}, "x:acme": {"user_token": 'u"'}}
    assert tomllib.loads(credentials_text(sections)) == sections
    write_credentials(tmp_path / "credentials.toml", sections)
    assert stat.S_IMODE((tmp_path / "credentials.toml").stat().st_mode) == 0o600
