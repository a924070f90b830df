"""Pipelines, and checking a CI configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab import pipelines
from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.ci import CiConfigError, PipelineFilteredError
from simulators.gitlab.errors import bad_parameter, forbidden, invalid, not_found
from simulators.gitlab.model import Access
from simulators.gitlab.paging import page
from simulators.gitlab.shapes import pipelines as shapes

if TYPE_CHECKING:
    from simulators.gitlab.model import Pipeline, Project

api = Api()
PATH = "/projects/{project_id}/pipelines"
ONE = PATH + "/{pipeline_id}"
SCOPES = {
    "running": {"running"},
    "pending": {"pending"},
    "finished": {"success", "failed", "canceled"},
}


@api.get(PATH)
def list_pipelines(call: Call) -> Response:
    """Pipelines, newest first unless `sort=asc`."""
    project, _ = call.code()
    kept = _filtered(call, project)
    kept.sort(key=lambda pipeline: pipeline.id, reverse=call.text("sort") != "asc")
    return page(call, kept, lambda pipeline: shapes.short_pipeline(call.simulator, project, pipeline))


def _filtered(call: Call, project: Project) -> list[Pipeline]:
    kept = list(project.pipelines)
    for field in ("ref", "sha", "status", "source"):
        if wanted := call.text(field):
            kept = [pipeline for pipeline in kept if getattr(pipeline, field) == wanted]
    if (scope := call.text("scope")) in SCOPES:
        kept = [pipeline for pipeline in kept if pipeline.status in SCOPES[str(scope)]]
    if username := call.text("username"):
        user = call.state.user_by_username(username)
        kept = [pipeline for pipeline in kept if user is not None and pipeline.user_id == user.id]
    return kept


@api.get(f"{PATH}/latest")
def latest(call: Call) -> Response:
    """The newest pipeline of a branch's head."""
    project, git = call.code()
    ref = call.text("ref") or project.default_branch
    sha = git.resolve(ref)
    found = [pipeline for pipeline in project.pipelines if pipeline.ref == ref and pipeline.sha == sha]
    if not found:
        raise forbidden() if sha is None else not_found("Pipeline")
    return _full(call, project, found[-1])


@api.get(ONE)
def get_pipeline(call: Call) -> Response:
    """One pipeline."""
    project, _ = call.code()
    return _full(call, project, call.pipeline(project))


@api.post("/projects/{project_id}/pipeline")
def create_pipeline(call: Call) -> Response:
    """Run a pipeline on a ref."""
    project, git = call.code(Access.DEVELOPER)
    ref = call.needed("ref")
    sha = git.branch_sha(ref) or git.refs("refs/tags").get(ref)
    if sha is None:
        raise invalid(base="Reference not found")
    occasion = pipelines.Occasion(ref=ref, sha=sha, source="api", variables=_variables(call))
    pipeline = pipelines.create_pipeline(call.simulator, project, call.me, occasion)
    if pipeline is None:
        missing = git.read(sha, pipelines.CONFIG_PATH) is None
        raise invalid(base="Missing CI config file" if missing else "Pipeline will not run for the selected trigger.")
    if pipeline.yaml_errors:
        raise invalid(base=pipeline.yaml_errors)
    return _full(call, project, pipeline, status=201)


def _variables(call: Call) -> dict[str, str]:
    pairs = call.parameters.get("variables") or []
    if not isinstance(pairs, list) or not all(isinstance(pair, dict) and "key" in pair for pair in pairs):
        raise bad_parameter("variables is invalid")
    return {str(pair["key"]): str(pair.get("value", "")) for pair in pairs}


@api.post(f"{ONE}/retry")
def retry(call: Call) -> Response:
    """Run the failed and canceled jobs again."""
    project, _ = call.code(Access.DEVELOPER)
    pipeline = call.pipeline(project)
    pipelines.retry_pipeline(call.simulator, project, pipeline, call.me)
    return _full(call, project, pipeline, status=201)


@api.post(f"{ONE}/cancel")
def cancel(call: Call) -> Response:
    """Stop it."""
    project, _ = call.code(Access.DEVELOPER)
    pipeline = call.pipeline(project)
    pipelines.cancel_pipeline(call.simulator, project, pipeline)
    return _full(call, project, pipeline)


@api.delete(ONE)
def delete(call: Call) -> Response:
    """Remove it with its jobs; for Owners."""
    project, _ = call.code(Access.OWNER)
    pipeline = call.pipeline(project)
    pipelines.cancel_pipeline(call.simulator, project, pipeline)
    project.pipelines.remove(pipeline)
    return no_content()


@api.get(f"{ONE}/variables")
def list_variables(call: Call) -> Response:
    """What was set when it was started by hand."""
    project, _ = call.code(Access.DEVELOPER)
    variables = call.pipeline(project).variables
    return JSONResponse([{"key": key, "value": value, "variable_type": "env_var"} for key, value in variables.items()])


@api.get(f"{ONE}/bridges")
def bridges(call: Call) -> Response:
    """Jobs that start other pipelines: there are none here."""
    project, _ = call.code()
    call.pipeline(project)
    return page(call, [], lambda item: item)


@api.get(f"{ONE}/test_report")
def test_report(call: Call) -> Response:
    """An empty report: jobs keep no artifacts here."""
    project, _ = call.code()
    call.pipeline(project)
    counts = {f"{name}_count": 0 for name in ("total", "success", "failed", "skipped", "error")}
    return JSONResponse({"total_time": 0.0, **counts, "test_suites": []})


def _full(call: Call, project: Project, pipeline: Pipeline, *, status: int = 200) -> Response:
    return JSONResponse(shapes.full_pipeline(call.simulator, project, pipeline), status_code=status)


@api.post("/projects/{project_id}/ci/lint")
def lint_content(call: Call) -> Response:
    """Check a configuration that was sent."""
    project, git = call.code(Access.DEVELOPER)
    ref = call.text("ref") or project.default_branch
    return JSONResponse(_lint(call, project, call.needed("content"), ref, git.resolve(ref)))


@api.get("/projects/{project_id}/ci/lint")
def lint_file(call: Call) -> Response:
    """Check the configuration of a commit."""
    project, git = call.code()
    ref = call.text("content_ref") or call.text("sha") or project.default_branch
    sha = call.commit_sha(git, ref, "")
    content = git.read(sha, pipelines.CONFIG_PATH)
    if content is None:
        return JSONResponse({"valid": False, "errors": ["Please provide content of .gitlab-ci.yml"], "warnings": []})
    return JSONResponse(_lint(call, project, content.decode(errors="replace"), ref, sha))


def _lint(call: Call, project: Project, content: str, ref: str, sha: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"valid": True, "errors": [], "warnings": [], "merged_yaml": content, "includes": []}
    if sha is None:
        return {**answer, "valid": False, "errors": ["Reference not found"]}
    occasion = pipelines.Occasion(ref=ref, sha=sha, source="push")
    try:
        plan = pipelines.plan_for(call.simulator, project, occasion, content)
    except PipelineFilteredError:
        return answer
    except CiConfigError as error:
        return {**answer, "valid": False, "errors": [str(error)]}
    if call.flag("include_jobs"):
        answer["jobs"] = [{"name": job.name, "stage": job.stage, "script": list(job.script), "when": job.when} for job in plan.jobs]
    return answer
