"""Words of lines: what a line is looked up by.

The law of this module: a word is letters of one case, or a capital and small ones; nothing here knows what a word means.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

# Runs of letters whose words are remembered, the words of a large log in some megabytes; longer ones are seldom seen again.
_RUNS_KEPT, _LONGEST_KEPT = 50_000, 60
_ASCII = 0x80
_LETTERS_ONLY = bytes(sign if sign >= _ASCII or chr(sign).isalpha() else ord(" ") for sign in range(256))

# Words, also those inside names such as `ModuleNotFoundError`, and signs that are not ASCII.
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\x00-\x7f]")


def words_in(text: str) -> list[str]:
    """Return the words and signs of a text."""
    return _WORD.findall(text)


def cases(word: str) -> set[str]:
    """Return a word as it may be spelled in a line."""
    low = word.lower()
    return {low, low.capitalize(), low.upper()}


def spellings(word: str) -> set[str]:
    """Return a word as it may be spelled in a line: in any case, also with an s."""
    return {f"{case}{ending}" for case in cases(word) for ending in ("", "S" if case.isupper() else "s")}


class Vocabulary(dict[bytes, frozenset[str]]):
    """Which of the words that matter a run of letters has: `TypeErrors` has `Type` and `Errors`. It remembers what it was asked."""

    def __init__(self, words: AbstractSet[str]) -> None:
        super().__init__()
        self._words = frozenset(words)

    def __missing__(self, letters: bytes) -> frozenset[str]:
        found = self._words.intersection(words_in(letters.decode("utf-8", errors="replace")))
        if len(self) == _RUNS_KEPT:
            self.clear()
        if len(letters) <= _LONGEST_KEPT:
            self[letters] = found
        return found

    def words_of(self, line: str) -> set[str]:
        """Return the words and signs of the line that matter."""
        letters = line.encode("utf-8", "surrogatepass").translate(_LETTERS_ONLY).split()
        found: set[str] = set()
        found.update(*map(self.__getitem__, letters))
        return found
