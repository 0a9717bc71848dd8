"""What to install so that a command runs every few minutes: a line of crontab, units of systemd.

Both give a command almost no environment, so its paths are absolute and its settings stand in it.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from triage.core.kinds import DAY, HOUR, MINUTE
from triage.core.queue import short_span
from triage.errors import UsageError

UNIT = "triage-fetch"
"""The name of both units, without their endings."""

TRY_LATER = 75
"""The exit code of a run that the next one makes good: no failure of the unit."""

_MINUTES, _HOURS = 60, 24
_PLAIN = r"[A-Za-z0-9_@+=:,./-]+"


class Job(NamedTuple):
    """What is to be run.

    Attributes:
        words: The command; its first word is an absolute path.
        env: Variables that it needs.
        every: How often, ms.
    """

    words: Sequence[str]
    env: Mapping[str, str]
    every: int


def cron_line(job: Job) -> str:
    r"""One line for a crontab.

    cron hands the line to /bin/sh, after it has made a line end of each `%` that has no `\` before
    it. It differs among crons what becomes of other backslashes, so none may be in it.

    Raises:
        UsageError: cron cannot run so often, or a word cannot be written.
    """
    when = _cron_time(job.every)
    words = [f"{name}={shlex.quote(value)}" for name, value in job.env.items()]
    words += map(shlex.quote, job.words)
    for word in words:
        _refuse_unwritable(word)
        if "\\" in word:
            raise UsageError(
                f"{word} cannot be written into a crontab.",
                reason=r"Not every cron leaves a \ as it is.",
                hint="Use another place, or systemd: triage schedule print --systemd",
            )
    return f"{when} {' '.join(words)}".replace("%", r"\%")


def _cron_time(every: int) -> str:
    """The five fields; minutes must divide the hour and hours the day, or cron would stumble."""
    minutes = every // MINUTE
    if every % MINUTE or not minutes:
        raise _not_so_often(every)
    if minutes < _MINUTES and _MINUTES % minutes == 0:
        return "* * * * *" if minutes == 1 else f"*/{minutes} * * * *"
    hours = every // HOUR
    if every % HOUR == 0 and hours < _HOURS and _HOURS % hours == 0:
        return "0 * * * *" if hours == 1 else f"0 */{hours} * * *"
    if every == DAY:
        return "0 0 * * *"
    raise _not_so_often(every)


def _not_so_often(every: int) -> UsageError:
    possible = [short_span(m * MINUTE) for m in range(1, _MINUTES) if _MINUTES % m == 0]
    possible += [short_span(h * HOUR) for h in range(1, _HOURS) if _HOURS % h == 0]
    return UsageError(
        f"cron cannot run something every {_exact(every)}.",
        reason=f"It can every {', '.join(possible)} and 1d.",
        hint="Take one of these with --every, or systemd: triage schedule print --systemd",
    )


def service_unit(job: Job) -> str:
    """The unit that runs once.

    There is nothing in it that would keep a `token_command` from doing its work: it may be any
    program.

    Raises:
        UsageError: A word cannot be written.
    """
    lines = [
        "[Unit]",
        "Description=Fetch mentions and our own answers (triage)",
        "",
        "[Service]",
        "Type=oneshot",
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in job.env.items()),
        f"ExecStart={_command(job.words)}",
        "# Try later: a rate limit, the network, or another fetch. The next run goes on.",
        f"SuccessExitStatus={TRY_LATER}",
        "UMask=0077",
    ]
    return "\n".join(lines) + "\n"


def timer_unit(job: Job) -> str:
    """The unit that starts the other one; by the clock where the span divides the hour or day.

    What was missed while the machine was off is made good as soon as it is on.
    """
    try:
        fields = _cron_time(job.every).split()
    except UsageError:
        seconds = job.every // 1000
        when = ["OnActiveSec=1min", f"OnUnitActiveSec={seconds}s"]
    else:
        when = [f"OnCalendar={_calendar(*fields[:2])}", "Persistent=true"]
    lines = [
        "[Unit]",
        f"Description=Fetch every {_exact(job.every)} (triage)",
        "",
        "[Timer]",
        *when,
        "AccuracySec=10s",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def _calendar(minute: str, hour: str) -> str:
    """Minutes and hours of cron in systemd's words: `*/5` is `00/5` there."""
    hours = hour.replace("*/", "00/") if hour != "0" else "00"
    minutes = minute.replace("*/", "00/") if minute != "0" else "00"
    return f"*-*-* {hours}:{minutes}:00"


def _command(words: Sequence[str]) -> str:
    """A command line of systemd.

    A `$` would begin a variable: `$$` stands for it in every word but the first, where it is taken
    literally. So where the first has one, `:` takes the meaning away from all of them.
    """
    program, *others = words
    if set(program) & set("\"'\\"):
        raise UsageError(
            f"{program} cannot be run by systemd.",
            reason="It takes no program with a quote or a \\ in its path.",
            hint="Install triage in another place.",
        )
    if "$" in program:
        return " ".join([":" + _quoted(program), *map(_quoted, others)])
    return " ".join([_quoted(program), *(_quoted(word).replace("$", "$$") for word in others)])


def _quoted(word: str) -> str:
    """A word of systemd, in quotes where it needs them; `%` would begin a specifier."""
    _refuse_unwritable(word)
    if re.fullmatch(_PLAIN, word):
        return word
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"'


def _refuse_unwritable(word: str) -> None:
    """Refuse line ends, other control characters, and bytes that are no text."""
    if any(c < " " or "\x7f" <= c <= "\x9f" for c in word):
        raise UsageError(
            f"{word!r} cannot be written into a schedule.",
            reason="It has a line end or another control character in it.",
            hint="Use another place.",
        )
    try:
        word.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"{word!r} cannot be written into a schedule.",
            reason="It is not UTF-8.",
            hint="Use another place.",
        ) from None


def _exact(span: int) -> str:
    """A span with its seconds, such as `90s` or `1h30m`."""
    return short_span(span) if span % MINUTE == 0 and span else f"{span // 1000}s"
