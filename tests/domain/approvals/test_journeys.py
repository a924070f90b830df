"""The proposal's journeys as this room sees them: four people, two items, and one person who answers alone."""

from duo_flows.domain.approvals.item import ApprovalItem, ChecklistEntry, Revision, Verdict
from duo_flows.domain.approvals.machine import apply, what_if
from duo_flows.domain.approvals.standing import evaluate
from duo_flows.domain.canonical import digest_of
from tests.domain.approvals.gates import (
    BEN,
    DANIEL,
    DAY,
    FACTS,
    NOON,
    OPENING,
    PRIYA,
    RACHEL,
    SOO,
    approve,
    comment,
    edit,
    facts,
    last,
    member,
    names_of,
    play,
    policy,
    request_changes,
    rerun,
    rulings,
    tick,
)

CHECKLIST = ("vendor contract signed", "staging migration completed", "rollback reviewed", "change window scheduled")
ENTRIES = tuple(ChecklistEntry.of(text) for text in CHECKLIST)
TICKS = tuple(tick(DANIEL, entry.id) for entry in ENTRIES)


def item_of(name: str, content: str) -> ApprovalItem:
    first = Revision(number=1, digest=digest_of(content), checklist=ENTRIES, created_at=NOON, content_ref=f"ref-{content}")
    rules = policy(checklist=CHECKLIST, require_checklist=True)
    return ApprovalItem(id=name, name=name, account="duo", policy=rules, requester_id=1, requester="priya", revisions=(first,))


def test_the_second_journey_an_edit_clears_four_reviews_and_priya_has_the_flow_run_again():
    opened = apply(item_of("GA-004", "first plan"), OPENING, FACTS)
    assert opened.reason == "GA-004 is open for review."

    reviewed = play(opened.item, *TICKS, approve(SOO), approve(BEN), approve(RACHEL), request_changes(DANIEL))
    edited = last(reviewed, edit(DANIEL, content="billing in phase 3", checklist=ENTRIES, at=NOON + DAY))
    assert edited.reason == "This is r2 now. Every verdict on r1 is cleared; everybody reviews again."
    assert [review.person for review in edited.audit[0].data.cleared] == ["daniel-r", "soo-kim", "rachel-t", "ben-o"]
    assert evaluate(edited.item, FACTS).approval.by == ()

    words = "Re-running with feedback: address HIPAA audit log continuity. meridian-billing moved to Phase 3."
    said = rulings(edited.item, comment(RACHEL, at=NOON + DAY), rerun(PRIYA, words, at=NOON + 2 * DAY))
    closed = said[-1].item

    assert (closed.state, closed.decision.person, closed.decision.words) == ("rerun_requested", "priya", words)
    assert (closed.current.editor, closed.current.content_ref) == ("daniel-r", "ref-billing in phase 3")
    assert [review.verdict for review in closed.history].count(Verdict.APPROVED) == 3


def test_the_second_journey_goes_on_with_a_new_item_that_all_four_approve():
    item = play(apply(item_of("GA-005", "second plan"), OPENING, FACTS).item, *TICKS)

    said = rulings(item, approve(RACHEL), approve(DANIEL), approve(SOO), approve(BEN))

    assert [ruling.item.state for ruling in said] == ["open", "open", "open", "approved"]
    assert said[-1].reason == "You have approved r1. GA-005 is closed: approved at r1 on 2026-03-01 12:00:00 UTC by @ben-o."
    assert names_of(said[-1]) == ("review.submitted", "approval.approved")
    assert {review.person for review in said[-1].item.decision.reviews} == {"daniel-r", "soo-kim", "rachel-t", "ben-o"}
    assert said[-1].item.decision.digest == digest_of("second plan")


MAYA = member(6, "maya")


def test_the_first_journey_one_person_who_asked_and_may_answer_is_a_group_of_one():
    alone = policy(("maya",), threshold=1, requester_may_vote=True)
    draft = item_of("GA-001", "relative time helper").model_copy(
        update={"policy": alone, "requester_id": MAYA.id, "requester": "maya"}
    )
    known = facts(MAYA)
    item = apply(draft, OPENING, known).item

    assert what_if(item, approve(MAYA), known).standing.is_met
    assert play(item, approve(MAYA), known=known).state == "approved"
