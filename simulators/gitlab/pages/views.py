"""The pages: a project, its requests, issues, pipelines, jobs, commits and deliveries.

The law of this module: it reads and renders. Nobody logs in, since the stand-in answers this machine alone, so
the pages show what every user of the scenario may see together.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool

from simulators.gitlab.diffs import diff
from simulators.gitlab.errors import ApiError, not_found
from simulators.gitlab.pages import texts
from simulators.gitlab.pipelines import current_jobs
from simulators.gitlab.routes.hooks import event_shape
from simulators.gitlab.shapes.times import hook_time, seconds_between
from simulators.gitlab.state import find_issue, find_merge_request, find_pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.gitlab.model import Job, Pipeline, Project
    from simulators.gitlab.simulator import Simulator

FOLDER = Path(__file__).parent
COMMITS_SHOWN = 20
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

router = APIRouter()
_environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {"markdown": texts.markdown, "trace": texts.trace, "when": hook_time}
_environment.globals["seconds_between"] = seconds_between

Page = tuple[str, dict[str, Any]]


async def _show(request: Request, build: Callable[[Simulator], Page]) -> Response:
    """Build a page's facts and render them, in one go under the lock."""
    simulator: Simulator = request.app.state.simulator
    return await run_in_threadpool(_render, simulator, build)


def _render(simulator: Simulator, build: Callable[[Simulator], Page]) -> Response:
    status = 200
    with simulator.state.lock:
        try:
            template, facts = build(simulator)
        except ApiError:
            template, facts, status = "missing.html", {}, 404
        users = simulator.state.users
        html = _environment.get_template(template).render(facts, users=users, base=simulator.url)
    return HTMLResponse(html, status_code=status, headers=HEADERS)


@router.get("/-/style.css", response_model=None)
async def style() -> Response:
    """The one style sheet."""
    return FileResponse(FOLDER / "style.css", media_type="text/css")


@router.get("/-/avatar/{number}.svg", response_model=None)
async def avatar(request: Request, number: int) -> Response:
    """A user's initial on a colour of their own."""
    user = request.app.state.simulator.state.users.get(number)
    initial = user.username[0].upper() if user else "?"
    svg = _environment.get_template("avatar.svg").render(initial=initial, hue=number * 67 % 360)
    return Response(svg, media_type="image/svg+xml", headers=HEADERS)


@router.get("/", response_model=None)
async def index(request: Request) -> Response:
    """Every project."""
    return await _show(request, lambda simulator: ("index.html", {"projects": list(simulator.state.projects.values())}))


@router.get("/{path:path}/-/merge_requests/{iid}", response_model=None)
async def merge_request(request: Request, path: str, iid: int) -> Response:
    """A merge request with its discussions, changes and pipelines."""

    def build(simulator: Simulator) -> Page:
        project = simulator.state.find_project(path)
        item = find_merge_request(project, iid)
        facts = {
            "project": project,
            "item": item,
            "status": simulator.merge_status(project, item),
            "files": diff(simulator.repository(project), item.base_sha, item.head_sha),
            "pipelines": [
                pipeline
                for pipeline in reversed(project.pipelines)
                if pipeline.merge_request_iid == iid or pipeline.ref == item.source_branch
            ],
        }
        return "merge_request.html", facts

    return await _show(request, build)


@router.get("/{path:path}/-/issues/{iid}", response_model=None)
async def issue(request: Request, path: str, iid: int) -> Response:
    """An issue with its discussions."""

    def build(simulator: Simulator) -> Page:
        project = simulator.state.find_project(path)
        return "issue.html", {"project": project, "item": find_issue(project, iid)}

    return await _show(request, build)


@router.get("/{path:path}/-/pipelines/{number}", response_model=None)
async def pipeline(request: Request, path: str, number: int) -> Response:
    """A pipeline with its jobs by stage."""

    def build(simulator: Simulator) -> Page:
        project = simulator.state.find_project(path)
        found = find_pipeline(project, number)
        return "pipeline.html", {
            "project": project,
            "pipeline": found,
            "commit": simulator.commit_of(project, found.sha),
            "jobs": current_jobs(found),
            "retried": [job for job in found.jobs if job.retried],
        }

    return await _show(request, build)


@router.get("/{path:path}/-/jobs/{number}", response_model=None)
async def job(request: Request, path: str, number: int) -> Response:
    """A job with its trace."""

    def build(simulator: Simulator) -> Page:
        project = simulator.state.find_project(path)
        owner, found = _find_job(project, number)
        return "job.html", {"project": project, "pipeline": owner, "job": found, "raw": bytes(found.trace)}

    return await _show(request, build)


def _find_job(project: Project, number: int) -> tuple[Pipeline, Job]:
    for owner in project.pipelines:
        for found in owner.jobs:
            if found.id == number:
                return owner, found
    raise not_found()


@router.get("/{path:path}/-/commit/{sha}", response_model=None)
async def commit(request: Request, path: str, sha: str) -> Response:
    """A commit with its changes."""

    def build(simulator: Simulator) -> Page:
        project = simulator.state.find_project(path)
        git = simulator.repository(project)
        full = git.resolve(sha)
        if full is None:
            raise not_found("Commit")
        found = git.commit(full)
        files = diff(git, next(iter(found.parents), None), full)
        return "commit.html", {"project": project, "commit": found, "files": files}

    return await _show(request, build)


@router.get("/{path:path}/-/hooks/{number}", response_model=None)
async def hook(request: Request, path: str, number: int) -> Response:
    """A hook with the log of its deliveries."""

    def build(simulator: Simulator) -> Page:
        project = simulator.state.find_project(path)
        found = next((hook for hook in project.hooks if hook.id == number), None)
        if found is None:
            raise not_found("Hook")
        events = [(event, event_shape(event)) for event in reversed(found.events)]
        executable = simulator.deliveries.is_executable(found)
        return "hook.html", {"project": project, "hook": found, "events": events, "executable": executable}

    return await _show(request, build)


@router.get("/{path:path}", response_model=None)
async def overview(request: Request, path: str) -> Response:
    """A project: branches, commits, requests, issues, pipelines and hooks."""

    def build(simulator: Simulator) -> Page:
        project = simulator.state.find_project(path.strip("/"))
        git = simulator.repository(project)
        head = git.branch_sha(project.default_branch)
        return "project.html", {
            "project": project,
            "branches": git.refs("refs/heads"),
            "commits": git.log(head, limit=COMMITS_SHOWN) if head else [],
            "files": git.tree(head) if head else [],
            "readme": (git.read(head, "README.md") or b"").decode(errors="replace") if head else "",
        }

    return await _show(request, build)
