"""Tagging lines: one result for each, in order, whatever they hold."""

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from triage.app.classify import classify_lines, to_json
from triage.core.model import Evidence, Kind, Verdict


class Echo:
    """Judges nothing: puts what it was asked into its reasons."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """Other, because of all of it."""
        note = f"lang {lang}" if lang else ""
        scores = {kind: 1.0 if kind is Kind.OTHER else 0.0 for kind in Kind}
        because = (Evidence("echo", text, 0, len(text), {Kind.OTHER: 1.5}, note),)
        return Verdict(Kind.OTHER, scores, because, 0.75, "billing", "safety")


def judged(*lines: str) -> list[str]:
    """The texts that reached the tagger."""
    return [result["because"][0]["text"] for result in classify_lines(lines, Echo())]


def test_a_result_has_the_documented_shape() -> None:
    """Plain data under the names of the documentation; a note only if there is one."""
    (result,) = classify_lines(["hello\n"], Echo())
    assert result == {
        "kind": "other",
        "confidence": 0.75,
        "runner_up": "complaint",
        "theme": "billing",
        "priority": "safety",
        "scores": {"complaint": 0.0, "question": 0.0, "other": 1.0, "praise": 0.0},
        "because": [
            {"rule": "echo", "text": "hello", "start": 0, "end": 5, "weights": {"other": 1.5}}
        ],
    }
    assert json.loads(to_json(result)) == result


def test_an_object_with_a_text_is_judged_by_its_text() -> None:
    """And in its language."""
    (result,) = classify_lines(['{"id": 7, "text": "hola\\nti", "lang": "es"}\r\n'], Echo())
    assert result["because"][0]["text"] == "hola\nti"
    assert result["because"][0]["note"] == "lang es"


def test_other_lines_are_plain_texts() -> None:
    """Broken JSON, other JSON, and objects without a text are what people wrote."""
    lines = ["{oops", '{"text": 7}', '{"a": 1}', '["text"]', '"text"', "{" * 100_000]
    assert judged(*lines) == lines
    assert judged('{"text": "a", "lang": 7}') == ["a"]


def test_empty_lines_count() -> None:
    """So that results can be pasted beside their input."""
    assert judged("a\n", "\n", "", " \n", "b") == ["a", "", "", " ", "b"]


def test_results_come_as_lines_come() -> None:
    """Nothing is read ahead: a pipe is answered line by line."""
    asked: list[str] = []

    def lines() -> Iterator[str]:
        for line in ("a", "b"):
            asked.append(line)
            yield line

    next(classify_lines(lines(), Echo()))
    assert asked == ["a"]


@given(st.lists(st.text(st.characters(), max_size=20), max_size=5))
def test_any_lines_give_valid_ascii_json(lines: list[str]) -> None:
    """Exactly one result per line, even for halves of surrogate pairs."""
    results = [to_json(result) for result in classify_lines(lines, Echo())]
    assert len(results) == len(lines)
    for result in results:
        assert result.isascii()
        assert "\n" not in result
        json.loads(result)


def test_lone_surrogates_survive() -> None:
    """They come in by a broken pipe encoding and leave as an escape."""
    (result,) = classify_lines(["a\ud83d"], Echo())
    assert '"a\\ud83d"' in to_json(result)
