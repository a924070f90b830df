"""What changed inside a text, by the word.

The law of this module: pure, near-linear, exact: the kept and removed words are the earlier text, the kept and added ones the
later. Anchors are words that stand once on both sides, as in a patience diff: they read better than the shortest edit, and cost
less.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

# A path or code between backticks changes as a whole; a sign of punctuation alone. The space behind goes with it.
_TOKEN = re.compile(r"(?:`[^`\n]+`|\w(?:[\w./-]*\w)?|[^\w\s]) ?|\s+")
# Beyond it nobody reads a difference by the word, and the text counts as written anew.
_TOKENS_MAX = 20_000
# Anchors within the gaps of anchors; deeper ones tie together words that only happen to be the same.
_DEPTH_MAX = 3


class SpanKind(StrEnum):
    """What became of some words."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


class Span(NamedTuple):
    """Some words in a row and what became of them."""

    kind: SpanKind
    text: str


Piece = tuple[SpanKind, Sequence[str]]


def word_spans(before: str, after: str) -> tuple[Span, ...]:
    """Return the difference of two texts; removed words stand before what was added in their place."""
    if before == after:
        return (Span(SpanKind.SAME, after),) if after else ()
    earlier, later = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(earlier) + len(later) > _TOKENS_MAX:
        return _spans(_replaced([before], [after]))
    return _spans(_compared(earlier, later, 0))


def _spans(pieces: Iterable[Piece]) -> tuple[Span, ...]:
    filled = ((kind, "".join(tokens)) for kind, tokens in pieces if tokens)
    return tuple(Span(kind, "".join(text for _, text in group)) for kind, group in groupby(filled, key=itemgetter(0)))


def _compared(earlier: Sequence[str], later: Sequence[str], depth: int) -> list[Piece]:
    if not earlier or not later:
        return _replaced(earlier, later)
    head = _common(earlier, later)
    tail = _common(earlier[: head - len(earlier) - 1 : -1], later[: head - len(later) - 1 : -1])
    return [
        (SpanKind.SAME, later[:head]),
        *_between(earlier[head : len(earlier) - tail], later[head : len(later) - tail], depth),
        (SpanKind.SAME, later[len(later) - tail :]),
    ]


def _between(earlier: Sequence[str], later: Sequence[str], depth: int) -> list[Piece]:
    # A single word is not worth looking for: it was not found at either end.
    is_worth_it = len(earlier) > 1 and len(later) > 1 and depth < _DEPTH_MAX
    anchors = _anchors(earlier, later) if is_worth_it else []
    if not anchors:
        return _replaced(earlier, later)
    pieces: list[Piece] = []
    from_earlier = from_later = 0
    for one, other in [*anchors, (len(earlier), len(later))]:
        if one > from_earlier or other > from_later:
            pieces += _compared(earlier[from_earlier:one], later[from_later:other], depth + 1)
        pieces.append((SpanKind.SAME, later[other : other + 1]))
        from_earlier, from_later = one + 1, other + 1
    return pieces


def _replaced(earlier: Sequence[str], later: Sequence[str]) -> list[Piece]:
    return [(SpanKind.REMOVED, earlier), (SpanKind.ADDED, later)]


def _common(earlier: Sequence[str], later: Sequence[str]) -> int:
    """Return how many words at the beginning are the same."""
    count = 0
    for one, other in zip(earlier, later, strict=False):
        if one != other:
            break
        count += 1
    return count


def _anchors(earlier: Sequence[str], later: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of words that stand once on both sides, as many as keep their order."""
    places, places_later = _once(earlier), _once(later)
    pairs = [(places[word], place) for word, place in places_later.items() if word in places]
    return [pairs[at] for at in longest_rising([one for one, _ in pairs])]


def _once(words: Sequence[str]) -> dict[str, int]:
    """Return the words that stand once, in order, each with its place; spaces tie nothing together."""
    places: dict[str, int] = {}
    repeated: set[str] = set()
    for place, word in enumerate(words):
        if word in places or word.isspace():
            repeated.add(word)
        else:
            places[word] = place
    for word in repeated:
        places.pop(word, None)
    return places


def longest_rising(values: Sequence[int]) -> list[int]:
    """Return the places of a longest rising run among different values; in O(n log n)."""
    tops: list[int] = []
    tops_at: list[int] = []
    previous: list[int] = []
    for at, value in enumerate(values):
        length = bisect_left(tops, value)
        previous.append(tops_at[length - 1] if length else -1)
        tops[length : length + 1] = [value]
        tops_at[length : length + 1] = [at]
    chain, at = [], tops_at[-1] if tops_at else -1
    while at >= 0:
        chain.append(at)
        at = previous[at]
    return chain[::-1]
