"""Credentials: what they allow, and that they never show themselves."""

from __future__ import annotations

import pytest

from triage.core.credentials import HIDDEN, Credentials

KEYS = {
    "consumer_key": "made-up-ck",
    "consumer_secret": "made-up-cs",
    "access_token": "made-up-at",
    "access_token_secret": "made-up-ats",
}


@pytest.mark.parametrize(
    ("given", "can_read", "can_post"),
    [
        ({}, False, False),
        ({"bearer_token": "made-up-bt"}, True, False),
        ({"user_token": "made-up-ut"}, True, True),
        (KEYS, True, True),
        ({**KEYS, "access_token": ""}, False, False),
    ],
)
def test_what_they_allow(given: dict[str, str], can_read: bool, can_post: bool) -> None:
    """The app's token reads; a user token or all four keys read and post; part of them nothing."""
    credentials = Credentials(**given)
    assert (credentials.can_read, credentials.can_post) == (can_read, can_post)


def test_missing_keys_are_named() -> None:
    """Some of the four keys without the others is a slip, none of them is not."""
    assert Credentials(**KEYS).missing == ()
    assert Credentials().missing == ()
    assert Credentials(consumer_key="made-up", access_token="made-up").missing == (  # noqa: S106
        "consumer_secret",
        "access_token_secret",
    )


@pytest.mark.parametrize("value", ["made up", "made-up\n", "made\u00fcp", "\x00"])
def test_unusable_values_are_named(value: str) -> None:
    """A value that cannot stand in a header is named."""
    assert Credentials(bearer_token=value).unusable == ("bearer_token",)
    assert Credentials(**KEYS).unusable == ()


def test_they_do_not_show_themselves() -> None:
    """Neither `repr`, `str` nor a format shows a value; the names of what is there are shown."""
    credentials = Credentials(**KEYS)
    for text in (repr(credentials), str(credentials), f"{credentials}", f"{[credentials]!r}"):
        assert "made-up" not in text
        assert "consumer_key" in text
    assert repr(Credentials()) == "<Credentials: none>"


def test_redaction() -> None:
    """Every value is taken out of a text, the longer before those that it contains."""
    credentials = Credentials(bearer_token="made-up-bt", user_token="made-up-bt-longer")  # noqa: S106
    text = credentials.redact("a made-up-bt-longer b made-up-bt c")
    assert text == f"a {HIDDEN} b {HIDDEN} c"
    assert Credentials(bearer_token="abc").redact("abc") == "abc"  # noqa: S106
