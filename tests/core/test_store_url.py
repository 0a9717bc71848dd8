"""Addresses of stores on a server: read, told apart, and shown without what is secret."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrecy import SECRET
from triage.core.store_url import holds_password, is_url, key, shown, split, trouble
from triage.store import store

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


def encoded(text: str) -> str:
    """As an address writes it."""
    return quote(text, safe="")


@pytest.mark.parametrize(
    ("url", "as_shown"),
    [
        (
            f"postgresql://ana:{SECRET}@db.acme.example/desk",
            "postgresql://ana@db.acme.example/desk",
        ),
        (f"postgres://ana:{SECRET}@[::1]:5433/desk", "postgresql://ana@[::1]:5433/desk"),
        (f"postgresql:///desk?password={SECRET}", "postgresql:///desk"),
        (
            f"postgresql://h/d?sslpassword={SECRET}&sslmode=verify-full&x={SECRET}",
            "postgresql://h/d?sslmode=verify-full",
        ),
        (f"postgresql://a:x?{SECRET}#@h1:1,h2:2/d", "postgresql://a@h1:1,h2:2/d"),
        ("postgresql://?service=desk", "postgresql://?service=desk"),
        ("postgresql:///?service=desk", "postgresql:///?service=desk"),
    ],
)
def test_shown_without_what_is_secret(url: str, as_shown: str) -> None:
    """All that a person needs to know which database it is, and nothing that opens it."""
    assert trouble(url) == ""
    assert shown(url) == as_shown
    assert holds_password(url) == (SECRET in url)
    assert SECRET not in repr(split(url))


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ana:not@encoded@{SECRET}/desk",
        f"postgresql://ana:with/{SECRET}@h/desk",
        f"postgresql://ana:4/{SECRET}@h/desk",
        f"postgresql://ana:4/{SECRET}/desk",
        f"postgresql://ana:{SECRET}/desk",
        f"postgresql://h/d?password=a@{SECRET}",
        f"postgresql://ana:%zz{SECRET}@h/d",
        f"postgresql://ana:{SECRET}\x1b@h/d",
        f"postgresql:{SECRET}",
        f"postgresql://h/d?{SECRET}",
    ],
)
def test_what_cannot_be_read_is_not_shown(url: str) -> None:
    """A character that should have been written as %XX may stand inside a password."""
    assert is_url(url)
    assert "must be an address" in trouble(url)
    assert SECRET not in trouble(url) + shown(url)
    assert not holds_password(url)
    with pytest.raises(ValueError, match="must be an address") as error:
        split(url)
    assert SECRET not in str(error.value)


@given(texts, texts, texts)
def test_texts_come_back(user: str, password: str, name: str) -> None:
    """Whatever the names and the password are, written as %XX they are read as they were."""
    parts = split(f"postgresql://{encoded(user)}:{encoded(password)}@h:1/{encoded(name)}?port=2")
    assert (parts.user, parts.password, parts.dbname) == (user, password, name)
    assert (parts.hosts, parts.params) == ((("h", "1"),), {"port": "2"})


@given(st.text(max_size=60))
def test_any_text_is_shown_or_not(rest: str) -> None:
    """No text is too odd to be shown, taken apart or refused."""
    url = f"postgresql://u:{SECRET}@{rest}"
    assert SECRET not in shown(url)
    if not trouble(url):
        assert split(url).password == SECRET
        assert key(url, {}) == key(shown(url), {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"postgresql://ana:{SECRET}@DB/desk", "postgres://bo@db:5432/desk?sslmode=require"),
        ("postgresql:///desk?host=db&port=5432", "postgresql://db/desk"),
        ("postgresql://db/?dbname=desk", "postgresql://db/desk"),
        ("postgresql://ana@db", "postgresql://db/ana"),
        ("postgresql://?service=desk", f"postgresql:///?service=desk&password={SECRET}"),
    ],
)
def test_one_database_has_one_key(one: str, other: str) -> None:
    """However it is written, and whoever signs in."""
    assert key(one, {}) == key(other, {})
    assert SECRET not in key(one, {}) + key(other, {})


def test_keys_tell_databases_apart() -> None:
    """By server, port, name and service; what the address leaves out the environment says."""
    urls = [
        "postgresql://a/d",
        "postgresql://b/d",
        "postgresql://a:5433/d",
        "postgresql://a/e",
        "postgresql:///d",
        "postgresql://?service=d",
        "postgresql://?service=e",
    ]
    assert len({key(url, {}) for url in urls}) == len(urls)
    env = {"PGHOST": "a", "PGPORT": "5433", "PGDATABASE": "d", "PGUSER": "ana"}
    assert key("postgresql://", env) == key("postgresql://a:5433/d", {})
    service = "postgresql://?service=d"
    assert key(service, env) == key(service, {})
    assert key("postgresql://", {"PGSERVICE": "d"}) == key(service, {})


def test_the_store_means_the_same_by_a_url() -> None:
    """What is opened as a server's database is what was read as its address."""
    for text in ("postgresql://h/d", "postgres://h/d", "postgresql.db", "/postgresql://h", "a.db"):
        assert store.is_url(text) == is_url(text)
