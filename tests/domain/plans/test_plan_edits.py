"""Edits by operation and as a whole text, and two edits put together."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from duo_flows.domain.errors import Refused
from duo_flows.domain.plans.edits import (
    InsertElements,
    MoveElement,
    Operation,
    RemoveElement,
    ReplaceElement,
    SetChecklist,
    SetImpact,
    SetPlan,
    SetSummary,
    SetTitle,
    edited,
)
from duo_flows.domain.plans.rebase import rebase
from duo_flows.domain.plans.rendering import to_markdown
from duo_flows.domain.plans.revisions import RevisionContent
from tests.domain.plans.given_plans import markdown, plan, plans, revision

BASE = revision(
    "## A\n\n- one\n  - two\n\n```sh\nls\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nlast words", impact="All.", summary="Why."
)


def after(*operations, base=BASE):
    return edited(base, operations)


def shown(content):
    return to_markdown(content.plan.elements, has_marks=False)


def ids(content):
    return [element.id for element in content.plan.elements]


@given(plans)
@settings(deadline=None)
def test_an_edit_that_changes_nothing_gives_the_same_digest(given_plan):
    base = revision("x").model_copy(update={"plan": given_plan})
    texts = [SetTitle(text=base.title), SetSummary(text=base.summary), SetPlan(markdown=to_markdown(given_plan.elements) or "")]
    assert edited(base, texts) == base
    assert edited(base, texts).digest == base.digest


@given(plans, st.data())
@settings(deadline=None)
def test_writing_an_element_as_it_was_changes_nothing(given_plan, data):
    base = revision("x").model_copy(update={"plan": plan("start", given_plan)})
    element = data.draw(st.sampled_from(base.plan.elements))
    assert edited(base, [ReplaceElement(element=element.id, text=element.text)]).digest == base.digest


@pytest.mark.parametrize("place", range(7))
def test_each_kind_of_element_written_as_it_was_is_the_same(place):
    element = BASE.plan.elements[place]
    assert after(ReplaceElement(element=element.id, text=element.text)) == BASE


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (ReplaceElement(element="1", text="B"), "## B\n"),
        (ReplaceElement(element="2", text="uno\ndue"), "- uno\n  due\n"),
        (ReplaceElement(element="3", text="[x] two"), "  - [x] two\n"),
        (ReplaceElement(element="4", text="# no heading\n- no item"), "```sh\n# no heading\n- no item\n```\n"),
        (ReplaceElement(element="5", text="c | d"), "| c | d |\n|---|--- |\n"),
        (ReplaceElement(element="6", text="| 3 | 4"), "| 3 | 4 |\n"),
        (ReplaceElement(element="7", text="- now a list"), "- now a list\n"),
        (InsertElements(after="2", markdown="between"), "between\n"),
        (InsertElements(markdown="first of all"), "first of all\n\n## A\n"),
    ],
)
def test_an_operation_does_what_it_says(operation, expected):
    assert expected in shown(after(operation))


def test_an_element_keeps_its_id_and_what_follows_it_gets_new_ones():
    assert ids(after(ReplaceElement(element="7", text="a\n\nb\n\nc"))) == ["1", "2", "3", "4", "5", "6", "7", "8", "9"]
    assert ids(after(InsertElements(after="1", markdown="a"))) == ["1", "8", "2", "3", "4", "5", "6", "7"]
    assert ids(after(MoveElement(element="7"))) == ["7", "1", "2", "3", "4", "5", "6"]
    assert ids(after(RemoveElement(element="2"))) == ["1", "3", "4", "5", "6", "7"]


def test_ids_of_removed_elements_are_not_given_again():
    assert ids(after(RemoveElement(element="7"), InsertElements(after="6", markdown="new"))) == ["1", "2", "3", "4", "5", "6", "8"]


def test_an_item_whose_list_is_gone_comes_up():
    orphan = next(element for element in after(RemoveElement(element="2")).plan.elements if element.id == "3")
    assert orphan.depth == 0


def test_texts_are_set_visibly():
    content = after(
        SetTitle(text=" A\n\u202eB "),
        SetImpact(text="# All <b>portals</b>"),
        SetSummary(text="So <!-- x -->."),
        SetChecklist(texts=("  one\ntwo",)),
    )
    assert (content.title, content.impact) == ("A [U+202E]B", "\\# All &lt;b>portals&lt;/b>")
    assert (content.summary, content.checklist) == ("So &lt;!-- x -->.", ("one two",))


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (ReplaceElement(element="99", text="x"), "no_such_element"),
        (ReplaceElement(element="1", text=" \n"), "empty_text"),
        (InsertElements(after="99", markdown="x"), "no_such_element"),
        (InsertElements(after="1", markdown=" "), "empty_text"),
        (RemoveElement(element="zz"), "no_such_element"),
        (MoveElement(element="1", after="99"), "no_such_element"),
        (MoveElement(element="1", after="1"), "bad_edit"),
        (SetTitle(text=""), "empty_text"),
        (SetImpact(text="x" * 700), "text_too_long"),
        (SetSummary(text="word " * 4_000), "text_too_long"),
        (SetChecklist(texts=("",)), "empty_text"),
        (SetChecklist(texts=("a",) * 99), "text_too_long"),
        (SetPlan(markdown="\n"), "empty_plan"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_wholly(operation, code):
    before = BASE.digest
    with pytest.raises(Refused) as refused:
        after(SetTitle(text="Other"), operation)
    assert refused.value.code == code
    assert BASE.digest == before


def test_operations_are_read_from_json():
    adapter = TypeAdapter(list[Operation])
    assert adapter.validate_python([{"op": "remove", "element": "1"}, {"op": "set_plan", "markdown": "x"}]) == [
        RemoveElement(element="1"),
        SetPlan(markdown="x"),
    ]


def test_the_digest_covers_all_that_a_decision_binds():
    others = [
        after(SetTitle(text="B")),
        after(SetImpact(text="B")),
        after(SetSummary(text="B")),
        after(SetChecklist(texts=("B",))),
        after(ReplaceElement(element="2", text="B")),
        after(ReplaceElement(element="2", text="[x] one")),
        after(MoveElement(element="2", after="3")),
        BASE.model_copy(update={"policy": {"threshold": 1}}),
    ]
    assert len({BASE.digest, *(content.digest for content in others)}) == len(others) + 1


def test_ids_are_no_part_of_the_digest():
    other = revision("x\n\ny", impact="All.", summary="Why.")
    same = edited(other, [SetPlan(markdown="y"), SetPlan(markdown="x\n\ny")])
    assert ids(same) != ids(other)
    assert same.digest == other.digest


def test_a_revision_is_the_same_after_json():
    assert RevisionContent.model_validate_json(BASE.model_dump_json()) == BASE


@given(plans, markdown, markdown)
@settings(deadline=None)
def test_an_edit_put_on_its_own_base_is_itself(given_plan, text, other):
    base = revision("x").model_copy(update={"plan": given_plan})
    ours = base.model_copy(update={"plan": plan(text, given_plan), "summary": other})
    assert rebase(base, ours, base).digest == ours.digest
    assert rebase(base, base, ours).digest == ours.digest


def test_edits_of_different_things_are_put_together():
    ours = after(ReplaceElement(element="2", text="uno"), InsertElements(after="7", markdown="ours"))
    theirs = after(SetImpact(text="None."), RemoveElement(element="6"), InsertElements(markdown="theirs"))
    both = rebase(BASE, ours, theirs)
    assert shown(both).startswith("theirs\n\n## A\n\n- uno\n")
    assert shown(both).endswith("last words\n\nours\n")
    assert (both.impact, "| 1 | 2 |" in shown(both)) == ("None.", False)
    assert ids(both) == ["8", "1", "2", "3", "4", "5", "7", "9"]


@pytest.mark.parametrize(
    ("ours", "theirs", "what"),
    [
        (ReplaceElement(element="2", text="uno"), ReplaceElement(element="2", text="eins"), "2"),
        (ReplaceElement(element="2", text="uno"), RemoveElement(element="2"), "2"),
        (MoveElement(element="7"), MoveElement(element="7", after="2"), "7"),
        (SetTitle(text="B"), SetTitle(text="C"), "title"),
        (SetChecklist(texts=("B",)), SetChecklist(texts=("C",)), "checklist"),
    ],
)
def test_edits_of_the_same_thing_are_a_conflict(ours, theirs, what):
    [conflict] = rebase(BASE, after(ours), after(theirs))
    assert conflict.what == what


def test_the_same_edit_twice_is_no_conflict():
    ours = after(ReplaceElement(element="2", text="uno"))
    assert rebase(BASE, ours, ours) == ours
