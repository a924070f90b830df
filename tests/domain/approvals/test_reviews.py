"""Reviews: who may give one, of which revision, how often it counts, and as whose words (requirements G7, G8, G11)."""

import pytest

from duo_flows.domain.approvals.item import Verdict
from duo_flows.domain.approvals.machine import apply
from duo_flows.domain.approvals.standing import evaluate
from duo_flows.domain.canonical import digest_of
from duo_flows.domain.people import AccessLevel
from tests.domain.approvals.gates import (
    BEN,
    BOT,
    DANIEL,
    DEADLINE,
    FACTS,
    NOON,
    PEOPLE_CHANGED,
    PRIYA,
    RACHEL,
    SECOND,
    SOO,
    STRANGER,
    approve,
    comment,
    decline,
    edit,
    facts,
    gate,
    last,
    member,
    names_of,
    note,
    play,
    request_changes,
    rerun,
    review,
    rulings,
    tick,
    withdraw,
    without_memory,
)


@pytest.mark.parametrize("verdict", Verdict)
def test_a_reviewer_says_approved_requested_changes_or_declined(verdict):
    ruling = last(gate(decline=2), review(DANIEL, verdict, words="because"))

    assert (ruling.is_accepted, ruling.code) == (True, str(verdict))
    assert [(said.person_id, said.verdict, said.revision) for said in ruling.item.reviews] == [(DANIEL.id, verdict, 1)]
    assert names_of(ruling) == ("review.submitted",)
    assert ruling.audit[0].data.words == "because"


def test_requested_changes_block_nothing():
    item = gate(users=("daniel-r", "ben-o"), threshold=1)

    assert play(item, request_changes(DANIEL), approve(BEN)).state == "approved"


def test_an_answer_says_what_is_still_missing_and_not_what_is_hoped_for():
    reason = last(gate(), approve(DANIEL)).reason

    assert reason == (
        "You have approved r1. Still missing: @ben-o has not approved; @rachel-t has not approved; @soo-kim has not approved."
    )


def test_a_review_may_be_changed_until_the_item_is_final_and_the_history_keeps_it():
    item = play(gate(decline=2), approve(DANIEL), decline(DANIEL, at=NOON + SECOND))

    assert [said.verdict for said in item.reviews] == [Verdict.DECLINED]
    assert [said.verdict for said in item.history] == [Verdict.APPROVED]


def test_a_review_may_be_taken_back():
    ruling = last(gate(), approve(DANIEL), withdraw(DANIEL, at=NOON + SECOND))

    assert (ruling.is_accepted, ruling.audit[0].data.replaced) == (True, Verdict.APPROVED)
    assert evaluate(ruling.item, FACTS).approval.by == ()


def test_one_person_counts_once_whatever_roles_they_hold():
    item = play(gate(users=("ben-o",), roles=("maintainer", "owner"), threshold=2), approve(BEN), approve(BEN, at=NOON + SECOND))

    assert evaluate(item, FACTS).approval.by == ("ben-o",)
    assert item.state == "open"


def test_one_person_may_be_both_the_named_reviewer_and_the_holder_of_the_role():
    assert play(gate(users=("ben-o",), roles=("maintainer",)), approve(BEN)).state == "approved"


NO_VOTER = {
    "unknown_person": (approve(member(77, "nobody")), FACTS, "@nobody is nobody that GitLab knows in this project"),
    "bot": (approve(BOT), FACTS, "@duo is a bot or a service account, which never decides"),
    "inactive": (approve(DANIEL), facts(member(2, "daniel-r", is_active=False)), "@daniel-r is not active in GitLab"),
    "no_access": (approve(DANIEL), facts(member(2, "daniel-r", access=AccessLevel.PLANNER)), "less than Reporter access"),
    "not_a_reviewer": (approve(STRANGER), FACTS, "@stranger is not among the reviewers"),
    "requester": (approve(PRIYA), FACTS, "@priya started the session, and the requester has no vote here"),
}


