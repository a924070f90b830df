"""The port `ForgeReader`, served by GitLab's REST API.

The law of this module: one method per question of the port, each one call in a thread; what answers and errors mean stands in
`reading_shapes` and `faults`. Nothing is remembered between calls, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

from duo_flows.domain.commits import COMMITS_PER_PAGE, BlobHit, CommitComment, CommitDetail, CommitFilter
from duo_flows.domain.discussions import Discussion
from duo_flows.domain.forge_reader import ForgeReader
from duo_flows.domain.issues import ISSUES_PER_PAGE, Issue, IssueFilter, LinkedIssue
from duo_flows.domain.merge_requests import MERGE_REQUESTS_PER_PAGE, MergeRequestDetail, MergeRequestFilter
from duo_flows.domain.model import Model
from duo_flows.domain.pipelines import FileDiff, NoteTarget
from duo_flows.domain.running_jobs import Downstream, JobRecord

from . import reading_shapes, shapes
from .asking import Asking
from .client import Client
from .comments import discussions_path

T = TypeVar("T")

# What an agent can take in of a search at once.
_HITS_PER_PAGE = 20
# A job that passed lately stands among these; looking further costs more than the comparison is worth.
_JOBS_LOOKED_AT = 300


class GitLabReader(ForgeReader):
    """GitLab, as the service account may read it.

    Args:
        asking: the way to GitLab, shared with the other roles.
    """

    def __init__(self, asking: Asking) -> None:
        self._ask = asking.ask

    async def issue(self, project_id: int, iid: int) -> Issue:
        """Return one issue."""
        path = f"/projects/{project_id}/issues/{iid}"
        return await self._ask(f"issue #{iid} in project {project_id}", lambda gl: reading_shapes.issue(gl.one(path)))

    async def issues(self, project_id: int, which: IssueFilter) -> tuple[Issue, ...]:
        """Return one page of issues."""
        path = f"/projects/{project_id}/issues"
        chosen = _chosen(which)
        return await self._page(path, reading_shapes.issue, what=f"issues in project {project_id}", count=ISSUES_PER_PAGE, **chosen)

    async def issue_links(self, project_id: int, iid: int) -> tuple[LinkedIssue, ...]:
        """Return the issues that an issue is related to."""
        path = f"/projects/{project_id}/issues/{iid}/links"
        what = f"links of issue #{iid} in project {project_id}"
        return await self._ask(what, lambda gl: tuple(reading_shapes.linked_issue(data) for data in gl.every(path)))

    async def search_issues(self, project_id: int, words: str, *, state: str = "", page: int = 1) -> tuple[Issue, ...]:
        """Return one page of issues with these words."""
        chosen = {"state": state} if state else {}
        return await self._search(project_id, "issues", words, reading_shapes.issue, page=page, **chosen)

    async def discussions(self, target: NoteTarget) -> tuple[Discussion, ...]:
        """Return all threads, oldest first."""
        what = f"threads of {target.words}"
        path = discussions_path(target)
        return await self._ask(
            what, lambda gl: tuple(reading_shapes.discussion(data, target=target) for data in gl.every(path) if data["notes"])
        )

    async def merge_request(self, project_id: int, iid: int) -> MergeRequestDetail:
        """Return one merge request."""
        path = f"/projects/{project_id}/merge_requests/{iid}"
        what = f"merge request !{iid} in project {project_id}"
        return await self._ask(what, lambda gl: reading_shapes.merge_request(gl.one(path)))

    async def merge_requests(self, project_id: int, which: MergeRequestFilter) -> tuple[MergeRequestDetail, ...]:
        """Return one page of merge requests."""
        return await self._page(
            f"/projects/{project_id}/merge_requests",
            reading_shapes.merge_request,
            what=f"merge requests in project {project_id}",
            count=MERGE_REQUESTS_PER_PAGE,
            **_chosen(which),
        )

    async def commit(self, project_id: int, sha: str) -> CommitDetail:
        """Return one commit."""
        what, path = _commit(project_id, sha)
        return await self._ask(what, lambda gl: reading_shapes.commit(gl.one(path)))

    async def commits(self, project_id: int, which: CommitFilter) -> tuple[CommitDetail, ...]:
        """Return one page of commits."""
        # GitLab's name for all branches is a word of Python's.
        chosen = {"all" if name == "is_all" else name: value for name, value in _chosen(which).items()}
        path = f"/projects/{project_id}/repository/commits"
        return await self._page(
            path, reading_shapes.commit, what=f"commits in project {project_id}", count=COMMITS_PER_PAGE, **chosen
        )

    async def commit_diff(self, project_id: int, sha: str) -> tuple[FileDiff, ...]:
        """Return what a commit changed."""
        what, path = _commit(project_id, sha)
        return await self._ask(what, lambda gl: tuple(shapes.file_diff(data) for data in gl.every(f"{path}/diff")))

    async def commit_comments(self, project_id: int, sha: str) -> tuple[CommitComment, ...]:
        """Return the comments on a commit."""
        what, path = _commit(project_id, sha)
        return await self._ask(what, lambda gl: tuple(reading_shapes.commit_comment(data) for data in gl.every(f"{path}/comments")))

    async def search_commits(self, project_id: int, words: str, *, ref: str = "", page: int = 1) -> tuple[CommitDetail, ...]:
        """Return one page of commits with these words."""
        chosen = {"ref": ref} if ref else {}
        return await self._search(project_id, "commits", words, reading_shapes.commit, page=page, **chosen)

    async def search_blobs(self, project_id: int, words: str, *, ref: str = "", page: int = 1) -> tuple[BlobHit, ...]:
        """Return one page of places in files."""
        chosen = {"ref": ref} if ref else {}
        return await self._search(project_id, "blobs", words, reading_shapes.blob_hit, page=page, **chosen)

    async def downstream(self, project_id: int, pipeline_id: int) -> tuple[Downstream, ...]:
        """Return the trigger jobs of a pipeline."""
        path = f"/projects/{project_id}/pipelines/{pipeline_id}/bridges"
        what = f"pipeline {pipeline_id} in project {project_id}"
        return await self._ask(what, lambda gl: tuple(reading_shapes.downstream(data) for data in gl.every(path)))

    async def job(self, project_id: int, job_id: int) -> JobRecord:
        """Return one job."""
        path = f"/projects/{project_id}/jobs/{job_id}"
        return await self._ask(f"job {job_id} in project {project_id}", lambda gl: reading_shapes.job_record(gl.one(path)))

    async def newest_green_job(self, project_id: int, like: JobRecord, *, refs: tuple[str, ...]) -> JobRecord | None:
        """Return the newest job of the same name and stage that passed on one of these branches.

        GitLab cannot be asked for jobs by name, so that the newest ones are looked through.
        """
        path = f"/projects/{project_id}/jobs"

        def question(gl: Client) -> JobRecord | None:
            found = islice(gl.every(path, **{"scope[]": "success"}), _JOBS_LOOKED_AT)
            records = (reading_shapes.job_record(data) for data in found)
            return next((job for job in records if _is_like(job, like) and job.ref in refs), None)

        return await self._ask(f"jobs in project {project_id}", question)

    async def lint(self, project_id: int, content: str, *, ref: str = "") -> dict[str, Any]:
        """Return what GitLab says of a pipeline configuration."""
        sent = {"content": content, **({"ref": ref} if ref else {})}
        path = f"/projects/{project_id}/ci/lint"
        return await self._ask(f"CI configuration for project {project_id}", lambda gl: gl.create(path, sent))

    async def _page(
        self, path: str, shape: Callable[[dict[str, Any]], T], *, what: str, count: int, page: int = 1, **query: Any
    ) -> tuple[T, ...]:
        return await self._ask(what, lambda gl: tuple(shape(data) for data in gl.page(path, number=page, count=count, **query)))

    async def _search(
        self, project_id: int, scope: str, words: str, shape: Callable[[dict[str, Any]], T], *, page: int, **query: Any
    ) -> tuple[T, ...]:
        path, what = f"/projects/{project_id}/search", f"{scope} with these words in project {project_id}"
        return await self._page(path, shape, what=what, count=_HITS_PER_PAGE, page=page, scope=scope, search=words, **query)


def _chosen(which: Model) -> dict[str, Any]:
    """Return the fields that restrict, under GitLab's names; GitLab takes yes and no in small letters."""
    given = {name: value for name, value in which.model_dump().items() if value not in {"", None}}
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}


def _commit(project_id: int, sha: str) -> tuple[str, str]:
    """Return what a commit is called in errors, and its path."""
    return f"commit {sha!r} in project {project_id}", f"/projects/{project_id}/repository/commits/{quote(sha, safe='')}"


def _is_like(job: JobRecord, like: JobRecord) -> bool:
    return (job.name, job.stage) == (like.name, like.stage) and job.id != like.id
