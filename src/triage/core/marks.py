"""What is marked of a customer where somebody is about to answer them.

Apart from `core.people`: the queue on a terminal pays for this alone.
"""

from typing import NamedTuple

from triage.core.kinds import DAY
from triage.core.truths import says_yes

REPEAT_WITHIN = 90 * DAY
"""How far back complaints make somebody a repeat complainer, ms."""
REPEAT_FROM = 2
"""In how many conversations somebody has to complain for that."""
VIP = "vip"
"""The attribute whose bearers are marked."""


class Marks(NamedTuple):
    """What an agent should know of a customer before they answer.

    Attributes:
        vip: What is noted under `vip`; None if nothing is.
        complaints: In how many conversations they complained within `REPEAT_WITHIN`.
    """

    vip: str | None = None
    complaints: int = 0

    @property
    def is_vip(self) -> bool:
        """Whether they are noted as a VIP; `vip = no` says that they are none."""
        return says_yes(self.vip)

    @property
    def is_repeat(self) -> bool:
        """Whether they complain again."""
        return self.complaints >= REPEAT_FROM

    def words(self) -> list[str]:
        """The marks as they stand in the queue."""
        return ["VIP"] * self.is_vip + ["repeat"] * self.is_repeat


NO_MARKS = Marks()
"""Of somebody of whom nothing is known."""


def because(marks: Marks) -> str:
    """Why somebody counts as complaining again; empty if they do not."""
    if not marks.is_repeat:
        return ""
    return f"complained in {marks.complaints} conversations within {REPEAT_WITHIN // DAY} days"
