"""Lines that differ in digits only, and what is kept of them.

The law of this module: what is kept of a log of any size is bounded; the first and the last of everything tell the story.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from .codes import code_of
from .shape import Kind, Shape
from .structure import Level

T = TypeVar("T")

# Digits of one row mean the same to every shape: none, few (also 1xx to 3xx), a client's or server's error, many.
_DIGITS = bytes.maketrans(b"123456789", b"111446666")
# Lines that begin alike for this long are alike.
TEMPLATE_LENGTH = 300
# Beyond these, more of the same is counted and not kept.
_PLACES_EACH_END = 60
_OF_SHAPE_EACH_END, _OF_CODE_EACH_END = 1_000, 10
# Of these, lines that differ in a number say the same; tests and verdicts that do are different ones.
_NUMBERED_ALIKE = frozenset({Kind.ERROR, Kind.LESSER, Kind.DETAIL, Kind.WORD, Kind.NOTE})
_NUMBERS = re.compile(r"\d[\d.,:]*")
_WORDS_KEPT = 20_000
# Of a shape with more templates than that, each code has places of its own, up to so many codes.
_CODES_OF_SHAPE = 50


def template_of(line: str) -> bytes:
    """Return what lines have in common that differ in digits only."""
    # Bytes, since translating text that is not ASCII takes ten times as long.
    return line[:TEMPLATE_LENGTH].encode("utf-8", "surrogatepass").translate(_DIGITS)


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
    """Lines that differ in digits only: what they are, and where the first of them and, of evidence, the others stand."""

    shape: Shape | None
    level: Level | None
    is_known: bool
    first: int = -1
    _others: BothEnds[int] | None = None

    def add(self, index: int) -> None:
        """Note where another line stands. Most have but one: a list is made for the second."""
        if self.first < 0:
            self.first = index
            return
        if self._others is None:
            self._others = BothEnds(_PLACES_EACH_END)
        self._others.add(index)

    def places(self) -> list[int]:
        """Return where the lines stand, in order."""
        return [self.first, *(self._others or ())]


class Shelf:
    """Templates by shape: the first and the last of each, and of each code in the middle."""

    def __init__(self) -> None:
        self._by_shape: dict[str, BothEnds[Template]] = defaultdict(lambda: BothEnds(_OF_SHAPE_EACH_END))
        self._by_words: dict[tuple[str, str], Template] = {}
        self._by_code: dict[str, dict[str, BothEnds[Template]]] = defaultdict(dict)

    def put(self, one: Template, shape: Shape, line: str) -> Template:
        """Keep the template of a shape, whose first line this is; return the one that says the same but for its numbers, if any."""
        if shape.kind in _NUMBERED_ALIKE and _NUMBERS.search(line):
            words = _NUMBERS.sub("0", line[:TEMPLATE_LENGTH])
            same = self._by_words.get((shape.name, words))
            if same is not None and same.level == one.level and same.is_known == one.is_known:
                return same
            if len(self._by_words) < _WORDS_KEPT:
                self._by_words[shape.name, words] = one
        of_shape = self._by_shape[shape.name]
        if of_shape.is_full:
            self._put_by_code(one, self._by_code[shape.name], code_of(line))
        of_shape.add(one)
        return one

    def _put_by_code(self, one: Template, codes: dict[str, BothEnds[Template]], code: str) -> None:
        if code not in codes:
            if len(codes) == _CODES_OF_SHAPE:
                return
            codes[code] = BothEnds(_OF_CODE_EACH_END)
        codes[code].add(one)

    def templates(self) -> Iterator[Template]:
        """Yield what is kept, in no order, each once."""
        kept = [*self._by_shape.values(), *(row for codes in self._by_code.values() for row in codes.values())]
        yield from {id(one): one for row in kept for one in row}.values()
