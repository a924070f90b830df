"""What an agent gives as structured output, and the first revision that comes of it.

The law of this module: pure, the same for the same output, so that a retried call gives the same ids and digest. A model's texts
are untrusted: secrets are taken out, nobody is called but the requester, and no mark in them counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field, JsonValue

from duo_flows.domain.errors import Refused
from duo_flows.domain.model import Model
from duo_flows.domain.redaction import redact
from duo_flows.domain.written_texts import text_of_model, title_of_model

from .effects import PlanEffects
from .elements import DEPTH_MAX, ELEMENTS_MAX, TEXT_MAX, Element, ElementKind, Plan
from .identity import identified
from .lines import as_cell
from .parsing import Parsed, parse
from .rendering import to_markdown
from .revisions import TITLE_MAX, RevisionContent, checked_checklist, checked_impact, checked_summary, checked_title
from .stated_effects import StatedEffects

# More sections than these are several plans.
SECTIONS_MAX = 200
CELLS_MAX = 30


class ProposedElement(Model):
    """One element as an agent gives it.

    Attributes:
        kind: what it is.
        text: its Markdown, or the code of a code block; of a table row, its cells take its place.
        cells: of a table row; the first row of a table is its head.
        depth: of a list item, 0 for the outermost; of all else, how many list items it lies in.
        level: of a heading below its section's, 3 to 6.
        is_ordered: whether a list item is numbered.
        is_ticked: the box of a task; None without a box.
        language: of a code block.
    """

    kind: ElementKind = ElementKind.PARAGRAPH
    text: str = Field(default="", max_length=TEXT_MAX)
    cells: tuple[str, ...] = Field(default=(), max_length=CELLS_MAX)
    depth: int = Field(default=0, ge=0, le=DEPTH_MAX)
    level: int = Field(default=3, ge=1, le=6)
    is_ordered: bool = False
    is_ticked: bool | None = None
    language: str = Field(default="", max_length=40)


class ProposedSection(Model):
    """A section as an agent gives it."""

    title: str = Field(max_length=TITLE_MAX)
    elements: tuple[ProposedElement, ...] = Field(default=(), max_length=ELEMENTS_MAX)


class ProposedPlan(Model):
    """What an agent gives: all that people decide about, but for what the flow's author says."""

    title: str
    impact: str
    summary: str
    sections: tuple[ProposedSection, ...] = Field(min_length=1, max_length=SECTIONS_MAX)
    effects: StatedEffects = StatedEffects()


def proposed_schema() -> dict[str, object]:
    """Return the JSON Schema of the output, as a model is given it."""
    return ProposedPlan.model_json_schema()


def first_revision(
    proposed: ProposedPlan,
    *,
    requester: str,
    effects: PlanEffects | None,
    checklist: Sequence[str] = (),
    policy: JsonValue = None,
) -> RevisionContent:
    """Return the revision that an agent's output makes.

    Args:
        proposed: the agent's output.
        requester: who may be called by name in it.
        effects: what came of the stated effects (`stated_effects.completed`).
        checklist: the texts of the flow's author.
        policy: the approval policy.

    Raises:
        Refused: a text is empty or too long, or there is no plan in it.
    """
    plan = proposed_plan(proposed.sections, requester=requester)
    if not plan.elements:
        raise Refused("The plan is empty; say in sections what is to be done.", code="empty_plan")
    return RevisionContent(
        title=checked_title(title_of_model(proposed.title)),
        impact=checked_impact(_of_model(proposed.impact, requester)),
        summary=checked_summary(_of_model(proposed.summary, requester)),
        plan=plan,
        effects=effects,
        checklist=checked_checklist(tuple(checklist)),
        policy=policy,
    )


def proposed_plan(sections: Sequence[ProposedSection], *, requester: str) -> Plan:
    """Return the plan that an agent's sections make.

    Raises:
        Refused: it is too long.
    """
    return identified([one for section in sections for one in _section(section, requester)], Plan())


def _section(section: ProposedSection, requester: str) -> Iterator[Parsed]:
    heading = ProposedElement(kind=ElementKind.HEADING, text=section.title, level=2)
    above: ProposedElement | None = None
    for element in (heading, *section.elements):
        is_head = element.kind is ElementKind.ROW and (above is None or above.kind is not ElementKind.ROW)
        yield from _parsed(element, requester, is_head=is_head)
        above = element


def _parsed(element: ProposedElement, requester: str, *, is_head: bool) -> Iterator[Parsed]:
    """Yield what one element turns out to be; each is read alone, so that an open fence in one cannot swallow the next."""
    for one in parse(_markdown(element, requester, is_head=is_head)):
        depth = min(one.element.depth + element.depth, DEPTH_MAX)
        yield Parsed(one.element.model_copy(update={"depth": depth}), ())


def _markdown(element: ProposedElement, requester: str, *, is_head: bool) -> str:
    if element.kind is ElementKind.CODE:
        return _bare(element, redact(element.text))
    if element.kind is ElementKind.ROW:
        return _row([_of_model(cell, requester) for cell in element.cells] or [_of_model(element.text, requester)], is_head=is_head)
    text = _of_model(element.text, requester)
    if element.kind is ElementKind.PARAGRAPH:
        return text
    return _bare(element, " ".join(text.split()) if element.kind is ElementKind.HEADING else text)


def _bare(element: ProposedElement, text: str) -> str:
    """Return the Markdown of an element outside of any list."""
    level = element.level if element.kind is ElementKind.HEADING else 0
    draft = Element.model_construct(
        id="",
        kind=element.kind,
        text=text.replace("\r\n", "\n").strip("\n"),
        level=level,
        is_ordered=element.is_ordered,
        is_ticked=element.is_ticked,
        language=" ".join(element.language.replace("`", " ").split()),
    )
    return to_markdown([draft], has_marks=False)


def _row(cells: Sequence[str], *, is_head: bool) -> str:
    flat = [as_cell(cell) for cell in cells]
    row = f"| {' | '.join(flat)} |"
    return f"{row}\n|{' --- |' * len(flat)}" if is_head else row


def _of_model(text: str, requester: str) -> str:
    return text_of_model(text, requester=requester) if text.strip() else ""
