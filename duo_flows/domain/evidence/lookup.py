"""How the shape that a line has is found without trying them all.

The law of this module: it goes by what is sure to stand in a line of each shape, its needles, and never leaves out a shape that has
the line.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from .shape import Shape
from .vocabulary import cases, spellings, words_in

# With fewer needles it takes longer to look around than to look for each.
_MANY_NEEDLES = 6
# What may stand around a word, the usual of it.
_PLACES_KEPT = 1_000
# Shorter words stand in lines of all kinds.
_WORTH_LOOKING_UP = 4


class ShapeIndex:
    """Shapes by one word of each of their needles, since trying every shape on every line would take too long."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._shapes = tuple(shapes)
        self._searches = tuple(_search_of(one.pattern) for one in shapes)
        # What a word or a first sign leads to: shapes that it is enough for, and needles that have to stand in the line too.
        self._by_word: defaultdict[str, _Leads] = defaultdict(_Leads)
        self._by_first_sign: defaultdict[str, _Leads] = defaultdict(_Leads)
        frequency = Counter(word for one in shapes for needle in one.needles for word in {*words_in(needle.lower())})
        for order, one in enumerate(shapes):
            for needle in one.needles:
                self._add(order, needle, frequency)
        self.words = frozenset(self._by_word)

    def _add(self, order: int, needle: str, frequency: Counter[str]) -> None:
        if needle.startswith("^"):
            self._by_first_sign[needle[1]].add(order, needle, is_enough=True)
            return
        word = _word_to_look_up(needle, frequency)
        low = needle.lower()
        if not word:
            self._by_first_sign[needle[0]].add(order, low, is_enough=len(needle) == 1)
            return
        for spelling in spellings(word) if needle.endswith(word) else cases(word):
            self._by_word[spelling].add(order, low, is_enough=low == word.lower())

    def find(self, line: str, lower: str, tokens: AbstractSet[str]) -> Shape | None:
        """Return the first shape that the line has; `lower` is the line in lower case, tokens are the line's."""
        orders: set[int] = set()
        for token in tokens & self.words:
            leads = self._by_word[token]
            if len(leads.needles) >= _MANY_NEEDLES:
                leads = leads.at_place(lower, token.lower())
            orders |= leads.enough
            for needle, order in leads.needles:
                if needle in lower:
                    orders.add(order)
        if line[:1] in self._by_first_sign:
            leads = self._by_first_sign[line[:1]]
            orders.update(leads.enough, (order for needle, order in leads.needles if needle in lower))
        for order in sorted(orders):
            if self._searches[order](line):
                return self._shapes[order]
        return None


@dataclass(slots=True)
class _Leads:
    """What one word leads to: places in the table for which it is enough, and needles that have to stand in the line too."""

    enough: set[int] = field(default_factory=set)
    needles: list[tuple[str, int]] = field(default_factory=list)
    _near: dict[str, _Leads] = field(default_factory=dict)

    def add(self, order: int, needle: str, *, is_enough: bool) -> None:
        if is_enough:
            self.enough.add(order)
        else:
            self.needles.append((needle, order))

    def at_place(self, lower: str, word: str) -> _Leads:
        """Return what the word leads to between the signs that stand around it, if it stands in the line once."""
        start = lower.find(word)
        end = start + len(word)
        if start < 0 or lower.find(word, end) >= 0:
            return self
        before, after = lower[max(0, start - 2) : start], lower[end : end + 2]
        around = f"{before}\n{after}"
        found = self._near.get(around)
        if found is None:
            found = self._between(before, word, after)
            if len(self._near) < _PLACES_KEPT:
                self._near[around] = found
        return found

    def _between(self, before: str, word: str, after: str) -> _Leads:
        enough = {order for needle, order in self.needles if needle in f"{before}{word}{after}"}
        rest = [(needle, order) for needle, order in self.needles if order not in enough and _agrees(needle, word, before, after)]
        return _Leads(self.enough | enough, rest)


def _agrees(needle: str, word: str, before: str, after: str) -> bool:
    """Tell whether the needle may stand where the word has these signs around it."""
    left, found, right = needle.partition(word)
    return not found or word in right or (before.endswith(left[-2:]) and after.startswith(right[:2]))


def _word_to_look_up(needle: str, frequency: Mapping[str, int]) -> str:
    """Return the word that the fewest needles have, of the longest one and of those that have ends within the needle."""
    words = words_in(needle)
    if not words:
        return ""
    longest = max(words, key=len)
    closed = [word for word in words if len(word) >= _WORTH_LOOKING_UP and _is_closed(needle, word)]
    return min([longest, *closed], key=lambda word: frequency[word.lower()])


def _is_closed(needle: str, word: str) -> bool:
    before, _, after = needle.partition(word)
    return bool(before and after) and not (before[-1].isalpha() or after[0].isalpha())


def _search_of(pattern: re.Pattern[str]) -> Callable[[str], object]:
    """Return how to search for it: what can stand at the beginning only need not be tried elsewhere."""
    return pattern.match if _is_anchored(pattern.pattern) else pattern.search


def _is_anchored(pattern: str) -> bool:
    depth = 0
    starts = [0]
    for match in re.finditer(r"\\.|\[(?:\\.|[^\]\\])+\]|[()|]", pattern):
        depth += (match[0] == "(") - (match[0] == ")")
        if match[0] == "|" and not depth:
            starts.append(match.end())
    return all(pattern.startswith("^", start) for start in starts)
