"""Tools that read pipelines and their jobs, and check a configuration. Logs are read in `job_logs`."""

from __future__ import annotations

import asyncio
from typing import Any

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.people import ACCESS_TO_READ
from duo_flows.domain.pipelines import FAILED, Job, Pipeline
from duo_flows.domain.running_jobs import Downstream
from duo_flows.domain.tools.pipelines import CiLint, FailingJobs, PipelineRead

from .calls import ToolCallContext, ToolOutput
from .telling import told_list

# As GitLab's own flow reads them: enough to see what fails together, few enough to read.
_JOBS_MAX = 20
# Enough to see what is meant.
_INCLUDES_TOLD = 3
# Parent, child, grandchild: GitLab allows two levels of child pipelines.
_DEPTH_MAX = 3


async def get_pipeline_failing_jobs(call: ToolCallContext, asked: FailingJobs) -> ToolOutput:
    """Return the failed jobs that block the pipeline. `outcome` is failed, nothing_failing or still_running."""
    pipeline = await call.deps.forge.pipeline(call.place.project_id, await _pipeline_id(call, asked))
    failing = await _failing(call, pipeline.id, depth=1, with_allowed=not asked.exclude_allow_failure)
    shown = [_job(job, pipeline_id) for pipeline_id, job in failing[:_JOBS_MAX]]
    return ToolOutput(
        {
            "outcome": _outcome(pipeline, has_failures=bool(failing)),
            "pipeline": {
                "id": pipeline.id,
                "status": pipeline.status,
                "sha": pipeline.sha,
                "ref": pipeline.ref,
                "url": pipeline.web_url,
            },
            "jobs": shown,
            "left_out": max(0, len(failing) - _JOBS_MAX),
        },
        told=f"pipeline {pipeline.id} is {pipeline.status}; failed jobs: {', '.join(job['name'] for job in shown) or 'none'}",
    )


async def _pipeline_id(call: ToolCallContext, asked: FailingJobs) -> int:
    if asked.pipeline_id is not None:
        return asked.pipeline_id
    iid = asked.merge_request_iid or (call.scope.merge_request_iid if call.place.is_own else None)
    if iid is None:
        raise Refused("Name the pipeline by pipeline_id or url, or a merge request by merge_request_iid.", code="argument_missing")
    newest = (await call.deps.reader.merge_request(call.place.project_id, iid)).head_pipeline_id
    if newest is None:
        raise NotFound(f"Merge request !{iid} of {call.place.project_path} has no pipeline.")
    return newest


async def _failing(call: ToolCallContext, pipeline_id: int, *, depth: int, with_allowed: bool) -> list[tuple[int, Job]]:
    found: list[tuple[int, Job]] = []
    for job in await call.deps.forge.jobs(call.place.project_id, pipeline_id):
        if job.status != "failed" or (job.allow_failure and not with_allowed):
            continue
        below = await _failing_below(call, job, depth=depth, with_allowed=with_allowed) if job.is_bridge else []
        found += below or [(pipeline_id, job)]
    return found


async def _failing_below(call: ToolCallContext, bridge: Job, *, depth: int, with_allowed: bool) -> list[tuple[int, Job]]:
    """Return what fails in the pipeline that a bridge started; empty where that cannot be read, as in another project."""
    if bridge.downstream_pipeline_id is None or depth >= _DEPTH_MAX:
        return []
    try:
        return await _failing(call, bridge.downstream_pipeline_id, depth=depth + 1, with_allowed=with_allowed)
    except NotFound:
        return []


def _outcome(pipeline: Pipeline, *, has_failures: bool) -> str:
    # A pipeline can fail without a failed job, by its configuration for example.
    if has_failures or pipeline.status == FAILED:
        return "failed"
    return "nothing_failing" if pipeline.is_finished else "still_running"


def _job(job: Job, pipeline_id: int) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "stage": job.stage,
        "failure_reason": job.failure_reason,
        "url": job.web_url,
        "pipeline_id": pipeline_id,
        "is_bridge": job.is_bridge,
    }


