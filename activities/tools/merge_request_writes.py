"""Tools that write merge requests, their comments and threads."""

from __future__ import annotations

from duo_flows.domain.errors import Refused
from duo_flows.domain.forge_writer import DiffPlace, Item, ItemChanges, NewComment, NewMergeRequest
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.pipelines import NoteTarget, TargetKind
from duo_flows.domain.tools import (
    AddReviewers,
    CreateMergeRequest,
    DiffNote,
    DiscussionReply,
    DiscussionResolved,
    MergeRequestNote,
    UpdateMergeRequest,
)
from duo_flows.domain.tools.merge_request_writes import OnMergeRequest
from duo_flows.domain.written_texts import as_draft, title_of_model

from .calls import ToolCallContext, ToolOutput
from .item_writes import changed_output, item_output, update_item, write_comment
from .writing import body_of, check_project, checked_labels, description_of, mark_of, members


async def create_merge_request(call: ToolCallContext, asked: CreateMergeRequest) -> ToolOutput:
    """Open a merge request."""
    check_project(call, asked)
    title = title_of_model(asked.title)
    new = NewMergeRequest(
        source_branch=asked.source_branch,
        target_branch=asked.target_branch,
        title=as_draft(title, is_draft=True) if asked.draft else title,
        description=description_of(call, asked.description),
        labels=checked_labels(asked.labels),
        assignee_ids=await members(call, asked.assignee_ids, needs=AccessLevel.GUEST),
        reviewer_ids=await members(call, asked.reviewer_ids, needs=AccessLevel.REPORTER),
        remove_source_branch=asked.remove_source_branch,
        squash=asked.squash,
    )
    return item_output(await call.deps.writer.create_merge_request(call.scope.project_id, new, mark=mark_of(call)))


async def update_merge_request(call: ToolCallContext, asked: UpdateMergeRequest) -> ToolOutput:
    """Change a merge request."""
    check_project(call, asked)
    assignees = None if asked.assignee_ids is None else await members(call, asked.assignee_ids, needs=AccessLevel.GUEST)
    reviewers = None if asked.reviewer_ids is None else await members(call, asked.reviewer_ids, needs=AccessLevel.REPORTER)
    item = await call.deps.writer.item(_target(call, asked))
    changes = ItemChanges(
        title=_title(item, asked),
        description=None if asked.description is None else description_of(call, asked.description),
        labels=None if asked.labels is None else checked_labels(asked.labels),
        add_labels=checked_labels(asked.add_labels),
        remove_labels=checked_labels(asked.remove_labels),
        assignee_ids=assignees,
        reviewer_ids=reviewers,
        state_event=asked.state_event,
        target_branch=asked.target_branch,
        discussion_locked=asked.discussion_locked,
        remove_source_branch=asked.remove_source_branch,
        squash=asked.squash,
    )
    return changed_output(await update_item(call, item, changes), changes)


def _title(item: Item, asked: UpdateMergeRequest) -> str | None:
    title = None if asked.title is None else title_of_model(asked.title)
    return title if asked.draft is None else as_draft(title or item.title, is_draft=asked.draft)


async def add_merge_request_reviewers(call: ToolCallContext, asked: AddReviewers) -> ToolOutput:
    """Ask members to review, besides those who are asked already."""
    check_project(call, asked)
    added = await members(call, asked.reviewer_usernames, needs=AccessLevel.REPORTER)
    item = await call.deps.writer.item(_target(call, asked))
    reviewers = tuple(sorted({*item.reviewer_ids, *added}))
    changes = ItemChanges(reviewer_ids=reviewers)
    return changed_output(await update_item(call, item, changes), changes)


async def create_merge_request_note(call: ToolCallContext, asked: MergeRequestNote) -> ToolOutput:
    """Write a comment, alone or in a comment's thread."""
    new = _comment(call, asked, asked.body).model_copy(update={"is_internal": asked.internal, "reply_to_note": asked.note_id})
    return await write_comment(call, new)


async def create_merge_request_diff_note(call: ToolCallContext, asked: DiffNote) -> ToolOutput:
    """Begin a thread at a line of the diff."""
    if asked.old_line is None and asked.new_line is None:
        raise Refused("Say at which line: give old_line, new_line, or both for an unchanged line.", code="argument_missing")
    place = DiffPlace(old_path=asked.old_path, new_path=asked.new_path, old_line=asked.old_line, new_line=asked.new_line)
    return await write_comment(call, _comment(call, asked, asked.body).model_copy(update={"place": place}))


async def reply_to_discussion(call: ToolCallContext, asked: DiscussionReply) -> ToolOutput:
    """Answer in a thread."""
    new = _comment(call, asked, asked.body).model_copy(update={"discussion_id": asked.discussion_id})
    return await write_comment(call, new)


async def set_discussion_resolved(call: ToolCallContext, asked: DiscussionResolved) -> ToolOutput:
    """Resolve a thread or open it again."""
    check_project(call, asked)
    await call.deps.writer.set_thread_resolved(_target(call, asked), asked.discussion_id, is_resolved=asked.resolved)
    state = "resolved" if asked.resolved else "open again"
    return ToolOutput({"discussion_id": asked.discussion_id, "resolved": asked.resolved}, told=f"thread is {state}")


def _target(call: ToolCallContext, asked: OnMergeRequest) -> NoteTarget:
    return NoteTarget(project_id=call.scope.project_id, kind=TargetKind.MERGE_REQUEST, iid=asked.merge_request_iid)


def _comment(call: ToolCallContext, asked: OnMergeRequest, body: str) -> NewComment:
    check_project(call, asked)
    return NewComment(target=_target(call, asked), body=body_of(call, body), mark=mark_of(call))
