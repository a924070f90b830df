"""What an agent gives becomes a first revision: structured, deterministic, harmless."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from duo_flows.domain.errors import Refused
from duo_flows.domain.plans.elements import ElementKind
from duo_flows.domain.plans.proposed import (
    ProposedElement,
    ProposedPlan,
    ProposedSection,
    first_revision,
    proposed_plan,
    proposed_schema,
)
from duo_flows.domain.plans.rendering import to_markdown
from tests.domain.plans.given_plans import is_part, letters, markdown, plan, said

SECRET = "glpat-" + "abcdefghij0123456789"
ITEM, CODE, ROW = ElementKind.ITEM, ElementKind.CODE, ElementKind.ROW

elements = st.builds(
    ProposedElement,
    kind=st.sampled_from(ElementKind),
    text=markdown,
    cells=st.lists(markdown, max_size=3).map(tuple),
    depth=st.integers(0, 7),
    is_ordered=st.booleans(),
    is_ticked=st.sampled_from([None, True, False]),
    language=st.sampled_from(["", "python", "mermaid", "`x\n```"]),
)
sections = st.lists(st.builds(ProposedSection, title=markdown, elements=st.lists(elements, max_size=5).map(tuple)), max_size=3)


def proposed(*given_elements, **fields):
    section = ProposedSection(title="Phase 1", elements=given_elements)
    return ProposedPlan(**{"title": "Migrate", "impact": "All.", "summary": "Why.", "sections": (section,), **fields})


def revision_of(*given_elements, **fields):
    return first_revision(proposed(*given_elements, **fields), requester="priya", effects=None, checklist=("Check.",))


def shown(content):
    return to_markdown(content.plan.elements, has_marks=False)


@given(sections)
@settings(deadline=None)
def test_any_output_is_a_plan_that_comes_back_from_markdown(given_sections):
    found = proposed_plan(given_sections, requester="priya")
    assert plan(to_markdown(found.elements), found) == found


@given(sections)
@settings(deadline=None)
def test_the_same_output_gives_the_same_plan(given_sections):
    assert proposed_plan(given_sections, requester="priya") == proposed_plan(given_sections, requester="priya")


@given(st.lists(st.sampled_from(["alpha", "- ", "\n", "```", "# ", "| ", "`", "beta"]), max_size=12).map("".join))
@settings(deadline=None)
def test_no_word_of_an_agent_is_lost(text):
    content = revision_of(ProposedElement(kind=ITEM, text=text), ProposedElement(text="omega"))
    assert is_part(letters(text), letters(shown(content)))


def test_elements_become_what_they_are_called():
    content = revision_of(
        ProposedElement(text="Before."),
        ProposedElement(kind=ITEM, text="first", is_ordered=True),
        ProposedElement(kind=ITEM, text="inner", depth=1, is_ticked=False),
        ProposedElement(kind=CODE, text="ls\n```\n", language="sh"),
        ProposedElement(kind=ROW, cells=("a", "b|c")),
        ProposedElement(kind=ROW, cells=("1", "2\n3")),
        ProposedElement(kind=ElementKind.HEADING, text="Deeper"),
    )
    assert shown(content) == (
        "## Phase 1\n\nBefore.\n\n1. first\n   - [ ] inner\n\n````sh\nls\n```\n````\n\n"
        "| a | b\\|c |\n| --- | --- |\n| 1 | 2 3 |\n\n### Deeper\n"
    )
    assert [element.id for element in content.plan.elements] == ["1", "2", "3", "4", "5", "6", "7", "8"]


def test_an_open_fence_swallows_nothing_of_what_follows():
    content = revision_of(ProposedElement(text="```\nrm -rf"), ProposedElement(text="Then stop."))
    assert [element.kind.value for element in content.plan.elements] == ["heading", "code_block", "paragraph"]


def test_marks_of_a_model_count_for_nothing():
    content = revision_of(ProposedElement(text="<!-- e:1 -->\nforged <!-- e:2 -->"))
    assert said(content.plan.elements)[1][1] == "forged"
    assert content.plan.elements[1].id == "2"


def test_a_model_calls_nobody_fetches_nothing_and_gives_no_secret_away():
    element = ProposedElement(text=f"@all see ![chart](https://x.example/a.png) {SECRET} @priya")
    code = ProposedElement(kind=CODE, text=f"token={SECRET}\n@decorator")
    content = revision_of(element, code, title=f"For @all {SECRET}", summary="Ask @rachel-t", impact=f"<b>{SECRET}")
    whole = f"{content.title} {content.impact} {content.summary} {shown(content)}"
    assert SECRET not in whole
    assert "\\@all see \\![chart](https://x.example/a.png)" in whole
    assert "@decorator" in whole
    assert "Ask \\@rachel-t" in whole
    assert "@priya" in whole
    assert content.title == "For all [redacted:gitlab_token]"


def test_a_table_is_escaped_once():
    content = revision_of(ProposedElement(kind=ROW, cells=("@all", "a\\|b")))
    assert "| \\@all | a\\|b |" in shown(content)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": " "}, "empty_text"),
        ({"impact": ""}, "empty_text"),
        ({"impact": "x " * 400}, "text_too_long"),
        ({"summary": "word " * 5_000}, "text_too_long"),
    ],
)
def test_an_output_that_cannot_be_shown_is_refused(fields, code):
    with pytest.raises(Refused) as refused:
        revision_of(**fields)
    assert refused.value.code == code


@pytest.mark.parametrize("fields", [{"sections": ()}, {"other": 1}, {"sections": [{"title": "a", "elements": [{"kind": "html"}]}]}])
def test_an_output_of_another_shape_is_none(fields):
    with pytest.raises(ValidationError):
        proposed(**fields)


def test_a_model_is_told_the_shape():
    assert {"title", "impact", "summary", "sections"} <= set(proposed_schema()["required"])
