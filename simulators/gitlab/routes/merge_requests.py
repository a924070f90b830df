"""Merge requests: listing, opening and changing them. Merging and approving are in `merging`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.gitlab import auth, hooks, noteables
from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.diffs import diff
from simulators.gitlab.errors import ApiError, conflict, invalid
from simulators.gitlab.filters import filtered, keep_common, person_named, sorted_by
from simulators.gitlab.model import Access, MergeRequest
from simulators.gitlab.paging import page
from simulators.gitlab.pushes import create_merge_request_pipeline
from simulators.gitlab.shapes import noteables as shapes
from simulators.gitlab.shapes import pipelines as pipeline_shapes
from simulators.gitlab.shapes import repository as repository_shapes

if TYPE_CHECKING:
    from simulators.gitlab.diffs import FileDiff
    from simulators.gitlab.model import Project
    from simulators.gitlab.repositories import Repository

api = Api()
PATH = "/projects/{project_id}/merge_requests"


@api.get("/merge_requests")
def list_own_merge_requests(call: Call) -> Response:
    """Merge requests of all projects, for the caller."""
    me, scope = call.me, call.text("scope") or "created_by_me"
    visible = [
        item
        for project in call.state.projects.values()
        if auth.can_read_code(me, project)
        for item in project.merge_requests
        if scope == "all" or me.id in ([item.author_id] if scope.startswith("created") else item.assignee_ids)
    ]
    kept = sorted_by(call, filtered(call, visible))
    projects = call.state.projects
    return page(call, kept, lambda item: shapes.merge_request(call.simulator, projects[item.project_id], item))


@api.get(PATH)
def list_merge_requests(call: Call) -> Response:
    """Merge requests of a project."""
    project, _ = call.code()
    kept = list(project.merge_requests)
    for field in ("source_branch", "target_branch"):
        if wanted := call.text(field):
            kept = [item for item in kept if getattr(item, field) == wanted]
    if (draft := call.flag("draft")) is not None or (draft := _wip(call)) is not None:
        kept = [item for item in kept if item.draft == draft]
    if (reviewer := person_named(call, "reviewer")) is not None:
        kept = [item for item in kept if reviewer in item.reviewer_ids]
    kept = sorted_by(call, filtered(call, kept))
    return page(call, kept, lambda item: shapes.merge_request(call.simulator, project, item))


def _wip(call: Call) -> bool | None:
    return {"yes": True, "no": False}.get(call.text("wip") or "")


@api.get(PATH + "/{iid}")
def get_merge_request(call: Call) -> Response:
    """One merge request."""
    project = call.project()
    item = call.merge_request(project)
    return JSONResponse(shapes.full_merge_request(call.simulator, project, item, user=call.user))


@api.post(PATH)
def create_merge_request(call: Call) -> Response:
    """Open a merge request between two branches."""
    source, target, title = call.needed("source_branch"), call.needed("target_branch"), call.needed("title")
    project, git = call.code(Access.DEVELOPER)
    head = _check_branches(project, git, source, target)
    now = call.state.now()
    item = MergeRequest(
        id=call.state.next_id("merge_request"),
        iid=project.next_iid("merge_request"),
        project_id=project.id,
        title=title,
        description=call.text("description") or "",
        author_id=call.me.id,
        created_at=now,
        updated_at=now,
        source_branch=source,
        target_branch=target,
        head_sha=head,
        base_sha=head,
        start_sha=head,
        remove_source_branch=bool(call.flag("remove_source_branch")),
        squash=bool(call.flag("squash")),
    )
    noteables.refresh_diff_refs(call.simulator, project, item, head=head)
    item.updated_at = now
    project.merge_requests.append(item)
    noteables.set_labels(call.simulator, project, item, call.me, call.words("labels") or [])
    _set_people(call, project, item)
    url = shapes.item_url(call.simulator, project, item)
    noteables.mention(call.simulator, project, item, call.me, item.description, url=url)
    hooks.item_changed(call.simulator, project, item, call.me, action="open")
    create_merge_request_pipeline(call.simulator, project, call.me, item)
    return JSONResponse(shapes.full_merge_request(call.simulator, project, item, user=call.user), status_code=201)


def _check_branches(project: Project, git: Repository, source: str, target: str) -> str:
    """The source's head.

    Raises:
        ApiError: 400 when a branch is missing or both are one, 409 when such a request is open already.
    """
    head = git.branch_sha(source)
    if head is None:
        raise invalid(source_branch="does not exist")
    if git.branch_sha(target) is None:
        raise invalid(target_branch="does not exist")
    if source == target:
        raise invalid(validate_branches="You can't use same project/branch for source and target")
    for item in project.merge_requests:
        if item.state == "opened" and (item.source_branch, item.target_branch) == (source, target):
            raise ApiError(409, {"message": [f"Another open merge request already exists for this source branch: !{item.iid}"]})
    return head


@api.put(PATH + "/{iid}")
def update_merge_request(call: Call) -> Response:
    """Change a merge request: its author, or a Developer and up."""
    project = call.project()
    item = call.merge_request(project)
    if call.me.id != item.author_id:
        call.require(project, Access.DEVELOPER)
    if call.has("title") and not (call.text("title") or "").strip():
        raise invalid(title="can't be blank")
    before = noteables.snapshot(project, item)
    _retarget(call, project, item)
    keep_common(call, project, item)
    _set_people(call, project, item)
    if (remove := call.flag("remove_source_branch")) is not None:
        item.remove_source_branch = remove
    if (squash := call.flag("squash")) is not None:
        item.squash = squash
    action = "update"
    if event := call.text("state_event"):
        action = noteables.set_state(call.simulator, item, call.me, event) or action
    item.updated_at, item.updated_by_id = call.state.now(), call.me.id
    changes = noteables.differences(call.simulator, before, noteables.snapshot(project, item))
    hooks.item_changed(call.simulator, project, item, call.me, action=action, changes=changes)
    return JSONResponse(shapes.full_merge_request(call.simulator, project, item, user=call.user))


def _retarget(call: Call, project: Project, item: MergeRequest) -> None:
    target = call.text("target_branch")
    if target is None or target == item.target_branch:
        return
    if call.simulator.repository(project).branch_sha(target) is None:
        raise invalid(target_branch="does not exist")
    if item.state != "opened":
        raise conflict("The target branch of a merge request that is not open stays")
    item.target_branch = target
    noteables.refresh_diff_refs(call.simulator, project, item, head=item.head_sha)


def _set_people(call: Call, project: Project, item: MergeRequest) -> None:
    for field, single in (("assignee_ids", "assignee_id"), ("reviewer_ids", "reviewer_id")):
        numbers = call.numbers(field)
        numbers = call.numbers(single) if numbers is None else numbers
        if numbers is not None:
            noteables.set_people(call.simulator, project, item, call.me, field=field, numbers=numbers)


@api.delete(PATH + "/{iid}")
def delete_merge_request(call: Call) -> Response:
    """Remove a merge request; for Owners."""
    project = call.project(Access.OWNER)
    item = call.merge_request(project)
    project.merge_requests.remove(item)
    call.state.todos = [todo for todo in call.state.todos if todo.target is not item]
    return no_content()


@api.get(PATH + "/{iid}/changes")
def changes(call: Call) -> Response:
    """The merge request with the whole of its difference."""
    project = call.project()
    item = call.merge_request(project)
    shape = shapes.full_merge_request(call.simulator, project, item, user=call.user)
    files = [repository_shapes.file_diff(file) for file in _files(call, project, item)]
    return JSONResponse({**shape, "changes": files, "overflow": False})


@api.get(PATH + "/{iid}/diffs")
def diffs(call: Call) -> Response:
    """The difference, file by file."""
    project = call.project()
    return page(call, _files(call, project, call.merge_request(project)), repository_shapes.file_diff)


def _files(call: Call, project: Project, item: MergeRequest) -> list[FileDiff]:
    return diff(call.simulator.repository(project), item.base_sha, item.head_sha)


@api.get(PATH + "/{iid}/commits")
def commits(call: Call) -> Response:
    """The commits it brings, newest first."""
    project = call.project()
    item = call.merge_request(project)
    found = call.simulator.repository(project).log(item.head_sha, exclude=item.base_sha)
    return page(call, found, lambda commit: repository_shapes.commit(call.simulator, project, commit))


@api.get(PATH + "/{iid}/pipelines")
def pipelines(call: Call) -> Response:
    """Pipelines of its branch and of itself, newest first."""
    project = call.project()
    item = call.merge_request(project)
    found = [
        pipeline
        for pipeline in reversed(project.pipelines)
        if pipeline.merge_request_iid == item.iid or (pipeline.merge_request_iid is None and pipeline.ref == item.source_branch)
    ]
    return page(call, found, lambda pipeline: pipeline_shapes.short_pipeline(call.simulator, project, pipeline))


@api.post(PATH + "/{iid}/pipelines")
def run_pipeline(call: Call) -> Response:
    """Run a pipeline for the merge request's head."""
    project = call.project(Access.DEVELOPER)
    item = call.merge_request(project)
    count = len(project.pipelines)
    create_merge_request_pipeline(call.simulator, project, call.me, item)
    if len(project.pipelines) == count:
        raise invalid(base="Pipeline will not run for the selected trigger.")
    newest = project.pipelines[-1]
    return JSONResponse(pipeline_shapes.full_pipeline(call.simulator, project, newest), status_code=201)
