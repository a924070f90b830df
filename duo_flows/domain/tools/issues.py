"""Tools that read issues, under GitLab's names for issues and for work items: an issue is a work item of the same number."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from duo_flows.domain.links import LinkKind
from duo_flows.domain.people import AccessLevel

from .reads import OnIssue, ReadIn, reading

Sort = Literal["asc", "desc"]

_PAGE = "Which page, counted from 1."


class IssuesListed(ReadIn):
    """Arguments of `list_issues`."""

    state: Literal["opened", "closed", "all"] = Field(default="opened", description="Which ones, by their state.")
    search: str = Field(default="", max_length=200, description="Only issues with these words in title or description.")
    labels: str = Field(default="", description="Only issues with all of these labels, between commas.")
    author_username: str = Field(default="", description="Only issues by this user.")
    author_id: int | None = Field(default=None, description="The same, by number.")
    assignee_username: str = Field(default="", description="Only issues this user is responsible for.")
    assignee_id: int | None = Field(default=None, description="The same, by number.")
    issue_type: str = Field(default="", description="Only issue, incident, test_case or task.")
    confidential: bool | None = Field(default=None, description="Only confidential ones, or only others.")
    created_after: str = Field(default="", description="Only issues made after this time, such as 2027-03-31T00:00:00Z.")
    created_before: str = Field(default="", description="Only issues made before this time.")
    due_date: str = Field(default="", description="Only issues due: 0 for none, overdue, week, month.")
    sort: Sort = Field(default="desc", description="Newest first (desc) or oldest first.")
    page: int = Field(default=1, ge=1, description=_PAGE)


class IssueNotes(OnIssue):
    """Arguments of `list_issue_notes`."""

    sort: Sort = Field(default="asc", description="Oldest first (asc) or newest first.")
    page: int = Field(default=1, ge=1, description=_PAGE)


class IssueNoteRead(OnIssue):
    """Arguments of `get_issue_note`."""

    note_id: int = Field(description="The comment's number.")


class WorkItemRead(ReadIn):
    """Arguments of `get_work_item`."""

    work_item_iid: int | None = Field(default=None, description="The work item's number in its project.")

    named_by = MappingProxyType({LinkKind.ISSUE: "work_item_iid"})
    needed = "work_item_iid"


class WorkItemNotes(WorkItemRead):
    """Arguments of `get_work_item_notes`."""

    sort: Sort = Field(default="asc", description="Oldest first (asc) or newest first.")
    page: int = Field(default=1, ge=1, description=_PAGE)


class WorkItemsListed(ReadIn):
    """Arguments of `list_work_items`."""

    state: Literal["opened", "closed", "all"] = Field(default="opened", description="Which ones, by their state.")
    search: str = Field(default="", max_length=200, description="Only work items with these words in title or description.")
    author_username: str = Field(default="", description="Only work items by this user.")
    assignee_usernames: Annotated[tuple[str, ...], Field(max_length=1)] = Field(
        default=(), description="Only work items this user is responsible for."
    )
    label_name: tuple[str, ...] = Field(default=(), description="Only work items with all of these labels.")
    created_after: str = Field(default="", description="Only work items made after this time.")
    created_before: str = Field(default="", description="Only work items made before this time.")
    page: int = Field(default=1, ge=1, description=_PAGE)


SPECS = (
    reading(
        "get_issue",
        "Read an issue: title, description, people, labels, state.",
        arguments=OnIssue,
        access=AccessLevel.GUEST,
    ),
    reading("list_issues", "List issues of the project, newest first.", arguments=IssuesListed, access=AccessLevel.GUEST),
    reading("list_issue_notes", "Read the comments on an issue.", arguments=IssueNotes, access=AccessLevel.GUEST),
    reading("get_issue_note", "Read one comment on an issue.", arguments=IssueNoteRead, access=AccessLevel.GUEST),
    reading("list_issue_links", "List the issues that an issue is related to.", arguments=OnIssue, access=AccessLevel.GUEST),
    reading(
        "get_work_item",
        "Read a work item that is an issue: title, description, people, labels, state.",
        arguments=WorkItemRead,
        access=AccessLevel.GUEST,
    ),
    reading(
        "list_work_items",
        "List work items of the project that are issues, newest first.",
        arguments=WorkItemsListed,
        access=AccessLevel.GUEST,
    ),
    reading("get_work_item_notes", "Read the comments on a work item.", arguments=WorkItemNotes, access=AccessLevel.GUEST),
)
