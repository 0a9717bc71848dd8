"""What the use cases ask of whatever notices a restored or copied store."""

from __future__ import annotations

from typing import Protocol


class GenerationPort(Protocol):
    """Notices a restored or copied store; see `store.generation`."""

    def is_known(self) -> bool:
        """Whether the store has forgotten nothing that this machine knows of."""
        ...

    def begin(self) -> bool:
        """Give a new store its first generation, inside a transaction. Raises `OSError`."""
        ...

    def advance(self, covers: int | None = None) -> str:
        """Give the store its next generation, inside the transaction of the send.

        Args:
            covers: Our timeline was read: what left before this time, UTC ms, was looked for.
        """
        ...

    def confirm(self) -> None:
        """Write the generation beside the store, before anything leaves."""
        ...
