"""What belongs to a find: details below it, headings and context above it.

The law of this module: it goes by how lines are set, their indentation, gutters and rules, and hardly by their words. It looks at a
bounded number of lines for each find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .scan import Find
from .shape import LINE_SEEN, Kind
from .structure import Level, heading_level
from .words import body_of, has_passed


@dataclass(frozen=True)
class Neighbour:
    """A line near a find, and the share of the find's worth that it has."""

    index: int
    share: float


# How many lines below may belong to a find whose shape does not say.
_AFTER: dict[Kind, int] = {
    Kind.LESSER: 2,
    Kind.VERDICT: 3,
    Kind.SUMMARY: 5,
    Kind.ERROR: 14,
    Kind.NAME: 12,
    Kind.DETAIL: 5,
    Kind.WORD: 6,
    Kind.NOTE: 2,
}
_BEFORE: dict[Kind, int] = {
    Kind.LESSER: 2,
    Kind.VERDICT: 8,
    Kind.SUMMARY: 4,
    Kind.ERROR: 8,
    Kind.NAME: 4,
    Kind.DETAIL: 2,
    Kind.WORD: 3,
    Kind.NOTE: 1,
}
# More blank lines than these end what belongs together.
_BLANKS = 2
# Lines below that are given though they do not look like details: what a tool says next.
_LOOSE = 6
_LOOSE_SHARE, _BLANK_SHARE, _FOREIGN_SHARE = 0.3, 0.2, 0.4
_DETAIL_SHARE, _DETAIL_FADES = 0.75, 16
_BEFORE_SHARE, _PARENT_SHARE = 0.4, 0.6
# A heading that stands less deep is looked for this far above, at most this many.
_PARENT_REACH, _PARENTS = 60, 3

# Nothing belongs together across these.
_STEPS = frozenset({Level.STEP, Level.AFTER})

# Gutters, rules, frames, and words that begin a detail.
_DETAIL = re.compile(
    r"\||>|\+|-(?!-{5})|\^|~|=(?!={5})|E\s|at |in |on |by |from |\d{1,6} ?[|│:]|#\d|\.\.\.|…|│|└|├|┌|╭|╰|┆|↳|→|⎯|\u276f"
    r"|\.{3}|\*|@ |"
    r"(?:note|help|hint|hints|caused by|reason|cause|details?|message|stderr|stdout|output|error|errors|expected"
    r"|received|actual|got|want|diff|with|code|path|"
    r"file|line|source|stack|stacktrace|traceback|backtrace|thrown|instead|but|and|required|found|first|second|left"
    r"|right|return|status|url|did you mean)\b",
    re.IGNORECASE,
)
# Code that is not the project's own: by what stands in its lines, which is looked for one by one since that is much faster than by
# one pattern, and by names of packages, which begin a word.
_FOREIGN_PARTS = (
    *(
        "node_modules",
        "site-packages",
        "dist-packages",
        "/usr/lib",
        "/usr/local/lib",
        "/rustc/",
        ".cargo/registry",
        "node:internal",
    ),
    *("internal/", "(node:", "<anonymous>", "<frozen ", "/vendor/", "/gems/", "/go/pkg/mod/", "/usr/local/go/"),
    *("/opt/hostedtoolcache", "core::", "std::", "webpack:"),
)
_FOREIGN_PACKAGES = (
    *("java.base/", "jdk.internal", "sun.reflect", "org.junit", "org.gradle", "org.apache.maven", "org.scalatest"),
    *("System.", "Microsoft.", "Xunit."),
)
_FOREIGN_PACKAGE = re.compile(
    r"\b(?:java\.base/|jdk\.internal|sun\.reflect|org\.(?:junit|gradle|apache\.maven|scalatest)|System\.\w|Microsoft\.|Xunit\.)"
)


def below(lines: Sequence[str], find: Find, starts: Mapping[int, str]) -> Iterator[Neighbour]:
    """Yield the lines below that belong to the find; `starts` names the shape of every line that begins a find."""
    shape = find.shape
    limit = _AFTER[shape.kind] if shape.after is None else shape.after
    depth, first_word = _depth(lines[find.index]), _first_word(lines[find.index])
    loose = blanks = 0
    for index in range(find.index + 1, min(find.index + 1 + limit, len(lines))):
        if starts.get(index) == shape.name:
            return
        line = lines[index][:LINE_SEEN]
        body = body_of(line)
        if not body:
            blanks += 1
            if blanks > _BLANKS:
                return
            yield Neighbour(index, _BLANK_SHARE)
            continue
        if (shape.until and shape.until.search(body)) or heading_level(body) in _STEPS:
            return
        if shape.until is None and not _is_detail(line, body, depth, first_word):
            loose += 1
            if loose > _LOOSE or has_passed(body):
                return
            yield Neighbour(index, _LOOSE_SHARE / loose)
            continue
        blanks = 0
        share = _DETAIL_SHARE / (1 + (index - find.index) / _DETAIL_FADES)
        yield Neighbour(index, share * (_FOREIGN_SHARE if _is_foreign(line) else 1))


def above(lines: Sequence[str], find: Find) -> Iterator[Neighbour]:
    """Yield the lines right above, and the headings of indented text."""
    for distance in range(1, _BEFORE[find.shape.kind] + 1):
        index = find.index - distance
        if index < 0 or heading_level(lines[index]) == Level.STEP:
            break
        if lines[index].strip():
            yield Neighbour(index, _BEFORE_SHARE / distance)
    yield from _parents(lines, find.index)


def _parents(lines: Sequence[str], start: int) -> Iterator[Neighbour]:
    depth, found = _depth(lines[start]), 0
    for index in range(start - 1, max(-1, start - 1 - _PARENT_REACH), -1):
        if not depth or found == _PARENTS:
            return
        line = lines[index]
        if line.strip() and _depth(line) < depth:
            depth, found = _depth(line), found + 1
            yield Neighbour(index, _PARENT_SHARE / found)


def _is_detail(line: str, body: str, depth: int, first_word: str) -> bool:
    return _depth(line) > depth or _DETAIL.match(body) is not None or (bool(first_word) and line.startswith(first_word))


def _is_foreign(line: str) -> bool:
    # Loops, since generators take twice as long, and this is asked of every frame.
    for part in _FOREIGN_PARTS:
        if part in line:
            return True
    for part in _FOREIGN_PACKAGES:
        if part in line:
            return _FOREIGN_PACKAGE.search(line) is not None
    return False


def _depth(line: str) -> int:
    return len(line[:LINE_SEEN]) - len(line[:LINE_SEEN].lstrip())


def _first_word(line: str) -> str:
    """Return what a tool puts before each of its lines, if the line begins like that: `npm ERR!`, `[ERROR]`, `error:`."""
    words = line[:60].split(" ", 2)
    return " ".join(words[:2]) if line[:1].strip() and len(words) > 1 else ""
