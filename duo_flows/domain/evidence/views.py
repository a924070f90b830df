"""Parts of a log that somebody asked for: lines by number, lines around a text.

The law of this module: it judges nothing; what does not fit the budget is left out from the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .budget import DEFAULT_BUDGET
from .excerpt import Excerpt, Purse, render

# Lines shown before and after a line that was searched for.
_AROUND = 3


def view_lines(lines: Sequence[str], start: int, end: int, *, budget: int = DEFAULT_BUDGET) -> Excerpt:
    """Return lines `start` to `end`, both from 1 and included, cut at the budget."""
    return _affordable(lines, range(max(start, 1) - 1, min(end, len(lines))), budget)


def grep_lines(lines: Sequence[str], needle: str, *, budget: int = DEFAULT_BUDGET) -> Excerpt:
    """Return the lines that contain the text (case ignored), with three lines around each, cut at the budget."""
    return _affordable(lines, _near(lines, needle.lower()), budget)


def _near(lines: Sequence[str], needle: str) -> Iterable[int]:
    following = 0
    for index, line in enumerate(lines):
        if needle in line.lower():
            first = max(following, index - _AROUND)
            following = min(len(lines), index + _AROUND + 1)
            yield from range(first, following)


def _affordable(lines: Sequence[str], wanted: Iterable[int], budget: int) -> Excerpt:
    purse = Purse(lines, budget)
    for index in wanted:
        if not purse.buy(index):
            break
    return render(lines, sorted(purse.kept), limit=purse.limit)
