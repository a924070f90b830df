"""One pass over a log: which lines may be evidence, of what shape, how often, and where the headings are.

The law of this module: each line is looked at once; lines that differ in digits only are judged once. What is kept of a log of any
size is bounded, but for the headings.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from . import table
from .codes import code_of
from .sections import Section
from .shape import LINE_SEEN, Kind, Shape
from .structure import Level, Outline, heading_level
from .words import body_of, has_passed, is_code, is_name, strength

T = TypeVar("T")

# Digits of one row mean the same to every shape: none, few (also 1xx to 3xx), a client's or server's error, many.
_DIGITS = bytes.maketrans(b"123456789", b"111446666")
# What is seen of a long line's end.
_END_SEEN = 500
# Lines that begin alike for this long are alike.
_TEMPLATE = 300
# Beyond these, more of the same is counted and not kept: the first and the last tell the story.
_PLACES_EACH_END = 60
_OF_SHAPE_EACH_END, _OF_CODE_EACH_END = 1_000, 10
_NEWS_KEPT = 3_000
# Of a shape with more templates than that, each code has places of its own, up to so many codes.
_CODES_OF_SHAPE = 50
# Beyond this, lines of new templates are judged one by one.
_TEMPLATES_KEPT = 200_000
# With so many different failures, telling them apart in earnest would take longer than a reader waits.
_FAILURES_OF_A_FLOOD = 2_000
_SKELETONS_KEPT = 20_000

# Kinds that program text is taken for.
_OF_WORDS = frozenset({Kind.WORD, Kind.NOTE, Kind.DETAIL})


class BothEnds(Generic[T]):
    """The first and the last things of a row of any length."""

    __slots__ = ("_each", "_first", "_last")

    def __init__(self, each: int) -> None:
        self._each = each
        self._first: list[T] = []
        self._last: deque[T] | None = None

    def add(self, thing: T) -> None:
        """Append; what is in the middle is forgotten."""
        if len(self._first) < self._each:
            self._first.append(thing)
            return
        if self._last is None:
            self._last = deque(maxlen=self._each)
        self._last.append(thing)

    @property
    def is_full(self) -> bool:
        """Tell whether what comes now is no longer among the first."""
        return len(self._first) == self._each

    def __iter__(self) -> Iterator[T]:
        yield from self._first
        yield from self._last or ()


@dataclass(slots=True)
class Template:
    """Lines that differ in digits only: what they are, and where they stand. `places` is None for lines that are no evidence."""

    shape: Shape | None
    level: Level | None
    is_known: bool
    places: BothEnds[int] | None


# Most lines are neither evidence nor headings: they share one template.
_CHATTER = Template(None, None, is_known=False, places=None)


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
    judge = _Judge()
    seen: dict[bytes, Template] = {}
    shelf = _Shelf()
    headings: list[tuple[int, Level]] = []
    news: deque[int] = deque(maxlen=_NEWS_KEPT)
    for index, line in enumerate(lines):
        if not line:
            continue
        key = template_of(line)
        found = seen.get(key)
        if found is None:
            found = judge.template(line, key, is_known=key in green)
            if len(seen) < _TEMPLATES_KEPT:
                seen[key] = found
            if found.shape is not None:
                shelf.put(found, line)
            if green and key not in green:
                news.append(index)
        if found.places is not None:
            found.places.add(index)
        if found.level is not None:
            headings.append((index, found.level))
    starts = [(section.first, Level.PART) for section in sections if section.first < len(lines)]
    left_open = [section.first for section in sections if section.last is None and section.first < len(lines)]
    return Scan(_finds(shelf.templates()), Outline.of(sorted([*headings, *starts])), list(news), left_open)


def template_of(line: str) -> bytes:
    """Return what lines have in common that differ in digits only."""
    # Bytes, since translating text that is not ASCII takes ten times as long.
    return line[:_TEMPLATE].encode("utf-8", "surrogatepass").translate(_DIGITS)


class _Shelf:
    """Templates by shape: the first and the last of each, and of each code in the middle."""

    def __init__(self) -> None:
        self._by_shape: dict[str, BothEnds[Template]] = {}
        self._by_code: dict[str, dict[str, BothEnds[Template]]] = defaultdict(dict)

    def put(self, one: Template, line: str) -> None:
        """Keep the template, whose first line this is."""
        name = one.shape.name if one.shape else ""
        of_shape = self._by_shape.setdefault(name, BothEnds(_OF_SHAPE_EACH_END))
        if of_shape.is_full:
            codes = self._by_code[name]
            code = code_of(line)
            if code in codes or len(codes) < _CODES_OF_SHAPE:
                codes.setdefault(code, BothEnds(_OF_CODE_EACH_END)).add(one)
        of_shape.add(one)

    def templates(self) -> Iterator[Template]:
        """Yield what is kept, in no order, each once."""
        kept = [*self._by_shape.values(), *(row for codes in self._by_code.values() for row in codes.values())]
        yield from {id(one): one for row in kept for one in row}.values()


class _Judge:
    """What lines are. Once the log has shown very many different failures, lines of one skeleton are judged once."""

    def __init__(self) -> None:
        self._failures = 0
        self._judged: dict[tuple[bytes, ...], Template] = {}

    def template(self, line: str, key: bytes, *, is_known: bool) -> Template:
        """Return what the line is, as a template of its own."""
        if self._failures < _FAILURES_OF_A_FLOOD or len(line) > _TEMPLATE:
            found = _judged(line, is_known=is_known)
            self._failures += found.shape is not None
            return found
        skeleton = table.SKELETONS.of(key)
        first = self._judged.get(skeleton)
        if first is None:
            first = _judged(line, is_known=is_known)
            if len(self._judged) < _SKELETONS_KEPT:
                self._judged[skeleton] = first
            return first
        return first if first.places is None else Template(first.shape, first.level, is_known, BothEnds(_PLACES_EACH_END))


def _judged(line: str, *, is_known: bool) -> Template:
    body = body_of(line[:LINE_SEEN])
    level = heading_level(line) or (None if body == line else heading_level(body))
    shape = _shape_of(body) or (_shape_of_end(line) if len(line) > LINE_SEEN else None)
    if shape is None and level is None:
        return _CHATTER
    return Template(shape, level, is_known, None if shape is None else BothEnds(_PLACES_EACH_END))


def _shape_of_end(line: str) -> Shape | None:
    """Return what the end of a long line says, if its beginning says nothing."""
    end = line[-_END_SEEN:]
    return table.STRONG_WORDS if strength(end.lower(), table.VOCABULARY.words_of(end)) > 1 else None


def _shape_of(body: str) -> Shape | None:
    if is_name(body):
        return None
    tokens = table.VOCABULARY.words_of(body)
    lower = body.lower()
    found = table.INDEX.find(body, lower, tokens) or (None, table.WEAK_WORDS, table.STRONG_WORDS)[strength(lower, tokens)]
    if found is None or has_passed(body):
        return None
    return None if found.kind in _OF_WORDS and is_code(body) else found


def _finds(kept: Iterable[Template]) -> list[Find]:
    finds = [
        Find(index, one.shape, nth, one.is_known)
        for one in kept
        if one.shape is not None
        for nth, index in _from_both_ends(list(one.places or ()))
    ]
    return sorted(finds, key=lambda find: find.index)


def _from_both_ends(places: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Yield places with their rank: first, last, second, last but one, and so on."""
    for position, index in enumerate(places):
        yield min(2 * position, 2 * (len(places) - 1 - position) + 1), index
