"""`[sla]`: what the tables promise to whom, and what is said of mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.config.compile import compile_settings
from triage.config.load import load_config
from triage.config.places import resolve_places
from triage.config.sla import describe_warning
from triage.core.holds import HoldState
from triage.core.model import DAY, HOUR, MINUTE, Kind
from triage.core.policy import AS_FIRST, DEFAULT_POLICIES, Case, Policy, Settings, When
from triage.errors import ConfigError

ACME = '[[account]]\nchannel = "x"\nhandle = "acme"\n'
OFFICE = '[calendar.office]\nhours = { mon-fri = ["09:00-18:00"] }\n'
ENV = {"HOME": "/home/ana", "USER": "ana"}
VIP = '[[sla.policy]]\nname = "vip"\nrespond_within = "1h"\n'
SHIPPED = {"smoke": {"phrases": ["smoke"], "weights": {"complaint": 1.0}, "priority": "fire"}}
"""The rules that ship, as far as these tests care."""


def compiled(folder: Path, text: str) -> Settings:
    """The settings of a configuration with these tables."""
    (folder / "config.toml").write_text(f"{ACME}{text}")
    config = load_config(resolve_places(config=str(folder / "config.toml"), env=ENV), ENV)
    return compile_settings(config, SHIPPED)


def policy(folder: Path, text: str) -> Policy:
    """The special policy of a configuration with this table."""
    (found,) = compiled(folder, f"[[sla.policy]]\n{text}\n{OFFICE}").special
    return found


def complaints(folder: Path, text: str) -> Policy:
    """What complaints are promised by `[sla.complaint]` with these keys."""
    return compiled(folder, f"[sla.complaint]\n{text}\n{OFFICE}").policies[Kind.COMPLAINT]


def refusal(folder: Path, text: str) -> list[str]:
    """The lines that refuse a configuration with these tables, less the name of the file."""
    with pytest.raises(ConfigError) as error:
        compiled(folder, text)
    assert error.value.hint == "Check again: triage config check"
    lines = error.value.message.splitlines()
    assert all(line.startswith("config.toml, ") for line in lines)
    return [line.removeprefix("config.toml, ") for line in lines]


# --- what is promised -----------------------------------------------------------------------------


def test_without_tables_the_defaults_hold(tmp_path: Path) -> None:
    """Around the clock; nothing pauses a clock, and nobody is woken at night."""
    settings = compiled(tmp_path, "")
    assert settings.policies == DEFAULT_POLICIES
    assert settings.special == ()
    assert {p.calendar for p in settings.policies.values()} == {"always"}


def test_what_stands_right_under_sla_holds_for_all(tmp_path: Path) -> None:
    """For kinds and for special policies, unless they say otherwise themselves."""
    settings = compiled(
        tmp_path,
        '[sla]\ncalendar = "office"\npauses = ["on-hold"]\nalert_when_closed = true\n'
        '[sla.question]\ncalendar = "always"\npauses = []\nalert_when_closed = false\n'
        f'{VIP}[[sla.policy]]\nname = "press"\nrespond_within = "1h"\npauses = "snoozed"\n{OFFICE}',
    )
    complaint, question = settings.policies[Kind.COMPLAINT], settings.policies[Kind.QUESTION]
    vip, press = settings.special
    for one in (complaint, vip):
        assert (one.calendar, one.pauses, one.alert_anytime) == (
            "office",
            frozenset({HoldState.ON_HOLD}),
            True,
        )
    assert (question.calendar, question.pauses, question.alert_anytime) == (
        "always",
        frozenset(),
        False,
    )
    assert press.pauses == {HoldState.SNOOZED}


def test_what_a_kind_leaves_out_is_its_default(tmp_path: Path) -> None:
    """Also if it sets something else."""
    found = complaints(tmp_path, 'calendar = "office"')
    assert found == Policy(HOUR, 15 * MINUTE, name="complaint", calendar="office")


@pytest.mark.parametrize(
    ("text", "first", "following"),
    [
        ("", HOUR, HOUR),
        ('respond_within = "2h"', 2 * HOUR, 2 * HOUR),
        ('next_response_within = "30m"', HOUR, 30 * MINUTE),
        ('respond_within = "2h"\nnext_response_within = "none"', 2 * HOUR, None),
        ('respond_within = "none"', None, None),
        ('respond_within = "None"\nnext_response_within = "1d"', None, DAY),
    ],
)
def test_the_next_response_is_promised_as_the_first(
    tmp_path: Path, text: str, first: int | None, following: int | None
) -> None:
    """Unless it has a span of its own, or none."""
    found = complaints(tmp_path, text)
    assert (found.within(is_next=False), found.within(is_next=True)) == (first, following)
    assert (found.next_within == AS_FIRST) == ("next" not in text)


@pytest.mark.parametrize(
    ("text", "first", "following"),
    [
        ('respond_within = "2h"', 90 * MINUTE, 90 * MINUTE),
        ('respond_within = "2h"\nwarn_before = "10m"', 110 * MINUTE, 110 * MINUTE),
        ('respond_within = "2h"\nwarn_before = "25%"', 90 * MINUTE, 90 * MINUTE),
        ('respond_within = "2h"\nwarn_before = "100%"', 0, 0),
        ('respond_within = "2h"\nwarn_before = " 0 % "', 2 * HOUR, 2 * HOUR),
        ('respond_within = "2h"\nwarn_before = "2h"', 0, 0),
        ('warn_before = "20m"', 40 * MINUTE, 40 * MINUTE),
        ('next_response_within = "20m"', 45 * MINUTE, 15 * MINUTE),
        (
            'respond_within = "2h"\nnext_response_within = "20m"\nwarn_before = "50%"',
            HOUR,
            10 * MINUTE,
        ),
        (
            'respond_within = "2h"\nnext_response_within = "20m"\nwarn_before = "30m"',
            90 * MINUTE,
            0,
        ),
        ('respond_within = "1s"', 750, 750),
    ],
)
def test_when_it_warns(tmp_path: Path, text: str, first: int, following: int) -> None:
    """A span before the due time, or a share of the time that is left then, for both spans.

    Where nothing is said it is a quarter; never before the customer has written.
    """
    found = complaints(tmp_path, text)
    assert found.warn_after(found.within(is_next=False) or 0) == first
    assert found.warn_after(found.within(is_next=True) or 0) == following


def test_a_special_policy_warns_when_a_quarter_is_left(tmp_path: Path) -> None:
    """It has no default of a kind."""
    assert policy(tmp_path, 'name = "p"\nrespond_within = "10m"').warn_after(10 * MINUTE) == 450_000
    assert policy(tmp_path, 'name = "p"\nrespond_within = "none"').warn_before == 0


_P = 'name = "p"\nrespond_within = "1h"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [('"25%"', "25%"), ('"0%"', "0%"), ('"90s"', "1m30s"), ('"1h"', "1h")],
)
def test_a_warning_is_described_as_it_is_said(tmp_path: Path, text: str, words: str) -> None:
    """`config show` shows what can be put into the file."""
    found = complaints(tmp_path, f'respond_within = "2h"\nwarn_before = {text}')
    assert describe_warning(found) == words


def test_special_policies_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Before those of the kinds, and each says whom it is for."""
    settings = compiled(
        tmp_path,
        '[[account]]\nchannel = "x"\nhandle = "acmehelp"\n'
        '[[sla.policy]]\nname = "b"\nrespond_within = "1h"\nkind = ["complaint", "question"]\n'
        '[[sla.policy]]\nname = "a"\nrespond_within = "2h"\npriority = "any"\n'
        'account = ["@AcmeHelp", "acme"]\n'
        "customer = { vip = true, tier = 3, since = 'Two years ', blocked = false }\n"
        '[[sla.policy]]\nname = "All of them"\nrespond_within = "none"\n',
    )
    assert [p.name for p in settings.special] == ["b", "a", "All of them"]
    first, second, third = (p.when for p in settings.special)
    assert first == When(kinds=(Kind.COMPLAINT, Kind.QUESTION))
    assert second == When(
        priorities=("any",),
        accounts=("acmehelp", "acme"),
        attributes=(("blocked", "no"), ("since", "Two years"), ("tier", "3"), ("vip", "yes")),
    )
    assert third == When()
    assert settings.policy_for(Case(Kind.PRAISE)).name == "All of them"
    assert [p.name for p in settings.in_order()][3:] == list(Kind)


