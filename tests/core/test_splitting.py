"""Cutting a long answer into numbered parts: nothing lost, nothing twice, nothing too long."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triage.channels.x.length import MAX_WEIGHTED_LENGTH, weighted_length
from triage.channels.x.urls import extract_urls
from triage.core.clusters import boundaries
from triage.core.splitting import MAX_PARTS, numbered, split, without_number
from triage.errors import Refused

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
FLAGS = "\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea"
WALES = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
PIECES = st.one_of(
    st.sampled_from(
        [
            "We are sorry",
            "It is on its way.",
            "Is it you?",
            "and",
            "e.g.",
            "\n",
            "\n\n",
            "\r\n\r\n",
            "  ",
            "\u00a0",
            "\u200b",
            "https://example.com/a/b?c=d&e=f",
            "example.org",
            "@ana",
            "@acme_help",
            "#order",
            "#\u0939\u093f\u0928\u094d\u0926\u0940",
            FAMILY,
            FLAGS,
            WALES,
            "\U0001f44d\U0001f3fd",
            "1\ufe0f\u20e3",
            "e\u0301\u0323",
            "\u5bfe\u5fdc\u304c\u9045\u308c\u3066\u7533\u3057\u8a33\u3042\u308a\u307e\u305b\u3093\u3002",
            "\u0e02\u0e2d\u0e42\u0e17\u0e29\u0e04\u0e23\u0e31\u0e1a",
            "\u1112\u1161\u11ab",
            "\uad6d\uc5b4",
            "a" * 300,
        ]
    ),
    st.text(max_size=8),
)
TEXTS = st.lists(PIECES, max_size=80).map("".join) | st.lists(PIECES, max_size=80).map(" ".join)


def cut(text: str, most: int = MAX_WEIGHTED_LENGTH, limit: int = MAX_PARTS) -> tuple[str, ...]:
    """Cut as X measures."""
    return split(text, weighted_length, most, links=extract_urls, limit=limit)


def bodies(parts: tuple[str, ...]) -> list[str]:
    """The parts without their numbers."""
    if len(parts) == 1:
        return list(parts)
    return [without_number(p, i, len(parts)) for i, p in enumerate(parts, 1)]


def places(text: str) -> list[tuple[int, int]]:
    """Where each part stands in the text that it was cut from; fails if it does not."""
    found, at = [], 0
    for body in bodies(cut(text, limit=400)):
        while not text.startswith(body, at):
            assert text[at].isspace() or text[at] in "\u200b\u2060\ufeff", "left out at a cut"
            at += 1
        found.append((at, at + len(body)))
        at += len(body)
    rest = text[at:]
    assert all(c.isspace() or c in "\u200b\u2060\ufeff" for c in rest), "left out at the end"
    return found


@given(TEXTS)
@example(("word " * 60 + "\n\n") * 9)
@example("\u3042" * 2_000)
def test_parts_fit_and_are_numbered(text: str) -> None:
    """Each part is within X's limit with its number, which says which of how many it is."""
    parts = cut(text, limit=400)
    for number, part in enumerate(parts, 1):
        assert weighted_length(part) <= MAX_WEIGHTED_LENGTH
        assert bodies(parts)[number - 1].strip(), "an empty part"
        if len(parts) > 1:
            assert part.endswith(f" {number}/{len(parts)}")


@given(TEXTS)
def test_nothing_is_lost_and_nothing_is_said_twice(text: str) -> None:
    """The parts without their numbers are the text, less white space where it was cut."""
    places(text)


@given(TEXTS)
def test_what_belongs_together_is_never_cut(text: str) -> None:
    """No cut lies inside a link, a name, a tag, or a character of several code points."""
    characters = {*boundaries(text), len(text)}
    kept = extract_urls(text.strip())
    offset = len(text) - len(text.lstrip())
    kept = [(a + offset, b + offset) for a, b in kept]
    kept += [m.span() for m in re.finditer(r"[@#][A-Za-z0-9_]{1,60}(?!\w)", text)]
    for start, end in places(text):
        assert {start, end} <= characters
        for a, b in kept:
            assert not a < start < b, text[a:b]
            assert not a < end < b, text[a:b]


@pytest.mark.parametrize("kept", ["https://example.com/a/b/c", "@acme_help", "#on_its_way"])
@pytest.mark.parametrize("before", range(240, 280))
def test_where_no_blank_is_near_they_are_still_whole(kept: str, before: int) -> None:
    """A link, a name or a tag that stands across the limit goes into the next part."""
    text = "!" * before + kept + "!" * 300
    assert sum(kept in body for body in bodies(cut(text))) == 1


@given(TEXTS)
def test_the_same_text_is_cut_the_same_way(text: str) -> None:
    """What was previewed is what is sent."""
    assert cut(text, limit=400) == cut(text, limit=400)


