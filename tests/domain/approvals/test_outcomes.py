"""How an item ends, and that nothing changes what is final (requirements G5, G12, G14, G15)."""

from itertools import permutations

import pytest

from duo_flows.domain.approvals.events import Edit
from duo_flows.domain.approvals.item import Verdict
from duo_flows.domain.approvals.machine import apply, what_if
from duo_flows.domain.approvals.reruns import request_rerun_of
from tests.domain.approvals.gates import (
    AT_DEADLINE,
    BEN,
    BOT,
    DANIEL,
    DEADLINE,
    DEADLINE_PASSED,
    FACTS,
    LAST_LOOK_DONE,
    NOON,
    PEOPLE_CHANGED,
    PRIYA,
    RACHEL,
    REMIND,
    SECOND,
    SOO,
    STOPPED,
    STRANGER,
    approve,
    checked_gate,
    comment,
    decline,
    edit,
    facts,
    gate,
    last,
    member,
    names_of,
    play,
    request_changes,
    rerun,
    rulings,
    tick,
    withdraw,
    without_memory,
)

ALL_FOUR = (approve(DANIEL), approve(SOO), approve(RACHEL), approve(BEN))


def test_unanimous_needs_each_named_reviewer():
    said = rulings(gate(), *ALL_FOUR)

    assert [ruling.item.state for ruling in said] == ["open", "open", "open", "approved"]


def test_unanimous_needs_one_holder_of_each_named_role_too():
    item = gate(users=("daniel-r",), roles=("maintainer", "security"))

    assert [ruling.item.state for ruling in rulings(item, approve(DANIEL), approve(SOO), approve(RACHEL))] == [
        "open",
        "open",
        "approved",
    ]


def test_a_number_is_reached_by_that_many_distinct_people():
    assert [ruling.item.state for ruling in rulings(gate(threshold=2), approve(SOO), approve(BEN))] == ["open", "approved"]


def test_any_decline_ends_it_by_default():
    ruling = last(gate(), approve(SOO), decline(DANIEL, words="billing is frozen"))

    assert (ruling.item.state, ruling.item.decision.words) == ("declined", "billing is frozen")
    assert names_of(ruling) == ("review.submitted", "approval.declined")


def test_a_number_of_declines_is_of_distinct_people():
    item = gate(decline=2)

    assert play(item, decline(SOO), decline(SOO, at=NOON + SECOND)).state == "open"
    assert play(item, decline(SOO), decline(BEN)).state == "declined"


def test_where_both_counts_are_complete_at_once_the_decline_wins():
    reviews = play(gate(decline=2), approve(DANIEL), approve(SOO), decline(BEN)).reviews
    both = gate(threshold=2).model_copy(update={"reviews": reviews})

    assert play(both, PEOPLE_CHANGED).state == "declined"


def test_the_decision_is_the_record_of_who_approved_which_content():
    decision = play(gate(threshold=2), approve(SOO), edit(DANIEL), approve(SOO, 2), approve(BEN, 2)).decision

    assert (decision.state, decision.revision, decision.person, decision.event_id) == (
        "approved",
        2,
        "ben-o",
        approve(BEN, 2).event_id,
    )
    assert [(review.person, review.verdict, review.revision) for review in decision.reviews] == [
        ("soo-kim", Verdict.APPROVED, 2),
        ("ben-o", Verdict.APPROVED, 2),
    ]


def test_the_requester_and_every_reviewer_may_ask_for_a_rerun_with_a_note():
    assert [play(gate(), rerun(who)).state for who in (PRIYA, SOO)] == ["rerun_requested", "rerun_requested"]
    assert play(gate(), rerun(PRIYA, "address the audit log")).decision.words == "address the audit log"


@pytest.mark.parametrize(
    ("act", "code"), [(rerun(STRANGER), "not_a_reviewer"), (rerun(BOT), "bot"), (rerun(PRIYA, " "), "words_missing")]
)
def test_a_rerun_by_others_or_without_a_note_is_refused_and_changes_nothing(act, code):
    before = gate()

    ruling = apply(before, act, FACTS)

    assert (ruling.code, names_of(ruling), without_memory(ruling.item)) == (code, ("rerun.refused",), without_memory(before))


def test_a_requester_who_has_left_cannot_ask_for_a_rerun():
    assert last(gate(), rerun(PRIYA), known=facts(member(1, "priya", is_active=False))).code == "inactive"


