"""What a stranger wrote, made harmless for a chat or a mail.

A post that is quoted in an alert must not ring a channel's bell (`@here`), be a link that somebody
follows, or become markup. Which of these a target understands is not known here, so all of them are
taken out, for people to read and for no program to act on.
"""

from __future__ import annotations

import re

from triage.core.text import one_line

_LEFT = r"(?<=[A-Za-z0-9_\-]|[^\x00-\x7f])"
"""Before a dot: the end of a label of a domain name."""
_RIGHT = r"(?=[^\W\d_](?:[A-Za-z0-9\-]|[^\x00-\x7f]))"
"""After a dot: a label of two letters or more, as every top-level domain is. `3.50` has none."""

_KEPT = rf"\[:\](?=//)|(?<=[A-Za-z])\[:\](?=\S)|{_LEFT}\[\.\]{_RIGHT}"
"""What was made harmless before."""
_MARKUP = re.compile(rf"({_KEPT})|(?<=[^\W_])(_)(?=[^\W_])|[@<>&|`*_~\[\]\\]")
"""With the underscore inside a name, such as `ana_diaz`, which marks nothing up."""

_DOT = re.compile(
    rf"{_LEFT}\.{_RIGHT}|(?<=[A-Za-z0-9\-])[\u2024\u3002\uff0e\uff61](?=[A-Za-z]{{2}})"
)
"""With the other dots that a browser takes for one."""
_SCHEMES = (
    "about|bitcoin|blob|callto|data|ethereum|facetime|facetime-audio|file|geo|im|intent|jar|"
    "javascript|ldaps?|magnet|mailto|maps|market|matrix|mms|ms-[a-z\\-]+|msteams|news|nntp|"
    "onenote|outlook|sips?|skype|slack|sms|smsto|tel|tg|urn|vbscript|viber|view-source|"
    "web\\+[a-z]+|whatsapp|xmpp|zoommtg"
)
"""Those that lead somewhere without `//`."""
_COLON = re.compile(rf":(?=//)|(?<![A-Za-z0-9])({_SCHEMES}):(?=\S)", re.IGNORECASE)
_TARGET = re.compile(r"(?<=\])\(")
"""Where Markdown expects the address of a link."""

_FULL_WIDTH = 0xFEE0
"""From a character of ASCII to the same one in full width, which reads alike and means nothing."""


def neutral(text: str) -> str:
    """Make a text from outside one harmless line that a person can still read.

    What commands a terminal goes, as in `one_line`. What would mention somebody or mark text up
    becomes its full-width twin; a link loses what makes it one: `https[:]//evil[.]com`. Doing it
    twice changes nothing.
    """
    text = _MARKUP.sub(_widen, one_line(text))
    text = _COLON.sub(r"\1[:]", text)
    text = _DOT.sub("[.]", text)
    return _TARGET.sub("\uff08", text)


def _widen(match: re.Match[str]) -> str:
    kept = match.group(1) or match.group(2)
    return kept or chr(ord(match.group()) + _FULL_WIDTH)
