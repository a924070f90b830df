"""What a failure shape is: one row of the tables, and how rows are looked up.

The law of this module: it knows how shapes are described and found, the tables beside it know the tools. A pattern sees one line,
without what was put before it by another tool, cut to `LINE_SEEN`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# Patterns see this much of a line: what a line says of a failure, it says at its beginning.
LINE_SEEN = 1_000


class Kind(StrEnum):
    """What a line is to somebody who asks why the job failed."""

    VERDICT = "verdict"  # the job, or a command of it, ended badly
    SUMMARY = "summary"  # how many failed
    NAME = "name"  # which test, target or file failed
    ERROR = "error"  # what went wrong
    DETAIL = "detail"  # where it did, or what was expected
    WORD = "word"  # no known shape, but words that speak of failure
    NOTE = "note"  # a warning, or something that may matter


@dataclass(frozen=True)
class Shape:
    """One failure shape of one family of tools.

    Args:
        name: tool and what the line is, unique.
        kind: what the line is to a reader.
        needles: literal texts of which one stands in every line of this shape, in whatever case. The longest word of each has to be
            whole, but for an s; one without a word stands at the line's beginning.
        pattern: searched in the line, which is stripped of space at both ends.
        after: how many lines below may belong to it, 0 for none, None for the kind's usual number.
        until: what ends the lines that belong to it; without it they end where they no longer look like details.
    """

    name: str
    kind: Kind
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    after: int | None = None
    until: re.Pattern[str] | None = None


def shape(  # noqa: PLR0913 - the columns of a table
    name: str, kind: Kind, needles: str, pattern: str, *, after: int | None = None, until: str = ""
) -> Shape:
    """Return a row of a table; needles are parted by bars."""
    return Shape(name, kind, tuple(needles.split("|")), re.compile(pattern), after, re.compile(until) if until else None)


# What a line is looked up by: words, also those inside names such as `ModuleNotFoundError`, and signs that are not ASCII.
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\x00-\x7f]")


def tokens_of(line: str) -> set[str]:
    """Return the words and signs of a line."""
    return set(_TOKEN.findall(line))


class ShapeIndex:
    """Shapes by one token of each of their needles, since trying every shape on every line would take too long."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._by_token: dict[str, list[tuple[int, str]]] = {}
        self._by_first_sign: dict[str, list[tuple[int, str]]] = {}
        self._shapes = tuple(shapes)
        for order, one in enumerate(shapes):
            for needle in one.needles:
                self._add(order, needle)

    def _add(self, order: int, needle: str) -> None:
        words = _TOKEN.findall(needle)
        entry = (order, needle.lower())
        if not words:
            self._by_first_sign.setdefault(needle[0], []).append(entry)
            return
        for spelling in spellings(max(words, key=len)):
            self._by_token.setdefault(spelling, []).append(entry)

    def find(self, line: str, tokens: set[str]) -> Shape | None:
        """Return the first shape that the line has; tokens are the line's."""
        entries = list(self._by_first_sign.get(line[:1], ()))
        for token in tokens & self._by_token.keys():
            entries += self._by_token[token]
        if not entries:
            return None
        lower = line.lower()
        orders = sorted({order for order, needle in entries if needle in lower})
        return next((self._shapes[order] for order in orders if self._shapes[order].pattern.search(line)), None)


def spellings(word: str) -> set[str]:
    """Return a word as it may be spelled in a line: in any case, also with an s."""
    low = word.lower()
    return {low, low.capitalize(), low.upper(), f"{low}s", f"{low.capitalize()}s", f"{low.upper()}S"}
