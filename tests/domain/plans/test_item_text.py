"""The description of an item in GitLab: written, edited by people, and read back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duo_flows.domain.errors import Refused
from duo_flows.domain.plans.effects import PlanEffects, ProjectEffects
from duo_flows.domain.plans.item_text import item_description, read_description
from duo_flows.domain.plans.revisions import RevisionContent, prose_of
from duo_flows.domain.plans.texts import visible
from tests.domain.plans.given_plans import is_part, letters, markdown, plan, plans, prose, revision

EFFECTS = PlanEffects(
    projects=(ProjectEffects(project_id=7, project_path="meridian/core", branches=("idp/*",), paths=("config/**",), files=3),),
    tools=("create_commit",),
)
CHECKLIST = ("Confirm that the contract is signed", "Confirm that `staging` passed")
BASE = revision(
    "## Phase 1\n\n- Update billing", impact="Portals stop.", summary="We *move*.", checklist=CHECKLIST, effects=EFFECTS
)
TEXT = item_description(BASE)


def read(text, base=BASE):
    return read_description(text, base)


def test_a_description_reads_well_in_gitlab():
    assert TEXT == (
        "## Impact <!-- zone:impact -->\n\nPortals stop.\n\n"
        "## Summary <!-- zone:summary -->\n\nWe *move*.\n\n"
        "## Effects <!-- zone:effects -->\n\n1 repository, at most 3 files, only on branches matching `idp/*`; nothing else.\n\n"
        "- `meridian/core`: at most 3 files in `config/**`; branches `idp/*`.\n- Tools that may write: `create_commit`.\n\n"
        "## Checklist <!-- zone:checklist -->\n\n"
        "- [ ] Confirm that the contract is signed\n- [ ] Confirm that `staging` passed\n\n"
        "## Plan <!-- zone:plan -->\n\n## Phase 1 <!-- e:1 -->\n\n- Update billing <!-- e:2 -->\n\n<!-- zone:end -->\n"
    )


@given(plans, markdown.map(prose_of), st.lists(prose, max_size=3))
@settings(deadline=None)
def test_what_was_not_edited_is_the_same_revision(given_plan, summary, checklist):
    base = RevisionContent(title="A", plan=given_plan, summary=summary, checklist=tuple(checklist), impact="All.")
    found = read(item_description(base), base)
    assert found.content == base
    assert found.foreign == ()


@given(markdown)
@settings(deadline=None)
def test_a_summary_is_the_same_when_it_is_read_again(text):
    assert prose_of(prose_of(text)) == prose_of(text)


@given(markdown)
@settings(deadline=None)
def test_no_word_that_is_put_anywhere_into_an_item_is_lost(text):
    lines = TEXT.split("\n")
    edited = "\n".join([*lines[:6], text, *lines[6:]])
    found = read(edited)
    kept = "\n".join([*found.foreign, item_description(found.content)])
    assert set(letters(visible(text))) - {"zone", "plan", "end", "e"} <= set(letters(visible(kept)))


def test_a_tick_is_no_edit():
    found = read(TEXT.replace("- [ ] Confirm that the contract", "- [x] Confirm that the contract"))
    assert found.content == BASE
    assert found.ticked == ("Confirm that the contract is signed",)
    assert "- [x] Confirm that the contract is signed" in item_description(BASE, ticked=found.ticked)


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        ("Portals stop.", "All portals\nstop.", "impact", "All portals stop."),
        ("We *move*.", "We *move* now.\n\n- really", "summary", "We *move* now.\n\n- really"),
        ("- [ ] Confirm that `staging` passed", "* also this", "checklist", (CHECKLIST[0], "also this")),
    ],
)
def test_texts_can_be_edited(old, new, field, value):
    assert getattr(read(TEXT.replace(old, new)).content, field) == value


def test_the_plan_can_be_edited():
    found = read(TEXT.replace("Update billing", "Update billing last").replace("\r", ""))
    assert found.content.plan == plan("## Phase 1 <!-- e:1 -->\n\n- Update billing last <!-- e:2 -->", BASE.plan)


def test_line_ends_of_a_browser_change_nothing():
    assert read(TEXT.replace("\n", "\r\n")).content == BASE


def test_headings_without_marks_are_known_by_their_titles():
    bare = TEXT.replace(" <!-- zone:summary -->", "").replace(" <!-- zone:plan -->", "")
    assert read(bare).content == BASE


def test_a_heading_of_the_plan_is_none_of_the_item():
    base = revision("## Summary\n\nfor later\n\n## Plan\n\nB", summary="Short.")
    assert read(item_description(base), base).content == base


def test_code_that_looks_like_a_zone_stays_code():
    base = revision("```\n<!-- zone:end -->\n<\\!-- zone:plan -->\n```", summary="```\n## Plan <!-- zone:plan -->\n```")
    assert read(item_description(base), base).content == base


def test_a_zone_that_is_gone_says_what_it_said():
    start, rest = TEXT.split("## Summary")
    assert read(start + "## Effects" + rest.split("## Effects")[1]).content == BASE


def test_what_stands_where_nothing_can_be_edited_is_handed_back():
    found = read("Hello!\n\n" + TEXT.replace("; nothing else.", "; and all the rest.") + "\nBye.")
    assert found.content == BASE
    assert found.foreign[0] == "Hello!\n\n\nBye."
    assert found.foreign[1].endswith("; and all the rest.")


def test_an_emptied_text_is_refused():
    with pytest.raises(Refused, match="impact statement is empty"):
        read(TEXT.replace("Portals stop.", ""))


def test_words_of_other_zones_are_kept_in_order():
    assert is_part(["Impact", "Summary", "Effects", "Checklist", "Plan"], letters(TEXT))
