"""One running stand-in: its records, repositories, hook sender and job runner, tied together.

The law of this module: it holds the parts, and answers what needs both records and git; it changes nothing and
serves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.gitlab import auth
from simulators.gitlab.deliveries import Deliveries
from simulators.gitlab.diffs import diff
from simulators.gitlab.faults import Faults
from simulators.gitlab.git_hooks import install_git_hooks
from simulators.gitlab.repositories import Repository
from simulators.gitlab.runner import Runner
from simulators.gitlab.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from simulators.gitlab.model import MergeRequest, Pipeline, Project, User
    from simulators.gitlab.repositories import Commit

VERSION = "19.4.0-ee"
REVISION = "5ad1d5ta9d1"


class Simulator:
    """A GitLab at `url` that keeps its repositories below `root`."""

    def __init__(self, *, root: Path, url: str, seed: int | None = None) -> None:
        self.root = root
        self.url = url
        self.state = State(seed=seed)
        self.faults = Faults()
        self.deliveries = Deliveries(self.state, instance=url)
        self.runner = Runner(self)
        self._git_hooks = install_git_hooks(root / "git-hooks")
        # Commits never change, and hooks and lists ask for the same few again and again.
        self._commits: dict[tuple[int, str], Commit] = {}
        self._merges: dict[tuple[int, str, str], bool] = {}
        self._counts: dict[tuple[int, str, str], int] = {}

    def repository(self, project: Project) -> Repository:
        """The project's bare repository."""
        return Repository(project.repository_path)

    def create_repository(self, number: int, *, default_branch: str) -> Path:
        """Make the empty repository of a project and return where it is."""
        path = self.root / "repositories" / f"{number}.git"
        Repository.create(path, default_branch=default_branch, hooks=self._git_hooks)
        return path

    def project_url(self, project: Project) -> str:
        """The project's page."""
        return f"{self.url}/{project.path}"

    def email(self, user: User) -> str:
        """The user's address, made from the name: no mail is ever sent."""
        return f"{user.username}@example.com"

    def commit_of(self, project: Project, sha: str) -> Commit:
        """A commit by its full sha."""
        key = (project.id, sha)
        if key not in self._commits:
            self._commits[key] = self.repository(project).commit(sha)
        return self._commits[key]

    def is_protected(self, project: Project, ref: str) -> bool:
        """Whether a branch, named by its full ref, is protected."""
        return auth.protection_of(project, ref.removeprefix("refs/heads/")) is not None

    def merge_status(self, project: Project, item: MergeRequest) -> str:
        """GitLab's `detailed_merge_status`."""
        if item.state != "opened":
            return "not_open"
        if item.draft:
            return "draft_status"
        target = self.repository(project).branch_sha(item.target_branch)
        if target is None:
            return "broken_status"
        return "mergeable" if self._merges_cleanly(project, target, item.head_sha) else "conflict"

    def changes_count(self, project: Project, item: MergeRequest) -> int:
        """How many files the merge request changes."""
        key = (project.id, item.base_sha, item.head_sha)
        if key not in self._counts:
            self._counts[key] = len(diff(self.repository(project), item.base_sha, item.head_sha))
        return self._counts[key]

    def head_pipeline(self, project: Project, item: MergeRequest) -> Pipeline | None:
        """The newest pipeline of the merge request's head; one made for the request goes before a branch's."""
        own = [pipeline for pipeline in project.pipelines if pipeline.sha == item.head_sha]
        for_request = [pipeline for pipeline in own if pipeline.merge_request_iid == item.iid]
        for_branch = [pipeline for pipeline in own if pipeline.ref == item.source_branch]
        return next(iter([*reversed(for_request), *reversed(for_branch)]), None)

    def merge_request_of(self, project: Project, pipeline: Pipeline) -> MergeRequest | None:
        """The merge request a pipeline was made for; of a branch's pipeline, the open one from that branch."""
        for item in project.merge_requests:
            if pipeline.merge_request_iid in {item.iid, None} and self._is_from(item, pipeline):
                return item
        return None

    @staticmethod
    def _is_from(item: MergeRequest, pipeline: Pipeline) -> bool:
        return pipeline.merge_request_iid == item.iid or (item.state == "opened" and item.source_branch == pipeline.ref)

    def _merges_cleanly(self, project: Project, target: str, head: str) -> bool:
        key = (project.id, target, head)
        if key not in self._merges:
            self._merges[key] = self.repository(project).merge_tree(target, head) is not None
        return self._merges[key]
