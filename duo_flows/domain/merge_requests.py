"""Merge requests in full, as the forge reports them for reading: values only."""

from __future__ import annotations

from datetime import datetime

from .model import Model
from .people import Person
from .pipelines import MergeRequest

# What an agent can take in at once; the next page is asked for by its number.
MERGE_REQUESTS_PER_PAGE = 20


class MergeRequestDetail(MergeRequest):
    """One merge request with people, labels and times; the head's pipeline only where one merge request is asked for."""

    labels: tuple[str, ...] = ()
    assignees: tuple[Person, ...] = ()
    reviewers: tuple[Person, ...] = ()
    is_draft: bool = False
    merge_status: str = ""
    head_pipeline_id: int | None = None
    head_pipeline_status: str = ""
    created_at: datetime
    updated_at: datetime
    merged_at: datetime | None = None


class MergeRequestFilter(Model):
    """Which merge requests of a project to list; what is left empty does not restrict. Fields are GitLab's.

    `labels` are names between commas; `page` counts from 1 in pages of `MERGE_REQUESTS_PER_PAGE`.
    """

    state: str = ""
    search: str = ""
    labels: str = ""
    author_username: str = ""
    author_id: int | None = None
    assignee_username: str = ""
    assignee_id: int | None = None
    reviewer_username: str = ""
    reviewer_id: int | None = None
    source_branch: str = ""
    target_branch: str = ""
    milestone: str = ""
    page: int = 1
