"""`triage themes`: what mentions are about, how it moves, and who raised it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple
from zoneinfo import ZoneInfo

import typer

from triage.cli import narrate, output, times
from triage.cli.context import globals_of
from triage.cli.groups import group, subcommand
from triage.cli.moments import Since, Stretch, Until, day, stretch, zone_of
from triage.cli.options import Csv, examples
from triage.cli.output import Column, Format, iso
from triage.cli.sending import program
from triage.core.text import handle_key, without_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage.bootstrap import App
    from triage.core.records import MessageView
    from triage.core.themes import Bucket, Raised, Raiser, ThemeLine

_PERIOD = "30d"
_ON_A_SCREEN = 10
_BAR = 20
_BAR_FROM = 64
_PEOPLE_FROM, _SHARE_FROM = 52, 72
"""Terminal widths from which a column is shown."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="A theme, such as refund.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = group(
        app,
        "themes",
        _by_itself,
        epilog=examples("triage themes", "triage themes --since 7d --json"),
    )
    add = subcommand(made)
    add("show", examples("triage themes show refund", "triage themes show refund --since 90d"))(
        show
    )


def _by_itself(
    context: typer.Context, since: Since = _PERIOD, until: Until = None, csv: Csv = False
) -> None:
    """See what mentions are about: how much, how it moves, who raised it, and words of theirs.

    A theme comes from the rules, or from whoever said `triage tag ID --theme NAME`. A trend is
    against the period before, which is as long.
    """
    if context.invoked_subcommand is not None:
        return
    from triage.app.theming import themes_of_period

    flags = globals_of(context)
    app = flags.app
    zone_of(app)
    period = stretch(app, since, until)
    found = themes_of_period(app.store, app.brand_id, *period, _accounts(app))
    quotes = _quoted(app, [quote for line in found for quote in line.quotes])
    form = flags.form(as_csv=csv)
    if form is Format.JSON:
        items = [_line_item(line, quotes) for line in found]
        output.document(items, from_at=iso(period.from_at), to_at=iso(period.to_at))
        return
    output.rows(found, _line_columns(app, quotes), form)
    if form is Format.TERMINAL:
        _say_next(app, found, period)


def _say_next(app: App, found: Sequence[ThemeLine], period: Stretch) -> None:
    words = f"{day(period.from_at)} to {day(period.to_at)}"
    if not found:
        narrate.say(f"No mention of {words} is about a theme.")
        return
    narrate.say()
    narrate.say_beside(words, f"next: {program(app)} themes show {found[0].name}")


def _accounts(app: App) -> list[int]:
    return [a.id for a in app.accounts()] if app.only_accounts else []


Quotes = dict[int, "MessageView"]


def _quoted(app: App, mentions: Sequence[Raised]) -> Quotes:
    """The mentions themselves, by our id."""
    found = app.store.reading.messages([m.message_id for m in mentions])
    return {message.id: message for message in found}


def _text(app: App, message: MessageView | None) -> str:
    """What they wrote, without the names that it begins with."""
    if message is None or message.absent or message.deleted_at is not None:
        return ""
    ours = {handle_key(a.handle) for a in app.store.accounts.accounts(app.brand_id)}
    return without_names(message.text, ours)


def _line_columns(app: App, quotes: Quotes) -> list[Column[ThemeLine]]:
    def sample(line: ThemeLine) -> str:
        if not line.quotes:
            return ""
        first = line.quotes[0]
        return f"#{first.conversation_id} {_text(app, quotes.get(first.message_id))}"

    return [
        Column("theme", lambda t: t.name, "THEME"),
        Column("mentions", lambda t: t.mentions, "MENTIONS", right=True),
        Column("before", lambda t: t.before),
        Column("trend", lambda t: t.mentions - t.before, "TREND", _trend, right=True),
        Column("complaints", lambda t: t.complaints),
        Column("complaints_before", lambda t: t.complaints_before),
        Column(
            "share",
            lambda t: round(t.share, 4),
            "OF COMPLAINTS",
            lambda t: f"{t.share:.0%}",
            right=True,
            at_least=_SHARE_FROM,
        ),
        Column("people", lambda t: t.people, "PEOPLE", right=True, at_least=_PEOPLE_FROM),
        Column("last_at", lambda t: iso(t.last_at)),
        Column("quotes", _quote_ids, "SUCH AS", sample, wide=True),
    ]


