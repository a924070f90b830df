"""Tools that write merge requests, their comments and threads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from duo_flows.domain.effects import Effect, EffectKind

from .writes import LABELS, PEOPLE_MAX, InProject, Labels, People, Text, Title, writing


class CreateMergeRequest(InProject):
    """Arguments of `create_merge_request`."""

    source_branch: str = Field(min_length=1, description="The branch with the work.")
    target_branch: str = Field(min_length=1, description="The branch it is to be merged into.")
    title: Title = Field(description="The title, in one line.")
    description: str = Field(default="", description="The description, in Markdown.")
    labels: Labels = Field(default="", description=LABELS)
    assignee_ids: People = Field(default=(), description="Numbers or usernames of the members who are responsible.")
    reviewer_ids: People = Field(default=(), description="Numbers or usernames of the members who are asked to review.")
    draft: bool = Field(default=False, description="Whether it is marked as a draft.")
    remove_source_branch: bool | None = Field(default=None, description="Whether the branch goes when it is merged.")
    squash: bool | None = Field(default=None, description="Whether its commits become one when it is merged.")


class OnMergeRequest(InProject):
    """Arguments of tools that write on one merge request."""

    merge_request_iid: int = Field(ge=1, description="The merge request's number in its project.")


class UpdateMergeRequest(OnMergeRequest):
    """Arguments of `update_merge_request`; what is left out stays."""

    title: Title | None = Field(default=None, description="The new title.")
    description: Text | None = Field(default=None, description="The whole new description, in Markdown.")
    labels: Labels | None = Field(default=None, description=LABELS + " They replace all others.")
    add_labels: Labels = Field(default="", description=LABELS)
    remove_labels: Labels = Field(default="", description=LABELS)
    assignee_ids: People | None = Field(
        default=None, description="Numbers or usernames of the members who are responsible; empty for nobody."
    )
    reviewer_ids: People | None = Field(
        default=None, description="Numbers or usernames of all members who are asked to review; empty for nobody."
    )
    draft: bool | None = Field(default=None, description="Whether it is marked as a draft.")
    state_event: Literal["close", "reopen"] | None = Field(default=None, description="Whether to close it or open it again.")
    target_branch: str | None = Field(default=None, min_length=1, description="The branch it is to be merged into.")
    discussion_locked: bool | None = Field(default=None, description="Whether only members may comment.")
    remove_source_branch: bool | None = Field(default=None, description="Whether the branch goes when it is merged.")
    squash: bool | None = Field(default=None, description="Whether its commits become one when it is merged.")


class AddReviewers(OnMergeRequest):
    """Arguments of `add_merge_request_reviewers`."""

    reviewer_usernames: Annotated[tuple[str, ...], Field(min_length=1, max_length=PEOPLE_MAX)] = Field(
        description="Usernames of the members who are asked to review, besides those who are already."
    )


class MergeRequestNote(OnMergeRequest):
    """Arguments of `create_merge_request_note`."""

    body: Text = Field(description="The comment, in Markdown.")
    note_id: int | None = Field(default=None, description="A comment to answer, in its thread.")
    internal: bool = Field(default=False, description="Whether only members from Reporter upwards see it.")


class DiffNote(OnMergeRequest):
    """Arguments of `create_merge_request_diff_note`."""

    body: Text = Field(description="The comment, in Markdown; a fenced block named suggestion:-0+0 proposes other lines.")
    old_path: str = Field(min_length=1, description="The file's path before the change.")
    new_path: str = Field(min_length=1, description="The file's path after the change.")
    old_line: int | None = Field(default=None, ge=1, description="The line's number before; for deleted and unchanged lines.")
    new_line: int | None = Field(default=None, ge=1, description="The line's number after; for added and unchanged lines.")


class DiscussionReply(OnMergeRequest):
    """Arguments of `reply_to_discussion`."""

    discussion_id: str = Field(min_length=1, max_length=100, description="The thread's id.")
    body: Text = Field(description="The answer, in Markdown.")


class DiscussionResolved(OnMergeRequest):
    """Arguments of `set_discussion_resolved`."""

    discussion_id: str = Field(min_length=1, max_length=100, description="The thread's id.")
    resolved: bool = Field(default=True, description="Whether it is resolved; false opens it again.")


def _touched_by_new(asked: CreateMergeRequest) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.MERGE_REQUEST, branch=asked.source_branch),)


def _touched(asked: OnMergeRequest) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.MERGE_REQUEST, item=f"!{asked.merge_request_iid}"),)


def _commented(asked: OnMergeRequest) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.COMMENT, item=f"!{asked.merge_request_iid}"),)


def _thread(asked: OnMergeRequest) -> tuple[Effect, ...]:
    return (Effect(kind=EffectKind.THREAD, item=f"!{asked.merge_request_iid}"),)


SPECS = (
    writing(
        "create_merge_request",
        "Open a merge request between two branches of the project.",
        arguments=CreateMergeRequest,
        touches=_touched_by_new,
    ),
    writing(
        "update_merge_request",
        "Change a merge request: title, description, labels, people, target, draft, open or closed. It is never merged.",
        arguments=UpdateMergeRequest,
        touches=_touched,
    ),
    writing(
        "add_merge_request_reviewers",
        "Ask members to review a merge request, besides those who are asked already.",
        arguments=AddReviewers,
        touches=_touched,
    ),
    writing(
        "create_merge_request_note",
        "Write a comment on a merge request.",
        arguments=MergeRequestNote,
        touches=_commented,
    ),
    writing(
        "create_merge_request_diff_note",
        "Begin a thread at a line of a merge request's diff, to remark on it or to suggest other lines.",
        arguments=DiffNote,
        touches=_commented,
    ),
    writing(
        "reply_to_discussion",
        "Answer in a thread of a merge request.",
        arguments=DiscussionReply,
        touches=_commented,
    ),
    writing(
        "set_discussion_resolved",
        "Resolve a thread of a merge request, or open it again.",
        arguments=DiscussionResolved,
        touches=_thread,
    ),
)
