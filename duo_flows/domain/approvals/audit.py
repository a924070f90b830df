"""The audit events of an item: what happened, by name. Whatever changes it leaves at least one, and so does each refusal.

A name is a noun and a past participle, `review.submitted`; the nouns are few and in the glossary. Who, when and by which door
stands in the envelope, the rest in the data of each name. The chain, its hashes and its heads are the store's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from duo_flows.domain.model import Model

from .item import Asked, ChecklistEntry, Review, Verdict
from .policy import OnExpiry
from .times import Utc


class AuditName(StrEnum):
    """What can be said to have happened."""

    APPROVAL_OPENED = "approval.opened"
    APPROVAL_BLOCKED = "approval.blocked"
    APPROVAL_UNBLOCKED = "approval.unblocked"
    APPROVAL_APPROVED = "approval.approved"
    APPROVAL_DECLINED = "approval.declined"
    APPROVAL_EXPIRED = "approval.expired"
    APPROVAL_CANCELLED = "approval.cancelled"
    APPROVAL_RERUN_REQUESTED = "approval.rerun_requested"
    APPROVAL_REFUSED = "approval.refused"
    REVIEW_SUBMITTED = "review.submitted"
    REVIEW_WITHDRAWN = "review.withdrawn"
    REVIEW_REFUSED = "review.refused"
    REVISION_CREATED = "revision.created"
    REVISION_KEPT = "revision.kept"
    REVISION_REFUSED = "revision.refused"
    COMMENT_ADDED = "comment.added"
    COMMENT_REFUSED = "comment.refused"
    CHECKLIST_TICKED = "checklist.ticked"
    CHECKLIST_UNTICKED = "checklist.unticked"
    CHECKLIST_REFUSED = "checklist.refused"
    RERUN_ACCEPTED = "rerun.accepted"
    RERUN_REFUSED = "rerun.refused"
    REVIEWERS_ADDED = "reviewers.added"
    REVIEWERS_CHANGED = "reviewers.changed"
    REVIEWERS_REMINDED = "reviewers.reminded"
    DEADLINE_PASSED = "deadline.passed"
    TIMER_REFUSED = "timer.refused"


_N = AuditName


class Opened(Model):
    """The gate opened, for these people: by rule as asked, and by id as their roles were resolved."""

    name: Literal[_N.APPROVAL_OPENED] = _N.APPROVAL_OPENED
    digest: str
    asked: tuple[Asked, ...]
    voter_ids: tuple[int, ...]
    deadline: Utc | None


class Blocked(Model):
    """As people are now, the item can never be approved. It stays open: people may come back."""

    name: Literal[_N.APPROVAL_BLOCKED] = _N.APPROVAL_BLOCKED
    reasons: tuple[str, ...]


class Unblocked(Model):
    """The item can be approved again."""

    name: Literal[_N.APPROVAL_UNBLOCKED] = _N.APPROVAL_UNBLOCKED


class Ended(Model):
    """The item is final. `reviews` are those that were counted, with the facts of the decision."""

    name: Literal[
        _N.APPROVAL_APPROVED,
        _N.APPROVAL_DECLINED,
        _N.APPROVAL_EXPIRED,
        _N.APPROVAL_CANCELLED,
        _N.APPROVAL_RERUN_REQUESTED,
    ]
    digest: str
    reviews: tuple[Review, ...] = ()
    words: str = ""
    on_expiry: OnExpiry | None = None


class ReviewSubmitted(Model):
    """A vote counts from now on; `replaced` is what the person had said of the same revision before."""

    name: Literal[_N.REVIEW_SUBMITTED] = _N.REVIEW_SUBMITTED
    verdict: Verdict
    capacities: tuple[str, ...]
    words: str = ""
    replaced: Verdict | None = None


class ReviewWithdrawn(Model):
    """A person took their verdict back."""

    name: Literal[_N.REVIEW_WITHDRAWN] = _N.REVIEW_WITHDRAWN
    replaced: Verdict | None


class RevisionCreated(Model):
    """An edit made a revision from the one before and cleared these verdicts."""

    name: Literal[_N.REVISION_CREATED] = _N.REVISION_CREATED
    before: int
    digest: str
    content_ref: str
    cleared: tuple[Review, ...]


class RevisionKept(Model):
    """An edit changed nothing: no revision, and nothing cleared."""

    name: Literal[_N.REVISION_KEPT] = _N.REVISION_KEPT
    digest: str
    content_ref: str


class CommentAdded(Model):
    """Somebody said something; `standing` is `reviewer`, `requester` or `stranger`, as the facts had it then."""

    name: Literal[_N.COMMENT_ADDED] = _N.COMMENT_ADDED
    content_ref: str
    standing: str
    note_id: int | None = None


class ChecklistChanged(Model):
    """An item of the checklist was ticked or unticked."""

    name: Literal[_N.CHECKLIST_TICKED, _N.CHECKLIST_UNTICKED]
    entry: ChecklistEntry


class RerunAccepted(Model):
    """A re-run was asked for of an item that stays as it was decided."""

    name: Literal[_N.RERUN_ACCEPTED] = _N.RERUN_ACCEPTED
    words: str


class ReviewersAdded(Model):
    """What an edit touches brings in more reviewers."""

    name: Literal[_N.REVIEWERS_ADDED] = _N.REVIEWERS_ADDED
    asked: tuple[Asked, ...]


class ReviewersChanged(Model):
    """Other people may vote than before, by id."""

    name: Literal[_N.REVIEWERS_CHANGED] = _N.REVIEWERS_CHANGED
    joined: tuple[int, ...]
    left: tuple[int, ...]


class ReviewersReminded(Model):
    """These people may vote and have said nothing of the current revision."""

    name: Literal[_N.REVIEWERS_REMINDED] = _N.REVIEWERS_REMINDED
    person_ids: tuple[int, ...]


class DeadlinePassed(Model):
    """The deadline has passed; what was received before still counts until the item expires."""

    name: Literal[_N.DEADLINE_PASSED] = _N.DEADLINE_PASSED
    deadline: Utc


class Refused(Model):
    """An event changed nothing, and why. `content_ref` keeps a refused edit's or comment's text, `words` those of a refused act."""

    name: Literal[
        _N.APPROVAL_REFUSED,
        _N.REVIEW_REFUSED,
        _N.REVISION_REFUSED,
        _N.COMMENT_REFUSED,
        _N.CHECKLIST_REFUSED,
        _N.RERUN_REFUSED,
        _N.TIMER_REFUSED,
    ]
    kind: str
    code: str
    reason: str
    seen: int | None = None
    words: str = ""
    content_ref: str = ""


AuditData = Annotated[
    Opened
    | Blocked
    | Unblocked
    | Ended
    | ReviewSubmitted
    | ReviewWithdrawn
    | RevisionCreated
    | RevisionKept
    | CommentAdded
    | ChecklistChanged
    | RerunAccepted
    | ReviewersAdded
    | ReviewersChanged
    | ReviewersReminded
    | DeadlinePassed
    | Refused,
    Field(discriminator="name"),
]


class AuditEvent(Model):
    """One thing that happened. `key` is the same whenever the same event is judged again: written twice, it stands once.

    `revision` is the current one after it happened; `received_at` the door's stamp, `at` when it was judged.
    """

    key: str
    item_id: str
    revision: int
    event_id: str
    door: str
    actor_id: int | None
    actor: str
    received_at: Utc
    at: Utc
    data: AuditData

    @property
    def name(self) -> AuditName:
        """Return what happened."""
        return self.data.name
