"""Values for the tests of approvals; whatever a test does not care about has a default."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from duo_flows.domain.approval_records import (
    Comment,
    ItemReport,
    LinkedItem,
    LinkedKind,
    NewDecision,
    NewItem,
    NewNotice,
    NewReview,
    Reviewer,
    Revision,
    Tick,
)
from duo_flows.domain.approvals import item as approvals
from duo_flows.domain.approvals.states import ItemState
from duo_flows.domain.audit import NewAuditEvent
from duo_flows.domain.canonical import digest_of_bytes
from tests.adapters.store.making import NOON

PLAN = b'{"title":"Identity Provider Migration"}'
PLAN_REF = digest_of_bytes(PLAN)
DANIEL, RACHEL, SOO = (
    Reviewer(person_id=11, username="daniel-r", because=("named",)),
    Reviewer(person_id=12, username="rachel-t", because=("named",)),
    Reviewer(person_id=13, username="soo-kim", because=("role:maintainer",)),
)
ISSUE = LinkedItem(kind=LinkedKind.ISSUE, owner_id=7, iid=8821, reference="#8821", title="IdP Migration Q3")


def an_item(item_id: str = "item1", **given: Any) -> NewItem:
    """Return an item to open."""
    known = {"project_id": 7, "project_path": "meridian/core", "title": "Identity Provider Migration"}
    return NewItem(**{"id": item_id, **known, "requester_id": 5, "requester": "priya"} | given)


def a_revision(number: int = 1, **given: Any) -> Revision:
    """Return a revision, made as many hours after noon as its number says."""
    made_at = NOON + timedelta(hours=number)
    return Revision(**{"number": number, "content_ref": PLAN_REF, "digest": f"d{number}", "created_at": made_at} | given)


def a_review(key: str = "v1", who: Reviewer = DANIEL, **given: Any) -> NewReview:
    """Return a review."""
    known = {"verdict": "approved", "revision": 1, "door": "api", "received_at": NOON}
    return NewReview(**{"key": key, "person_id": who.person_id, "person": who.username, **known} | given)


def a_comment(key: str = "c1", **given: Any) -> Comment:
    """Return a comment."""
    known = {"author": "daniel-r", "author_id": 11, "role": "reviewer", "body": "Billing is frozen.", "source": "gitlab"}
    return Comment(**{"key": key, **known, "note_id": 3, "thread": "t", "created_at": NOON} | given)


def a_tick(key: str = "k1", **given: Any) -> Tick:
    """Return a tick."""
    known = {"entry_id": "contract", "entry_digest": "c1", "person_id": 11, "person": "daniel-r", "revision": 1}
    return Tick(**{"key": key, **known, "door": "page", "received_at": NOON} | given)


def a_notice(key: str = "opened/11/todo", **given: Any) -> NewNotice:
    """Return a notice."""
    known = {"event": "opened", "person_id": 11, "username": "daniel-r", "channel": "todo"}
    return NewNotice(**{"key": key, **known} | given)


def a_counted_review(who: Reviewer = DANIEL, **given: Any) -> approvals.Review:
    """Return a review that a decision counted."""
    known = {"person_id": who.person_id, "person": who.username, "verdict": "approved", "revision": 1}
    return approvals.Review(**{**known, "received_at": NOON, "event_id": "v1"} | given)


def a_decision(**given: Any) -> NewDecision:
    """Return a decision on the first revision."""
    known = {"state": ItemState.APPROVED, "revision": 1, "digest": "d1", "reviews": (a_counted_review(),), "event_id": "v1"}
    facts = {"person_id": 11, "person": "daniel-r", "received_at": NOON, "decided_at": NOON, "summary": "Approved by one."}
    return NewDecision(**known | facts | given)


def an_event(key: str = "e1", **given: Any) -> NewAuditEvent:
    """Return an audit event."""
    known = {"at": NOON, "name": "review.submitted", "project_id": 7, "actor_id": 11, "actor": "daniel-r", "door": "api"}
    return NewAuditEvent(**{"key": key, **known, "item_id": "item1", "revision": 1, "data": {"verdict": "approved"}} | given)


def a_report(item_id: str = "item1", version: int = 1, **given: Any) -> ItemReport:
    """Return a report."""
    return ItemReport(item_id=item_id, version=version, **given)


def a_first_report(item_id: str = "item1", **given: Any) -> ItemReport:
    """Return the report with which an approval begins: its first revision, and two reviewers."""
    first = {"state": ItemState.OPEN, "revision": 1, "revisions": (a_revision(),), "reviewers": (DANIEL, RACHEL)}
    return a_report(item_id, 1, **first | given)


async def opened(store: Any, item_id: str = "item1", **given: Any) -> Any:
    """Open an item with its first revision and two reviewers, and return it."""
    await store.contents.put(PLAN)
    await store.approvals.open_item(an_item(item_id, **given))
    return await store.approvals.record(a_first_report(item_id))


async def decided(store: Any, item_id: str = "item1", *, decision: dict[str, Any] | None = None, **given: Any) -> Any:
    """Open an item and decide it."""
    await opened(store, item_id, **given)
    made = a_decision(**decision or {})
    return await store.approvals.record(a_report(item_id, 2, state=made.state, decision=made))
