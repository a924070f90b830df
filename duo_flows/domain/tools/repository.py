"""Tools that read the project and its repository: files, folders, commits."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field

from duo_flows.domain.code_links import CodeLink, CodeLinkKind
from duo_flows.domain.people import AccessLevel

from .reads import ReadIn, reading

# Enough to see a change whole, few enough to read.
FILES_MAX = 20

_REF = "Branch, tag or commit; the work branch if left out."


class ProjectRead(ReadIn):
    """Arguments of `get_project`."""


class RepositoryFile(ReadIn):
    """Arguments of `get_repository_file`. `offset` and `limit` are GitLab's, and count from 0."""

    file_path: str = Field(default="", description="Path from the repository's root.")
    ref: str = Field(default="", description=_REF)
    start_line: int | None = Field(default=None, ge=1, description="First line to read, counted from 1.")
    end_line: int | None = Field(default=None, ge=1, description="Last line to read, included.")
    offset: int | None = Field(default=None, ge=0, description="Lines to skip, instead of start_line.")
    limit: int | None = Field(default=None, ge=1, description="How many lines to read, instead of end_line.")

    needed = "file_path"

    def _of_code(self, link: CodeLink, *, branch: str) -> Self | None:
        ref, path = link.ref_and_path(branch=branch)
        return self.model_copy(update={"ref": ref, "file_path": path}) if link.kind is CodeLinkKind.FILE and path else None

    def _takes(self) -> str:
        return "the address of a file (with /-/blob/)"


class RepositoryFiles(ReadIn):
    """Arguments of `get_repository_files`."""

    file_paths: Annotated[tuple[str, ...], Field(min_length=1, max_length=FILES_MAX)] = Field(
        description=f"Paths from the repository's root, at most {FILES_MAX}."
    )
    ref: str = Field(default="", description=_REF)


class RepositoryTree(ReadIn):
    """Arguments of `list_repository_tree`."""

    path: str = Field(default="", description="Folder from the repository's root; empty for the root.")
    ref: str = Field(default="", description=_REF)
    recursive: bool = Field(default=False, description="Whether to list folders below too.")
    page: int | None = Field(default=None, ge=1, description="Which page of the names; all of them if left out.")
    per_page: int = Field(default=100, ge=1, le=1_000, description="How many names are on a page.")

    def _of_code(self, link: CodeLink, *, branch: str) -> Self | None:
        if link.kind is CodeLinkKind.FOLDER:
            ref, path = link.ref_and_path(branch=branch)
            return self.model_copy(update={"ref": ref, "path": path})
        return super()._of_code(link, branch=branch)


class CommitRead(ReadIn):
    """Arguments of tools that read one commit."""

    commit_sha: str = Field(default="", max_length=255, description="The commit's id, or a branch or tag that stands on it.")

    needed = "commit_sha"

    def _of_code(self, link: CodeLink, *, branch: str) -> Self | None:
        del branch
        return self.model_copy(update={"commit_sha": link.rest}) if link.kind is CodeLinkKind.COMMIT else None

    def _takes(self) -> str:
        return "the address of a commit"


class CommitsListed(ReadIn):
    """Arguments of `list_commits`."""

    ref_name: str = Field(default="", description="Branch, tag or range such as main..work; the work branch if left out.")
    path: str = Field(default="", description="Only commits that touch this file or folder.")
    author: str = Field(default="", description="Only commits of this author, by name or address.")
    since: str = Field(default="", description="Only commits from this time on, such as 2027-03-31T00:00:00Z.")
    until: str = Field(default="", description="Only commits up to this time.")
    all: bool = Field(default=False, description="Whether to list the commits of all branches.")
    first_parent: bool = Field(default=False, description="Whether to follow only the first parent of merges.")
    page: int = Field(default=1, ge=1, description="Which page, counted from 1.")


SPECS = (
    reading(
        "get_project",
        "Read what the project is: path, default branch, visibility, address.",
        arguments=ProjectRead,
        access=AccessLevel.GUEST,
    ),
    reading(
        "get_repository_file",
        "Read a text file of the repository at a branch, tag or commit, whole or by lines.",
        arguments=RepositoryFile,
    ),
    reading("get_repository_files", "Read several text files of the repository at once.", arguments=RepositoryFiles),
    reading("list_repository_tree", "List files and folders of the repository.", arguments=RepositoryTree),
    reading("get_commit", "Read a commit: message, author, times, how many lines it changed.", arguments=CommitRead),
    reading("get_commit_diff", "Read what a commit changed.", arguments=CommitRead),
    reading("get_commit_comments", "Read the comments on a commit.", arguments=CommitRead),
    reading("list_commits", "List commits of a branch, newest first, by path, author or time.", arguments=CommitsListed),
)
