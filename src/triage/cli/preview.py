"""What a reply would look like: on the screen, in JSON, and without sending anything."""

from __future__ import annotations

from collections.abc import Sequence

from triage.app.guards import Guard, blocking
from triage.app.parts import cut, parts_of
from triage.cli import narrate, output
from triage.cli.costing import cost_fields, show_reply_cost
from triage.cli.media import picture_items, show_pictures
from triage.cli.sending import check_guards
from triage.cli.show_people import before_answering
from triage.cli.threads import show_parts
from triage.cli.writing import Desk
from triage.core.media import Picture
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import Refused


def dry_run(desk: Desk, words: str, pictures: Sequence[Picture], *, split: bool) -> None:
    """Show what would go out, and what stands against it; nothing is saved or sent.

    Raises:
        Refused: It could not be sent like this.
    """
    now = desk.app.now()
    texts = cut(desk.app.channel(desk.account), words) if split else (words,)
    draft = Reply(
        id=0,
        uuid="",
        account_id=desk.account.id,
        conversation_id=desk.conversation.id,
        in_reply_to=desk.target.native_id,
        text=texts[0] if texts else "",
        state=ReplyState.DRAFT,
        agent=desk.app.agent,
        seen_at=desk.target.posted_at,
        seen_id=desk.target.native_id,
        created_at=now,
        changed_at=now,
    )
    found = check_guards(desk.app, draft, desk.target)
    if desk.flags.as_json:
        item = _preview_item(desk, draft, found, texts)
        output.document([{**item, "media": picture_items(pictures)}])
    else:
        preview(desk, draft, texts)
        if output.stdout_is_terminal():
            show_pictures(pictures)
    if desk.flags.as_json:
        return
    for guard in found:
        narrate.warn(guard.message)
    narrate.say("Nothing was sent or saved.")
    stop = blocking(found)
    if stop is not None:
        raise Refused(stop.message, reason="It could not be sent like this.", hint=stop.hint)


def _preview_item(
    desk: Desk, draft: Reply, found: list[Guard], texts: Sequence[str]
) -> dict[str, object]:
    channel = desk.app.channel(desk.account)
    return {
        "id": desk.conversation.id,
        "account": desk.account.handle,
        "customer": desk.conversation.customer,
        "in_reply_to": draft.in_reply_to,
        "text": draft.text,
        "length": channel.length(draft.text, is_reply=True),
        "max_length": channel.capabilities.max_length,
        "parts": [{"text": t, "length": channel.length(t, is_reply=False)} for t in texts],
        "guards": [{"code": g.code, "message": g.message, "stops": g.stops} for g in found],
        **cost_fields(desk.app, desk.account, texts or [draft.text]),
    }


def preview(desk: Desk, draft: Reply, texts: Sequence[str] = ()) -> None:
    """What would go out, from whom, to whom, and how long it is."""
    if draft.parts:
        texts = [p.text for p in parts_of(desk.app.store, draft)]
    if len(texts) > 1:
        _preview_thread(desk, texts)
        show_pictures(desk.app.store.media.of(draft.id))
        if output.stdout_is_terminal():
            show_reply_cost(desk.app, desk.account, texts)
        return
    channel = desk.app.channel(desk.account)
    length = channel.length(draft.text, is_reply=True)
    most = channel.capabilities.max_length
    count = f"{length}/{most}" + (f", {length - most} too many" if length > most else "")
    to = f"To @{desk.conversation.customer}, publicly, as @{desk.account.handle}"
    if not output.stdout_is_terminal():
        output.line(draft.text)
        return
    output.spread(to, count)
    _remember(desk)
    for paragraph in draft.text.splitlines() or [""]:
        output.indented(paragraph)
    show_pictures(desk.app.store.media.of(draft.id))
    show_reply_cost(desk.app, desk.account, [draft.text])


def _preview_thread(desk: Desk, texts: Sequence[str]) -> None:
    if not output.stdout_is_terminal():
        for text in texts:
            output.line(text)
        return
    to = f"To @{desk.conversation.customer}, publicly, as @{desk.account.handle}"
    output.spread(to, f"a thread of {len(texts)}")
    _remember(desk)
    show_parts(desk.app, desk.account, texts)


def _remember(desk: Desk) -> None:
    """Who this is to, and what they were promised, before it goes out."""
    for line in before_answering(desk.app, desk.conversation):
        output.wrapped(line)