def test_a_policy_for_an_account_of_nobody_is_refused(tmp_path: Path) -> None:
    """It would never hold, and nobody would hear of it."""
    with pytest.raises(ConfigError) as error:
        compiled(
            tmp_path,
            '[[sla.policy]]\nname = "b"\nrespond_within = "1h"\naccount = "acmee"\n',
        )
    assert 'no [[account]] "acmee". Did you mean "acme"?' in error.value.message


def test_a_warning_before_the_default_span_begins_is_refused(tmp_path: Path) -> None:
    """Also where the span itself is not in the file."""
    with pytest.raises(ConfigError) as error:
        compiled(tmp_path, '[sla.complaint]\nwarn_before = "2h"\n')
    assert "must not be longer than respond_within, 1h" in error.value.message


@pytest.mark.parametrize("key", ["kind", "priority", "account", "pauses"])
def test_one_may_be_written_without_brackets(tmp_path: Path, key: str) -> None:
    """`kind = "question"` says the same as `kind = ["question"]`."""
    value = {"kind": "question", "priority": "any", "account": "acme", "pauses": "on-hold"}[key]
    bare = policy(tmp_path, f'{_P}{key} = "{value}"')
    assert bare == policy(tmp_path, f'{_P}{key} = ["{value}"]')
    assert bare != policy(tmp_path, _P)


