"""Tools that read pipelines, jobs and their logs."""

from __future__ import annotations

from typing import Any

from duo_flows.domain.errors import NotFound
from duo_flows.domain.evidence import grep_lines, log_lines, reduce_log, view_lines
from duo_flows.domain.pipelines import FAILED, Job, Pipeline
from duo_flows.domain.redaction import redact
from duo_flows.domain.tools import FailingJobs, JobLog

from .calls import ToolCallContext, ToolOutput

# As GitLab's own flow reads them: enough to see what fails together, few enough to read.
_JOBS_MAX = 20
# Parent, child, grandchild: GitLab allows two levels of child pipelines.
_DEPTH_MAX = 3


async def get_pipeline_failing_jobs(call: ToolCallContext, asked: FailingJobs) -> ToolOutput:
    """Return the failed jobs that block the pipeline. `outcome` is failed, nothing_failing or still_running."""
    pipeline = await call.deps.forge.pipeline(call.scope.project_id, asked.pipeline_id)
    failing = await _failing(call, pipeline.id, depth=1)
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


async def _failing(call: ToolCallContext, pipeline_id: int, *, depth: int) -> list[tuple[int, Job]]:
    found: list[tuple[int, Job]] = []
    for job in await call.deps.forge.jobs(call.scope.project_id, pipeline_id):
        if job.status != "failed" or job.allow_failure:
            continue
        below = await _failing_below(call, job, depth=depth) if job.is_bridge else []
        found += below or [(pipeline_id, job)]
    return found


async def _failing_below(call: ToolCallContext, bridge: Job, *, depth: int) -> list[tuple[int, Job]]:
    """Return what fails in the pipeline that a bridge started; empty where that cannot be read, as in another project."""
    if bridge.downstream_pipeline_id is None or depth >= _DEPTH_MAX:
        return []
    try:
        return await _failing(call, bridge.downstream_pipeline_id, depth=depth + 1)
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


async def get_job_logs(call: ToolCallContext, asked: JobLog) -> ToolOutput:
    """Return a job's log with line numbers, secrets taken out before anything is cut."""
    raw = await call.deps.forge.job_log(call.scope.project_id, asked.job_id)
    lines = redact("\n".join(log_lines(raw))).split("\n")
    if asked.grep:
        excerpt, what = grep_lines(lines, asked.grep), f"lines around {asked.grep!r}"
    elif asked.start_line is not None or asked.end_line is not None:
        start, end = asked.start_line or 1, asked.end_line or len(lines)
        excerpt, what = view_lines(lines, start, end), f"lines {start} to {end}"
    else:
        excerpt = reduce_log(lines)
        what = (
            "the whole log" if excerpt.is_whole else "what matters of it; ask for other lines by start_line and end_line, or grep"
        )
    shown = ", ".join(f"{first}-{last}" for first, last in excerpt.included_line_ranges) or "none"
    cut = f" Too long to be whole: {', '.join(map(str, excerpt.cut_lines))}." if excerpt.cut_lines else ""
    header = f"Log of job {asked.job_id}, {excerpt.line_count} lines: {what}. Shown: {shown}.{cut}"
    return ToolOutput({"line_count": excerpt.line_count, "text": excerpt.text}, f"{header}\n{excerpt.text}")
