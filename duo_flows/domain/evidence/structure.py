"""The parts of a job: steps, sections, groups and commands, and which of them failed.

The law of this module: it reads headings, never failures' words; a heading is known by its own line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How much a heading heads."""

    STEP = 1  # a step of the job
    AFTER = 2  # a step that runs whatever came before: uploading, cleaning up
    COMMAND = 3  # a command of a script
    PART = 4  # a part of what a command prints: a build step, a task, a package


_STEP = re.compile(
    r"##\[group\]Run |##\[section\]Starting: |Executing \"\w{1,40}\" stage of the job script|Preparing (?:the \""
    r"|environment)|Getting source from Git|"
    r"Downloading artifacts$|Restoring cache$|\[Pipeline\] \{ \(|={3,} (?:Step|STEP)"
)
_AFTER = re.compile(
    r"Post job cleanup\.|Cleaning up orphan processes|Cleaning up project directory|Uploading artifacts for "
    r"|Running after_script|Running after script|"
    r"Saving cache for |Cleanup job|##\[section\]Finishing: "
)
_COMMAND = re.compile(
    r"\$ \S|\+ [\w./\"'-]|\+\+ [\w./]|\[command\]|##\[command\]|Running command:? "
    r"|> (?!Task )[@\w./-]{1,80}@?\S{0,20} [\w:-]{1,40}(?: /\S{1,200})?$|nox > |Executing: "
)
_PART = re.compile(
    r"##\[group\]|::group::|#\d{1,4} \[|Step \d{1,3}/\d{1,3} : |STEP \d{1,3}|> Task |\[INFO\] --- |\[INFO\] Building "
    r"|TASK \[|PLAY \[|==> |make\[\d{1,3}\]: Entering|"
    r"Running: |RUNS |> [@\w./-]{1,80}@\d|Running \"|• |=== |-{3,} (?:Running|Starting)"
)
_HEADS = frozenset("#$+[>EPGDRSCUTmn:=•-")

# One group for each level: which of them matched is the answer.
HEADING_PATTERNS = (_AFTER.pattern, _STEP.pattern, _COMMAND.pattern, _PART.pattern)
_HEADING = re.compile("|".join(f"({pattern})" for pattern in HEADING_PATTERNS))
_LEVELS = (None, Level.AFTER, Level.STEP, Level.COMMAND, Level.PART)


def heading_level(line: str) -> Level | None:
    """Return what the line heads; None for a line that heads nothing."""
    if not line or line[0] not in _HEADS:
        return None
    match = _HEADING.match(line)
    return _LEVELS[match.lastindex or 0] if match else None


@dataclass(frozen=True)
class Outline:
    """A job's headings: the line of each, in order, by level."""

    headings: dict[Level, list[int]]
    steps: list[int]

    @classmethod
    def of(cls, headings: Sequence[tuple[int, Level]]) -> Outline:
        """Return the outline of these headings, which come in the order of the log."""
        by_level: dict[Level, list[int]] = {level: [] for level in Level}
        for index, level in headings:
            by_level[level].append(index)
        return cls(by_level, sorted(by_level[Level.STEP] + by_level[Level.AFTER]))

    def step_of(self, index: int) -> int:
        """Return the line where the step of this line begins; 0 before the first."""
        place = bisect_right(self.steps, index)
        return self.steps[place - 1] if place else 0

    def above(self, index: int, level: Level) -> int | None:
        """Return the nearest heading of the level at or above the line, within its step."""
        found = self.headings[level]
        place = bisect_right(found, index)
        return found[place - 1] if place and found[place - 1] >= self.step_of(index) else None
