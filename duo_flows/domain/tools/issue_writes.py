"""Tools that write issues, their comments and how they are related."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from duo_flows.domain.effects import Effect, EffectKind
from duo_flows.domain.forge_writer import LinkKind
from duo_flows.domain.people import AccessLevel

from .writes import LABELS, Day, InProject, Labels, People, Text, Title, writing


class CreateIssue(InProject):
    """Arguments of `create_issue`."""

    title: Title = Field(description="The title, in one line.")
    description: str = Field(default="", description="The description, in Markdown.")
    labels: Labels = Field(default="", description=LABELS + " One that is not there is made.")
    assignee_ids: People = Field(default=(), description="Numbers or usernames of the members who are responsible.")
    confidential: bool = Field(default=False, description="Whether only members from Planner upwards see it.")
    due_date: Day = Field(default="", description="The day it is due, such as 2027-03-31.")
    issue_type: Literal["issue", "incident", "test_case", "task"] = Field(default="issue", description="What kind of issue it is.")


class OnIssue(InProject):
    """Arguments of tools that write on one issue."""

    issue_iid: int = Field(ge=1, description="The issue's number in its project.")


class UpdateIssue(OnIssue):
    """Arguments of `update_issue`; what is left out stays."""

    title: Title | None = Field(default=None, description="The new title.")
    description: Text | None = Field(default=None, description="The whole new description, in Markdown.")
    labels: Labels | None = Field(default=None, description=LABELS + " They replace all others.")
    add_labels: Labels = Field(default="", description=LABELS)
    remove_labels: Labels = Field(default="", description=LABELS)
    assignee_ids: People | None = Field(
        default=None, description="Numbers or usernames of the members who are responsible; empty for nobody."
    )
    confidential: bool | None = Field(default=None, description="True to make it confidential; what is so stays so.")
    due_date: Day | None = Field(default=None, description="The day it is due; empty for none.")
    state_event: Literal["close", "reopen"] | None = Field(default=None, description="Whether to close it or open it again.")
    discussion_locked: bool | None = Field(default=None, description="Whether only members may comment.")


class IssueNote(OnIssue):
    """Arguments of `create_issue_note`."""

    body: Text = Field(description="The comment, in Markdown.")
    note_id: int | None = Field(default=None, description="A comment to answer, in its thread.")
    internal: bool = Field(default=False, description="Whether only members from Planner upwards see it.")


class IssueLink(OnIssue):
    """Arguments of `create_issue_link`."""

    target_issue_iid: int = Field(ge=1, description="The other issue's number in the same project.")
    link_type: LinkKind = Field(default="relates_to", description="How the first is related to the other.")


def _touched_by_new(_asked: CreateIssue) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.ISSUE),)


def _touched(asked: OnIssue) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.ISSUE, item=f"#{asked.issue_iid}"),)


def _commented(asked: OnIssue) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.COMMENT, item=f"#{asked.issue_iid}"),)


def _linked(asked: IssueLink) -> tuple[Effect, ...]:
    return tuple(Effect(kind=EffectKind.LINK, item=f"#{iid}") for iid in (asked.issue_iid, asked.target_issue_iid))


# GitLab lets a Planner do all of this; from Reporter on a person also sees whatever stands in the project's issues.
SPECS = (
    writing(
        "create_issue",
        "Open an issue in the project.",
        arguments=CreateIssue,
        touches=_touched_by_new,
        access=AccessLevel.REPORTER,
    ),
    writing(
        "update_issue",
        "Change an issue: title, description, labels, people, due date, open or closed.",
        arguments=UpdateIssue,
        touches=_touched,
        access=AccessLevel.REPORTER,
    ),
    writing(
        "create_issue_note",
        "Write a comment on an issue.",
        arguments=IssueNote,
        touches=_commented,
        access=AccessLevel.REPORTER,
    ),
    writing(
        "create_issue_link",
        "Relate an issue to another of the same project.",
        arguments=IssueLink,
        touches=_linked,
        access=AccessLevel.REPORTER,
    ),
)
