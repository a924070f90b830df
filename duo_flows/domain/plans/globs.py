"""Patterns of paths and branches in approved effects: few signs, and no surprises.

The law of this module: pure, quick for hostile patterns too, and narrow. `*` and `?` stay within one name between slashes, `**` is
a whole name and stands for any number of them, letters are as they are written, and a name that begins with a dot
(`.gitlab-ci.yml`) is met only by a pattern that writes the dot. Whatever is not in this form matches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from duo_flows.domain.branches import checked_branch_name
from duo_flows.domain.changes import checked_path
from duo_flows.domain.errors import Refused

PATTERN_MAX = 300
# Signs with a meaning elsewhere, so that a reader could take the pattern for a wider or narrower one.
_FOREIGN = "[]{}!\\`"


def checked_pattern(pattern: str) -> str:
    """Return the pattern, if it is in our form.

    Raises:
        Refused: it is absolute, climbs, is not in normal form, or uses signs of another language of patterns.
    """
    names = pattern.split("/")
    reason = ""
    if not pattern or len(pattern) > PATTERN_MAX or not pattern.isprintable():
        reason = f"it is empty, longer than {PATTERN_MAX} characters, or has signs that nobody sees"
    elif found := next((sign for sign in _FOREIGN if sign in pattern), ""):
        reason = f"{found!r} has no meaning here; only *, ? and ** have"
    elif any(name in {"", ".", ".."} for name in names):
        reason = "it begins or ends with a slash, or has an empty name, . or .. in it; for a whole folder write folder/**"
    elif any("**" in name and name != "**" for name in names):
        reason = "** stands alone between slashes"
    if reason:
        raise Refused(f"The pattern {pattern[:80]!r} cannot be used: {reason}.", code="bad_pattern")
    return pattern


def is_wild(pattern: str) -> bool:
    """Tell whether a pattern stands for more than one name."""
    return "*" in pattern or "?" in pattern


def matches_path(pattern: str, path: str) -> bool:
    """Tell whether a path inside a repository is meant by the pattern; a path that is not plain never is."""
    try:
        return _matches(checked_pattern(pattern).split("/"), checked_path(path).split("/"))
    except Refused:
        return False


def matches_branch(pattern: str, branch: str) -> bool:
    """Tell whether a branch is meant by the pattern; a name that no branch can have never is."""
    try:
        return _matches(checked_pattern(pattern).split("/"), checked_branch_name(branch).split("/"))
    except Refused:
        return False


def _matches(patterns: Sequence[str], names: Sequence[str]) -> bool:
    """Tell whether a row of patterns meets a row of names, by the places in it that are reachable after each name."""
    # What lies in a folder, and not a file of the folder's name.
    patterns = [*patterns, "*"] if patterns[-1] == "**" else patterns
    reachable = _with_empty({0}, patterns)
    for name in names:
        stay = {at for at in reachable if at < len(patterns) and patterns[at] == "**" and not name.startswith(".")}
        step = {at + 1 for at in reachable if at < len(patterns) and patterns[at] != "**" and _name_matches(patterns[at], name)}
        reachable = _with_empty(stay | step, patterns)
    return len(patterns) in reachable


def _with_empty(places: set[int], patterns: Sequence[str]) -> set[int]:
    """Return the places with those that are reached when `**` stands for nothing."""
    reached = set(places)
    for at in sorted(places):
        while at < len(patterns) and patterns[at] == "**":
            at += 1  # noqa: PLW2901 - the walk goes on from the place
            reached.add(at)
    return reached


def _name_matches(pattern: str, name: str) -> bool:
    """Match one name with `*` and `?`; each star gives back only to the one before it, so that no pattern is slow."""
    if name.startswith(".") and not pattern.startswith("."):
        return False
    at = place = 0
    star, star_place = -1, 0
    while place < len(name):
        sign = pattern[at] if at < len(pattern) else ""
        if sign == "*":
            star, star_place = at, place
            at += 1
        elif sign in {"?", name[place]}:
            at, place = at + 1, place + 1
        elif star >= 0:
            star_place += 1
            at, place = star + 1, star_place
        else:
            return False
    return not pattern[at:].strip("*")
