"""Edits of a revision, and putting together two edits of the same one.

The law of this module: pure; an edit is applied wholly or refused, and what it does not name stays as it was, ids too. Which
revision an edit started from, and whether that is still the newest, is the approval machine's question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, assert_never

from pydantic import Field

from duo_flows.domain.errors import Refused
from duo_flows.domain.model import Model

from .elements import Element, ElementKind, Plan, checked_size, id_of_number, settled
from .identity import element_of, plan_from_markdown
from .lines import row_of
from .parsing import parse
from .rendering import to_markdown
from .revisions import RevisionContent, checked_checklist, checked_impact, checked_summary, checked_title


class SetTitle(Model):
    """Write the title anew."""

    op: Literal["set_title"] = "set_title"
    text: str


class SetImpact(Model):
    """Write the impact statement anew."""

    op: Literal["set_impact"] = "set_impact"
    text: str


class SetSummary(Model):
    """Write the summary anew."""

    op: Literal["set_summary"] = "set_summary"
    text: str


class SetChecklist(Model):
    """Write the checklist anew."""

    op: Literal["set_checklist"] = "set_checklist"
    texts: tuple[str, ...]


class SetPlan(Model):
    """Write the whole plan anew, as Markdown with or without marks."""

    op: Literal["set_plan"] = "set_plan"
    markdown: str


class ReplaceElement(Model):
    """Give an element another text; it keeps its kind. What turns out to be more than one element follows it."""

    op: Literal["replace"] = "replace"
    element: str
    text: str


class InsertElements(Model):
    """Put Markdown behind an element, as deep as it lies; at the beginning where none is named."""

    op: Literal["insert"] = "insert"
    after: str = ""
    markdown: str


class RemoveElement(Model):
    """Take an element away."""

    op: Literal["remove"] = "remove"
    element: str


class MoveElement(Model):
    """Put an element behind another; to the beginning where none is named."""

    op: Literal["move"] = "move"
    element: str
    after: str = ""


PlanOperation = ReplaceElement | InsertElements | RemoveElement | MoveElement
Operation = Annotated[
    SetTitle | SetImpact | SetSummary | SetChecklist | SetPlan | ReplaceElement | InsertElements | RemoveElement | MoveElement,
    Field(discriminator="op"),
]


def edited(base: RevisionContent, operations: Sequence[Operation]) -> RevisionContent:
    """Return the content after an edit's operations, in their order.

    Raises:
        Refused: an operation names an element that is not there, writes something empty or too long, or leaves no plan.
    """
    content = base
    for operation in operations:
        content = content.model_copy(update=_update(content, operation))
    if base.plan.elements and not content.plan.elements:
        raise Refused("This edit leaves nothing of the plan; decline it instead, or ask for a re-run.", code="empty_plan")
    return content


def _update(content: RevisionContent, operation: Operation) -> dict[str, Any]:
    match operation:
        case SetTitle():
            return {"title": checked_title(operation.text)}
        case SetImpact():
            return {"impact": checked_impact(operation.text)}
        case SetSummary():
            return {"summary": checked_summary(operation.text)}
        case SetChecklist():
            return {"checklist": checked_checklist(operation.texts)}
        case SetPlan():
            return {"plan": plan_from_markdown(operation.markdown, content.plan)}
        case _:
            return {"plan": edited_plan(content.plan, operation)}


def edited_plan(plan: Plan, operation: PlanOperation) -> Plan:
    """Return the plan after one operation on its elements.

    Raises:
        Refused: the element is not there, the text is empty, or the plan would be too long.
    """
    match operation:
        case ReplaceElement():
            return _replaced(plan, operation)
        case InsertElements():
            return _inserted(plan, operation)
        case RemoveElement():
            element_of(plan, operation.element)
            return _plan(plan, _without(plan, operation.element), plan.given_ids)
        case MoveElement():
            return _moved(plan, operation)
        case _:
            assert_never(operation)


def _replaced(plan: Plan, operation: ReplaceElement) -> Plan:
    old = element_of(plan, operation.element)
    if not operation.text.strip():
        raise Refused("The text is empty; to take an element away, remove it.", code="empty_text")
    # Through Markdown, so that the text becomes what it would be if somebody wrote it in the item.
    text = _row_text(old, operation.text) if old.kind is ElementKind.ROW else operation.text
    draft = old.model_copy(update={"text": text, "depth": 0, "number": 0})
    parts = _parsed(draft.text if old.kind is ElementKind.PARAGRAPH else to_markdown([draft], has_marks=False), depth=old.depth)
    first = parts[0].model_copy(update={"id": old.id, "number": old.number if parts[0].is_ordered else 0})
    rest, given = _with_ids(parts[1:], plan.given_ids)
    place = plan.elements.index(old)
    return _plan(plan, (*plan.elements[:place], first, *rest, *plan.elements[place + 1 :]), given)


def _row_text(old: Element, text: str) -> str:
    """Return a row's text with bars at its ends; the first row of a table keeps its line of dashes."""
    first, *alignments = text.strip().split("\n")
    return "\n".join([row_of(first), *(alignments or old.text.split("\n")[1:])])


def _inserted(plan: Plan, operation: InsertElements) -> Plan:
    depth = element_of(plan, operation.after).depth if operation.after else 0
    added, given = _with_ids(_parsed(operation.markdown, depth=depth), plan.given_ids)
    place = _place_behind(plan.elements, operation.after)
    return _plan(plan, (*plan.elements[:place], *added, *plan.elements[place:]), given)


def _moved(plan: Plan, operation: MoveElement) -> Plan:
    element = element_of(plan, operation.element)
    if operation.after:
        element_of(plan, operation.after)
    if operation.element == operation.after:
        raise Refused("An element cannot stand behind itself; name another one.", code="bad_edit")
    rest = _without(plan, operation.element)
    place = _place_behind(rest, operation.after)
    return _plan(plan, (*rest[:place], element, *rest[place:]), plan.given_ids)


def _parsed(markdown: str, *, depth: int) -> tuple[Element, ...]:
    """Return the elements of a text that stands so deep in the plan.

    Raises:
        Refused: there are none.
    """
    elements = [one.element for one in parse(markdown)]
    if not elements:
        raise Refused("The text is empty; to take an element away, remove it.", code="empty_text")
    # Deeper than a list can go is set right where the plan is put together.
    return tuple(element.model_copy(update={"depth": element.depth + depth}) for element in elements)


def _with_ids(elements: Sequence[Element], given: int) -> tuple[tuple[Element, ...], int]:
    numbered = enumerate(elements, start=given + 1)
    return tuple(one.model_copy(update={"id": id_of_number(number)}) for number, one in numbered), given + len(elements)


def _without(plan: Plan, element_id: str) -> tuple[Element, ...]:
    return tuple(element for element in plan.elements if element.id != element_id)


def _place_behind(elements: Sequence[Element], element_id: str) -> int:
    return next((place + 1 for place, element in enumerate(elements) if element.id == element_id), 0)


def _plan(base: Plan, elements: Sequence[Element], given: int) -> Plan:
    placed = settled(elements)
    checked_size(placed)
    return Plan(elements=placed, given_ids=max(given, base.given_ids))
