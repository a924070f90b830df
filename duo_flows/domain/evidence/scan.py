"""One pass over a log: which lines may be evidence, of what shape, how often, and where the headings are.

The law of this module: each line is looked at once; lines that differ in digits only are judged once. What is kept of a log of any
size is bounded, but for the headings.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from . import table
from .sections import Section
from .shape import LINE_SEEN, Kind, Shape, tokens_of
from .structure import Level, Outline, heading_level
from .words import body_of, has_passed, is_code, is_name, strength

# Digits of one row mean the same to every shape: none, few (also 1xx to 3xx), a client's or server's error, many.
_DIGITS = str.maketrans("123456789", "111446666")
# What is seen of a long line's end.
_END_SEEN = 500
# Lines that begin alike for this long are alike.
_TEMPLATE = 300
# Beyond these, more of the same is counted and not kept: the first and the last tell the story.
_PLACES_EACH_END = 60
_TEMPLATES_KEPT = 200_000
_PLACES_OF_SHAPE = 3_000


# Kinds that program text is taken for.
_OF_WORDS = frozenset({Kind.WORD, Kind.NOTE, Kind.DETAIL})


@dataclass
class Template:
    """Lines that differ in digits only. `shape` is None for lines that are no evidence."""

    shape: Shape | None
    level: Level | None = None
    is_known: bool = False
    count: int = 0
    first: list[int] = field(default_factory=list)
    last: deque[int] = field(default_factory=lambda: deque(maxlen=_PLACES_EACH_END))

    def add(self, index: int) -> None:
        """Note a place, if it is among the first or the last."""
        self.count += 1
        (self.first if self.count <= _PLACES_EACH_END else self.last).append(index)


@dataclass(frozen=True)
class Find:
    """A line that may be evidence: `nth` of its template counted from both ends, `known` from a green log."""

    index: int
    shape: Shape
    nth: int
    is_known: bool


@dataclass(frozen=True)
class Scan:
    """What a pass found: evidence in order, headings, lines that the green log does not have, and sections left open."""

    finds: list[Find]
    outline: Outline
    news: list[int]
    left_open: list[int]


def templates_of(lines: Iterable[str]) -> frozenset[str]:
    """Return the templates of a log, to compare another with."""
    return frozenset(_template(line) for line in lines)


def scan(lines: Sequence[str], *, green: frozenset[str] = frozenset(), sections: Sequence[Section] = ()) -> Scan:
    """Look at every line once."""
    seen: dict[str, Template] = {}
    kept: list[Template] = []
    headings: list[tuple[int, Level]] = []
    news: deque[int] = deque(maxlen=_PLACES_OF_SHAPE)
    for index, line in enumerate(lines):
        if not line:
            continue
        key = _template(line)
        found = seen.get(key)
        if found is None:
            found = _judged(line)
            found.is_known = key in green
            if len(seen) < _TEMPLATES_KEPT:
                seen[key] = found
            if found.shape is not None:
                kept.append(found)
            if green and not found.is_known:
                news.append(index)
        if found.shape is not None:
            found.add(index)
        if found.level is not None:
            headings.append((index, found.level))
    starts = [(section.first, Level.PART) for section in sections if section.first < len(lines)]
    left_open = [section.first for section in sections if section.last is None and section.first < len(lines)]
    return Scan(_finds(kept), Outline.of(sorted([*headings, *starts])), list(news), left_open)


def _template(line: str) -> str:
    return (line if len(line) <= _TEMPLATE else line[:_TEMPLATE]).translate(_DIGITS)


def _judged(line: str) -> Template:
    body = body_of(line[:LINE_SEEN])
    level = heading_level(line) or (heading_level(body) if body is not line else None)
    return Template(_shape_of(body) or (_shape_of_end(line) if len(line) > LINE_SEEN else None), level)


def _shape_of_end(line: str) -> Shape | None:
    """Return what the end of a long line says, if its beginning says nothing."""
    end = line[-_END_SEEN:]
    return table.STRONG_WORDS if strength(end, tokens_of(end)) > 1 else None


def _shape_of(body: str) -> Shape | None:
    if is_name(body):
        return None
    tokens = tokens_of(body)
    found = table.INDEX.find(body, tokens) or (None, table.WEAK_WORDS, table.STRONG_WORDS)[strength(body, tokens)]
    if found is None or has_passed(body):
        return None
    return None if found.kind in _OF_WORDS and is_code(body) else found


def _finds(templates: Sequence[Template]) -> list[Find]:
    finds = [
        Find(index, one.shape, nth, one.is_known)
        for one in templates
        if one.shape is not None
        for nth, index in _from_both_ends([*one.first, *one.last])
    ]
    return sorted(finds, key=lambda find: find.index)


def _from_both_ends(places: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Yield places with their rank: first, last, second, last but one, and so on."""
    for position, index in enumerate(places):
        yield min(2 * position, 2 * (len(places) - 1 - position) + 1), index