@given(st.integers(min_value=1, max_value=12), st.integers(min_value=20, max_value=60))
def test_numbers_count_toward_the_length_also_with_two_digits(words: int, most: int) -> None:
    """From nine parts to ten the numbers get wider, and the parts still fit."""
    text = " ".join(["x" * (most // 3)] * words * 3)
    parts = split(text, len, most, limit=99)
    assert all(len(p) <= most for p in parts)
    assert [p.rsplit(" ", 1)[1] for p in parts if len(parts) > 1] == [
        f"{i}/{len(parts)}" for i in range(1, len(parts) + 1) if len(parts) > 1
    ]


def test_nine_become_ten_by_the_width_of_their_numbers() -> None:
    """Nine parts that are full to the last unit stay nine; one letter more makes ten that fit."""
    nine = " ".join(["x" * 16] * 9)
    assert len(split(nine, len, 20)) == 9
    ten = split(nine + " y", len, 20)
    assert len(ten) >= 10
    assert all(len(p) <= 20 for p in ten)


def test_what_fits_is_one_post_without_a_number() -> None:
    """A text that is short enough is left alone; nothing makes no part at all."""
    assert cut("  Thank you!  ") == ("Thank you!",)
    assert cut(" \n ") == ()


def test_a_paragraph_ends_a_part_before_a_sentence_and_a_sentence_before_a_word() -> None:
    """The best place that comes late enough is taken."""
    sentence = "This is one sentence of ours. "
    paragraphs = (sentence * 6).strip() + "\n\n" + (sentence * 6).strip()
    first, second = cut(paragraphs)
    assert first == (sentence * 6).strip() + " 1/2"
    assert second == (sentence * 6).strip() + " 2/2"
    one = (sentence * 14).strip()
    assert all(b.endswith("ours.") for b in bodies(cut(one)))
    words = "word " * 100
    assert all(b.endswith("word") for b in bodies(cut(words)))


def test_a_paragraph_that_ends_too_early_does_not_waste_a_part() -> None:
    """A greeting on a line of its own stays with what follows."""
    first = cut("Hello Ana,\n\n" + "We looked into it today. " * 20)[0]
    assert len(first) > 200


def test_an_abbreviation_is_no_end_of_a_sentence() -> None:
    """What goes on in small letters goes on."""
    text = (
        "Please bring it to a shop of ours that is near to you, " * 4
        + "e.g. this one. "
        + "x " * 99
    )
    assert not bodies(cut(text))[0].endswith("e.g.")


def test_text_without_blanks_is_cut_between_its_characters() -> None:
    """Japanese has no blanks: a part ends at its full stop, and no part begins with one."""
    text = "\u5bfe\u5fdc\u304c\u9045\u308c\u3066\u3044\u307e\u3059\u3002" * 40
    found = bodies(cut(text))
    assert all(b.endswith("\u3002") for b in found)
    assert "".join(found) == text


def test_too_many_parts_are_refused_in_words() -> None:
    """X takes 25 posts in a thread; more is refused, and the person is told what to do."""
    with pytest.raises(Refused, match="more than 25 parts") as refused:
        cut("word " * 2_000)
    assert "Shorten" in refused.value.hint
    assert len(cut("word " * 1_300)) <= MAX_PARTS


def test_a_text_without_measure_is_refused_unmeasured() -> None:
    """A whole book is not measured before it is refused."""

    def measure(_text: str) -> int:
        raise AssertionError("it was measured")

    with pytest.raises(Refused, match="more than 25 parts"):
        split("word " * 200_000, measure, 280)


def test_what_cannot_be_cut_is_refused_in_words() -> None:
    """A character that is longer than a part, of marks without end, cannot be sent at all."""
    with pytest.raises(Refused, match="cannot be cut"):
        cut("a" + "\u0301" * 400 + " and more")


def test_numbers_come_off_again() -> None:
    """What was numbered is found again without its number, and only that."""
    parts = numbered(["one 1/2", "two"])
    assert [without_number(p, i, 2) for i, p in enumerate(parts, 1)] == ["one 1/2", "two"]


@pytest.mark.parametrize(
    "text",
    [
        FAMILY,
        WALES,
        "\U0001f44d\U0001f3fd",
        "e\u0301\u0323",
        "\r\n",
        "1\ufe0f\u20e3",
        "\u1112\u1161\u11ab",
        "\u0915\u094d\u0937\u093f",
        "\u0e01\u0e33",
        "\U0001f1eb\U0001f1f7",
    ],
)
def test_one_character_of_several_code_points(text: str) -> None:
    """Families, flags, skin colours, marks, keycaps and syllables are one character each."""
    assert list(boundaries(text)) == [0]
    assert list(boundaries("x" + text + "x")) == [0, 1, 1 + len(text)]


def test_flags_are_counted_in_pairs() -> None:
    """Four letters of flags are two flags."""
    assert list(boundaries(FLAGS)) == [0, 2]