def test_a_stopped_flow_cancels_the_item():
    ruling = last(gate(), approve(SOO), STOPPED)

    assert (ruling.item.state, ruling.item.decision.reviews, names_of(ruling)) == ("cancelled", (), ("approval.cancelled",))


EXPIRED = play(gate(), approve(SOO), DEADLINE_PASSED, LAST_LOOK_DONE, known=AT_DEADLINE)
ENDED = {
    "approved": (play(gate(), *ALL_FOUR), "approved at r1 on 2026-03-01 12:00:00 UTC by @ben-o"),
    "declined": (play(gate(), decline(DANIEL)), "declined at r1 on 2026-03-01 12:00:00 UTC by @daniel-r"),
    "rerun_requested": (play(gate(), rerun(PRIYA)), "rerun requested at r1 on 2026-03-01 12:00:00 UTC by @priya"),
    "expired": (EXPIRED, "expired at r1 on 2026-03-08 12:00:01 UTC."),
    "cancelled": (play(gate(), STOPPED), "cancelled at r1 on 2026-03-01 12:00:00 UTC by @priya"),
}
LATE = [
    approve(RACHEL, event_id="late"),
    decline(RACHEL, event_id="late"),
    withdraw(RACHEL, event_id="late"),
    edit(RACHEL, event_id="late"),
    comment(RACHEL, event_id="late"),
    tick(RACHEL, event_id="late"),
    rerun(RACHEL, event_id="late"),
    REMIND,
    PEOPLE_CHANGED,
    DEADLINE_PASSED.model_copy(update={"event_id": "late"}),
    LAST_LOOK_DONE.model_copy(update={"event_id": "late"}),
    STOPPED.model_copy(update={"event_id": "late"}),
]


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("state", ENDED)
def test_nothing_that_arrives_later_changes_a_final_item_and_whoever_sent_it_is_told(state, late):
    before, words = ENDED[state]

    ruling = apply(before, late, AT_DEADLINE)

    assert (ruling.is_accepted, ruling.code, ruling.item) == (False, "already_decided", before)
    assert words in ruling.reason
    assert [name.rpartition(".")[2] for name in names_of(ruling)] == ["refused"]


@pytest.mark.parametrize("state", ["declined", "expired"])
def test_a_declined_or_expired_item_stays_as_it_was_decided_and_can_be_the_origin_of_a_rerun(state):
    before, _ = ENDED[state]

    ruling = request_rerun_of(before, rerun(PRIYA, at=DEADLINE + SECOND), AT_DEADLINE)

    assert (ruling.is_accepted, ruling.item, names_of(ruling)) == (True, before, ("rerun.accepted",))
    assert ruling == request_rerun_of(before, rerun(PRIYA, at=DEADLINE + SECOND), AT_DEADLINE)


@pytest.mark.parametrize("state", ["approved", "rerun_requested", "cancelled"])
def test_no_other_item_can_be_the_origin_of_a_rerun(state):
    before, words = ENDED[state]

    ruling = request_rerun_of(before, rerun(PRIYA, event_id="late"), FACTS)

    assert (ruling.is_accepted, ruling.code, ruling.item) == (False, "already_decided", before)
    assert words in ruling.reason


@pytest.mark.parametrize(("act", "code"), [(rerun(STRANGER), "not_a_reviewer"), (rerun(SOO, ""), "words_missing")])
def test_a_rerun_of_a_closed_item_is_asked_for_by_the_same_people(act, code):
    ruling = request_rerun_of(EXPIRED, act, AT_DEADLINE)

    assert (ruling.is_accepted, ruling.code, ruling.item) == (False, code, EXPIRED)


def test_an_open_item_is_run_again_on_the_item_itself():
    assert request_rerun_of(gate(), rerun(PRIYA), FACTS).code == "wrong_state"


def test_a_vote_stamped_before_the_deadline_counts_though_the_timer_was_seen_first():
    in_time = approve(BEN, at=DEADLINE)

    item = play(gate(threshold=1), DEADLINE_PASSED, in_time, known=AT_DEADLINE)

    assert (item.state, item.decision.received_at) == ("approved", DEADLINE)


def test_a_vote_stamped_after_the_deadline_does_not_count_though_it_was_seen_before_the_timer():
    too_late = approve(BEN, at=DEADLINE + SECOND)

    assert play(gate(threshold=1), too_late, DEADLINE_PASSED, LAST_LOOK_DONE, known=AT_DEADLINE).state == "expired"


