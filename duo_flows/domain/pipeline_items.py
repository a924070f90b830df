"""What a pipeline belongs to, asked of the forge. One answer for every door and for the worker."""

from __future__ import annotations

from .pipelines import MergeRequest, Pipeline
from .ports import Forge


async def merge_request_of(forge: Forge, pipeline: Pipeline) -> MergeRequest | None:
    """Return the open merge request that a pipeline's branch belongs to: where people are asked.

    A fork's merge request may come from a branch of the same name; that is another branch.
    """
    if pipeline.merge_request_iid is not None:
        return await forge.merge_request(pipeline.project_id, pipeline.merge_request_iid)
    found = await forge.merge_requests(pipeline.project_id, source_branch=pipeline.ref)
    return next((one for one in found if one.source_project_id == pipeline.project_id), None)
