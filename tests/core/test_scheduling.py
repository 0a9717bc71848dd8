"""Lines for crontabs and units of systemd: when they run, and that any path survives them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.kinds import DAY, HOUR, MINUTE, SECOND
from triage.core.scheduling import TRY_LATER, UNIT, Job, cron_line, service_unit, timer_unit
from triage.errors import UsageError

PATHS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)


def job(*words: str, every: int = 5 * MINUTE, **env: str) -> Job:
    """A job that runs these words."""
    return Job(words or ("/usr/bin/triage", "fetch"), env, every)


def as_cron_reads(line: str) -> str:
    r"""What cron hands to the shell: the rest of a line, with each `\%` made `%`."""
    command = line.split(" ", 5)[5]
    assert "%" not in command.replace(r"\%", "")
    return command.replace(r"\%", "%")


@pytest.mark.parametrize(
    ("every", "fields", "calendar"),
    [
        (MINUTE, "* * * * *", "*-*-* *:*:00"),
        (5 * MINUTE, "*/5 * * * *", "*-*-* *:00/5:00"),
        (30 * MINUTE, "*/30 * * * *", "*-*-* *:00/30:00"),
        (HOUR, "0 * * * *", "*-*-* *:00:00"),
        (2 * HOUR, "0 */2 * * *", "*-*-* 00/2:00:00"),
        (12 * HOUR, "0 */12 * * *", "*-*-* 00/12:00:00"),
        (DAY, "0 0 * * *", "*-*-* 00:00:00"),
    ],
)
def test_when_it_runs(every: int, fields: str, calendar: str) -> None:
    """By the clock, evenly through the hour or the day; what was missed is made good."""
    assert cron_line(job(every=every)) == f"{fields} /usr/bin/triage fetch"
    timer = timer_unit(job(every=every))
    assert f"\nOnCalendar={calendar}\nPersistent=true\n" in timer


@pytest.mark.parametrize(
    "every", [7 * MINUTE, 45 * MINUTE, 90 * MINUTE, 90 * SECOND, 5 * HOUR, 2 * DAY]
)
def test_what_does_not_divide(every: int) -> None:
    """Cron would stumble at the full hour, so it is refused with what is possible; systemd can."""
    with pytest.raises(UsageError, match="cron cannot") as refused:
        cron_line(job(every=every))
    assert "1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, 15m, 20m, 30m, 1h, 2h, 3h, 4h" in refused.value.reason
    timer = timer_unit(job(every=every))
    assert f"\nOnUnitActiveSec={every // SECOND}s\n" in timer
    assert "OnCalendar" not in timer


@given(st.lists(PATHS, min_size=1, max_size=4), PATHS)
def test_any_path_survives_cron_and_the_shell(words: list[str], value: str) -> None:
    """Spaces, quotes, `%`, `$` and all; a backslash is refused, since crons differ over it."""
    given_words = [f"/{word}" for word in words]
    if "\\" in "".join([*words, value]):
        with pytest.raises(UsageError, match="crontab"):
            cron_line(job(*given_words, NAME=value))
        return
    command = as_cron_reads(cron_line(job(*given_words, NAME=value)))
    assert shlex.split(command) == [f"NAME={value}", *given_words]


def test_the_shell_gives_the_words_back() -> None:
    """The real /bin/sh sees the same words and the same variable."""
    hostile = ["a b", "%d", "$HOME", "`id`", "it's", '"', "a;b", "~", "*", "ñ"]
    code = 'import os, sys; print(os.environ["NAME"], *sys.argv[1:], sep="\\n")'
    python = shutil.which("python3")
    assert python is not None
    line = cron_line(job(python, "-c", code.replace("\\n", "|"), *hostile, NAME="a $b % c"))
    done = subprocess.run(
        ["/bin/sh", "-c", as_cron_reads(line)],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.rstrip("\n").split("|") == ["a $b % c", *hostile]


@pytest.mark.parametrize("bad", ["a\nb", "a\rb", "a\0b", "a\x1b[2J", "a\x85b", "a\tb", "\udcff"])
def test_what_cannot_be_written(bad: str) -> None:
    """A line end would begin another line, in either; so no control character, and only text."""
    for write in (cron_line, service_unit):
        for refused in (job("/triage", bad), job("/triage", NAME=bad)):
            with pytest.raises(UsageError, match="cannot be written"):
                write(refused)


def test_the_service() -> None:
    """It runs once, what is to be tried later is no failure, and special signs are doubled."""
    unit = service_unit(job("/a b/triage", "fetch", "--db", '/x $y/%z"\\.db', NAME="$v %w"))
    assert unit == (
        "[Unit]\n"
        "Description=Fetch mentions and our own answers (triage)\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        'Environment="NAME=$v %%w"\n'
        'ExecStart="/a b/triage" fetch --db "/x $$y/%%z\\"\\\\.db"\n'
        "# Try later: a rate limit, the network, or another fetch. The next run goes on.\n"
        "SuccessExitStatus=75\n"
        "UMask=0077\n"
    )


def test_a_dollar_in_the_path_of_the_program() -> None:
    """There `$$` would mean two, so `:` takes the meaning away from all."""
    assert '\nExecStart=:"/$a/triage" fetch "/$b"\n' in service_unit(
        job("/$a/triage", "fetch", "/$b")
    )


@pytest.mark.parametrize("path", ["/a'b/triage", '/a"b/triage', "/a\\b/triage"])
def test_a_program_that_systemd_refuses(path: str) -> None:
    """It takes no quotes and no backslash in the path of a program, whatever stands around it."""
    with pytest.raises(UsageError, match="systemd"):
        service_unit(job(path))


def test_try_later_is_the_programs_own() -> None:
    """The code that the unit takes for a success is the one of the table."""
    from triage.cli.exits import Exit

    assert TRY_LATER == Exit.TRY_LATER


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
@pytest.mark.parametrize("folder", ["plain", "a b", "50%", "%h", "a$b", "a $HOME %n;#", "ñ 日本"])
@pytest.mark.parametrize("every", [5 * MINUTE, 7 * MINUTE, DAY])
def test_systemd_accepts_the_units(tmp_path: Path, folder: str, every: int) -> None:
    """And finds the program, wherever it is: it says nothing at all."""
    program = tmp_path / folder / "triage"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    made = job(str(program), "fetch", "--db", str(program), every=every, NAME=str(program))
    (tmp_path / f"{UNIT}.service").write_text(service_unit(made), encoding="utf-8")
    (tmp_path / f"{UNIT}.timer").write_text(timer_unit(made), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", *map(str, sorted(tmp_path.glob(f"{UNIT}.*")))],
        env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
