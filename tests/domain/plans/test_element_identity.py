"""Ids: kept through edits, moves and lost marks; never forged and never given twice."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from duo_flows.domain.plans.elements import id_of_number, number_of_id
from duo_flows.domain.plans.identity import plan_from_markdown
from duo_flows.domain.plans.rendering import to_markdown
from tests.domain.plans.given_plans import markdown, plan, plans

TEXT = """\
## Phase 1

Update `meridian-billing` first, then the scheduling service and its workers.

- Confirm that the vendor contract has been signed by both sides
- Confirm that staging went well

## Phase 3

Switch the remaining hospitals over, region by region, behind a feature flag.
"""
BASE = plan(TEXT)
MARKED = to_markdown(BASE.elements)
BARE = to_markdown(BASE.elements, has_marks=False)


def ids(text, base=BASE):
    return [element.id for element in plan(text, base).elements]


def test_ids_are_short_and_given_in_order():
    assert ids(TEXT, None) == ["1", "2", "3", "4", "5", "6"]
    assert BASE.given_ids == 6


@given(st.integers(min_value=1, max_value=10**9))
@settings(deadline=None)
def test_an_id_says_as_which_it_was_given(number):
    assert number_of_id(id_of_number(number)) == number


def test_a_retried_reading_gives_the_same_ids():
    assert plan(f"{MARKED}\n\nA new one.", BASE) == plan(f"{MARKED}\n\nA new one.", BASE)


def test_ids_outlive_the_loss_of_all_marks():
    assert plan(BARE, BASE) == BASE


def test_ids_outlive_edits_without_marks():
    edited = BARE.replace("first, then the scheduling", "last, after the scheduling").replace("went well", "went very well")
    assert ids(edited) == ids(MARKED)


def test_ids_outlive_a_new_wrapping():
    assert ids(BARE.replace("first, then ", "first,\nthen ")) == ids(MARKED)


def test_ids_go_with_elements_that_move():
    first, rest = BARE.split("\n\n", 1)
    moved = ids(f"{rest}\n\n{first}")
    assert moved == ["2", "3", "4", "5", "6", "1"]


def test_a_copied_mark_stays_with_the_original():
    copied = MARKED.replace("## Phase 3 <!-- e:5 -->", "## Phase 1 again <!-- e:1 -->\n\n## Phase 3 <!-- e:5 -->")
    assert ids(copied) == ["1", "2", "3", "4", "7", "5", "6"]


def test_marks_that_changed_places_follow_their_text():
    swapped = MARKED.replace("e:2", "e:x").replace("e:6", "e:2").replace("e:x", "e:6")
    assert plan(swapped, BASE) == BASE


def test_a_mark_says_who_it_is_when_every_word_changed():
    assert ids(MARKED.replace("Confirm that staging went well", "Nothing")) == ids(MARKED)


def test_an_id_that_was_not_given_becomes_a_new_one():
    forged = plan(f"{MARKED}\n<!-- e:99 -->\nForged.\n\n<!-- e:zzzzzzzz -->\nForged too.", BASE)
    assert [element.id for element in forged.elements][-2:] == ["7", "8"]


def test_the_id_of_a_removed_element_is_never_given_again():
    fewer = plan("\n\n".join(MARKED.split("\n\n")[:1]), BASE)
    again = plan(f"{to_markdown(fewer.elements)}\n\n<!-- e:6 -->\nSwitch the remaining hospitals over.", fewer)
    assert [element.id for element in again.elements] == ["1", "7"]


def test_halves_of_a_paragraph_are_two_elements():
    halves = MARKED.replace("first, then", "first.\n\nThen")
    assert sorted(set(ids(halves)) - set(ids(MARKED))) == ["7"]


def test_a_damaged_mark_is_shown_and_its_element_known_by_its_words():
    damaged = plan(MARKED.replace("<!-- e:6 -->", "<!-- e:6 --"), BASE)
    assert damaged.elements[-1].id == "6"
    assert damaged.elements[-1].text.startswith("&lt;!-- e:6 --\nSwitch")


@given(plans, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_elements_that_people_put_in_another_order_keep_their_ids(base, random):
    blocks = [to_markdown([element.model_copy(update={"depth": 0})]) for element in base.elements]
    random.shuffle(blocks)
    known = {element.id for element in base.elements}
    found = [element.id for element in plan_from_markdown("\n".join(blocks), base).elements]
    assert known <= set(found)


@given(plans, markdown)
@settings(deadline=None)
def test_every_id_is_known_or_newly_given(base, text):
    after = plan(text, base)
    fresh = {element.id for element in after.elements} - {element.id for element in base.elements}
    assert {number_of_id(one) for one in fresh} == set(range(base.given_ids + 1, after.given_ids + 1))


@given(plans)
@settings(deadline=None)
def test_taking_all_marks_away_loses_no_element(base):
    bare = re.sub(r"<!-- e:\w+ -->", "", to_markdown(base.elements))
    assert len(plan(bare, base).elements) <= len(base.elements) + bare.count("\n")
