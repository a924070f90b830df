"""What each line of a log is worth to somebody who asks why the job failed.

The law of this module: a line's worth comes from its shape, from where it stands, from how often the like of it was seen, and from
what stands near it; never from the budget. Worth is a number without a unit; only the order matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from .blocks import Neighbour, above, below
from .codes import code_of
from .endings import last_kinds
from .regions import Regions
from .scan import Find, Scan
from .shape import Kind
from .structure import Level

_WORTH: dict[Kind, float] = {
    Kind.VERDICT: 100,
    Kind.SUMMARY: 90,
    Kind.ERROR: 85,
    Kind.NAME: 80,
    Kind.LESSER: 50,
    Kind.DETAIL: 48,
    Kind.WORD: 26,
    Kind.NOTE: 7,
}

# The second line of a template is worth two thirds of the first, the fourth a third.
# Names that differ in a number only are still names of different things.
_TEMPLATE_HALF, _TEMPLATE_HALF_OF_NAMES = 1.5, 5
# The sixteenth failure of a shape is worth half of the first: the same again says less.
_SHAPE_HALF = 16
# Fewer findings are given all, most likely.
_MANY = 8
# The first finding of the third code is worth as much as the second one of the rarest code.
_CODES_BESIDE = 2
# A line that the green log has too did not make the job fail, most likely.
_KNOWN = 0.15

# Finds whose surroundings are looked at. The next would not fit any budget that a model is given.
_WITH_SURROUNDINGS = 500
_WITH_HEADINGS = 200

_STEP_HEAD, _STEP_SCRIPT, _LAST_COMMAND = 70.0, 40.0, 72.0
# A section that its script left open is where the script broke off.
_LEFT_OPEN, _SECTIONS_LEFT_OPEN = 71.0, 8
_SCRIPT_LINES = 14
# The last lines before the job's end, the log's last lines and its first ones.
_BEFORE_END, _LAST, _FIRST = 30.0, 12.0, 5.0
_BEFORE_END_LINES, _LAST_LINES, _FIRST_LINES = 120, 12, 6
# What the green log does not have: a few such lines say much, thousands say nothing.
_NEWS, _NEWS_ENOUGH = 45.0, 40


def worths(lines: Sequence[str], seen: Scan) -> dict[int, float]:
    """Return the worth of every line that has any."""
    regions = Regions.of(seen, len(lines))
    table: dict[int, float] = {}
    ranked = _ranked(lines, seen, regions)
    _raise(table, ranked)
    _raise(table, _surroundings(lines, ranked[:_WITH_SURROUNDINGS]))
    _raise(table, _headings(seen, ranked[:_WITH_HEADINGS]))
    _raise(table, _steps(lines, regions))
    _raise(table, ((index, _LAST_COMMAND) for index in regions.last_commands()))
    _raise(table, ((index, _LEFT_OPEN) for index in seen.left_open[-_SECTIONS_LEFT_OPEN:]))
    _raise(table, _ends(regions, len(lines)))
    _raise(table, last_kinds(lines, seen, regions))
    _raise(table, _news(seen, regions))
    return table


def _raise(table: dict[int, float], worth: Iterable[tuple[int, float] | tuple[Find, float]]) -> None:
    for line, value in worth:
        index = line.index if isinstance(line, Find) else line
        if value > table.get(index, 0):
            table[index] = value


def _ranked(lines: Sequence[str], seen: Scan, regions: Regions) -> list[tuple[Find, float]]:
    """Return finds with their worth, the best first."""
    groups: dict[tuple[str, bool, bool], list[Find]] = defaultdict(list)
    for find in seen.finds:
        groups[find.shape.name, regions.has_failed(find.index), find.is_known].append(find)
    valued = [
        (find, _worth(find, rank) * regions.factor(find.index)) for group in groups.values() for find, rank in _places(lines, group)
    ]
    return sorted(valued, key=lambda pair: (-pair[1], pair[0].index))


def _places(lines: Sequence[str], group: Sequence[Find]) -> Iterator[tuple[Find, float]]:
    """Yield finds of one shape with their rank: each code counts by itself, a rare one before one that is everywhere."""
    for behind, finds in enumerate(_by_code(lines, group)):
        for place, find in enumerate(finds):
            yield find, behind / _CODES_BESIDE + min(2 * place, 2 * (len(finds) - 1 - place) + 1)


def _by_code(lines: Sequence[str], group: Sequence[Find]) -> list[Sequence[Find]]:
    """Return finds by their code, the rarest code first; all together if they are few, or seldom have the same."""
    if len(group) < _MANY:
        return [group]
    codes: dict[str, list[Find]] = defaultdict(list)
    for find in group:
        codes[code_of(lines[find.index])].append(find)
    if len(codes) > len(group) / 2:
        return [group]
    return sorted(codes.values(), key=lambda finds: (len(finds), finds[0].index))


def _worth(find: Find, rank: float) -> float:
    half = _TEMPLATE_HALF_OF_NAMES if find.shape.kind == Kind.NAME else _TEMPLATE_HALF
    worth = _WORTH[find.shape.kind] / (1 + find.nth / half) / (1 + rank / _SHAPE_HALF)
    return worth * _KNOWN if find.is_known else worth


def _surroundings(lines: Sequence[str], ranked: Sequence[tuple[Find, float]]) -> Iterable[tuple[int, float]]:
    told: dict[str, int] = defaultdict(int)
    starts = {find.index: find.shape.name for find, _ in ranked}
    for find, worth in ranked:
        for near in (*below(lines, find, starts), *above(lines, find)):
            yield near.index, worth * near.share / (1 + _told_before(lines, near, told))


def _told_before(lines: Sequence[str], near: Neighbour, told: dict[str, int]) -> int:
    """Return how often a line like this stood near a better find, and count it."""
    text = lines[near.index][:200].strip()
    told[text] += 1
    return told[text] - 1


def _headings(seen: Scan, ranked: Sequence[tuple[Find, float]]) -> Iterable[tuple[int, float]]:
    for find, worth in ranked:
        for level, share in ((Level.STEP, 0.7), (Level.COMMAND, 0.8), (Level.PART, 0.7)):
            heading = seen.outline.above(find.index, level)
            if heading is not None:
                yield heading, worth * share


def _steps(lines: Sequence[str], regions: Regions) -> Iterable[tuple[int, float]]:
    """Yield the headings of the steps that failed, with the scripts they ran where the log has them."""
    for start, _ in regions.failed:
        yield start, _STEP_HEAD
        for index in range(start + 1, min(start + 1 + _SCRIPT_LINES, len(lines))):
            if "##[group]" not in lines[start] or lines[index].startswith(("##[endgroup]", "shell: ")):
                break
            yield index, _STEP_SCRIPT - (index - start)


def _news(seen: Scan, regions: Regions) -> Iterable[tuple[int, float]]:
    worth = _NEWS / max(1.0, len(seen.news) / _NEWS_ENOUGH)
    return ((index, worth * regions.factor(index)) for index in seen.news)


def _ends(regions: Regions, line_count: int) -> Iterable[tuple[int, float]]:
    for start, end in regions.ends():
        for index in range(end, max(start, end - _BEFORE_END_LINES) - 1, -1):
            yield index, _BEFORE_END / (1 + (end - index) / 25)
    for distance in range(min(_LAST_LINES, line_count)):
        yield line_count - 1 - distance, _LAST / (1 + distance / 4)
    for index in range(min(_FIRST_LINES, line_count)):
        yield index, _FIRST
