"""Pipelines: how they come to be, and how the statuses of their jobs move.

The law of this module: the rules of GitLab's statuses over records. It starts no process: a job that may run
becomes `pending` and is handed to the runner. Callers hold the state's lock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulators.gitlab import hooks
from simulators.gitlab.ci import CiConfigError, PipelineFilteredError, plan_pipeline
from simulators.gitlab.model import Job, Pipeline
from simulators.gitlab.repositories import ZERO_SHA

if TYPE_CHECKING:
    from simulators.gitlab.ci import JobPlan, JobResult, PipelinePlan
    from simulators.gitlab.model import Project, User
    from simulators.gitlab.simulator import Simulator

CONFIG_PATH = ".gitlab-ci.yml"
ACTIVE = frozenset({"created", "pending", "running", "manual"})
FINISHED = frozenset({"success", "failed", "canceled", "skipped"})
ENDED = FINISHED | {"manual"}
_SKIP = re.compile(r"\[(ci[ -]skip|skip[ -]ci)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a pipeline is asked for."""

    ref: str
    sha: str
    source: str
    before: str = ZERO_SHA
    merge_request_iid: int | None = None
    variables: dict[str, str] = field(default_factory=dict)


def create_pipeline(simulator: Simulator, project: Project, actor: User, occasion: Occasion) -> Pipeline | None:
    """Make the pipeline an occasion asks for, and let its first jobs go.

    Returns:
        The pipeline: failed with `yaml_errors` when the file is wrong, skipped when the commit says so; `None`
        when there is no file or its rules want no pipeline here.
    """
    config = simulator.repository(project).read(occasion.sha, CONFIG_PATH)
    if config is None:
        return None
    try:
        plan = plan_for(simulator, project, occasion, config.decode(errors="replace"))
    except PipelineFilteredError:
        return None
    except CiConfigError as error:
        pipeline = _new(simulator, project, actor, occasion)
        pipeline.yaml_errors, pipeline.status = str(error), "failed"
        return _announced(simulator, project, pipeline)
    pipeline = _new(simulator, project, actor, occasion)
    pipeline.stages = list(plan.stages)
    pipeline.plan_variables = dict(plan.variables)
    if occasion.source == "push" and _SKIP.search(simulator.commit_of(project, occasion.sha).message):
        pipeline.status = "skipped"
        return _announced(simulator, project, pipeline)
    pipeline.jobs = [_new_job(simulator, pipeline, job, actor) for job in plan.jobs]
    _announced(simulator, project, pipeline)
    advance(simulator, project, pipeline)
    return pipeline


def plan_for(simulator: Simulator, project: Project, occasion: Occasion, config: str) -> PipelinePlan:
    """The plan of a configuration on an occasion.

    Raises:
        CiConfigError: the configuration is wrong, or wants no pipeline here.
    """
    base = occasion.before
    request = next((item for item in project.merge_requests if item.iid == occasion.merge_request_iid), None)
    variables = {**project.variables, **occasion.variables, "CI_PROJECT_PATH": project.path, "CI_COMMIT_SHA": occasion.sha}
    if request is not None:
        base = request.base_sha
        variables["CI_MERGE_REQUEST_IID"] = str(request.iid)
        variables["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"] = request.target_branch
    return plan_pipeline(
        config,
        ref=occasion.ref,
        default_branch=project.default_branch,
        source=occasion.source,
        merge_request=request is not None,
        changes=simulator.repository(project).changed_paths(base, occasion.sha),
        variables=variables,
    )


