"""Every call to X that the program makes, and what makes it: a new one is one line in `CALLS`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from chaos.bench import Bench
from chaos.desk import Ran
from chaos.faultlist import (
    CREATE,
    DELETE,
    LOOKUP,
    PAGE,
    PROFILE,
    SIGN_IN,
    Fault,
)
from triage.cli.exits import code_of
from triage.core.credentials import Credentials
from triage.errors import TriageError
from triage.sandbox.api import endpoint_of
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Exchange
from triage.sandbox.state import APP_TOKEN, USER_TOKEN

_numbers = itertools.count(1)
_UNREADABLE = Rule("mentions", Kind.WRONG_TYPES, times=None, fields=("author_id",), body={})


@dataclass(frozen=True)
class Call:
    """One call of one command.

    Attributes:
        name: For the name of a test.
        endpoint: As the sandbox names it.
        kind: What is asked for; see `faultlist`.
        run: Runs the command that makes the call.
        skip: So many calls to the same endpoint come before it.
        before: Brings the desk to where the call is made.
        after: Checks what became of it, once X is well again and was fetched from.
        ends: Codes that differ from the fault's own, by the fault's name.
        always: The code whatever goes wrong; None where that depends on the fault.
    """

    name: str
    endpoint: str
    kind: str
    run: Callable[[Bench], Ran]
    skip: int = 0
    before: Callable[[Bench], None] = Bench.fill
    after: Callable[[Bench, Fault, Ran], None] = lambda *_: None
    ends: Mapping[str, int] | None = None
    always: int | None = None

    def __str__(self) -> str:
        return self.name

    def expected(self, fault: Fault) -> int:
        """The exit code while the fault lasts."""
        if self.always is not None:
            return self.always
        return (self.ends or {}).get(str(fault), fault.ends[self.kind])

    def is_made_by(self, seen: Exchange) -> bool:
        """Whether a recorded exchange is of this endpoint."""
        return endpoint_of(seen.method, urlsplit(seen.url).path) == self.endpoint

    def rule(self, fault: Fault, times: int | None = None) -> Rule:
        """The sandbox's rule that makes it go wrong."""
        return fault.rule(self.endpoint, self.skip, times)


def _look_up(bench: Bench) -> None:
    bench.fill()
    bench.forget_who_we_are()


def _ask_again(bench: Bench) -> None:
    """Posts whose author cannot be read are asked for by id."""
    bench.fill()
    bench.fail(_UNREADABLE)


def _fetched(bench: Bench) -> None:
    bench.fill()
    assert bench.fetch().code == 0


def reply(bench: Bench) -> Ran:
    """Answer the newest mention with a text of its own."""
    text = f"So sorry, number {next(_numbers)}: see https://acme.example/help?a=1&b=2"
    return bench.run("reply", bench.complaint(), text, "-y")


def _settled(bench: Bench, fault: Fault, ran: Ran) -> None:
    """What was made public is found as sent; the text is kept whatever happened."""
    row = bench.outbox()[-1]
    assert row["text"].startswith("So sorry, number")
    wanted = {0: "sent", 1: "failed", SIGN_IN: "failed", 75: "sent"}
    assert row["state"] == wanted.get(ran.code, "sent" if fault.is_done else "unknown")
    with bench.server.read() as state:
        public = [p for p in state.current() if p.reply_to == row["in_reply_to"]]
    assert len(public) == (row["state"] == "sent")


def take_back(bench: Bench) -> Ran:
    """Delete our newest post; what the channel raises becomes its exit code."""
    with bench.server.read() as state:
        us = state.user_named("acme")
        assert us is not None
        native_id = state.timeline(us)[0].id
    channel = bench.channel(
        Credentials(bearer_token=APP_TOKEN, user_token=USER_TOKEN),
        now=lambda: 1_760_000_000_000,
        base_url=bench.server.base_url,
    )
    try:
        is_gone = channel.delete(native_id)
    except TriageError as error:
        return Ran(code_of(error), "", "")
    with bench.server.read() as state:
        assert not is_gone or native_id not in {p.id for p in state.current()}
    return Ran(0 if is_gone else 1, "", "")


