"""What speaks against an event: one table of checks by kind, in the order in which a person should hear of them.

Nothing is changed here, and what is not refused here happens. Whether the table of states has a way at all is asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH
from duo_flows.domain.model import Model

from .entitlement import BAR_WORDS, Bar, person_bar, reviewer_bar, voter_bar
from .events import Act, Deadline, Edit, Event, Open, RequestRerun, SubmitReview, Tick, Untick, WithdrawReview, note_id_of
from .item import ApprovalItem, Verdict
from .opening import never_passes, opened
from .people import Facts
from .states import TRANSITIONS, EventKind, ItemState
from .times import in_words


class Objection(Model):
    """Why an event changes nothing. `seen` is the revision that it was about, if that is past; `line` what to write."""

    code: str
    reason: str
    seen: int | None = None
    line: str = ""


_Check = Callable[[ApprovalItem, Any, Facts], Objection | None]


def objection_to(item: ApprovalItem, event: Event, facts: Facts) -> Objection | None:
    """Return the first thing that speaks against an event, or None."""
    checks = (_no_way, *CHECKS[event.kind])
    return next((objection for check in checks if (objection := check(item, event, facts))), None)


def objection_to_rerun(item: ApprovalItem, event: RequestRerun, facts: Facts) -> Objection | None:
    """Return what speaks against a re-run of an item that is closed: who asks and how, but no deadline any more."""
    return next((objection for check in _ASKS_FOR_RERUN if (objection := check(item, event, facts))), None)


def _no_way(item: ApprovalItem, event: Event, _facts: Facts) -> Objection | None:
    if event.kind in TRANSITIONS[item.state]:
        return None
    if item.state is ItemState.DRAFT:
        return Objection(code="not_open_yet", reason=f"{item.name} is not open yet; nothing can be said of it before it is.")
    if not item.is_final:
        return Objection(code="wrong_state", reason=f"{item.name} is {item.state}; that cannot happen to it now.")
    return Objection(code="already_decided", reason=f"{how_it_ended(item)} Nothing was changed.")


def how_it_ended(item: ApprovalItem) -> str:
    """Return a sentence that says as what, when and by whom a final item ended."""
    decision = item.decision
    if decision is None:
        return f"{item.name} is closed."
    state = item.state.replace("_", " ")
    by = f" by @{decision.person}" if decision.person else ""
    return f"{item.name} is closed: {state} at r{decision.revision} on {in_words(decision.received_at)}{by}."


def _can_never_pass(item: ApprovalItem, event: Open, facts: Facts) -> Objection | None:
    would_be = opened(item, facts, default_timeout=event.default_timeout)
    why = never_passes(would_be, facts)
    if why is None:
        return None
    reason = (
        f"{item.name} was not opened, because it could never be approved: {why[1]}. Change who reviews, or how many must approve."
    )
    return Objection(code=why[0], reason=reason)


def _edited_comment(_item: ApprovalItem, event: Act, _facts: Facts) -> Objection | None:
    if event.note is None or not event.note.is_edited:
        return None
    return Objection(code="edited_comment", reason="This comment was edited, so it does not count; please write a new one.")


def _another_author(_item: ApprovalItem, event: Act, _facts: Facts) -> Objection | None:
    if event.note is None or event.note.author_id == event.actor_id:
        return None
    return Objection(code="not_the_author", reason="A comment counts for the person who wrote it, and for nobody else.")


def _used_comment(item: ApprovalItem, event: Act, _facts: Facts) -> Objection | None:
    note_id = note_id_of(event)
    if note_id is None or all(heard.note_id != note_id for heard in item.heard):
        return None
    return Objection(code="comment_used", reason="This comment was heard before; a comment counts once. Please write a new one.")


def _late(item: ApprovalItem, event: Act, _facts: Facts) -> Objection | None:
    if item.deadline is None or event.received_at <= item.deadline:
        return None
    return Objection(code="too_late", reason=f"This came after the deadline of {in_words(item.deadline)}. Nothing was changed.")


def _no_reviewer(item: ApprovalItem, event: Act, facts: Facts) -> Objection | None:
    return _barred(event, reviewer_bar(item, facts.member(event.actor_id)))


def _no_voter(item: ApprovalItem, event: Act, facts: Facts) -> Objection | None:
    return _barred(event, voter_bar(item, facts.member(event.actor_id)))


def _neither_reviewer_nor_requester(item: ApprovalItem, event: Act, facts: Facts) -> Objection | None:
    member = facts.member(event.actor_id)
    is_requester = event.actor_id == item.requester_id
    return _barred(event, person_bar(member) if is_requester else reviewer_bar(item, member))


def _barred(event: Act, bar: Bar | None) -> Objection | None:
    return Objection(code=str(bar), reason=f"@{event.actor} {BAR_WORDS[bar]}. Nothing was changed.") if bar else None


# How a verdict is written in a comment, before the revision.
LINE_WORDS: Mapping[Verdict, str] = {
    Verdict.APPROVED: "approve",
    Verdict.REQUESTED_CHANGES: "request changes",
    Verdict.DECLINED: "decline",
}


def _without_revision(item: ApprovalItem, event: SubmitReview, _facts: Facts) -> Objection | None:
    # What blocks nothing and approves nothing may be said of whatever is there: `request changes <what>`.
    if event.revision is not None or event.verdict is Verdict.REQUESTED_CHANGES:
        return None
    line = _line(item, event)
    reason = f"A vote names the revision that you have seen. If that is r{item.current.number}, write: {line}"
    return Objection(code="revision_missing", reason=reason, line=line)


def _line(item: ApprovalItem, event: SubmitReview) -> str:
    return f"@{item.account} {LINE_WORDS[event.verdict]} r{item.current.number}"


def _other_revision(item: ApprovalItem, event: SubmitReview, _facts: Facts) -> Objection | None:
    seen, current = event.revision, item.current.number
    if seen is None or seen == current:
        return None
    line = _line(item, event)
    if item.revision(seen) is None:
        reason = f"{item.name} has no r{seen}; the current revision is r{current}. If you have seen it, write: {line}"
        return Objection(code="unknown_revision", reason=reason, line=line)
    reason = f"This is about r{seen}, but the current revision is r{current}. Look at what has changed since; then write: {line}"
    return Objection(code="older_revision", reason=reason, seen=seen, line=line)


def _other_digest(item: ApprovalItem, event: SubmitReview, _facts: Facts) -> Objection | None:
    given, current = event.digest.lower(), item.current
    if not given or (len(given) >= DIGEST_PREFIX_LENGTH and current.digest.startswith(given)):
        return None
    reason = (
        f"This is about another content than r{current.number} ({current.digest[:DIGEST_PREFIX_LENGTH]}); look at it again first."
    )
    return Objection(code="other_digest", reason=reason)


def _overtaken(item: ApprovalItem, event: SubmitReview | WithdrawReview, _facts: Facts) -> Objection | None:
    standing = item.review_of(event.actor_id)
    if standing is None or standing.received_at <= event.received_at:
        return None
    reason = f"You have said something later, on {in_words(standing.received_at)}; that stands, and this was not counted."
    return Objection(code="overtaken", reason=reason)


def _unticked(item: ApprovalItem, event: SubmitReview, _facts: Facts) -> Objection | None:
    # Only an approval waits for the checklist: that an item cannot be confirmed is a reason to decline.
    if event.verdict is not Verdict.APPROVED or not item.policy.require_checklist or not item.unticked:
        return None
    left, total = len(item.unticked), len(item.current.checklist)
    reason = f"{left} of {total} items of the checklist are not ticked; they are seen to before anybody approves."
    return Objection(code="checklist_not_ticked", reason=reason)


def _changes_without_words(_item: ApprovalItem, event: SubmitReview, _facts: Facts) -> Objection | None:
    if event.verdict is not Verdict.REQUESTED_CHANGES or event.words.strip():
        return None
    return Objection(code="words_missing", reason="To request changes, say in words what should be different.")


def _rerun_without_words(_item: ApprovalItem, event: RequestRerun, _facts: Facts) -> Objection | None:
    if event.words.strip():
        return None
    return Objection(code="words_missing", reason="To ask for a re-run, say in words what it should do differently.")


def _conflicting(item: ApprovalItem, event: Edit, _facts: Facts) -> Objection | None:
    current = item.current
    # Who wants what is already there has no conflict, wherever they started from.
    if event.base == current.number or event.digest == current.digest:
        return None
    if item.revision(event.base) is None:
        reason = f"{item.name} has no r{event.base} to edit; the current revision is r{current.number}. Your text is kept."
        return Objection(code="unknown_revision", reason=reason)
    reason = f"You edited r{event.base}, but r{current.number} has come since. Your text is kept; bring it into r{current.number}."
    return Objection(code="conflict", reason=reason, seen=event.base)


def _other_entry(item: ApprovalItem, event: Tick | Untick, _facts: Facts) -> Objection | None:
    revision = item.revision(event.revision)
    seen = revision.entry(event.entry_id) if revision else None
    if seen is None:
        return Objection(code="unknown_entry", reason=f"r{event.revision} has no item {event.entry_id} in its checklist.")
    if seen == item.current.entry(event.entry_id):
        return None
    reason = f"That item of the checklist has changed since r{event.revision}; look at r{item.current.number} first."
    return Objection(code="entry_changed", reason=reason, seen=event.revision)


def _not_due(item: ApprovalItem, _event: Deadline, facts: Facts) -> Objection | None:
    if item.deadline is not None and facts.now >= item.deadline:
        return None
    until = f"its deadline is {in_words(item.deadline)}" if item.deadline else "it has no deadline"
    return Objection(code="not_due", reason=f"{item.name} does not expire yet: {until}.")


_FIRST_WRITTEN: tuple[_Check, ...] = (_edited_comment, _another_author, _used_comment)
_ASKS_FOR_RERUN: tuple[_Check, ...] = (*_FIRST_WRITTEN, _neither_reviewer_nor_requester, _rerun_without_words)
_AS_REVIEWER: tuple[_Check, ...] = (*_FIRST_WRITTEN, _no_reviewer, _late)

CHECKS: Mapping[EventKind, tuple[_Check, ...]] = {
    EventKind.OPEN: (_can_never_pass,),
    EventKind.SUBMIT_REVIEW: (
        *_FIRST_WRITTEN,
        _no_voter,
        _late,
        _without_revision,
        _other_revision,
        _other_digest,
        _overtaken,
        _unticked,
        _changes_without_words,
    ),
    EventKind.WITHDRAW_REVIEW: (*_AS_REVIEWER, _overtaken),
    EventKind.EDIT: (*_AS_REVIEWER, _conflicting),
    EventKind.COMMENT: (),
    EventKind.TICK: (*_AS_REVIEWER, _other_entry),
    EventKind.UNTICK: (*_AS_REVIEWER, _other_entry),
    EventKind.REQUEST_RERUN: (*_ASKS_FOR_RERUN, _late),
    EventKind.REMIND: (),
    EventKind.CHANGE_PEOPLE: (),
    EventKind.DEADLINE: (_not_due,),
    EventKind.EXPIRE: (),
    EventKind.CANCEL: (),
}
