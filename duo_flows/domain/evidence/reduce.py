"""A log to its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from .budget import DEFAULT_BUDGET
from .excerpt import Excerpt, Purse, line_limit, render
from .scan import scan, templates_of
from .scoring import worths
from .sections import Section
from .selection import select


def reduce_log(
    lines: Sequence[str], *, budget: int = DEFAULT_BUDGET, green: Sequence[str] | None = None, sections: Sequence[Section] = ()
) -> Excerpt:
    """Return what of the log fits the budget.

    Args:
        lines: the log's lines, cleaned.
        budget: characters of the excerpt's text, at least 0.
        green: the cleaned lines of the last log of the same job that did not fail; what it has too is hardly evidence.
        sections: GitLab's sections of the raw log, which cleaned lines no longer show.

    Returns:
        The excerpt; the whole log if it fits.
    """
    if _fits(lines, budget):
        return render(lines, range(len(lines)), limit=line_limit(budget))
    seen = scan(lines, green=templates_of(green or ()), sections=sections)
    return render(lines, select(lines, worths(lines, seen), budget=budget), limit=line_limit(budget))


def _fits(lines: Sequence[str], budget: int) -> bool:
    # Every line costs its number at least: most logs need not be counted to the end.
    purse = Purse(lines, budget)
    left = budget + 1
    for index in range(len(lines)):
        left -= purse.cost(index)
        if left < 0:
            return False
    return True