@pytest.mark.parametrize("code", NO_VOTER)
def test_who_may_not_vote_is_told_why_and_changes_nothing(code):
    act, known, words = NO_VOTER[code]
    before = gate(users=("daniel-r", "ben-o", "priya"), roles=("maintainer",), threshold=1)

    ruling = apply(before, act, known)

    assert (ruling.is_accepted, ruling.code) == (False, code)
    assert words in ruling.reason
    assert without_memory(ruling.item) == without_memory(before)
    assert names_of(ruling) == ("review.refused",)


def test_who_is_no_longer_entitled_no_longer_counts_at_the_decision():
    demoted = facts(member(3, "soo-kim", access=AccessLevel.DEVELOPER))
    item = play(gate(users=("daniel-r",), roles=("maintainer",)), approve(SOO))

    ruling = last(item, approve(DANIEL), known=demoted)

    assert (ruling.is_accepted, ruling.item.state) == (True, "open")
    assert ruling.reason.endswith("Still missing: role maintainer: no approval; @ben-o can give it.")


def test_who_is_entitled_again_counts_again_as_soon_as_people_are_looked_at():
    gone = facts(without=(SOO,))
    item = play(play(gate(users=("daniel-r", "soo-kim")), approve(SOO)), approve(DANIEL), known=gone)

    assert item.state == "open"
    assert play(item, PEOPLE_CHANGED).state == "approved"


@pytest.mark.parametrize("verdict", [Verdict.APPROVED, Verdict.DECLINED])
def test_a_vote_without_a_revision_is_answered_with_the_line_to_copy(verdict):
    before = play(gate(), edit(DANIEL))

    ruling = apply(before, review(SOO, verdict, None), FACTS)

    line = {Verdict.APPROVED: "@duo approve r2", Verdict.DECLINED: "@duo decline r2"}[verdict]
    assert (ruling.is_accepted, ruling.code, ruling.line) == (False, "revision_missing", line)
    assert ruling.reason.endswith(f"If that is r2, write: {line}")
    assert without_memory(ruling.item) == without_memory(before)


def test_changes_may_be_requested_of_whatever_is_there():
    ruling = last(gate(), edit(DANIEL), request_changes(SOO, None))

    assert [(said.person, said.revision) for said in ruling.item.reviews] == [("soo-kim", 2)]


@pytest.mark.parametrize("verdict", Verdict)
def test_a_vote_for_an_older_revision_is_refused_with_what_to_compare(verdict):
    before = play(gate(), edit(DANIEL))

    ruling = apply(before, review(SOO, verdict, words="x"), FACTS)

    assert (ruling.is_accepted, ruling.code, ruling.to_compare) == (False, "older_revision", (1, 2))
    assert ruling.reason.startswith(
        "This is about r1, but the current revision is r2. Look at what has changed since; then write: @duo "
    )
    assert without_memory(ruling.item) == without_memory(before)


def test_a_vote_for_a_revision_that_is_not_there_is_refused():
    ruling = last(gate(), approve(SOO, 2))

    assert (ruling.code, ruling.to_compare, ruling.item.reviews) == ("unknown_revision", None, ())


@pytest.mark.parametrize("digest", ["f" * 64, "f" * 12, digest_of("r1")[:11]])
def test_a_vote_that_names_another_content_is_refused(digest):
    ruling = last(gate(), approve(SOO, digest=digest))

    assert (ruling.code, ruling.item.reviews) == ("other_digest", ())


def test_a_vote_may_name_the_content_by_the_beginning_of_its_digest():
    assert last(gate(), approve(SOO, digest=digest_of("r1")[:12].upper())).is_accepted


def test_a_request_for_changes_says_which():
    ruling = last(gate(), request_changes(SOO, words=" \n"))

    assert (ruling.code, ruling.item.reviews) == ("words_missing", ())