def thread(bench: Bench) -> Ran:
    """Answer in three parts, with a text of their own."""
    number = next(_numbers)
    text = "\n\n".join(f"So sorry, number {number}, {part} " + "la " * 75 for part in "abc")
    return bench.run("reply", bench.complaint(), text, "--split", "-y")


def _part_settled(bench: Bench, fault: Fault, ran: Ran) -> None:
    """The first part is public; none comes before its turn, and none twice."""
    *_, first, second, third = bench.outbox()
    assert [r["part"] for r in (first, second, third)] == [1, 2, 3]
    assert first["state"] == "sent"
    wanted = {0: "sent", 1: "failed", SIGN_IN: "failed", 75: "sent"}
    state = wanted.get(ran.code, "sent" if fault.is_done else "unknown")
    assert (second["state"], third["state"]) == (state, "sent" if state == "sent" else "held")


def with_picture(bench: Bench) -> Ran:
    """Answer with a picture."""
    photo = bench.desk.root / "torn.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 1_000)
    text = f"So sorry, number {next(_numbers)}, like this?"
    return bench.run(
        "reply", bench.complaint(), text, "--media", str(photo), "--alt", "a torn box", "-y"
    )


def _uploaded(bench: Bench, fault: Fault, ran: Ran) -> None:
    """Nothing goes out without its picture: sent later, or held for a person."""
    del fault
    row = bench.outbox()[-1]
    assert row["state"] == ("sent" if ran.code in (0, 75) else "held")
    with bench.server.read() as state:
        public = [p for p in state.current() if p.reply_to == row["in_reply_to"]]
    assert [bool(p.media) for p in public] == [True] * (row["state"] == "sent")


def _sent_all_the_same(bench: Bench, fault: Fault, ran: Ran) -> None:
    """What cannot be looked at holds no reply back."""
    del fault, ran
    row = bench.outbox()[-1]
    assert row["state"] == "sent"
    with bench.server.read() as state:
        assert len([p for p in state.current() if p.reply_to == row["in_reply_to"]]) == 1


def _answered(bench: Bench) -> None:
    _fetched(bench)
    assert reply(bench).code == 0


def undo(bench: Bench) -> Ran:
    """Take the newest reply back."""
    return bench.run("outbox", "undo", str(bench.outbox()[-1]["id"]), "-y")


def _undone(bench: Bench, fault: Fault, ran: Ran) -> None:
    """What was wished is carried out by the next fetch, whatever stood in its way."""
    del fault, ran
    row = bench.outbox()[-1]
    assert row["state"] == "deleted"
    with bench.server.read() as state:
        assert row["native_id"] not in {p.id for p in state.current()}


def sync(bench: Bench) -> Ran:
    """Read a stored post again."""
    return bench.run("sync", bench.complaint())


TOGETHER = (Bench.fetch, reply, thread)
"""Whose calls are combined in pairs: a fetch, and an answer in parts."""

CALLS: tuple[Call, ...] = (
    Call("user", "user", PROFILE, Bench.fetch, before=_look_up),
    Call("own page 1", "own", PAGE, Bench.fetch),
    Call("own page 2", "own", PAGE, Bench.fetch, skip=1),
    Call("mentions page 1", "mentions", PAGE, Bench.fetch),
    Call("mentions page 2", "mentions", PAGE, Bench.fetch, skip=1),
    Call("posts", "posts", LOOKUP, Bench.fetch, before=_ask_again),
    Call("create", "create", CREATE, reply, before=_fetched, after=_settled),
    Call("delete", "delete", DELETE, take_back, before=_fetched),
    Call("part 2", "create", CREATE, thread, skip=1, before=_fetched, after=_part_settled),
    Call(
        "upload",
        "upload",
        DELETE,
        with_picture,
        before=_fetched,
        after=_uploaded,
        # Who may not upload is told which scope of the sign-in is missing.
        ends={"403": SIGN_IN},
    ),
    Call("undo", "delete", DELETE, undo, before=_answered, after=_undone),
    Call("sync", "posts", LOOKUP, sync, before=_fetched),
    Call("look", "posts", LOOKUP, reply, before=_fetched, after=_sent_all_the_same, always=0),
)
