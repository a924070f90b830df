"""Jobs and their traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.gitlab import pipelines
from simulators.gitlab.calls import Api, Call, JSONResponse, PlainTextResponse, Response
from simulators.gitlab.errors import forbidden, not_found, refused
from simulators.gitlab.model import Access
from simulators.gitlab.paging import keyset_page, page
from simulators.gitlab.shapes import pipelines as shapes

if TYPE_CHECKING:
    from simulators.gitlab.model import Job, Pipeline, Project

api = Api()
ONE = "/projects/{project_id}/jobs/{job_id}"


@api.get("/projects/{project_id}/jobs")
def list_jobs(call: Call) -> Response:
    """Jobs of a project, newest first."""
    project, _ = call.code()
    owners = {job.id: pipeline for pipeline in project.pipelines for job in pipeline.jobs}
    jobs = sorted(_in_scope(call, project.jobs), key=lambda job: job.id, reverse=True)
    return keyset_page(
        call,
        jobs,
        lambda job: shapes.job(call.simulator, project, owners[job.id], job),
        key=lambda job: str(job.id),
        cursor="cursor",
    )


@api.get("/projects/{project_id}/pipelines/{pipeline_id}/jobs")
def list_pipeline_jobs(call: Call) -> Response:
    """Jobs of a pipeline, newest first; those tried again only with `include_retried`."""
    project, _ = call.code()
    pipeline = call.pipeline(project)
    jobs = pipeline.jobs if call.flag("include_retried") else pipelines.current_jobs(pipeline)
    jobs = sorted(_in_scope(call, jobs), key=lambda job: job.id, reverse=True)
    return page(call, jobs, lambda job: shapes.job(call.simulator, project, pipeline, job))


def _in_scope(call: Call, jobs: list[Job]) -> list[Job]:
    scope = call.words("scope")
    return [job for job in jobs if scope is None or job.status in scope]


@api.get(ONE)
def get_job(call: Call) -> Response:
    """One job."""
    project, _ = call.code()
    return _shape(call, project, *call.job(project))


@api.get(f"{ONE}/trace")
def trace(call: Call) -> Response:
    """What the job printed so far, as the runner wrote it."""
    project, _ = call.code()
    _, job = call.job(project)
    return PlainTextResponse(bytes(job.trace))


@api.post(f"{ONE}/retry")
def retry(call: Call) -> Response:
    """Run a job again, as another job."""
    project, _ = call.code(Access.DEVELOPER)
    pipeline, job = call.job(project)
    if job.retried or job.status not in {"success", "failed", "canceled"}:
        raise forbidden("Job is not retryable")
    again = pipelines.retry_job(call.simulator, project, pipeline, job, call.me)
    return _shape(call, project, pipeline, again, status=201)


@api.post(f"{ONE}/cancel")
def cancel(call: Call) -> Response:
    """Stop a job."""
    project, _ = call.code(Access.DEVELOPER)
    pipeline, job = call.job(project)
    pipelines.cancel_job(call.simulator, project, pipeline, job)
    pipelines.advance(call.simulator, project, pipeline)
    return _shape(call, project, pipeline, job, status=201)


@api.post(f"{ONE}/play")
def play(call: Call) -> Response:
    """Start a manual job."""
    project, _ = call.code(Access.DEVELOPER)
    pipeline, job = call.job(project)
    if job.status != "manual":
        raise refused("Unplayable Job")
    pipelines.play_job(call.simulator, project, pipeline, job, call.me)
    return _shape(call, project, pipeline, job)


@api.get(f"{ONE}/artifacts")
@api.get(ONE + "/artifacts/{path:path}")
def artifacts(call: Call) -> Response:
    """Jobs keep no artifacts here."""
    project, _ = call.code()
    call.job(project)
    raise not_found()


def _shape(call: Call, project: Project, pipeline: Pipeline, job: Job, *, status: int = 200) -> Response:
    return JSONResponse(shapes.job(call.simulator, project, pipeline, job), status_code=status)
