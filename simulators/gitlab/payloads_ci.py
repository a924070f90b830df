"""The bodies of pipeline and job hooks.

The law of this module: as in `payloads`, records in, GitLab's JSON out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab.payloads import commit, merge_request_attributes, project, repository, user
from simulators.gitlab.shapes.people import VISIBILITY_LEVELS
from simulators.gitlab.shapes.pipelines import RUNNER, detailed_status, pipeline_url
from simulators.gitlab.shapes.times import hook_time, seconds_between

if TYPE_CHECKING:
    from simulators.gitlab.model import Job, MergeRequest, Pipeline, Project
    from simulators.gitlab.simulator import Simulator


def pipeline_event(simulator: Simulator, of: Project, item: Pipeline) -> dict[str, Any]:
    """A pipeline changed its status."""
    request = simulator.merge_request_of(of, item)
    return {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": item.id,
            "iid": item.iid,
            "name": None,
            "ref": item.ref,
            "tag": False,
            "sha": item.sha,
            "before_sha": item.before_sha,
            "source": item.source,
            "status": item.status,
            "detailed_status": detailed_status(simulator, of, item)["label"],
            "stages": list(item.stages),
            "created_at": hook_time(item.created_at),
            "finished_at": hook_time(item.finished_at),
            "duration": seconds_between(item.started_at, item.finished_at),
            "queued_duration": seconds_between(item.created_at, item.started_at),
            "protected_ref": simulator.is_protected(of, f"refs/heads/{item.ref}"),
            "variables": [{"key": key, "value": value} for key, value in item.variables.items()],
            "url": pipeline_url(simulator, of, item),
        },
        "merge_request": None if request is None else _request_of_pipeline(simulator, of, request),
        "user": user(simulator, simulator.state.users[item.user_id]),
        "project": project(simulator, of),
        "commit": commit(simulator, of, simulator.commit_of(of, item.sha)),
        "builds": [_build(simulator, job) for job in item.jobs if not job.retried],
    }


def _request_of_pipeline(simulator: Simulator, of: Project, item: MergeRequest) -> dict[str, Any]:
    attributes = merge_request_attributes(simulator, of, item)
    names = "id iid title source_branch source_project_id target_branch target_project_id state merge_status url"
    return {name: attributes[name] for name in [*names.split(), "detailed_merge_status"]}


def _build(simulator: Simulator, job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "stage": job.stage,
        "name": job.name,
        "status": job.status,
        "created_at": hook_time(job.created_at),
        "started_at": hook_time(job.started_at),
        "finished_at": hook_time(job.finished_at),
        "duration": seconds_between(job.started_at, job.finished_at),
        "queued_duration": seconds_between(job.queued_at, job.started_at),
        "failure_reason": job.failure_reason,
        "when": job.plan.when,
        "manual": job.plan.when == "manual",
        "allow_failure": job.allow_failure,
        "user": user(simulator, simulator.state.users[job.user_id]),
        "runner": _runner() if job.started_at else None,
        "artifacts_file": {"filename": None, "size": None},
        "environment": None,
    }


def _runner() -> dict[str, Any]:
    names = ("id", "description", "runner_type", "active", "is_shared")
    return {**{name: RUNNER[name] for name in names}, "tags": []}


def job_event(simulator: Simulator, of: Project, pipeline: Pipeline, job: Job) -> dict[str, Any]:
    """A job changed its status. GitLab's `commit.id` here is the pipeline's number."""
    last = simulator.commit_of(of, pipeline.sha)
    return {
        "object_kind": "build",
        "ref": pipeline.ref,
        "tag": False,
        "before_sha": pipeline.before_sha,
        "sha": pipeline.sha,
        "retries_count": sum(other.retried and other.name == job.name for other in pipeline.jobs),
        "build_id": job.id,
        "build_name": job.name,
        "build_stage": job.stage,
        "build_status": job.status,
        "build_created_at": hook_time(job.created_at),
        "build_started_at": hook_time(job.started_at),
        "build_finished_at": hook_time(job.finished_at),
        "build_duration": seconds_between(job.started_at, job.finished_at),
        "build_queued_duration": seconds_between(job.queued_at, job.started_at),
        "build_allow_failure": job.allow_failure,
        "build_failure_reason": job.failure_reason or "unknown_failure",
        "pipeline_id": pipeline.id,
        "project_id": of.id,
        "project_name": " / ".join([*of.path.split("/")[:-1], of.name]),
        "project": project(simulator, of),
        "user": user(simulator, simulator.state.users[job.user_id]),
        "runner": _runner() if job.started_at else None,
        "environment": None,
        "source_pipeline": None,
        "commit": {
            "id": pipeline.id,
            "name": None,
            "sha": pipeline.sha,
            "message": last.message,
            "author_name": last.author_name,
            "author_email": "[REDACTED]",
            "author_url": f"mailto:{last.author_email}",
            "status": pipeline.status,
            "duration": seconds_between(pipeline.started_at, pipeline.finished_at),
            "started_at": hook_time(pipeline.started_at),
            "finished_at": hook_time(pipeline.finished_at),
        },
        "repository": {
            **repository(simulator, of),
            "git_http_url": f"{simulator.project_url(of)}.git",
            "git_ssh_url": f"git@127.0.0.1:{of.path}.git",
            "visibility_level": VISIBILITY_LEVELS[of.visibility],
        },
    }
