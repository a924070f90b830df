"""Lines of one build: what is left of a line when the words that no pattern names are put aside.

The law of this module: lines of one skeleton are the same to every pattern, nearly always; so it is for logs of thousands of
different failures, where a pass would take too long otherwise, and for nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from string import ascii_letters

from .vocabulary import spellings, words_in

_WORD = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Words of these lengths stand for all that are not longer than them: patterns count the letters of endings and names.
_LENGTHS = (5, 8, 12, 20, 40)
_STAND_IN = [b"q" * next(length for length in _LENGTHS if count <= length) for count in range(_LENGTHS[-1] + 1)]
# Pieces of lines that are remembered: some megabytes.
_KEPT = 20_000


class Skeletons(dict[bytes, bytes]):
    """The skeletons of lines, piece by piece; it remembers the pieces."""

    def __init__(self, patterns: Iterable[str]) -> None:
        """Take the patterns that will judge the lines."""
        super().__init__()
        self._patterns = tuple(patterns)

    @cached_property
    def _named(self) -> frozenset[bytes]:
        # Made when it is needed: seldom.
        words = {word for pattern in self._patterns for word in words_in(re.sub(r"\\[A-Za-z]", " ", pattern))}
        return frozenset(spelling.encode() for word in {*words, *ascii_letters} for spelling in spellings(word))

    def __missing__(self, piece: bytes) -> bytes:
        if len(self) == _KEPT:
            self.clear()
        found = self[piece] = self._bare(piece) if piece.isalpha() and piece.islower() else _WORD.sub(self._of_match, piece)
        return found

    def of(self, line: bytes) -> tuple[bytes, ...]:
        """Return the skeleton of a line."""
        return tuple(map(self.__getitem__, line.split(b" ")))

    def _of_match(self, match: re.Match[bytes]) -> bytes:
        return self._bare(match[0])

    def _bare(self, word: bytes) -> bytes:
        size = len(word)
        if word in self._named or size > _LENGTHS[-1]:
            return word
        if word.islower():
            return _STAND_IN[size]
        return b"Q" * size if word.isupper() else _STAND_IN[size].capitalize()
