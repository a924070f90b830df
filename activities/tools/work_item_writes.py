"""Tools that write work items. Those that are served are issues, so that the tools of issues write them."""

from __future__ import annotations

from typing import Literal, cast

from duo_flows.domain.tools import CreateIssue, CreateWorkItem, IssueNote, UpdateIssue, UpdateWorkItem, WorkItemNote

from .calls import ToolCallContext, ToolOutput
from .issue_writes import create_issue, create_issue_note, update_issue

_EVENTS: dict[str | None, Literal["close", "reopen"] | None] = {"opened": "reopen", "closed": "close", None: None}


async def create_work_item(call: ToolCallContext, asked: CreateWorkItem) -> ToolOutput:
    """Open a work item."""
    kind = cast(Literal["issue", "task", "incident"], asked.type_name.lower())
    return await create_issue(call, CreateIssue(**asked.model_dump(exclude={"type_name"}), issue_type=kind))


async def update_work_item(call: ToolCallContext, asked: UpdateWorkItem) -> ToolOutput:
    """Change a work item."""
    fields = asked.model_dump(exclude={"work_item_iid", "state"})
    return await update_issue(call, UpdateIssue(issue_iid=asked.work_item_iid, state_event=_EVENTS[asked.state], **fields))


async def create_work_item_note(call: ToolCallContext, asked: WorkItemNote) -> ToolOutput:
    """Write a comment on a work item."""
    return await create_issue_note(call, IssueNote(issue_iid=asked.work_item_iid, **asked.model_dump(exclude={"work_item_iid"})))
