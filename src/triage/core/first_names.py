"""How to greet a customer whose name is whatever they typed into a profile.

A wrong name is worse than none: where the first name cannot be told, the handle stands for it.
"""

from __future__ import annotations

import re
import unicodedata

from triage.core.text import fold, one_line


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LONGEST = 20
"""Longer than this it is no first name."""
_LIKE_A_HANDLE = 10
"""A name that is the handle, letters alone and no longer than this, may be a first name."""
_SHOUTED = 3
"""From so many capitals on a word is a name in capitals; fewer are initials such as AJ."""
_MARKS = 2
"""So many marks may stand on one letter; on one of a script with capitals, one less."""

_SEPARATORS = re.compile(r"\s[-–—~:]\s|[|/\\(\[{<«»•·‖│;:“”\"]|\s@|\s#")  # noqa: RUF001
_NOT_OF_NAMES = re.compile(r"[@#$€£&%=_\d]|\w\.\w{2}")
_INITIAL = re.compile(r"(?:\w\.)+\w?|\w")
_JOINTS = "-'’."  # noqa: RUF001
_TITLES = _set(
    "dr doctor prof professor ing lic rev reverend fr father capt captain sgt"
    " dra dott dipl magistra"
)
_POLITE = _set(
    "mr mrs ms miss mx sir dame lady lord madam mister sr sra srta señor señora señorita doña"
    " herr frau fräulein hr mme mlle monsieur madame mademoiselle signor signora"
    " senhor senhora meneer mevrouw"
)
_AFTER_NAMES = _set("phd md jr sr esq mba msc bsc ma ba rn dds frcp mp qc kc cpa pe")
_NOT_FIRST = _set(
    "the a an el la los las le les der die das de del van von of and und y et your our my i im"
    " just only not real st"
)
"""Words that no first name is, where a name begins with them."""
_NO_PERSON = _set(
    "team official support help news shop store ltd llc inc gmbh ag corp company media tv radio"
    " group club blog online service services customer user unknown anonymous admin bot"
    " studio shop studios deal deals cafe café restaurant hotel agency school daily family mum dad"
)
"""Words of which one anywhere says that it is no person, or nobody's name."""
_SEVERAL = re.compile(r"\s(?:[&+]|and|of|y|et|und)\s", re.IGNORECASE)
"""Two people, a firm, or something of somebody."""
_OWNS = ("'s", "’s", "s'", "s’")  # noqa: RUF001
_GO_ON = _set("عبد أبو ابو أم ام بن abu abdul umm")
"""Words that are no name without the next one."""
_WHOLE = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")
"""Scripts in which the family name stands first, or nothing parts the two."""


def first_name(name: str, handle: str) -> str:
    """The name to greet a customer by; `@handle` where none can be told from their name.

    Args:
        name: As their profile has it: one word or many, with titles, emoji, in capitals, in any
            script, or empty.
        handle: Without `@`.
    """
    handle = handle.removeprefix("@")
    plain = _plain(name)
    if not plain or _is_handle(plain, handle):
        return f"@{handle}"
    return _first(plain) or f"@{handle}"


def full_name(name: str, handle: str) -> str:
    """A customer's name as it may stand in a post of ours; `@handle` where it may not.

    A name that would call somebody, be a link or a tag there is not repeated.
    """
    shown = one_line(unicodedata.normalize("NFC", name))
    risky = re.search(r"[@#$＠＃]|://|\w\.\w{2}", shown)  # noqa: RUF001
    if not shown or risky or not any(c.isalpha() for c in shown):
        return f"@{handle.removeprefix('@')}"
    return _few_marks(shown)[:50].strip()


def _plain(name: str) -> str:
    """The part of a name before anything that is no name, without signs and emoji."""
    text = one_line(unicodedata.normalize("NFKC", name)).strip(" \"'“”‘’*~.,-_!")  # noqa: RUF001
    if text[:1] in ("@", "#", "$") or "://" in text:
        return ""
    text = _SEPARATORS.split(f"{text} ", maxsplit=1)[0]
    text = _before_comma(text)
    if _SEVERAL.search(text):
        return ""
    if _NOT_OF_NAMES.search(text):
        text = _without_number(text)
    kept = (c if _is_of_names(c) else " " for c in text)
    return _few_marks(" ".join("".join(kept).split()))


