"""Regular expressions of response schemas: looked at when a file is read, and run only within the time that an answer has.

A pattern is somebody's, and what it is run on is a model's: together they can take longer than the world lasts. Python's own engine
cannot be stopped; this one can, and it lets other threads work meanwhile.
"""

from __future__ import annotations

import math
from time import monotonic
from typing import Any

import regex

# Seconds for everything about one answer, its patterns included: a thousand times what an honest answer takes.
PATIENCE = 5.0
# The engine writes a part that must stand n times n times: 100,000 characters are some 30 MB for a moment.
MAX_WRITTEN_OUT = 100_000
_COUNT = regex.compile(r"(.?)\{(\d+)", regex.DOTALL)


class TooSlow(Exception):  # noqa: N818 - what happened, not a mistake
    """The time that an answer has for being checked is used up; `on` is the value that was looked at then."""

    def __init__(self, on: Any) -> None:
        super().__init__("The time for checking an answer is used up.")
        self.on = on


class Budget:
    """What is left of the time for checking one answer."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def spend(self, on: Any) -> float:
        """Return the seconds that are left for going on with a value.

        Raises:
            TooSlow: there are none.
        """
        left = self._end - monotonic()
        if left <= 0:
            raise TooSlow(on)
        return left

    def finds(self, pattern: str, text: str, *, on: Any) -> bool:
        """Tell whether a pattern stands anywhere in a text, which is `on` or a key of it.

        Raises:
            TooSlow: it could not be told in time.
        """
        left = self.spend(on)
        try:
            return regex.search(pattern, text, timeout=left, concurrent=True) is not None
        except TimeoutError:
            raise TooSlow(on) from None


def objection_to(pattern: str) -> str | None:
    """Return what a pattern would have to be in order to be taken; None for one that is. It is read, not run."""
    if _written_out(pattern) > MAX_WRITTEN_OUT:
        return "a pattern whose `{n}`, multiplied where they stand around each other, come to less"
    try:
        regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError):
        return "a regular expression"
    return None


def _written_out(pattern: str) -> int:
    """Return at least how long a pattern is with every part that must stand n times written n times.

    Counts of single characters and classes do not stand in each other, those of groups may. White space may separate a group
    from its count.
    """
    counts = [(before, int(digits[:9])) for before, digits in _COUNT.findall(pattern)]
    of_groups = math.prod(max(count, 1) for before, count in counts if before in ") \t\r\n\f\v")
    return len(pattern) * of_groups * max((count for _, count in counts), default=1)
