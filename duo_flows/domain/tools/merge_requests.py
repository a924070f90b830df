"""Tools that read merge requests."""

from __future__ import annotations

from pydantic import Field

from duo_flows.domain.model import Model

from .spec import Privilege, ToolSpec


class MergeRequestRead(Model):
    """Arguments of tools that read a merge request."""

    merge_request_iid: int | None = Field(default=None, description="The merge request's number in its project.")


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
)
