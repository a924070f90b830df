"""Where a session starts: the pipeline, merge request and branch that a goal is about, read from GitLab and not believed."""

from __future__ import annotations

from typing import Any

from duo_flows.domain.errors import Refused
from duo_flows.domain.links import LinkKind, parse_link
from duo_flows.domain.model import Model
from duo_flows.domain.people import Project
from duo_flows.domain.pipeline_items import merge_request_of
from duo_flows.domain.pipelines import MergeRequest, Pipeline
from duo_flows.domain.ports import Forge
from signals.messages import StartFlow


class StartingPoint(Model):
    """What a session is about. `branch` is the one it may change; empty where there is none."""

    branch: str = ""
    pipeline: Pipeline | None = None
    merge_request: MergeRequest | None = None

    @property
    def pipeline_id(self) -> int | None:
        """Return the pipeline's number."""
        return self.pipeline.id if self.pipeline else None

    @property
    def merge_request_iid(self) -> int | None:
        """Return the merge request's number in its project."""
        return self.merge_request.iid if self.merge_request else None

    def inputs(self) -> dict[str, Any]:
        """Return what flows read as `context:inputs.pipeline.*`, `.merge_request.*` and `.branch.*`."""
        found: dict[str, Any] = {"branch": {"name": self.branch}} if self.branch else {}
        if self.pipeline is not None:
            pipeline = self.pipeline
            found["pipeline"] = {"id": pipeline.id, "url": pipeline.web_url, "source_branch": self.branch, "sha": pipeline.sha}
        if self.merge_request is not None:
            request = self.merge_request
            found["merge_request"] = {"iid": request.iid, "url": request.web_url, "title": request.title}
        return found


async def find_starting_point(forge: Forge, project: Project, start: StartFlow, *, gitlab_url: str) -> StartingPoint:
    """Return what the start is about, from its numbers or from a GitLab link in its goal.

    Raises:
        Refused: the merge request comes from another project, whose branch we must not change.
        NotFound: the pipeline or merge request is not there.
    """
    pipeline_id, iid = _numbers(start, project, gitlab_url)
    request = await forge.merge_request(project.id, iid) if iid is not None else None
    pipeline = await _pipeline(forge, project, pipeline_id, request)
    if request is None and pipeline is not None:
        request = await merge_request_of(forge, pipeline)
    if request is not None and request.source_project_id != project.id:
        raise Refused("This merge request comes from a fork; start the flow in the fork's own project.", code="fork")
    branch = request.source_branch if request else _branch_of(pipeline) if pipeline else ""
    return StartingPoint(branch=branch, pipeline=pipeline, merge_request=request)


def _numbers(start: StartFlow, project: Project, gitlab_url: str) -> tuple[int | None, int | None]:
    if start.pipeline_id is not None or start.merge_request_iid is not None:
        return start.pipeline_id, start.merge_request_iid
    link = parse_link(start.goal, base_url=gitlab_url)
    if link is None or link.project_path != project.path:
        return None, None
    return (
        link.number if link.kind is LinkKind.PIPELINE else None,
        link.number if link.kind is LinkKind.MERGE_REQUEST else None,
    )


async def _pipeline(forge: Forge, project: Project, pipeline_id: int | None, request: MergeRequest | None) -> Pipeline | None:
    if pipeline_id is not None:
        return await forge.pipeline(project.id, pipeline_id)
    if request is None:
        return None
    newest = await forge.pipelines(project.id, sha=request.sha, limit=1)
    return newest[0] if newest else None


def _branch_of(pipeline: Pipeline) -> str:
    return pipeline.ref if pipeline.merge_request_iid is None else ""
