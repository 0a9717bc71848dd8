"""`triage customer`: noting what policies and people are to know."""

from __future__ import annotations

import json

import pytest

from builders import Desk
from promises import put_in_force
from screens import Runner
from triage.core.model import MINUTE

HOSTILE = "prefers \x1b[2J\x1b]52;c;b3duZWQ=\x07Spanish \u202egnp.exe\u202c [red]x[/red]"


@pytest.fixture
def vips(busy: Desk) -> Desk:
    """The busy desk, where VIPs have a quarter of an hour."""
    put_in_force(busy)
    return busy


def policy(run: Runner, number: int) -> tuple[str, str]:
    """Under which policy a conversation waits, and when an answer is due."""
    wait = json.loads(run("show", str(number), "--json").out)["items"][0]["wait"]
    return wait["policy"], wait["due_at"]


@pytest.mark.usefixtures("vips")
def test_what_waits_is_judged_by_it(run: Runner) -> None:
    """Finn wrote ten minutes ago: a VIP is due in five."""
    assert policy(run, 6) == ("complaint", "2026-03-02T09:50:00Z")
    ran = run("customer", "set", "6", "vip=yes")
    assert (ran.code, ran.out, ran.err) == (0, "vip\tyes\n", "")
    assert policy(run, 6) == ("vip", "2026-03-02T09:05:00Z")
    assert run("customer", "unset", "6", "vip").code == 0
    assert policy(run, 6) == ("complaint", "2026-03-02T09:50:00Z")


@pytest.mark.usefixtures("vips")
def test_on_a_terminal(run: Runner) -> None:
    """Each change is told, with what it was."""
    set_ = ("customer", "set", "6")
    assert run(*set_, "vip=yes", "order=8841", tty=True) == (
        0,
        "",
        "@finn: vip = yes\n@finn: order = 8841\n",
    )
    assert run(*set_, "vip=no", tty=True).err == "@finn: vip = no (was yes)\n"
    assert run(*set_, "vip=no", tty=True).err == "@finn: vip = no already\n"
    ran = run("customer", "unset", "6", "vip", "order", tty=True)
    assert ran.err == "@finn: vip is taken back (was no)\n@finn: order is taken back (was 8841)\n"


@pytest.mark.usefixtures("vips")
def test_keys(run: Runner) -> None:
    """JSON tells all that is noted, not only what changed; names are small letters."""
    run("customer", "set", "6", "order=8841")
    ran = run("customer", "set", "6", "VIP = yes", "since=a = b", "--json")
    assert json.loads(ran.out)["items"] == [
        {"customer": "finn", "attributes": {"order": "8841", "since": "a = b", "vip": "yes"}}
    ]
    piped = run("customer", "unset", "6", "Since")
    assert piped.out == "order\t8841\nvip\tyes\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("set", "6"), 2, "KEY=VALUE"),
        (("set", "6", "vip"), 2, "'vip': not KEY=VALUE. Write it like vip=yes."),
        (("set", "6", "1st=x"), 1, "'1st' is no name for an attribute."),
        (("set", "6", "=x"), 1, "'' is no name for an attribute."),
        (("set", "6", "vip="), 1, "vip: a value has 1 to 200 characters."),
        (("set", "6", f"vip={'x' * 201}"), 1, "vip: a value has 1 to 200 characters."),
        (("set", "999", "vip=yes"), 1, "There is no customer '999'."),
        (
            ("unset", "6", "vip"),
            1,
            "@finn has no vip; nothing was changed. See what is noted: triage customer c",
        ),
        (("unset", "6"), 2, "KEY"),
    ],
)
@pytest.mark.usefixtures("vips")
def test_mistakes(run: Runner, words: tuple[str, ...], code: int, said: str) -> None:
    """Are told, and nothing is written."""
    ran = run("customer", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert json.loads(run("show", "6", "--json").out)["items"][0]["attributes"] == {}


@pytest.mark.usefixtures("vips")
def test_one_wrong_pair_keeps_the_others(run: Runner) -> None:
    """All are looked at before the first is written."""
    assert run("customer", "set", "6", "vip=yes", "1st=x").code == 1
    assert policy(run, 6)[0] == "complaint"


@pytest.mark.usefixtures("vips")
def test_hostile_text(run: Runner) -> None:
    """A value reaches no screen and no pipe as it is."""
    outs = [
        run("customer", "set", "6", f"note={HOSTILE}", tty=True).err,
        run("customer", "set", "6", f"note={HOSTILE}").out,
        run("show", "6", tty=True).out,
        run("log", tty=True).out,
        run("log").out,
    ]
    for out in outs:
        assert "Spanish" in out
        assert not set(out) & set("\x07\x1b\u202e\u202c")


@pytest.mark.usefixtures("vips")
def test_the_log_tells_it_in_words(run: Runner) -> None:
    """What was noted, what it was, and that it was taken back."""
    run("customer", "set", "6", "vip=yes")
    run("customer", "set", "6", "vip=no")
    run("customer", "unset", "6", "vip")
    lines = run("log", "6", tty=True).out.splitlines()[1:]
    assert [line.split("  ")[-1] for line in lines] == [
        "note, vip = yes",
        "note, vip = no (was yes)",
        "note, vip taken back (was no)",
    ]


def test_it_holds_for_the_customer_and_not_for_the_conversation(vips: Desk, run: Runner) -> None:
    """The next time they write, the policy knows them."""
    run("customer", "set", "6", "vip=yes")
    vips.now += MINUTE
    vips.write("finn", "@acme broken again, elsewhere")
    vips.fetch()
    assert policy(run, 7)[0] == "vip"
    assert policy(run, 3)[0] == "complaint"
