"""What an event does to an item once nothing speaks against it, one function per kind. None decides: counting comes after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from duo_flows.domain.model import Model

from . import audit
from .audit import AuditData, AuditName
from .ballot import ballot_of
from .entitlement import capacities, person_bar, reviewer_bar, voters
from .events import (
    Cancel,
    ChangePeople,
    Comment,
    Deadline,
    Edit,
    Expire,
    Open,
    Remind,
    RequestRerun,
    SubmitReview,
    Tick,
    Untick,
    WithdrawReview,
)
from .item import ApprovalItem, ChecklistEntry, Review, Revision, Ticked, Verdict
from .opening import newly_asked, opened
from .people import Facts
from .states import EventKind


class Move(Model):
    """The item after an event, what to tell who sent it, and what happened."""

    item: ApprovalItem
    code: str
    reason: str
    audit: tuple[AuditData, ...] = ()


_Maker = Callable[[ApprovalItem, Any, Facts], Move]


def _open(item: ApprovalItem, event: Open, facts: Facts) -> Move:
    after = opened(item, facts, default_timeout=event.default_timeout)
    voter_ids = tuple(member.id for member in voters(after, facts))
    said = audit.Opened(digest=after.current.digest, asked=after.asked, voter_ids=voter_ids, deadline=after.deadline)
    after = after.model_copy(update={"voter_ids": voter_ids})
    return Move(item=after, code="opened", reason=f"{item.name} is open for review.", audit=(said,))


# `{}` is the revision, as in r3.
_REVIEWED: Mapping[Verdict, str] = {
    Verdict.APPROVED: "You have approved {}.",
    Verdict.REQUESTED_CHANGES: "You have requested changes of {}. This blocks nothing.",
    Verdict.DECLINED: "You have declined {}.",
}


def _submit_review(item: ApprovalItem, event: SubmitReview, facts: Facts) -> Move:
    before = item.review_of(event.actor_id)
    member = facts.member(event.actor_id)
    said = audit.ReviewSubmitted(
        verdict=event.verdict,
        capacities=capacities(item, member) if member else (),
        words=event.words,
        replaced=before.verdict if before else None,
    )
    reason = _REVIEWED[event.verdict].format(f"r{item.current.number}")
    return Move(item=_with_review(item, event, event.verdict), code=str(event.verdict), reason=reason, audit=(said,))


def _withdraw_review(item: ApprovalItem, event: WithdrawReview, _facts: Facts) -> Move:
    before = item.review_of(event.actor_id)
    said = audit.ReviewWithdrawn(replaced=before.verdict if before else None)
    # It is recorded also where there is nothing yet: what was sent before it may arrive after it.
    after = _with_review(item, event, None)
    return Move(item=after, code="withdrawn", reason=f"You now have no verdict on r{item.current.number}.", audit=(said,))


def _with_review(item: ApprovalItem, event: SubmitReview | WithdrawReview, verdict: Verdict | None) -> ApprovalItem:
    """Return the item with this as the one thing that its author says; what they said before goes into the history."""
    review = Review(
        person_id=event.actor_id,
        person=event.actor,
        verdict=verdict,
        revision=item.current.number,
        received_at=event.received_at,
        event_id=event.event_id,
    )
    replaced = tuple(other for other in item.reviews if other.person_id == event.actor_id)
    others = (other for other in item.reviews if other.person_id != event.actor_id)
    reviews = tuple(sorted((*others, review), key=lambda each: each.person_id))
    return item.model_copy(update={"reviews": reviews, "history": (*item.history, *replaced)})


def _edit(item: ApprovalItem, event: Edit, facts: Facts) -> Move:
    if event.digest == item.current.digest:
        kept = audit.RevisionKept(digest=event.digest, content_ref=event.content_ref)
        reason = f"This is exactly r{item.current.number}: there is no new revision, and every verdict stands."
        return Move(item=item, code="nothing_changed", reason=reason, audit=(kept,))
    after = _revised(item, event, facts)
    added = newly_asked(after, facts)
    created = audit.RevisionCreated(
        before=item.current.number, digest=event.digest, content_ref=event.content_ref, cleared=item.reviews
    )
    return Move(
        item=after.model_copy(update={"asked": (*after.asked, *added)}),
        code="edited",
        reason=f"This is r{after.current.number} now. Every verdict on r{item.current.number} is cleared; everybody reviews again.",
        audit=(created, *((audit.ReviewersAdded(asked=added),) if added else ())),
    )


def _revised(item: ApprovalItem, event: Edit, facts: Facts) -> ApprovalItem:
    revision = Revision(
        number=item.current.number + 1,
        digest=event.digest,
        checklist=event.checklist,
        found=event.found,
        editor_id=event.actor_id,
        editor=event.actor,
        created_at=facts.now,
        content_ref=event.content_ref,
    )
    # A tick is no verdict on the plan: it stays for as long as the words that were ticked do.
    ticks = tuple(tick for tick in item.ticks if tick.entry in event.checklist)
    changes = {"revisions": (*item.revisions, revision), "reviews": (), "history": (*item.history, *item.reviews), "ticks": ticks}
    return item.model_copy(update=changes)


def _comment(item: ApprovalItem, event: Comment, facts: Facts) -> Move:
    note_id = event.note.id if event.note else None
    said = audit.CommentAdded(content_ref=event.content_ref, standing=_part_of(item, event, facts), note_id=note_id)
    return Move(item=item, code="commented", reason="The comment is part of the discussion.", audit=(said,))


def _part_of(item: ApprovalItem, event: Comment, facts: Facts) -> str:
    """Return as what somebody speaks: a re-run hears reviewers and the requester, not strangers."""
    member = facts.member(event.actor_id)
    if reviewer_bar(item, member) is None:
        return "reviewer"
    return "requester" if event.actor_id == item.requester_id and person_bar(member) is None else "stranger"


def _tick(item: ApprovalItem, event: Tick, _facts: Facts) -> Move:
    entry = _entry(item, event)
    mine = Ticked(entry=entry, person_id=event.actor_id, person=event.actor, received_at=event.received_at)
    if any((tick.entry, tick.person_id) == (entry, event.actor_id) for tick in item.ticks):
        return Move(item=item, code="nothing_changed", reason="You had ticked this already.")
    ticks = tuple(sorted((*item.ticks, mine), key=lambda tick: (tick.entry.id, tick.person_id)))
    said = audit.ChecklistChanged(name=AuditName.CHECKLIST_TICKED, entry=entry)
    return Move(item=item.model_copy(update={"ticks": ticks}), code="ticked", reason="Ticked.", audit=(said,))


def _untick(item: ApprovalItem, event: Untick, _facts: Facts) -> Move:
    entry = _entry(item, event)
    ticks = tuple(tick for tick in item.ticks if tick.entry != entry)
    if ticks == item.ticks:
        return Move(item=item, code="nothing_changed", reason="Nobody had ticked this.")
    said = audit.ChecklistChanged(name=AuditName.CHECKLIST_UNTICKED, entry=entry)
    return Move(item=item.model_copy(update={"ticks": ticks}), code="unticked", reason="No longer ticked.", audit=(said,))


def _entry(item: ApprovalItem, event: Tick | Untick) -> ChecklistEntry:
    return next(entry for entry in item.current.checklist if entry.id == event.entry_id)


def _request_rerun(item: ApprovalItem, _event: RequestRerun, _facts: Facts) -> Move:
    return Move(item=item, code="rerun_requested", reason="The flow will run again, with the discussion and your words.")


def _remind(item: ApprovalItem, _event: Remind, facts: Facts) -> Move:
    said = {review.person_id for review in item.reviews if review.verdict}
    silent = tuple(member.id for member in ballot_of(item, facts).voters if member.id not in said)
    reminded = audit.ReviewersReminded(person_ids=silent)
    return Move(item=item, code="reminded", reason=f"{len(silent)} reviewers are reminded.", audit=(reminded,))


def _change_people(item: ApprovalItem, _event: ChangePeople, _facts: Facts) -> Move:
    return Move(item=item, code="people_looked_at", reason="People were looked at again.")


def _deadline(item: ApprovalItem, _event: Deadline, facts: Facts) -> Move:
    passed = audit.DeadlinePassed(deadline=item.deadline or facts.now)
    reason = "The deadline has passed; what was received before it still counts."
    return Move(item=item, code="deadline_passed", reason=reason, audit=(passed,))


def _expire(item: ApprovalItem, _event: Expire, _facts: Facts) -> Move:
    return Move(item=item, code="expired", reason="Nobody has decided in time.")


def _cancel(item: ApprovalItem, _event: Cancel, _facts: Facts) -> Move:
    return Move(item=item, code="cancelled", reason="The flow was stopped.")


MOVES: Mapping[EventKind, _Maker] = {
    EventKind.OPEN: _open,
    EventKind.SUBMIT_REVIEW: _submit_review,
    EventKind.WITHDRAW_REVIEW: _withdraw_review,
    EventKind.EDIT: _edit,
    EventKind.COMMENT: _comment,
    EventKind.TICK: _tick,
    EventKind.UNTICK: _untick,
    EventKind.REQUEST_RERUN: _request_rerun,
    EventKind.REMIND: _remind,
    EventKind.CHANGE_PEOPLE: _change_people,
    EventKind.DEADLINE: _deadline,
    EventKind.EXPIRE: _expire,
    EventKind.CANCEL: _cancel,
}
