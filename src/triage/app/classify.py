"""Tag lines of text: the use case behind `triage classify`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from triage.core.model import Evidence, Verdict


class Judge(Protocol):
    """What tags a text, such as `triage.core.rules.Tagger`."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """Judge a post."""
        ...


def _read(line: str) -> tuple[str, str | None]:
    """The text of a line and its language, if the line names one."""
    line = line.rstrip("\r\n")
    if line.lstrip().startswith("{"):
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            return line, None
        if isinstance(item, dict) and isinstance(item.get("text"), str):
            lang = item.get("lang")
            return item["text"], lang if isinstance(lang, str) else None
    return line, None


def _reason(evidence: Evidence) -> dict[str, Any]:
    reason: dict[str, Any] = {
        "rule": evidence.rule,
        "text": evidence.text,
        "start": evidence.start,
        "end": evidence.end,
        "weights": {kind.value: weight for kind, weight in evidence.weights.items()},
    }
    if evidence.note:
        reason["note"] = evidence.note
    return reason


def verdict_to_data(verdict: Verdict) -> dict[str, Any]:
    """A verdict as plain data, under the names of its attributes; strongest reason first."""
    return {
        "kind": verdict.kind.value,
        "confidence": verdict.confidence,
        "runner_up": verdict.runner_up.value,
        "theme": verdict.theme,
        "priority": verdict.priority,
        "scores": {kind.value: share for kind, share in verdict.scores.items()},
        "because": [_reason(evidence) for evidence in verdict.because],
    }


def classify_lines(lines: Iterable[str], tagger: Judge) -> Iterator[dict[str, Any]]:
    """Tag each line, in order: exactly one result per line, empty lines included.

    A line is a plain text, unless it is a JSON object with a `text`: then that is judged, with
    the object's `lang` if it has one. A line that begins with `{` and is no such object is a
    plain text like any other. Offsets in the reasons count characters of the judged text.
    """
    for line in lines:
        text, lang = _read(line)
        yield verdict_to_data(tagger.judge(text, lang))


def to_json(result: dict[str, Any]) -> str:
    """One result as one line of JSON, in ASCII: lone surrogates stay valid JSON."""
    return json.dumps(result, ensure_ascii=True, separators=(", ", ": "))
