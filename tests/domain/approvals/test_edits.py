"""Edits and the checklist: what an edit clears, what it never loses, and what a tick is (requirements G5, G9)."""

import pytest

from duo_flows.domain.approvals.item import ChecklistEntry
from duo_flows.domain.approvals.machine import apply
from duo_flows.domain.approvals.standing import evaluate
from duo_flows.domain.canonical import digest_of
from tests.domain.approvals.gates import (
    BEN,
    DANIEL,
    ENTRIES,
    FACTS,
    NOON,
    PEOPLE_CHANGED,
    PRIYA,
    RACHEL,
    SECOND,
    SOO,
    STRANGER,
    approve,
    checked_gate,
    decline,
    edit,
    gate,
    last,
    names_of,
    play,
    request_changes,
    tick,
    untick,
    without_memory,
)


def test_an_edit_clears_every_approval_and_every_other_verdict_and_the_history_keeps_them():
    before = play(gate(decline=2), approve(SOO), request_changes(RACHEL), decline(BEN))

    ruling = last(before, edit(DANIEL))

    assert (ruling.item.reviews, ruling.item.history) == ((), before.reviews)
    assert ruling.audit[0].data.cleared == before.reviews
    assert names_of(ruling) == ("revision.created",)


def test_an_edit_starts_a_revision_that_names_its_editor_and_its_content():
    current = play(gate(), edit(DANIEL)).current

    assert (current.number, current.editor_id, current.content_ref, current.digest) == (
        2,
        DANIEL.id,
        "ref-edited",
        digest_of("edited"),
    )


def test_approvals_do_not_come_back_when_an_edit_is_undone():
    item = play(gate(), approve(SOO), edit(DANIEL), edit(DANIEL, base=2, content="r1"))

    assert item.current.digest == item.revisions[0].digest
    assert evaluate(item, FACTS).approval.by == ()


def test_an_edit_that_changes_nothing_clears_nothing_and_says_so():
    before = play(gate(), approve(SOO))

    ruling = last(before, edit(DANIEL, content="r1"))

    assert (ruling.is_accepted, ruling.code, names_of(ruling)) == (True, "nothing_changed", ("revision.kept",))
    assert without_memory(ruling.item) == without_memory(before)
    assert ruling.reason == "This is exactly r1: there is no new revision, and every verdict stands."


def test_of_two_edits_of_one_revision_the_second_is_refused_and_its_text_is_kept():
    before = play(gate(), edit(DANIEL))

    ruling = last(before, edit(SOO, content="other"))

    assert (ruling.is_accepted, ruling.code, ruling.to_compare) == (False, "conflict", (1, 2))
    assert without_memory(ruling.item) == without_memory(before)
    assert ruling.audit[0].data.content_ref == "ref-other"


def test_two_who_make_the_same_edit_have_no_conflict():
    assert last(gate(), edit(DANIEL), edit(SOO)).code == "nothing_changed"


def test_an_edit_of_a_revision_that_never_was_is_refused():
    ruling = last(gate(), edit(DANIEL, base=5))

    assert (ruling.code, len(ruling.item.revisions)) == ("unknown_revision", 1)


@pytest.mark.parametrize(("who", "code"), [(STRANGER, "not_a_reviewer"), (PRIYA, "not_a_reviewer")])
def test_only_a_reviewer_edits_and_what_others_wrote_is_kept(who, code):
    ruling = last(gate(), edit(who))

    assert (ruling.code, len(ruling.item.revisions)) == (code, 1)
    assert (names_of(ruling), ruling.audit[0].data.content_ref) == (("revision.refused",), "ref-edited")


def test_an_editor_may_vote_on_what_came_of_the_edit():
    assert last(gate(), edit(DANIEL), approve(DANIEL, 2)).is_accepted


def test_an_editor_may_not_vote_where_the_policy_says_so_even_after_somebody_else_has_edited():
    item = play(gate(threshold=2, editor_may_vote=False), edit(DANIEL), edit(SOO, base=2, content="again"))

    assert [last(item, approve(who, 3)).code for who in (DANIEL, SOO, BEN)] == ["editor", "editor", "approved"]


