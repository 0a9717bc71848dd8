"""`triage cost`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

import typer

from triage.app.costing import load_month
from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import Csv, examples
from triage.cli.output import Column, Format
from triage.core.costs import By, Month, is_capped, is_month, month_of
from triage.core.money import dollars, in_mills
from triage.core.usage import Tally
from triage.errors import UsageError


class _Line(NamedTuple):
    name: str
    tally: Tally


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "cost",
        epilog=examples(
            "triage cost",
            "triage cost --month 2026-11 --by day --csv",
            "triage cost --json | jq .projected_micros",
        ),
    )(cost)


def cost(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Option("--month", metavar="MONTH", help="Such as 2026-11; now.")
    ] = None,
    by: Annotated[By, typer.Option("--by", help="How it is split.")] = By.ENDPOINT,
    csv: Csv = False,
) -> None:
    """Show what was asked of X in a month, and about what it costs.

    It is an estimate by the prices of the configuration; the bill is in X's console. Months and
    days are UTC. What was read before on the same day is counted apart: X charges it once.
    """
    flags = globals_of(context)
    app = flags.app
    wanted = month or month_of(app.now())
    if not is_month(wanted):
        raise UsageError(f"--month {wanted}: not a month.", hint="Write it like 2026-11.")
    table = app.settings_file.cost
    only = [a.id for a in app.accounts()] if app.only_accounts else []
    found = load_month(
        app.store, app.brand_id, wanted, by, app.now(), cap=table.monthly_cap, account_ids=only
    )
    lines = [_Line(name, tally) for name, tally in found.lines.items()]
    form = flags.form(as_csv=csv)
    if form is Format.JSON:
        items = [{c.key: c.value(line) for c in _data(by)} for line in lines]
        output.document(items, **_beside(found, table.as_of))
    elif form is Format.TERMINAL:
        _screen(app, found, lines, by, table.as_of)
    else:
        output.rows(lines, _data(by), form)


def _beside(found: Month, as_of: str) -> dict[str, object]:
    return {
        "month": found.month,
        "total_micros": found.total.micros,
        "repeated_micros": found.total.repeated_micros,
        "projected_micros": found.projected,
        "cap_micros": found.cap,
        "cap_used_percent": found.share,
        "prices_as_of": as_of,
        "is_estimate": True,
    }


def _data(by: By) -> list[Column[_Line]]:
    return [
        Column(by.value, lambda x: x.name),
        Column("calls", lambda x: x.tally.calls),
        Column("resources", lambda x: x.tally.resources),
        Column("repeated", lambda x: x.tally.repeated),
        Column("cost_micros", lambda x: x.tally.micros),
        Column("repeated_micros", lambda x: x.tally.repeated_micros),
    ]


def _shown(by: By) -> list[Column[_Line]]:
    return [
        Column(by.value, lambda x: _NAMES.get(x.name, x.name), _HEADS[by], wide=True),
        Column("calls", lambda x: x.tally.calls, "CALLS", right=True),
        Column("resources", lambda x: x.tally.resources, "RESOURCES", right=True),
        Column("repeated", lambda x: x.tally.repeated, "AGAIN", right=True),
        Column("cost", lambda x: in_mills(x.tally.micros), "COST", right=True),
    ]


_ALONG = frozenset({"included_post", "included_user"})
_HEADS = {By.ENDPOINT: "WHAT", By.ACCOUNT: "ACCOUNT", By.DAY: "DAY"}
_NAMES = {
    "me": "sign-in check",
    "user": "account lookup",
    "mentions": "mentions",
    "own": "own posts",
    "posts": "posts looked up",
    "included_post": "posts that came along",
    "included_user": "authors that came along",
    "reply": "replies",
    "post": "other posts, parts of threads",
    "post_with_url": "posts with a URL",
    "delete": "deletions",
    "media_upload": "uploads",
    "media_metadata": "texts of pictures",
}


def _screen(app: App, found: Month, lines: list[_Line], by: By, as_of: str) -> None:
    year, number = map(int, found.month.split("-"))
    names = ", ".join(f"@{a.handle}" for a in app.accounts())
    output.spread(f"{date(year, number, 1):%B %Y} (UTC)", names)
    output.line()
    if not lines:
        output.line("Nothing was asked of X.")
        return
    output.rows([*lines, _Line("total", found.total)], _shown(by), Format.TERMINAL)
    output.line()
    output.wrapped(_outlook(found))
    output.wrapped(
        f"An estimate by the prices of {as_of} in the configuration; the bill is in X's console."
    )
    if any(not tally.micros for name, tally in found.lines.items() if name in _ALONG):
        narrate.say(
            "What came along with posts is counted at no price: X does not say whether it charges "
            "it. If your console does, set it under [cost.prices]."
        )
    again = found.total
    if again.repeated:
        narrate.say(
            f"AGAIN was read before on the same UTC day, and X says that it charges a day's "
            f"re-reads once; if it did charge them: {dollars(again.repeated_micros)} more."
        )


def _outlook(found: Month) -> str:
    words = f"{dollars(found.total.micros)} so far"
    if found.projected is not None:
        words += f"; at this pace the month will come to {dollars(found.projected)}"
    if found.cap is None:
        return f"{words}. There is no monthly cap."
    left = max(0, found.cap - found.total.micros)
    words += f". Cap: {dollars(found.cap)}, {found.share}% used, {dollars(left)} left."
    if is_capped(found.total.micros, found.cap):
        return f"{words} Nothing is read any more; replies go out."
    if found.projected is not None and found.projected > found.cap:
        return f"{words} At this pace it will not last."
    return words
