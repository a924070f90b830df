"""Findings by the code or rule that the checker names: a thousand of one rule must not hide the only one of another.

The law of this module: it reads codes as they are written, and knows the meaning of none.
"""

from __future__ import annotations

import re

from .shape import LINE_SEEN

# `TS2307`, `E0602`, `Lint/Syntax`.
_CODE = re.compile(r"[A-Z](?<!\w[A-Z])(?:[A-Z]{0,7}\d{2,6}\b|[A-Za-z]{2,30}/[A-Z][A-Za-z]{2,40}\b)")
# `[attr-defined]` or `(errcheck)` at the end, `no-undef` behind two spaces.
_CODE_AT_END = re.compile(r"[\[(][a-z][\w/-]{2,40}[\])]$|  [@a-z][\w/@-]{2,60}$")
_END = 64


def code_of(line: str) -> str:
    """Return the code that the line names; nothing if it names none."""
    seen = line[:LINE_SEEN].rstrip()
    match = _CODE.search(seen) or _CODE_AT_END.search(seen[-_END:])
    return match[0] if match else ""
