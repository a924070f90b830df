"""What is written down of an event: the decision that ends an item, and the audit events, each of which stands once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from . import audit
from .audit import AuditData, AuditEvent, AuditName
from .ballot import Ballot, ballot_of, counted_reviews
from .events import Comment, Edit, Event, actor_of
from .item import ApprovalItem, Decision, Review
from .objections import Objection
from .people import Facts, Member
from .states import EventKind, ItemState

_EndName = Literal[
    AuditName.APPROVAL_APPROVED,
    AuditName.APPROVAL_DECLINED,
    AuditName.APPROVAL_EXPIRED,
    AuditName.APPROVAL_CANCELLED,
    AuditName.APPROVAL_RERUN_REQUESTED,
]
_END_NAMES: Mapping[ItemState, _EndName] = {
    ItemState.APPROVED: AuditName.APPROVAL_APPROVED,
    ItemState.DECLINED: AuditName.APPROVAL_DECLINED,
    ItemState.EXPIRED: AuditName.APPROVAL_EXPIRED,
    ItemState.CANCELLED: AuditName.APPROVAL_CANCELLED,
    ItemState.RERUN_REQUESTED: AuditName.APPROVAL_RERUN_REQUESTED,
}


def ended(item: ApprovalItem, event: Event, facts: Facts) -> tuple[ApprovalItem, tuple[AuditData, ...]]:
    """Return the item with its decision, the permanent record, and the end as an audit event."""
    decision = _decision(item, event, facts)
    said = audit.Ended(
        name=_END_NAMES[item.state],
        digest=decision.digest,
        reviews=decision.reviews,
        words=decision.words,
        on_expiry=item.policy.on_expiry if item.state is ItemState.EXPIRED else None,
    )
    return item.model_copy(update={"decision": decision}), (said,)


def _decision(item: ApprovalItem, event: Event, facts: Facts) -> Decision:
    person_id, person = actor_of(event)
    return Decision(
        state=item.state,
        revision=item.current.number,
        digest=item.current.digest,
        reviews=_deciding_reviews(item, ballot_of(item, facts)),
        event_id=event.event_id,
        person_id=person_id,
        person=person,
        words=getattr(event, "words", ""),
        received_at=event.received_at,
        decided_at=facts.now,
    )


def _deciding_reviews(item: ApprovalItem, ballot: Ballot) -> tuple[Review, ...]:
    counted: Mapping[ItemState, tuple[Member, ...]] = {
        ItemState.APPROVED: ballot.approvers,
        ItemState.DECLINED: ballot.decliners,
    }
    reviews = counted_reviews(item)
    return tuple(reviews[member.id] for member in counted.get(item.state, ()))


_RefusalName = Literal[
    AuditName.APPROVAL_REFUSED,
    AuditName.REVIEW_REFUSED,
    AuditName.REVISION_REFUSED,
    AuditName.COMMENT_REFUSED,
    AuditName.CHECKLIST_REFUSED,
    AuditName.RERUN_REFUSED,
    AuditName.TIMER_REFUSED,
]
_REFUSAL_NAMES: Mapping[EventKind, _RefusalName] = {
    EventKind.OPEN: AuditName.APPROVAL_REFUSED,
    EventKind.CANCEL: AuditName.APPROVAL_REFUSED,
    EventKind.SUBMIT_REVIEW: AuditName.REVIEW_REFUSED,
    EventKind.WITHDRAW_REVIEW: AuditName.REVIEW_REFUSED,
    EventKind.EDIT: AuditName.REVISION_REFUSED,
    EventKind.COMMENT: AuditName.COMMENT_REFUSED,
    EventKind.TICK: AuditName.CHECKLIST_REFUSED,
    EventKind.UNTICK: AuditName.CHECKLIST_REFUSED,
    EventKind.REQUEST_RERUN: AuditName.RERUN_REFUSED,
    EventKind.REMIND: AuditName.TIMER_REFUSED,
    EventKind.CHANGE_PEOPLE: AuditName.TIMER_REFUSED,
    EventKind.DEADLINE: AuditName.TIMER_REFUSED,
    EventKind.EXPIRE: AuditName.TIMER_REFUSED,
}


def refusal(event: Event, objection: Objection) -> audit.Refused:
    """Return a refused event as the record keeps it: with all that was said, so that nothing that somebody wrote is lost."""
    return audit.Refused(
        name=_REFUSAL_NAMES[event.kind],
        kind=str(event.kind),
        code=objection.code,
        reason=objection.reason,
        seen=objection.seen,
        words=getattr(event, "words", ""),
        content_ref=event.content_ref if isinstance(event, Edit | Comment) else "",
    )


def audit_events(item: ApprovalItem, event: Event, facts: Facts, happened: tuple[AuditData, ...]) -> tuple[AuditEvent, ...]:
    """Return what happened to an item in its envelope, in order."""
    actor_id, actor = actor_of(event)
    return tuple(
        AuditEvent(
            key=f"{item.id}/{event.event_id}/{number}",
            item_id=item.id,
            revision=item.current.number,
            event_id=event.event_id,
            door=event.door,
            actor_id=actor_id,
            actor=actor,
            received_at=event.received_at,
            at=facts.now,
            data=data,
        )
        for number, data in enumerate(happened, start=1)
    )
