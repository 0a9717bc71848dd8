"""`[alerts]`: what may stand there, where the URLs come from, and that nothing shows them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from secrecy import SECRET, hidden
from triage.config.alert_urls import find_alert_urls
from triage.config.credentials import load_credentials
from triage.config.load import load_config
from triage.config.model import Config
from triage.config.origins import origins
from triage.config.places import Places, resolve_places
from triage.config.writing import toml_string
from triage.core.credentials import SecretUrl
from triage.core.kinds import HOUR, MINUTE
from triage.errors import ConfigError, SignInNeeded

ACME = '[[account]]\nchannel = "x"\nhandle = "acme"\n'
ENV = {"HOME": "/home/ana", "USER": "ana"}
URL = f"slack://{SECRET}/A/B"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Places of a test's own."""
    return resolve_places(config=str(tmp_path / "config.toml"), env={"HOME": str(tmp_path)})


def config_of(places: Places, text: str) -> Config:
    """A configuration with this table `[alerts]`."""
    places.config_file.write_text(f"{ACME}[alerts]\n{text}\n")
    return load_config(places, ENV)


def desk_of(places: Places, command: str = "") -> Config:
    """A configuration with the targets desk and mail, and a token_command that prints a text."""
    text = 'targets = ["desk", "mail"]'
    if command:
        words = [sys.executable, "-c", f"print({command!r})"]
        text += f"\n[credentials]\ntoken_command = [{', '.join(map(toml_string, words))}]"
    return config_of(places, text)


def keep(places: Places, text: str, mode: int = 0o600) -> None:
    """Write `credentials.toml`."""
    places.credentials_file.write_text(text)
    places.credentials_file.chmod(mode)


def urls_of(config: Config, places: Places, env: Mapping[str, str]) -> dict[str, SecretUrl]:
    """The URL of every target; raises why one has none."""
    found = find_alert_urls(config, places, env)
    for problem in found.lacking.values():
        raise problem
    return {name: url for name, (url, _) in found.urls.items()}


def test_defaults(places: Places) -> None:
    """All levels, three repeats, and nowhere to go."""
    alerts = config_of(places, "").alerts
    assert alerts.levels == ("warning", "breach", "repeat")
    assert (alerts.repeat_every, alerts.repeat_at_most) == (4 * HOUR, 3)
    assert (alerts.alert_command, alerts.targets) == (None, ())


