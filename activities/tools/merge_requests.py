"""Tools that read merge requests."""

from __future__ import annotations

from duo_flows.domain.errors import Refused
from duo_flows.domain.tools import MergeRequestRead

from .calls import ToolCallContext, ToolOutput


async def get_merge_request(call: ToolCallContext, asked: MergeRequestRead) -> ToolOutput:
    """Return a merge request."""
    found = await call.deps.forge.merge_request(call.scope.project_id, _iid(call, asked))
    return ToolOutput(found.model_dump(mode="json", exclude={"author"}))


async def list_merge_request_diffs(call: ToolCallContext, asked: MergeRequestRead) -> ToolOutput:
    """Return the changed files; an empty list where the session has no merge request and none is named."""
    if asked.merge_request_iid is None and call.scope.merge_request_iid is None:
        return ToolOutput({"files": []}, "This session has no merge request.")
    diffs = await call.deps.forge.merge_request_diffs(call.scope.project_id, _iid(call, asked))
    text = "\n".join(f"--- {diff.old_path}\n+++ {diff.new_path}\n{diff.diff}" for diff in diffs)
    return ToolOutput({"files": [diff.model_dump(mode="json") for diff in diffs]}, text or "No file is changed.")


def _iid(call: ToolCallContext, asked: MergeRequestRead) -> int:
    iid = asked.merge_request_iid if asked.merge_request_iid is not None else call.scope.merge_request_iid
    if iid is None:
        raise Refused("Name the merge request: this session has none of its own.", code="argument_missing")
    return iid
