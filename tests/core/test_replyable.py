"""Where X takes no reply from a program, by its rules."""

from __future__ import annotations

import pytest

from triage.core.replyable import Obstacle, Summons, is_about_the_thread, obstacles, summons


@pytest.mark.parametrize(
    ("text", "is_reply", "quotes_us", "called"),
    [
        ("@acme where is it?", False, False, Summons.TYPED),
        ("where is it @ACME?", False, False, Summons.TYPED),
        ("@acme where is it?", True, False, Summons.AUTOMATIC),
        ("@bo @acme same here", True, False, Summons.AUTOMATIC),
        ("@acme hey @acme, where is it?", True, False, Summons.TYPED),
        ("@bo same here, @acme", True, False, Summons.TYPED),
        ("@bo same here", True, False, Summons.NONE),
        ("@acmehelp where is it?", False, False, Summons.NONE),
        ("write to me@acme.example", False, False, Summons.TYPED),
        ("look at this", False, True, Summons.TYPED),
        ("", True, False, Summons.NONE),
    ],
)
def test_how_a_post_calls_us(text: str, is_reply: bool, quotes_us: bool, called: Summons) -> None:
    """A name or a quote is a summons; a name that a client put there by itself may be none."""
    assert summons(text, "acme", is_reply=is_reply, quotes_us=quotes_us) is called


def _found(
    called: Summons, *, names_us: bool | None = None, to_others: bool = False, settings: str = ""
) -> list[tuple[str, bool, bool]]:
    found = obstacles(
        called, "acme", names_us=names_us, to_others=to_others, reply_settings=settings
    )
    return [(o.code, o.is_certain, o.is_usual) for o in found]


def test_a_summons_that_was_typed() -> None:
    """Whom the author named may answer, whatever the author allows others."""
    for settings in ("", "everyone", "mentionedUsers", "following", "subscribers", "verified"):
        assert _found(Summons.TYPED, names_us=True, settings=settings) == []


def test_automatic_names() -> None:
    """In our own thread it is told and no more; among strangers somebody must decide."""
    assert _found(Summons.AUTOMATIC) == [("not-summoned", False, True)]
    assert _found(Summons.AUTOMATIC, to_others=True) == [("not-summoned", False, False)]


def test_no_summons() -> None:
    """Certain once the channel itself lists us nowhere; an old handle of ours may be a summons."""
    assert _found(Summons.NONE, names_us=False) == [("not-summoned", True, False)]
    assert _found(Summons.NONE, names_us=None) == [("not-summoned", False, False)]
    assert _found(Summons.NONE, names_us=True) == []


@pytest.mark.parametrize(
    ("settings", "certain"),
    [("mentionedUsers", True), ("following", False), ("subscribers", False), ("other", False)],
)
def test_who_may_answer(settings: str, certain: bool) -> None:
    """Where only the named may answer it is certain; whom the author follows we do not know."""
    found = _found(Summons.NONE, names_us=False, settings=settings)
    assert found[0] == ("limited", certain, False)


def test_a_setting_that_is_not_known_hinders_nobody() -> None:
    """What the channel invents later is no reason to refuse."""
    assert _found(Summons.AUTOMATIC, settings="friendsOfFriends") == [("not-summoned", False, True)]


def test_words() -> None:
    """Each obstacle says why in one sentence that names the account."""
    for found in obstacles(
        Summons.NONE, "acme", names_us=False, to_others=True, reply_settings="subscribers"
    ):
        assert isinstance(found, Obstacle)
        assert "@acme" in found.message
        assert found.message.endswith(".")


@pytest.mark.parametrize(
    ("words", "thread"),
    [
        ("Reply to this conversation is not allowed because you have not been mentioned", True),
        ("you have not been mentioned or otherwise engaged by the author", True),
        ("The original Tweet author restricted who can reply to this Tweet.", True),
        ("You are not allowed to create a Tweet with duplicate content.", False),
        ("You attempted to reply to a Tweet that is deleted or not visible to you.", False),
        ("Unauthorized", False),
    ],
)
def test_refusals(words: str, thread: bool) -> None:
    """Only where the rule is for programs does a browser help."""
    assert is_about_the_thread(words) is thread
