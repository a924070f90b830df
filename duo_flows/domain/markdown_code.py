"""Where a Markdown text certainly is code, and where it may be prose.

The law of this module: pure, and certain. A line counts as code only where every Markdown parser sees it so; what is uncertain is
prose, since whoever asks takes power out of prose and must not be fooled by a fence that is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# Code is fenced from a line's first sign on.
_OPENS = re.compile(r"(`{3,})[^`]*|(~{3,}).*")
# A fence or a quote further in or of another kind ends where only a whole Markdown parser sees it: after it no code is spared.
_UNCERTAIN = re.compile(r"`{3}|~{3}|^\s*>>>")


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Return the text with every line changed that is not certainly inside a fenced block; line ends stay as they are."""
    lines, fence, is_certain = re.split(r"(\r\n|\r|\n)", text), "", True
    for index in range(0, len(lines), 2):
        line = lines[index]
        if fence:
            fence = "" if _closes(line, fence) else fence
            continue
        lines[index] = change(line)
        opened = _OPENS.fullmatch(line) if is_certain else None
        fence = (opened[1] or opened[2]) if opened else ""
        is_certain = is_certain and (bool(fence) or not _UNCERTAIN.search(line))
    return "".join(lines)


def _closes(line: str, fence: str) -> bool:
    mark = line.strip(" \t")
    is_indented_code = line.startswith(("    ", "\t"))
    return len(mark) >= len(fence) and not mark.strip(fence[0]) and not is_indented_code
