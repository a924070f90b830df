"""How the result of a tool is shown to a model: whole where it is short, else its beginning and how to read on.

The law of this module: pure. It is handed texts that are redacted already, so that no cut can go through a secret.
"""

from __future__ import annotations

from .errors import Refused
from .evidence import grep_lines
from .tools.results import READ_TOOL_RESULT, ToolResultRead

# A model's window is large, but what it does not need makes it worse.
RESULT_MAX = 64_000
# Room for the sentence that says what is left out.
_NOTICE_MAX = 500
# A line that is longer than this share of what fits is cut within; shorter ones are left whole.
_LEAST_SHARE = 0.5


def first_part(text: str, *, result_id: str) -> str:
    """Return the text if it fits, else its beginning with a notice that names what is left out and how to get it."""
    return text if len(text) <= RESULT_MAX else _part(text, 0, result_id=result_id)


def asked_part(text: str, asked: ToolResultRead) -> str:
    """Return the part of a result that was asked for, below a line that says which.

    Raises:
        Refused: the result has no such part.
    """
    lines = text.split("\n")
    size = f"{len(lines):,} lines, {len(text):,} characters"
    if asked.grep:
        found = grep_lines(lines, asked.grep)
        return f"Result {asked.result_id} ({size}), lines around {asked.grep!r}:\n{found.text or '(none)'}"
    start = _start(lines, text, asked)
    end = len(text) if asked.end_line is None else sum(len(line) + 1 for line in lines[: asked.end_line]) - 1
    if start >= max(end, 1):
        raise Refused(f"Result {asked.result_id} has {size}; there is nothing at the place you asked for.", code="bad_arguments")
    return f"Result {asked.result_id} ({size}):\n{_part(text[:end], start, result_id=asked.result_id)}"


def _start(lines: list[str], text: str, asked: ToolResultRead) -> int:
    if asked.offset is not None:
        return min(asked.offset, len(text))
    return min(sum(len(line) + 1 for line in lines[: (asked.start_line or 1) - 1]), len(text))


def _part(text: str, start: int, *, result_id: str) -> str:
    """Return what fits of the text from `start` on; where something is left, up to the end of a line if there is one near."""
    if len(text) - start <= RESULT_MAX:
        return text[start:]
    room = RESULT_MAX - _NOTICE_MAX
    shown = text[start : start + room]
    whole_lines = shown.rfind("\n")
    if whole_lines < room * _LEAST_SHARE:
        how = f"offset={start + len(shown)}"
    else:
        shown = shown[:whole_lines]
        how = f"start_line={text.count(chr(10), 0, start + len(shown) + 1) + 1}"
    left = len(text) - start - len(shown)
    first, last = text.count("\n", 0, start) + 1, text.count("\n", 0, start + len(shown)) + 1
    count = text.count("\n") + 1
    return (
        f"{shown}\n[cut here: this was lines {first:,} to {last:,} of {count:,}; {left:,} characters are left out. "
        f'Read on with {READ_TOOL_RESULT}(result_id="{result_id}", {how}), or search all of it with grep.]'
    )
