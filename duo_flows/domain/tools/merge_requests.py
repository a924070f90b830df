"""Tools that read merge requests, their changes and their threads."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .reads import OnMergeRequest, ReadIn, reading


class MergeRequestDiscussions(OnMergeRequest):
    """Arguments of `list_mr_discussions`."""

    only_from_author: str = Field(default="", description="Only threads that this user began.")
    only_resolvable: bool = Field(default=False, description="Only threads that can be resolved.")


class MergeRequestsListed(ReadIn):
    """Arguments of `gitlab_merge_request_search`."""

    state: Literal["opened", "closed", "merged", "locked", "all"] = Field(
        default="opened", description="Which ones, by their state."
    )
    search: str = Field(default="", max_length=200, description="Only merge requests with these words in title or description.")
    labels: str = Field(default="", description="Only merge requests with all of these labels, between commas.")
    author_username: str = Field(default="", description="Only merge requests by this user.")
    author_id: int | None = Field(default=None, description="The same, by number.")
    assignee_username: str = Field(default="", description="Only merge requests this user is responsible for.")
    assignee_id: int | None = Field(default=None, description="The same, by number.")
    reviewer_username: str = Field(default="", description="Only merge requests this user is asked to review.")
    reviewer_id: int | None = Field(default=None, description="The same, by number.")
    source_branch: str = Field(default="", description="Only merge requests from this branch.")
    target_branch: str = Field(default="", description="Only merge requests into this branch.")
    milestone: str = Field(default="", description="Only merge requests of the milestone with this title.")
    page: int = Field(default=1, ge=1, description="Which page, counted from 1.")


SPECS = (
    reading(
        "get_merge_request",
        "Read a merge request: title, description, branches, state, people, head pipeline.",
        arguments=OnMergeRequest,
    ),
    reading(
        "list_merge_request_diffs",
        "List the files that a merge request changes, with their diffs.",
        arguments=OnMergeRequest,
    ),
    reading("list_all_merge_request_notes", "Read all comments on a merge request, oldest first.", arguments=OnMergeRequest),
    reading(
        "list_mr_discussions",
        "Read the threads of a merge request: where in the diff they stand, and whether they are resolved.",
        arguments=MergeRequestDiscussions,
    ),
    reading("gitlab_merge_request_search", "List merge requests of the project, newest first.", arguments=MergeRequestsListed),
)
