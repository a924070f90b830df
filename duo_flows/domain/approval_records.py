"""What is kept of a Group Approval: its item, revisions, reviews, comments, ticks, notices, and its decision.

Values only, in the words of the approval machine (`approvals`) where it has them; whether a review may be given, or what it brings
about, is decided there before it gets here. The contents of revisions stand in the content store and are named by reference.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from .approvals import item as approvals
from .approvals.audit import AuditEvent
from .approvals.item import Verdict
from .approvals.states import FINAL_STATES, ItemState
from .audit import NewAuditEvent
from .model import Model


def item_label(number: int) -> str:
    """Return an item's name within its project, as people say it: `GA-004`."""
    return f"GA-{number:03}"


class LinkedKind(StrEnum):
    """What an item can be linked to."""

    ISSUE = "issue"
    MERGE_REQUEST = "merge_request"
    EPIC = "epic"
    PAGE = "page"


class LinkedItem(Model):
    """An issue, merge request or epic of GitLab, by the number of its project (epic: group) and its own; or a page by its URL."""

    kind: LinkedKind
    owner_id: int = 0
    iid: int = 0
    url: str = ""
    reference: str = ""
    title: str = ""

    @property
    def key(self) -> str:
        """What names it for good, such as `issue:7:8821`: paths and titles change."""
        return f"page:{self.url}" if self.kind is LinkedKind.PAGE else f"{self.kind}:{self.owner_id}:{self.iid}"


class NewItem(Model):
    """A Group Approval about to open. `session_id`, `run`, `component` say which gate opens it; empty where no flow does (G18)."""

    id: str = Field(min_length=1)
    project_id: int
    project_path: str
    title: str
    requester_id: int
    requester: str
    session_id: str = ""
    run: int = 0
    component: str = ""
    previous_id: str = ""
    policy: dict[str, Any] = Field(default_factory=dict)
    linked: tuple[LinkedItem, ...] = ()
    is_confidential: bool = False
    deadline: AwareDatetime | None = None
    state: ItemState = ItemState.DRAFT


class Item(NewItem):
    """A Group Approval item as it is now.

    `revision` is the current one, 0 until the first is recorded. `version` counts the events that its approval had taken when it
    last reported. `issue_iid` is the GitLab issue that shows it, None until it is made; `next_id` is the first item that followed.
    """

    number: int
    revision: int = 0
    issue_iid: int | None = None
    next_id: str = ""
    version: int = 0
    opened_at: AwareDatetime
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None = None

    @property
    def label(self) -> str:
        """Its name within its project: `GA-004`."""
        return item_label(self.number)

    @property
    def is_open(self) -> bool:
        """Whether it is not final yet."""
        return self.state not in FINAL_STATES


class Reviewer(Model):
    """Somebody who is asked to review, and why: `named`, or the roles and rules that brought them in."""

    person_id: int
    username: str
    because: tuple[str, ...] = ()


class Revision(Model):
    """One immutable version of all that a decision binds, number `number` from 1. `content_ref` leads to its canonical JSON.

    `editor_id` is None where the flow wrote it.
    """

    number: int = Field(ge=1)
    content_ref: str
    digest: str
    editor_id: int | None = None
    editor: str = ""
    door: str = ""
    created_at: AwareDatetime


class NewReview(Model):
    """A reviewer's verdict on one revision; None where they took it back. The same `key` twice is one review."""

    key: str = Field(min_length=1)
    person_id: int
    person: str
    verdict: Verdict | None
    revision: int
    words: str = ""
    door: str
    received_at: AwareDatetime


class Review(NewReview):
    """A review of the history, number `n` from 1 in its item; `cleared_at` is when an edit started the next revision."""

    n: int
    cleared_at: AwareDatetime | None = None


