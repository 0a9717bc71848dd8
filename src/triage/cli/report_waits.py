"""The waits behind the figures of a report, a row for each."""

from __future__ import annotations

from collections.abc import Iterator

from triage.app.reporting import load_waits
from triage.cli import narrate, output, times
from triage.cli.output import Column, Format, iso
from triage.core.ports import Store
from triage.core.report.model import WaitFacts
from triage.core.report.query import ReportQuery
from triage.core.report.saying import span


def write_waits(store: Store, query: ReportQuery, form: Format, figure: str | None) -> None:
    """Write them as they come.

    Args:
        store: Where they are.
        query: Of which period.
        form: How.
        figure: Only those that count in this figure.
    """
    found = load_waits(store, query)
    waits = found if figure is None else _of(found, figure)
    if form is Format.TERMINAL:
        some = list(waits)
        with output.paged():
            output.rows(some, _shown(query.now), form)
        if not some:
            narrate.say("No waits.")
    else:
        output.many_rows(waits, _columns(), form)


def _of(waits: Iterator[WaitFacts], figure: str) -> Iterator[WaitFacts]:
    return (wait for wait in waits if figure in wait.figures)


def _shown(now: int) -> list[Column[WaitFacts]]:
    return [
        Column("id", lambda w: w.conversation_id, "ID", right=True),
        Column("kind", lambda w: w.kind, "KIND"),
        Column("customer", lambda w: f"@{w.customer}", "FROM", wide=True),
        Column("opened_at", lambda w: _moment(w.opened_at), "BEGAN", at_least=60),
        Column("state", _state, "STATE"),
        Column("waited_s", lambda w: _waited(w, now), "WAITED", right=True, at_least=56),
        Column("agent", lambda w: "other app" if w.outside else w.agent, "WHO", at_least=72),
        Column("theme", lambda w: w.theme, "THEME", at_least=96),
    ]


def _waited(wait: WaitFacts, now: int) -> str:
    """From the mention to the end of waiting, or so far."""
    return span(((now if wait.ended_at is None else wait.ended_at) - wait.opened_at) / 1000)


def _moment(at: int) -> str:
    when = times.local(at)
    return f"{when.day} {when:%b %H:%M}"


def _state(wait: WaitFacts) -> str:
    """The state, and whether it was kept to what was promised."""
    if "overdue" in wait.figures:
        return "overdue"
    if wait.is_met is None:
        return wait.state
    return "in time" if wait.is_met else "late"


def _columns() -> list[Column[WaitFacts]]:
    """One wait in a row; the conversation's id comes first, for other commands."""
    return [
        Column("id", lambda w: w.conversation_id),
        Column("wait", lambda w: w.wait_id),
        Column("figures", lambda w: " ".join(w.figures)),
        Column("channel", lambda w: w.channel),
        Column("account", lambda w: w.account),
        Column("customer", lambda w: w.customer),
        Column("kind", lambda w: w.kind),
        Column("theme", lambda w: w.theme),
        Column("language", lambda w: w.language),
        Column("policy", lambda w: w.policy),
        Column("state", lambda w: w.state),
        Column("waiting_since_at", lambda w: iso(w.opened_at)),
        Column("fetched_at", lambda w: iso(w.fetched_at)),
        Column("due_at", lambda w: iso(w.due_at)),
        Column("ended_at", lambda w: iso(w.ended_at)),
        Column("agent", lambda w: w.agent),
        Column("outside", lambda w: w.outside),
        Column("is_met", lambda w: w.is_met),
        Column("is_first", lambda w: w.is_first),
        Column("seen_s", lambda w: w.seen_s),
        Column("seen_open_s", lambda w: w.seen_open_s),
        Column("team_s", lambda w: w.team_s),
        Column("team_open_s", lambda w: w.team_open_s),
    ]
