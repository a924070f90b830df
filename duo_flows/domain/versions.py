"""Semantic versions and the constraints that flow files put on them: `^1.2.0`, `~1.2.0`, `>=1.2.0`, or one version. Pure.

A pre-release (`1.0.0-dev`) comes before its release and fits a constraint only where it is named. Source: semver.org, 2.0.0.
"""

from __future__ import annotations

import re
from functools import total_ordering

from .model import Model

_VERSION = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]{1,64}))?(?:\+[0-9A-Za-z.-]{1,64})?", re.ASCII)
_CONSTRAINT = re.compile(r"(\^|~|>=|=)?\s*(\S+)")


@total_ordering
class Version(Model):
    """A version; parts that are left out are 0."""

    major: int
    minor: int = 0
    patch: int = 0
    pre_release: str = ""

    @classmethod
    def parse(cls, text: str) -> Version:
        """Return the version that a text states.

        Raises:
            ValueError: it states none.
        """
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            raise ValueError("a version is written 1.2.3")
        major, minor, patch, pre_release = match.groups()
        return cls(major=int(major), minor=int(minor or 0), patch=int(patch or 0), pre_release=pre_release or "")

    def __lt__(self, other: Version) -> bool:
        """Tell whether this one comes before the other."""
        return self._order < other._order

    @property
    def _order(self) -> tuple[object, ...]:
        # A release comes after all its pre-releases; of those a number comes before a word.
        parts = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in self.pre_release.split("."))
        return (self.major, self.minor, self.patch, not self.pre_release, parts)


def fits(version: Version, constraint: str) -> bool:
    """Tell whether a version fits a constraint: `^` keeps the first number that is not 0, `~` the second, `>=` any later one.

    Raises:
        ValueError: the constraint is none.
    """
    match = _CONSTRAINT.fullmatch(constraint.strip())
    if match is None:
        raise ValueError("a constraint on versions is written ^1.2.0, ~1.2.0, >=1.2.0 or 1.2.0")
    operator, least = match[1] or "=", Version.parse(match[2])
    if operator == "=":
        return version == least
    if version.pre_release and (version.major, version.minor, version.patch) != (least.major, least.minor, least.patch):
        return False
    return version >= least and (operator == ">=" or version < _limit(operator, least))


def _limit(operator: str, least: Version) -> Version:
    if operator == "~" or (least.major == 0 and least.minor > 0):
        return Version(major=least.major, minor=least.minor + 1)
    if least.major == 0:
        return Version(major=0, minor=0, patch=least.patch + 1)
    return Version(major=least.major + 1)