def _before_comma(text: str) -> str:
    """`Ana, mum of two` is Ana, and so is `Ana, PhD`; who knows which of `Díaz, Ana` it is."""
    before, comma, after = text.partition(",")
    if not comma:
        return text
    ends = after.replace(".", "").casefold().split()
    is_two_names = len(before.split()) == 1 and len(ends) == 1 and ends[0] not in _AFTER_NAMES
    return "" if is_two_names else before


def _without_number(text: str) -> str:
    """Words that are only numbers say nothing; a word with one in it is no name."""
    words = [w for w in text.split() if not w.isdecimal() and w not in ("%", "=")]
    return "" if any(_NOT_OF_NAMES.search(w) for w in words) else " ".join(words)


def _is_of_names(char: str) -> bool:
    return char.isalpha() or unicodedata.category(char) in ("Mn", "Mc") or char in _JOINTS


def _few_marks(text: str) -> str:
    """No more marks on a letter than languages put there."""
    kept, run = [], 0
    for char in text:
        if unicodedata.category(char) in ("Mn", "Me"):
            run += 1
        else:
            run = int(_is_cased(char))
        if run <= _MARKS:
            kept.append(char)
    return "".join(kept)


def _is_handle(plain: str, handle: str) -> bool:
    """Whether somebody only repeated their handle, in which words cannot be told apart."""
    if fold(plain) != fold(handle):
        return False
    inner_capital = any(c.isupper() for c in plain[1:]) and not plain.isupper()
    return len(plain) > _LIKE_A_HANDLE or inner_capital


def _first(plain: str) -> str:
    words = plain.split()
    if _is_whole(plain):
        return plain if len(plain) <= _LONGEST else ""
    polite, words = _without_titles(words)
    while words and _INITIAL.fullmatch(words[0]) and _is_cased(words[0]):
        if len(words) <= 2:  # noqa: PLR2004 - J. Smith is no more than a family name
            return ""
        words = words[1:]
    keys = [_key(w) for w in words]
    if not words or keys[0] in _NOT_FIRST or not _NO_PERSON.isdisjoint(keys):
        return ""
    if _key(words[0]) in _GO_ON and len(words) > 1:
        words = [f"{words[0]} {words[1]}", *words[2:]]
    found = _spelt(words[0].strip(_JOINTS))
    if len(found) > _LONGEST or found.endswith(_OWNS) or sum(c.isalpha() for c in found) < 2:  # noqa: PLR2004
        return ""
    return f"{polite} {found}" if polite and len(words) == 1 else found


def _without_titles(words: list[str]) -> tuple[str, list[str]]:
    """A polite title as it is written, if there is one, and the words behind all titles."""
    polite = ""
    while len(words) > 1 and _key(words[0]) in _TITLES | _POLITE:
        if _key(words[0]) in _POLITE:
            polite = words[0] if words[0][:1].isupper() and not polite else polite
        words = words[1:]
    return (_spelt(polite) if len(polite.strip(".")) > _SHOUTED else polite), words


def _key(word: str) -> str:
    return word.strip(".").casefold()


def _is_whole(plain: str) -> bool:
    return any(unicodedata.name(c, "").startswith(_WHOLE) for c in plain)


def _is_cased(word: str) -> bool:
    return word.upper() != word.lower()


def _spelt(word: str) -> str:
    """ANA and ana are Ana; McKenna, AJ and what has no capitals stay as they are."""
    letters = [c for c in word if c.isalpha()]
    shouted = len(letters) >= _SHOUTED and word == word.upper()
    if not (shouted or word == word.lower()):
        return word
    return re.sub(r"[^\W_]+", lambda m: _capital(m.group()), word)


def _capital(part: str) -> str:
    # Python makes two characters of the Turkish capital.
    return part[:1].upper() + part[1:].replace("İ", "i").lower()
