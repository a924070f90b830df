"""The port `ForgeReader`: what agents and steps read in GitLab for their work.

It reads as the service account does: whether the requester may read it too is decided by whoever asks, before the answer is shown.
Nothing is written outside.

Every method may raise `TryAgain` and `NeverAgain`; `NotFound` where a named thing is asked for.
"""

from __future__ import annotations

from typing import Any, Protocol

from .commits import BlobHit, CommitComment, CommitDetail, CommitFilter
from .discussions import Discussion
from .issues import Issue, IssueFilter, LinkedIssue
from .merge_requests import MergeRequestDetail, MergeRequestFilter
from .pipelines import FileDiff, NoteTarget
from .running_jobs import Downstream, JobRecord


class ForgeReader(Protocol):
    """GitLab, as the service account may read it. Projects are named by number."""

    async def issue(self, project_id: int, iid: int) -> Issue:
        """Return one issue."""

    async def issues(self, project_id: int, which: IssueFilter) -> tuple[Issue, ...]:
        """Return one page of issues, newest first unless asked otherwise."""

    async def issue_links(self, project_id: int, iid: int) -> tuple[LinkedIssue, ...]:
        """Return the issues that an issue is related to, of other projects too."""

    async def search_issues(self, project_id: int, words: str, *, state: str = "", page: int = 1) -> tuple[Issue, ...]:
        """Return one page of issues with these words in title or description."""

    async def discussions(self, target: NoteTarget) -> tuple[Discussion, ...]:
        """Return all threads, oldest first, system notes among them."""

    async def merge_request(self, project_id: int, iid: int) -> MergeRequestDetail:
        """Return one merge request."""

    async def merge_requests(self, project_id: int, which: MergeRequestFilter) -> tuple[MergeRequestDetail, ...]:
        """Return one page of merge requests, newest first."""

    async def commit(self, project_id: int, sha: str) -> CommitDetail:
        """Return one commit, by its id or by a branch or tag that stands on it."""

    async def commits(self, project_id: int, which: CommitFilter) -> tuple[CommitDetail, ...]:
        """Return one page of commits, newest first."""

    async def commit_diff(self, project_id: int, sha: str) -> tuple[FileDiff, ...]:
        """Return what a commit changed against its first parent."""

    async def commit_comments(self, project_id: int, sha: str) -> tuple[CommitComment, ...]:
        """Return the comments on a commit, oldest first."""

    async def search_commits(self, project_id: int, words: str, *, ref: str = "", page: int = 1) -> tuple[CommitDetail, ...]:
        """Return one page of commits with these words in their message."""

    async def search_blobs(self, project_id: int, words: str, *, ref: str = "", page: int = 1) -> tuple[BlobHit, ...]:
        """Return one page of places in files, at a branch or tag or else the default branch."""

    async def downstream(self, project_id: int, pipeline_id: int) -> tuple[Downstream, ...]:
        """Return the trigger jobs of a pipeline with the pipelines that they started, in GitLab's order."""

    async def job(self, project_id: int, job_id: int) -> JobRecord:
        """Return one job with what it ran for."""

    async def newest_green_job(self, project_id: int, like: JobRecord, *, refs: tuple[str, ...]) -> JobRecord | None:
        """Return the newest job of the same name and stage that passed on one of these branches; None without a late one."""

    async def lint(self, project_id: int, content: str, *, ref: str = "") -> dict[str, Any]:
        """Return what GitLab says of a pipeline configuration: `valid`, `errors`, `warnings`."""
