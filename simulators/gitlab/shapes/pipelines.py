"""Pipelines and jobs in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab.shapes.people import user_by_id
from simulators.gitlab.shapes.times import api_time, git_time, seconds_between

if TYPE_CHECKING:
    from simulators.gitlab.model import Job, Pipeline, Project
    from simulators.gitlab.simulator import Simulator

RUNNER = {
    "id": 1,
    "description": "stand-in runner",
    "ip_address": None,
    "active": True,
    "paused": False,
    "is_shared": True,
    "runner_type": "instance_type",
    "name": "gitlab-runner",
    "online": True,
    "status": "online",
}


def short_pipeline(simulator: Simulator, project: Project, item: Pipeline) -> dict[str, Any]:
    """A pipeline in a list."""
    return {
        "id": item.id,
        "iid": item.iid,
        "project_id": item.project_id,
        "sha": item.sha,
        "ref": item.ref,
        "status": item.status,
        "source": item.source,
        "created_at": api_time(item.created_at),
        "updated_at": api_time(item.updated_at),
        "web_url": pipeline_url(simulator, project, item),
        "name": None,
    }


def pipeline_url(simulator: Simulator, project: Project, item: Pipeline) -> str:
    """The pipeline's page."""
    return f"{simulator.project_url(project)}/-/pipelines/{item.id}"


def full_pipeline(simulator: Simulator, project: Project, item: Pipeline) -> dict[str, Any]:
    """A pipeline by itself."""
    return {
        **short_pipeline(simulator, project, item),
        "before_sha": item.before_sha,
        "tag": False,
        "yaml_errors": item.yaml_errors,
        "user": user_by_id(simulator, item.user_id),
        "started_at": api_time(item.started_at),
        "finished_at": api_time(item.finished_at),
        "committed_at": None,
        "duration": _whole(seconds_between(item.started_at, item.finished_at)),
        "queued_duration": seconds_between(item.created_at, item.started_at),
        "coverage": None,
        "archived": False,
        "detailed_status": detailed_status(simulator, project, item),
    }


def detailed_status(simulator: Simulator, project: Project, item: Pipeline) -> dict[str, Any]:
    """The status in the words of GitLab's pages."""
    words = {"success": "passed", "canceled": "canceled", "manual": "blocked"}.get(item.status, item.status)
    warned = item.status == "success" and any(job.status == "failed" and not job.retried for job in item.jobs)
    return {
        "icon": "status_warning" if warned else f"status_{item.status}",
        "text": "Warning" if warned else words.capitalize(),
        "label": "passed with warnings" if warned else words,
        "group": "success-with-warnings" if warned else item.status,
        "tooltip": words,
        "has_details": True,
        "details_path": pipeline_url(simulator, project, item).removeprefix(simulator.url),
        "illustration": None,
        "favicon": None,
    }


def job(simulator: Simulator, project: Project, pipeline: Pipeline, item: Job) -> dict[str, Any]:
    """A job."""
    return {
        "id": item.id,
        "status": item.status,
        "stage": item.stage,
        "name": item.name,
        "ref": pipeline.ref,
        "tag": False,
        "coverage": None,
        "allow_failure": item.allow_failure,
        "created_at": api_time(item.created_at),
        "started_at": api_time(item.started_at),
        "finished_at": api_time(item.finished_at),
        "erased_at": None,
        "duration": seconds_between(item.started_at, item.finished_at),
        "queued_duration": seconds_between(item.queued_at, item.started_at),
        "user": user_by_id(simulator, item.user_id),
        "commit": _commit(simulator, project, pipeline),
        "pipeline": short_pipeline(simulator, project, pipeline),
        "failure_reason": item.failure_reason,
        "web_url": f"{simulator.project_url(project)}/-/jobs/{item.id}",
        "project": {"ci_job_token_scope_enabled": False},
        "artifacts": _artifacts(item),
        "runner": RUNNER if item.started_at else None,
        "runner_manager": None,
        "artifacts_expire_at": None,
        "archived": False,
        "tag_list": [],
    }


def _artifacts(item: Job) -> list[dict[str, Any]]:
    """The trace is the only artifact the stand-in keeps."""
    if not item.trace:
        return []
    return [{"file_type": "trace", "size": len(item.trace), "filename": "job.log", "file_format": None}]


def _commit(simulator: Simulator, project: Project, pipeline: Pipeline) -> dict[str, Any]:
    found = simulator.commit_of(project, pipeline.sha)
    return {
        "id": found.sha,
        "short_id": found.sha[:8],
        "title": found.title,
        "message": found.message,
        "created_at": git_time(found.committed_date),
        "author_name": found.author_name,
        "author_email": found.author_email,
        "web_url": f"{simulator.project_url(project)}/-/commit/{found.sha}",
    }


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds)
