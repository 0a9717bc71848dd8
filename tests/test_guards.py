"""The guards of `conftest.py` hold."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytest_socket import SocketBlockedError, SocketConnectBlockedError


def test_home_is_empty_and_not_yours() -> None:
    """Nothing of the person who runs the tests is seen or changed."""
    home = Path.home()
    assert list(home.iterdir()) == []
    assert home.parent.name.startswith("homes")
    assert os.environ["XDG_CONFIG_HOME"].startswith(str(home))


def test_sleeping_is_refused() -> None:
    """A test that sleeps without saying so fails."""
    with pytest.raises(AssertionError, match="real_time"):
        time.sleep(0.001)


@pytest.mark.real_time
def test_sleeping_is_allowed_with_the_marker() -> None:
    """Who waits for somebody else says so."""
    time.sleep(0.001)


def test_a_child_can_be_waited_for() -> None:
    """The standard library's own waiting for a process is no sleep of ours."""
    done = subprocess.run([sys.executable, "-c", "print(1)"], timeout=300, check=True)
    assert done.returncode == 0


@pytest.mark.filterwarnings("ignore:A test tried")
def test_no_socket_can_be_made() -> None:
    """Without the marker there is no network at all."""
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)


@pytest.mark.enable_socket
@pytest.mark.filterwarnings("ignore:A test tried")
def test_no_host_but_this_one_is_reached() -> None:
    """With the marker there is no host but this one."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as attempt,
        pytest.raises(SocketConnectBlockedError),
    ):
        attempt.connect(("192.0.2.1", 80))


@pytest.mark.enable_socket
def test_loopback_is_reached() -> None:
    """A server and a client of a test reach each other."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_zone_is_utc() -> None:
    """Local times are the same wherever the tests run."""
    assert time.strftime("%Z", time.localtime(0)) == "UTC"
