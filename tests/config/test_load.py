"""The validated configuration, and what is said when it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.config.compile import compile_settings
from triage.config.load import load_config
from triage.config.model import Config
from triage.config.origins import origins
from triage.config.places import resolve_places
from triage.config.raw import locate
from triage.core.model import DAY, HOUR, MINUTE, Kind
from triage.core.policy import DEFAULT_POLICIES, Policy
from triage.errors import ConfigError

ACME = '[[account]]\nchannel = "x"\nhandle = "acme"\n'
ENV = {"HOME": "/home/ana", "USER": "ana"}


def load(folder: Path, text: str, env: dict[str, str] | None = None) -> Config:
    """Load a configuration of this text."""
    (folder / "config.toml").write_text(text)
    places = resolve_places(config=str(folder / "config.toml"), env=ENV)
    return load_config(places, ENV if env is None else env)


def refusal(folder: Path, text: str) -> list[str]:
    """The lines that refuse a configuration of this text."""
    with pytest.raises(ConfigError) as error:
        load(folder, text)
    assert error.value.hint == "Check again: triage config check"
    assert str(folder / "config.toml") in error.value.reason
    return error.value.message.splitlines()


def test_defaults(tmp_path: Path) -> None:
    """An account is enough: everything else has a default."""
    config = load(tmp_path, ACME)
    assert config.brand == "acme"
    assert config.time_zone == "UTC"
    assert config.policies == DEFAULT_POLICIES
    assert (config.fetch.since, config.fetch.page_size) == (2 * DAY, 100)
    assert config.reply.same_text_within == HOUR
    assert config.account("@ACME") is config.accounts[0]
    assert config.account("other") is None


def test_a_brand_alone_is_enough(tmp_path: Path) -> None:
    """Whoever only imports needs no account."""
    assert load(tmp_path, 'brand = "Acme Ltd"').brand == "Acme Ltd"
    assert "names no brand" in refusal(tmp_path, "")[0]


def test_agent(tmp_path: Path) -> None:
    """The environment wins over the file, and the file over the login."""
    said = f'agent = "file"\n{ACME}'
    assert load(tmp_path, said, {**ENV, "TRIAGE_AGENT": "env"}).agent == "env"
    assert load(tmp_path, said).agent == "file"
    assert load(tmp_path, ACME).agent == "ana"
    assert load(tmp_path, ACME, {}).agent != ""


def test_policies(tmp_path: Path) -> None:
    """A span that is set moves the warning with it, unless that is set as well."""
    config = load(
        tmp_path,
        ACME + '[sla.complaint]\nrespond_within = "20m"\n'
        '[sla.question]\nwarn_before = "10m"\n'
        '[sla.other]\nrespond_within = "none"\n'
        '[sla.praise]\nrespond_within = "2d"\nwarn_before = "1h"\n',
    )
    assert config.policies == {
        Kind.COMPLAINT: Policy(20 * MINUTE, 5 * MINUTE, name="complaint"),
        Kind.QUESTION: Policy(4 * HOUR, 10 * MINUTE, name="question"),
        Kind.OTHER: Policy(None, name="other"),
        Kind.PRAISE: Policy(2 * DAY, HOUR, name="praise"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sla]\nhuors = 3", "config.toml, [sla]: unknown setting"),
        ("[fetch]\npagesize = 3", '[fetch]: unknown setting "pagesize". Did you mean "page_size"?'),
        ("[fetch]\npage_size = 4", "[fetch] page_size: must be at least 5"),
        ("[fetch]\npage_size = 101", "[fetch] page_size: must be at most 100"),
        ('[fetch]\npage_size = "9"', "[fetch] page_size: must be a whole number"),
        ('[fetch]\nfields = "twt"', '[fetch] fields: must be "tweet" or "post"'),
        ('[fetch]\nsince = "none"', "[fetch] since: 'none' is not a span such as"),
        ('[fetch]\ntimeout = "0s"', "[fetch] timeout: must be at least 1s"),
        ("[fetch]\nsince = 48", "[fetch] since: must be a span such as"),
        ('[sla.other]\nrespond_within = "soon"', 'or "none" where no answer is due'),
        (
            '[sla.other]\nrespond_within = "1h"\nwarn_before = "2h"',
            "config.toml, [sla.other]: warn_before must not be longer than respond_within.",
        ),
        ('[rules]\ndefaults = "yes"', "[rules] defaults: must be true or false"),
        ('[rules]\nfiles = "x"', "[rules] files: must be a list"),
        ('[rules]\nfiles = ["no.toml"]', "/no.toml cannot be read (No such file"),
        ("[rules]\nfile = []", '[rules]: unknown setting "file". Did you mean "files"?'),
        ("[rules.onw.late]\noff = true", 'unknown setting "onw". Did you mean "own"?'),
        ("[credentials]\ntoken_command = []", "token_command: must not be empty"),
        ('[credentials]\ntoken_command = "pass x"', "token_command: must be a list"),
        ('[credentials]\ntoken_command = [""]', "must begin with the name of a program"),
    ],
)
def test_refusals_in_tables(tmp_path: Path, text: str, said: str) -> None:
    """Each mistake is named by file, table and key, with what is accepted."""
    lines = refusal(tmp_path, f"{ACME}\n{text}")
    assert len(lines) == 1
    assert lines[0].startswith("config.toml, ")
    assert said in lines[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'brnad = "a"\n{ACME}', 'config.toml: unknown setting "brnad". Did you mean "brand"?'),
        (f"page_size = 50\n{ACME}", 'unknown setting "page_size". It belongs in [fetch].'),
        (f'brand = ""\n{ACME}', "config.toml, brand: must be a name"),
        (f'brand = "a\\u001b"\n{ACME}', "config.toml, brand: must be a name"),
        (f'time_zone = "Europe/Madird"\n{ACME}', 'Did you mean "Europe/Madrid"?'),
        (f'time_zone = "../etc/passwd"\n{ACME}', "unknown time zone"),
        (f'time_zone = "Europe"\n{ACME}', "unknown time zone"),
        (f"sla = 3\n{ACME}", "config.toml, [sla]: must be a table."),
        ('[account]\nhandle = "a"', "[[account]]: write [[account]] with two brackets"),
        ('[[account]]\nchannel = "x"', 'config.toml, [[account]] 1: "handle" is missing.'),
        (ACME.replace('"x"', '"fax"'), 'config.toml, [[account]] 1 channel: must be "x".'),
        (ACME.replace("acme", "a b"), "[[account]] 1 handle: 'a b' is not a handle"),
        (ACME + ACME.replace("acme", "@Acme"), 'names the account "x:acme" twice'),
    ],
)
def test_refusals_at_the_top(tmp_path: Path, text: str, said: str) -> None:
    """The same for keys without a table, and for accounts."""
    lines = refusal(tmp_path, text)
    assert len(lines) == 1
    assert said in lines[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.x.com",
        "http://127.0.0.1.evil.example",
        "http://me@127.0.0.1",
        "http://127.0.0.1/path",
        "ftp://127.0.0.1",
        "http://[::1",
        "http://127.0.0.1:99999",
        "",
    ],
)
def test_base_url_off_this_computer(tmp_path: Path, url: str) -> None:
    """Requests carry credentials: they stay here, and the message says so."""
    (line,) = refusal(tmp_path, f'{ACME}base_url = "{url}"')
    assert "[[account]] 1 base_url: may only be a loopback address" in line


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:9/"])
def test_base_url_on_this_computer(tmp_path: Path, url: str) -> None:
    """The sandbox is accepted."""
    assert load(tmp_path, f'{ACME}base_url = "{url}"').accounts[0].base_url == url


@pytest.mark.parametrize("table", ["", "[credentials]\n", ACME, "[fetch]\n"])
@pytest.mark.parametrize("key", ["bearer_token", "access_token_secret", "user_token", "password"])
def test_secrets_are_refused(tmp_path: Path, table: str, key: str) -> None:
    """A secret in this file is refused wherever it stands, and never repeated."""
    with pytest.raises(ConfigError) as error:
        load(tmp_path, f'{table}{key} = "hunter2hunter2"\n{"" if table else ACME}')
    said = error.value
    assert f'"{key}" must not stand here' in said.message
    assert str(tmp_path / "credentials.toml") in said.message
    assert "hunter2" not in f"{said!r}{said}{said.reason}{said.hint}"
    assert said.__context__ is None


def test_everything_at_once(tmp_path: Path) -> None:
    """Every problem is told in one go, the wrong place of the store and rule files included."""
    (tmp_path / "rules.toml").write_text("[rules\n")
    (tmp_path / "config.toml").write_text(
        f'brnad = "a"\n{ACME}[store]\npath = 3\n[fetch]\nsince = "x"\n'
        '[rules]\nfiles = ["rules.toml"]'
    )
    located = locate(config=str(tmp_path / "config.toml"), db=None, env=ENV)
    with pytest.raises(ConfigError) as error:
        load_config(located, ENV)
    said = error.value.message
    assert len(said.splitlines()) == 4
    for part in ('"brnad"', "[store] path", "[fetch] since", "rules.toml, line 1: column 7"):
        assert part in said


def test_located_is_not_read_again(tmp_path: Path) -> None:
    """Hash and content come from one reading, even if the file changes in between."""
    path = tmp_path / "config.toml"
    path.write_text(ACME)
    located = locate(config=str(path), db=None, env=ENV)
    path.unlink()
    config = load_config(located, ENV)
    assert config.source_hash == located.require().source_hash
    missing = locate(config=str(path), db=None, env=ENV)
    with pytest.raises(ConfigError, match="There is no configuration yet"):
        load_config(missing, ENV)


def test_settings_carry_policies_and_zone(tmp_path: Path) -> None:
    """What judges waits comes from the file; a snapshot survives its own JSON."""
    config = load(
        tmp_path,
        f'time_zone = "Europe/Madrid"\n{ACME}[sla.complaint]\nrespond_within = "2h"\n',
    )
    settings = compile_settings(config, {})
    assert settings.time_zone == "Europe/Madrid"
    assert settings.policies[Kind.COMPLAINT] == Policy(2 * HOUR, 30 * MINUTE, name="complaint")
    assert type(settings).from_json(settings.to_json()).fingerprint == settings.fingerprint


def test_origins(tmp_path: Path) -> None:
    """Every key is listed with its value and who said so."""
    (tmp_path / "config.toml").write_text(
        f'{ACME}[fetch]\nsince = "90m"\n[credentials]\ntoken_command = ["pass", "hunter2"]\n'
    )
    places = resolve_places(config=str(tmp_path / "config.toml"), db="/flag.db", env=ENV)
    listed = origins(load_config(places, {**ENV, "TRIAGE_AGENT": "bo"}), places)
    by_key = {setting.key: (setting.value, setting.origin) for setting in listed}
    assert by_key["brand"] == ("acme", "config.toml [[account]] 1 handle")
    assert by_key["agent"] == ("bo", "environment TRIAGE_AGENT")
    assert by_key["store.path"] == ("/flag.db", "flag --db")
    assert by_key["fetch.since"] == ("1h30m", "config.toml")
    assert by_key["fetch.page_size"] == (100, "default")
    assert by_key["sla.praise.respond_within"] == ("none", "default")
    assert by_key["rules.files"] == ([], "default")
    assert by_key["account.1.handle"] == ("acme", "config.toml")
    assert by_key["credentials.token_command"] == (["pass", "..."], "config.toml")
    assert "hunter2" not in repr(listed)
