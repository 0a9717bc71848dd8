"""A call that ends in time, whatever it waits for: a name server, a handshake, a slow answer.

Time-outs of sockets begin anew with each byte, and none of them bounds the search for a name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


def call_in_time(work: Callable[[], object], seconds: float) -> Exception | None:
    """Do something on a thread of its own, and wait for it so long at most.

    Returns:
        What it raised; None if it came to its end.

    Raises:
        TimeoutError: It is not done. Its thread is left behind, and ends with the process at last.
    """
    raised: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - handed to whoever asked
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True, name="x-request")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError
    return raised[0] if raised else None
