"""Whom an agent means: by a handle, an id of ours, a conversation, or the URL of a post or profile.

Numbers are conversations, as everywhere; a customer's own id has a `c` in front.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from triage.core.people import Customer, Whom, reference_of
from triage.core.ports import Store
from triage.core.text import handle_key, one_line, storable
from triage.errors import NotFound, Refused, UsageError

_ID = re.compile(r"c(\d{1,18})", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"#?\d+", re.ASCII)
_URL = re.compile(r"(?:https?://)?(?P<host>[\w.-]+\.\w+)/(?P<path>\S+)", re.IGNORECASE)
_POST = re.compile(r"/(?:status(?:es)?|post)/")
_SHOWN = 60
"""So many characters of a name that is not found are repeated."""
_LISTED = 5


def find_whom(store: Store, brand_id: int, reference: str) -> Whom:
    """Find the customer whom an agent named.

    Understood are `@handle` (also a former one, if nobody has it now), `c12`, a conversation's id,
    a post's id or URL, the URL of a profile, and a handle without its `@`.

    Raises:
        UsageError: Nothing was named.
        NotFound: Nobody is called so.
        Refused: Several customers are, and they are not known to be one person.
    """
    plain = storable(reference).strip()
    if not plain.strip("@#"):
        raise UsageError("Nobody was named.", hint="Write a handle such as @ana, or an id.")
    found = _by_id(store, brand_id, plain)
    if found is not None:
        return whom(store, brand_id, found)
    if not plain.startswith("@"):
        talk = _conversation(store, brand_id, plain)
        if talk is not None:
            return talk
    for name in _handles(plain):
        named = _by_handle(store, brand_id, name)
        if named is not None:
            return whom(store, brand_id, named)
    said = one_line(plain)
    said = said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"
    raise NotFound(
        f"There is no customer {said!r}.",
        reason="Nobody here has that handle, id or URL, and no conversation or post has it.",
        hint="See `triage customer list`, or find them by words with `triage search`.",
    )


def whom(
    store: Store, brand_id: int, customer: Customer, conversation_id: int | None = None
) -> Whom:
    """A customer as somebody to note things of, at a conversation or at their newest."""
    if conversation_id is None:
        conversation_id = store.people.newest_conversation(customer.id)
    members = store.people.members(customer.id)
    return Whom(brand_id, customer.id, customer.handle, conversation_id, members)


def _by_id(store: Store, brand_id: int, name: str) -> Customer | None:
    found = _ID.fullmatch(name)
    return store.people.by_id(brand_id, int(found[1])) if found else None


def _conversation(store: Store, brand_id: int, name: str) -> Whom | None:
    if not (_NUMBER.fullmatch(name) or _POST.search(name)):
        return None
    number = store.reading.resolve(brand_id, name)
    talk = store.reading.conversation(number) if number is not None else None
    customer = store.people.by_id(brand_id, talk.customer_id) if talk is not None else None
    return None if talk is None or customer is None else whom(store, brand_id, customer, talk.id)


def _handles(name: str) -> Iterator[str]:
    """The handles that a name can mean, as keys, the likeliest first.

    The name in a post's URL is none: channels do not look at it.
    """
    if _POST.search(name):
        return
    url = _URL.fullmatch(name)
    if url is None:
        yield handle_key(name)
        return
    parts = [part for part in re.split(r"[?#]", url["path"])[0].split("/") if part]
    if parts[:1] == ["profile"]:
        parts = parts[1:]
    if parts:
        handle = handle_key(parts[0])
        yield f"{handle}@{url['host'].lower()}"
        yield handle


def _by_handle(store: Store, brand_id: int, key: str) -> Customer | None:
    found = store.people.by_handle(brand_id, key) or store.people.once_called(brand_id, key)
    if len(found) <= 1:
        return found[0] if found else None
    members = store.people.members(found[0].id)
    if all(customer.id in members for customer in found):
        return next((c for c in found if c.id == members[0]), found[0])
    raise Refused(
        f"@{one_line(found[0].handle)} is {len(found)} customers: {_listed(found)}.",
        reason="They are not known to be one person.",
        hint=f"Name one by its id, such as {reference_of(found[0].id)}; or say that they are: "
        f"triage customer link {reference_of(found[0].id)} {reference_of(found[1].id)}",
    )


def _listed(found: Sequence[Customer]) -> str:
    words = ", ".join(f"{reference_of(c.id)} on {c.channel}" for c in found[:_LISTED])
    return words + (f", and {len(found) - _LISTED} more" if len(found) > _LISTED else "")
