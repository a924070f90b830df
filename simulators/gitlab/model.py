"""What a GitLab keeps, as plain records.

The law of this module: records and the words for their states. It decides nothing, reads no clock and
knows neither HTTP nor git; contents of repositories are never kept here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class Access(IntEnum):
    """GitLab's access levels, by their numbers in the API."""

    NONE = 0
    MINIMAL = 5
    GUEST = 10
    PLANNER = 15
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


@dataclass(slots=True)
class User:
    """A person or a bot; the token is its only credential."""

    id: int
    username: str
    name: str
    token: str
    bot: bool
    admin: bool
    state: str
    created_at: datetime


@dataclass(slots=True)
class Label:
    """A label of one project."""

    id: int
    name: str
    color: str
    description: str
    created_at: datetime


@dataclass(slots=True)
class Award:
    """An emoji a user gave to an issue, a merge request or a note."""

    id: int
    name: str
    user_id: int
    created_at: datetime


@dataclass(slots=True)
class Note:
    """A comment. `updated_at` moves past `created_at` when the body is edited; the author never changes."""

    id: int
    body: str
    author_id: int
    created_at: datetime
    updated_at: datetime
    system: bool = False
    internal: bool = False
    resolved: bool = False
    resolved_by_id: int | None = None
    position: dict[str, Any] | None = None
    awards: list[Award] = field(default_factory=list)


@dataclass(slots=True)
class Discussion:
    """A thread of notes. A plain comment is a discussion of one note that nobody can reply to."""

    id: str
    individual: bool
    notes: list[Note]


@dataclass(slots=True)
class ResourceEvent:
    """Who changed a label or the state of an item, and when."""

    id: int
    user_id: int
    created_at: datetime
    kind: str
    action: str
    label: Label | None = None


@dataclass(slots=True, kw_only=True)
class Noteable:
    """What issues and merge requests share."""

    id: int
    iid: int
    project_id: int
    title: str
    description: str
    author_id: int
    created_at: datetime
    updated_at: datetime
    state: str = "opened"
    labels: list[str] = field(default_factory=list)
    assignee_ids: list[int] = field(default_factory=list)
    discussions: list[Discussion] = field(default_factory=list)
    awards: list[Award] = field(default_factory=list)
    events: list[ResourceEvent] = field(default_factory=list)
    closed_at: datetime | None = None
    closed_by_id: int | None = None
    updated_by_id: int | None = None
    discussion_locked: bool = False

    @property
    def notes(self) -> list[Note]:
        """Every note of every discussion, oldest first."""
        return sorted((note for thread in self.discussions for note in thread.notes), key=lambda note: note.id)


@dataclass(slots=True, kw_only=True)
class Issue(Noteable):
    """An issue."""

    confidential: bool = False
    due_date: str | None = None
    issue_type: str = "issue"


@dataclass(slots=True)
class IssueLink:
    """A relation of two issues, maybe of two projects."""

    id: int
    source: Issue
    target: Issue
    kind: str
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class MergeRequest(Noteable):
    """A merge request inside one project. `head_sha` is what was last pushed to its source branch."""

    source_branch: str
    target_branch: str
    head_sha: str
    base_sha: str
    start_sha: str
    reviewer_ids: list[int] = field(default_factory=list)
    approved_by_ids: list[int] = field(default_factory=list)
    merge_commit_sha: str | None = None
    merged_at: datetime | None = None
    merged_by_id: int | None = None
    remove_source_branch: bool = False
    squash: bool = False

    @property
    def draft(self) -> bool:
        """Whether the title marks it as not ready."""
        return self.title.lower().startswith(("draft:", "[draft]", "(draft)"))


@dataclass(slots=True)
class Job:
    """One run of a job. A retry is another record; the older one is then marked `retried`."""

    id: int
    name: str
    stage: str
    plan: Any
    pipeline_id: int
    user_id: int
    created_at: datetime
    status: str = "created"
    started_at: datetime | None = None
    queued_at: datetime | None = None
    finished_at: datetime | None = None
    failure_reason: str | None = None
    trace: bytearray = field(default_factory=bytearray)
    retried: bool = False
    allow_failure: bool = False
    task: asyncio.Task[Any] | None = None


@dataclass(slots=True)
class Pipeline:
    """One pipeline; `status` follows from its jobs."""

    id: int
    iid: int
    project_id: int
    ref: str
    sha: str
    before_sha: str
    source: str
    user_id: int
    stages: list[str]
    variables: dict[str, str]
    created_at: datetime
    updated_at: datetime
    status: str = "created"
    yaml_errors: str | None = None
    merge_request_iid: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    plan_variables: dict[str, str] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)


@dataclass(slots=True)
class CommitComment:
    """A comment on a commit, maybe at a line; `line_type` is `old` or `new`."""

    sha: str
    note: str
    author_id: int
    created_at: datetime
    path: str | None
    line: int | None
    line_type: str | None


@dataclass(slots=True)
class CommitStatus:
    """A status an outside system reported for a commit."""

    id: int
    sha: str
    ref: str
    name: str
    status: str
    description: str | None
    target_url: str | None
    author_id: int
    created_at: datetime


@dataclass(slots=True)
class HookEvent:
    """One delivery of a hook, as the log shows it."""

    id: int
    trigger: str
    url: str
    request_headers: dict[str, str]
    request_body: bytes
    created_at: datetime
    response_status: str = "pending"
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    execution_duration: float = 0.0


@dataclass(slots=True)
class Hook:
    """A project's webhook. Its tokens are written, never read back."""

    id: int
    project_id: int
    uuid: str
    created_at: datetime
    options: dict[str, Any]
    token: str | None = None
    signing_token: str | None = None
    custom_headers: dict[str, str] = field(default_factory=dict)
    events: list[HookEvent] = field(default_factory=list)
    failures_in_a_row: int = 0
    disabled_until: datetime | None = None
    disabled_for_good: bool = False


@dataclass(slots=True)
class ProtectedBranch:
    """Who may push to and merge into the branches a pattern names."""

    id: int
    name: str
    push_level: int
    merge_level: int
    allow_force_push: bool = False


@dataclass(slots=True)
class Todo:
    """Something that waits for one user."""

    id: int
    user_id: int
    author_id: int
    project_id: int
    action: str
    target: Issue | MergeRequest
    body: str
    target_url: str
    created_at: datetime
    state: str = "pending"


@dataclass(slots=True)
class Project:
    """A project and everything it owns; contents are in the bare repository at `repository_path`."""

    id: int
    path: str
    name: str
    visibility: str
    default_branch: str
    created_at: datetime
    repository_path: Path
    description: str = ""
    members: dict[int, int] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)
    protected_branches: list[ProtectedBranch] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    merge_requests: list[MergeRequest] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)
    statuses: list[CommitStatus] = field(default_factory=list)
    commit_comments: list[CommitComment] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    last_iids: dict[str, int] = field(default_factory=dict)
    last_activity_at: datetime | None = None

    def next_iid(self, kind: str) -> int:
        """The next number of a kind inside this project; numbers of deleted items are not used again."""
        self.last_iids[kind] = self.last_iids.get(kind, 0) + 1
        return self.last_iids[kind]

    @property
    def jobs(self) -> list[Job]:
        """Every job of every pipeline, retried ones too."""
        return [job for pipeline in self.pipelines for job in pipeline.jobs]