ACTS = [
    approve(SOO, note=note(SOO, is_edited=True)),
    withdraw(SOO, note=note(SOO, is_edited=True)),
    edit(SOO, note=note(SOO, is_edited=True)),
    tick(SOO, note=note(SOO, is_edited=True)),
    rerun(SOO, note=note(SOO, is_edited=True)),
]


@pytest.mark.parametrize("act", ACTS)
def test_a_comment_counts_only_as_its_author_first_wrote_it(act):
    before = gate()

    ruling = apply(before, act, FACTS)

    assert (ruling.code, without_memory(ruling.item)) == ("edited_comment", without_memory(before))


def test_a_comment_counts_for_nobody_but_its_author():
    ruling = last(gate(), approve(SOO, note=note(STRANGER)))

    assert (ruling.code, ruling.item.reviews) == ("not_the_author", ())


def test_a_comment_votes_once_by_whatever_ways_it_comes():
    written = note(SOO)
    item = play(gate(), approve(SOO, note=written), withdraw(SOO, at=NOON + SECOND))

    again = last(item, approve(SOO, note=written, event_id="found by the reconciler", at=NOON + 2 * SECOND))

    assert (again.code, evaluate(again.item, FACTS).approval.by) == ("comment_used", ())


def test_a_comment_that_was_refused_does_not_count_later_on_either():
    item = play(gate(), approve(SOO, 2, note=note(SOO)), edit(DANIEL))

    assert last(item, approve(SOO, 2, note=note(SOO), event_id="again")).code == "comment_used"


def test_a_plain_comment_uses_nothing_up_and_says_as_whom_it_was_made():
    said = rulings(gate(), *(comment(who, note=note(who)) for who in (SOO, PRIYA, STRANGER)))

    assert [ruling.audit[0].data.standing for ruling in said] == ["reviewer", "requester", "stranger"]
    assert last(said[-1].item, approve(SOO, note=note(SOO))).is_accepted


def test_the_same_event_is_applied_once_and_leaves_one_trace():
    first, again = rulings(gate(), approve(SOO), approve(SOO))

    assert (again.is_accepted, again.is_repeat, again.item, again.audit) == (True, True, first.item, ())


def test_an_event_that_was_refused_stays_refused_when_it_comes_again():
    early = approve(SOO, 2)
    item = play(gate(), early, edit(DANIEL))

    again = apply(item, early, FACTS)

    assert (again.is_accepted, again.is_repeat, again.code) == (False, True, "unknown_revision")
    assert again.item == item


def test_of_one_persons_reviews_the_latest_stamp_stands_in_whatever_order_they_come():
    yes, no = approve(SOO, at=NOON), request_changes(SOO, at=NOON + SECOND)

    assert play(gate(), yes, no).reviews == play(gate(), no, yes).reviews
    assert last(gate(), no, yes).code == "overtaken"


def test_an_approval_that_was_taken_back_does_not_count_when_it_comes_later():
    item = play(gate(), withdraw(SOO, at=NOON + SECOND), approve(SOO))

    assert evaluate(item, FACTS).approval.by == ()


def test_the_newest_revision_that_somebody_has_reviewed_is_what_changes_are_shown_since():
    item = play(gate(decline=2), approve(SOO), edit(DANIEL), decline(RACHEL, 2), edit(DANIEL, base=2, content="again"))

    assert [item.last_reviewed(who.id) for who in (SOO, RACHEL, BEN)] == [1, 2, None]
    assert play(gate(), withdraw(SOO)).last_reviewed(SOO.id) is None


def test_what_names_another_revision_is_not_counted_wherever_it_stands():
    item = play(gate(), edit(DANIEL))
    with_an_old_review = item.model_copy(update={"reviews": play(gate(), approve(SOO)).reviews})

    assert evaluate(with_an_old_review, FACTS).approval.by == ()


def test_a_vote_after_the_deadline_is_refused():
    ruling = last(gate(), approve(SOO, at=DEADLINE + SECOND))

    assert (ruling.code, ruling.item.reviews) == ("too_late", ())
    assert "after the deadline of 2026-03-08 12:00:00 UTC" in ruling.reason
