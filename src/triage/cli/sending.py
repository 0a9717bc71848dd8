"""What `reply`, `drafts send` and `outbox settle` share: guards, the question, the result."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.cli import narrate, output
from triage.cli.event_posts import outlook_of_post, title_words, turn_away, whom_words
from triage.cli.output import Column, Format, iso
from triage.cli.thread_lines import thread_words
from triage.core.model import WaitState
from triage.core.outbox import ReplyState
from triage.core.queue import short_span
from triage.core.text import one_line
from triage.errors import NotFound, Refused

if TYPE_CHECKING:
    from triage.app.guards import Guard
    from triage.app.preflight import Look
    from triage.bootstrap import App
    from triage.cli.context import Globals
    from triage.core.accounts import Account
    from triage.core.outlook import Outlook
    from triage.core.records import MessageView, Reply, WaitView

STATE_WORDS: Mapping[ReplyState, str] = {
    ReplyState.DRAFT: "draft",
    ReplyState.SCHEDULED: "scheduled",
    ReplyState.HELD: "held for a person",
    ReplyState.QUEUED: "queued, not sent yet",
    ReplyState.SENDING: "being sent",
    ReplyState.SENT: "sent",
    ReplyState.FAILED: "refused, not sent",
    ReplyState.UNKNOWN: "unknown: perhaps public",
    ReplyState.CANCELLED: "given up",
    ReplyState.DELETED: "sent and taken back",
}
"""Each state in words that need no explanation."""


@dataclass(frozen=True, slots=True)
class Result:
    """A reply as it ended, with what it did to the customer's wait.

    Attributes:
        message: The post that it became; None if it is not public.
        wait: The wait that it ended; None if nobody waited.
        sla: What was promised, ms; None without a promise.
    """

    reply: Reply
    account: Account
    message: MessageView | None
    wait: WaitView | None
    sla: int | None

    @property
    def answered_ms(self) -> int | None:
        """How long the customer waited."""
        if self.wait is None or self.wait.ended_at is None:
            return None
        return self.wait.ended_at - self.wait.opened_at


def account_of(app: App, reply: Reply) -> Account:
    """The account that a reply is sent as. Raises `NotFound` for another brand's."""
    for account in app.store.accounts.accounts(app.brand_id):
        if account.id == reply.account_id:
            return account
    raise NotFound(f"There is no reply {reply.id}.", hint="See `triage outbox list --all`.")


def reply_of(app: App, number: int) -> Reply:
    """A reply of this brand by id. Raises `NotFound`."""
    from triage.app.replying import get_reply

    reply = get_reply(app.store, number)
    account_of(app, reply)
    return reply


def check_guards(
    app: App, reply: Reply, target: MessageView | None = None, look: Look | None = None
) -> list[Guard]:
    """Tell what stands against sending a reply now; what stops it comes first.

    Args:
        app: The program.
        reply: As it is saved.
        target: The mention that it answers; found by the reply if it is left out.
        look: What the channel said of the thread just now; None if it was not asked.
    """
    from triage.app.guards import guards
    from triage.app.repeating import said_before
    from triage.cli.standing import standing_guards

    target = target or target_message(app, reply)
    account = account_of(app, reply)
    found = guards(
        app.store,
        app.channel(account),
        reply,
        target,
        app.now(),
        app.settings_file.reply.same_text_within,
        look,
    )
    again = []
    if not any(g.code in _SAID_WHOLE for g in found):
        signs = list(app.settings_file.templates.signs.values())
        again = said_before(app.store, reply, signs, app.now())
    return [*found, *standing_guards(app, reply), *again]


_SAID_WHOLE = frozenset({"duplicate", "repeated", "in-flight"})
"""Guards that tell of the whole text what others tell of its sentences."""


def target_message(app: App, reply: Reply) -> MessageView:
    """The mention that a reply answers.

    Raises:
        NotFound: It is not in this store.
        Refused: It answers nobody: it is a post of an event.
    """
    turn_away(app, reply)
    reference = reply.in_reply_to or ""
    message_id = app.store.reading.message_id(app.brand_id, reference)
    found = app.store.reading.messages([message_id]) if message_id is not None else []
    if not found:
        raise NotFound(f"The post that reply {reply.id} answers is not in this store.")
    return found[0]


