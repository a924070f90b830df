"""Differences of two commits, file by file, as GitLab tells them.

The law of this module: it turns one `git diff` into records; it never decides between which commits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulators.gitlab.repositories import EMPTY_TREE

if TYPE_CHECKING:
    from simulators.gitlab.repositories import Repository

_FILE_START = re.compile(rb"^diff --git ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What happened to one file. `text` starts at the first `@@`; it is empty for a mere rename."""

    old_path: str
    new_path: str
    a_mode: str
    b_mode: str
    kind: str
    text: str

    @property
    def additions(self) -> int:
        """Lines that came."""
        return sum(line.startswith("+") for line in self.text.splitlines())

    @property
    def deletions(self) -> int:
        """Lines that went."""
        return sum(line.startswith("-") for line in self.text.splitlines())


def diff(repository: Repository, old: str | None, new: str) -> list[FileDiff]:
    """File by file from `old` (`None`: the empty tree) to `new`, in git's order of paths."""
    base = old or EMPTY_TREE
    raw = repository.git("diff", "--raw", "-z", "-M", "--no-abbrev", base, new)
    patch = repository.git("diff", "--patch", "-M", "--no-color", "--no-ext-diff", base, new)
    texts = [_body(section) for section in _FILE_START.split(patch)[1:]]
    return [FileDiff(*parts, text=text) for parts, text in zip(_entries(raw), texts, strict=False)]


def _entries(raw: bytes) -> list[tuple[str, str, str, str, str]]:
    """Old path, new path, old mode, new mode and kind of each section of the patch."""
    words = iter(raw.decode(errors="replace").split("\0"))
    found: list[tuple[str, str, str, str, str]] = []
    for word in words:
        if not word:
            break
        a_mode, b_mode, _, _, status = word.lstrip(":").split()
        old_path = next(words)
        new_path = next(words) if status[0] in "RC" else old_path
        # A file that became a link (or back) is two sections: one that goes and one that comes.
        kinds = "DA" if status[0] == "T" else status[0]
        found.extend((old_path, new_path, a_mode, b_mode, kind) for kind in kinds)
    return found


def _body(section: bytes) -> str:
    text = section.decode(errors="replace")
    start = text.find("\n@@ ")
    if start >= 0:
        return text[start + 1 :]
    binary = text.find("\nBinary files ")
    return text[binary + 1 :] if binary >= 0 else ""
