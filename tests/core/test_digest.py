"""What an alert says, as text and as data."""

# ruff: noqa: RUF001 - full-width characters are what it is about

from __future__ import annotations

import json
import re
from datetime import UTC
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerted import LINE, NOW
from triage.core.digest import (
    MOST_LINES,
    MOST_TEXT,
    AlertLevel,
    AlertLine,
    Digest,
    body,
    digest_uuid,
    sample_digest,
    subject,
    to_data,
)
from triage.core.kinds import HOUR, MINUTE, Kind

ANA = LINE._replace(due_at=NOW - 3 * HOUR - 12 * MINUTE)
BO = ANA._replace(alert_id=2, conversation_id=44, customer="bo92", due_at=NOW - 41 * MINUTE)
EVE = ANA._replace(
    alert_id=3,
    conversation_id=51,
    level=AlertLevel.WARNING,
    kind=Kind.QUESTION,
    customer="eve",
    text="do you open on Sundays?",
    due_at=NOW + 22 * MINUTE,
)
HOSTILE = "<!channel> @here\r\nBcc: x@evil.com https://evil.com/ [a](b) \x1b[2J\u202e"

LINES = st.lists(
    st.builds(
        lambda number, level, kind, text, due: ANA._replace(
            alert_id=number,
            conversation_id=number,
            level=level,
            kind=kind,
            text=text,
            customer=text,
            customer_name=text,
            account=text,
            priority=text,
            assignee=text,
            hold=text,
            due_at=NOW + due,
        ),
        st.integers(1, 99),
        st.sampled_from(AlertLevel),
        st.sampled_from(Kind),
        st.text(max_size=20) | st.just(HOSTILE),
        st.integers(-9 * HOUR, 9 * HOUR),
    ),
    max_size=40,
)


def digest(*lines: AlertLine, brand: str = "acme", is_test: bool = False) -> Digest:
    """A digest of these lines."""
    return Digest("uuid", brand, NOW, lines, is_test)


def ids(text: str) -> list[int]:
    """The conversations of a text, in its order."""
    return [int(number) for number in re.findall(r"^#(\d+) ", text, re.MULTILINE)]


def test_text() -> None:
    """Counts, a line for each wait, and what to type."""
    made = digest(EVE, BO._replace(mentions=3), ANA)
    assert subject(made) == "acme: 2 overdue, 1 due soon"
    assert body(made) == (
        "2 complaints, 1 question (Mon 2 Mar 09:00 UTC)\n"
        "\n"
        "#41 complaint, overdue 3h12m\n"
        "  ＠ana_diaz: Where is my order? It never arrived\n"
        "  triage reply 41\n"
        "\n"
        "#44 complaint, overdue 41m\n"
        "  ＠bo92: Where is my order? It never arrived (3 messages)\n"
        "  triage reply 44\n"
        "\n"
        "#51 question, due 22m\n"
        "  ＠eve: do you open on Sundays?\n"
        "  triage reply 51\n"
    )


def test_what_an_agent_should_know_first() -> None:
    """Priority, hold and assignee where there are any, and which reminder it is."""
    line = ANA._replace(
        level=AlertLevel.REPEAT,
        number=2,
        priority="safety",
        hold="snoozed",
        hold_until=NOW + HOUR,
        assignee="ana",
    )
    text = body(digest(line), ZoneInfo("Europe/Madrid"))
    assert "overdue 3h12m, reminder 2\n" in text
    assert (
        "\n  priority: safety, snoozed until Mon 2 Mar 11:00 CET, assigned: ana\n"
        "  triage reply 41\n"
    ) in text
    assert "(Mon 2 Mar 10:00 CET)" in text
    assert "\n  on hold\n" in body(digest(ANA._replace(hold="on hold")))


def test_state_is_told_by_the_time() -> None:
    """A wait whose due time came before its warning was sent is overdue, from that moment on."""
    late = digest(EVE._replace(due_at=NOW))
    assert subject(late) == "acme: 1 overdue"
    assert "overdue 0s" in body(late)
    assert subject(digest(EVE._replace(due_at=NOW + 1))) == "acme: 1 due soon"