def _quote_ids(line: ThemeLine) -> str:
    return " ".join(str(q.conversation_id) for q in line.quotes)


def _trend(line: ThemeLine) -> str:
    if not line.before:
        return "new"
    more = line.mentions - line.before
    return f"{more:+,}" if more else "="


def _line_item(line: ThemeLine, quotes: Quotes) -> dict[str, object]:
    return {
        "theme": line.name,
        "mentions": line.mentions,
        "before": line.before,
        "complaints": line.complaints,
        "complaints_before": line.complaints_before,
        "share": round(line.share, 4),
        "people": line.people,
        "last_at": iso(line.last_at),
        "quotes": [_mention_item(q, quotes.get(q.message_id)) for q in line.quotes],
    }


def _mention_item(mention: Raised, message: MessageView | None) -> dict[str, object]:
    return {
        "conversation": mention.conversation_id,
        "customer": message.author if message else None,
        "native_id": message.native_id if message else None,
        "kind": mention.kind,
        "posted_at": iso(mention.posted_at),
        "is_gone": mention.is_gone,
        "text": None if message is None or mention.is_gone else message.text,
        "url": message.url if message else None,
    }


class _Shown(NamedTuple):
    """A theme in full."""

    name: str
    period: Stretch
    mentions: Sequence[Raised]
    weeks: Sequence[Bucket]
    people: Sequence[Raiser]
    messages: Quotes
    handles: dict[int, str]


def show(
    context: typer.Context,
    name: Name,
    since: Since = _PERIOD,
    until: Until = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-L", min=1, help="The newest so many; 10 on a terminal."),
    ] = None,
    csv: Csv = False,
) -> None:
    """Show a theme: by week, who raised it, and the mentions, newest first."""
    flags = globals_of(context)
    app = flags.app
    form = flags.form(as_csv=csv)
    found = _load(app, name, stretch(app, since, until))
    newest = list(reversed(found.mentions))
    shown = newest[: limit or (_ON_A_SCREEN if form is Format.TERMINAL else len(newest))]
    if form is Format.JSON:
        output.document([_shown_item(found, shown)])
        return
    if form is not Format.TERMINAL:
        output.rows(shown, _mention_columns(app, found), form)
        return
    _screen(app, found, shown)


def _load(app: App, name: str, period: Stretch) -> _Shown:
    from triage.app.persons import who_is_who
    from triage.app.theming import check_name, raised
    from triage.core.themes import buckets, raisers

    theme = check_name(name)
    mentions = raised(app.store, app.brand_id, theme, *period, _accounts(app))
    people = raisers(mentions, who_is_who(app.store, app.brand_id))
    customers = app.store.report.customers([r.customer_id for r in people])
    return _Shown(
        theme,
        period,
        mentions,
        buckets(mentions, _weeks(app, period)),
        people,
        _quoted(app, mentions),
        {c.id: c.handle for c in customers},
    )


def _weeks(app: App, period: Stretch) -> list[int]:
    """Where weeks begin and end that the period touches, UTC ms; the outer ones are cut."""
    from triage.core.report.period import day_of, week

    zone = ZoneInfo(zone_of(app))
    edges = [period.from_at]
    while edges[-1] < period.to_at:
        edges.append(min(week(day_of(edges[-1], zone), zone).to_at, period.to_at))
    return edges


