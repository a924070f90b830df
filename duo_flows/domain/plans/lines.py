"""How a line of Markdown can begin: the signs by which elements are told apart.

The law of this module: pure, and about one line without its indentation. Where lists, fences and tables begin and end is
CommonMark's and GitLab's rule; whatever is no element of a plan (quotes, definitions, HTML) is prose and stays as it is written.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# With all that can follow in a plan, below the nine digits of Markdown. Source: CommonMark 0.31, "List items".
NUMBER_MAX = 99_999

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+(.*))?")
_CLOSING_HASHES = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_FENCE = re.compile(r"(`{3,})([^`]*)|(~{3,})(.*)")
_BULLET = re.compile(r"([-*+]|(\d{1,9})[.)])(?:([ \t]+)(.*))?")
_BREAK = re.compile(r"([-*_])(?:[ \t]*\1){2,}[ \t]*")
_ALIGNMENTS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
# What may stand before a block in a quote.
_INNER_PREFIX = re.compile(r"(?:[> \t]|[-*+][ \t]|\d{1,9}[.)][ \t])*")
_INNER_FENCE = re.compile(rf"^({_INNER_PREFIX.pattern})(`{{3}}|~{{3}})")
# An odd number of backslashes takes a bar's meaning for every reader.
_BARS = re.compile(r"(?<!\\)(?:\\\\)*(?P<bar>\|)")
_UNSURE_BAR = re.compile(r"(?<!\\)(?:\\\\)+\|")
_BOX = re.compile(r"\[([ xX])\](?:[ \t]+(.*))?", re.DOTALL)
# More spaces than these after a bullet belong to the item's code. Source: CommonMark 0.31, "List items".
_BULLET_SPACES_MAX = 4


class Fence(NamedTuple):
    """The line that opens a block of code."""

    mark: str
    info: str

    def is_closed_by(self, line: str) -> bool:
        """Tell whether this line, without its indentation, ends the block."""
        mark = line.rstrip(" \t")
        return len(mark) >= len(self.mark) and not mark.strip(self.mark[0])


class Bullet(NamedTuple):
    """What a list item begins with: its width up to the item's text, its number (0 for none), and the text."""

    width: int
    number: int
    text: str


def heading_of(line: str) -> tuple[int, str] | None:
    """Return level and text of a heading, without hashes that close it."""
    if not (found := _HEADING.fullmatch(line)):
        return None
    text = _CLOSING_HASHES.sub("", found[2] or "", count=1).strip()
    # What is left would be taken for closing hashes the next time.
    return len(found[1]), re.sub(r"(^|\s)(#+)$", r"\1\\\2", text)


def fence_of(line: str) -> Fence | None:
    """Return the fence that the line opens."""
    found = _FENCE.fullmatch(line)
    return Fence(found[1] or found[3], (found[2] or found[4] or "").strip()) if found else None


def bullet_of(line: str) -> Bullet | None:
    """Return the bullet or number that the line begins with; a row of signs that draws a line is none."""
    if is_break(line) or not (found := _BULLET.fullmatch(line)):
        return None
    number = int(found[2] or 0)
    if found[2] and not 0 < number <= NUMBER_MAX:
        return None
    spaces, text = len((found[3] or "").expandtabs(4)), (found[4] or "").strip()
    width = len(found[1]) + (spaces if text and spaces <= _BULLET_SPACES_MAX else 1)
    return Bullet(width, number, text)


def is_break(line: str) -> bool:
    """Tell whether the line draws a line across."""
    return bool(_BREAK.fullmatch(line))


def is_underline(line: str) -> bool:
    """Tell whether the line makes a heading of the paragraph above it, although alone it draws a line."""
    return not line.strip("-")


def is_quote(line: str) -> bool:
    """Tell whether the line is quoted."""
    return line.startswith(">")


def is_row(line: str) -> bool:
    """Tell whether the line is a row of a table as we write it, with a bar first."""
    return line.startswith("|")


def is_alignments(line: str) -> bool:
    """Tell whether the line is one of dashes, as below a table's first row."""
    return "|" in line and bool(_ALIGNMENTS.fullmatch(line))


def heads_table(row: str, below: str) -> bool:
    """Tell whether GitLab surely takes a row for a table's first one: the line of dashes below has as many cells."""
    if "|" not in row or not is_alignments(below) or _UNSURE_BAR.search(row):
        return False
    return cell_count(row_of(row)) == cell_count(row_of(below))


def row_of(line: str) -> str:
    """Return a row with bars at its beginning and end."""
    line = line.rstrip() if is_row(line) else f"| {line.strip()}"
    body = line[:-1] if _ends_with_bar(line) else line
    return f"{body.rstrip()} |"


def _ends_with_bar(line: str) -> bool:
    body = line[:-1]
    is_escaped = (len(body) - len(body.rstrip("\\"))) % 2 == 1
    return len(line) > 1 and line[-1] == "|" and not is_escaped


def data_row(line: str) -> str:
    """Return a row that cannot be taken for the line of dashes."""
    row = row_of(line)
    return row.replace("-", "\\-", 1) if is_alignments(row) else row


def cell_count(row: str) -> int:
    """Return in how many cells GitLab may see a row divided; where readers of backslashes differ, the greater number."""
    return sum(1 for _ in _BARS.finditer(row)) - 1


def within_cells(row: str, count: int) -> str:
    """Return a row of at most that many cells, the text of the rest in the last: GitLab does not show surplus cells."""
    bars = [found.start("bar") for found in _BARS.finditer(row)]
    for at in reversed(bars[max(count, 1) : -1]):
        row = f"{row[:at]}\\{row[at:]}"
    return row


def as_cell(text: str) -> str:
    """Return a text as one cell of a row: on one line, its own bars without meaning."""
    return _BARS.sub(lambda found: f"{found[0][:-1]}\\|", " ".join(text.split()))


def box_of(text: str) -> tuple[bool | None, str]:
    """Return whether a list item's box is ticked, None without a box, and the text behind it."""
    found = _BOX.fullmatch(text)
    return (found[1] != " ", found[2] or "") if found else (None, text)


def begins_block(line: str) -> bool:
    """Tell whether the line would begin something else than prose at the beginning of a list item."""
    return bool(heading_of(line) or fence_of(line) or bullet_of(line) or is_break(line) or is_row(line) or is_quote(line))


def as_prose(line: str) -> str:
    """Return a line that begins no element, with a backslash where it could begin one."""
    if not begins_block(line) and not _BULLET.fullmatch(line):
        return line
    number = re.match(r"\d+", line)
    at = number.end() if number else 0
    return f"{line[:at]}\\{line[at:]}"


def as_inner_prose(line: str, *, above: str) -> str:
    """Return a line of prose in which no block of code and no table begins, not even in a quote: both can leave words unseen."""
    shown = _INNER_FENCE.sub(r"\1\\\2", line)
    prefix = _INNER_PREFIX.match(shown)
    body = shown[prefix.end() :] if prefix else shown
    # Dashes alone make a heading of the line above, or a table of one column.
    is_table = bool(_ALIGNMENTS.fullmatch(body)) and bool(re.search(r"[|:]", body) or "|" in above)
    return f"{shown[: len(shown) - len(body)]}\\{body}" if is_table else shown


def as_item_text(text: str) -> str:
    """Return the first line of a list item whose dashes, if it has nothing else, draw no line behind a bullet."""
    return as_prose(text) if not is_break(f"- {text}") else f"\\{text}"