def test_a_vote_in_time_that_comes_after_the_last_look_finds_the_item_expired():
    ruling = last(gate(threshold=1), DEADLINE_PASSED, LAST_LOOK_DONE, approve(BEN), known=AT_DEADLINE)

    assert (ruling.code, ruling.item.state) == ("already_decided", "expired")


def test_a_deadline_that_fires_early_changes_nothing():
    ruling = last(gate(), DEADLINE_PASSED)

    assert (ruling.code, ruling.item.state, names_of(ruling)) == ("not_due", "open", ("timer.refused",))


def test_an_item_without_a_deadline_never_expires():
    ruling = last(gate(timeout=None), DEADLINE_PASSED, known=AT_DEADLINE)

    assert (ruling.code, ruling.reason) == ("not_due", "GA-004 does not expire yet: it has no deadline.")


def test_an_item_expires_only_after_the_last_look():
    assert last(gate(), LAST_LOOK_DONE, known=AT_DEADLINE).code == "wrong_state"


@pytest.mark.parametrize("on_expiry", ["cancel", "notify"])
def test_expiry_never_means_approval_whatever_was_said_and_whatever_is_to_follow(on_expiry):
    gone = facts(without=(BEN,), now=DEADLINE)
    item = play(gate(threshold=2, on_expiry=on_expiry), approve(BEN))
    item = play(item, approve(SOO), known=gone)

    ruling = last(item, DEADLINE_PASSED, LAST_LOOK_DONE, known=AT_DEADLINE)

    assert (ruling.item.state, ruling.audit[-1].data.on_expiry) == ("expired", on_expiry)


def test_a_reminder_is_for_those_who_may_vote_and_have_said_nothing_of_the_current_revision():
    ruling = last(gate(), approve(SOO), edit(DANIEL), request_changes(RACHEL, 2), withdraw(BEN), REMIND)

    assert ruling.audit[0].data.person_ids == (DANIEL.id, SOO.id, BEN.id)


@pytest.mark.parametrize(
    "order", list(permutations((approve(SOO), approve(BEN), decline(RACHEL), comment(STRANGER), tick(DANIEL))))
)
def test_simultaneous_acts_of_different_people_commute(order):
    item = play(checked_gate(threshold=4, decline=2), tick(SOO, "c1"), tick(SOO, "c2"), approve(DANIEL))

    assert play(item, *order) == play(item, *sorted(order, key=lambda event: event.event_id))


@pytest.mark.parametrize("order", list(permutations(ALL_FOUR)))
def test_simultaneous_votes_decide_alike_in_every_order_each_counted_once(order):
    decision = play(gate(), *order, *order).decision

    assert decision.state == "approved"
    assert [review.person_id for review in decision.reviews] == [DANIEL.id, SOO.id, RACHEL.id, BEN.id]


ONE_PLAN, OTHER_PLAN = edit(DANIEL, content="one"), edit(SOO, content="other")


@pytest.mark.parametrize("order", list(permutations((approve(BEN), ONE_PLAN, OTHER_PLAN))))
def test_votes_and_edits_at_once_are_judged_one_by_one_and_every_refused_one_gets_its_reason(order):
    said = rulings(gate(threshold=2), *order)
    taken = [event for event, ruling in zip(order, said, strict=True) if ruling.is_accepted and isinstance(event, Edit)]

    assert [revision.digest for revision in said[-1].item.revisions[1:]] == [taken[0].digest]
    assert {ruling.code for ruling in said if not ruling.is_accepted} <= {"conflict", "older_revision"}
    assert said[-1].item.reviews == ()


def test_what_would_happen_is_told_and_changes_nothing():
    item = play(gate(), approve(DANIEL), approve(SOO), approve(RACHEL))
    before = item.model_dump_json()

    forecast = what_if(item, approve(BEN), FACTS)

    assert (forecast.is_accepted, forecast.standing.state, forecast.standing.is_met) == (True, "approved", True)
    assert item.model_dump_json() == before


def test_what_would_be_refused_is_told_with_its_reason():
    forecast = what_if(gate(), approve(PRIYA), FACTS)

    assert (forecast.is_accepted, forecast.code, forecast.standing.state) == (False, "not_a_reviewer", "open")
