"""Differences of revisions: complete, minimal in moves, safe to show."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from duo_flows.domain.plans.diff import Change, RevisionDiff, diff, diff_elements
from duo_flows.domain.plans.diff_text import diff_lines, diff_markdown, summary_line
from duo_flows.domain.plans.elements import Plan, settled
from tests.domain.plans.given_plans import plan, plans, revision, said


@st.composite
def later_plans(draw, base):
    """Return a plan that came of the base: some elements gone, some changed, the rest in another order, some new."""
    kept = [one for one in draw(st.permutations(base.elements)) if draw(st.booleans())]
    texts = plan("alpha beta\n\ngamma delta epsilon\n\nzeta", Plan(given_ids=base.given_ids))
    changed = [one.model_copy(update={"text": f"alpha {one.text}"}) if draw(st.booleans()) else one for one in kept]
    return Plan(elements=settled([*texts.elements, *changed]), given_ids=texts.given_ids)


@st.composite
def pairs_of_plans(draw):
    base = draw(plans)
    return base, draw(st.one_of(later_plans(base), plans.map(lambda other: plan("", base) if not other.elements else base)))


def rebuilt(before, differences):
    """Return what the differences make of the earlier elements."""
    gone = {one.old_index for one in differences if one.before and (one.after is None or one.is_moved)}
    placed = {one.new_index: one.after for one in differences if one.after and (one.before is None or one.is_moved)}
    changed = {one.old_index: one.after for one in differences if one.before and one.after}
    staying = iter([changed.get(at, element) for at, element in enumerate(before) if at not in gone])
    count = len(before) - len(gone) + len(placed)
    return [placed[at] if at in placed else next(staying) for at in range(count)]


@given(pairs_of_plans())
@settings(max_examples=200, deadline=None)
def test_the_later_plan_can_be_told_from_the_earlier_one_and_the_difference(pair):
    before, after = pair
    assert rebuilt(before.elements, diff_elements(before.elements, after.elements)) == list(after.elements)


@given(plans, plans)
@settings(max_examples=200, deadline=None)
def test_the_same_holds_for_plans_of_two_items(before, after):
    found = diff_elements(before.elements, after.elements, is_same_item=False)
    assert said(rebuilt(before.elements, found)) == said(after.elements)


@given(plans)
@settings(deadline=None)
def test_a_plan_is_no_different_from_itself(given_plan):
    assert diff_elements(given_plan.elements, given_plan.elements) == ()
    assert diff_elements(given_plan.elements, given_plan.elements, is_same_item=False) == ()


@given(pairs_of_plans())
@settings(deadline=None)
def test_what_is_added_one_way_is_removed_the_other_way(pair):
    before, after = (revision("x").model_copy(update={"plan": one}) for one in pair)
    there, back = diff(before, after), diff(after, before)
    assert there.counts()[Change.ADDED] == back.counts()[Change.REMOVED]
    assert there.counts()[Change.CHANGED] == back.counts()[Change.CHANGED]
    assert sum(one.is_moved for one in there.elements) == sum(one.is_moved for one in back.elements)


@given(pairs_of_plans())
@settings(deadline=None)
def test_a_difference_is_the_same_after_json(pair):
    before, after = (revision("x").model_copy(update={"plan": one}) for one in pair)
    found = diff(before, after)
    assert RevisionDiff.model_validate_json(found.model_dump_json()) == found


def test_one_element_that_moved_is_one_move():
    before = plan("\n\n".join(f"Step {number}" for number in range(9)))
    elements = [*before.elements[1:], before.elements[0]]
    [one] = diff_elements(before.elements, elements)
    assert (one.change, one.old_index, one.new_index) == (Change.MOVED, 0, 8)


def test_what_changed_and_moved_is_said_once():
    before = plan("a b c\n\nd e f\n\ng h i")
    changed = before.elements[0].model_copy(update={"text": "a b x"})
    [one] = diff_elements(before.elements, [*before.elements[1:], changed])
    assert (one.change, one.is_moved) == (Change.CHANGED, True)


def test_one_of_many_equal_elements_that_goes_is_one_removal():
    before, after = plan("---\n\n" * 50), plan("---\n\n" * 49)
    [one] = diff_elements(before.elements, after.elements, is_same_item=False)
    assert one.change is Change.REMOVED


def test_elements_stand_in_reading_order_with_their_sections():
    before = plan("## A\n\none two three\n\n## B\n\nfour five six")
    after = plan("## A\n\n## B\n\nfour five seven\n\n## C\n\nnew words", before)
    found = [(one.change.value, one.section) for one in diff_elements(before.elements, after.elements)]
    assert found == [("removed", "A"), ("changed", "B"), ("added", ""), ("added", "C")]


def test_texts_checklist_and_policy_are_compared_too():
    before = revision(impact="Portals stop.", checklist=("a", "b"), policy={"threshold": 2})
    after = revision(impact="All portals stop.", checklist=("b", "a", "c"), policy={"threshold": 1})
    found = diff(before, after)
    assert [text.name for text in found.texts] == ["impact"]
    assert sorted(one.change.value for one in found.checklist) == ["added", "moved"]
    assert found.is_policy_changed
    assert not found.is_empty
    assert summary_line(found) == "Changed: impact; checklist; approval policy."


def test_a_difference_reads_as_lines():
    before = plan("## Phase 1\n\n- Move `billing` now\n- Move users\n- [ ] Tell people")
    after = plan("## Phase 1\n\n- Move `billing` later\n- [x] Tell people\n- Watch the logs", before)
    lines = diff_lines(diff(revision("x").model_copy(update={"plan": before}), revision("x").model_copy(update={"plan": after})))
    assert lines == (
        "~ changed list item in “Phase 1”: Move `billing` [-now-]{+later+}",
        "- removed list item in “Phase 1”: [-Move users-]",
        "~ changed list item in “Phase 1”: Tell people (ticked)",
        "+ added list item in “Phase 1”: {+Watch the logs+}",
    )


def test_nothing_is_said_in_words():
    assert diff_lines(RevisionDiff()) == ("Nothing changed.",)
    assert diff_markdown(RevisionDiff()) == "Nothing changed."
    assert summary_line(RevisionDiff()) == "Nothing changed."


@pytest.mark.parametrize(
    "text",
    [
        "@all",
        "#4 and !5",
        "`code` **bold** [a](b)",
        "{+ forged +} [- forged -]",
        "~bug $x$",
        "/close",
        "a\n/close",
        "```\n@all\n```",
    ],
)
def test_a_difference_in_a_comment_is_plain_text(text):
    before, after = revision("nothing alike"), revision(text)
    shown = diff_markdown(diff(before, after))
    tokens = MarkdownIt("commonmark").parse(shown)
    inline = [child.type for token in tokens for child in token.children or ()]
    assert set(inline) <= {"text", "html_inline", "text_special"}
    assert "{+" not in shown
    assert "@all" not in shown.replace("\\@all", "")
    assert all(line.startswith("- ") for line in shown.split("\n"))


def test_a_long_difference_in_a_comment_is_cut_and_says_so():
    shown = diff_markdown(diff(revision("x"), revision("\n\n".join(f"Step {number}" for number in range(300)))))
    assert shown.endswith("- … and 200 more changes.")
    assert len(shown.split("\n")) == 101


def test_what_stayed_the_same_around_a_change_is_cut():
    before, after = revision(f"{'same ' * 100}old {'same ' * 100}"), revision(f"{'same ' * 100}new {'same ' * 100}")
    [line] = diff_lines(diff(before, after, is_same_item=False))
    assert len(line) < 250
    assert "…same" in line
