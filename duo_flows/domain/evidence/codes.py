"""Findings by the code or rule that the checker names: a thousand of one rule must not hide the only one of another.

The law of this module: it reads codes as they are written, and knows the meaning of none.
"""

from __future__ import annotations

import re

from .shape import LINE_SEEN

# `TS2307`, `E0602`, `Lint/Syntax`, `[attr-defined]` or `(errcheck)` at the end, `no-undef` behind two spaces at the end.
_CODE = re.compile(
    r"\b[A-Z]{1,8}\d{2,6}\b|\b[A-Z][A-Za-z]{2,30}/[A-Z][A-Za-z]{2,40}\b|[\[(][a-z][\w/-]{2,40}[\])]$|\s\s[@a-z][\w/@-]{2,60}$"
)


def code_of(line: str) -> str:
    """Return the code that the line names; nothing if it names none."""
    match = _CODE.search(line[:LINE_SEEN].rstrip())
    return match[0] if match else ""