def _new(simulator: Simulator, project: Project, actor: User, occasion: Occasion) -> Pipeline:
    now = simulator.state.now()
    pipeline = Pipeline(
        id=simulator.state.next_id("pipeline"),
        iid=project.next_iid("pipeline"),
        project_id=project.id,
        ref=occasion.ref if occasion.merge_request_iid is None else f"refs/merge-requests/{occasion.merge_request_iid}/head",
        sha=occasion.sha,
        before_sha=occasion.before,
        source=occasion.source,
        user_id=actor.id,
        stages=[],
        variables=dict(occasion.variables),
        created_at=now,
        updated_at=now,
        merge_request_iid=occasion.merge_request_iid,
    )
    project.pipelines.append(pipeline)
    return pipeline


def _announced(simulator: Simulator, project: Project, pipeline: Pipeline) -> Pipeline:
    if pipeline.status in FINISHED:
        pipeline.finished_at = simulator.state.now()
    hooks.pipeline_changed(simulator, project, pipeline)
    return pipeline


def _new_job(simulator: Simulator, pipeline: Pipeline, plan: JobPlan, actor: User) -> Job:
    return Job(
        id=simulator.state.next_id("job"),
        name=plan.name,
        stage=plan.stage,
        plan=plan,
        pipeline_id=pipeline.id,
        user_id=actor.id,
        created_at=simulator.state.now(),
        allow_failure=plan.allow_failure,
    )


def current_jobs(pipeline: Pipeline) -> list[Job]:
    """The jobs that count: those that have not been tried again."""
    return [job for job in pipeline.jobs if not job.retried]


def advance(simulator: Simulator, project: Project, pipeline: Pipeline) -> None:
    """Move every job that can move, until none can, and the pipeline's status with them."""
    moved = True
    while moved:
        moves = [_settle(simulator, project, pipeline, job) for job in current_jobs(pipeline)]
        moved = any(moves)
    _set_pipeline_status(simulator, project, pipeline)


def _settle(simulator: Simulator, project: Project, pipeline: Pipeline, job: Job) -> bool:
    """Decide about one created job; whether it moved."""
    if job.status != "created":
        return False
    before = _dependencies(pipeline, job)
    if any(other.status not in FINISHED and not _is_passed_over(other) for other in before):
        return False
    set_job_status(simulator, project, pipeline, job, _verdict(job, before))
    return True


def _dependencies(pipeline: Pipeline, job: Job) -> list[Job]:
    """What a job waits for: what it `needs`, else every job of the stages before."""
    jobs = current_jobs(pipeline)
    if job.plan.needs is not None:
        return [other for other in jobs if other.name in job.plan.needs]
    earlier = pipeline.stages[: pipeline.stages.index(job.stage)]
    return [other for other in jobs if other.stage in earlier]


def _is_passed_over(job: Job) -> bool:
    """An optional manual job holds nobody up."""
    return job.status == "manual" and job.allow_failure


def _verdict(job: Job, before: list[Job]) -> str:
    """What becomes of a job once everything it waits for has ended."""
    failed = any(other.status in {"failed", "canceled"} and not other.allow_failure for other in before)
    broken_need = job.plan.needs is not None and any(other.status == "skipped" for other in before)
    runs = {"always": True, "on_failure": failed}.get(job.plan.when, not failed and not broken_need)
    if not runs:
        return "skipped"
    return "manual" if job.plan.when == "manual" else "pending"


def set_job_status(simulator: Simulator, project: Project, pipeline: Pipeline, job: Job, status: str) -> None:
    """Give a job its next status, with the times that go with it; a pending one goes to the runner."""
    job.status = status
    now = simulator.state.now()
    if status == "pending":
        job.queued_at = now
        simulator.runner.submit(project, pipeline, job)
    elif status == "running":
        job.started_at = now
    elif status in FINISHED:
        job.finished_at = now
    hooks.job_changed(simulator, project, pipeline, job)


