"""The variables a job gets: GitLab's predefined ones, the project's, and the pipeline's.

The law of this module: names and values only; what the configuration itself sets is in the job's plan. No
token is ever among them: a job here has no business with the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.gitlab.shapes.pipelines import pipeline_url

if TYPE_CHECKING:
    from simulators.gitlab.model import Job, MergeRequest, Pipeline, Project
    from simulators.gitlab.repositories import Commit
    from simulators.gitlab.simulator import Simulator


def predefined_variables(simulator: Simulator, project: Project, pipeline: Pipeline, job: Job) -> dict[str, str]:
    """Every variable of one job besides the configuration's own."""
    request = next((item for item in project.merge_requests if item.iid == pipeline.merge_request_iid), None)
    return {
        **_surroundings(simulator, project),
        **_commit(simulator.commit_of(project, pipeline.sha), pipeline, request),
        **_place(simulator, project, pipeline, job),
        **({} if request is None else _merge_request(request)),
        **project.variables,
        **pipeline.variables,
    }


def _surroundings(simulator: Simulator, project: Project) -> dict[str, str]:
    namespace, _, name = project.path.rpartition("/")
    return {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_SERVER": "yes",
        "CI_SERVER_URL": simulator.url,
        "CI_API_V4_URL": f"{simulator.url}/api/v4",
        "CI_PROJECT_ID": str(project.id),
        "CI_PROJECT_NAME": name,
        "CI_PROJECT_NAMESPACE": namespace,
        "CI_PROJECT_PATH": project.path,
        "CI_PROJECT_PATH_SLUG": _slug(project.path),
        "CI_PROJECT_TITLE": project.name,
        "CI_PROJECT_URL": simulator.project_url(project),
        "CI_PROJECT_VISIBILITY": project.visibility,
        "CI_REPOSITORY_URL": f"{simulator.project_url(project)}.git",
        "CI_DEFAULT_BRANCH": project.default_branch,
        "CI_CONFIG_PATH": ".gitlab-ci.yml",
    }


def _commit(commit: Commit, pipeline: Pipeline, request: MergeRequest | None) -> dict[str, str]:
    ref = pipeline.ref if request is None else request.source_branch
    known = {
        "CI_COMMIT_SHA": commit.sha,
        "CI_COMMIT_SHORT_SHA": commit.sha[:8],
        "CI_COMMIT_BEFORE_SHA": pipeline.before_sha,
        "CI_COMMIT_REF_NAME": ref,
        "CI_COMMIT_REF_SLUG": _slug(ref),
        "CI_COMMIT_TITLE": commit.title,
        "CI_COMMIT_MESSAGE": commit.message,
        "CI_COMMIT_AUTHOR": f"{commit.author_name} <{commit.author_email}>",
        "CI_COMMIT_TIMESTAMP": commit.committed_date,
    }
    return known if request is not None else {**known, "CI_COMMIT_BRANCH": ref}


def _place(simulator: Simulator, project: Project, pipeline: Pipeline, job: Job) -> dict[str, str]:
    user = simulator.state.users[job.user_id]
    return {
        "CI_PIPELINE_ID": str(pipeline.id),
        "CI_PIPELINE_IID": str(pipeline.iid),
        "CI_PIPELINE_SOURCE": pipeline.source,
        "CI_PIPELINE_URL": pipeline_url(simulator, project, pipeline),
        "CI_JOB_ID": str(job.id),
        "CI_JOB_NAME": job.name,
        "CI_JOB_STAGE": job.stage,
        "CI_JOB_URL": f"{simulator.project_url(project)}/-/jobs/{job.id}",
        "GITLAB_USER_ID": str(user.id),
        "GITLAB_USER_LOGIN": user.username,
        "GITLAB_USER_NAME": user.name,
        "GITLAB_USER_EMAIL": simulator.email(user),
    }


def _merge_request(request: MergeRequest) -> dict[str, str]:
    return {
        "CI_MERGE_REQUEST_ID": str(request.id),
        "CI_MERGE_REQUEST_IID": str(request.iid),
        "CI_MERGE_REQUEST_TITLE": request.title,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": request.source_branch,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": request.target_branch,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": request.base_sha,
    }


def _slug(text: str) -> str:
    clean = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in text.lower())
    return clean[:63].strip("-")