def test_an_edit_after_which_nobody_is_left_to_approve_says_so_at_once():
    ruling = last(gate(editor_may_vote=False), edit(DANIEL))

    assert names_of(ruling) == ("revision.created", "reviewers.changed", "approval.blocked")
    assert ruling.audit[2].data.reasons == ("@daniel-r has to approve, but has edited the plan, and editors have no vote here",)


def test_an_approval_waits_for_the_checklist():
    before = play(checked_gate(threshold=1), tick(SOO))

    ruling = last(before, approve(SOO))

    assert (ruling.code, ruling.item.reviews) == ("checklist_not_ticked", ())
    assert ruling.reason.startswith("1 of 2 items of the checklist are not ticked")


def test_a_decline_and_requested_changes_do_not_wait_for_the_checklist():
    assert play(checked_gate(), decline(SOO)).state == "declined"
    assert last(checked_gate(), request_changes(SOO)).is_accepted


def test_a_tick_is_recorded_by_person_and_is_no_edit():
    ruling = last(checked_gate(), tick(SOO))

    assert [(tick.entry, tick.person) for tick in ruling.item.ticks] == [(ENTRIES[0], "soo-kim")]
    assert (ruling.item.current.number, names_of(ruling)) == (1, ("checklist.ticked",))


def test_a_ticked_checklist_opens_the_vote():
    assert play(checked_gate(threshold=1), tick(SOO), tick(DANIEL, "c2"), approve(BEN)).state == "approved"


def test_what_is_unticked_after_a_vote_holds_the_approval_up_until_it_is_ticked_again():
    held = play(checked_gate(threshold=1), tick(SOO), tick(SOO, "c2"), untick(DANIEL))
    only_the_tick_is_missing = held.model_copy(update={"reviews": play(gate(), approve(BEN)).reviews})

    assert evaluate(only_the_tick_is_missing, FACTS).missing == ("1 of 2 items of the checklist are ticked",)
    assert play(only_the_tick_is_missing, PEOPLE_CHANGED).state == "open"
    assert play(only_the_tick_is_missing, tick(RACHEL)).state == "approved"


def test_ticking_twice_and_unticking_what_is_not_ticked_change_nothing_and_say_so():
    ticked = play(checked_gate(), tick(SOO))

    assert last(ticked, tick(SOO, at=NOON + SECOND)).reason == "You had ticked this already."
    assert last(ticked, untick(SOO, "c2")).reason == "Nobody had ticked this."


REWRITTEN = (ENTRIES[0], ChecklistEntry(id="c2", digest=digest_of("rollback, rehearsed")))


def test_an_edit_keeps_the_ticks_of_words_that_stay_and_drops_those_of_words_that_change():
    item = play(checked_gate(), tick(SOO), tick(SOO, "c2"), edit(DANIEL, checklist=REWRITTEN))

    assert [tick.entry for tick in item.ticks] == [ENTRIES[0]]
    assert item.unticked == (REWRITTEN[1],)


def test_a_text_is_the_same_item_of_the_checklist_wherever_it_stands():
    assert ChecklistEntry.of("signed") == ChecklistEntry.of("signed") != ChecklistEntry.of("signed?")


def test_a_tick_of_words_that_have_changed_is_refused():
    before = play(checked_gate(), edit(DANIEL, checklist=REWRITTEN))

    ruling = last(before, tick(SOO, "c2", 1))

    assert (ruling.code, ruling.to_compare, ruling.item.ticks) == ("entry_changed", (1, 2), ())
    assert last(before, tick(SOO, "c1", 1)).is_accepted


@pytest.mark.parametrize("act", [tick(SOO, "c9"), tick(SOO, "c1", 7), untick(SOO, "c9")])
def test_a_tick_of_what_is_not_there_is_refused(act):
    ruling = apply(checked_gate(), act, FACTS)

    assert (ruling.code, names_of(ruling), ruling.item.ticks) == ("unknown_entry", ("checklist.refused",), ())


def test_only_a_reviewer_ticks():
    assert [last(checked_gate(), tick(who)).code for who in (STRANGER, PRIYA)] == ["not_a_reviewer", "not_a_reviewer"]
