"""Tools on merge requests."""

from __future__ import annotations

from pydantic import Field

from duo_flows.domain.model import Model
from duo_flows.domain.people import AccessLevel

from .spec import Privilege, ToolSpec


class MergeRequestRead(Model):
    """Arguments of tools that read a merge request."""

    merge_request_iid: int | None = Field(default=None, description="The merge request's number in its project.")


class MergeRequestNote(Model):
    """Arguments of `create_merge_request_note`."""

    merge_request_iid: int = Field(description="The merge request's number in its project.")
    body: str = Field(min_length=1, max_length=100_000, description="The comment, in Markdown.")


SPECS = (
    ToolSpec(
        name="get_merge_request",
        description="Read a merge request: title, description, branches, state.",
        privilege=Privilege.READ_ONLY_GITLAB,
        arguments=MergeRequestRead,
    ),
    ToolSpec(
        name="list_merge_request_diffs",
        description="List the files that a merge request changes, with their diffs.",
        privilege=Privilege.READ_ONLY_GITLAB,
        arguments=MergeRequestRead,
    ),
    ToolSpec(
        name="create_merge_request_note",
        description="Write a comment on a merge request.",
        privilege=Privilege.READ_WRITE_GITLAB,
        arguments=MergeRequestNote,
        access=AccessLevel.DEVELOPER,
        is_write=True,
    ),
)
