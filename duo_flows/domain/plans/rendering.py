"""From elements to Markdown, with or without the hidden marks.

The law of this module: pure; with marks, `parsing` reads back what was written here. GitLab shows no mark: it stands at the end of
a heading, list item or table row, and on a line of its own above all else, where it cannot change what the text below it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .elements import Element, ElementKind
from .marks import mark_of, quote_commands


def to_markdown(elements: Iterable[Element], *, has_marks: bool = True) -> str:
    """Return the elements as Markdown, ending with a line end; an empty text without elements."""
    writer = _Writer(has_marks=has_marks)
    for element in elements:
        writer.write(element)
    return quote_commands("".join(f"{line}\n" for line in writer.lines))


@dataclass
class _Writer:
    has_marks: bool
    lines: list[str] = field(default_factory=list)
    # Of the open list items, outermost first: how far their text is indented, and the number that the last one has.
    widths: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    above: Element | None = None
    # Whether the element above stands in a table. Rows outside of one are paragraphs to GitLab, which must not run together.
    is_table: bool = False

    def write(self, element: Element) -> None:
        number = self._number(element)
        is_row_below = self.is_table and _goes_on_below(self.above, element)
        if self.above is not None and not is_row_below and not _is_tight(self.above, element, number):
            self.lines.append("")
        self.is_table = is_row_below or (element.kind is ElementKind.ROW and "\n" in element.text)
        indent = " " * sum(self.widths[: element.depth])
        self.lines += [indent + line if line else "" for line in self._block(element, number)]
        self._leave(element, number)
        self.above = element

    def _number(self, element: Element) -> int:
        """Return the number that a list item has; 0 for a bullet."""
        if not element.is_ordered:
            return 0
        last = self.numbers[element.depth] if element.depth < len(self.numbers) else 0
        return element.number or last + 1

    def _leave(self, element: Element, number: int) -> None:
        del self.widths[element.depth :], self.numbers[element.depth :]
        if element.kind is ElementKind.ITEM:
            self.widths.append(len(_bullet(number)))
            self.numbers.append(number)

    def _block(self, element: Element, number: int) -> list[str]:
        mark = mark_of(element.id) if self.has_marks else ""
        match element.kind:
            case ElementKind.HEADING:
                return [_spaced("#" * element.level, element.text, mark)]
            case ElementKind.ITEM:
                return _item(element, number, mark)
            case ElementKind.ROW:
                return _row(element.text, mark)
            case ElementKind.CODE:
                return [*([mark] if mark else []), *_fenced(element)]
            case ElementKind.PARAGRAPH:
                return [*([mark] if mark else []), *element.text.split("\n")]


def _goes_on_below(above: Element | None, element: Element) -> bool:
    """Tell whether a row belongs to the table above it."""
    is_row = element.kind is ElementKind.ROW and "\n" not in element.text
    return is_row and above is not None and above.depth == element.depth


def _is_tight(above: Element, element: Element, number: int) -> bool:
    """Tell whether an element can stand right below another and still be one of its own."""
    if (above.kind, element.kind) == (ElementKind.ITEM, ElementKind.ITEM):
        # A nested list goes on with the text above it unless it begins with a bullet or 1. Source: CommonMark 0.31, section 5.2.
        return bool(element.text) and (element.depth <= above.depth or number <= 1)
    return False


def _bullet(number: int) -> str:
    return f"{number}. " if number else "- "


def _item(element: Element, number: int, mark: str) -> list[str]:
    bullet = _bullet(number)
    box = "" if element.is_ticked is None else "[x]" if element.is_ticked else "[ ]"
    first, *rest = element.text.split("\n")
    lines = [_spaced(bullet.rstrip(), box, first), *(" " * len(bullet) + line for line in rest)]
    return [*lines[:-1], _spaced(lines[-1], mark)]


def _row(text: str, mark: str) -> list[str]:
    first, *alignments = text.split("\n")
    # In the last cell: GitLab leaves out whatever stands behind a row's last bar, but not in the first row.
    return [f"{_spaced(first[:-1].rstrip(), mark)} |", *alignments]


def _fenced(element: Element) -> list[str]:
    longest = max((len(run) for run in re.findall(r"`{3,}", element.text)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}{element.language}", *(element.text.split("\n") if element.text else []), fence]


def _spaced(*parts: str) -> str:
    return " ".join(part for part in parts if part)
