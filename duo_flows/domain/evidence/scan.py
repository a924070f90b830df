"""One pass over a log: which lines may be evidence, of what shape, how often, and where the headings are.

The law of this module: each line is looked at once; lines that differ in digits only are judged once. What is kept of a log of any
size is bounded, but for the headings.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .judging import Judge
from .sections import Section
from .shape import Shape
from .structure import Level, Outline
from .templates import Shelf, Template, template_of

# Beyond these, more news is counted and not kept.
_NEWS_KEPT = 3_000
# Beyond this, lines of new templates are judged one by one.
_TEMPLATES_KEPT = 200_000


@dataclass(slots=True)
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


def templates_of(lines: Iterable[str]) -> frozenset[bytes]:
    """Return the templates of a log, to compare another with."""
    return frozenset(template_of(line) for line in lines)


def scan(lines: Sequence[str], *, green: frozenset[bytes] = frozenset(), sections: Sequence[Section] = ()) -> Scan:
    """Look at every line once."""
    judge = Judge()
    seen: dict[bytes, Template] = {}
    shelf = Shelf()
    headings: list[tuple[int, Level]] = []
    news: deque[int] = deque(maxlen=_NEWS_KEPT)
    for index, line in enumerate(lines):
        if not line:
            continue
        key = template_of(line)
        found = seen.get(key)
        if found is None:
            found = judge.template(line, key, is_known=key in green)
            if found.shape is not None:
                found = shelf.put(found, found.shape, line)
            if len(seen) < _TEMPLATES_KEPT:
                seen[key] = found
            if green and key not in green:
                news.append(index)
        if found.shape is not None:
            found.add(index)
        if found.level is not None:
            headings.append((index, found.level))
    starts = [(section.first, Level.PART) for section in sections if section.first < len(lines)]
    left_open = [section.first for section in sections if section.last is None and section.first < len(lines)]
    return Scan(_finds(shelf.templates()), Outline.of(sorted([*headings, *starts])), list(news), left_open)


def _finds(kept: Iterable[Template]) -> list[Find]:
    finds = [
        Find(index, one.shape, nth, one.is_known)
        for one in kept
        if one.shape is not None
        for nth, index in _from_both_ends(one.places())
    ]
    return sorted(finds, key=lambda find: find.index)


def _from_both_ends(places: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Yield places with their rank: first, last, second, last but one, and so on."""
    for position, index in enumerate(places):
        yield min(2 * position, 2 * (len(places) - 1 - position) + 1), index