def refuse_or_warn(
    found: Sequence[Guard], *, force: bool, asked: bool, kept: int | None = None
) -> None:
    """Refuse what must not go out; tell the rest.

    Args:
        found: What `check_guards` gave.
        force: Send although a guard would rather not; what stops stops all the same.
        asked: A person decides next; they are told instead of refused.
        kept: The reply that keeps the text, to be named in a refusal.

    Raises:
        Refused: A guard stops it, or would rather not and nobody is asked.
    """
    for guard in found:
        if guard.stops or (guard.asks and not (asked or force)):
            advice = guard.hint if guard.stops else "Send it all the same with --force."
            if guard.url and not guard.stops:
                advice = f"{guard.hint}\n  Send it all the same with --force."
            raise Refused(
                guard.message,
                reason="Nothing was sent."
                + (f" The text is kept as reply {kept}." if kept else ""),
                hint=_joined(advice, kept if guard.stops else None),
            )
        narrate.warn(guard.message)
        if guard.hint:
            narrate.warn(f"  {guard.hint}")


def _joined(advice: str, kept: int | None) -> str:
    again = f"Then: triage drafts send {kept}" if kept else ""
    separator = "" if not advice else " " if advice.endswith((".", "?")) else ". "
    return f"{advice}{separator}{again}" if again else advice


def ask(question: str, default: str) -> str:
    """Ask a person on the terminal; an empty line or the end of input is the default."""
    output.raw(one_line(question) + " ")
    if sys.stdout is not None:
        sys.stdout.flush()
    answer = sys.stdin.readline() if sys.stdin is not None else ""
    if not answer.endswith("\n"):
        output.line()
    return answer.strip().lower() or default


def finish(flags: Globals, reply: Reply) -> None:
    """Tell how sending ended: the result on stdout, or the error that says what is to be done.

    Raises:
        TriageError: It did not go out, or nobody knows; the class gives the exit code.
    """
    from triage.app.outbox import failure_of

    form = flags.form()
    result = result_of(flags.app, reply)
    problem = failure_of(reply, _browser_url(flags.app, reply))
    if form is not Format.TERMINAL:
        output.rows([result], RESULT, form)
    if problem is not None:
        raise problem
    if form is Format.TERMINAL:
        _say_sent(flags.app, result)


def _browser_url(app: App, reply: Reply) -> str:
    """Where a person may still answer what a program may not."""
    from triage.core.replyable import is_about_the_thread

    if reply.state is not ReplyState.FAILED or not is_about_the_thread(reply.detail):
        return ""
    channel = app.channel(account_of(app, reply))
    return channel.answer_url(reply.in_reply_to or "", reply.text) or ""


def result_of(app: App, reply: Reply) -> Result:
    """Find what a reply became and which wait it ended."""
    account = account_of(app, reply)
    message = _message(app, reply)
    wait = _ended_wait(app, reply, message)
    return Result(reply, account, message, wait, _promised(app, wait))


def _message(app: App, reply: Reply) -> MessageView | None:
    if reply.native_id is None:
        return None
    message_id = app.store.reading.message_id(app.brand_id, reply.native_id)
    found = app.store.reading.messages([message_id]) if message_id is not None else []
    return found[0] if found else None


def _ended_wait(app: App, reply: Reply, message: MessageView | None) -> WaitView | None:
    if reply.conversation_id is None or message is None:
        return None
    for wait in app.store.reading.waits(reply.conversation_id):
        if wait.state is WaitState.ANSWERED and wait.ended_at == message.posted_at:
            return wait
    return None


def _promised(app: App, wait: WaitView | None) -> int | None:
    if wait is None or wait.due_by is None or wait.promised is not None:
        return None if wait is None else wait.promised
    due_by = app.store.reading.messages([wait.due_by])
    kind = (due_by[0].kind if due_by else None) or wait.kind
    return app.store.judging.judge(wait.settings_id).settings.policies[kind].respond_within


