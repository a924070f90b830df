"""Which parts of a job failed, and how much less a line elsewhere is worth.

The law of this module: a runner's own words decide; without them the whole log may have failed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from .scan import Find, Scan
from .structure import Level, Outline

# The shapes by which a runner says that a step or the job failed.
_RUNNERS_WORD = frozenset({"annotation", "gitlab job failed", "job cancelled", "other runner's verdict"})
_JOB_FAILED = "gitlab job failed"

# More places than these say the same again.
_AT_MOST = 8

_BEFORE, _AFTERWARDS = 0.6, 0.35
# What is printed by the script that runs after a failure may be the reason, such as a service's log, but mostly is not.
_CLEANING_UP = 0.6


@dataclass(frozen=True)
class Regions:
    """The failed parts, each from its heading to the runner's word, in order and apart."""

    failed: tuple[tuple[int, int], ...]
    line_count: int
    outline: Outline

    @classmethod
    def of(cls, seen: Scan, line_count: int) -> Regions:
        """Return the parts of a job that failed."""
        words = [find for find in seen.finds if find.shape.name in _RUNNERS_WORD]
        by_start: dict[int, int] = {}
        for word in words if len(words) <= _AT_MOST else [*words[: _AT_MOST // 2], *words[-_AT_MOST // 2 :]]:
            start = _start_of(seen.outline, word)
            by_start[start] = max(by_start.get(start, 0), word.index)
        if not by_start and line_count:
            return cls(((0, line_count - 1),), line_count, seen.outline)
        return cls(tuple(sorted(by_start.items())), line_count, seen.outline)

    def has_failed(self, index: int) -> bool:
        """Tell whether the line stands in a part that failed."""
        place = bisect_right(self.failed, (index, self.line_count))
        return place > 0 and index <= self.failed[place - 1][1]

    def _is_cleaning_up(self, index: int) -> bool:
        """Tell whether the failed part had gone on to clean up here; its last line is the runner's word."""
        start, end = self.failed[bisect_right(self.failed, (index, self.line_count)) - 1]
        afterwards = self.outline.headings[Level.AFTER]
        place = bisect_right(afterwards, start)
        return index < end and place < len(afterwards) and afterwards[place] <= index

    def ends(self) -> Iterator[tuple[int, int]]:
        """Yield where failed parts begin and end; twice where the runner went on to clean up before its word."""
        for start, end in self.failed:
            yield start, end
            afterwards = self.outline.headings[Level.AFTER]
            place = bisect_right(afterwards, start)
            if place < len(afterwards) and afterwards[place] < end:
                yield start, afterwards[place] - 1

    def last_commands(self) -> Iterator[int]:
        """Yield the last command of each failed part: it is the one that failed, unless the part went on."""
        for start, end in self.ends():
            command = self.outline.above(end, Level.COMMAND)
            if command is not None and command >= start:
                yield command

    def factor(self, index: int) -> float:
        """Return what a find here is worth, 1 in a part that failed."""
        if self.has_failed(index):
            return _CLEANING_UP if self._is_cleaning_up(index) else 1
        return _AFTERWARDS if not self.failed or index > self.failed[-1][1] else _BEFORE


def _start_of(outline: Outline, word: Find) -> int:
    """Return where the part begins that the runner speaks of: a job ends after its script's step, in others."""
    if word.shape.name != _JOB_FAILED:
        return outline.step_of(word.index)
    steps = outline.headings[Level.STEP]
    place = bisect_right(steps, word.index)
    return steps[place - 1] if place else 0
