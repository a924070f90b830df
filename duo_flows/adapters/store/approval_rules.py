"""What every store of approvals agrees on, SQL or memory: what a report changes of an item, and the refusals' words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from duo_flows.domain.approval_records import (
    Comment,
    Decision,
    ItemReport,
    KeptComment,
    LinkedItem,
    NewDecision,
    NewItem,
    Reviewer,
    Revision,
    item_label,
)
from duo_flows.domain.approvals.states import FINAL_STATES
from duo_flows.domain.errors import NeverAgain, NotFound, Refused

from .values import storable_text

_STATE = ("state", "revision", "title", "deadline")


def fresh_item(new: NewItem, *, number: int, at: datetime) -> dict[str, Any]:
    """Return the row of an item that has just been opened."""
    facts = new.model_dump(exclude={"deadline", "linked", "policy"}) | new.model_dump(mode="json", include={"linked", "policy"})
    state = {"number": number, "revision": 0, "issue_iid": None, "version": 0, "opened_at": at, "updated_at": at, "closed_at": None}
    return facts | state | {"deadline": new.deadline, "previous_id": new.previous_id or None}


def applied(item: Mapping[str, Any], report: ItemReport, *, at: datetime) -> dict[str, Any]:
    """Return what a report changes in the row of its item: nothing where it is late, or the item final.

    The GitLab issue is no part of the approval's state: whoever makes it says so whenever that is, and once.
    """
    issue = {"issue_iid": report.issue_iid} if item["issue_iid"] is None and report.issue_iid is not None else {}
    if not is_current(item, report):
        return issue
    given = {name: value for name in _STATE if (value := getattr(report, name)) is not None}
    linked = {} if report.linked is None else {"linked": [one.model_dump(mode="json") for one in report.linked]}
    closed = {"closed_at": at} if report.state in FINAL_STATES else {}
    return issue | given | linked | closed | {"version": report.version, "updated_at": at}


def is_current(item: Mapping[str, Any], report: ItemReport) -> bool:
    """Tell whether a report is no older than what is known of an item that is still open."""
    return item["closed_at"] is None and report.version >= item["version"]


def must_be_same(recorded: Revision, given: Revision) -> None:
    """Let a revision that is recorded already pass only if it is the same one.

    Raises:
        NeverAgain: the number is that of another revision.
    """
    if recorded.digest != given.digest:
        raise NeverAgain(
            f"Revision {given.number} is recorded with another digest. A revision never changes; a change is the next one.",
            code="revision_differs",
        )


def no_such_item(item_id: str) -> NotFound:
    """Return the answer for an item that is not there."""
    return NotFound(f"There is no Group Approval item {item_id!r}.")


def no_such_number(project_id: int, number: int) -> NotFound:
    """Return the answer for a number that no item has."""
    return NotFound(f"Project {project_id} has no {item_label(number)}.")


def no_such_notice(item_id: str, key: str) -> NotFound:
    """Return the answer for a notice that is not there."""
    return NotFound(f"Item {item_id!r} has no notice {key!r}.")


def item_taken(item_id: str) -> Refused:
    """Return the refusal of an id that another project's item has."""
    return Refused(f"Item id {item_id!r} is that of another project's item. Take a fresh one.", code="item_taken")


def unknown_revision(number: int) -> NeverAgain:
    """Return the fault of a review, a tick, a decision or a state about a revision that is not recorded with this digest."""
    return NeverAgain(
        f"Revision {number} is not recorded so. Record a revision before, or with, what is about it.", code="unknown_revision"
    )


def decision_differs(item_id: str) -> NeverAgain:
    """Return the fault of a second, different decision."""
    return NeverAgain(f"Item {item_id!r} is decided otherwise. A decision is permanent.", code="decision_differs")


def must_be_same_decision(recorded: Decision, given: NewDecision) -> None:
    """Let a decision that is recorded already pass only if it is the same one.

    Raises:
        NeverAgain: the item is decided otherwise.
    """
    if (recorded.state, recorded.revision, recorded.digest) != (given.state, given.revision, given.digest):
        raise decision_differs(recorded.item_id)


def label(item: Mapping[Any, Any]) -> str:
    """Return an item's name within its project."""
    return item_label(item["number"])


def people_of(item: Mapping[Any, Any], decision: NewDecision | Decision, *, editors: Iterable[int | None]) -> list[int]:
    """Return whom a decision is found by: who asked for it, wrote on it, or decided; sorted, each once."""
    acted = {*editors, decision.person_id, *(review.person_id for review in decision.reviews)}
    return sorted({item["requester_id"], *(person for person in acted if person is not None)})


def link_keys(item: Mapping[Any, Any]) -> list[str]:
    """Return the keys of what an item is linked to; sorted, each once."""
    return sorted({storable_text(LinkedItem.model_validate(one).key) for one in item["linked"]})


def is_newer(comment: Comment, kept: KeptComment) -> bool:
    """Tell whether a comment tells something later than what is kept of it."""
    edits = (comment.edited_at or comment.created_at, kept.edited_at or kept.created_at)
    return edits[0] > edits[1] or (comment.is_deleted and not kept.is_deleted)


def edited(comment: Comment) -> dict[str, Any]:
    """Return what an edit changes of a comment; a deleted one keeps the text that it had."""
    if comment.is_deleted:
        return {"is_deleted": True}
    return {"body": comment.body, "edited_at": comment.edited_at, "is_deleted": False}


def kept(comment: Comment, *, before: KeptComment | None) -> KeptComment:
    """Return a comment as it is kept after this was told of it."""
    if before is None:
        return KeptComment(**dict(comment), first_body=comment.body)
    return before.model_copy(update=edited(comment)) if is_newer(comment, before) else before


def each_once(reviewers: Iterable[Reviewer]) -> tuple[Reviewer, ...]:
    """Return the reviewers by person id; who was named twice is one."""
    by_id = {one.person_id: one for one in reviewers}
    return tuple(by_id[person_id] for person_id in sorted(by_id))


def no_such_content(ref: str) -> NotFound:
    """Return the answer for a revision whose content nobody has put into the content store."""
    return NotFound(f"There is no stored content {ref!r}. Put a revision's content before the revision is recorded.")


def revisions_spoken_of(report: ItemReport) -> tuple[int, ...]:
    """Return the numbers of the revisions that a report's state, reviews and ticks are about; sorted, each once."""
    spoken_of = {review.revision for review in report.reviews} | {tick.revision for tick in report.ticks}
    return tuple(sorted(spoken_of | ({report.revision} if report.revision else set())))


def shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return an item's row as the item says it: empty where it points to no other."""
    return dict(row) | {name: row[name] or "" for name in ("previous_id", "next_id")}