RESULT: list[Column[Result]] = [
    Column("id", lambda r: r.reply.id),
    Column("state", lambda r: r.reply.state.value),
    Column("conversation", lambda r: r.reply.conversation_id),
    Column("account", lambda r: r.account.handle),
    Column("native_id", lambda r: r.reply.native_id),
    Column("url", lambda r: r.message.url if r.message else None),
    Column("sent_at", lambda r: iso(r.message.posted_at) if r.message else None),
    Column("answered_s", lambda r: None if r.answered_ms is None else r.answered_ms // 1000),
    Column("sla_s", lambda r: None if r.sla is None else r.sla // 1000),
    Column("is_met", lambda r: r.wait.is_met if r.wait else None),
    Column("detail", lambda r: r.reply.detail),
]
"""A sent reply for scripts."""


def _say_sent(app: App, result: Result) -> None:
    url = (result.message.url if result.message else None) or result.reply.native_id or ""
    parts = [f"Sent  {url}", _answered(app, result)]
    wide = "     ".join(parts)
    output.lines([wide] if len(wide) <= output.width() else parts)
    following = _next(app)
    if following is not None:
        narrate.say(f"next: {program(app)} reply {following}")


def _answered(app: App, result: Result) -> str:
    if result.reply.conversation_id is None:
        return title_words(app, result.reply)
    number = f"#{result.reply.conversation_id}"
    if result.answered_ms is None:
        return f"{number}: nobody was waiting"
    words = f"{number} answered after {short_span(result.answered_ms)}"
    if result.sla is None or result.wait is None or result.wait.is_met is None:
        return words
    return f"{words} (SLA {short_span(result.sla)}: {'met' if result.wait.is_met else 'missed'})"


def _next(app: App) -> int | None:
    from triage.app.queueing import load_queue
    from triage.core.queue import QueueFilter

    found = load_queue(app.store, QueueFilter(app.brand_id), app.now(), limit=1)
    return found.items[0].id if found.items else None


def program(app: App) -> str:
    """How the command is called, for hints."""
    return "triage --demo" if app.demo else "triage"


def listed(app: App, states: Sequence[ReplyState]) -> list[Reply]:
    """Replies in these states, oldest first, of the accounts that `--account` leaves."""
    found = app.store.outbox.list_states(app.brand_id, states)
    if not app.only_accounts:
        return found
    ours = {a.id for a in app.accounts()}
    return [r for r in found if r.account_id in ours]


def reply_columns(app: App) -> list[Column[Reply]]:
    """A reply in a list of them."""
    handles = {a.id: a.handle for a in app.store.accounts.accounts(app.brand_id)}
    return [
        Column("id", lambda r: r.id, "ID", right=True),
        Column(
            "state",
            lambda r: r.state.value,
            "STATE",
            lambda r: thread_words(app, r) or STATE_WORDS[r.state],
            style=_style,
        ),
        Column(
            "conversation",
            lambda r: r.conversation_id,
            "FOR",
            lambda r: whom_words(app, r) if r.conversation_id is None else f"#{r.conversation_id}",
        ),
        Column("account", lambda r: handles.get(r.account_id)),
        Column("agent", lambda r: r.agent, "WHO", at_least=_WHO_FROM),
        Column("created_at", lambda r: iso(r.created_at)),
        Column("changed_at", lambda r: iso(r.changed_at)),
        Column("attempted_at", lambda r: iso(r.attempted_at)),
        Column("attempts", lambda r: r.attempts),
        Column("retry_at", lambda r: iso(r.retry_at)),
        Column("in_reply_to", lambda r: r.in_reply_to),
        Column("native_id", lambda r: r.native_id),
        Column("detail", lambda r: r.detail, "WHY", wide=True, at_least=_WHY_FROM),
        Column("text", lambda r: r.text, "TEXT", wide=True),
        Column("part", lambda r: r.part or None),
        Column("parts", lambda r: r.parts or None),
        Column("follows_id", lambda r: r.follows_id),
        Column("send_at", lambda r: iso(r.send_at)),
        Column("schedule", lambda r: r.schedule or None),
        Column("undo_at", lambda r: iso(r.undo_at)),
        Column("next", lambda r: outlook_of(app, r).words),
        Column("next_at", lambda r: iso(outlook_of(app, r).at)),
        Column("written_by", lambda r: r.written_by or r.agent),
    ]


def outlook_of(app: App, reply: Reply) -> Outlook:
    """What happens next to a reply, in words, with times in the zone of the settings."""
    from triage.app.guards import HELD, PAUSED
    from triage.cli import times
    from triage.core.outlook import outlook

    marks = app.store.settings
    stopped = "sending is paused" if marks.get(PAUSED) is not None else ""
    if marks.get(HELD) is not None:
        stopped = "the database was restored; the next fetch reads our timeline first"
    now = app.now()
    post = outlook_of_post(app, reply, stopped) if reply.conversation_id is None else None
    return post or outlook(
        reply,
        stopped=stopped,
        tell=lambda at: times.moment(at, now),
        program=program(app),
    )


_WHO_FROM, _WHY_FROM = 70, 100
"""Terminal widths from which a column is shown."""


def _style(reply: Reply) -> str:
    return {ReplyState.UNKNOWN: "bold red", ReplyState.FAILED: "yellow"}.get(reply.state, "")