def test_a_clock_that_stands() -> None:
    """It is neither overdue nor due soon, whatever was told of it before, and comes last."""
    paused = ANA._replace(due_at=None, hold="on-hold")
    made = digest(paused, BO)
    assert subject(made) == "acme: 1 overdue, 1 paused"
    assert "#41 complaint, paused\n" in body(made)
    assert "\n  on-hold\n" in body(made)
    assert ids(body(made)) == [44, 41]
    data = to_data(made)
    assert data["counts"]["paused"] == 1
    assert (data["items"][1]["due_at"], data["items"][1]["overdue_s"]) == (None, 0)


def test_our_own_names_say_nothing() -> None:
    """A text in the message begins behind them; the data have it whole."""
    line = ANA._replace(text="@Acme @acmehelp  @bo where is it? @acme")
    made = digest(line)._replace(ours=("acme", "acmehelp"))
    assert "  ＠ana_diaz: ＠bo where is it? ＠acme\n" in body(made)
    assert to_data(made)["items"][0]["text"].startswith("＠Acme ＠acmehelp ＠bo")
    alone = digest(ANA._replace(text="@acme"))._replace(ours=("acme",))
    assert "  ＠ana_diaz: ＠acme\n" in body(alone)


def test_order() -> None:
    """Complaints first; within a kind what is overdue, then due time, then id.

    Before all of them comes what cannot wait, as in the queue.
    """
    later = BO._replace(conversation_id=9)
    soon = ANA._replace(conversation_id=3, level=AlertLevel.WARNING, due_at=NOW - 9 * HOUR)
    again = ANA._replace(conversation_id=60, level=AlertLevel.REPEAT, due_at=NOW - 4 * HOUR)
    praise = ANA._replace(conversation_id=1, kind=Kind.PRAISE)
    other = ANA._replace(conversation_id=2, kind=Kind.OTHER)
    danger = EVE._replace(conversation_id=70, priority="safety")
    gone = ANA._replace(conversation_id=71, priority="churn-threat", due_at=NOW - MINUTE)
    made = digest(praise, EVE, other, soon, BO, later, ANA, again, danger, gone)
    assert ids(body(made)) == [70, 60, 41, 9, 44, 71, 3, 51, 2, 1]
    assert [item["id"] for item in to_data(made)["items"]] == ids(body(made))


@given(LINES, st.randoms())
def test_order_does_not_matter(lines: list[AlertLine], random: Random) -> None:
    """The same alerts in another order are the same message."""
    distinct = list({line.alert_id: line for line in lines}.values())
    one = digest(*distinct)
    random.shuffle(distinct)
    other = digest(*distinct)
    assert body(one) == body(other)
    assert to_data(one) == to_data(other)
    assert subject(one) == subject(other)


def test_a_text_is_bounded() -> None:
    """At most thirty waits, none of them endless; the others are counted."""
    many = [ANA._replace(alert_id=n, conversation_id=n, text="é" * 9999) for n in range(42)]
    text = body(digest(*many))
    assert len(ids(text)) == MOST_LINES
    assert text.endswith("\n\nand 12 more: triage queue\n")
    assert body(digest(*many), most=0).count("\n") == 3
    assert max(map(len, text.splitlines())) < 300
    assert "more" not in body(digest(*many[:MOST_LINES]))
    assert subject(digest(*many)) == "acme: 42 overdue"


@given(LINES)
def test_every_line_of_a_text_is_ours(lines: list[AlertLine]) -> None:
    """No text of a customer's begins a line, mentions somebody or links."""
    text = body(digest(*lines))
    for line in text.splitlines()[2:]:
        assert re.match(r"#\d+ |  |$|and \d+ more: ", line), line
    assert not set("@<>\x1b\u202e\r") & set(text)
    assert "://" not in text


@given(st.text(max_size=150) | st.just(HOSTILE), LINES)
def test_a_subject_has_no_word_of_a_customer(brand: str, lines: list[AlertLine]) -> None:
    """One line of the brand's name and counts, whatever the posts say."""
    made = digest(*lines, brand=brand)
    line = subject(made)
    assert len(line.splitlines()) == 1
    assert not set("@<>\x1b\u202e\r\n") & set(line)
    assert re.search(r": (\d+ overdue|\d+ due soon|\d+ overdue, \d+ due soon|nobody waits)$", line)
    assert subject(digest(*(one._replace(text="x") for one in lines), brand=brand)) == line


