"""Labels of projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.errors import conflict, not_found
from simulators.gitlab.model import Access, Label
from simulators.gitlab.paging import page
from simulators.gitlab.shapes import people

if TYPE_CHECKING:
    from simulators.gitlab.model import Project

api = Api()


@api.get("/projects/{project_id}/labels")
def list_labels(call: Call) -> Response:
    """Labels, by name."""
    project, search = call.project(), (call.text("search") or "").lower()
    labels = [label for label in project.labels if search in label.name.lower()]
    return page(call, sorted(labels, key=lambda label: label.name.lower()), people.label)


@api.get("/projects/{project_id}/labels/{label}")
def get_label(call: Call) -> Response:
    """One label, by number or name."""
    return JSONResponse(people.label(_label(call, call.project())))


@api.post("/projects/{project_id}/labels")
def create_label(call: Call) -> Response:
    """Make a label."""
    project = call.project(Access.PLANNER)
    name, color = call.needed("name"), call.needed("color")
    if any(label.name == name for label in project.labels):
        raise conflict("Label already exists")
    label = Label(call.state.next_id("label"), name, color, call.text("description") or "", call.state.now())
    project.labels.append(label)
    return JSONResponse(people.label(label), status_code=201)


@api.put("/projects/{project_id}/labels/{label}")
@api.put("/projects/{project_id}/labels")
def change_label(call: Call) -> Response:
    """Rename or recolour a label; items keep it under its new name."""
    project = call.project(Access.PLANNER)
    label = _label(call, project)
    if new_name := call.text("new_name"):
        for item in [*project.issues, *project.merge_requests]:
            item.labels = [new_name if name == label.name else name for name in item.labels]
        label.name = new_name
    label.color = call.text("color") or label.color
    if call.has("description"):
        label.description = call.text("description") or ""
    return JSONResponse(people.label(label))


@api.delete("/projects/{project_id}/labels/{label}")
def delete_label(call: Call) -> Response:
    """Remove a label, also from the items that had it."""
    project = call.project(Access.PLANNER)
    label = _label(call, project)
    project.labels.remove(label)
    for item in [*project.issues, *project.merge_requests]:
        item.labels = [name for name in item.labels if name != label.name]
    return no_content()


def _label(call: Call, project: Project) -> Label:
    wanted = call.segment("label") if "label" in call.request.path_params else call.needed("name")
    found = next((label for label in project.labels if wanted in {label.name, str(label.id)}), None)
    if found is None:
        raise not_found("Label")
    return found