def test_what_the_file_says(places: Places) -> None:
    """Each setting as it is written."""
    alerts = config_of(
        places,
        'levels = ["breach"]\nrepeat_every = "90m"\nrepeat_at_most = 0\n'
        'alert_command = ["notify", "--loud"]\ntargets = ["desk", "on-call_2"]',
    ).alerts
    assert alerts.levels == ("breach",)
    assert (alerts.repeat_every, alerts.repeat_at_most) == (90 * MINUTE, 0)
    assert alerts.alert_command == ("notify", "--loud")
    assert alerts.targets == ("desk", "on-call_2")
    assert config_of(places, 'repeat_every = "None"').alerts.repeat_every is None
    assert config_of(places, "levels = []").alerts.levels == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('level = ["breach"]', '[alerts]: unknown setting "level". Did you mean "levels"?'),
        ('levels = ["breech"]', 'levels, item 1: there is no level "breech". Did you mean "brea'),
        ('levels = ["breach", "x"]', 'item 2: there is no level "x". Known: warning, breach, rep'),
        ('levels = "breach"', "[alerts] levels: must be a list"),
        ("levels = [1]", "[alerts] levels, item 1: must be a text in quotes"),
        ('repeat_every = "soon"', "'soon' is not a span such as"),
        ('repeat_every = "soon"', 'or "none" for no repeats'),
        ("repeat_every = 4", "[alerts] repeat_every: must be a span"),
        ('repeat_every = "30s"', '[alerts] repeat_every: must be at least 1m, or "none"'),
        ("repeat_at_most = -1", "[alerts] repeat_at_most: must be at least 0"),
        ("repeat_at_most = 101", "[alerts] repeat_at_most: must be at most 100"),
        ('repeat_at_most = "3"', "[alerts] repeat_at_most: must be a whole number"),
        ("repeat_at_most = true", "[alerts] repeat_at_most: must be a whole number"),
        ("alert_command = []", "[alerts] alert_command: must not be empty"),
        ('alert_command = "notify"', "[alerts] alert_command: must be a list"),
        ('alert_command = [" "]', "[alerts]: alert_command must begin with the name of a program"),
        ('alert_command = ["a\\u0000b"]', "must begin with the name of a program"),
        ('targets = "desk"', "[alerts] targets: must be a list"),
        ("targets = [7]", "[alerts] targets, item 1: must be a text in quotes"),
        ('targets = [""]', "[alerts] targets, item 1: must be a name of letters, digits"),
        ('targets = ["désk"]', "must be a name of letters, digits, - and _"),
        ('targets = ["a", "b\\n"]', "[alerts] targets, item 2: must be a name of letters"),
        ('targets = ["Command"]', '"Command" is what alert_command is called'),
        ('targets = ["desk", "desk"]', '"desk" stands there twice'),
        ('targets = ["on-call", "ON_CALL"]', "of both is read from TRIAGE_ALERT_ON_CALL"),
        (f'targets = ["{URL}"]', "its URL is a secret and belongs in credentials.toml, [alerts]"),
        (f'desk = "{URL}"', "The URL of a target is a secret: put it into "),
        (f'alert_token = "{SECRET}"', "secrets belong in "),
        (f"targets = {{ desk = '{URL}' }}", "[alerts] targets: must be a list"),
        (f'[alerts.desk]\nurl = "{URL}"', "The URL of a target is a secret"),
    ],
)
def test_refusals(places: Places, text: str, said: str) -> None:
    """Each mistake is named by file, table and key, with what is accepted; no URL is repeated."""
    with pytest.raises(ConfigError) as error:
        config_of(places, text)
    (line,) = error.value.message.splitlines()
    assert line.startswith("config.toml, [alerts]")
    assert said in line
    assert not line.endswith("..")
    hidden(error.value)


def test_origins(places: Places) -> None:
    """`config show` has each setting, and of a command the program alone."""
    config = config_of(places, f'repeat_every = "none"\nalert_command = ["notify", "{SECRET}"]')
    found = {s.key: (s.value, s.origin) for s in origins(config, places)}
    assert {key: value for key, value in found.items() if key.startswith("alerts.")} == {
        "alerts.levels": (["warning", "breach", "repeat"], "default"),
        "alerts.repeat_every": ("none", "config.toml"),
        "alerts.repeat_at_most": (3, "default"),
        "alerts.alert_command": (["notify", "..."], "config.toml"),
        "alerts.targets": ([], "default"),
    }
    assert SECRET not in repr(config)


def test_no_target_needs_no_url(places: Places) -> None:
    """Then no source is asked, however broken."""
    keep(places, "broken", 0o644)
    assert urls_of(config_of(places, ""), places, {}) == {}


def test_precedence(places: Places) -> None:
    """Environment over command over file, each with its origin, in the order of the targets."""
    keep(places, f'[alerts]\ndesk = "{URL}/file"\nmail = "{URL}/file"\n')
    config = desk_of(places)
    assert urls_of(config, places, {}) == {
        "desk": SecretUrl(f"{URL}/file"),
        "mail": SecretUrl(f"{URL}/file"),
    }
    config = desk_of(places, f'[ALERTS]\ndesk = "{URL}/no"\nmail = "{URL}/command"')
    found = find_alert_urls(config, places, {"TRIAGE_ALERT_DESK": f" {URL}/env\n"})
    assert [(name, url.value, origin) for name, (url, origin) in found.urls.items()] == [
        ("desk", f"{URL}/env", "environment TRIAGE_ALERT_DESK"),
        ("mail", f"{URL}/command", "token_command [alerts]"),
    ]
    assert found.lacking == {}
    assert SECRET not in repr(found)
    env = {"TRIAGE_ALERT_DESK": URL}
    assert urls_of(desk_of(places, "[x]"), places, env)["mail"].value == f"{URL}/file"


