"""Members of projects. Groups are not modelled: all membership is direct, and `members/all` says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.gitlab import auth
from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.errors import bad_parameter, conflict, forbidden, not_found
from simulators.gitlab.model import Access
from simulators.gitlab.paging import page
from simulators.gitlab.shapes import people

if TYPE_CHECKING:
    from simulators.gitlab.model import Project, User

api = Api()
LEVELS = frozenset({5, 10, 15, 20, 30, 40, 50})


@api.get("/projects/{project_id}/members")
@api.get("/projects/{project_id}/members/all")
def list_members(call: Call) -> Response:
    """Members, by part of a name or by numbers."""
    project = call.project()
    _ = call.me
    members = [call.state.users[number] for number in project.members if number in call.state.users]
    if query := call.text("query"):
        members = [user for user in members if query.lower() in f"{user.username} {user.name}".lower()]
    if (wanted := call.numbers("user_ids")) is not None:
        members = [user for user in members if user.id in wanted]
    return page(call, members, lambda user: people.member(call.simulator, user, project.members[user.id]))


@api.get("/projects/{project_id}/members/{user_id}")
@api.get("/projects/{project_id}/members/all/{user_id}")
def get_member(call: Call) -> Response:
    """One member, or 404."""
    project = call.project()
    _ = call.me
    user = _member(call, project)
    return JSONResponse(people.member(call.simulator, user, project.members[user.id]))


@api.post("/projects/{project_id}/members")
def add_member(call: Call) -> Response:
    """Add a user, by number or name."""
    project = call.project(Access.MAINTAINER)
    level = _level(call, project)
    user = _named(call)
    if user.id in project.members:
        raise conflict("Member already exists")
    project.members[user.id] = level
    return JSONResponse(people.member(call.simulator, user, level), status_code=201)


@api.put("/projects/{project_id}/members/{user_id}")
def change_member(call: Call) -> Response:
    """Give a member another level."""
    project = call.project(Access.MAINTAINER)
    user = _member(call, project)
    level = _level(call, project)
    if project.members[user.id] > auth.access_level(call.me, project):
        raise forbidden()
    project.members[user.id] = level
    return JSONResponse(people.member(call.simulator, user, level))


@api.delete("/projects/{project_id}/members/{user_id}")
def remove_member(call: Call) -> Response:
    """Remove a member; anybody may leave."""
    project = call.project()
    user = _member(call, project)
    if user.id != call.me.id:
        call.require(project, Access.MAINTAINER)
    if project.members[user.id] > auth.access_level(call.me, project):
        raise forbidden()
    del project.members[user.id]
    return no_content()


def _member(call: Call, project: Project) -> User:
    number = call.segment_number("user_id")
    if number not in project.members or number not in call.state.users:
        raise not_found()
    return call.state.users[number]


def _named(call: Call) -> User:
    numbers, username = call.numbers("user_id"), call.text("username")
    user = call.state.users.get(numbers[0]) if numbers else call.state.user_by_username(username or "")
    if not numbers and username is None:
        raise bad_parameter("user_id, username are missing, exactly one parameter must be provided")
    if user is None:
        raise not_found("User")
    return user


def _level(call: Call, project: Project) -> int:
    """The level asked for; nobody gives more than they have."""
    level = int(call.needed("access_level")) if call.needed("access_level").isdecimal() else -1
    if level not in LEVELS:
        raise bad_parameter("access_level does not have a valid value")
    if level > auth.access_level(call.me, project):
        raise forbidden()
    return level
