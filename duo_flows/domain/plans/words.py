"""What changed inside a text, by the word.

The law of this module: pure, near-linear, exact: the kept and removed words are the earlier text, the kept and added ones the
later. Anchors are words that stand once on both sides, as in a patience diff: they read better than the shortest edit, and cost
less.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

# A path or code between backticks changes as a whole; a sign of punctuation alone.
_TOKEN = re.compile(r"\s+|`[^`\n]+`|[\w./-]+|[^\w\s]")
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


def word_spans(before: str, after: str) -> tuple[Span, ...]:
    """Return the difference of two texts; removed words stand before what was added in their place."""
    if before == after:
        return (Span(SpanKind.SAME, after),) if after else ()
    earlier, later = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(earlier) + len(later) > _TOKENS_MAX:
        return _spans(_replaced([before], [after]))
    return _spans(_compared(earlier, later, 0))


def _spans(pieces: Iterable[tuple[SpanKind, Sequence[str]]]) -> tuple[Span, ...]:
    filled = ((kind, "".join(tokens)) for kind, tokens in pieces if tokens)
    return tuple(Span(kind, "".join(text for _, text in group)) for kind, group in groupby(filled, key=lambda piece: piece[0]))


def _compared(earlier: Sequence[str], later: Sequence[str], depth: int) -> Iterator[tuple[SpanKind, Sequence[str]]]:
    head = _common(earlier, later)
    tail = _common(earlier[head:][::-1], later[head:][::-1])
    yield SpanKind.SAME, later[:head]
    yield from _between(earlier[head : len(earlier) - tail], later[head : len(later) - tail], depth)
    yield SpanKind.SAME, later[len(later) - tail :]


def _between(earlier: Sequence[str], later: Sequence[str], depth: int) -> Iterator[tuple[SpanKind, Sequence[str]]]:
    anchors = _anchors(earlier, later) if earlier and later and depth < _DEPTH_MAX else []
    if not anchors:
        yield from _replaced(earlier, later)
        return
    from_earlier = from_later = 0
    for one, other in [*anchors, (len(earlier), len(later))]:
        # What stands before an anchor may share words at both ends.
        yield from _compared(earlier[from_earlier:one], later[from_later:other], depth + 1)
        yield SpanKind.SAME, later[other : other + 1]
        from_earlier, from_later = one + 1, other + 1


def _replaced(earlier: Sequence[str], later: Sequence[str]) -> Iterator[tuple[SpanKind, Sequence[str]]]:
    yield SpanKind.REMOVED, earlier
    yield SpanKind.ADDED, later


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
    once = {word for word, count in Counter(earlier).items() if count == 1 and not word.isspace()}
    once &= {word for word, count in Counter(later).items() if count == 1}
    places = {word: place for place, word in enumerate(earlier) if word in once}
    pairs = [(places[word], place) for place, word in enumerate(later) if word in once]
    return [pairs[at] for at in longest_rising([one for one, _ in pairs])]


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