def test_sources_are_not_asked_needlessly(places: Places) -> None:
    """What the environment suffices for does not run a command, nor read a file."""
    keep(places, "broken", 0o644)
    config = desk_of(places, "broken")
    env = {"TRIAGE_ALERT_DESK": URL, "TRIAGE_ALERT_MAIL": "mailto://x"}
    assert urls_of(config, places, env)["mail"].value == "mailto://x"


def test_the_variable_of_a_name(places: Places) -> None:
    """In capitals, and `-` is `_`."""
    config = config_of(places, 'targets = ["on-call"]')
    found = urls_of(config, places, {"TRIAGE_ALERT_ON_CALL": URL})
    assert found["on-call"].value == URL


def test_a_target_without_url(places: Places) -> None:
    """It says where to put it, and which name is near; the others are found all the same."""
    keep(places, f'[alerts]\nmail = "{URL}"\ndsk = "{URL}"\n"{URL}" = "x"\n')
    config = desk_of(places)
    with pytest.raises(ConfigError, match='The alert target "desk" has no URL') as error:
        urls_of(config, places, {"TRIAGE_ALERT_DESK": " "})
    shown = hidden(error.value)
    assert "TRIAGE_ALERT_DESK" in error.value.reason
    assert 'There is one for "dsk".' in error.value.reason
    assert str(places.credentials_file) in error.value.hint
    assert "://" not in shown
    found = find_alert_urls(config, places, {})
    assert (list(found.urls), list(found.lacking)) == (["mail"], ["desk"])


def test_a_name_that_may_be_a_secret_is_not_told(places: Places) -> None:
    """Only what can be the name of a target is named as being near."""
    keep(places, '[alerts]\n"desk:" = "x"\n')
    (desk, _) = find_alert_urls(desk_of(places), places, {}).lacking.values()
    assert "There is one for" not in desk.reason


@pytest.mark.parametrize(
    "output",
    [
        SECRET,
        f'[alerts]\ndesk = "{URL}',
        f'[alerts]\ndesk = ["{URL}"]',
        f'[alerts]\ndesk = "{SECRET}"',
        f'[alerts]\ndesk = "slack://{SECRET} x"',
        f'[alerts]\ndesk = "slack://{SECRET}\\nx"',
        f'[alerts.desk]\nurl = "{URL}"',
        f'alerts = "{URL}"',
        f'desk = "{URL}"',
        f'[alert]\ndesk = "{URL}"',
    ],
)
def test_unusable_text(places: Places, output: str) -> None:
    """Bad text from a command, a file or a variable is refused without repeating it."""
    with pytest.raises(SignInNeeded, match="cannot be used") as error:
        urls_of(desk_of(places, output), places, {})
    hidden(error.value)
    keep(places, output)
    with pytest.raises(ConfigError, match=r"credentials\.toml") as refused:
        urls_of(desk_of(places), places, {})
    hidden(refused.value)


@pytest.mark.parametrize("value", [SECRET, f"a b://{SECRET}", f"é://{SECRET}", f"x://{SECRET}\x1b"])
def test_unusable_variable(places: Places, value: str) -> None:
    """A variable that holds no URL is named and not shown."""
    with pytest.raises(ConfigError, match="environment TRIAGE_ALERT_DESK: ") as error:
        urls_of(desk_of(places), places, {"TRIAGE_ALERT_DESK": value})
    hidden(error.value)


def test_a_file_that_others_may_read(places: Places) -> None:
    """It is refused, as for the keys of a channel."""
    keep(places, f'[alerts]\ndesk = "{URL}"\nmail = "{URL}"\n', 0o644)
    with pytest.raises(ConfigError, match="other users may read"):
        urls_of(desk_of(places), places, {})


def test_keys_and_urls_share_a_file(places: Places) -> None:
    """The section of the one is no mistake to the other."""
    keep(places, f'[x]\nbearer_token = "b"\n["x:acme"]\n[alerts]\ndesk = "{URL}"\nmail = "{URL}"')
    config = desk_of(places)
    assert load_credentials(config, places, {}).can_read
    assert list(urls_of(config, places, {})) == ["desk", "mail"]


def test_nothing_shows_an_url() -> None:
    """Neither as a value nor within one."""
    assert SECRET not in repr(SecretUrl(URL)) + str(SecretUrl(URL)) + repr([SecretUrl(URL)])
