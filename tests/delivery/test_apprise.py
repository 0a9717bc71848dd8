"""Alerts through apprise: a real webhook and a real mail server on loopback, and what arrives."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import re
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any, Self
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from tinyserver import Reply, TinyServer, answer

from alerted import LINE, NOW
from triage.core.credentials import SecretUrl
from triage.core.digest import Digest, body, subject
from triage.core.kinds import HOUR
from triage.delivery import apprise_target
from triage.delivery.apprise_child import Ending, send
from triage.delivery.apprise_target import INSTALL, AppriseTarget, is_installed
from triage.errors import DeliveryFailed

pytestmark = [pytest.mark.enable_socket, pytest.mark.real_time]

SECRET = "hunter2hunter2"  # noqa: S105 - made up
HOSTILE = (
    "Hi @here @channel <!channel> <@U123>\r\nBcc: all@evil.com\r\n\r\n<img src=x onerror=alert(1)>",
    "<a href='https://evil.com'>b</a> [bank](https://evil.com) mailto:a@evil.com javascript:x()",
    "&lt;b&gt; \\n \\x41 :skull: *b* `c` \x1b[2J\u202e costs 3.50",
)
HOSTILE_LINE = LINE._replace(
    customer_name=HOSTILE[0],
    text=HOSTILE[0],
    priority="<b>safety</b>",
    assignee="@channel",
    hold="snoozed",
    hold_until=NOW + HOUR,
)
DIGEST = Digest(
    "uuid",
    "acme\r\nBcc: all@evil.com",
    NOW,
    tuple(HOSTILE_LINE._replace(alert_id=n, text=text) for n, text in enumerate(HOSTILE)),
)


class Mailbox:
    """A mail server on loopback that takes everything.

    Attributes:
        envelopes: What came.
        port: Where it listens.
    """

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail."""
        self.envelopes.append(envelope)
        return "250 OK"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(120)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(120)

    def _run(self) -> None:
        server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: SMTP(self, hostname="127.0.0.1", loop=self._loop), "127.0.0.1", 0
            )
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
            self._loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        self._loop.close()

    def mail(self) -> EmailMessage:
        """The one mail that came."""
        (envelope,) = self.envelopes
        assert isinstance(envelope.content, bytes)
        made = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(made, EmailMessage)
        return made


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is asked, whatever proxy whoever runs the tests has."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    with Mailbox() as made:
        yield made


def target(url: str, **more: Any) -> AppriseTarget:  # noqa: ANN401 - the target's own arguments
    """A target called desk."""
    return AppriseTarget("desk", SecretUrl(url), **more)


def hook(server: TinyServer, query: str = "") -> str:
    """The URL of a webhook, with a secret in it."""
    return server.base_url.replace("http:", "json:") + f"/{SECRET}{query}"


def failure(given: AppriseTarget, capfd: pytest.CaptureFixture[str]) -> DeliveryFailed:
    """How a delivery fails: by name, and nothing that can be seen shows the URL."""
    with pytest.raises(DeliveryFailed) as caught:
        given.deliver(DIGEST)
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + error.reason + error.hint + repr(given)
    shown += "".join(capfd.readouterr())
    assert SECRET not in shown
    assert given.url.value not in shown
    assert error.message == 'The alert target "desk" did not take the message.'
    return error


def json_of(server: TinyServer) -> dict[str, Any]:
    """The JSON of the one request that came."""
    (request,) = server.requests
    found: dict[str, Any] = json.loads(request.partition(b"\r\n\r\n")[2])
    return found


def child(url: str, title: str, *texts: str) -> int:
    """Run the process that hands a message over; give its exit code."""
    told = {"url": url, "title": title, "texts": texts}
    argv = [sys.executable, "-m", "triage.delivery.apprise_child"]
    return subprocess.run(argv, input=json.dumps(told).encode(), check=False).returncode


def mailto(mailbox: Mailbox, more: str = "") -> str:
    """The URL of a mailbox."""
    people = "from=triage@example.com&to=desk@example.com"
    return f"mailto://127.0.0.1:{mailbox.port}?{people}&mode=insecure{more}"


