"""Gates for tests: the people of the proposal's second journey, an item of theirs, and what they do, in few words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from duo_flows.domain.approvals.events import (
    Cancel,
    ChangePeople,
    Comment,
    Deadline,
    Edit,
    Event,
    Expire,
    Note,
    Open,
    Remind,
    RequestRerun,
    SubmitReview,
    Tick,
    Untick,
    WithdrawReview,
)
from duo_flows.domain.approvals.item import ApprovalItem, ChecklistEntry, Revision, Verdict
from duo_flows.domain.approvals.machine import Ruling, apply
from duo_flows.domain.approvals.people import Facts, Member
from duo_flows.domain.approvals.policy import ApprovalPolicy
from duo_flows.domain.approvals.reviewer_rules import Found
from duo_flows.domain.canonical import digest_of
from duo_flows.domain.people import AccessLevel

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
DEADLINE = NOON + 7 * DAY


def member(person_id: int, username: str, **changed: Any) -> Member:
    fields = {"is_bot": False, "is_active": True, "access": AccessLevel.DEVELOPER, "roles": (), **changed}
    return Member(id=person_id, username=username, **fields)


PRIYA = member(1, "priya", access=AccessLevel.MAINTAINER)
DANIEL = member(2, "daniel-r")
SOO = member(3, "soo-kim", access=AccessLevel.MAINTAINER)
RACHEL = member(4, "rachel-t", roles=("security",))
BEN = member(5, "ben-o", access=AccessLevel.OWNER)
STRANGER = member(8, "stranger")
BOT = member(9, "duo", is_bot=True, access=AccessLevel.MAINTAINER)
PEOPLE = (PRIYA, DANIEL, SOO, RACHEL, BEN, STRANGER, BOT)
FOUR = ("ben-o", "daniel-r", "rachel-t", "soo-kim")


def facts(*changed: Member, without: Iterable[Member] = (), now: datetime = NOON) -> Facts:
    """Return what is true of everybody, with some people changed and some not known."""
    gone = {each.id for each in without}
    people = {each.id: each for each in (*PEOPLE, *changed) if each.id not in gone}
    return Facts(now=now, people=tuple(people.values()))


FACTS = facts()
ENTRIES = (ChecklistEntry(id="c1", digest=digest_of("contract")), ChecklistEntry(id="c2", digest=digest_of("rollback")))


def policy(users: tuple[str, ...] = FOUR, roles: tuple[str, ...] = (), **keys: Any) -> ApprovalPolicy:
    return ApprovalPolicy.model_validate({"reviewers": {"users": users, "roles": roles}, "timeout": 7 * DAY, **keys})


def draft(*, found: Found | None = None, checklist: tuple[ChecklistEntry, ...] = (), **keys: Any) -> ApprovalItem:
    first = Revision(
        number=1, digest=digest_of("r1"), checklist=checklist, found=found or Found(), created_at=NOON, content_ref="ref-r1"
    )
    return ApprovalItem(
        id="item4", name="GA-004", account="duo", policy=policy(**keys), requester_id=1, requester="priya", revisions=(first,)
    )


OPENING = Open(event_id="open", received_at=NOON, door="flow")


def gate(known: Facts = FACTS, **keys: Any) -> ApprovalItem:
    """Return an open item."""
    ruling = apply(draft(**keys), OPENING, known)
    assert ruling.is_accepted, ruling.reason
    return ruling.item


def checked_gate(known: Facts = FACTS, **keys: Any) -> ApprovalItem:
    """Return an open item whose checklist of two is to be ticked before anybody approves."""
    item = draft(**keys)
    asks = item.policy.model_copy(update={"checklist": ("contract", "rollback"), "require_checklist": True})
    first = item.current.model_copy(update={"checklist": ENTRIES})
    return apply(item.model_copy(update={"policy": asks, "revisions": (first,)}), OPENING, known).item


def _act(kind: type[Any], who: Member, *, at: datetime = NOON, event_id: str = "", **fields: Any) -> Any:
    said = "-".join(str(value) for value in fields.values())
    default_id = f"{who.username}:{kind.__name__}:{said}:{at:%d%H%M%S}"
    return kind(event_id=event_id or default_id, received_at=at, door="api", actor_id=who.id, actor=who.username, **fields)


def review(who: Member, verdict: Verdict, revision: int | None = 1, **fields: Any) -> SubmitReview:
    return _act(SubmitReview, who, verdict=verdict, revision=revision, **fields)


def approve(who: Member, revision: int | None = 1, **fields: Any) -> SubmitReview:
    return review(who, Verdict.APPROVED, revision, **fields)


def decline(who: Member, revision: int | None = 1, **fields: Any) -> SubmitReview:
    return review(who, Verdict.DECLINED, revision, **fields)


def request_changes(who: Member, revision: int | None = 1, **fields: Any) -> SubmitReview:
    return review(who, Verdict.REQUESTED_CHANGES, revision, **{"words": "smaller, please", **fields})


def withdraw(who: Member, **fields: Any) -> WithdrawReview:
    return _act(WithdrawReview, who, **fields)


def edit(who: Member, base: int = 1, content: str = "edited", **fields: Any) -> Edit:
    return _act(Edit, who, base=base, digest=digest_of(content), content_ref=f"ref-{content}", **fields)


def comment(who: Member, **fields: Any) -> Comment:
    return _act(Comment, who, content_ref="ref-comment", **fields)


def tick(who: Member, entry_id: str = "c1", revision: int = 1, **fields: Any) -> Tick:
    return _act(Tick, who, entry_id=entry_id, revision=revision, **fields)


def untick(who: Member, entry_id: str = "c1", revision: int = 1, **fields: Any) -> Untick:
    return _act(Untick, who, entry_id=entry_id, revision=revision, **fields)


def rerun(who: Member, words: str = "keep the audit log whole", **fields: Any) -> RequestRerun:
    return _act(RequestRerun, who, words=words, **fields)


def note(who: Member, note_id: int = 70, *, is_edited: bool = False) -> Note:
    return Note(id=note_id, author_id=who.id, is_edited=is_edited)


def timer(kind: type[Any], at: datetime = NOON, event_id: str = "") -> Any:
    return kind(event_id=event_id or f"{kind.__name__}:{at:%d%H%M%S}", received_at=at, door="timer")


REMIND = timer(Remind)
PEOPLE_CHANGED = timer(ChangePeople)
DEADLINE_PASSED = timer(Deadline, DEADLINE)
LAST_LOOK_DONE = timer(Expire, DEADLINE + SECOND)
STOPPED = Cancel(event_id="stop", received_at=NOON, door="api", actor_id=1, actor="priya", words="not now")
AT_DEADLINE = facts(now=DEADLINE)


def rulings(item: ApprovalItem, *events: Event, known: Facts = FACTS) -> tuple[Ruling, ...]:
    """Return the rulings on events that come one after the other."""
    ruled: list[Ruling] = []
    for event in events:
        ruled.append(apply(ruled[-1].item if ruled else item, event, known))
    return tuple(ruled)


def play(item: ApprovalItem, *events: Event, known: Facts = FACTS) -> ApprovalItem:
    """Return an item after events, refused ones included."""
    return rulings(item, *events, known=known)[-1].item


def last(item: ApprovalItem, *events: Event, known: Facts = FACTS) -> Ruling:
    """Return the ruling on the last of some events."""
    return rulings(item, *events, known=known)[-1]


def without_memory(item: ApprovalItem) -> ApprovalItem:
    """Return an item but for its memory of what it has judged: what has to be the same after a refusal."""
    return item.model_copy(update={"heard": ()})


def names_of(ruling: Ruling) -> tuple[str, ...]:
    """Return what happened, by name."""
    return tuple(str(event.name) for event in ruling.audit)
