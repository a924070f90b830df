"""Who is who after an edit: ids of a plan for elements that come from Markdown.

The law of this module: pure, and the same again for a retried call. A mark is a claim that counts only if the base plan has the id;
one element gets it. Whatever else comes is new and gets the next id, so that nobody can forge one or bring one back.
"""

from __future__ import annotations

from collections.abc import Sequence

from duo_flows.domain.errors import Refused

from .elements import Element, Plan, checked_size, id_of_number, settled
from .matching import Matching, likeness, matched_by_content, words_of
from .parsing import Parsed, parse


def plan_from_markdown(text: str, base: Plan | None = None) -> Plan:
    """Return the plan that a Markdown text says, with the ids of the base plan's elements where they are the same ones.

    Raises:
        Refused: the plan is too long.
    """
    return identified(parse(text), base or Plan())


def identified(parsed: Sequence[Parsed], base: Plan) -> Plan:
    """Return the elements as a plan that follows on the base: by mark, else by content, else new.

    Raises:
        Refused: the plan is too long.
    """
    elements = settled(one.element for one in parsed)
    checked_size(elements)
    matching = Matching(base.elements, elements)
    claims = _claims(parsed, base)
    _pair_unchanged(matching, claims)
    matching.pair_unique()
    _pair_claimed(matching, claims)
    matched_by_content(base.elements, elements, known=matching)
    return _numbered(elements, matching, base)


def _claims(parsed: Sequence[Parsed], base: Plan) -> list[list[int]]:
    places = {element.id: place for place, element in enumerate(base.elements)}
    return [[places[mark] for mark in one.marks if mark in places] for one in parsed]


def _pair_unchanged(matching: Matching, claims: Sequence[Sequence[int]]) -> None:
    for later, places in enumerate(claims):
        for earlier in places:
            if matching.after[later].content() == matching.before[earlier].content():
                matching.pair(later, earlier)


def _pair_claimed(matching: Matching, claims: Sequence[Sequence[int]]) -> None:
    """Give each mark to the most alike of those that claim it: a copied element must not take it from the edited one."""
    found = [
        (-likeness(words_of(matching.after[later].text), words_of(matching.before[earlier].text)), later, rank, earlier)
        for later in matching.free_after()
        for rank, earlier in enumerate(claims[later])
        if earlier not in matching.taken
    ]
    for _, later, _, earlier in sorted(found):
        matching.pair(later, earlier)


def _numbered(elements: Sequence[Element], matching: Matching, base: Plan) -> Plan:
    given, numbered = base.given_ids, []
    for later, element in enumerate(elements):
        earlier = matching.pairs.get(later)
        if earlier is None:
            given += 1
        element_id = id_of_number(given) if earlier is None else base.elements[earlier].id
        numbered.append(element.model_copy(update={"id": element_id}))
    return Plan(elements=tuple(numbered), given_ids=given)


def element_of(plan: Plan, element_id: str) -> Element:
    """Return an element by its id.

    Raises:
        Refused: the plan has none of this id.
    """
    found = plan.by_id().get(element_id)
    if found is None:
        raise Refused(
            f"The plan has no element {element_id[:16]!r}; it may have been removed. Read the plan again.", code="no_such_element"
        )
    return found
