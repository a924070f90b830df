"""Branches and the rules that protect them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.gitlab import auth
from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.errors import conflict, forbidden, not_found, refused
from simulators.gitlab.model import Access, ProtectedBranch
from simulators.gitlab.paging import keyset_page, page
from simulators.gitlab.pushes import RefUpdate, after_push
from simulators.gitlab.repositories import ZERO_SHA
from simulators.gitlab.shapes import repository as shapes

if TYPE_CHECKING:
    from typing import Any

    from simulators.gitlab.model import Project
    from simulators.gitlab.repositories import Repository

api = Api()


@api.get("/projects/{project_id}/repository/branches")
def list_branches(call: Call) -> Response:
    """Branches by name; `search` takes `^start` and `end$`."""
    project, git = call.code()
    wanted = call.text("search") or ""
    names = [name for name in git.refs("refs/heads") if _matches(name, wanted)]
    return keyset_page(call, names, lambda name: _branch(call, project, git, name), key=lambda name: name, cursor="page_token")


def _matches(name: str, wanted: str) -> bool:
    if wanted.startswith("^"):
        return name.startswith(wanted[1:])
    return name.endswith(wanted[:-1]) if wanted.endswith("$") else wanted in name


def _branch(call: Call, project: Project, git: Repository, name: str) -> dict[str, Any]:
    sha = git.branch_sha(name)
    if sha is None:
        raise not_found("Branch")
    default = git.branch_sha(project.default_branch)
    merged = name != project.default_branch and default is not None and git.is_ancestor(sha, default)
    return shapes.branch(call.simulator, project, name, git.commit(sha), user=call.user, merged=merged)


@api.get("/projects/{project_id}/repository/branches/{branch}")
def get_branch(call: Call) -> Response:
    """One branch."""
    project, git = call.code()
    return JSONResponse(_branch(call, project, git, call.segment("branch")))


@api.post("/projects/{project_id}/repository/branches")
def create_branch(call: Call) -> Response:
    """Start a branch at a ref."""
    name, ref = call.needed("branch"), call.needed("ref")
    project, git = call.code(Access.DEVELOPER)
    if not git.is_valid_branch(name):
        raise refused("Branch name is invalid")
    if git.branch_sha(name) is not None:
        raise refused("Branch already exists")
    sha = git.resolve(ref)
    if sha is None:
        raise refused(f"Failed to create branch '{name}': invalid reference name '{ref}'")
    if not auth.can_push(call.me, project, name):
        raise forbidden("You are not allowed to create protected branches on this project.")
    git.update_ref(f"refs/heads/{name}", sha, ZERO_SHA)
    after_push(call.simulator, project, call.me, [RefUpdate(f"refs/heads/{name}", ZERO_SHA, sha)])
    return JSONResponse(_branch(call, project, git, name), status_code=201)


@api.delete("/projects/{project_id}/repository/branches/{branch}")
def delete_branch(call: Call) -> Response:
    """Remove a branch; a protected one and the default one stay."""
    project, git = call.code(Access.DEVELOPER)
    name = call.segment("branch")
    sha = git.branch_sha(name)
    if sha is None:
        raise not_found("Branch")
    if name == project.default_branch:
        raise refused("Cannot remove HEAD branch", status=405)
    if auth.protection_of(project, name) is not None:
        raise refused("Protected branch cannot be removed", status=405)
    git.update_ref(f"refs/heads/{name}", ZERO_SHA, sha)
    after_push(call.simulator, project, call.me, [RefUpdate(f"refs/heads/{name}", sha, ZERO_SHA)])
    return no_content()


@api.get("/projects/{project_id}/protected_branches")
def list_protected(call: Call) -> Response:
    """The rules."""
    return page(call, call.project(Access.MAINTAINER).protected_branches, shapes.protected_branch)


@api.get("/projects/{project_id}/protected_branches/{name}")
def get_protected(call: Call) -> Response:
    """One rule."""
    return JSONResponse(shapes.protected_branch(_rule(call, call.project(Access.MAINTAINER))))


@api.post("/projects/{project_id}/protected_branches")
def protect(call: Call) -> Response:
    """Protect a branch or a pattern; Maintainers may push and merge where nothing else is said."""
    project = call.project(Access.MAINTAINER)
    name = call.needed("name")
    if any(rule.name == name for rule in project.protected_branches):
        raise conflict(f"Protected branch '{name}' already exists")
    push, merge = call.number("push_access_level"), call.number("merge_access_level")
    rule = ProtectedBranch(
        call.state.next_id("protected_branch"),
        name,
        Access.MAINTAINER if push is None else push,
        Access.MAINTAINER if merge is None else merge,
        allow_force_push=bool(call.flag("allow_force_push")),
    )
    project.protected_branches.append(rule)
    return JSONResponse(shapes.protected_branch(rule), status_code=201)


@api.put("/projects/{project_id}/protected_branches/{name}")
def change_protected(call: Call) -> Response:
    """Allow or refuse force pushes."""
    rule = _rule(call, call.project(Access.MAINTAINER))
    if (allowed := call.flag("allow_force_push")) is not None:
        rule.allow_force_push = allowed
    return JSONResponse(shapes.protected_branch(rule))


@api.delete("/projects/{project_id}/protected_branches/{name}")
def unprotect(call: Call) -> Response:
    """Take a rule away."""
    project = call.project(Access.MAINTAINER)
    project.protected_branches.remove(_rule(call, project))
    return no_content()


def _rule(call: Call, project: Project) -> ProtectedBranch:
    found = next((rule for rule in project.protected_branches if rule.name == call.segment("name")), None)
    if found is None:
        raise not_found()
    return found
