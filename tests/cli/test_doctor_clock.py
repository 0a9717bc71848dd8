"""`triage doctor` on the machine's clock: what fetches saw of it, and what the channels say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders import Desk
from screens import Runner
from triage.bootstrap import App, steady_clock
from triage.core.kinds import HOUR, MINUTE
from triage.sandbox.server import Sandbox


def clock(run: Runner) -> list[dict[str, str]]:
    """What the doctor says of the clock."""
    items = json.loads(run("doctor", "--json").out)["items"]
    return [item for item in items if item["what"] == "clock"]


@pytest.mark.enable_socket
@pytest.mark.parametrize(("by", "told"), [(3 * HOUR, "3h forward"), (-3 * HOUR, "3h back")])
def test_fetches_notice_that_the_clock_was_set(
    home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch, by: int, told: str
) -> None:
    """A fetch before and one after are enough; so is the doctor after the first."""
    config = home / ".config/triage/config.toml"
    keys = config.with_name("credentials.toml")
    keys.write_text('[x]\nbearer_token = "sandbox-app-token"\n')
    keys.chmod(0o600)
    before = App().clocks()
    with Sandbox() as sandbox:
        config.write_text(f'{config.read_text()}base_url = "{sandbox.base_url}"\n')
        monkeypatch.setattr(App, "clocks", lambda _app: before)
        assert run("fetch").code == 0
        assert not [c for c in clock(run) if "jumped" in c["text"]]
        monkeypatch.setattr(App, "clocks", lambda _app: before._replace(wall=before.wall + by))
        for words in (None, "fetch"):
            if words:
                assert run(words) == (0, "", "")
            (found,) = [c for c in clock(run) if "jumped" in c["text"]]
            assert (found["health"], f"It jumped {told}" in found["text"]) == ("warn", True)


def test_a_post_from_the_future(desk: Desk, run: Runner) -> None:
    """The channel's clock is right: this machine's is behind."""
    desk.write("ana", "@acme hi", ago=-2 * MINUTE)
    desk.fetch()
    assert not [c for c in clock(run) if "newest post" in c["text"]]
    desk.write("bo", "@acme hi", ago=-40 * MINUTE)
    desk.fetch()
    (found,) = [c for c in clock(run) if "newest post" in c["text"]]
    assert found["health"] == "fail"
    assert "from 40m ahead of now" in found["text"]
    assert "No `triage sla recompute` is needed" in found["hint"]


def test_the_steady_clock_goes_on() -> None:
    """It is the kernel's own, and the run of the machine has an id where /proc tells one."""
    (first, boot), (second, same) = steady_clock(), steady_clock()
    assert 0 <= second - first < MINUTE
    assert boot == same
    assert bool(boot) == Path("/proc/sys/kernel/random/boot_id").exists()
