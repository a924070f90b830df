"""Merging and approving merge requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab import auth, hooks, noteables
from simulators.gitlab.calls import Api, Call, JSONResponse, Response
from simulators.gitlab.errors import ApiError, conflict, forbidden, not_allowed, unauthorized
from simulators.gitlab.model import Access
from simulators.gitlab.pushes import RefUpdate, after_push
from simulators.gitlab.repositories import ZERO_SHA
from simulators.gitlab.shapes import noteables as shapes
from simulators.gitlab.shapes.people import short_user
from simulators.gitlab.shapes.times import api_time

if TYPE_CHECKING:
    from simulators.gitlab.model import MergeRequest, Project

api = Api()
PATH = "/projects/{project_id}/merge_requests/{iid}"


@api.put(f"{PATH}/merge")
def merge(call: Call) -> Response:
    """Merge, if the caller may, the request can be, and `sha` (where sent) is still its head."""
    project = call.project()
    item = call.merge_request(project)
    if not auth.can_merge(call.me, project, item.target_branch):
        raise unauthorized()
    if item.state != "opened" or item.draft:
        raise not_allowed()
    _check_sha(call, item)
    if call.simulator.merge_status(project, item) != "mergeable":
        raise ApiError(422, {"message": "Branch cannot be merged"})
    _write_merge(call, project, item)
    return JSONResponse(shapes.full_merge_request(call.simulator, project, item, user=call.user))


def _check_sha(call: Call, item: MergeRequest) -> None:
    claimed = call.text("sha")
    if claimed and claimed != item.head_sha:
        raise conflict(f"SHA does not match HEAD of source branch: {item.head_sha}")


def _write_merge(call: Call, project: Project, item: MergeRequest) -> None:
    """Write the merge commit, move the target, and tell everybody."""
    git, me, now = call.simulator.repository(project), call.me, call.state.now()
    target = git.branch_sha(item.target_branch) or ZERO_SHA
    tree = git.merge_tree(target, item.head_sha) or ""
    message = call.text("merge_commit_message") or _message(project, item)
    person = f"{me.name} <{call.simulator.email(me)}> {int(now.timestamp())} +0000"
    lines = [f"tree {tree}", f"parent {target}", f"parent {item.head_sha}", f"author {person}", f"committer {person}"]
    commit = "\n".join([*lines, "", message, ""]).encode()
    sha = git.git("hash-object", "-t", "commit", "-w", "--stdin", data=commit).decode().strip()
    git.update_ref(f"refs/heads/{item.target_branch}", sha, target)
    item.state, item.merge_commit_sha, item.merged_at, item.merged_by_id = "merged", sha, now, me.id
    item.updated_at = now
    noteables.system_note(call.simulator, item, me, "merged")
    hooks.item_changed(call.simulator, project, item, me, action="merge")
    updates = [RefUpdate(f"refs/heads/{item.target_branch}", target, sha)]
    if call.flag("should_remove_source_branch") or item.remove_source_branch:
        updates += _remove_source(call, project, item)
    after_push(call.simulator, project, me, updates)


def _message(project: Project, item: MergeRequest) -> str:
    title = f"Merge branch '{item.source_branch}' into '{item.target_branch}'"
    return f"{title}\n\n{item.title}\n\nSee merge request {project.path}!{item.iid}"


def _remove_source(call: Call, project: Project, item: MergeRequest) -> list[RefUpdate]:
    git = call.simulator.repository(project)
    head = git.branch_sha(item.source_branch)
    if head is None or auth.protection_of(project, item.source_branch) is not None:
        return []
    git.update_ref(f"refs/heads/{item.source_branch}", ZERO_SHA, head)
    return [RefUpdate(f"refs/heads/{item.source_branch}", head, ZERO_SHA)]


@api.post(f"{PATH}/approve")
def approve(call: Call) -> Response:
    """Approve the head the caller saw: 409 when `sha` is not it; a Developer and up, not twice."""
    project = call.project()
    item = call.merge_request(project)
    if auth.access_level(call.me, project) < Access.DEVELOPER or call.me.id in item.approved_by_ids:
        raise unauthorized()
    _check_sha(call, item)
    item.approved_by_ids.append(call.me.id)
    noteables.system_note(call.simulator, item, call.me, "approved this merge request")
    hooks.item_changed(call.simulator, project, item, call.me, action="approved")
    return JSONResponse(_approvals(call, project, item), status_code=201)


@api.post(f"{PATH}/unapprove")
def unapprove(call: Call) -> Response:
    """Take the own approval back."""
    project = call.project()
    item = call.merge_request(project)
    if call.me.id not in item.approved_by_ids:
        raise forbidden()
    item.approved_by_ids.remove(call.me.id)
    noteables.system_note(call.simulator, item, call.me, "unapproved this merge request")
    hooks.item_changed(call.simulator, project, item, call.me, action="unapproved")
    return JSONResponse(_approvals(call, project, item), status_code=201)


@api.get(f"{PATH}/approvals")
def approvals(call: Call) -> Response:
    """Who approved. There are no rules here: one approval is enough, as in the free tier."""
    project = call.project()
    return JSONResponse(_approvals(call, project, call.merge_request(project)))


def _approvals(call: Call, project: Project, item: MergeRequest) -> dict[str, Any]:
    users = call.state.users
    mine = call.user is not None and call.user.id in item.approved_by_ids
    may = auth.access_level(call.user, project) >= Access.DEVELOPER
    return {
        "id": item.id,
        "iid": item.iid,
        "project_id": project.id,
        "title": item.title,
        "state": item.state,
        "created_at": api_time(item.created_at),
        "updated_at": api_time(item.updated_at),
        "approved": bool(item.approved_by_ids),
        "approvals_required": 0,
        "approvals_left": 0,
        "approved_by": [
            {"user": short_user(call.simulator, users[number]), "approved_at": api_time(item.updated_at)}
            for number in item.approved_by_ids
        ],
        "user_has_approved": mine,
        "user_can_approve": may and not mine,
    }
