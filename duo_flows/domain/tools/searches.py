"""Tools that search in a project. They need no more than GitLab's basic search, which every edition has."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from duo_flows.domain.people import AccessLevel

from .reads import ProjectName, ReadIn, reading


class Search(ReadIn):
    """Arguments of tools that search. `id` is GitLab's name of the project here; groups are not searched."""

    id: int | str | None = Field(default=None, description="The project, by number or path; the session's own if left out.")
    search: str = Field(min_length=2, max_length=200, description="The words to look for.")
    search_type: Literal["projects"] = Field(default="projects", description="Where to search; only in projects.")
    page: int = Field(default=1, ge=1, description="Which page, counted from 1.")

    @property
    def project_named(self) -> ProjectName:
        """Return the project as it was named, under either name."""
        return self.project_id if self.id is None else self.id


class IssueSearch(Search):
    """Arguments of `gitlab_issue_search`."""

    state: Literal["opened", "closed", "all"] = Field(default="all", description="Which ones, by their state.")
    confidential: bool | None = Field(default=None, description="Only confidential ones, or only others.")


class CodeSearch(Search):
    """Arguments of tools that search in the repository."""

    ref: str = Field(default="", description="Branch or tag; the default branch if left out.")


SPECS = (
    reading("gitlab_blob_search", "Search in the files of the repository.", arguments=CodeSearch),
    reading("gitlab_commit_search", "Search in the messages of commits.", arguments=CodeSearch),
    reading("gitlab_issue_search", "Search in titles and descriptions of issues.", arguments=IssueSearch, access=AccessLevel.GUEST),
)
