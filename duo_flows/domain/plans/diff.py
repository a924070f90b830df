"""The difference of two revisions, element by element: one value for every surface.

The law of this module: pure, near-linear, complete. From the earlier revision and the difference the later one can be told; equal
contents have an empty difference. "Since my last review" is the difference to the revision that was reviewed.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from duo_flows.domain.model import Model

from .effect_changes import EffectChange, effect_changes
from .elements import Element, ElementKind
from .matching import Matching, matched_by_content
from .revisions import RevisionContent
from .words import Span, longest_rising, word_spans


class Change(StrEnum):
    """What became of an element."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class ElementDiff(Model):
    """One element that is not as and where it was.

    Attributes:
        change: what became of it; `moved` if it says the same at another place.
        is_moved: whether it stands elsewhere, also where it was changed too.
        before: as it was; None if it was added.
        after: as it is; None if it was removed.
        old_index: where it was; -1 if it was added.
        new_index: where it is; -1 if it was removed.
        section: the heading below which it stands, or stood; empty before the first.
        words: what changed inside of a changed element.
    """

    change: Change
    is_moved: bool = False
    before: Element | None = None
    after: Element | None = None
    old_index: int = -1
    new_index: int = -1
    section: str = ""
    words: tuple[Span, ...] = ()

    @property
    def element(self) -> Element:
        """The element as it is, or as it was if it is gone."""
        found = self.after or self.before
        if found is None:
            raise ValueError("A difference of an element has an element before or after.")
        return found


class TextDiff(Model):
    """A changed text outside of the plan: title, summary or impact."""

    name: str
    words: tuple[Span, ...]


class RevisionDiff(Model):
    """The difference of two revisions; all of it empty where they say the same.

    Attributes:
        effects: what may be touched now, wider ones first.
        texts: title, impact and summary, as far as they changed.
        checklist: as elements without ids.
        elements: of the plan, in reading order; what was removed stands where it was.
        is_policy_changed: whether other rules decide.
    """

    effects: tuple[EffectChange, ...] = ()
    texts: tuple[TextDiff, ...] = ()
    checklist: tuple[ElementDiff, ...] = ()
    elements: tuple[ElementDiff, ...] = ()
    is_policy_changed: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether both say the same."""
        return self == RevisionDiff()

    @property
    def is_wider(self) -> bool:
        """Whether more may be touched than before."""
        return any(change.is_wider for change in self.effects)

    def counts(self) -> dict[Change, int]:
        """Return how many elements of the plan became what."""
        return {change: sum(1 for one in self.elements if one.change is change) for change in Change}


def diff(before: RevisionContent, after: RevisionContent, *, is_same_item: bool = True) -> RevisionDiff:
    """Return what changed from one revision to another.

    Args:
        before: the earlier one.
        after: the later one.
        is_same_item: whether ids of elements mean the same in both; of two items, as after a re-run, they do not, and elements are
            matched by what they say.
    """
    texts = ((name, getattr(before, name), getattr(after, name)) for name in ("title", "impact", "summary"))
    return RevisionDiff(
        effects=effect_changes(before.effects, after.effects),
        texts=tuple(TextDiff(name=name, words=word_spans(old, new)) for name, old, new in texts if old != new),
        checklist=diff_elements(_as_elements(before.checklist), _as_elements(after.checklist), is_same_item=False),
        elements=diff_elements(before.plan.elements, after.plan.elements, is_same_item=is_same_item),
        is_policy_changed=before.policy != after.policy,
    )


def _as_elements(texts: Sequence[str]) -> tuple[Element, ...]:
    return tuple(Element.model_construct(id="", kind=ElementKind.ITEM, text=text) for text in texts)


def diff_elements(before: Sequence[Element], after: Sequence[Element], *, is_same_item: bool = True) -> tuple[ElementDiff, ...]:
    """Return the elements that are not as and where they were, in reading order."""
    matching = _by_id(before, after) if is_same_item else matched_by_content(before, after)
    staying = _staying(matching)
    old_sections, new_sections = _sections(before), _sections(after)
    found: list[tuple[tuple[int, int, int], ElementDiff]] = []
    for place, element in enumerate(after):
        earlier = matching.pairs.get(place)
        if one := _difference(before, earlier, element, place, is_moved=place not in staying):
            found.append(((place, 0, 0), one.model_copy(update={"section": new_sections[place]})))
    for earlier, anchor in _removed(matching, staying):
        gone = ElementDiff.model_construct(
            change=Change.REMOVED, before=before[earlier], old_index=earlier, section=old_sections[earlier]
        )
        found.append(((anchor, 1, earlier), gone))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def _by_id(before: Sequence[Element], after: Sequence[Element]) -> Matching:
    matching, places = Matching(before, after), {element.id: place for place, element in enumerate(before)}
    for place, element in enumerate(after):
        if element.id in places:
            matching.pair(place, places[element.id])
    return matching


def _staying(matching: Matching) -> set[int]:
    """Return the later places of as many elements as can be said to have stayed; the others are the fewest that moved."""
    kept = sorted(matching.pairs)
    return {kept[at] for at in longest_rising([matching.pairs[place] for place in kept])}


def _difference(
    before: Sequence[Element], earlier: int | None, element: Element, place: int, *, is_moved: bool
) -> ElementDiff | None:
    if earlier is None:
        return ElementDiff.model_construct(change=Change.ADDED, after=element, new_index=place)
    old = before[earlier]
    if old.content() == element.content() and not is_moved:
        return None
    is_changed = old.content() != element.content()
    return ElementDiff.model_construct(
        change=Change.CHANGED if is_changed else Change.MOVED,
        is_moved=is_moved,
        before=old,
        after=element,
        old_index=earlier,
        new_index=place,
        words=word_spans(old.text, element.text) if is_changed else (),
    )


def _removed(matching: Matching, staying: set[int]) -> list[tuple[int, int]]:
    """Return the earlier places of what is gone, each with the later place of what stayed before it (-1 for nothing)."""
    later_places = {matching.pairs[place]: place for place in staying}
    removed, anchor = [], -1
    for earlier in range(len(matching.before)):
        anchor = later_places.get(earlier, anchor)
        if earlier not in matching.taken:
            removed.append((earlier, anchor))
    return removed


def _sections(elements: Sequence[Element]) -> list[str]:
    """Return for each place the heading that it stands below; a heading stands below none."""
    sections, heading = [], ""
    for element in elements:
        is_heading = element.kind is ElementKind.HEADING
        heading = element.text if is_heading else heading
        sections.append("" if is_heading else heading)
    return sections
