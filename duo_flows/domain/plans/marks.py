"""The hidden marks by which an element is known again in Markdown, and the lines that GitLab would take for commands.

The law of this module: pure, one line at a time, and what is put in is what is taken out. A mark is a claim and no proof:
anybody can write one.
"""

from __future__ import annotations

import re

from .texts import outside_code_spans

_MARK = re.compile(r"<!--[ \t]*e:([0-9a-z]{1,16})[ \t]*-->")
_MARKS = re.compile(rf"(?:[ \t]*{_MARK.pattern})+")

# GitLab runs a line of a description as a quick action where it begins with a slash, a word, and then a space or the line's end.
_COMMAND = re.compile(r"^([^\S\n]*)(\\*)/(?=[A-Za-z_]+(?:\s|$))", re.MULTILINE)
_QUOTED_COMMAND = re.compile(r"^([^\S\n]*)\\(\\*)/(?=[A-Za-z_]+(?:\s|$))")


def mark_of(element_id: str) -> str:
    """Return the mark of an element; GitLab keeps it and does not show it."""
    return f"<!-- e:{element_id} -->"


def without_marks(line: str) -> tuple[str, tuple[str, ...]]:
    """Return the line without its marks, and the ids that they claim; what stands in code between backticks is no mark."""
    if "<!--" not in line:
        return line, ()
    claimed: list[str] = []

    def taken(prose: str) -> str:
        claimed.extend(_MARK.findall(prose))
        # What a mark stood between stays apart.
        return _MARKS.sub(lambda found: " " if prose[found.end() : found.end() + 1].strip() else "", prose)

    body = line.lstrip(" \t")
    indent = line[: len(line) - len(body)]
    return indent + outside_code_spans(body, taken).lstrip(" \t"), tuple(claimed)


def quote_commands(text: str) -> str:
    """Return the text with a backslash before each command of GitLab, which shows it and does not run it."""
    return _COMMAND.sub(r"\1\\\2/", text)


def unquote_command(line: str) -> str:
    """Return the line as it was before `quote_commands`."""
    return _QUOTED_COMMAND.sub(r"\1\2/", line, count=1)
