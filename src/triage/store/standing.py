"""Which acts stand: those that nobody has taken back.

An act is taken back by another one that names it (`voids_id`): a `reopen` does so with a close, an
`undo` with any act that can be undone. A reopen can be undone itself, and then the close stands
again; an undo cannot, so that two levels are all there are.
"""

from __future__ import annotations


def is_not_voided(number: str) -> str:
    """A condition in SQL: the act with this id stands.

    Args:
        number: An expression for the id.
    """
    return (
        f"NOT EXISTS (SELECT 1 FROM activity void WHERE void.voids_id = {number} "
        "AND NOT EXISTS (SELECT 1 FROM activity again WHERE again.voids_id = void.id))"
    )


def stands(act: str) -> str:
    """A condition in SQL: this act was not taken back, or whoever did so has taken that back.

    Args:
        act: What the table `activity` is called in the statement.
    """
    return is_not_voided(f"{act}.id")
