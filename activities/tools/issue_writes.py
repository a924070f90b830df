"""Tools that write issues, their comments and how they are related."""

from __future__ import annotations

from datetime import timedelta

from duo_flows.domain.errors import Refused
from duo_flows.domain.forge_writer import ItemChanges, NewComment, NewIssue
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.pipelines import NoteTarget, TargetKind
from duo_flows.domain.tools import CreateIssue, IssueLink, IssueNote, UpdateIssue
from duo_flows.domain.tools.issue_writes import OnIssue
from duo_flows.domain.written_texts import title_of_model

from .calls import ToolCallContext, ToolOutput
from .item_writes import changed_output, item_output, update_item, write_comment
from .writing import began, body_of, check_project, checked_labels, description_of, mark_of, members

# GitLab's clock and ours may differ by this much, generously.
_CLOCKS_DIFFER = timedelta(hours=1)


async def create_issue(call: ToolCallContext, asked: CreateIssue) -> ToolOutput:
    """Open an issue."""
    check_project(call, asked)
    assignees = await members(call, asked.assignee_ids, needs=_needed_to_see(is_confidential=asked.confidential))
    new = NewIssue(
        title=title_of_model(asked.title),
        description=description_of(call, asked.description),
        labels=checked_labels(asked.labels),
        assignee_ids=assignees,
        is_confidential=asked.confidential,
        due_date=asked.due_date,
        issue_type=asked.issue_type,
    )

    async def look() -> tuple[str, dict[str, str]]:
        return f"An issue is about to be opened: {new.title}", {}

    since = (await began(call, look)).at - _CLOCKS_DIFFER
    return item_output(await call.deps.writer.create_issue(call.scope.project_id, new, mark=mark_of(call), since=since))


async def update_issue(call: ToolCallContext, asked: UpdateIssue) -> ToolOutput:
    """Change an issue. What is confidential stays so: what a model was talked into must not publish it."""
    check_project(call, asked)
    item = await call.deps.writer.item(_target(call, asked))
    if item.is_confidential and asked.confidential is False:
        raise Refused("An agent does not make a confidential issue public; a person can, in GitLab.", code="stays_confidential")
    is_confidential = item.is_confidential or bool(asked.confidential)
    needs = _needed_to_see(is_confidential=is_confidential)
    assignees = None if asked.assignee_ids is None else await members(call, asked.assignee_ids, needs=needs)
    changes = _changes(call, asked).model_copy(update={"assignee_ids": assignees, "confidential": is_confidential})
    # What is confidential already is written again, and is no change.
    asked_for = changes.model_copy(update={"confidential": asked.confidential})
    return changed_output(await update_item(call, item, changes), asked_for)


def _changes(call: ToolCallContext, asked: UpdateIssue) -> ItemChanges:
    return ItemChanges(
        title=None if asked.title is None else title_of_model(asked.title),
        description=None if asked.description is None else description_of(call, asked.description),
        labels=None if asked.labels is None else checked_labels(asked.labels),
        add_labels=checked_labels(asked.add_labels),
        remove_labels=checked_labels(asked.remove_labels),
        due_date=asked.due_date,
        state_event=asked.state_event,
        discussion_locked=asked.discussion_locked,
    )


def _needed_to_see(*, is_confidential: bool) -> AccessLevel:
    # Whoever is assigned sees a confidential issue: assigning must not open it to a guest.
    return AccessLevel.PLANNER if is_confidential else AccessLevel.GUEST


async def create_issue_note(call: ToolCallContext, asked: IssueNote) -> ToolOutput:
    """Write a comment, alone or in a comment's thread."""
    check_project(call, asked)
    new = NewComment(
        target=_target(call, asked),
        body=body_of(call, asked.body),
        mark=mark_of(call),
        is_internal=asked.internal,
        reply_to_note=asked.note_id,
    )
    return await write_comment(call, new)


async def create_issue_link(call: ToolCallContext, asked: IssueLink) -> ToolOutput:
    """Relate two issues of the project."""
    check_project(call, asked)
    if asked.issue_iid == asked.target_issue_iid:
        raise Refused("An issue cannot be related to itself.", code="bad_arguments")
    project_id = call.scope.project_id
    kind = await call.deps.writer.link_issues(project_id, asked.issue_iid, to=asked.target_issue_iid, kind=asked.link_type)
    value = {"issue_iid": asked.issue_iid, "target_issue_iid": asked.target_issue_iid, "link_type": kind}
    return ToolOutput(value, told=f"#{asked.issue_iid} {kind} #{asked.target_issue_iid}")


def _target(call: ToolCallContext, asked: OnIssue) -> NoteTarget:
    return NoteTarget(project_id=call.scope.project_id, kind=TargetKind.ISSUE, iid=asked.issue_iid)
