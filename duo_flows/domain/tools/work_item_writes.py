"""Tools that write work items which are issues or tasks of the project. Those of groups (epics, objectives) are not served."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from duo_flows.domain.effects import Effect, EffectKind
from duo_flows.domain.people import AccessLevel

from .writes import Day, InProject, People, Text, Title, writing


class CreateWorkItem(InProject):
    """Arguments of `create_work_item`."""

    title: Title = Field(description="The title, in one line.")
    type_name: Literal["Issue", "Task", "Incident"] = Field(description="What kind of work item it is.")
    description: str = Field(default="", description="The description, in Markdown.")
    assignee_ids: People = Field(default=(), description="Numbers or usernames of the members who are responsible.")
    confidential: bool = Field(default=False, description="Whether only members from Planner upwards see it.")
    due_date: Day = Field(default="", description="The day it is due, such as 2027-03-31.")


class OnWorkItem(InProject):
    """Arguments of tools that write on one work item."""

    work_item_iid: int = Field(ge=1, description="The work item's number in its project.")


class UpdateWorkItem(OnWorkItem):
    """Arguments of `update_work_item`; what is left out stays."""

    title: Title | None = Field(default=None, description="The new title.")
    description: Text | None = Field(default=None, description="The whole new description, in Markdown.")
    assignee_ids: People | None = Field(
        default=None, description="Numbers or usernames of the members who are responsible; empty for nobody."
    )
    confidential: bool | None = Field(default=None, description="True to make it confidential; what is so stays so.")
    due_date: Day | None = Field(default=None, description="The day it is due; empty for none.")
    state: Literal["opened", "closed"] | None = Field(default=None, description="Whether it is open or closed.")


class WorkItemNote(OnWorkItem):
    """Arguments of `create_work_item_note`."""

    body: Text = Field(description="The comment, in Markdown.")
    note_id: int | None = Field(default=None, description="A comment to answer, in its thread.")
    internal: bool = Field(default=False, description="Whether only members from Planner upwards see it.")


def _touched_by_new(_asked: CreateWorkItem) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.ISSUE),)


def _touched(asked: OnWorkItem) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.ISSUE, item=f"#{asked.work_item_iid}"),)


def _commented(asked: OnWorkItem) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.COMMENT, item=f"#{asked.work_item_iid}"),)


SPECS = (
    writing(
        "create_work_item",
        "Open a work item in the project: an issue, a task or an incident.",
        arguments=CreateWorkItem,
        touches=_touched_by_new,
        access=AccessLevel.REPORTER,
    ),
    writing(
        "update_work_item",
        "Change a work item: title, description, people, due date, open or closed.",
        arguments=UpdateWorkItem,
        touches=_touched,
        access=AccessLevel.REPORTER,
    ),
    writing(
        "create_work_item_note",
        "Write a comment on a work item.",
        arguments=WorkItemNote,
        touches=_commented,
        access=AccessLevel.REPORTER,
    ),
)
