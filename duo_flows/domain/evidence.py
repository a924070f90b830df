"""Job-log evidence: from a raw trace to what a model needs within a budget, every line with its original number.

A log that fits passes whole. A longer one keeps its head, its tail and windows around lines that look like failures, later ones
first: what ends a job stands near its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .model import Model

# 12,000 tokens at four characters each (requirement P5).
DEFAULT_BUDGET = 48_000
_HEAD_SHARE, _TAIL_SHARE = 0.05, 0.30
_WINDOW_BEFORE, _WINDOW_AFTER = 4, 8
# A single line may be a whole minified file; what matters of it stands at its start.
_LINE_MAX = 2_000

# What stands between two ranges.
_GAP = "  [...]"

# Colours and the like, window titles, and every shorter escape such as the choice of a character set.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
_SECTION = re.compile(r"section_(?:start|end):\d+:[^\r\n]*?(?:\r|$)")
_TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z (?:\d\d[OE]\+? ?)?")
_FAILURE = re.compile(
    r"\b(?:error|errors|failed|failure|fail|fatal|panic|panicked|exception|traceback|assert\w*|undefined|cannot|could not|"
    r"not found|no such|denied|refused|timed out|killed|unexpected|exit (?:code|status))\b|(?:Error|Exception)\b|^E\s|✕|✗|❌",
    re.IGNORECASE,
)


class Excerpt(Model):
    """A reduced log: `text` with line numbers, the ranges of original lines in it (1-based, inclusive), and the log's length."""

    text: str
    included_line_ranges: tuple[tuple[int, int], ...]
    line_count: int

    @property
    def is_whole(self) -> bool:
        """Tell whether every line of the log is in the text."""
        return sum(end - start + 1 for start, end in self.included_line_ranges) == self.line_count


def log_lines(raw: bytes) -> list[str]:
    """Return the log's lines as a person sees them: no colours, section marks or runner timestamps, progress bars at their end."""
    text = raw.decode("utf-8", errors="replace").removeprefix("\ufeff")
    lines = text.split("\n")
    return [_clean(line) for line in (lines[:-1] if lines and not lines[-1] else lines)]


def _clean(line: str) -> str:
    line = _ANSI.sub("", line.rstrip("\r"))
    line = _SECTION.sub("", _TIMESTAMP.sub("", line))
    # What a terminal shows last; an empty rest overwrites nothing.
    return next((part for part in reversed(line.split("\r")) if part), "")


def reduce_log(lines: Sequence[str], *, budget: int = DEFAULT_BUDGET) -> Excerpt:
    """Return what of the log fits the budget, in characters of `text`."""
    costs = [len(_numbered(number, line)) + 1 for number, line in enumerate(lines, 1)]
    if sum(costs) <= budget:
        return _excerpt(lines, range(len(lines)))
    kept: set[int] = set()
    left = budget
    for wanted in (*_ends(lines, costs, budget), *_windows(lines)):
        left = _keep(wanted, kept, costs, left)
    return _excerpt(lines, sorted(kept))


def view_lines(lines: Sequence[str], start: int, end: int, *, budget: int = DEFAULT_BUDGET) -> Excerpt:
    """Return lines `start` to `end`, both from 1 and included, cut at the budget."""
    kept: set[int] = set()
    costs = [len(_numbered(number, line)) + 1 for number, line in enumerate(lines, 1)]
    _keep(range(max(start, 1) - 1, min(end, len(lines))), kept, costs, budget)
    return _excerpt(lines, sorted(kept))


def grep_lines(lines: Sequence[str], needle: str, *, budget: int = DEFAULT_BUDGET) -> Excerpt:
    """Return the lines that contain the text (case ignored), with three lines around each, cut at the budget."""
    wanted: set[int] = set()
    for index, line in enumerate(lines):
        if needle.lower() in line.lower():
            wanted.update(range(max(0, index - 3), min(len(lines), index + 4)))
    kept: set[int] = set()
    costs = [len(_numbered(number, line)) + 1 for number, line in enumerate(lines, 1)]
    _keep(sorted(wanted), kept, costs, budget)
    return _excerpt(lines, sorted(kept))


def _ends(lines: Sequence[str], costs: Sequence[int], budget: int) -> tuple[list[int], list[int]]:
    tail = _while_affordable(range(len(lines) - 1, -1, -1), costs, int(budget * _TAIL_SHARE))
    head = _while_affordable(range(len(lines)), costs, int(budget * _HEAD_SHARE))
    return tail, head


def _while_affordable(indexes: Iterable[int], costs: Sequence[int], purse: int) -> list[int]:
    taken: list[int] = []
    for index in indexes:
        purse -= costs[index]
        if purse < 0:
            break
        taken.append(index)
    return taken


def _windows(lines: Sequence[str]) -> Iterable[range]:
    for index in range(len(lines) - 1, -1, -1):
        if _FAILURE.search(lines[index][:_LINE_MAX]):
            yield range(max(0, index - _WINDOW_BEFORE), min(len(lines), index + _WINDOW_AFTER + 1))


def _keep(wanted: Iterable[int], kept: set[int], costs: Sequence[int], left: int) -> int:
    for index in wanted:
        # A line by itself begins a range, and a range is paid for with its gap mark.
        cost = costs[index] if {index - 1, index + 1} & kept else costs[index] + len(_GAP) + 1
        if index not in kept and cost <= left:
            kept.add(index)
            left -= cost
    return left


def _excerpt(lines: Sequence[str], indexes: Iterable[int]) -> Excerpt:
    ranges: list[tuple[int, int]] = []
    parts: list[str] = []
    for index in indexes:
        number = index + 1
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            if ranges:
                parts.append(_GAP)
            ranges.append((number, number))
        parts.append(_numbered(number, lines[index]))
    return Excerpt(text="\n".join(parts), included_line_ranges=tuple(ranges), line_count=len(lines))


def _numbered(number: int, line: str) -> str:
    shown = line if len(line) <= _LINE_MAX else line[:_LINE_MAX] + " [line cut]"
    return f"{number:>5}| {shown}"
