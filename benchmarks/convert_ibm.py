"""Turn the file of IBM's customer-care conversations into lines that `triage import` reads.

    python benchmarks/convert_ibm.py IN OUT        # JSON lines; OUT may be - for standard output
    python benchmarks/convert_ibm.py --accounts IN # the brand's accounts, one handle per line

The file does not say which post answers which; the order of a dialog does, and the names at the
beginning of the posts bear it out:

- An agent's post answers the nearest customer's post before it, whoever wrote that.
- A customer's post answers the post before it: the agent's, their own, or a third person's.
- The first post of a dialog answers nothing that we have.

The agent's final answer stands apart from the dialog and has an id but no time. Ids carry time in
milliseconds, which agrees with the dialogs' whole seconds, so every time is taken from the id.
A post in two dialogs is one post; both dialogs give it the same parent. Threads are left to the
import: what has a common topmost ancestor is one thread.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

CUSTOMERS = ("client", "client1")
"""The keys of the one who began the dialog and of a third person in it."""

_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
"""When X's ids began to count."""


class Line(NamedTuple):
    """One post, as a line of JSON; `posted_at` is RFC 3339 in UTC."""

    id: str
    author: str
    text: str
    posted_at: str
    in_reply_to: str | None


def main() -> None:
    """Convert a file, or list its accounts."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("source", metavar="IN", type=Path)
    parser.add_argument("target", metavar="OUT", nargs="?", default="-")
    parser.add_argument("--accounts", action="store_true", help="list the accounts instead")
    options = parser.parse_args()
    dialogs = json.loads(options.source.read_text(encoding="utf-8"))
    if options.accounts:
        rows = accounts(dialogs)
    else:
        rows = [json.dumps(line._asdict(), ensure_ascii=False) for line in convert(dialogs)]
    text = "".join(f"{row}\n" for row in rows)
    if options.target == "-":
        sys.stdout.buffer.write(text.encode())
    else:
        Path(options.target).write_text(text, encoding="utf-8")


def accounts(dialogs: list[dict[str, Any]]) -> list[str]:
    """Give the handles of the accounts that answer, in alphabetical order."""
    return sorted({dialog["dialogHeader"]["company"] for dialog in dialogs}, key=str.casefold)


def convert(dialogs: list[dict[str, Any]]) -> list[Line]:
    """Give every post once, in the order of the file."""
    found: dict[str, Line] = {}
    for dialog in dialogs:
        for line in _lines(dialog):
            if found.setdefault(line.id, line) != line:
                raise ValueError(f"post {line.id} differs between two dialogs")
    return list(found.values())


def _lines(dialog: dict[str, Any]) -> Iterator[Line]:
    customer: str | None = None
    previous: str | None = None
    for is_ours, author, native_id, text in _posts(dialog):
        parent = customer if is_ours else previous
        yield Line(native_id, author, text, _posted_at(native_id), parent)
        previous = native_id
        if not is_ours:
            customer = native_id


def _posts(dialog: dict[str, Any]) -> Iterator[tuple[bool, str, str, str]]:
    for post in dialog["dialogContent"]:
        key = next(key for key in (*CUSTOMERS, "agent") if key in post)
        yield key == "agent", post[key], post["tweet_ID"], post["message"]
    final = dialog["agentURL"]
    yield True, dialog["dialogHeader"]["company"], final["tweet_ID"], final["url_utterance"]


def _posted_at(native_id: str) -> str:
    at = _EPOCH + timedelta(milliseconds=int(native_id) >> 22)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    main()
