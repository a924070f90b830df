"""Two edits of the same revision, put together where they touch different things.

The law of this module: pure. What both changed in different ways is a conflict and is decided by a person; nothing is chosen
silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duo_flows.domain.model import Model

from .diff import diff_elements
from .elements import Element, Plan, checked_size, id_of_number, settled
from .revisions import RevisionContent

_FIELDS = ("title", "impact", "summary", "checklist", "effects", "policy")


class Conflict(Model):
    """Something that two edits changed in different ways: a field by name, or an element of the plan by id."""

    what: str
    ours: str
    theirs: str


def rebase(base: RevisionContent, ours: RevisionContent, theirs: RevisionContent) -> RevisionContent | tuple[Conflict, ...]:
    """Return both edits in one content, or what they disagree on; elements that ours added get ids behind those of theirs.

    Raises:
        Refused: together they are too long.
    """
    fields = {name: _merged(getattr(base, name), getattr(ours, name), getattr(theirs, name)) for name in _FIELDS}
    conflicts = [
        Conflict(what=name, ours=str(getattr(ours, name)), theirs=str(getattr(theirs, name)))
        for name, merged in fields.items()
        if not merged
    ]
    conflicts += _plan_conflicts(base.plan, ours.plan, theirs.plan)
    if conflicts:
        return tuple(conflicts)
    updates: dict[str, Any] = {name: merged[0] for name, merged in fields.items() if merged}
    return theirs.model_copy(update={**updates, "plan": _merged_plan(base.plan, ours.plan, theirs.plan)})


def _merged(base: Any, ours: Any, theirs: Any) -> tuple[Any, ...]:
    """Return the one value that both can mean, in a tuple; an empty tuple for a conflict."""
    if ours in (base, theirs):
        return (theirs,)
    return (ours,) if theirs == base else ()


def _plan_conflicts(base: Plan, ours: Plan, theirs: Plan) -> list[Conflict]:
    mine, others = ours.by_id(), theirs.by_id()
    moved = {one.id for one in _moves(base, ours)} & {one.id for one in _moves(base, theirs)}
    both_moved = [Conflict(what=one, ours=f"moved: {mine[one].text}", theirs=f"moved: {others[one].text}") for one in sorted(moved)]
    return both_moved + [
        Conflict(what=old.id, ours=_said(mine.get(old.id)), theirs=_said(others.get(old.id)))
        for old in base.elements
        if not _merged(_content(old), _content(mine.get(old.id)), _content(others.get(old.id)))
    ]


def _content(element: Element | None) -> tuple[Any, ...] | None:
    return element.content() if element else None


def _said(element: Element | None) -> str:
    return element.text if element else "removed"


def _merged_plan(base: Plan, ours: Plan, theirs: Plan) -> Plan:
    old, mine = base.by_id(), ours.by_id()
    merged = [
        element if element.id not in old or _content(mine.get(element.id)) == old[element.id].content() else mine.get(element.id)
        for element in theirs.elements
    ]
    kept = [element for element in merged if element is not None]
    added = [element for element in ours.elements if element.id not in old]
    fresh = {element.id: id_of_number(theirs.given_ids + number) for number, element in enumerate(added, start=1)}
    for element in added:
        place = _place(element, kept, ours, fresh)
        kept.insert(place, element.model_copy(update={"id": fresh[element.id]}))
    moved = _moves(base, ours)
    placed = settled(_replayed(kept, moved, ours, fresh))
    checked_size(placed)
    return Plan(elements=placed, given_ids=theirs.given_ids + len(added))


def _place(element: Element, kept: Sequence[Element], ours: Plan, fresh: dict[str, str]) -> int:
    """Return where an element of ours stands among what is kept: behind the nearest one that stands before it in ours."""
    places = {one.id: place for place, one in enumerate(kept)}
    at = next(place for place, one in enumerate(ours.elements) if one.id == element.id)
    before = (fresh.get(one.id, one.id) for one in reversed(ours.elements[:at]))
    return next((places[name] + 1 for name in before if name in places), 0)


def _moves(base: Plan, ours: Plan) -> list[Element]:
    """Return the elements that ours moved, in the order in which they stand now."""
    return [one.after for one in diff_elements(base.elements, ours.elements) if one.is_moved and one.after]


def _replayed(kept: Sequence[Element], moved: Sequence[Element], ours: Plan, fresh: dict[str, str]) -> list[Element]:
    elements = list(kept)
    for element in moved:
        found = next((one for one in elements if one.id == element.id), None)
        if found is None:
            continue
        elements.remove(found)
        elements.insert(_place(element, elements, ours, fresh), found)
    return elements
