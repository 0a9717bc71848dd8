"""`triage action report`: what came of what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.cli import narrate, output, times
from triage.cli.context import globals_of
from triage.cli.moments import day, zone_of
from triage.cli.options import Csv
from triage.cli.output import Column, Format, iso
from triage.cli.sending import program
from triage.core.kinds import DAY
from triage.core.queue import rough_span

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.core.action_report import ActionReport
    from triage.core.themes import Bucket

_BAR = 20
_BAR_FROM = 60


class Week(NamedTuple):
    """A week of a report.

    Attributes:
        number: From the moment when it was done: -1 is the last before, 1 the first after.
    """

    number: int
    bucket: Bucket


def report(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="An action's id.")],
    csv: Csv = False,
) -> None:
    """Compare complaints about an action's theme before and after it was done.

    Both sides are as long: as long as it is done, or as far back as you have mentions. Then who
    was told, and what they wrote next there.
    """
    from triage.app.action_reporting import report_action
    from triage.app.actions import get_action

    flags = globals_of(context)
    app = flags.app
    zone_of(app)
    action = get_action(app.store, app.brand_id, number)
    found = report_action(app.store, app.brand_id, action, app.now())
    form = flags.form(as_csv=csv)
    if form is Format.JSON:
        output.document([_item(found)])
    elif form is Format.TERMINAL:
        _screen(app, found)
    else:
        output.rows(_weeks(found), _columns(0), form)


def _weeks(found: ActionReport) -> list[Week]:
    before = [Week(n - len(found.before), b) for n, b in enumerate(found.before)]
    return [*before, *(Week(n, b) for n, b in enumerate(found.after, 1))]


def _columns(most: int) -> list[Column[Week]]:
    from triage.cli.report_drawing import bar

    def begin(week: Week) -> str:
        when = times.local(week.bucket.from_at)
        return f"{when:%a} {when.day} {when:%b}"

    def lasts(week: Week) -> str:
        return rough_span(week.bucket.to_at - week.bucket.from_at)

    def side(week: Week) -> str:
        return "before" if week.number < 0 else "after"

    return [
        Column("week", lambda w: w.number, "WHEN", side),
        Column("from_at", lambda w: iso(w.bucket.from_at), "FROM", begin),
        Column("to_at", lambda w: iso(w.bucket.to_at), "FOR", lasts, right=True),
        Column("mentions", lambda w: w.bucket.mentions, "MENTIONS", right=True),
        Column("complaints", lambda w: w.bucket.complaints, "COMPLAINTS", right=True),
        Column(
            "bar",
            lambda _: "",
            " ",
            lambda w: bar(w.bucket.complaints, most, _BAR),
            wide=True,
            at_least=_BAR_FROM,
        ),
    ]


def _item(found: ActionReport) -> dict[str, object]:
    action = found.action
    return {
        "id": action.id,
        "title": action.title,
        "theme": action.theme,
        "since_at": iso(action.since_at),
        "done_at": iso(action.done_at),
        "compared_s": found.span // 1000,
        "complaints_before": found.complaints_before,
        "complaints_after": found.complaints_after,
        "weeks": [
            {
                "week": w.number,
                "from_at": iso(w.bucket.from_at),
                "to_at": iso(w.bucket.to_at),
                "mentions": w.bucket.mentions,
                "complaints": w.bucket.complaints,
            }
            for w in _weeks(found)
        ],
        "raised": found.raised,
        "told": {state.value: count for state, count in found.told.items()},
        "answered": dict(found.answered),
        "answers": [
            {
                "reply": a.reply_id,
                "customer": a.handle,
                "conversation": a.conversation_id,
                "told_at": iso(a.told_at),
                "kind": a.kind,
                "answered_at": iso(a.answered_at),
            }
            for a in found.answers
        ],
    }


def _screen(app: App, found: ActionReport) -> None:
    action = found.action
    output.spread(f"Action {action.id}: {action.title}", f"done {day(action.done_at or 0)}")
    output.line()
    if app.now() - (action.done_at or 0) < DAY:
        output.wrapped("It was done less than a day ago: there is nothing to compare yet.")
    elif found.span < DAY:
        output.wrapped(
            "The mentions that are stored begin less than a day before it was done: there is "
            "nothing to compare with."
        )
    else:
        _compared(found)
    output.line()
    _told(found)
    narrate.say()
    narrate.say(f"what they say of it: {program(app)} themes show {action.theme}")


def _compared(found: ActionReport) -> None:
    before, after = found.complaints_before, found.complaints_after
    change = f" ({(after - before) / before:+.0%})" if before else ""
    output.wrapped(
        f"Complaints about {found.action.theme}: {before:,} in the {rough_span(found.span)} "
        f"before, {after:,} in as long after{change}."
    )
    output.line()
    weeks = _weeks(found)
    most = max(w.bucket.complaints for w in weeks) or 1
    output.rows(weeks, _columns(most), Format.TERMINAL)


def _told(found: ActionReport) -> None:
    sent = len(found.answers)
    people = "1 person" if found.raised == 1 else f"{found.raised:,} people"
    rest = ", ".join(
        f"{count:,} {state.value}" for state, count in found.told.items() if state.value != "told"
    )
    output.wrapped(f"Told: {sent:,} of {people} who raised it{f'; {rest}' if rest else ''}.")
    if not sent:
        return
    silent = sent - sum(found.answered.values())
    words = [f"{count:,} {kind}" for kind, count in sorted(found.answered.items())]
    words += [f"{silent:,} nothing"] if silent else []
    output.wrapped(f"What they wrote next there: {', '.join(words)}.")
