"""What the configuration may say of where the store is: `store = "..."`, or a table `[store]`.

No message repeats an address: a password may stand in it.
"""

from collections.abc import Mapping
from typing import Any

from triage.config.places import is_address

TWO_STORES = "names a second store beside path: keep one of them"


def said_of_store(said: object) -> tuple[Any, str, str]:
    """What is said, where in the file, and why it cannot be used; empty if it can be."""
    if not isinstance(said, Mapping):
        return said, "store", store_trouble(said)
    if "url" not in said:
        path = said.get("path")
        return path, "[store] path", "" if path is None else path_trouble(path)
    problem = TWO_STORES if "path" in said else url_trouble(said["url"])
    return said["url"], "[store] url", problem


def store_trouble(said: object) -> str:
    """Why this names no store, neither by a path nor by an address; empty if it does."""
    if isinstance(said, str) and is_address(said):
        return url_trouble(said)
    if path_trouble(said):
        return "must be the path of a file or the address of a server, in quotes"
    return ""


def path_trouble(said: object) -> str:
    """Why this is not the path of a store; empty if it is."""
    if not isinstance(said, str) or not said.strip() or "\0" in said:
        return "must be the path of a file, in quotes"
    return 'is the address of a server: write it as "url"' if is_address(said) else ""


def url_trouble(said: object) -> str:
    """Why this is not the address of a store on a server; empty if it is."""
    from triage.core.store_url import EXAMPLE, trouble

    if not isinstance(said, str) or not is_address(said):
        return f"must be the address of a server, in quotes: {EXAMPLE}"
    return trouble(said)