def test_a_webhook_gets_the_message(capfd: pytest.CaptureFixture[str]) -> None:
    """Title and text arrive as they were made, in one request, and nothing is said about it."""
    madrid = ZoneInfo("Europe/Madrid")
    with TinyServer(answer(200, {})) as server:
        target(hook(server), zone=madrid).deliver(DIGEST)
        sent = json_of(server)
    assert server.requests[0].startswith(f"POST /{SECRET} HTTP".encode())
    assert sent["title"] == subject(DIGEST)
    assert sent["message"] == body(DIGEST, madrid).rstrip()
    assert sent["attachments"] == []
    assert r"＼n ＼x41 :skull:" in sent["message"]  # noqa: RUF001 - neither escapes nor emoji
    assert capfd.readouterr() == ("", "")


def test_apprise_is_told_to_leave_the_text_alone() -> None:
    """What reads like an escape, an emoji or mark-up is sent as the characters that it is."""
    text = r"a\nb \x41 :skull: *c* [d](e) <f> &amp;"
    with TinyServer(answer(200, {})) as server:
        assert child(hook(server, "?emojis=yes"), r"t\n :skull:", text) == Ending.DELIVERED
        sent = json_of(server)
    assert (sent["title"], sent["message"]) == (r"t\n :skull:", text)


def test_a_service_that_holds_little() -> None:
    """It would refuse what is too long: it gets as many waits as it has room for, and how many not.

    Mattermost takes 4,000 characters, title and all.
    """
    many = [
        HOSTILE_LINE._replace(alert_id=n, conversation_id=n, text="word " * 99) for n in range(40)
    ]
    with TinyServer(answer(200, {})) as server:
        url = server.base_url.replace("http:", "mmost:") + "/3ccdd113474722377935511fc85d3dd4"
        target(url).deliver(Digest("uuid", "acme", NOW, tuple(many)))
        text = json_of(server)["text"]
    assert text.startswith("acme: 40 overdue\r\n40 complaints (")
    shown = len(re.findall(r"^#\d+ complaint", text, re.MULTILINE))
    assert text.endswith(f"\n\nand {40 - shown} more: triage queue")
    assert 3 <= shown < 30
    assert len(text) <= 4_000


@pytest.mark.parametrize(
    ("query", "longest"), [("", 4_000), ("?overflow=upstream", 9_999_999)], ids=["", "said"]
)
def test_a_text_that_has_no_room_is_cut(query: str, longest: int) -> None:
    """Rather than refused, unless the URL says what is to become of it."""
    with TinyServer(answer(200, {})) as server:
        url = server.base_url.replace("http:", "mmost:") + f"/{'a1' * 16}{query}"
        assert child(url, "title", "x" * 99_999, "y" * 9_999) == Ending.DELIVERED
        text = json_of(server)["text"]
    assert text.startswith("title\r\nyyyyy")
    assert len(text) == min(longest, len("title\r\n") + 9_999)


def test_a_mail_has_our_headers_alone(mailbox: Mailbox) -> None:
    """To whom the URL says and to nobody else, with a subject of our words."""
    target(mailto(mailbox)).deliver(DIGEST)
    (envelope,) = mailbox.envelopes
    assert envelope.rcpt_tos == ["desk@example.com"]
    mail = mailbox.mail()
    assert mail["subject"] == subject(DIGEST)
    assert mail["from"] == "triage@example.com"
    assert mail["to"] == "desk@example.com"
    assert {name.lower() for name in mail.keys()} == {  # noqa: SIM118 - a mail is no dict
        "content-transfer-encoding",
        "content-type",
        "date",
        "from",
        "message-id",
        "mime-version",
        "subject",
        "to",
        "x-application",
    }


def test_a_mail_is_plain_text(mailbox: Mailbox) -> None:
    """One part, as it was made."""
    target(mailto(mailbox)).deliver(DIGEST)
    assert mailbox.mail().get_content_type() == "text/plain"
    assert mailbox.mail().get_content().splitlines() == body(DIGEST).splitlines()