def test_accounts_have_zones_of_their_own(tmp_path: Path) -> None:
    """People of an account read and say times in its zone; others in that of the file."""
    (tmp_path / "config.toml").write_text(
        'time_zone = "Europe/Madrid"\n'
        '[[account]]\nchannel = "x"\nhandle = "AcmeJP"\ntime_zone = "Asia/Tokyo"\n' + ACME
    )
    config = load_config(resolve_places(config=str(tmp_path / "config.toml"), env=ENV), ENV)
    settings = compile_settings(config, {})
    assert settings.zone_of("acmejp") == "Asia/Tokyo"
    assert settings.zone_of("acme") == settings.zone_of("") == "Europe/Madrid"


# --- mistakes -------------------------------------------------------------------------------------

SPAN = 'a span such as "90s", "60m", "4h", "2d" or "1h30m"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[sla]\ncalender = "a"', '[sla]: unknown setting "calender". Did you mean "calendar"?'),
        (
            '[sla.complaints]\nrespond_within = "1h"',
            '[sla]: unknown setting "complaints". Did you mean "complaint"?',
        ),
        (
            '[sla.complaint]\nrepond_within = "1h"',
            '[sla.complaint]: unknown setting "repond_within". Did you mean "respond_within"?',
        ),
        (
            '[sla]\npauses = ["snozed"]',
            '[sla] pauses, item 1: must be "snoozed", "waiting-on-customer" or "on-hold".',
        ),
        (
            '[sla.other]\npauses = "on hold"',
            '[sla.other] pauses, item 1: must be "snoozed", "waiting-on-customer" or "on-hold".',
        ),
        ('[sla]\nalert_when_closed = "yes"', "[sla] alert_when_closed: must be true or false."),
        ("[sla]\ncalendar = 5", "[sla] calendar: must be a text in quotes."),
        (
            '[sla.complaint]\nrespond_within = "soon"',
            (
                f"[sla.complaint] respond_within: 'soon' is not {SPAN}, or \"none\" where no "
                "answer is due."
            ),
        ),
        (
            "[sla.complaint]\nnext_response_within = 5",
            (
                f'[sla.complaint] next_response_within: must be {SPAN}, in quotes, or "none" '
                "where no answer is due."
            ),
        ),
        (
            '[sla.complaint]\nwarn_before = "soon"',
            (
                f"[sla.complaint] warn_before: 'soon' is not {SPAN}, or a share of the time "
                'such as "25%".'
            ),
        ),
        (
            '[sla.complaint]\nwarn_before = "101%"',
            "[sla.complaint] warn_before: '101%' is more than the whole time.",
        ),
        (
            '[sla.complaint]\nrespond_within = "1h"\nwarn_before = "61m"',
            "[sla.complaint]: warn_before must not be longer than respond_within.",
        ),
    ],
)
def test_mistakes_in_tables_of_kinds(tmp_path: Path, text: str, said: str) -> None:
    """By table and key, with what is accepted or what is near."""
    assert refusal(tmp_path, f"{text}\n") == [said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "vip"', ': "respond_within" is missing.'),
        ('respond_within = "1h"', ': "name" is missing.'),
        (
            f'{_P}warn_befor = "1m"',
            ': unknown setting "warn_befor". Did you mean "warn_before"?',
        ),
        (
            f'{_P}kind = "complain"',
            ' kind, item 1: must be "complaint", "question", "other" or "praise".',
        ),
        (f"{_P}account = 5", " account: must be a list in brackets."),
        (f"{_P}account = [5]", " account, item 1: must be a text in quotes."),
        (f'{_P}customer = "vip"', " customer: must be a table."),
        (
            f"{_P}customer = {{ vip = 1.5 }}",
            " customer: must be true, false, a whole number or a text in quotes.",
        ),
        (
            f"{_P}customer = {{ VIP = true }}",
            (
                " customer: 'VIP' is no name for an attribute: up to 40 small letters, digits, "
                "- and _, a letter first."
            ),
        ),
        (
            f'{_P}warn_before = "2h"',
            ": warn_before must not be longer than respond_within.",
        ),
        (
            f'{_P}priority = ["any", "fier"]',
            ' priority: no rule gives "fier". Did you mean "fire"?',
        ),
    ],
)
def test_mistakes_in_special_policies(tmp_path: Path, text: str, said: str) -> None:
    """By the number of the table."""
    assert refusal(tmp_path, f"[[sla.policy]]\n{text}\n") == [f"[[sla.policy]] 1{said}"]


