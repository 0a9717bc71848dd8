"""The demo's data: two days around a made-up brand, told backwards from a given moment."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from triage.sandbox.seed_answered import ANSWERED
from triage.sandbox.seed_people import BRAND, HELP, PEOPLE
from triage.sandbox.seed_waiting import WAITING
from triage.sandbox.state import ACCESS_TOKEN, CONSUMER_KEY, USER_TOKEN, Clock, Post, State, Token

HELP_TOKEN = f"{USER_TOKEN}-{HELP}"
"""The user token of the second account."""
_MINUTE_MS = 60_000
_LINE = re.compile(r"([+-]\d+) (\w+) ([a-z]+)(\d*)(?: ([a-z]{2}))? \| (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Line:
    at: int
    """Minutes before the demo's now."""
    who: str
    what: str
    target: int
    """The line of its block that it is about, from 0."""
    lang: str
    text: str


def demo(now_ms: int, *, rng_seed: int = 2026, clock: Clock | None = None) -> State:
    """Make the demo's state: about 150 mentions of `@acme` in the two days before a moment.

    Args:
        now_ms: UTC epoch ms; nothing in the demo is later.
        rng_seed: Shifts each thread by some seconds; the same seed gives the same state.
        clock: What time it is in the sandbox; None is the real time.
    """
    rng = random.Random(rng_seed)  # noqa: S311 - seconds of a demo, no secret
    state = State(clock=clock or Clock())
    _add_people(state)
    blocks = [_parse(block) for script in (WAITING, ANSWERED) for block in _blocks(script)]
    pending = [(line, number) for number, block in enumerate(blocks) for line in block]
    shifts = [rng.randrange(60_000) for _ in blocks]
    made: list[list[Post | None]] = [[] for _ in blocks]
    # In the order of their time, as the platform got them: it hands out ids that rise.
    for line, number in sorted(pending, key=lambda item: -item[0].at):
        at_ms = now_ms - line.at * _MINUTE_MS - shifts[number]
        made[number].append(_act(state, line, made[number], at_ms))
    return state


def _add_people(state: State) -> None:
    for line in PEOPLE.strip().splitlines():
        handle, _, rest = line.partition(" = ")
        name, _, followers = rest.rpartition(", ")
        state.add_user(handle, name, followers_count=int(followers))
    for handle, about in (
        (BRAND, "Coffee, cafés and boxes by post. Roasted on the canal. Questions: @acmehelp"),
        (HELP, "We answer for @acme, every day from 7 to 22."),
    ):
        user = state.add_user(handle)
        user.description, user.verified = about, True
        if handle == BRAND:
            state.add_tokens(user)
        else:
            state.tokens[HELP_TOKEN] = Token("user", user.id)
            state.tokens[f"{ACCESS_TOKEN}-{HELP}"] = Token("oauth1", user.id, CONSUMER_KEY)


def _act(state: State, line: _Line, made: list[Post | None], at_ms: int) -> Post | None:
    author = state.add_user(line.who)
    if line.what == "new":
        return state.add_post(author, line.text, at_ms=at_ms, lang=line.lang)
    target = made[line.target]
    if target is None:
        raise ValueError(f"{line} is about a line that made no post")
    match line.what:
        case "re":
            # As the platform's own apps do: the whole thread is named.
            return state.add_post(
                author, line.text, at_ms=at_ms, lang=line.lang, reply_to=target.id, carry=True
            )
        case "qt":
            return state.add_post(
                author, line.text, at_ms=at_ms, lang=line.lang, quote_of=target.id
            )
        case "rt":
            return state.add_post(author, "", at_ms=at_ms, lang=line.lang, repost_of=target.id)
        case "ed":
            return state.edit(target.id, line.text, at_ms=at_ms)
        case "rm":
            state.delete(target.id)
            return None
        case _:
            raise ValueError(f"unknown: {line.what}")


def _blocks(script: str) -> list[list[str]]:
    """Join continued lines, drop comments, split at blank lines."""
    blocks: list[list[str]] = [[]]
    # Not `splitlines`: the texts hold line separators of other kinds on purpose.
    for line in script.split("\n"):
        if not line:
            blocks.append([])
        elif line.startswith("    "):
            blocks[-1][-1] += " " + line.strip(" ")
        elif not line.startswith("#"):
            blocks[-1].append(line)
    return [block for block in blocks if block]


def _parse(block: list[str]) -> list[_Line]:
    lines: list[_Line] = []
    at = 0
    for number, raw in enumerate(block):
        match = _LINE.fullmatch(raw)
        if match is None:
            raise ValueError(f"not a line of a script: {raw!r}")
        when, who, what, target, lang, text = match.groups()
        at = -int(when) if when.startswith("-") else at - int(when)
        about = int(target) - 1 if target else number - 1
        lines.append(_Line(at, who, what, about, lang or "en", text.replace("¶", "\n")))
    return lines
