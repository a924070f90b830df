"""Projects."""

from __future__ import annotations

from simulators.gitlab import auth
from simulators.gitlab.calls import Api, Call, JSONResponse, Response
from simulators.gitlab.model import Access
from simulators.gitlab.paging import keyset_page
from simulators.gitlab.shapes import people

api = Api()


@api.get("/projects")
def list_projects(call: Call) -> Response:
    """Projects the caller may see, newest first."""
    least = call.number("min_access_level") or (Access.GUEST if call.flag("membership") else Access.NONE)
    projects = [
        project
        for project in call.state.projects.values()
        if auth.can_see(call.user, project) and (not least or auth.access_level(call.user, project) >= least)
    ]
    if search := call.text("search"):
        projects = [project for project in projects if search.lower() in f"{project.path} {project.name}".lower()]
    if visibility := call.text("visibility"):
        projects = [project for project in projects if project.visibility == visibility]
    projects.sort(key=lambda project: project.id, reverse=call.text("sort") != "asc")
    return keyset_page(
        call,
        projects,
        lambda project: people.project(call.simulator, project, call.user),
        key=lambda project: str(project.id),
        cursor="cursor",
    )


@api.get("/projects/{project_id}")
def get_project(call: Call) -> Response:
    """One project, by number or encoded path."""
    return JSONResponse(people.project(call.simulator, call.project(), call.user))


@api.put("/projects/{project_id}")
def update_project(call: Call) -> Response:
    """Change name, description or visibility; for Maintainers."""
    project = call.project(Access.MAINTAINER)
    project.name = call.text("name") or project.name
    if call.has("description"):
        project.description = call.text("description") or ""
    if (visibility := call.text("visibility")) in people.VISIBILITY_LEVELS:
        project.visibility = str(visibility)
    return JSONResponse(people.project(call.simulator, project, call.user))