class Comment(Model):
    """One comment of the discussion. The same `key` is the same comment, whose text may have been edited.

    `source` is the door that it came by; `note_id` is GitLab's where it came from there, `thread` GitLab's discussion or our own.
    """

    key: str = Field(min_length=1)
    thread: str = ""
    author_id: int | None = None
    author: str = ""
    role: str = ""
    body: str
    source: str
    note_id: int | None = None
    created_at: AwareDatetime
    edited_at: AwareDatetime | None = None
    is_deleted: bool = False


class KeptComment(Comment):
    """A comment as it is now; `first_body` is what its author first wrote, which alone can vote."""

    first_body: str


class Tick(Model):
    """Somebody ticked an entry of the checklist in the words of `entry_digest`, or took the tick back. One `key` is one tick."""

    key: str = Field(min_length=1)
    entry_id: str
    entry_digest: str
    is_ticked: bool = True
    person_id: int
    person: str
    revision: int
    door: str
    received_at: AwareDatetime


class NewNotice(Model):
    """What one person is told once. `key` names event, person and channel; `message_id` is what repeats after a lost answer."""

    key: str = Field(min_length=1)
    event: str
    person_id: int
    username: str
    channel: str
    message_id: str = ""


class Notice(NewNotice):
    """A notice, made at `made_at`, and out at `sent_at`."""

    made_at: AwareDatetime
    sent_at: AwareDatetime | None = None


class NewDecision(approvals.Decision):
    """How a Group Approval ended. `text` is what it can be found by beside title and summary: plan and discussion."""

    summary: str
    text: str = ""


class Decision(approvals.Decision):
    """The permanent record of a final approval: what it was about, how it ended, and whose reviews were counted."""

    item_id: str
    project_id: int
    project_path: str
    number: int
    title: str
    requester_id: int
    requester: str
    session_id: str
    is_confidential: bool
    linked: tuple[LinkedItem, ...]
    summary: str

    @property
    def label(self) -> str:
        """The item's name within its project: `GA-004`."""
        return item_label(self.number)


class ItemReport(Model):
    """What an approval reports of itself; everything in one transaction, and safe to repeat.

    What is left None stays as it is. `version` counts the events that the approval has taken: a report older than one that was
    applied, or one about a final item, adds its rows and leaves the item as it is. `reviewers` are all there are now.
    """

    item_id: str
    version: int
    state: ItemState | None = None
    revision: int | None = None
    title: str | None = None
    deadline: AwareDatetime | None = None
    issue_iid: int | None = None
    linked: tuple[LinkedItem, ...] | None = None
    reviewers: tuple[Reviewer, ...] | None = None
    revisions: tuple[Revision, ...] = ()
    reviews: tuple[NewReview, ...] = ()
    comments: tuple[Comment, ...] = ()
    ticks: tuple[Tick, ...] = ()
    decision: NewDecision | None = None
    events: tuple[NewAuditEvent, ...] = ()


class Readable(Model):
    """What somebody may read, as the caller found out: what these projects have; what is confidential only of those."""

    project_ids: tuple[int, ...] = ()
    confidential_project_ids: tuple[int, ...] = ()


class ItemFilter(Model):
    """Which items to list, newest first; `limit` between 1 and 200, `before_id` for the next page."""

    readable: Readable
    is_open: bool | None = None
    session_id: str = ""
    requester_id: int | None = None
    limit: int = Field(default=50, ge=1, le=200)
    before_id: str = ""


class WaitingFilter(Model):
    """Whose reviews are waited for, oldest item first; `limit` between 1 and 200, `after_id` for the next page."""

    person_id: int
    project_ids: tuple[int, ...] | None = None
    limit: int = Field(default=50, ge=1, le=200)
    after_id: str = ""


def for_chain(event: AuditEvent, *, project_id: int) -> NewAuditEvent:
    """Return what the approval machine says of an event as the audit chain takes it."""
    facts = event.model_dump(exclude={"data"})
    data = event.data.model_dump(mode="json", exclude={"name"})
    return NewAuditEvent(**facts, name=event.name, project_id=project_id, data=data)
