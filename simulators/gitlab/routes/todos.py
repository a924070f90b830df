"""To-dos of the user who asks; nobody sees another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.gitlab import noteables
from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.errors import not_found
from simulators.gitlab.paging import page
from simulators.gitlab.shapes import noteables as shapes
from simulators.gitlab.threads import item_of

if TYPE_CHECKING:
    from simulators.gitlab.model import Todo

api = Api()


@api.get("/todos")
def list_todos(call: Call) -> Response:
    """Pending ones, or those in `state`; newest first."""
    me = call.me
    state = call.text("state") or "pending"
    filters = {"action": call.text("action"), "type": call.text("type")}
    author, project = call.number("author_id"), call.number("project_id")
    found = [
        todo
        for todo in reversed(call.state.todos)
        if todo.user_id == me.id
        and todo.state == state
        and filters["action"] in {None, todo.action}
        and filters["type"] in {None, shapes.type_name(todo.target)}
        and author in {None, todo.author_id}
        and project in {None, todo.project_id}
    ]
    return page(call, found, lambda todo: shapes.todo(call.simulator, todo, me))


@api.post("/todos/mark_as_done")
def mark_all_done(call: Call) -> Response:
    """Finish all of the caller's."""
    for todo in call.state.todos:
        if todo.user_id == call.me.id:
            todo.state = "done"
    return no_content()


@api.post("/todos/{todo_id}/mark_as_done")
def mark_done(call: Call) -> Response:
    """Finish one."""
    todo = _own(call, call.segment_number("todo_id"))
    todo.state = "done"
    return JSONResponse(shapes.todo(call.simulator, todo, call.me), status_code=201)


@api.post("/projects/{project_id}/issues/{iid}/todo")
@api.post("/projects/{project_id}/merge_requests/{iid}/todo")
def create_todo(call: Call) -> Response:
    """A to-do for oneself: the API makes none for others."""
    project, item = item_of(call)
    me = call.me
    for todo in call.state.todos:
        if todo.user_id == me.id and todo.target is item and todo.state == "pending":
            return Response(status_code=304)
    url = shapes.item_url(call.simulator, project, item)
    noteables.add_todo(call.simulator, project, item, me, me, action="marked", body=item.title, url=url)
    return JSONResponse(shapes.todo(call.simulator, call.state.todos[-1], me), status_code=201)


def _own(call: Call, number: int) -> Todo:
    found = next((todo for todo in call.state.todos if todo.id == number and todo.user_id == call.me.id), None)
    if found is None:
        raise not_found()
    return found
