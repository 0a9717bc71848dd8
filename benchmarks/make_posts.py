"""Write synthetic posts to a brand, as many as wanted, in lines that `triage import` reads.

    python benchmarks/make_posts.py N OUT [--seed S]    # OUT may be - for standard output

The same N and seed always give the same bytes. The posts are made up, spread over 180 days and in
the order of time: customers who come back, complaints, questions, praise and chatter in several
languages, and threads in which @acme answers somewhat less than half of the time.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import IO, NamedTuple

BRAND = "acme"
START_MS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1000
SPAN_MS = 180 * 24 * 3600 * 1000
SNOWFLAKE_EPOCH_MS = 1_288_834_974_657

_NEW_THREAD = 0.45
"""The share of posts that begin a thread; the others answer one of the last."""
_ANSWERED = 0.81
"""The share of threads whose first reply is the brand's; with those that nobody replies to, it
comes to 45 % of all."""
_OPEN_THREADS = 400
"""From how many of the latest threads a reply picks its own."""

_OPENERS = {
    "complaint": (
        "My parcel is late again and nobody answers",
        "I was charged twice for one order",
        "The app crashes whenever I open my basket",
        "Third week without a working router",
        "Your driver left my box in the rain",
        "Mein Paket ist seit zehn Tagen verschollen",
        "Ma commande est arrivée cassée",
        "Mi pedido llegó incompleto y nadie responde",
        "注文した商品がまだ届きません",
        "الطلب متأخر منذ أسبوع",
    ),
    "question": (
        "Do you ship to the islands?",
        "How can I change the address of my order?",
        "Is the blue one coming back in size 40?",
        "What are your opening hours on Sunday?",
        "Wie lange dauert der Versand nach Wien?",
        "Est-ce que la garantie couvre la batterie ?",
        "¿Puedo pagar en la tienda?",
        "返品の期限はいつまでですか?",
    ),
    "praise": (
        "Huge thanks to the person on the phone today",
        "Best delivery ever, a day early",
        "Love the new packaging 😍",
        "Danke, das ging wirklich schnell",
        "Merci pour votre aide, c'est réparé",
        "Gracias, todo perfecto 🙌",
    ),
    "other": (
        "Saw your van on the bridge this morning",
        "Just renewed for another year",
        "New shop on the corner, the queue is long",
        "Heute im Laden gewesen",
        "Vu votre pub dans le métro",
    ),
}
_KINDS = tuple(_OPENERS)
_WEIGHTS = (48, 22, 12, 18)
_FOLLOW_UPS = (
    "Any news?",
    "Still waiting",
    "I sent you the number in a message",
    "That did not help, sorry",
    "Thank you, it works now!",
    "It says the same as yesterday",
    "Und jetzt?",
    "Toujours rien",
)
_ANSWERS = (
    "Sorry to hear that! Please send us your order number and we will look into it",
    "Thanks for reaching out. Restart the app and try once more",
    "It is on its way and should be with you by tomorrow evening",
    "We do! Delivery takes three to five working days",
    "Glad to hear that, have a lovely day",
    "Das tut uns leid, wir kümmern uns sofort darum",
)
_TAIL = tuple(
    """
after two calls and one long chat with your team nothing changed since the last update on my phone
the tracking page still says the same order number 48213 was paid with card on Monday evening and
my neighbour had exactly that problem last month so please tell me what happens next because the
weekend is near and we need it for a birthday at my parents house near the old station where your
courier usually leaves things behind the green door without ringing the bell or writing a note
""".split()  # noqa: SIM905 (prose, to be read as such)
)


class Thread(NamedTuple):
    """Where a reply can be put.

    Attributes:
        customer: Who began it.
        last_id: Its latest post.
        is_last_ours: The brand wrote that.
        is_answered: The brand answers in this thread.
    """

    customer: str
    last_id: int
    is_last_ours: bool
    is_answered: bool


def main() -> None:
    """Write the posts."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("count", metavar="N", type=int)
    parser.add_argument("target", metavar="OUT")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.target == "-":
        _write(options.count, options.seed, sys.stdout)
        return
    with Path(options.target).open("w", encoding="utf-8") as file:
        _write(options.count, options.seed, file)


def make_posts(count: int, seed: int = 1) -> Iterator[dict[str, str | None]]:
    """Give posts as records of the simple format, oldest first."""
    random = Random(seed)  # noqa: S311 (made-up posts, no secrets)
    threads: list[Thread] = []
    for at in _times(random, count):
        native_id = (at - SNOWFLAKE_EPOCH_MS << 22) + random.getrandbits(20)
        if not threads or random.random() < _NEW_THREAD:
            yield _begin(random, threads, native_id, at, count)
        else:
            yield _go_on(random, threads, native_id, at)


def _times(random: Random, count: int) -> list[int]:
    """Strictly rising moments: so are the ids that are made of them."""
    moments = sorted(random.randrange(SPAN_MS) for _ in range(count))
    times = [START_MS - 1]
    for moment in moments:
        times.append(max(START_MS + moment, times[-1] + 1))
    return times[1:]


def _begin(
    random: Random, threads: list[Thread], native_id: int, at: int, count: int
) -> dict[str, str | None]:
    # Some write often, most once: the cube draws the numbers together.
    customer = f"user_{int(random.random() ** 3 * max(10, count // 4)):06d}"
    kind = random.choices(_KINDS, _WEIGHTS)[0]
    text = _lengthened(random, f"@{BRAND} {random.choice(_OPENERS[kind])}")
    thread = Thread(customer, native_id, False, random.random() < _ANSWERED)
    if len(threads) < _OPEN_THREADS:
        threads.append(thread)
    else:
        threads[random.randrange(_OPEN_THREADS)] = thread
    return _record(native_id, customer, text, at, None)


def _go_on(random: Random, threads: list[Thread], native_id: int, at: int) -> dict[str, str | None]:
    place = random.randrange(len(threads))
    thread = threads[place]
    is_ours = thread.is_answered and not thread.is_last_ours
    threads[place] = thread._replace(last_id=native_id, is_last_ours=is_ours)
    if is_ours:
        text = _lengthened(random, f"@{thread.customer} {random.choice(_ANSWERS)}")
        return _record(native_id, BRAND, text, at, thread.last_id)
    text = _lengthened(random, f"@{BRAND} {random.choice(_FOLLOW_UPS)}")
    return _record(native_id, thread.customer, text, at, thread.last_id)


def _lengthened(random: Random, text: str) -> str:
    """Go on with words in any order, up to a length between 40 and 280 characters."""
    length = int(41 + 240 * random.random() ** 2)
    words = random.choices(_TAIL, k=max(0, length - len(text)) // 5 + 4)
    return f"{text} {' '.join(words)}"[: max(length, len(text), 41)].rstrip()


def _record(
    native_id: int, author: str, text: str, at: int, parent: int | None
) -> dict[str, str | None]:
    time = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    return {
        "id": str(native_id),
        "author": f"@{author}",
        "text": text,
        "posted_at": time.replace("+00:00", "Z"),
        "in_reply_to": None if parent is None else str(parent),
    }


def _write(count: int, seed: int, file: IO[str]) -> None:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for record in make_posts(count, seed):
        file.write(encode(record) + "\n")


if __name__ == "__main__":
    main()
