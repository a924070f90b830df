"""Waiting for what other processes do: bounded, looked at again and again, and never a fixed pause."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

# What takes a second on an idle machine takes this long on one that does ten other things; nobody waits for it if all goes well.
PATIENCE_SECONDS = 45.0
_LOOK_AGAIN_SECONDS = 0.1


def eventually(what: str, look: Callable[[], Found | None], *, within: float = PATIENCE_SECONDS) -> Found:
    """Return what `look` finds, as soon as it is neither None nor empty nor false.

    Raises:
        AssertionError: it never was; `what` says what was waited for.
    """
    give_up_at = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < give_up_at, f"Waited for {within:.0f} seconds in vain: {what}"
        time.sleep(_LOOK_AGAIN_SECONDS)
    return found
