"""The instance, its users and the token of the call."""

from __future__ import annotations

from simulators.gitlab.calls import Api, Call, JSONResponse, Response
from simulators.gitlab.errors import not_found
from simulators.gitlab.paging import page
from simulators.gitlab.shapes import people
from simulators.gitlab.simulator import REVISION, VERSION

api = Api()


@api.get("/version")
def version(call: Call) -> Response:
    """The version; only for somebody who is known."""
    _ = call.me
    return JSONResponse({"version": VERSION, "revision": REVISION})


@api.get("/metadata")
def metadata(call: Call) -> Response:
    """The version and what comes with it."""
    _ = call.me
    kas = {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None}
    return JSONResponse({"version": VERSION, "revision": REVISION, "kas": kas, "enterprise": True})


@api.get("/user")
def own_user(call: Call) -> Response:
    """Who calls."""
    return JSONResponse(people.own_user(call.simulator, call.me))


@api.get("/users")
def list_users(call: Call) -> Response:
    """Users, by exact name or by part of a name."""
    _ = call.me
    users = list(call.state.users.values())
    if (username := call.text("username")) is not None:
        users = [user for user in users if user.username.lower() == username.lower()]
    if search := call.text("search"):
        users = [user for user in users if search.lower() in f"{user.username} {user.name}".lower()]
    if call.flag("active"):
        users = [user for user in users if user.state == "active"]
    return page(call, users, lambda user: people.full_user(call.simulator, user))


@api.get("/users/{user_id}")
def get_user(call: Call) -> Response:
    """One user."""
    _ = call.me
    user = call.state.users.get(call.segment_number("user_id"))
    if user is None:
        raise not_found("User")
    return JSONResponse(people.full_user(call.simulator, user))


@api.get("/personal_access_tokens/self")
def own_token(call: Call) -> Response:
    """The token of the call."""
    return JSONResponse(people.own_token(call.me))
