"""Which elements of one sequence are those of another, by what they say and where they stand.

The law of this module: pure, the same for the same input, near-linear: words that stand everywhere say nothing about who is who and
are not looked up. A match says that somebody would call the two the same element; it proves nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .elements import Element

# Half of the words in common is the same element, edited; a third, where it also stands between the same neighbours.
_ALIKE = 0.5
_ALIKE_IN_PLACE = 0.34
# So much alike at the same place, nobody looks for another.
_SURELY_ALIKE = 0.6
# Words that stand in more elements than this point nowhere.
_COMMON = 8
# The rarest words of an element find it; more only cost time.
_TRAITS_LOOKED_UP = 16
_CANDIDATES = 5
# The beginning of a very long element tells it well enough.
_WORDS_COMPARED = 400

_WORD = re.compile(r"\w+")


@dataclass
class Matching:
    """Pairs of positions in two sequences, each position in one pair at most; `pairs` leads from the later to the earlier one."""

    before: Sequence[Element]
    after: Sequence[Element]
    pairs: dict[int, int] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    def pair(self, later: int, earlier: int) -> bool:
        """Make a pair of two positions, if both are free."""
        if later in self.pairs or earlier in self.taken:
            return False
        self.pairs[later] = earlier
        self.taken.add(earlier)
        return True

    def pair_unique(self) -> None:
        """Pair what is said once on both sides, and what goes on the same beside it."""
        earlier, later = self._places()
        for content, places in later.items():
            if len(places) == 1 == len(earlier.get(content, ())):
                self.pair(places[0], earlier[content][0])
        self._pair_neighbours()

    def pair_equal(self) -> None:
        """Pair what is said more than once, in order."""
        earlier, later = self._places()
        for content, places in later.items():
            for one, other in zip(places, earlier.get(content, ()), strict=False):
                self.pair(one, other)

    def pair_alike(self) -> None:
        """Pair what has most of its words in common: first at the same place, then anywhere, the most alike first."""
        words = {place: words_of(self.before[place].text) for place in self.free_before()}
        in_place = {later: (earlier, likeness(self._words(later), words[earlier])) for later, earlier in self._in_place().items()}
        for later, (earlier, alike) in in_place.items():
            if alike >= _SURELY_ALIKE:
                self.pair(later, earlier)
        likely = [(-alike, 0, later, earlier) for later, (earlier, alike) in in_place.items() if alike >= _ALIKE_IN_PLACE]
        for _, _, later, earlier in sorted([*likely, *self._found(words)]):
            self.pair(later, earlier)

    def free_before(self) -> list[int]:
        """Return the earlier positions without a partner."""
        return [place for place in range(len(self.before)) if place not in self.taken]

    def free_after(self) -> list[int]:
        """Return the later positions without a partner."""
        return [place for place in range(len(self.after)) if place not in self.pairs]

    def _places(self) -> tuple[dict[object, list[int]], dict[object, list[int]]]:
        sides: list[dict[object, list[int]]] = []
        for elements, free in ((self.before, self.free_before()), (self.after, self.free_after())):
            places: dict[object, list[int]] = defaultdict(list)
            for place in free:
                places[elements[place].content()].append(place)
            sides.append(places)
        return sides[0], sides[1]

    def _pair_neighbours(self) -> None:
        known = [(-1, -1), *self.pairs.items(), (len(self.after), len(self.before))]
        for step in (1, -1):
            for later, earlier in known:
                self._walk(later + step, earlier + step, step)

    def _walk(self, later: int, earlier: int, step: int) -> None:
        while 0 <= later < len(self.after) and 0 <= earlier < len(self.before):
            if self.after[later].content() != self.before[earlier].content() or not self.pair(later, earlier):
                return
            later, earlier = later + step, earlier + step

    def _words(self, later: int) -> frozenset[str]:
        return words_of(self.after[later].text)

    def _found(self, words: dict[int, frozenset[str]]) -> Iterator[tuple[float, int, int, int]]:
        """Yield pairs worth making, wherever they stand: how unlike they are, how far apart, and their positions."""
        index: dict[str, list[int]] = defaultdict(list)
        for place in self.free_before():
            for trait in _traits(self.before[place].text):
                index[trait].append(place)
        for later in self.free_after() if index else ():
            own = self._words(later)
            for earlier in _found_by(self.after[later].text, index):
                alike = likeness(own, words[earlier])
                if alike >= _ALIKE:
                    yield -alike, abs(later - earlier), later, earlier

    def _in_place(self) -> dict[int, int]:
        """Return for free later positions the free earlier one that has the same place between the same neighbours."""
        known = [(-1, -1), *sorted(self.pairs.items()), (len(self.after), len(self.before))]
        return {
            later + offset: earlier + offset
            for (later, earlier), (later_end, earlier_end) in pairwise(known)
            for offset in range(1, min(later_end - later, earlier_end - earlier))
            if earlier + offset not in self.taken
        }


def _found_by(text: str, index: dict[str, list[int]]) -> list[int]:
    rare = sorted((len(index[trait]), trait) for trait in _traits(text) if 0 < len(index.get(trait, ())) <= _COMMON)
    votes = Counter(place for _, trait in rare[:_TRAITS_LOOKED_UP] for place in index[trait])
    return [place for place, _ in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))[:_CANDIDATES]]


def _traits(text: str) -> set[str]:
    """Return the words of a text, and each with the next: two together are rare where each is common."""
    words = _WORD.findall(text.casefold())[:_WORDS_COMPARED]
    return {*words, *map(" ".join, pairwise(words))}


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, each once, with the punctuation that touches them: seven times as quick as without it."""
    return frozenset(text.casefold().split(maxsplit=_WORDS_COMPARED)[:_WORDS_COMPARED])


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of words that two texts have in common, from 0 to 1."""
    total = len(one) + len(other)
    return 2 * len(one & other) / total if total else 0.0


def matched_by_content(before: Sequence[Element], after: Sequence[Element], *, known: Matching | None = None) -> Matching:
    """Return the pairs of two sequences: what is known, then what is equal, then what is alike."""
    matching = known or Matching(before, after)
    matching.pair_unique()
    matching.pair_equal()
    matching.pair_alike()
    return matching
