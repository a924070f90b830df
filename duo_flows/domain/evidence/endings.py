"""What was said last before a job's script ended, and before it began to wait.

The law of this module: lines of one kind differ in digits only; of each kind the last line is taken, so that heartbeats do not
hide what came before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .regions import Regions
from .scan import Scan
from .shape import LINE_SEEN

# The shapes by which a runner says that time ran out. Without them a script ended by its own will, mostly with a word about why.
_TIME_RAN_OUT = frozenset({"gitlab script timeout", "time ran out", "job cancelled"})

# What counts or tells the time, with the space that it is set with.
_COUNTED = re.compile(r"[\d\s.:%]+")

# How far back, and how many kinds.
_LINES, _KINDS = 3_000, 8
_WORTH, _WORTH_IF_TIME_RAN_OUT = 36.0, 78.0
_FADES = 6


def last_kinds(lines: Sequence[str], seen: Scan, regions: Regions) -> Iterator[tuple[int, float]]:
    """Yield the last line of each of the last kinds before each end of a failed part, with its worth."""
    ran_out = any(find.shape.name in _TIME_RAN_OUT for find in seen.finds)
    worth = _WORTH_IF_TIME_RAN_OUT if ran_out else _WORTH
    for start, end in regions.ends():
        for place, index in enumerate(_last_of_each_kind(lines, start, end)):
            yield index, worth / (1 + place / _FADES)


def _last_of_each_kind(lines: Sequence[str], start: int, end: int) -> Iterator[int]:
    kinds: set[str] = set()
    for index in range(end, max(start, end - _LINES) - 1, -1):
        kind = _COUNTED.sub("0", lines[index][:LINE_SEEN].strip())
        if kind and kind not in kinds:
            kinds.add(kind)
            yield index
        if len(kinds) == _KINDS:
            return
