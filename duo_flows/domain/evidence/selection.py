"""Which lines are given: the worthiest that the budget pays for, and small gaps between them.

The law of this module: it spends, it does not judge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from .excerpt import Purse

# A line that costs more than this has to be worth more.
_FAIR_COST = 300
# Gaps of so few lines are closed where the budget allows: the mark costs as much.
_SMALL_GAP = 2


def select(lines: Sequence[str], worth: Mapping[int, float], *, budget: int) -> list[int]:
    """Return the lines to give, in order. A blank line is given between two others only."""
    purse = Purse(lines, budget)
    said = [index for index in worth if lines[index] and not lines[index].isspace()]
    for index in sorted(said, key=lambda index: (-_priced(worth[index], purse.cost(index)), index)):
        purse.buy(index)
    _close_small_gaps(purse)
    return sorted(purse.kept)


def _priced(worth: float, cost: int) -> float:
    return worth if cost <= _FAIR_COST else worth * math.sqrt(_FAIR_COST / cost)


def _close_small_gaps(purse: Purse) -> None:
    kept = sorted(purse.kept)
    for one, two in pairwise(kept):
        if 1 < two - one <= _SMALL_GAP + 1:
            for index in range(one + 1, two):
                purse.buy(index)
