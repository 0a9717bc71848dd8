"""`triage doctor`: is everything in order, and how to mend what is not."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from triage.app.checking import Finding, Health, check_clock, check_store
from triage.app.clock import known_skew, latest_jump
from triage.bootstrap import App
from triage.cli import output
from triage.cli.context import globals_of
from triage.cli.costing import cost_finding
from triage.cli.exits import Exit
from triage.cli.heartbeat import ping_url
from triage.cli.keeping import findings as privacy_findings
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.output import Column, Format, iso
from triage.cli.store_words import password_told
from triage.core.heartbeat import shown, trouble
from triage.core.text import one_line
from triage.errors import ConfigError, NotFound, TriageError

_STYLES = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "doctor",
        epilog=examples("triage doctor", "triage doctor --json | jq '.items[] | select(.hint)'"),
    )(doctor)


def doctor(context: typer.Context) -> None:
    """Look at everything that the program needs; exit 1 if something must be mended."""
    flags = globals_of(context)
    findings = list(_findings(flags.app))
    form = flags.form()
    if form is Format.TERMINAL:
        _screen(findings)
    else:
        columns: list[Column[Finding]] = [
            Column("health", lambda f: f.health.value),
            Column("what", lambda f: f.what),
            Column("text", lambda f: f.text),
            Column("hint", lambda f: f.hint),
        ]
        output.rows(findings, columns, form)
    if any(f.health is Health.FAIL for f in findings):
        raise typer.Exit(Exit.FAILED)


def _minute(at: int) -> str:
    """Such as `2026-03-02 04:00 UTC`."""
    return f"{(iso(at) or '')[:16].replace('T', ' ')} UTC"


def _screen(findings: list[Finding]) -> None:
    output.grid(
        [
            [f.health.value, f.what, one_line(f.text) + (f"\n{one_line(f.hint)}" if f.hint else "")]
            for f in findings
        ],
        wide=2,
        styles=[_STYLES[f.health] for f in findings],
    )


def _findings(app: App) -> Iterator[Finding]:
    yield _configuration(app)
    yield from _credentials(app)
    yield from _permissions(app)
    yield from _database(app)
    yield from privacy_findings(app)
    yield _lock(app)
    yield from _heartbeat(app)
    yield from _alerts(app)
    yield _zone(app)
    yield _locale()


def _configuration(app: App) -> Finding:
    try:
        path = app.located.places.config_file
        app.compile_settings()
    except TriageError as error:
        return _failed("configuration", error)
    return Finding(Health.OK, "configuration", str(path))


def _failed(what: str, error: TriageError, health: Health = Health.FAIL) -> Finding:
    text = " ".join(part for part in (error.message, error.reason) if part)
    return Finding(health, what, text, error.hint)


def _credentials(app: App) -> Iterator[Finding]:
    from triage import signing
    from triage.config.credentials import describe, load_credentials

    try:
        config = app.settings_file
    except TriageError:
        return  # said by the line on the configuration
    for account in config.accounts:
        what = f"credentials @{account.handle}"
        try:
            found = describe(config, app.located.places, app.env, account.handle)
            keys = load_credentials(config, app.located.places, app.env, account.handle)
        except TriageError as error:
            yield _failed(what, error)
            continue
        names = ", ".join(f"{f.name} ({f.origin})" for f in found)
        ended = signing.ended(app, account.handle, keys)
        if ended is not None:
            yield _failed(what, ended)
        elif keys.can_post:
            yield Finding(Health.OK, what, names)
        else:
            yield Finding(
                Health.WARN,
                what,
                f"They can read but not post: {names}.",
                "Sign in: triage auth login",
            )


def _alerts(app: App) -> Iterator[Finding]:
    """Whether alerts can be handed on; nothing is sent."""
    from triage.config.alert_urls import find_alert_urls
    from triage.delivery.apprise_target import INSTALL, is_installed

    try:
        config = app.settings_file
    except TriageError:
        return  # said by the line on the configuration
    if config.alerts.alert_command:
        yield _alert_command(config.alerts.alert_command[0], config.path)
    try:
        found = find_alert_urls(config, app.located.places, app.env)
    except TriageError as error:
        yield _failed("alert targets", error)
        return
    for target in config.alerts.targets:
        what = f"alert target {target}"
        if target in found.lacking:
            yield _failed(what, found.lacking[target])
        elif not is_installed():
            yield Finding(Health.FAIL, what, "The package apprise is not installed.", INSTALL)
        else:
            yield Finding(Health.OK, what, f"Its URL comes from {found.urls[target].origin}.")


def _alert_command(program: str, config_file: Path) -> Finding:
    import shutil

    # A path is relative to where the command will run.
    where = str(config_file.parent / program) if "/" in program else program
    if shutil.which(where):
        return Finding(Health.OK, "alert_command", program)
    return Finding(
        Health.FAIL,
        "alert_command",
        f"There is no program {program} that you may run.",
        f"Mend alert_command under [alerts] in {config_file}.",
    )


def _permissions(app: App) -> Iterator[Finding]:
    try:
        places = app.located.places
    except TriageError:
        return
    secret = (places.credentials_file, places.tokens_file)
    files = [places.config_file, *secret]
    if not places.url:
        files += [places.db.with_name(f"{places.db.name}{end}") for end in ("", "-wal", "-shm")]
    opened = [f for f in files if f.exists() and _mode(f) & 0o077]
    for file in opened:
        yield Finding(
            Health.FAIL if file in secret else Health.WARN,
            "permissions",
            f"Others may read {file} (mode {_mode(file):04o}).",
            f"chmod 600 {file}",
        )
    if not opened:
        yield Finding(Health.OK, "permissions", "Your files are yours alone.")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _database(app: App) -> Iterator[Finding]:
    try:
        place = app.store_place
    except TriageError as error:
        yield _failed("database", error)
        return
    if isinstance(place, str):
        yield from _server(app, place)
    else:
        yield from _file(app, place)


def _server(app: App, url: str) -> Iterator[Finding]:
    from triage.cli.doctor_server import check_server
    from triage.store.status import facts

    told = password_told(app.located.places)
    if told:
        yield Finding(Health.WARN, "password", *told)
    try:
        yield from check_server(facts(url))
        problems = app.store.problems()
    except TriageError as error:
        yield _failed("database", error)
        return
    name = app.located.places.store_name
    if problems:
        yield Finding(Health.FAIL, "database", problems[0], "Tell who runs the server.")
        return
    yield Finding(Health.OK, "database", f"{name}, sound.")
    yield from _stored(app)


def _file(app: App, path: Path) -> Iterator[Finding]:
    from triage.store.opening import MINIMUM_SQLITE

    wanted = ".".join(map(str, MINIMUM_SQLITE))
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
        yield Finding(
            Health.FAIL,
            "sqlite",
            f"SQLite {sqlite3.sqlite_version} is older than {wanted}.",
            "Use a newer Python, which brings its own SQLite.",
        )
        return
    yield Finding(Health.OK, "sqlite", f"SQLite {sqlite3.sqlite_version}.")
    try:
        problems = app.store.quick_check()
    except NotFound as error:
        yield _failed("database", error, Health.WARN)
        return
    except TriageError as error:
        yield _failed("database", error)
        return
    if problems:
        yield Finding(
            Health.FAIL, "database", problems[0], "See `triage db check`; restore a backup."
        )
        return
    yield Finding(Health.OK, "database", f"{path}, {path.stat().st_size // 1024} kB, sound.")
    yield from _stored(app)


def _stored(app: App) -> Iterator[Finding]:
    now = app.now()
    try:
        brand_id = app.brand_id
        accounts = [a for a in app.accounts() if a.channel != "import"]
    except TriageError as error:
        yield _failed("brand", error, Health.WARN)
        return
    yield from check_clock(
        now,
        latest=_latest_mark(app),
        newest_post=app.store.reading.newest_fetched(brand_id),
        jump=latest_jump(app.store, app.clocks()),
        skew=known_skew(app.store),
    )
    on_schedule = not app.demo
    yield from check_store(
        app.store, brand_id, accounts, now, on_schedule=on_schedule, when=_minute
    )
    with contextlib.suppress(ConfigError):  # said by the line on the configuration
        yield cost_finding(app)


def _latest_mark(app: App) -> int | None:
    """The newest time that was written: of the last fetches, and of the file where it is one."""
    runs = [app.store.accounts.last_run(a.id) for a in app.accounts()]
    times = [run.ended_at for run in runs if run is not None and run.ended_at is not None]
    place = app.store_place
    if isinstance(place, Path):
        times.append(int(place.stat().st_mtime * 1000))
    return max(times, default=None)


def _lock(app: App) -> Finding:
    try:
        held = {what: app.lock_holder(what) for what in ("fetch", "send")}
    except (TriageError, OSError) as error:
        return Finding(Health.WARN, "lock", f"It cannot be looked at: {error}.")
    words = [f"{what}: {who}" for what, who in held.items() if who]
    return Finding(Health.OK, "lock", " ".join(words) or "Nobody holds it.")


def _heartbeat(app: App) -> Iterator[Finding]:
    url = ping_url(app)
    if url is None:
        return
    problem = trouble(url)
    if problem:
        yield Finding(
            Health.WARN,
            "heartbeat",
            f"The address {problem}.",
            "Mend TRIAGE_PING_URL, or ping_url under [heartbeat].",
        )
    else:
        yield Finding(Health.OK, "heartbeat", f"Fetches tell {shown(url)}")


def _zone(app: App) -> Finding:
    from zoneinfo import ZoneInfo

    try:
        name = app.settings_file.time_zone
    except TriageError:
        name = "UTC"
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return Finding(
            Health.FAIL,
            "time zone",
            f"This machine does not know {name}.",
            "Install tzdata, or set time_zone to another name.",
        )
    return Finding(Health.OK, "time zone", f"{name}.")


def _locale() -> Finding:
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    if encoding.replace("-", "") == "utf8":
        return Finding(Health.OK, "locale", "UTF-8.")
    return Finding(
        Health.WARN,
        "locale",
        f"The output's encoding is {encoding}: what it lacks is shown as ?.",
        "Set LC_ALL=C.UTF-8 or another UTF-8 locale.",
    )
