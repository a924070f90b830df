"""GitLab's sections of a raw trace: where each begins and ends.

The law of this module: marks only, which `log_lines` takes out of the text; line numbers are those of `log_lines`.

Source: GitLab docs, ci/jobs/job_logs (custom collapsible sections).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARK = re.compile(rb"section_(start|end):(\d{1,12}):([\w.-]{1,100})")

# A log has dozens; a program that prints marks without end must not fill the memory.
_AT_MOST = 20_000


@dataclass(frozen=True)
class Section:
    """A part of a log: lines from 0, both ends included. One without a last line was left open: there its script broke off."""

    name: str
    first: int
    last: int | None = None


def sections_of(raw: bytes) -> tuple[Section, ...]:
    """Return the sections in the order in which they begin."""
    found: list[Section] = []
    open_at: dict[str, int] = {}
    line = position = 0
    for mark in _MARK.finditer(raw):
        line += raw.count(b"\n", position, mark.start())
        position = mark.start()
        name = mark[3].decode("ascii", errors="replace")
        if mark[1] == b"start" and len(found) < _AT_MOST:
            open_at[name] = len(found)
            found.append(Section(name, line))
        elif mark[1] == b"end" and name in open_at:
            place = open_at.pop(name)
            found[place] = Section(name, found[place].first, line)
    return tuple(found)
