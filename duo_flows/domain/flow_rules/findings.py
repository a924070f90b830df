"""A finding: one thing about a definition that its author should know, by the path where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from duo_flows.domain.model import Model

Path = tuple[str | int, ...]

# A longer list is not read; whoever wants all of it looks into the documentation.
_LISTED_COUNT = 12


class Finding(Model):
    """One thing to change: where, what stands there, what may stand there, and the names to choose the nearest from.

    Where only a part of what stands there is wrong, `part` is that part, and `before` and `after` stand around it. `meant` is what
    the author probably meant, where the rule knows it better than the nearest name.
    """

    at: Path
    found: str
    allowed: str
    names: tuple[str, ...] = ()
    part: str = ""
    before: str = ""
    after: str = ""
    meant: str = ""


def listed(names: Iterable[str]) -> str:
    """Return names as a list that can be read; empty for none."""
    known = tuple(dict.fromkeys(names))
    more = len(known) - _LISTED_COUNT
    return ", ".join(known[:_LISTED_COUNT]) + (f" and {more} more" if more > 0 else "")


def unknown(name: str, names: tuple[str, ...] | frozenset[str], *, at: Path, what: str) -> Iterator[Finding]:
    """Yield the finding that this is none of the names, if it is none.

    Args:
        name: what stands there.
        names: what may stand there.
        at: where.
        what: what the names are, such as `a component`; said alone where there are none.
    """
    if name not in names:
        choices = tuple(names) if isinstance(names, tuple) else tuple(sorted(names))
        yield Finding(at=at, found=name, allowed=f"{what}: {listed(choices)}" if choices else what, names=choices)
