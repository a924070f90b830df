"""Whether a path that a plan may touch falls under a reviewer rule.

Patterns of approved effects must not let too much through, and are narrow. These must not miss anything, and are wide: `*` meets
names that begin with a dot too, and a touched pattern falls under a rule if it could stand for a single path that does.
"""

from __future__ import annotations

import re

_PART = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_ATOM = re.compile(r"\*\*/?|.", re.DOTALL)
_LOOPS = frozenset({"*", "**"})


def is_touched(glob: str, touched: str) -> bool:
    """Tell whether a touched path, or one that a touched pattern stands for, fits a rule's glob. Case counts, as in git."""
    whole = (f"{glob}**" if glob.endswith("/") else glob).removeprefix("/")
    path = touched.removeprefix("/")
    return _can_meet(_atoms(whole), _atoms(path)) if set(path) & set("*?") else _fits(whole, path)


def _fits(glob: str, path: str) -> bool:
    """Match a plain path. Every place that the parts so far can end at is followed at once, so that no glob takes long."""
    reached = {0}
    for part in _PART.findall(glob):
        reached = _ends(part, reached, path)
    return len(path) in reached


def _ends(part: str, starts: set[int], path: str) -> set[int]:
    """Return where one part of a glob can end that begins at one of these places."""
    if not starts:
        return starts
    if part == "**":
        return set(range(min(starts), len(path) + 1))
    if part == "**/":
        return starts | {at + 1 for at in range(min(starts), len(path)) if path[at] == "/"}
    if part == "*":
        return {end for start in starts for end in range(start, _name_end(start, path) + 1)}
    if part == "?":
        return {start + 1 for start in starts if path[start : start + 1] not in {"", "/"}}
    return {start + len(part) for start in starts if path.startswith(part, start)}


def _name_end(start: int, path: str) -> int:
    return start + len(path[start:].partition("/")[0])


def _atoms(pattern: str) -> tuple[str, ...]:
    """Return a pattern sign by sign; a `**/` that may stand for nothing is taken as `**`, which is a little wider."""
    return tuple("**" if atom == "**/" else atom for atom in _ATOM.findall(pattern))


def _can_meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether a single path fits both patterns: walk both at once, each pair of places at most once."""
    waiting, seen = [(0, 0)], set[tuple[int, int]]()
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            waiting += _next_places(one, other, place)
    return (len(one), len(other)) in seen


def _next_places(one: tuple[str, ...], other: tuple[str, ...], place: tuple[int, int]) -> list[tuple[int, int]]:
    at, there = place
    mine, theirs = one[at : at + 1], other[there : there + 1]
    places = [(at + 1, there)] if _LOOPS.issuperset(mine) and mine else []
    places += [(at, there + 1)] if _LOOPS.issuperset(theirs) and theirs else []
    if mine and theirs and _share_a_sign(mine[0], theirs[0]):
        places.append((at + (mine[0] not in _LOOPS), there + (theirs[0] not in _LOOPS)))
    return places


def _share_a_sign(mine: str, theirs: str) -> bool:
    """Tell whether some sign fits both atoms: only `**` and a slash itself stand for a slash."""
    within_a_name = {"*", "?"}
    if mine in within_a_name or mine == "**":
        return theirs != "/" or mine == "**"
    if theirs in within_a_name or theirs == "**":
        return mine != "/" or theirs == "**"
    return mine == theirs