def finish_job(simulator: Simulator, project: Project, pipeline: Pipeline, job: Job, result: JobResult) -> None:
    """Record how a job ended and move on; a job whose plan allows a retry gets one."""
    if job.status != "running":
        return
    failed = result.failure_reason is not None
    job.failure_reason = result.failure_reason
    if failed:
        job.allow_failure = job.plan.is_allowed_to_fail_with(result.exit_code)
    set_job_status(simulator, project, pipeline, job, "failed" if failed else "success")
    tried = sum(other.retried and other.name == job.name for other in pipeline.jobs)
    if failed and tried < job.plan.retry_count:
        retry_job(simulator, project, pipeline, job, simulator.state.users[job.user_id])
    else:
        advance(simulator, project, pipeline)


def retry_job(simulator: Simulator, project: Project, pipeline: Pipeline, job: Job, actor: User) -> Job:
    """Another run of a job that ended, under another number; what was skipped because of it gets its chance again."""
    again = _new_job(simulator, pipeline, job.plan, actor)
    job.retried = True
    pipeline.jobs.append(again)
    for other in current_jobs(pipeline):
        if other.status == "skipped":
            other.status, other.finished_at = "created", None
    pipeline.finished_at = None
    set_job_status(simulator, project, pipeline, again, "pending")
    advance(simulator, project, pipeline)
    return again


def retry_pipeline(simulator: Simulator, project: Project, pipeline: Pipeline, actor: User) -> None:
    """Run again every job that failed or was canceled."""
    for job in current_jobs(pipeline):
        if job.status in {"failed", "canceled"}:
            retry_job(simulator, project, pipeline, job, actor)


def cancel_job(simulator: Simulator, project: Project, pipeline: Pipeline, job: Job) -> None:
    """Stop a job that has not ended."""
    if job.status in FINISHED:
        return
    set_job_status(simulator, project, pipeline, job, "canceled")
    simulator.runner.stop_job(job)


def cancel_pipeline(simulator: Simulator, project: Project, pipeline: Pipeline) -> None:
    """Stop every job that has not ended."""
    for job in current_jobs(pipeline):
        cancel_job(simulator, project, pipeline, job)
    advance(simulator, project, pipeline)


def play_job(simulator: Simulator, project: Project, pipeline: Pipeline, job: Job, actor: User) -> None:
    """Start a manual job."""
    job.user_id = actor.id
    set_job_status(simulator, project, pipeline, job, "pending")
    advance(simulator, project, pipeline)


def _set_pipeline_status(simulator: Simulator, project: Project, pipeline: Pipeline) -> None:
    status = composite_status(current_jobs(pipeline))
    if status == pipeline.status:
        return
    pipeline.status, pipeline.updated_at = status, simulator.state.now()
    if status == "running" and pipeline.started_at is None:
        pipeline.started_at = pipeline.updated_at
    pipeline.finished_at = pipeline.updated_at if status in FINISHED else None
    hooks.pipeline_changed(simulator, project, pipeline)


def composite_status(jobs: list[Job]) -> str:
    """The status of a pipeline from those of its jobs, by GitLab's precedence.

    Source: docs.gitlab.com, pipeline statuses: what is allowed to fail counts as passed, and manual jobs that
    are optional do not count.
    """
    counted = {_counted_status(job) for job in jobs} - {"ignored"}
    if counted <= {"skipped"}:
        return "skipped" if counted else "success"
    for status, among in _PRECEDENCE:
        if status in counted and counted <= among:
            return status
    if counted & {"running", "pending"}:
        return "running"
    if "manual" in counted:
        return "manual"
    return "running" if "created" in counted else "failed"


_PASSED = {"success", "skipped"}
# A pipeline has one of these statuses when it has such a job and no others than those beside it.
_PRECEDENCE: tuple[tuple[str, set[str]], ...] = (
    ("success", _PASSED),
    ("created", {"created"}),
    ("canceled", {"canceled", *_PASSED}),
    ("pending", {"pending", "created", "skipped"}),
)


def _counted_status(job: Job) -> str:
    if job.status in {"failed", "canceled"} and job.allow_failure:
        return "success"
    return "ignored" if _is_passed_over(job) else job.status