def test_a_mail_that_the_url_wants_as_html(mailbox: Mailbox) -> None:
    """No tag, no link and no mention of a customer's is in it."""
    target(mailto(mailbox, "&format=html")).deliver(DIGEST)
    parts = {
        part.get_content_type(): part.get_content()
        for part in mailbox.mail().walk()
        if not part.is_multipart()
    }
    assert set(parts) == {"text/plain", "text/html"}
    assert set(re.findall(r"<[^>]*>", parts["text/html"])) == {"<br/>"}
    assert set(re.findall(r"&\w+;", parts["text/html"])) <= {"&nbsp;", "&apos;"}
    for text in parts.values():
        assert not set("@\x1b\u202e") & set(text)
        assert "://" not in text
        assert "mailto:" not in text
        assert "3.50" in text


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer(500, {}), "HTTP 5xx"),
        (answer(503, b"<html>"), "HTTP 5xx"),
        (answer(404, {}), "HTTP 3xx or 4xx"),
        (answer(302, b"", {"location": "/elsewhere"}), "HTTP 3xx or 4xx"),
        (Reply(), "could not be reached"),
        (Reply(b"nonsense\r\n\r\n"), "could not be reached"),
    ],
    ids=repr,
)
def test_a_service_that_does_not_take_it(
    reply: Reply, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """What is known of it is told, and it was asked once."""
    with TinyServer(*[reply] * 3) as server:
        error = failure(target(hook(server)), capfd)
        assert server.connections == 1
    assert reason in error.reason
    assert error.hint == "Try it: triage alert test desk"


def test_a_service_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    """A port on which nobody listens."""
    with TinyServer() as server:
        url = hook(server)
    assert "could not be reached" in failure(target(url), capfd).reason


def test_a_service_that_never_answers(capfd: pytest.CaptureFixture[str]) -> None:
    """Apprise gives up by itself, when the URL says."""
    with TinyServer(Reply(hang=True)) as server:
        error = failure(target(hook(server, "?rto=0.2"), timeout_s=60.0), capfd)
    assert "did not answer in time" in error.reason


def test_a_service_that_keeps_us_waiting(capfd: pytest.CaptureFixture[str]) -> None:
    """One that always says a little more is left when the time is up."""
    drip = Reply(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 9999, pause_s=0.2)
    begun = time.monotonic()
    with TinyServer(drip) as server:
        error = failure(target(hook(server), timeout_s=4.0), capfd)
    assert error.reason == "It did not end within 4 s."
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    "url",
    [
        f"nonsense://{SECRET}",
        f"slack://{SECRET}",
        f"mailto://{SECRET}",
        f"json://{SECRET}:99999999/",
        SECRET,
        f"https://{SECRET}/",
    ],
)
def test_an_url_that_apprise_cannot_use(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """It is told by the target's name, never shown."""
    error = failure(target(url), capfd)
    assert error.reason.startswith(("Apprise cannot use its URL", "The service could not be"))


def test_without_apprise(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It says how to install it."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert send("json://127.0.0.1/", "title", ["text"]) is Ending.NO_APPRISE
    monkeypatch.setattr(apprise_target, "run_quietly", lambda *_, **__: Ending.NO_APPRISE)
    error = failure(target(f"json://{SECRET}/"), capfd)
    assert error.reason == "The package apprise is not installed."
    assert error.hint == INSTALL
    assert "pipx inject triage apprise" in INSTALL


def test_apprise_is_looked_for_and_not_loaded() -> None:
    """Whether it is there is told without the price of loading it."""
    assert is_installed()


def test_a_process_that_crashes(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Then its exit code is all that is known."""
    monkeypatch.setattr(apprise_target, "_CHILD", "triage.no.such.module")
    assert failure(target(f"json://{SECRET}/"), capfd).reason == "Its process ended with 1."


def test_the_current_directory_is_not_imported_from(
    tmp_path: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file called like a module of ours, where the program happens to run, is left alone."""
    for name in ("json", "apprise", "triage"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(0)")
    monkeypatch.chdir(tmp_path)
    with TinyServer(answer(200, {})) as server:
        target(hook(server)).deliver(DIGEST)
        assert len(server.requests) == 1
