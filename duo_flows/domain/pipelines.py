"""Pipelines, jobs, merge requests and notes as the forge reports them: values only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from .model import Model
from .people import Person

# GitLab's pipeline statuses after which nothing more happens by itself. Source: GitLab docs, api/pipelines.
SUCCESS = "success"
FAILED = "failed"
FINISHED_PIPELINE_STATUSES = frozenset({SUCCESS, "failed", "canceled", "skipped"})

# The refs of a merge request's own pipelines. Source: GitLab docs, ci/pipelines/merge_request_pipelines.
_MERGE_REQUEST_REF = re.compile(r"refs/merge-requests/(\d+)/(?:head|merge|train)")

# The first trailer of every commit that a session pushes (requirement S5).
SESSION_TRAILER = "Duo-Session"


class Pipeline(Model):
    """One pipeline. `source` is GitLab's word (push, merge_request_event, schedule, ...)."""

    id: int
    project_id: int
    ref: str
    sha: str
    status: str
    source: str = "push"
    web_url: str = ""
    user: Person | None = None

    @property
    def is_finished(self) -> bool:
        """Tell whether the pipeline has come to an end."""
        return self.status in FINISHED_PIPELINE_STATUSES

    @property
    def merge_request_iid(self) -> int | None:
        """Return the merge request whose own pipeline this is; None for a branch's or a tag's."""
        named = _MERGE_REQUEST_REF.fullmatch(self.ref)
        return int(named[1]) if named else None


class WaitOutcome(StrEnum):
    """What came of waiting for the pipeline of a commit. `not_judged`: it was cancelled or skipped, so it says nothing."""

    PASSED = "passed"
    FAILED = "failed"
    ATTEMPTS_USED_UP = "attempts_used_up"
    NOT_JUDGED = "not_judged"
    TIMED_OUT = "timed_out"


def decisive_of(pipelines: Sequence[Pipeline]) -> Pipeline | None:
    """Return which of a commit's pipelines, newest first, decides: a failed one, else one that runs, one that passed, the newest.

    Of pipelines that were run again (same source and ref) only the newest counts.
    """
    newest = {(pipeline.source, pipeline.ref): pipeline for pipeline in reversed(pipelines)}
    counting = [pipeline for pipeline in pipelines if pipeline in newest.values()]
    failed = [pipeline for pipeline in counting if pipeline.status == FAILED]
    running = [pipeline for pipeline in counting if not pipeline.is_finished]
    passed = [pipeline for pipeline in counting if pipeline.status == SUCCESS]
    return next(iter(failed or running or passed or counting), None)


def outcome_of_wait(status: str, *, is_last: bool) -> WaitOutcome:
    """Return what it means that the wait ended at this status (empty where no pipeline came); `is_last`: no attempt is left."""
    if status not in FINISHED_PIPELINE_STATUSES:
        return WaitOutcome.TIMED_OUT
    if status == SUCCESS:
        return WaitOutcome.PASSED
    if status != FAILED:
        return WaitOutcome.NOT_JUDGED
    return WaitOutcome.ATTEMPTS_USED_UP if is_last else WaitOutcome.FAILED


class Job(Model):
    """One job of a pipeline. `is_bridge` marks a trigger job, whose log is that of its child pipeline."""

    id: int
    name: str
    stage: str
    status: str
    allow_failure: bool = False
    failure_reason: str = ""
    web_url: str = ""
    is_bridge: bool = False
    downstream_pipeline_id: int | None = None


class MergeRequest(Model):
    """One merge request, with the branch that carries the work."""

    project_id: int
    iid: int
    title: str
    description: str = ""
    state: str = "opened"
    source_branch: str
    target_branch: str
    source_project_id: int
    sha: str
    author: Person | None = None
    web_url: str = ""


class Commit(Model):
    """One commit. `message` is whole, trailers included; the author is what git says and proves nothing."""

    sha: str
    message: str
    author_name: str = ""
    author_email: str = ""

    @property
    def is_ours(self) -> bool:
        """Tell whether a session made this commit: its message ends with the trailer that every one of ours carries."""
        return any(line.startswith(f"{SESSION_TRAILER}: ") for line in self.message.rstrip().rpartition("\n\n")[2].split("\n"))


class FileDiff(Model):
    """One changed file of a merge request; `diff` is unified and may be cut by GitLab."""

    old_path: str
    new_path: str
    diff: str
    is_new: bool = False
    is_deleted: bool = False


class TreeEntry(Model):
    """One name in a repository folder; `type` is `blob` or `tree`."""

    path: str
    type: str


class FileContent(Model):
    """A file at a commit; `text` is UTF-8. A file that is not UTF-8 text is refused by the forge."""

    path: str
    ref: str
    text: str
    is_executable: bool = False


class TargetKind(StrEnum):
    """What a note hangs on, in the words of GitLab's REST paths."""

    MERGE_REQUEST = "merge_requests"
    ISSUE = "issues"

    @property
    def words(self) -> str:
        """Return what one of these is called."""
        return _WORDS[self]


_WORDS = {TargetKind.MERGE_REQUEST: "merge request", TargetKind.ISSUE: "issue"}
_SIGNS = {TargetKind.MERGE_REQUEST: "!", TargetKind.ISSUE: "#"}


class NoteTarget(Model):
    """Where a note is or goes."""

    project_id: int
    kind: TargetKind
    iid: int

    @property
    def short(self) -> str:
        """Return the item's name within its project, as GitLab writes it: `!3`, `#4`."""
        return f"{_SIGNS[self.kind]}{self.iid}"

    @property
    def words(self) -> str:
        """Return what the item is and where, as errors name it."""
        return f"{self.kind.words} {self.short} in project {self.project_id}"


def note_target_of(project_id: int, *, merge_request_iid: int | None, issue_iid: int | None) -> NoteTarget | None:
    """Return where people follow a session in GitLab: its merge request, else its issue; None where it has neither."""
    if merge_request_iid is not None:
        return NoteTarget(project_id=project_id, kind=TargetKind.MERGE_REQUEST, iid=merge_request_iid)
    if issue_iid is not None:
        return NoteTarget(project_id=project_id, kind=TargetKind.ISSUE, iid=issue_iid)
    return None


class Note(Model):
    """One comment, as GitLab holds it now. It `is_edited` when its text is not the one its author first wrote."""

    id: int
    target: NoteTarget
    author: Person
    body: str
    created_at: datetime
    updated_at: datetime
    is_system: bool = False
    is_internal: bool = False
    discussion_id: str = ""
    web_url: str = Field(default="")

    @property
    def is_edited(self) -> bool:
        """Tell whether somebody (not necessarily its author) has changed the text since."""
        return self.updated_at != self.created_at
