"""Whether the value of an attribute says yes: whoever has none is taken for a no."""

YES = "yes"
"""The value of an attribute that is set and says no more; a condition on it asks for no value."""
NO = frozenset({"", "0", "no", "false", "off"})
"""Values that say no, however they are written."""


def says_yes(value: str | None) -> bool:
    """Whether an attribute is set, and does not say no."""
    return value is not None and value.casefold() not in NO
