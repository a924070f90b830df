"""From Markdown to elements, by the line.

The law of this module: pure, linear, total: every text is some sequence of elements, and no word of it is lost. Elements have no
ids here; the marks that were found beside each are handed on as claims (`identity`). Texts come out harmless (`texts`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from . import lines as begin
from .elements import DEPTH_MAX, Element, ElementKind
from .marks import unquote_command, without_marks
from .texts import harmless, visible

# From this indentation on a line is code, or goes on with a paragraph. Source: CommonMark 0.31, "Indented code blocks".
_CODE_INDENT = 4

_LANGUAGE = re.compile(r"[A-Za-z][A-Za-z0-9+#_.-]{0,19}")
# GitLab draws these and does not show their text, in which a comment could hide. Source: GitLab docs, user/markdown.
_DRAWN = frozenset({"math", "mermaid", "plantuml", "glql", "geojson", "topojson", "stl", "suggestion"})
# Kroki's, where an administrator switched it on. Source: docs.kroki.io, "Supported diagram types"; `json:table` has a colon.
# fmt: off
_KROKI = frozenset({
    "actdiag", "blockdiag", "bpmn", "bytefield", "c4plantuml", "d2", "dbml", "ditaa", "dot", "erd", "excalidraw",
    "graphviz", "nomnoml", "nwdiag", "packetdiag", "pikchr", "rackdiag", "seqdiag", "structurizr", "svgbob",
    "symbolator", "tikz", "umlet", "vega", "vegalite", "wavedrom", "wireviz",
})
# fmt: on


class Parsed(NamedTuple):
    """An element without an id, and the ids that marks beside it claim, the likeliest first."""

    element: Element
    marks: tuple[str, ...]


@dataclass
class _Text:
    """A paragraph or list item whose lines still come."""

    kind: ElementKind
    depth: int
    lines: list[str]
    marks: list[str]
    number: int = 0
    is_ordered: bool = False
    # Whether the last line ended with the two spaces that break it, which nobody sees and editors take away.
    is_broken: bool = False


def parse(text: str) -> tuple[Parsed, ...]:
    """Return the elements of a Markdown text, depths and numbers as they are written there (`elements.settled`)."""
    reader = _Reader(visible(text).split("\n"))
    while reader.at < len(reader.lines):
        reader.read_line()
    reader.close_text()
    return tuple(reader.found)


@dataclass
class _Reader:
    lines: list[str]
    at: int = 0
    found: list[Parsed] = field(default_factory=list)
    # The columns from which on a line lies in each of the open list items.
    columns: list[int] = field(default_factory=list)
    text: _Text | None = None
    # Marks on lines of their own, which belong to what follows.
    pending: list[str] = field(default_factory=list)

    def read_line(self) -> None:
        line, marks = without_marks(self.lines[self.at])
        self.at += 1
        if not line.strip():
            self.close_text()
            self.pending += marks
            return
        indent, body = _indentation(unquote_command(line))
        matched = sum(indent >= column for column in self.columns)
        relative = indent - (self.columns[matched - 1] if matched else 0)
        if self.text is not None and not self._interrupts(body, matched=matched, relative=relative):
            self._go_on(self.text, body, marks, relative=relative)
        else:
            self.close_text()
            del self.columns[matched:]
            if relative >= _CODE_INDENT:
                self._read_indented_code(line, marks)
            else:
                self._begin(body, marks, column=indent)
        if self.text is not None:
            self.text.is_broken = line.endswith("  ")

    def _interrupts(self, body: str, *, matched: int, relative: int) -> bool:
        """Tell whether a line ends the open paragraph or list item. Source: CommonMark 0.31, sections 4 and 5.2."""
        if relative >= _CODE_INDENT:
            return False
        is_same_item = matched == len(self.columns)
        if begin.is_break(body):
            return not (is_same_item and begin.is_underline(body))
        if bullet := begin.bullet_of(body):
            return not is_same_item or bool(bullet.text and bullet.number <= 1)
        is_table = begin.heads_table(body, self._below())
        is_quote = begin.is_quote(body) and self.text is not None and not begin.is_quote(self.text.lines[0])
        return is_table or is_quote or bool(begin.heading_of(body) or begin.fence_of(body))

    def _below(self) -> str:
        return without_marks(self.lines[self.at])[0].strip() if self.at < len(self.lines) else ""

    def _go_on(self, text: _Text, body: str, marks: Sequence[str], *, relative: int) -> None:
        text.lines[-1] += "\\" if text.is_broken else ""
        # Without its indentation the line could begin an element, which here it does not.
        text.lines.append(begin.as_prose(body) if relative >= _CODE_INDENT else body)
        text.marks += marks

    def _begin(self, body: str, marks: Sequence[str], *, column: int) -> None:
        claims = [*marks, *self.pending[::-1]]
        if heading := begin.heading_of(body):
            self._add(ElementKind.HEADING, heading[1], claims, level=heading[0])
        elif begin.is_break(body):
            self._add(ElementKind.PARAGRAPH, body.rstrip(), claims)
        elif fence := begin.fence_of(body):
            self._read_fenced_code(fence, claims, column=column)
        elif bullet := begin.bullet_of(body):
            self._begin_item(bullet, claims, column=column)
        elif begin.is_row(body) or begin.heads_table(body, self._below()) or ("|" in body and self._is_below_row()):
            self._read_row(body, claims)
        else:
            self.pending = []
            # Numbers that we do not count from (`0.`) would begin a list in GitLab.
            first = body if begin.is_quote(body) else begin.as_prose(body)
            self.text = _Text(ElementKind.PARAGRAPH, len(self.columns), [first], claims)

    def _begin_item(self, bullet: begin.Bullet, claims: list[str], *, column: int) -> None:
        self.pending = []
        depth, column = len(self.columns), column + bullet.width
        self.columns.append(column)
        is_nested = begin.begins_block(bullet.text) and depth < DEPTH_MAX
        text = "" if is_nested else begin.as_item_text(bullet.text)
        # Marks stand at the end of a line: of several items on one line they are the last one's.
        item_claims = [] if is_nested else claims
        self.text = _Text(ElementKind.ITEM, depth, [text], item_claims, bullet.number, is_ordered=bullet.number > 0)
        if not text:
            self.close_text()
        if is_nested:
            self._begin(bullet.text, claims, column=column)

    def close_text(self) -> None:
        if self.text is None:
            return
        text, self.text = self.text, None
        prose = _joined(text.lines)
        if text.kind is ElementKind.PARAGRAPH:
            self._put(text.kind, harmless(prose), text.marks, depth=text.depth)
            return
        is_ticked, prose = begin.box_of(prose)
        fields = {"is_ticked": is_ticked, "number": text.number, "is_ordered": text.is_ordered}
        self._put(text.kind, harmless(prose), text.marks, depth=text.depth, **fields)

    def _read_row(self, body: str, claims: list[str]) -> None:
        is_first = not self._is_below_row()
        if is_first and begin.heads_table(body, self._below()):
            below, more = without_marks(self.lines[self.at])
            self.at += 1
            row, claims = f"{begin.row_of(body)}\n{begin.row_of(below.strip())}", [*claims, *more]
        else:
            row = begin.data_row(body)
        self._add(ElementKind.ROW, row, claims)

    def _is_below_row(self) -> bool:
        above = without_marks(self.lines[self.at - 2])[0].strip() if self.at > 1 else ""
        return bool(above and self.found and self.found[-1].element.kind is ElementKind.ROW)

    def _read_fenced_code(self, fence: begin.Fence, claims: list[str], *, column: int) -> None:
        content: list[str] = []
        inside = self.columns[-1] if self.columns else 0
        while self.at < len(self.lines):
            line = self.lines[self.at]
            indent, body = _indentation(line)
            if body and indent < inside:
                break
            self.at += 1
            if indent - inside < _CODE_INDENT and fence.is_closed_by(body):
                break
            content.append(unquote_command(_dedented(line, column)))
        self._add_code("\n".join(content), claims, info=fence.info)

    def _read_indented_code(self, line: str, marks: Sequence[str]) -> None:
        """Read code that is told by indentation alone; blank lines at its end are none of it."""
        column = (self.columns[-1] if self.columns else 0) + _CODE_INDENT
        content = [line]
        while self.at < len(self.lines) and (not self.lines[self.at].strip() or _indentation(self.lines[self.at])[0] >= column):
            content.append(self.lines[self.at])
            self.at += 1
        code = "\n".join(unquote_command(_dedented(each, column)) for each in content)
        self._add_code(code.rstrip(), [*marks, *self.pending[::-1]], info="")

    def _add_code(self, code: str, claims: Sequence[str], *, info: str) -> None:
        language = info if _LANGUAGE.fullmatch(info) and info.lower() not in _DRAWN | _KROKI else ""
        if info and not language:
            # GitLab shows none of it, so that it becomes text.
            self._put(ElementKind.PARAGRAPH, harmless(_joined([begin.as_prose(info)])), (), depth=len(self.columns))
        self._put(ElementKind.CODE, code, claims, depth=len(self.columns), language=language)

    def _add(self, kind: ElementKind, text: str, claims: Sequence[str], **fields: Any) -> None:
        self._put(kind, harmless(text, allows_breaks=kind is ElementKind.ROW), claims, depth=len(self.columns), **fields)

    def _put(self, kind: ElementKind, text: str, claims: Sequence[str], *, depth: int, **fields: Any) -> None:
        self.pending = []
        element = Element.model_construct(id="", kind=kind, text=text, depth=min(depth, DEPTH_MAX), **fields)
        self.found.append(Parsed(element, tuple(dict.fromkeys(claims))))


def _indentation(line: str) -> tuple[int, str]:
    """Return the column at which a line begins, and the line from there on."""
    body = line.lstrip(" \t")
    return len(line[: len(line) - len(body)].expandtabs(4)), body.rstrip() if body.strip() else ""


def _dedented(line: str, columns: int) -> str:
    """Return the line without that much of its indentation; a tab is opened up only where it is cut."""
    spaces = len(line) - len(line.lstrip(" "))
    if spaces >= columns or line[spaces : spaces + 1] != "\t":
        return line[min(spaces, columns) :]
    indent, _ = _indentation(line)
    return " " * max(indent - columns, 0) + line[len(line) - len(line.lstrip(" \t")) :]


def _joined(lines: Sequence[str]) -> str:
    shown = [begin.as_inner_prose(line.rstrip(), above=above) for above, line in zip(["", *lines], lines, strict=False)]
    return "\n".join(shown).strip()