def test_data() -> None:
    """The names of the queue's JSON, times as RFC 3339, spans in seconds."""
    line = ANA._replace(hold="snoozed", hold_until=NOW + HOUR, priority="safety", assignee="ana")
    data = to_data(digest(EVE, line._replace(due_at=NOW - 3 * HOUR - 12 * MINUTE - 500)))
    (item, other) = data.pop("items")
    assert data == {
        "schema": 1,
        "id": "uuid",
        "brand": "acme",
        "made_at": "2026-03-02T09:00:00Z",
        "is_test": False,
        "subject": "acme: 1 overdue, 1 due soon",
        "counts": {
            "total": 2,
            "overdue": 1,
            "due_soon": 1,
            "paused": 0,
            "complaint": 1,
            "question": 1,
            "other": 0,
            "praise": 0,
        },
    }
    assert item == {
        "id": 41,
        "alert_id": 1,
        "level": "breach",
        "number": 0,
        "kind": "complaint",
        "channel": "x",
        "account": "acme",
        "customer": "ana_diaz",
        "customer_name": "Ana Díaz",
        "text": "Where is my order? It never arrived",
        "waiting_since_at": "2026-03-02T02:00:00Z",
        "due_at": "2026-03-02T05:47:59.500Z",
        "overdue_s": 11520,
        "mentions": 1,
        "priority": "safety",
        "assignee": "ana",
        "hold": "snoozed",
        "hold_until_at": "2026-03-02T10:00:00Z",
        "url": "https://x.com/ana_diaz/status/1",
        "reply": "triage reply 41",
    }
    assert (other["overdue_s"], other["priority"], other["hold_until_at"]) == (0, None, None)


@given(LINES)
def test_data_is_neutral(lines: list[AlertLine]) -> None:
    """No text in the JSON can do anything in a chat or a mail."""
    texts = json.dumps(to_data(digest(*lines, brand=HOSTILE)), ensure_ascii=False)
    assert not set("@<>\x1b\u202e\r\n") & set(texts.replace('"url": "https://', ""))
    assert "://" not in texts.replace('"url": "https://', "")


def test_data_is_bounded() -> None:
    """However much somebody wrote, and whatever they are called, a wait takes a few kB."""
    huge = "é" * 99_999
    line = ANA._replace(text=huge, customer_name=huge, url=f"https://x.com/{'a' * 9999}")
    (item,) = to_data(digest(line))["items"]
    assert item["text"] == f"{huge[: MOST_TEXT - 1]}…"
    assert (len(item["customer_name"]), item["url"]) == (MOST_TEXT, None)
    assert len(json.dumps(item)) < 8_000


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://x.com/a b",
        "https://x.com/<b>",
        "https://x.com/\n",
        "https://x.com/|evil",
        "https:x.com",
        "https://[x",
        "https://é.com/",
        "",
        None,
    ],
)
def test_an_address_that_could_be_more_is_left_out(url: str | None) -> None:
    """Only a plain link to a post is handed on."""
    (item,) = to_data(digest(ANA._replace(url=url)))["items"]
    assert item["url"] is None


def test_uuid() -> None:
    """The same for the same alerts to the same target, in any order; else another."""
    alerts = [(1, NOW), (2, NOW), (3, NOW + 1)]
    assert digest_uuid("desk", alerts) == digest_uuid("desk", (*alerts[::-1], (2, NOW)))
    several = [
        ("desk", alerts[:2]),
        ("mail", alerts[:2]),
        ("desk", [(12, NOW)]),
        ("desk", [(1, NOW)]),
        ("desk", [(1, NOW + 1)]),
        ("desk", []),
    ]
    assert len({digest_uuid(target, chosen) for target, chosen in several}) == len(several)


def test_sample() -> None:
    """A test says that it is one, shows both states, and is never taken for its forerunner."""
    made = sample_digest("acme", "desk", NOW)
    assert subject(made) == "acme: test of alerts, made up: 1 overdue, 1 due soon"
    assert "This is a test: nobody below exists." in body(made, UTC)
    assert to_data(made)["is_test"] is True
    assert made.uuid != sample_digest("acme", "desk", NOW + 1).uuid
    assert made.uuid != sample_digest("acme", "mail", NOW).uuid
