"""What a failure shape is: one row of the tables.

The law of this module: it knows how shapes are described, the tables beside it know the tools. A pattern sees one line,
without what was put before it by another tool, cut to `LINE_SEEN`.
"""

from __future__ import annotations

import re
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
    LESSER = "lesser"  # a checker's finding that it calls no error
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
            whole, but for an s at its end; one without a word stands at the line's beginning, and so does the sign after a caret.
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