@pytest.mark.parametrize(
    "name", ["", " vip", "vip/x", "-vip", "v" * 51, "a\tb", "a\u001b", "complaint", "praise"]
)
def test_names_that_a_policy_cannot_have(tmp_path: Path, name: str) -> None:
    """They stand in screens and on command lines; those of kinds are taken."""
    escaped = name.replace("\t", "\\t").replace("\u001b", "\\u001b")
    (line,) = refusal(tmp_path, VIP.replace('"vip"', f'"{escaped}"'))
    assert line == (
        f"[[sla.policy]] 1 name: {name!r} is no name for a policy: up to 50 letters, digits and "
        "-, not a kind."
    )


@pytest.mark.parametrize("name", ["vip", "VIP", "première", "tier-1", "Gold customers", "v" * 50])
def test_names_that_a_policy_can_have(tmp_path: Path, name: str) -> None:
    """Also with blanks, in every script."""
    assert policy(tmp_path, _P.replace('"p"', f'"{name}"')).name == name


def test_a_name_is_given_once(tmp_path: Path) -> None:
    """A wait names its policy."""
    assert refusal(tmp_path, VIP * 2) == ['[sla.policy]: the name "vip" is given twice.']


def test_one_bracket_is_not_enough(tmp_path: Path) -> None:
    """There may be several, and it is said how they are written."""
    assert refusal(tmp_path, VIP.replace("[[sla.policy]]", "[sla.policy]")) == [
        "[sla.policy]: write [[sla.policy]] with two brackets: there may be several."
    ]


def test_priorities_of_all_rules_are_known(tmp_path: Path) -> None:
    """Those that the program knows, and those that the rules give."""
    for name in ("safety", "churn-threat", "fire", "any"):
        assert policy(tmp_path, f'{_P}priority = "{name}"').when.priorities == (name,)


def test_a_zone_of_an_account_that_is_not_known(tmp_path: Path) -> None:
    """Is told like every other."""
    text = ACME.replace("handle", 'time_zone = "Europe/Madird"\nhandle')
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(ConfigError) as error:
        load_config(resolve_places(config=str(tmp_path / "config.toml"), env=ENV), ENV)
    assert error.value.message == (
        "config.toml, [[account]] 1 time_zone: unknown time zone 'Europe/Madird'. "
        'Did you mean "Europe/Madrid"?'
    )
