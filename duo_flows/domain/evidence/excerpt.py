"""An excerpt of a log as text: numbered lines, marks where lines are left out, and what it cost.

The law of this module: a line's text is the log's own; the text never exceeds its budget; the ranges name exactly the lines whose
whole text is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from duo_flows.domain.model import Model

# A single line may be a whole minified file; what matters of it stands at its start, seldom at its end. One line may take a
# twelfth of the budget, within these bounds.
_LINE_LEAST, _LINE_MOST = 400, 4_000
_SHARE_OF_BUDGET = 12

# Line numbers stand right-aligned; five digits are enough for most logs.
_WIDTH = 5


class Excerpt(Model):
    """A reduced log.

    Attributes:
        text: lines with their numbers, each `    7| ...`, and marks where lines are left out.
        included_line_ranges: the lines whose whole text is given; pairs of first and last, from 1, in order, apart.
        cut_lines: lines of which only the beginning and the end are given, since they are too long.
        line_count: the log's length.
    """

    text: str
    included_line_ranges: tuple[tuple[int, int], ...]
    cut_lines: tuple[int, ...] = ()
    line_count: int

    @property
    def is_whole(self) -> bool:
        """Tell whether every line of the log is in the text, whole or cut."""
        return self.shown_count == self.line_count

    @property
    def shown_count(self) -> int:
        """Return how many lines are in the text, whole or cut."""
        return sum(end - start + 1 for start, end in self.included_line_ranges) + len(self.cut_lines)


def line_limit(budget: int) -> int:
    """Return how long a line may be to be given whole."""
    return max(_LINE_LEAST, min(_LINE_MOST, budget // _SHARE_OF_BUDGET))


def shown(line: str, limit: int) -> str:
    """Return the line as an excerpt shows it: of a long one, more than half the limit from its start, a fifth from its end."""
    if len(line) <= limit:
        return line
    head, tail = limit * 3 // 5, limit // 5
    return f"{line[:head]} [... {len(line) - head - tail:,} characters of this line left out ...] {line[-tail:]}"


class Purse:
    """Lines that are kept, paid for from a budget: each line with its number, each range with the mark before it."""

    def __init__(self, lines: Sequence[str], budget: int) -> None:
        self._lines = lines
        self.limit = line_limit(budget)
        self._width = max(_WIDTH, len(str(len(lines))))
        # The mark at the end is paid for in advance.
        self._mark = len(_gap(max(len(lines), 1))) + 1
        self._left = budget - self._mark
        self.kept: set[int] = set()

    def has(self, index: int) -> bool:
        """Tell whether the line is kept."""
        return index in self.kept

    def cost(self, index: int) -> int:
        """Return what the line costs beside a line that is kept."""
        line = self._lines[index]
        return self._width + 2 + (len(line) if len(line) <= self.limit else len(shown(line, self.limit))) + 1

    def buy(self, index: int) -> bool:
        """Keep the line if it can be paid for; tell whether it is kept."""
        if index in self.kept:
            return True
        neighbours = (index - 1 in self.kept) + (index + 1 in self.kept)
        # A line by itself begins a range; a line between two ranges makes one of them.
        cost = self.cost(index) + self._mark * (1 - neighbours)
        if cost > self._left:
            return False
        self._left -= cost
        self.kept.add(index)
        return True


def render(lines: Sequence[str], kept: Iterable[int], *, limit: int) -> Excerpt:
    """Return the excerpt of these lines, which come in order; longer ones than the limit are cut."""
    width = max(_WIDTH, len(str(len(lines))))
    ranges: list[tuple[int, int]] = []
    cut: list[int] = []
    parts: list[str] = []
    following = 0
    for index in kept:
        if index > following:
            parts.append(_gap(index - following))
        following = index + 1
        parts.append(f"{index + 1:>{width}}| {shown(lines[index], limit)}")
        if len(lines[index]) > limit:
            cut.append(index + 1)
        elif ranges and ranges[-1][1] == index:
            ranges[-1] = (ranges[-1][0], index + 1)
        else:
            ranges.append((index + 1, index + 1))
    if parts and following < len(lines):
        parts.append(_gap(len(lines) - following))
    return Excerpt(text="\n".join(parts), included_line_ranges=tuple(ranges), cut_lines=tuple(cut), line_count=len(lines))


def _gap(count: int) -> str:
    return f"  [... {count:,} {'line' if count == 1 else 'lines'} left out ...]"