async def list_pipeline_jobs(call: ToolCallContext, asked: PipelineRead) -> ToolOutput:
    """Return the newest try of every job and trigger job."""
    jobs = await call.deps.forge.jobs(call.place.project_id, asked.pipeline_id or 0)
    lines = [f"{job.id} {job.stage}/{job.name}: {job.status}{' (may fail)' if job.allow_failure else ''}" for job in jobs]
    return ToolOutput([job.model_dump(mode="json") for job in jobs], told_list(f"Jobs of pipeline {asked.pipeline_id}", lines))


async def get_downstream_pipelines(call: ToolCallContext, asked: PipelineRead) -> ToolOutput:
    """Return the pipelines that a pipeline has started, as far as the requester may read them."""
    started = [bridge for bridge in await _downstream(call, asked) if bridge.pipeline_id is not None]
    return _downstream_output(started, f"Pipelines that pipeline {asked.pipeline_id} has started")


async def get_failing_bridge_jobs(call: ToolCallContext, asked: PipelineRead) -> ToolOutput:
    """Return the failed trigger jobs; one whose pipeline the requester may not read stands without it."""
    failed = [bridge for bridge in await _downstream(call, asked) if bridge.bridge_status == FAILED]
    return _downstream_output(failed, f"Failed trigger jobs of pipeline {asked.pipeline_id}")


async def _downstream(call: ToolCallContext, asked: PipelineRead) -> list[Downstream]:
    found = await call.deps.reader.downstream(call.place.project_id, asked.pipeline_id or 0)
    others = {bridge.project_id for bridge in found if bridge.project_id is not None} - {call.place.project_id}
    hidden = {number for number in others if await call.deps.forge.access_level(number, call.scope.requester_id) < ACCESS_TO_READ}
    blank = {"pipeline_id": None, "project_id": None, "pipeline_status": "", "web_url": ""}
    return [bridge.model_copy(update=blank) if bridge.project_id in hidden else bridge for bridge in found]


def _downstream_output(bridges: list[Downstream], heading: str) -> ToolOutput:
    return ToolOutput([bridge.model_dump(mode="json") for bridge in bridges], told_list(heading, map(_told_bridge, bridges)))


def _told_bridge(bridge: Downstream) -> str:
    job = f"{bridge.bridge_id} {bridge.bridge_name}: {bridge.bridge_status} {bridge.failure_reason}".rstrip()
    if bridge.pipeline_id is None:
        return f"{job}; no pipeline to see"
    return f"{job}; pipeline {bridge.pipeline_id} ({bridge.pipeline_status}) {bridge.web_url}"


async def ci_linter(call: ToolCallContext, asked: CiLint) -> ToolOutput:
    """Return whether GitLab takes a configuration, with its errors and warnings.

    Raises:
        Refused: it includes something from elsewhere, which GitLab would look up with our account's rights and not the requester's.
    """
    try:
        # A long one takes seconds, and others are at work on this loop.
        foreign = await asyncio.to_thread(call.deps.flow_files.foreign_includes, asked.content)
    except Refused as reason:
        return ToolOutput({"valid": False, "errors": [str(reason)], "warnings": []}, told="the configuration is not valid")
    if foreign:
        raise Refused(
            f"ci_linter resolves no `include` from outside the project ({', '.join(foreign[:_INCLUDES_TOLD])}). Leave it out of "
            "what is checked; files of the project itself (`local`) and GitLab's own templates may stay.",
            code="foreign_include",
        )
    answer = await call.deps.reader.lint(call.place.project_id, asked.content, ref=asked.ref)
    found = {"valid": bool(answer.get("valid")), "errors": answer.get("errors") or [], "warnings": answer.get("warnings") or []}
    return ToolOutput(found, told="the configuration is valid" if found["valid"] else "the configuration is not valid")
