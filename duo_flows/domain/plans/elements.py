"""The plan: a sequence of elements, and the sections that its headings make of it.

The law of this module: values. Elements come into being by parsing Markdown (`parsing`), which is why what a plan holds can
always be written as Markdown and read back the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from duo_flows.domain.errors import Refused
from duo_flows.domain.model import Model

from .lines import NUMBER_MAX, cell_count, within_cells

# Twice what the largest plan that was seen holds; beyond it nobody reads what they approve.
ELEMENTS_MAX = 4_000
# An element is read as one thing; longer ones are code that belongs into a change.
TEXT_MAX = 40_000
# GitLab takes 1,048,576 characters of a description. Source: GitLab docs, administration/instance_limits. The marks and the
# other parts of the item have to fit too.
PLAN_TEXT_MAX = 500_000
# Deeper lists cannot be told apart by eye.
DEPTH_MAX = 7
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class ElementKind(StrEnum):
    """What an element is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "list_item"
    CODE = "code_block"
    ROW = "table_row"


class Element(Model):
    """One element of a plan.

    Attributes:
        id: given by us, unique in the Group Approval item, never given again.
        kind: what it is.
        text: its Markdown without what makes it an element (bullet, hashes, fence); a table's first row has the line of dashes too.
        level: of a heading, 1 to 6; 0 for all else.
        depth: how many list items it lies in; 0 outside of lists, and for headings.
        is_ordered: whether a list item has a number.
        number: where a numbered list begins, if not at 1; 0 for items that go on counting.
        is_ticked: the box of a task; None without a box.
        language: of a code block.
    """

    id: str
    kind: ElementKind
    text: str = Field(max_length=TEXT_MAX)
    level: int = Field(default=0, ge=0, le=6)
    depth: int = Field(default=0, ge=0, le=DEPTH_MAX)
    is_ordered: bool = False
    number: int = Field(default=0, ge=0, le=NUMBER_MAX)
    is_ticked: bool | None = None
    language: str = ""

    def content(self) -> tuple[Any, ...]:
        """Return everything that the element says; its id says nothing."""
        return (self.kind, self.text, self.level, self.depth, self.is_ordered, self.number, self.is_ticked, self.language)

    def meaning(self) -> dict[str, Any]:
        """Return what a digest covers, as JSON."""
        return self.model_dump(mode="json", exclude={"id"}, exclude_defaults=True)


class Section(Model):
    """A heading and what stands below it up to the next heading; the first section may have none."""

    heading: Element | None
    elements: tuple[Element, ...]


class Plan(Model):
    """What an agent proposes and people edit.

    Attributes:
        elements: in the order in which they are read.
        given_ids: how many ids this item has given so far; the next is made from it, so that none is given twice.
    """

    elements: tuple[Element, ...] = ()
    given_ids: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _is_sound(self) -> Plan:
        counted = Counter(element.id for element in self.elements)
        if repeated := [name for name, count in counted.items() if count > 1]:
            raise ValueError(f"The element id {repeated[0]} stands in the plan more than once.")
        if unknown := [name for name in counted if not 0 < number_of_id(name) <= self.given_ids]:
            raise ValueError(f"The element id {unknown[0]!r} was not given by this item.")
        if self.elements != settled(self.elements):
            raise ValueError("An element lies deeper than the list that it stands in, or a number repeats what counting gives.")
        return self

    def by_id(self) -> dict[str, Element]:
        """Return the elements by their ids."""
        return {element.id: element for element in self.elements}

    def sections(self) -> tuple[Section, ...]:
        """Return the plan by its headings; empty for an empty plan."""
        groups: list[list[Element]] = []
        for element in self.elements:
            if not groups or element.kind is ElementKind.HEADING:
                groups.append([])
            groups[-1].append(element)
        return tuple(_section(group) for group in groups)


def _section(group: Sequence[Element]) -> Section:
    has_heading = group[0].kind is ElementKind.HEADING
    return Section(heading=group[0] if has_heading else None, elements=tuple(group[1:] if has_heading else group))


def id_of_number(number: int) -> str:
    """Return the id that is given as the number-th: short, and safe in a hidden mark."""
    digits = ""
    while number:
        number, rest = divmod(number, len(_DIGITS))
        digits = _DIGITS[rest] + digits
    return digits


def number_of_id(name: str) -> int:
    """Return which id this is in the order of giving; 0 if we never write one so."""
    is_ours = re.fullmatch(r"[1-9a-z][0-9a-z]{0,7}", name)
    return int(name, 36) if is_ours else 0


def settled(elements: Iterable[Element]) -> tuple[Element, ...]:
    """Return the elements with depths, numbers and cells that Markdown can say at their places; no text is taken away."""
    placed: list[Element] = []
    # The last list item at each depth that the next element may lie beside or in, and the first row of the open table.
    open_items: list[Element] = []
    table: Element | None = None
    for element in elements:
        fitting = _fitting(element, open_items)
        del open_items[fitting.depth :]
        if fitting.kind is ElementKind.ITEM:
            open_items.append(fitting)
        table = _table_of(fitting, table)
        placed.append(_in_table(fitting, table))
    return tuple(placed)


def _fitting(element: Element, open_items: Sequence[Element]) -> Element:
    depth = min(element.depth, len(open_items), DEPTH_MAX)
    sibling = open_items[depth] if depth < len(open_items) else None
    goes_on = element.kind is ElementKind.ITEM and sibling is not None and sibling.is_ordered
    # Counting begins at 1 without being told.
    number = 0 if goes_on or element.number == 1 or not element.is_ordered else element.number
    if (depth, number) == (element.depth, element.number):
        return element
    return element.model_copy(update={"depth": depth, "number": number})


def _table_of(element: Element, table: Element | None) -> Element | None:
    """Return the first row of the table that the element stands in."""
    if element.kind is not ElementKind.ROW:
        return None
    goes_on = table is not None and table.depth == element.depth and "\n" not in element.text
    return table if goes_on else element


def _in_table(element: Element, table: Element | None) -> Element:
    if table is None or element is table or "\n" not in table.text:
        return element
    text = within_cells(element.text, cell_count(table.text.split("\n")[0]))
    return element if text == element.text else element.model_copy(update={"text": text})


def checked_size(elements: Sequence[Element]) -> None:
    """Let a plan pass that people can read and GitLab can hold.

    Raises:
        Refused: there are too many elements, or too much text.
    """
    length = sum(len(element.text) for element in elements)
    if len(elements) > ELEMENTS_MAX:
        raise Refused(f"The plan has {len(elements):,} elements; at most {ELEMENTS_MAX:,} fit.", code="plan_too_long")
    if length > PLAN_TEXT_MAX or any(len(element.text) > TEXT_MAX for element in elements):
        raise Refused(
            f"The plan has {length:,} characters; at most {PLAN_TEXT_MAX:,} fit, and {TEXT_MAX:,} in one element.",
            code="plan_too_long",
        )
