"""Issues as the forge reports them, and who may read one: values and one rule."""

from __future__ import annotations

from datetime import datetime

from .model import Model
from .people import ACCESS_TO_READ, AccessLevel, Person

# What an agent can take in at once; the next page is asked for by its number.
ISSUES_PER_PAGE = 20


class Issue(Model):
    """One issue. `kind` is GitLab's type of issue (issue, incident, test_case, task)."""

    project_id: int
    iid: int
    title: str
    description: str = ""
    state: str = "opened"
    kind: str = "issue"
    is_confidential: bool = False
    labels: tuple[str, ...] = ()
    author: Person | None = None
    assignees: tuple[Person, ...] = ()
    due_date: str = ""
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    web_url: str = ""


class LinkedIssue(Model):
    """An issue that another one is related to, and how (relates_to, blocks, is_blocked_by)."""

    issue: Issue
    link_type: str


class IssueFilter(Model):
    """Which issues of a project to list; what is left empty does not restrict. Fields are GitLab's.

    `labels` are names between commas; the times are ISO 8601; `page` counts from 1 in pages of `ISSUES_PER_PAGE`.
    """

    state: str = ""
    search: str = ""
    labels: str = ""
    author_username: str = ""
    author_id: int | None = None
    assignee_username: str = ""
    assignee_id: int | None = None
    issue_type: str = ""
    confidential: bool | None = None
    created_after: str = ""
    created_before: str = ""
    due_date: str = ""
    sort: str = ""
    page: int = 1


def may_read_issue(issue: Issue, *, level: AccessLevel, person_id: int) -> bool:
    """Tell whether a person of this access may read the issue: a confidential one is for Reporters, its author and its assignees.

    GitLab lets a Planner read it too; what an agent passes on is held to the level from which a person reads everything.
    """
    if level < AccessLevel.GUEST:
        return False
    involved = {person.id for person in (issue.author, *issue.assignees) if person is not None}
    return not issue.is_confidential or level >= ACCESS_TO_READ or person_id in involved