def _screen(app: App, found: _Shown, shown: Sequence[Raised]) -> None:
    count = len(found.mentions)
    output.spread(
        f"{found.name}: {count:,} mention{'s' * (count != 1)} of {len(found.people):,} "
        f"{'person' if len(found.people) == 1 else 'people'}",
        f"{day(found.period.from_at)} to {day(found.period.to_at)}",
    )
    if not count:
        _say_unknown(app, found.name)
        return
    output.line()
    most = max(w.mentions for w in found.weeks)
    output.rows(found.weeks, _week_columns(most), Format.TERMINAL)
    output.line()
    output.rows(found.people[:_ON_A_SCREEN], _people_columns(found), Format.TERMINAL)
    output.line()
    output.rows(shown, _mention_columns(app, found), Format.TERMINAL)
    narrate.say()
    more = count - len(shown)
    rest = f"{more:,} more: {program(app)} themes show {found.name} -L {count}" if more else ""
    action = f'next: {program(app)} action add "..." --theme {found.name}'
    narrate.say_beside(rest or action, action if rest else "")


def _say_unknown(app: App, name: str) -> None:
    from triage.app.theming import known_themes
    from triage.core.themes import nearest

    known = known_themes(app.store, app.brand_id)
    meant = nearest(name, known - {name})
    if name not in known and meant:
        narrate.say(f"No rule and nobody has named it. Did you mean {meant}?")


def _week_columns(most: int) -> list[Column[Bucket]]:
    from triage.cli.report_drawing import bar

    def of(ms: int) -> str:
        when = times.local(ms)
        return f"{when:%a} {when.day} {when:%b}"

    return [
        Column("from_at", lambda w: iso(w.from_at), "WEEK FROM", lambda w: of(w.from_at)),
        Column("mentions", lambda w: w.mentions, "MENTIONS", right=True),
        Column("complaints", lambda w: w.complaints, "COMPLAINTS", right=True),
        Column(
            "bar",
            lambda _: "",
            " ",
            lambda w: bar(w.mentions, most, _BAR),
            wide=True,
            at_least=_BAR_FROM,
        ),
    ]


def _people_columns(found: _Shown) -> list[Column[Raiser]]:
    return [
        Column("customer", lambda r: f"@{found.handles.get(r.customer_id, '')}", "WHO", wide=True),
        Column("mentions", lambda r: r.mentions, "MENTIONS", right=True),
        Column("complaints", lambda r: r.complaints, "COMPLAINTS", right=True),
        Column("last", lambda r: day(r.last.posted_at), "LAST", right=True, at_least=_PEOPLE_FROM),
    ]


def _mention_columns(app: App, found: _Shown) -> list[Column[Raised]]:
    def message(mention: Raised) -> MessageView | None:
        return found.messages.get(mention.message_id)

    def author(mention: Raised) -> str:
        there = message(mention)
        return f"@{there.author}" if there else ""

    def native_id(mention: Raised) -> str:
        there = message(mention)
        return there.native_id if there else ""

    def text(mention: Raised) -> str:
        return _text(app, message(mention)) or "(gone)"

    return [
        Column("conversation", lambda m: m.conversation_id, "ID", right=True),
        Column("native_id", native_id),
        Column("posted_at", lambda m: iso(m.posted_at)),
        Column("kind", lambda m: m.kind, "KIND", at_least=_PEOPLE_FROM),
        Column("customer", author, "FROM"),
        Column("text", lambda m: _full(message(m), m), "TEXT", text, wide=True),
    ]


def _full(message: MessageView | None, mention: Raised) -> str:
    return "" if message is None or mention.is_gone else message.text


def _shown_item(found: _Shown, shown: Sequence[Raised]) -> dict[str, object]:
    return {
        "theme": found.name,
        "from_at": iso(found.period.from_at),
        "to_at": iso(found.period.to_at),
        "mentions": len(found.mentions),
        "weeks": [
            {
                "from_at": iso(w.from_at),
                "to_at": iso(w.to_at),
                "mentions": w.mentions,
                "complaints": w.complaints,
            }
            for w in found.weeks
        ],
        "people": [
            {
                "customer": found.handles.get(r.customer_id, ""),
                "mentions": r.mentions,
                "complaints": r.complaints,
                "last_at": iso(r.last.posted_at),
                "conversation": r.last.conversation_id,
            }
            for r in found.people
        ],
        "quotes": [_mention_item(m, found.messages.get(m.message_id)) for m in shown],
    }
