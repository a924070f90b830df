"""The reader's double: what GitLab would show, as collections that a test fills in. It keeps what it was asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from duo_flows.domain.commits import COMMITS_PER_PAGE, BlobHit, CommitComment, CommitDetail, CommitFilter
from duo_flows.domain.discussions import Discussion
from duo_flows.domain.errors import NotFound
from duo_flows.domain.forge_reader import ForgeReader
from duo_flows.domain.issues import ISSUES_PER_PAGE, Issue, IssueFilter, LinkedIssue
from duo_flows.domain.merge_requests import MERGE_REQUESTS_PER_PAGE, MergeRequestDetail, MergeRequestFilter
from duo_flows.domain.pipelines import FileDiff, NoteTarget
from duo_flows.domain.running_jobs import Downstream, JobRecord

T = TypeVar("T")


class MemoryReader(ForgeReader):
    """GitLab in memory, for reading. Lists stand newest first, as GitLab gives them; `asked` names question and project."""

    def __init__(self) -> None:
        self.issues_of: dict[int, list[Issue]] = {}
        self.links: dict[tuple[int, int], tuple[LinkedIssue, ...]] = {}
        self.threads: dict[NoteTarget, tuple[Discussion, ...]] = {}
        self.merge_requests_of: dict[int, list[MergeRequestDetail]] = {}
        self.commits_of: dict[int, list[CommitDetail]] = {}
        self.diffs: dict[str, tuple[FileDiff, ...]] = {}
        self.comments: dict[str, tuple[CommitComment, ...]] = {}
        self.blobs: dict[int, list[BlobHit]] = {}
        self.started: dict[int, tuple[Downstream, ...]] = {}
        self.jobs_of: dict[int, list[JobRecord]] = {}
        self.lints: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, int]] = []

    def _asked(self, question: str, project_id: int) -> None:
        self.asked.append((question, project_id))

    async def issue(self, project_id: int, iid: int) -> Issue:
        self._asked("issue", project_id)
        return _one((one for one in self.issues_of.get(project_id, ()) if one.iid == iid), f"issue #{iid} in project {project_id}")

    async def issues(self, project_id: int, which: IssueFilter) -> tuple[Issue, ...]:
        self._asked("issues", project_id)
        found = [one for one in self.issues_of.get(project_id, ()) if _issue_fits(one, which)]
        return _page(found if which.sort != "asc" else found[::-1], which.page, ISSUES_PER_PAGE)

    async def issue_links(self, project_id: int, iid: int) -> tuple[LinkedIssue, ...]:
        self._asked("issue_links", project_id)
        return self.links.get((project_id, iid), ())

    async def search_issues(self, project_id: int, words: str, *, state: str = "", page: int = 1) -> tuple[Issue, ...]:
        self._asked("search_issues", project_id)
        which = IssueFilter(search=words, state=state)
        return _page([one for one in self.issues_of.get(project_id, ()) if _issue_fits(one, which)], page, ISSUES_PER_PAGE)

    async def discussions(self, target: NoteTarget) -> tuple[Discussion, ...]:
        self._asked("discussions", target.project_id)
        return self.threads.get(target, ())

    async def merge_request(self, project_id: int, iid: int) -> MergeRequestDetail:
        self._asked("merge_request", project_id)
        found = (one for one in self.merge_requests_of.get(project_id, ()) if one.iid == iid)
        return _one(found, f"merge request !{iid} in project {project_id}")

    async def merge_requests(self, project_id: int, which: MergeRequestFilter) -> tuple[MergeRequestDetail, ...]:
        self._asked("merge_requests", project_id)
        found = [one for one in self.merge_requests_of.get(project_id, ()) if _merge_request_fits(one, which)]
        return _page(found, which.page, MERGE_REQUESTS_PER_PAGE)

    async def commit(self, project_id: int, sha: str) -> CommitDetail:
        self._asked("commit", project_id)
        return _one(
            (one for one in self.commits_of.get(project_id, ()) if one.sha == sha), f"commit {sha!r} in project {project_id}"
        )

    async def commits(self, project_id: int, which: CommitFilter) -> tuple[CommitDetail, ...]:
        self._asked("commits", project_id)
        found = [one for one in self.commits_of.get(project_id, ()) if which.author.lower() in one.author_name.lower()]
        return _page(found, which.page, COMMITS_PER_PAGE)

    async def commit_diff(self, project_id: int, sha: str) -> tuple[FileDiff, ...]:
        self._asked("commit_diff", project_id)
        return self.diffs.get(sha, ())

    async def commit_comments(self, project_id: int, sha: str) -> tuple[CommitComment, ...]:
        self._asked("commit_comments", project_id)
        return self.comments.get(sha, ())

    async def search_commits(self, project_id: int, words: str, *, ref: str = "", page: int = 1) -> tuple[CommitDetail, ...]:
        del ref
        self._asked("search_commits", project_id)
        found = [one for one in self.commits_of.get(project_id, ()) if words.lower() in one.message.lower()]
        return _page(found, page, COMMITS_PER_PAGE)

    async def search_blobs(self, project_id: int, words: str, *, ref: str = "", page: int = 1) -> tuple[BlobHit, ...]:
        self._asked("search_blobs", project_id)
        fits = (hit for hit in self.blobs.get(project_id, ()) if words.lower() in hit.text.lower() and ref in {"", hit.ref})
        return _page(list(fits), page, COMMITS_PER_PAGE)

    async def downstream(self, project_id: int, pipeline_id: int) -> tuple[Downstream, ...]:
        self._asked("downstream", project_id)
        return self.started.get(pipeline_id, ())

    async def job(self, project_id: int, job_id: int) -> JobRecord:
        self._asked("job", project_id)
        return _one((one for one in self.jobs_of.get(project_id, ()) if one.id == job_id), f"job {job_id} in project {project_id}")

    async def newest_green_job(self, project_id: int, like: JobRecord, *, refs: tuple[str, ...]) -> JobRecord | None:
        self._asked("newest_green_job", project_id)
        green = (one for one in self.jobs_of.get(project_id, ()) if one.status == "success" and one.ref in refs)
        alike = (one for one in green if (one.name, one.stage) == (like.name, like.stage) and one.id != like.id)
        return max(alike, key=lambda one: one.id, default=None)

    async def lint(self, project_id: int, content: str, *, ref: str = "") -> dict[str, Any]:
        del ref
        self._asked("lint", project_id)
        return self.lints.get(content, {"valid": True, "errors": [], "warnings": []})


def _issue_fits(issue: Issue, which: IssueFilter) -> bool:
    return (
        which.state in {"", "all", issue.state}
        and which.search.lower() in f"{issue.title}\n{issue.description}".lower()
        and which.author_username in {"", issue.author.username if issue.author else ""}
        and which.confidential in {None, issue.is_confidential}
    )


def _merge_request_fits(found: MergeRequestDetail, which: MergeRequestFilter) -> bool:
    return (
        which.state in {"", "all", found.state}
        and which.search.lower() in f"{found.title}\n{found.description}".lower()
        and which.source_branch in {"", found.source_branch}
        and which.author_username in {"", found.author.username if found.author else ""}
    )


def _page(found: list[T], number: int, count: int) -> tuple[T, ...]:
    return tuple(found[(number - 1) * count : number * count])


def _one(found: Iterable[T], name: str) -> T:
    for each in found:
        return each
    raise NotFound(f"GitLab has no {name}, or the service account cannot see it.")
