"""`triage cost`, and what other commands say of costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.app.costing import mark_month
from triage.core.kinds import DAY, HOUR, MINUTE
from triage.core.money import MICROS
from triage.core.usage import Tally

CAP = "\n[cost]\nmonthly_cap = 2.5\n"


def configure(home: Path, text: str) -> None:
    """Add to the configuration."""
    path = home / ".config/triage/config.toml"
    path.write_text(path.read_text() + text)


@pytest.fixture
def books(busy: Desk) -> Desk:
    """A desk at 2 March, 9 o'clock, that has asked X for something since yesterday."""
    usage, account = busy.store.usage, busy.account.id
    with busy.store.tx():
        usage.add(account, "2026-02-28", "mentions", Tally(288, 50, 9, 250_000, 45_000), busy.now)
        for day, posts, again in (("2026-03-01", 120, 30), ("2026-03-02", 44, 12)):
            micros = (posts - again) * 5_000
            usage.add(
                account, day, "mentions", Tally(288, posts, again, micros, again * 5_000), busy.now
            )
            usage.add(account, day, "included_user", Tally(0, posts // 2), busy.now)
        usage.add(account, "2026-03-01", "own", Tally(288, 12, 0, 12_000), busy.now)
        usage.add(account, "2026-03-01", "user", Tally(1, 1, 0, 10_000), busy.now)
        usage.add(account, "2026-03-02", "reply", Tally(4, 4, 0, 40_000), busy.now)
        usage.add(account, "2026-03-02", "post_with_url", Tally(1, 1, 0, 200_000), busy.now)
    return busy


@pytest.mark.parametrize("width", [60, 80, 120])
def test_screen(home: Path, books: Desk, run: Runner, width: int) -> None:
    """What was asked, the dearest first; what the month comes to; and how far the cap is."""
    configure(home, CAP)
    shown = run("cost", tty=True, width=width)
    assert shown.code == 0
    assert_golden(f"cost-{width}", shown.out + shown.err)


def test_by_day_and_of_another_month(books: Desk, run: Runner) -> None:
    """A month that is over has no outlook."""
    assert_golden("cost-by-day", run("cost", "--by", "day", tty=True).out)
    over = run("cost", "--month", "2026-02", tty=True).out
    assert "$0.25 so far. There is no monthly cap." in over
    assert "pace" not in over


def test_json(home: Path, books: Desk, run: Runner) -> None:
    """Amounts are whole millionths of a dollar; that it is an estimate is said."""
    configure(home, CAP)
    found = json.loads(run("cost", "--json").out)
    items = {item.pop("endpoint"): item for item in found.pop("items")}
    assert found == {
        "schema": 1,
        "month": "2026-03",
        "total_micros": 872_000,
        "repeated_micros": 210_000,
        "projected_micros": 872_000 + 872_000 * (31 * 24 - 33) // 33,
        "cap_micros": 2_500_000,
        "cap_used_percent": 34,
        "prices_as_of": "2026-08-22",
        "is_estimate": True,
    }
    assert items["mentions"] == {
        "calls": 576,
        "resources": 164,
        "repeated": 42,
        "cost_micros": 610_000,
        "repeated_micros": 210_000,
    }


def test_rows_for_scripts(books: Desk, run: Runner) -> None:
    """Lines in a pipe, and CSV with a head."""
    assert run("cost").out.splitlines()[0] == "mentions\t576\t164\t42\t610000\t210000"
    head, first, *_ = run("cost", "--by", "account", "--csv").out.splitlines()
    assert head == "account,calls,resources,repeated,cost_micros,repeated_micros"
    assert first.startswith("'@acme,")


def test_one_account_has_no_cap(home: Path, books: Desk, run: Runner) -> None:
    """The cap is that of all together."""
    configure(home, CAP)
    found = json.loads(run("cost", "--json", "--account", "acme").out)
    assert (found["total_micros"], found["cap_micros"]) == (872_000, None)


def test_nothing_asked(desk: Desk, run: Runner) -> None:
    """Empty is no failure."""
    assert json.loads(run("cost", "--json").out)["items"] == []
    assert "Nothing was asked of X." in run("cost", tty=True).out


def test_what_is_no_month(desk: Desk, run: Runner) -> None:
    """It says how to write one."""
    refused = run("cost", "--month", "March")
    assert refused.code == 2
    assert "Write it like 2026-11." in refused.err


def test_the_warning_comes_once_a_month(books: Desk) -> None:
    """From four fifths on; in the next month anew; never without a cap."""
    now = books.now
    assert mark_month(books.store, books.brand_id, None, now) is None
    assert mark_month(books.store, books.brand_id, 2 * MICROS, now) is None
    cap = 1_000_000
    words = mark_month(books.store, books.brand_id, cap, now)
    assert words == (
        "87% of the monthly cap is used: $0.872 of $1.00, and 29 days are left of 2026-03. "
        "At 100% reading stops. See: triage cost"
    )
    assert mark_month(books.store, books.brand_id, cap, now + 5 * MINUTE) is None
    assert mark_month(books.store, books.brand_id, cap, now + 31 * DAY) is None
    with books.store.tx():
        april = Tally(1, 1, 0, 900_000)
        books.store.usage.add(books.account.id, "2026-04-02", "mentions", april, now)
    assert "of 2026-04" in (mark_month(books.store, books.brand_id, cap, now + 31 * DAY) or "")


def test_the_doctor_knows_the_cap(home: Path, books: Desk, run: Runner) -> None:
    """How it stands; that nothing is read any more is something to mend."""

    def line() -> dict[str, str]:
        items = json.loads(run("doctor", "--json").out)["items"]
        return next(i for i in items if i["what"] == "cost")

    assert line() == {
        "health": "ok",
        "what": "cost",
        "text": "About $0.872 in 2026-03 (UTC); there is no monthly cap.",
        "hint": "",
    }
    configure(home, "\n[cost]\nmonthly_cap = 1\n")
    assert (line()["health"], line()["hint"]) == ("warn", "triage cost")
    with books.store.tx():
        more = Tally(1, 1, 0, MICROS)
        books.store.usage.add(books.account.id, "2026-03-02", "own", more, books.now)
    assert line()["health"] == "fail"
    assert "nothing is read any more" in line()["text"]


def test_the_queue_says_why_it_is_old(home: Path, books: Desk, run: Runner) -> None:
    """Where the cap stopped the fetches, a cron job is not to blame; only while that is so."""
    mark_month(books.store, books.brand_id, 1, books.now)
    books.now += HOUR
    assert "the monthly cap on costs is used up. See: triage cost" in run("queue").err
    mark_month(books.store, books.brand_id, None, books.now)
    assert "is the cron job running?" in run("queue").err
